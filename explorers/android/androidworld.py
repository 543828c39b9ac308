"""AndroidWorld's actions (`json_action.py`) as ours: for its agents, and for recordings of them."""

from collections.abc import Mapping, Sequence
from typing import Any

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

FAR = 0.5
"""The part of the element, or of the screen, that a scroll or a swipe goes."""

# Where the content goes with a scroll, and the finger with a swipe.
_SIDES = {"up": (0, -1), "down": (0, 1), "left": (-1, 0), "right": (1, 0)}


def from_android_world(
    said: Mapping[str, Any], *, width: int, height: int, elements: Sequence[Box] = ()
) -> tuple[Action, ...]:
    """The action as AndroidWorld writes it: an object with `action_type`; none for `unknown`, which does nothing.

    `elements` are the boxes that an `index` counts, in pixels of a screen of that size. Its `scroll` names what is to
    be seen (`down` shows what is below), its `swipe` the way of the finger.

    Raises:
        SchemaError: if it is none of its kinds, or lacks what its kind needs.
    """
    kind = said.get("action_type")
    match kind:
        case "click":
            return (Click(_point(said, width, height, elements)),)
        case "double_tap":
            return (DoubleClick(_point(said, width, height, elements)),)
        case "long_press":
            return (LongPress(_point(said, width, height, elements)),)
        case "input_text":
            place = _point(said, width, height, elements) if {"index", "x"} & said.keys() else None
            return (Type(_text(said, "text"), place, clear=said.get("clear_text") is True, submit=True),)
        case "scroll":
            box, (across, down) = _box(said, width, height, elements), _side(said)
            middle = Point.on(*box.centre, width=width, height=height)
            return (Scroll(across * box.width * FAR, down * box.height * FAR, middle),)
        case "swipe":
            box, (across, down) = _box(said, width, height, elements), _side(said)
            (x, y), far_x, far_y = box.centre, across * box.width * FAR / 2, down * box.height * FAR / 2
            start, end = (Point.on(x + sign * far_x, y + sign * far_y, width=width, height=height) for sign in (-1, 1))
            return (Swipe(start, end),)
        case "navigate_home":
            return (Home(),)
        case "navigate_back":
            return (Back(),)
        case "keyboard_enter":
            return (Key("Enter"),)
        case "open_app":
            return (Open(_text(said, "app_name")),)
        case "wait":
            return (Wait(),)
        case "status":
            return (Stop("success" if said.get("goal_status") in ("complete", "successful") else "failure"),)
        case "answer":
            return (Answer(_text(said, "text")),)
        case "unknown":
            return ()
    raise SchemaError(f"expected an action of AndroidWorld, found {str(kind)[:80]!r}")


def _point(said: Mapping[str, Any], width: int, height: int, elements: Sequence[Box]) -> Point:
    x, y = said.get("x"), said.get("y")
    if _is_number(x) and _is_number(y):
        return Point.on(float(x), float(y), width=width, height=height)  # type: ignore[arg-type]
    if "index" not in said:
        raise SchemaError(f"a {said['action_type']} needs an index, or x and y: {dict(said)!r:.200}")
    return Point.on(*_box(said, width, height, elements).centre, width=width, height=height)


def _box(said: Mapping[str, Any], width: int, height: int, elements: Sequence[Box]) -> Box:
    """The box of the element that is meant, or the whole screen."""
    index = said.get("index")
    if index is None:
        return Box(0, 0, width, height)
    if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < len(elements):
        raise SchemaError(f"expected the index of one of {len(elements)} elements, found {str(index)[:40]}")
    return elements[index]


def _side(said: Mapping[str, Any]) -> tuple[int, int]:
    side = _SIDES.get(_text(said, "direction"))
    if side is None:
        raise SchemaError(f"expected one of {', '.join(_SIDES)}, found {said['direction'][:40]!r}")
    return side


def _text(said: Mapping[str, Any], name: str) -> str:
    found = said.get(name)
    if not isinstance(found, str):
        raise SchemaError(f"a {said['action_type']} needs a {name}: {dict(said)!r:.200}")
    return found


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
