from typing import Any

import pytest

from schemas.actions import (
    Action,
    Click,
    DoubleClick,
    Drag,
    Hover,
    Key,
    LongPress,
    MiddleClick,
    Point,
    RightClick,
    Scroll,
    Select,
    Type,
)
from tests.explorers.contract import find
from tests.explorers.web.conftest import Visitor, node_of, point_on

pytestmark = pytest.mark.web

PAD = Point.on(100, 200, width=1280, height=720)


@pytest.mark.parametrize(
    ("action", "title"),
    [
        (DoubleClick(PAD), "double"),
        (RightClick(PAD), "menu"),
        (MiddleClick(PAD), "middle"),
        (Hover(PAD), "over"),
        (LongPress(PAD, seconds=0.05), "92-92"),
        (Click(PAD), "92-92"),
        (Drag(PAD, Point.on(150, 220, width=1280, height=720)), "92-142"),
    ],
)
def test_the_page_sees_the_mouse_do_what_the_action_says(visitor: Visitor, action: Action, title: str) -> None:
    visitor.visit("/drag")
    outcome, after = visitor.act(action)
    assert outcome.result == "ok"
    assert after.title == title


@pytest.mark.parametrize("kind", [Click, DoubleClick, Hover])
def test_a_point_outside_the_screen_is_no_target(visitor: Visitor, kind: Any) -> None:
    visitor.visit("/drag")
    assert visitor.environment.act(kind(Point(5000, 5))).result == "no target"


def test_a_point_known_as_a_fraction_only_is_found(visitor: Visitor) -> None:
    visitor.visit("/drag")
    assert visitor.act(DoubleClick(Point(fx=100 / 1280, fy=200 / 720)))[1].title == "double"


def test_text_goes_where_the_focus_is_and_enter_sends_it(visitor: Visitor) -> None:
    seen = visitor.visit("/form")
    visitor.act(Click(point_on(find(seen, "textbox", "Name"))))
    outcome, after = visitor.act(Type("Ada", submit=True))
    assert outcome.result == "ok"
    assert after.location is not None
    assert after.location.startswith(visitor.site.url("/done?name=Ada"))


def test_a_drawn_field_takes_its_value_as_the_browser_writes_it(visitor: Visitor) -> None:
    seen = visitor.visit("/form")
    _, after = visitor.act(Type("2024-05-17", point_on(find(seen, "textbox", "Day"))))
    assert find(after, "textbox", "Day").value == "2024-05-17"


def test_a_long_text_of_several_lines_arrives_whole(visitor: Visitor) -> None:
    seen = visitor.visit("/form")
    text = "\n".join(f"line {number}" for number in range(50))
    _, after = visitor.act(Type(text, point_on(find(seen, "textbox", "About"))))
    assert find(after, "textbox", "About").value == text


def test_a_chord_is_pressed_and_an_unknown_key_is_refused(visitor: Visitor) -> None:
    seen = visitor.visit("/form")
    visitor.act(Type("Ada", point_on(find(seen, "textbox", "Name"))))
    visitor.act(Key("Control+a"))
    _, after = visitor.act(Key("Delete"))
    assert find(after, "textbox", "Name").value == ""
    outcome, _ = visitor.act(Key("NoSuchKey"))
    assert outcome.result == "refused"
    assert outcome.message == "no key named 'NoSuchKey'"


def test_a_choice_tells_the_page_that_it_changed(visitor: Visitor) -> None:
    seen = visitor.visit("/choice")
    outcome, after = visitor.act(Select("Second one", point_on(node_of(seen, "list"))))
    assert outcome.result == "ok"
    assert after.title == "b"
    assert node_of(after, "list").value == "Second one"


@pytest.mark.parametrize("option", ["Never", "Disabled"])
def test_an_option_that_cannot_be_chosen_is_no_target(visitor: Visitor, option: str) -> None:
    seen = visitor.visit("/choice")
    assert visitor.environment.act(Select(option, point_on(node_of(seen, "list")))).result == "no target"
    assert node_of(visitor.environment.observe(), "list").value == "First"


def test_a_field_inside_a_scrolled_box_is_reached_after_scrolling_it(visitor: Visitor) -> None:
    seen = visitor.visit("/roles")
    region = next(node for node in seen.tree.nodes if node.has("scrollable"))  # type: ignore[union-attr]
    text = find(seen, "text", "Long").box
    _, after = visitor.act(Scroll(0, 30, point_on(region)))
    moved = find(after, "text", "Long").box
    assert text is not None
    assert moved is not None
    assert moved.y == text.y - 30
