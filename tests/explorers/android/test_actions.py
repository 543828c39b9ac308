from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorers.android.actions import Paste, PhoneContext, Typing, commands, needs_keyboard, typed
from schemas.actions import (
    Action,
    Back,
    Check,
    Click,
    DoubleClick,
    Drag,
    FocusTab,
    Home,
    Hover,
    Key,
    LongPress,
    Open,
    Point,
    Reload,
    Rotate,
    Scroll,
    Swipe,
    Type,
    Upload,
)
from schemas.errors import UnsupportedAction
from schemas.records import Box, Node, Observation, Outcome, Screen, Tree
from tests.explorers.android.device import shell

HERE = Point(x=100.0, y=200.0)
FIELD = Node("textbox", "Title", "old", flags=("editable",), box=Box(0, 300, 400, 100))
LIST = Node("list", flags=("scrollable",), box=Box(0, 400, 1000, 1000))
PAGER = Node("generic", flags=("scrollable", "horizontal"), box=Box(0, 1400, 1000, 500))
SWITCH = Node("switch", "Wi-Fi", flags=("checked",), box=Box(500, 300, 400, 100))


def context(typing: Typing = "ascii") -> PhoneContext:
    tree = Tree("uiautomator", (FIELD, SWITCH, LIST, PAGER))
    seen = Observation(Screen(b"", 1000, 2000), tree, "com.example/.Main", "", (), None, datetime.now(UTC))
    return PhoneContext(seen, "com.example/.Main", 160, typing)


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (Click(HERE), "input tap 100 200"),
        (Click(Point(fx=1.0, fy=1.0)), "input tap 999 1999"),
        (DoubleClick(HERE), "input tap 100 200; input tap 100 200"),
        (LongPress(HERE, 0.8), "input swipe 100 200 100 200 800"),
        (Swipe(HERE, Point(x=300.0, y=200.0), 0.2), "input swipe 100 200 300 200 200"),
        (Drag(HERE, Point(x=300.0, y=200.0)), "input draganddrop 100 200 300 200 1000"),
        (Scroll(0, 200), "input swipe 500 1004 500 796 400"),
        (Scroll(0, -200), "input swipe 500 796 500 1004 400"),
        (Scroll(300, 0), "input swipe 654 1650 346 1650 400"),
        (Key("Enter"), "input keyevent 66"),
        (Key("AppSwitch"), "input keyevent 187"),
        (Key("Control+a"), "input keycombination 113 29"),
        (Back(), "input keyevent 4"),
        (Home(), "input keyevent 3"),
        (Open("com.example"), "am start -W -n com.example/.Main"),
        (Open("com.other/.Second"), "am start -W -n com.other/.Second"),
        (
            Open("https://example.org/?a=b&c=d"),
            "am start -W -a android.intent.action.VIEW -d 'https://example.org/?a=b&c=d'",
        ),
        (Reload(), "am start -S -W -n com.example/.Main"),
        (Rotate("landscape"), "settings put system accelerometer_rotation 0; settings put system user_rotation 1"),
        (Check(Point(x=600.0, y=350.0), checked=False), "input tap 600 350"),
    ],
)
def test_an_action_is_one_command(action: Action, expected: str) -> None:
    assert commands(action, context()) == (expected,)


@pytest.mark.parametrize("point", [Point(x=1000.5, y=10.0), Point(x=-1.0, y=10.0), Point(x=1.0, y=9e9)])
def test_a_point_outside_the_screen_is_not_moved_onto_it(point: Point) -> None:
    nowhere = Outcome("no target", message="the point is outside the screen")
    for action in (Click(point), Type("x", point), Check(point), Scroll(0, 5, point), Swipe(HERE, point)):
        assert commands(action, context()) == nowhere
    for action in (Drag(point, HERE), Drag(HERE, point), LongPress(point), DoubleClick(point)):
        assert commands(action, context()) == nowhere
    assert context().at(point) == []


def test_a_box_that_is_as_wanted_stays() -> None:
    assert commands(Check(Point(x=600.0, y=350.0)), context()) == ()


def test_a_scroll_beyond_the_screen_is_several_swipes_and_no_more_than_ten() -> None:
    found = commands(Scroll(0, 1_000_000), context())
    assert isinstance(found, tuple)
    assert found[0].count("input swipe") == 10


def test_typing_goes_into_a_field_or_nowhere() -> None:
    assert commands(Type("x", HERE), context()) == Outcome(
        "no target", message="expected an editable field, found none"
    )
    place = Point(x=100.0, y=350.0)
    assert commands(Type("two words", place, clear=True, submit=True), context()) == (
        "input tap 100 350",
        "input keyevent 123 67 67 67",
        "input text two%swords",
        "input keyevent 66",
    )


def test_text_beyond_ascii_needs_the_adb_keyboard_and_says_so() -> None:
    place = Point(x=100.0, y=350.0)
    refused = commands(Type("Grüße", place), context())
    assert isinstance(refused, Outcome)
    assert "'ü' needs the ADB keyboard" in (refused.message or "")
    assert commands(Type("ü", place), context("keyboard")) == (
        "input tap 100 350",
        "am broadcast -a ADB_INPUT_B64 --es msg w7w=",
    )


def test_what_keys_can_not_type_is_pasted_where_the_backend_can() -> None:
    place = Point(x=100.0, y=350.0)
    assert commands(Type("ü", place, submit=True), context("paste")) == (
        "input tap 100 350",
        "input keyevent 123",
        Paste("ü"),
        "input keyevent 66",
    )
    assert typed("u", "paste") == ("input text u",)


@pytest.mark.parametrize("action", [Hover(HERE), FocusTab(1), Upload(("a",), HERE), Key("F1"), Click(HERE, ("Alt",))])
def test_what_a_phone_does_not_have_is_unsupported(action: Action) -> None:
    with pytest.raises(UnsupportedAction):
        commands(action, context())


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126) | st.just("\n"), max_size=60))
def test_text_arrives_as_it_was_meant_through_the_shell(text: str) -> None:
    assert needs_keyboard(text) is None
    entered: list[str] = []

    def phone(words: list[str], _: bytes) -> shell.Result:
        entered.append("\n" if words == ["input", "keyevent", "66"] else words[2].replace("%s", " "))
        return b"", b"", 0

    shell.run("\n".join(map(str, typed(text, "ascii"))), phone, {})
    assert "".join(entered) == text
