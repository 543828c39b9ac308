from pathlib import Path
from typing import Any

import pytest

from explorers.web import WebConfig, WebEnvironment
from schemas.actions import (
    Action,
    Check,
    Click,
    CloseTab,
    DoubleClick,
    Drag,
    FocusTab,
    Hover,
    Key,
    LongPress,
    MiddleClick,
    NewTab,
    Point,
    RightClick,
    Scroll,
    ScrollTo,
    Select,
    Type,
    Upload,
)
from schemas.records import Node, Observation
from tests.explorers.contract import find
from tests.explorers.site import Site
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


def test_a_page_that_goes_away_while_it_is_drawn_is_seen_again(visitor: Visitor) -> None:
    # Chromium does not answer a capture that a commit overtakes: one such look in eight meets one.
    for _ in range(12):
        seen = visitor.visit("/form")
        visitor.act(Click(point_on(find(seen, "textbox", "Name"))))
        assert visitor.act(Type("Ada", submit=True))[0].result == "ok"


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


def test_a_click_is_made_with_modifiers_held(visitor: Visitor) -> None:
    seen = visitor.visit("/cards")
    spot = point_on(node_of_name(seen, "Held"))
    assert visitor.act(Click(spot, modifiers=("Shift",)))[1].title == "shift true control false"
    assert visitor.act(Click(spot, modifiers=("ControlOrMeta",)))[1].title == "shift false control true"
    assert visitor.act(Click(spot))[1].title == "shift false control false"


def test_what_is_made_to_be_dragged_is_dropped(visitor: Visitor) -> None:
    seen = visitor.visit("/cards")
    card, board = node_of_name(seen, "Card"), node_of_name(seen, "Board")
    outcome, after = visitor.act(Drag(point_on(card), point_on(board)))
    assert outcome.result == "ok"
    assert after.title == "dropped card 7"


def test_text_is_typed_at_a_pace(visitor: Visitor) -> None:
    seen = visitor.visit("/form")
    _, after = visitor.act(Type("Añá 1!", point_on(find(seen, "textbox", "Name")), pace=0.001))
    assert find(after, "textbox", "Name").value == "Añá 1!"


@pytest.mark.parametrize("name", ["Agree", "On"])
def test_a_box_is_brought_into_a_state_and_left_in_it(visitor: Visitor, name: str) -> None:
    seen = visitor.visit("/upload")
    for wanted in (True, True, False, False, True):
        node = next(node for node in seen.tree.nodes if node.name == name)  # type: ignore[union-attr]
        outcome, seen = visitor.act(Check(point_on(node), wanted))
        assert outcome.result == "ok"
        node = next(node for node in seen.tree.nodes if node.name == name)  # type: ignore[union-attr]
        assert node.has("checked") is wanted


def test_what_is_no_box_can_not_be_ticked(visitor: Visitor) -> None:
    seen = visitor.visit("/form")
    assert visitor.act(Check(point_on(find(seen, "button", "Send"))))[0].result == "no target"


def test_only_files_of_the_folder_are_uploaded(site: Site, tmp_path: Path) -> None:
    folder = tmp_path / "box"
    folder.mkdir()
    (folder / "note.txt").write_text("12345")
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    environment = WebEnvironment(site.url("/upload"), config=WebConfig(uploads=folder))
    try:
        spot = point_on(node_of(environment.reset(), "files"))
        for name in ("../secret.txt", "link.txt", "/etc/passwd", "nothing.txt", "."):
            assert environment.act(Upload((name,), spot)).result == "refused"
        assert environment.act(Upload(("note.txt",), spot)).result == "ok"
        seen = environment.observe()
        assert seen.title == "note.txt 5"
        assert environment.act(Upload(("note.txt",), point_on(find(seen, "checkbox", "Agree")))).result == "no target"
    finally:
        environment.close()


def test_nothing_is_uploaded_without_a_folder(visitor: Visitor) -> None:
    seen = visitor.visit("/upload")
    outcome, _ = visitor.act(Upload(("note.txt",), point_on(node_of(seen, "files"))))
    assert outcome.result == "refused"


def test_an_element_is_scrolled_to_by_its_path(visitor: Visitor) -> None:
    seen = visitor.visit("/upload")
    path = node_of(seen, "below").path
    assert path is not None
    assert visitor.act(ScrollTo(path))[0].result == "ok"
    after = visitor.environment.observe()
    assert node_of(after, "below").on_screen
    assert visitor.act(ScrollTo("#nowhere"))[0].result == "no target"


def test_tabs_are_opened_changed_and_closed(visitor: Visitor) -> None:
    seen = visitor.visit("/form")
    outcome, second = visitor.act(NewTab(visitor.site.url("/done")))
    assert outcome.result == "ok"
    assert second.location == visitor.site.url("/done")
    assert second.windows == ("form", "done")
    _, first = visitor.act(FocusTab(0))
    assert first.location == seen.location
    assert first.windows == ("form", "done")
    assert visitor.act(FocusTab(7))[0].result == "no target"
    visitor.act(FocusTab(1))
    _, left = visitor.act(CloseTab())
    assert left.location == seen.location
    assert left.windows == ("form",)
    assert visitor.act(CloseTab())[0].result == "refused"
    assert visitor.act(NewTab("http://elsewhere.invalid/"))[0].result == "refused"


def node_of_name(seen: Observation, name: str) -> Node:
    """The text of that name, or what has it."""
    assert seen.tree is not None
    return next(node for node in seen.tree.nodes if node.name == name)
