from datetime import UTC, datetime
from typing import Any

import pytest

from explorers.android.actions import PhoneContext, commands
from explorers.android.androidworld import from_android_world
from schemas.actions import (
    Action,
    Answer,
    Back,
    Click,
    DoubleClick,
    Drag,
    Home,
    Key,
    LongPress,
    Open,
    Point,
    Rotate,
    Scroll,
    Stop,
    Swipe,
    Type,
    Wait,
)
from schemas.errors import SchemaError
from schemas.records import Box, Observation, Screen, Tree

ELEMENTS = (Box(0, 0, 100, 100), Box(200, 400, 400, 200), Box(900, 1100, 400, 1900), Box(1200, 0, 50, 50))
"""The first two lie on the screen, the third reaches out of it, and the last lies outside."""
PLACE = Point.on(400, 500, width=1000, height=2000)
MIDDLE = Point.on(500, 1000, width=1000, height=2000)


def at(x: float, y: float) -> Point:
    return Point.on(x, y, width=1000, height=2000)


def swiped(x: float, y: float, to_x: float, to_y: float) -> Swipe:
    return Swipe(at(x, y), at(to_x, to_y), 0.5)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"action_type": "click", "index": 1}, Click(PLACE)),
        ({"action_type": "click", "x": 400, "y": 500}, Click(PLACE)),
        ({"action_type": "double_tap", "index": 1}, DoubleClick(PLACE)),
        ({"action_type": "long_press", "index": 1}, LongPress(PLACE)),
        ({"action_type": "input_text", "index": 1, "text": "hi"}, Type("hi", PLACE, submit=True)),
        ({"action_type": "input_text", "text": "hi", "clear_text": True}, Type("hi", clear=True, submit=True)),
        ({"action_type": "scroll", "direction": "down"}, Scroll(0, 1000, MIDDLE)),
        ({"action_type": "scroll", "direction": "left", "index": 1}, Scroll(-200, 0, PLACE)),
        ({"action_type": "scroll", "direction": "up", "index": 2}, Scroll(0, -450, at(950, 1550))),
        ({"action_type": "scroll", "direction": "down", "index": 0}, Scroll(0, 1000, MIDDLE)),
        ({"action_type": "scroll", "direction": "right", "index": "0"}, Scroll(500, 0, MIDDLE)),
        ({"action_type": "swipe", "direction": "up"}, swiped(500, 2000, 500, 0)),
        ({"action_type": "swipe", "direction": "down", "index": 1}, swiped(500, 0, 500, 2000)),
        ({"action_type": "swipe", "direction": "left"}, swiped(0, 1000, 1000, 1000)),
        ({"action_type": "swipe", "direction": "right"}, swiped(1000, 1000, 0, 1000)),
        ({"action_type": "drag_and_drop", "touch_xy": [10, 20], "lift_xy": (30, "40")}, Drag(at(10, 20), at(30, 40))),
        ({"action_type": "navigate_home"}, Home()),
        ({"action_type": "navigate_back"}, Back()),
        ({"action_type": "keyboard_enter"}, Key("Enter")),
        ({"action_type": "open_app", "app_name": "com.example"}, Open("com.example")),
        ({"action_type": "wait"}, Wait()),
        ({"action_type": "status", "goal_status": "complete"}, Stop("success")),
        ({"action_type": "status", "goal_status": "infeasible"}, Stop("failure")),
        ({"action_type": "answer", "text": "42"}, Answer("42")),
        ({"action_type": "press_keyboard", "keycode": "KEYCODE_DEL"}, Key("Backspace")),
        ({"action_type": "press_keyboard", "keycode": "KEYCODE_A"}, Key("a")),
        ({"action_type": "press_keyboard", "keycode": "KEYCODE_BACK"}, Back()),
        ({"action_type": "change_orientation", "orientation": "landscape"}, Rotate("landscape")),
        # Its JSONAction makes numbers and texts of these, and null is as good as nothing.
        ({"action_type": "click", "index": "1"}, Click(PLACE)),
        ({"action_type": "click", "index": 1, "x": None, "y": None}, Click(PLACE)),
        ({"action_type": "click", "x": "400", "y": 500.9, "index": None}, Click(PLACE)),
        ({"action_type": "input_text", "text": 42, "index": None}, Type("42", submit=True)),
        ({"action_type": "input_text", "text": 0, "x": 400}, Type("0", submit=True)),
        ({"action_type": "input_text", "text": True, "clear_text": 1}, Type("True", clear=True, submit=True)),
        ({"action_type": "answer", "text": 3}, Answer("3")),
        ({"action_type": "answer", "text": ""}, Answer("")),
    ],
)
def test_each_kind_is_one_of_ours(said: dict[str, Any], expected: Action) -> None:
    (found,) = from_android_world(said, width=1000, height=2000, elements=ELEMENTS)
    assert found == expected


