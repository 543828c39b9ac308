from typing import Any

import pytest

from explorers.android.androidworld import from_android_world
from schemas.actions import (
    Action,
    Answer,
    Back,
    Click,
    DoubleClick,
    Home,
    Key,
    LongPress,
    Open,
    Point,
    Scroll,
    Stop,
    Swipe,
    Type,
    Wait,
)
from schemas.errors import SchemaError
from schemas.records import Box

ELEMENTS = (Box(0, 0, 100, 100), Box(200, 400, 400, 200))
PLACE = Point.on(400, 500, width=1000, height=2000)
MIDDLE = Point.on(500, 1000, width=1000, height=2000)


def swiped(x: float, y: float, to_x: float, to_y: float) -> Swipe:
    return Swipe(Point.on(x, y, width=1000, height=2000), Point.on(to_x, to_y, width=1000, height=2000))


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
        ({"action_type": "swipe", "direction": "up"}, swiped(500, 1500, 500, 500)),
        ({"action_type": "navigate_home"}, Home()),
        ({"action_type": "navigate_back"}, Back()),
        ({"action_type": "keyboard_enter"}, Key("Enter")),
        ({"action_type": "open_app", "app_name": "com.example"}, Open("com.example")),
        ({"action_type": "wait"}, Wait()),
        ({"action_type": "status", "goal_status": "complete"}, Stop("success")),
        ({"action_type": "status", "goal_status": "infeasible"}, Stop("failure")),
        ({"action_type": "answer", "text": "42"}, Answer("42")),
    ],
)
def test_each_kind_is_one_of_ours(said: dict[str, Any], expected: Action) -> None:
    (found,) = from_android_world(said, width=1000, height=2000, elements=ELEMENTS)
    assert found == expected


def test_unknown_does_nothing() -> None:
    assert from_android_world({"action_type": "unknown"}, width=1000, height=2000) == ()


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"action_type": "fly"},
        {"action_type": "click"},
        {"action_type": "click", "index": 7},
        {"action_type": "click", "index": True},
        {"action_type": "scroll", "direction": "inwards"},
        {"action_type": "open_app"},
        {"action_type": "answer", "text": 3},
    ],
)
def test_what_is_none_of_its_actions_is_refused(said: dict[str, Any]) -> None:
    with pytest.raises(SchemaError):
        from_android_world(said, width=1000, height=2000, elements=ELEMENTS)
