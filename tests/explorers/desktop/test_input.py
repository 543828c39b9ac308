"""Real input on a real desktop: what arrives is looked at in the application."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorers.desktop import DesktopEnvironment
from explorers.desktop.x11.keyboard import keysym
from explorers.pixels.nodes import PIXELS
from schemas.actions import (
    Action,
    Back,
    Check,
    Click,
    CloseTab,
    DoubleClick,
    Drag,
    FocusTab,
    Hover,
    Invoke,
    Key,
    LongPress,
    Maximize,
    MiddleClick,
    MoveWindow,
    Point,
    Reload,
    RightClick,
    Type,
    Upload,
)
from schemas.errors import UnsupportedAction
from schemas.records import Node, Observation
from tests.explorers.contract import find, middle
from tests.explorers.desktop.conftest import application

pytestmark = pytest.mark.desktop

TYPED = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Cn", "Cf", "Mn", "Mc", "Me", "Zl", "Zp", "Co")),
    min_size=1,
    max_size=30,
)


@pytest.fixture(scope="module")
def orders() -> Iterator[DesktopEnvironment]:
    environment = DesktopEnvironment(application())
    environment.reset()
    yield environment
    environment.close()


def pixel(x: float, y: float) -> Point:
    return Point.on(x, y, width=1280, height=720)


def value(environment: DesktopEnvironment, name: str) -> str | None:
    return find(environment.observe(), "textbox", name).value


def test_any_text_arrives_as_it_was_typed(orders: DesktopEnvironment) -> None:
    seen = orders.observe()
    place = middle(find(seen, "textbox", "Name"), seen)

    @settings(max_examples=15)
    @given(text=TYPED)
    def check(text: str) -> None:
        assert all(keysym(each) is not None for each in text)
        outcome = orders.act(Type(text, place, clear=True))
        assert (outcome.result, outcome.message) == ("ok", None)
        assert value(orders, "Name") == text

    check()


def test_keys_and_chords_reach_the_field_in_focus(orders: DesktopEnvironment) -> None:
    seen = orders.observe()
    orders.act(Type("abc", middle(find(seen, "textbox", "Name"), seen), clear=True))
    for keys in ("Home", "Delete", "End", "X", "?", "ß"):
        assert orders.act(Key(keys)).result == "ok"
    assert value(orders, "Name") == "bcX?ß"
    assert orders.act(Key("Control+NoSuchKey")).result == "refused"


def test_characters_without_a_key_are_told(orders: DesktopEnvironment) -> None:
    seen = orders.observe()
    outcome = orders.act(Type("a\x01b", middle(find(seen, "textbox", "Name"), seen), clear=True))
    assert outcome.message == "1 of 3 characters have no key"
    assert value(orders, "Name") == "ab"


def test_a_double_click_selects_a_word_and_two_clicks_do_not(orders: DesktopEnvironment) -> None:
    seen = orders.observe()
    field = find(seen, "textbox", "Name")
    assert field.box is not None
    start = pixel(field.box.x + 20, field.box.centre[1])
    orders.act(Type("wordword", middle(field, seen), clear=True))
    orders.act(Click(start))
    orders.act(Click(start))
    orders.act(Key("Delete"))
    assert len(value(orders, "Name") or "") == 7
    orders.act(DoubleClick(start))
    orders.act(Key("Delete"))
    assert value(orders, "Name") == ""


def test_a_drag_selects_what_it_goes_over(orders: DesktopEnvironment) -> None:
    seen = orders.observe()
    box = find(seen, "textbox", "Name").box
    assert box is not None
    orders.act(Type("dragged", pixel(*box.centre), clear=True))
    y = box.centre[1]
    orders.act(Drag(pixel(box.x + 12, y), pixel(box.x + box.width - 10, y)))
    orders.act(Key("x"))
    assert value(orders, "Name") in ("x", "dx")


def test_the_right_button_opens_a_menu_that_back_closes(orders: DesktopEnvironment) -> None:
    seen = orders.observe()
    orders.act(RightClick(middle(find(seen, "textbox", "Name"), seen)))
    opened = orders.observe()
    assert opened.can_go_back is True
    assert find(opened, "menuitem", "Paste")
    assert find(opened, "menu").has("modal")
    assert orders.act(Back()).result == "ok"
    assert orders.observe().can_go_back is False


def test_a_box_is_brought_into_a_state_whatever_it_was(orders: DesktopEnvironment) -> None:
    seen = orders.observe()
    place = middle(find(seen, "checkbox"), seen)
    for checked in (True, True, False):
        assert orders.act(Check(place, checked)).result == "ok"
        assert find(orders.observe(), "checkbox").has("checked") is checked
    assert orders.act(Check(middle(find(seen, "heading"), seen))).result == "no target"


def test_what_accessibility_offers_is_an_action_of_its_own(orders: DesktopEnvironment) -> None:
    seen = orders.observe()
    box = find(seen, "checkbox")
    assert box.actions
    before = box.has("checked")
    assert orders.act(Invoke(box.actions[0], middle(box, seen))).result == "ok"
    assert find(orders.observe(), "checkbox").has("checked") is not before
    assert orders.act(Invoke("fly", middle(box, seen))).result == "no target"


def test_windows_are_told_focused_and_closed(orders: DesktopEnvironment) -> None:
    seen = orders.observe()
    assert orders.act(CloseTab()).result == "refused"
    orders.act(Click(middle(find(seen, "link", "Details"), seen)))
    opened = orders.observe()
    assert opened.windows == ("Orders", "Details")
    assert opened.title == "Details"
    assert find(opened, "dialog", "Details").has("modal")
    assert orders.act(FocusTab(7)).result == "no target"
    assert orders.act(FocusTab(1)).result == "ok"
    assert orders.act(CloseTab()).result == "ok"
    assert orders.observe().windows == ("Orders",)


def test_a_window_is_moved_and_fills_the_screen(orders: DesktopEnvironment) -> None:
    def main_window() -> Node:
        return find(orders.observe(), "window", "Orders")

    orders.act(MoveWindow(pixel(50, 60)))
    moved = main_window().box
    assert moved is not None
    assert (moved.x, moved.y) == pytest.approx((50, 60), abs=30)
    orders.act(Maximize())
    full = main_window().box
    assert full is not None
    assert full.width >= 1270
    orders.act(Maximize(False))
    assert main_window().box != full


@pytest.mark.parametrize("action", [LongPress(pixel(5, 5), 0.05), Hover(pixel(5, 5)), MiddleClick(pixel(5, 5))])
def test_what_changes_nothing_is_done_all_the_same(action: Action, orders: DesktopEnvironment) -> None:
    outcome = orders.act(action)
    assert outcome.result == "ok"
    assert (outcome.settle or "").startswith("quiet")


def test_a_point_outside_the_screen_is_no_target(orders: DesktopEnvironment) -> None:
    assert orders.act(Click(Point(5_000.0, 10.0))).result == "no target"
    assert orders.act(Drag(pixel(5, 5), Point(5_000.0, 10.0))).result == "no target"


def test_what_a_desktop_does_not_have_is_unsupported(orders: DesktopEnvironment) -> None:
    with pytest.raises(UnsupportedAction, match="Upload"):
        orders.act(Upload(("a.txt",), pixel(5, 5)))


def test_a_program_that_is_started_anew_tells_what_it_shows_though_the_numbers_of_windows_come_again(
    orders: DesktopEnvironment,
) -> None:
    for _ in range(2):
        assert orders.act(Reload()).result == "ok"
        seen = orders.observe()
        assert find(seen, "textbox", "Name").has("editable")
        assert not [node for node in seen.nodes if node.has(PIXELS)]


def test_a_restart_forgets_what_was_typed(orders: DesktopEnvironment) -> None:
    seen: Observation = orders.observe()
    orders.act(Type("to forget", middle(find(seen, "textbox", "Name"), seen)))
    assert orders.act(Reload()).result == "ok"
    assert value(orders, "Name") == ""