@pytest.mark.parametrize(
    "said",
    [
        {"action_type": "unknown"},
        {"action_type": "input_text", "text": ""},
        {"action_type": "input_text", "text": None, "index": 1},
        {"action_type": "input_text", "index": 99},
    ],
)
def test_what_does_nothing_there_does_nothing(said: dict[str, Any]) -> None:
    assert from_android_world(said, width=1000, height=2000, elements=ELEMENTS) == ()


def test_the_drawer_and_the_quick_settings_are_drawn_by_a_finger() -> None:
    drawer = from_android_world(
        {"action_type": "launch_adb_activity", "activity_nickname": "app_drawer"}, width=1000, height=2000
    )
    assert drawer == (Home(), Swipe(at(500, 1800), at(500, 600), 0.5))
    (quick,) = from_android_world(
        {"action_type": "launch_adb_activity", "activity_nickname": "quick_settings"}, width=1000, height=2000
    )
    assert quick == Swipe(at(500, 30), at(500, 600), 0.01)


def test_a_swipe_goes_over_the_whole_screen_in_half_a_second() -> None:
    finger = [{"action_type": "swipe", "direction": side} for side in ("up", "down", "left", "right")]
    tree = Tree("uiautomator", ())
    seen = Observation(Screen(b"", 1000, 2000), tree, "com.example/.Main", "", (), None, datetime.now(UTC))
    context = PhoneContext(seen, "com.example/.Main", 160, "ascii")
    orders = [
        commands(action, context) for said in finger for action in from_android_world(said, width=1000, height=2000)
    ]
    assert orders == [
        ("input swipe 500 1999 500 0 500",),
        ("input swipe 500 0 500 1999 500",),
        ("input swipe 0 1000 999 1000 500",),
        ("input swipe 999 1000 0 1000 500",),
    ]


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"action_type": "fly"},
        {"action_type": "click"},
        {"action_type": "click", "index": 7},
        {"action_type": "click", "index": -1},
        {"action_type": "click", "index": True},
        {"action_type": "click", "index": None},
        {"action_type": "click", "index": "one"},
        {"action_type": "click", "index": [1]},
        {"action_type": "click", "index": float("nan")},
        {"action_type": "click", "index": 1, "x": 3, "y": 4},
        {"action_type": "click", "index": 3},
        {"action_type": "click", "x": 1001, "y": 5},
        {"action_type": "click", "x": 5, "y": -1},
        {"action_type": "long_press", "x": 1e999, "y": 5},
        {"action_type": "input_text", "text": "x", "x": 5, "y": 2001},
        {"action_type": "scroll", "direction": "down", "index": 3},
        {"action_type": "scroll", "direction": "down", "index": 99},
        {"action_type": "swipe"},
        {"action_type": "swipe", "direction": 3},
        {"action_type": "drag_and_drop", "touch_xy": [1, 2]},
        {"action_type": "drag_and_drop", "touch_xy": [1, 2], "lift_xy": [1, 2, 3]},
        {"action_type": "drag_and_drop", "touch_xy": [1, 2], "lift_xy": [1, 2001]},
        {"action_type": "press_keyboard", "keycode": "DEL"},
        {"action_type": "press_keyboard", "keycode": "KEYCODE_POWER"},
        {"action_type": "change_orientation", "orientation": "landscape_reversed"},
        {"action_type": "open_app", "app_name": ""},
        {"action_type": "scroll", "direction": "inwards"},
        {"action_type": "open_app"},
        {"action_type": "launch_adb_activity"},
        {"action_type": "launch_adb_activity", "activity_nickname": "camera"},
        {"action_type": "answer"},
    ],
)
def test_what_is_none_of_its_actions_is_refused(said: dict[str, Any]) -> None:
    with pytest.raises(SchemaError):
        from_android_world(said, width=1000, height=2000, elements=ELEMENTS)
