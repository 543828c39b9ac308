"""AndroidWorld's actions (`json_action.py`) as ours, meaning what its `actuation.py` makes of them.

For its agents, and for recordings of them. Where its words mislead, what it does is what counts: `swipe` names the side
that comes into sight, over the whole screen, so that `left` moves the finger to the right, while its `up` and `down`
are the way of the finger.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

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
from schemas.records import Box

FAR = 0.5
"""The part of the element, or of the screen, that a scroll goes: from its middle to its edge."""
SWIPE_SECONDS = 0.5
DRAW_SECONDS, QUICK_SECONDS = 0.5, 0.01
"""What `launch_adb_activity` swipes in, and the time where it says none."""

_SIDES = MappingProxyType({"up": (0, -1), "down": (0, 1), "left": (-1, 0), "right": (1, 0)})
"""Where a scroll shows more."""
_FINGERS = MappingProxyType({"up": (0, -1), "down": (0, 1), "left": (1, 0), "right": (-1, 0)})
"""Where the finger of a swipe goes."""
_KEYCODES = MappingProxyType(
    {
        "APP_SWITCH": "AppSwitch",
        "DEL": "Backspace",
        "DPAD_DOWN": "ArrowDown",
        "DPAD_LEFT": "ArrowLeft",
        "DPAD_RIGHT": "ArrowRight",
        "DPAD_UP": "ArrowUp",
        "ENTER": "Enter",
        "ESCAPE": "Escape",
        "FORWARD_DEL": "Delete",
        "MENU": "ContextMenu",
        "MOVE_END": "End",
        "MOVE_HOME": "Home",
        "PAGE_DOWN": "PageDown",
        "PAGE_UP": "PageUp",
        "SEARCH": "BrowserSearch",
        "SPACE": "Space",
        "TAB": "Tab",
    }
)
"""Android's names of keys with the web's; letters and digits have theirs."""
_ROTATIONS = MappingProxyType({"portrait": Rotate("portrait"), "landscape": Rotate("landscape")})


def from_android_world(
    said: Mapping[str, Any], *, width: int, height: int, elements: Sequence[Box] = ()
) -> tuple[Action, ...]:
    """The action as AndroidWorld writes it: an object with `action_type`; none for what does nothing there.

    `elements` are the boxes that an `index` counts, in pixels of a screen of that size. What its `JSONAction` turns
    into a number or a text counts as one. `drag_and_drop`, `press_keyboard`, `change_orientation` and
    `launch_adb_activity`, which its `actuation.py` does and its `JSONAction` does not name, are understood as well.

    Raises:
        SchemaError: if it is none of its kinds, lacks what its kind needs, or means a place outside of the screen.
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
            text = said.get("text")
            if text is None or text == "":
                return ()
            there = _holds(said, "index") or (_holds(said, "x") and _holds(said, "y"))
            place = _point(said, width, height, elements) if there else None
            return (Type(str(text), place, clear=bool(said.get("clear_text")), submit=True),)
        case "scroll":
            box, (across, down) = _scrolled(said, width, height, elements), _SIDES[_side(said)]
            return (Scroll(across * box.width * FAR, down * box.height * FAR, _on(*box.centre, width, height)),)
        case "swipe":
            across, down = _FINGERS[_side(said)]
            start, end = (
                _on((width + sign * across * width) // 2, (height + sign * down * height) // 2, width, height)
                for sign in (-1, 1)
            )
            return (Swipe(start, end, SWIPE_SECONDS),)
        case "drag_and_drop":
            return (Drag(_pair(said, "touch_xy", width, height), _pair(said, "lift_xy", width, height)),)
        case "navigate_home":
            return (Home(),)
        case "navigate_back":
            return (Back(),)
        case "keyboard_enter":
            return (Key("Enter"),)
        case "press_keyboard":
            return (_key(_text(said, "keycode")),)
        case "change_orientation":
            return (_rotation(said),)
        case "launch_adb_activity":
            return _activity(said, width, height)
        case "open_app":
            return (Open(_text(said, "app_name")),)
        case "wait":
            return (Wait(),)
        case "status":
            return (Stop("success" if said.get("goal_status") in ("complete", "successful") else "failure"),)
        case "answer":
            if not _holds(said, "text"):
                raise SchemaError(f"an answer needs a text: {dict(said)!r:.200}")
            return (Answer(str(said["text"])),)
        case "unknown":
            return ()
    raise SchemaError(f"expected an action of AndroidWorld, found {str(kind)[:80]!r}")


def _point(said: Mapping[str, Any], width: int, height: int, elements: Sequence[Box]) -> Point:
    if not _holds(said, "index"):
        if not (_holds(said, "x") and _holds(said, "y")):
            raise SchemaError(f"a {said['action_type']} needs an index, or x and y: {dict(said)!r:.200}")
        return _on(_whole(said["x"]), _whole(said["y"]), width, height)
    if _holds(said, "x") or _holds(said, "y"):
        raise SchemaError(f"expected either an index or x and y, found both: {dict(said)!r:.200}")
    x, y = _element(said, elements).centre
    return _on(int(x), int(y), width, height)


def _scrolled(said: Mapping[str, Any], width: int, height: int, elements: Sequence[Box]) -> Box:
    """What scrolls: the part of the element that is on the screen; the whole screen without an index, and for 0."""
    if not _holds(said, "index") or not _whole(said["index"]):
        return Box(0, 0, width, height)
    box = _element(said, elements)
    left, top = max(box.x, 0), max(box.y, 0)
    right, bottom = min(box.x + box.width, width), min(box.y + box.height, height)
    if right <= left or bottom <= top:
        raise SchemaError(f"expected an element on the screen of {width} by {height}, found {box}")
    return Box(left, top, right - left, bottom - top)


def _element(said: Mapping[str, Any], elements: Sequence[Box]) -> Box:
    index = _whole(said["index"])
    if not 0 <= index < len(elements):
        raise SchemaError(f"expected the index of one of {len(elements)} elements, found {str(index)[:40]}")
    return elements[index]


def _on(x: float, y: float, width: int, height: int) -> Point:
    """The point, which has to lie on the screen: there a tap outside of it reaches nothing."""
    if not (0 <= x <= width and 0 <= y <= height):
        raise SchemaError(f"expected a point on the screen of {width} by {height}, found {str((x, y))[:80]}")
    return Point.on(float(x), float(y), width=width, height=height)


def _pair(said: Mapping[str, Any], name: str, width: int, height: int) -> Point:
    pair = said.get(name)
    if not isinstance(pair, list | tuple) or len(pair) != 2:
        raise SchemaError(f"a {said['action_type']} needs {name}, two numbers: {dict(said)!r:.200}")
    return _on(_whole(pair[0]), _whole(pair[1]), width, height)


def _whole(value: Any) -> int:
    """A number as AndroidWorld takes it: digits as text count, and what comes after the point doesn't."""
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        try:
            return int(value)
        except (ValueError, OverflowError):
            pass
    raise SchemaError(f"expected a number, found {str(value)[:40]!r}")


def _side(said: Mapping[str, Any]) -> str:
    side = _text(said, "direction")
    if side not in _SIDES:
        raise SchemaError(f"expected one of {', '.join(_SIDES)}, found {side[:40]!r}")
    return side


def _key(keycode: str) -> Action:
    name = keycode.removeprefix("KEYCODE_")
    match name:
        case "BACK":
            return Back()
        case "HOME":
            return Home()
    key = name.lower() if len(name) == 1 and name.isascii() and name.isalnum() else _KEYCODES.get(name)
    if key is None or name == keycode:
        raise SchemaError(f"expected a key of Android that is known here, found {keycode[:80]!r}")
    return Key(key)


def _activity(said: Mapping[str, Any], width: int, height: int) -> tuple[Action, ...]:
    """The drawer of apps is drawn up from the launcher, the quick settings are drawn down from the upper edge."""
    end = _on(width // 2, int(0.3 * height), width, height)
    match _text(said, "activity_nickname"):
        case "app_drawer":
            return Home(), Swipe(_on(width // 2, int(0.9 * height), width, height), end, DRAW_SECONDS)
        case "quick_settings":
            return (Swipe(_on(width // 2, 30, width, height), end, QUICK_SECONDS),)
        case other:
            raise SchemaError(f"expected app_drawer or quick_settings, found {other[:40]!r}")


def _rotation(said: Mapping[str, Any]) -> Rotate:
    rotation = _ROTATIONS.get(_text(said, "orientation"))
    if rotation is None:
        raise SchemaError(f"expected one of {', '.join(_ROTATIONS)}, found {said['orientation'][:40]!r}")
    return rotation


def _text(said: Mapping[str, Any], name: str) -> str:
    text = said.get(name)
    if not isinstance(text, str) or not text:
        raise SchemaError(f"a {said['action_type']} needs a {name}: {dict(said)!r:.200}")
    return text


def _holds(said: Mapping[str, Any], name: str) -> bool:
    """Whether it says so: null is as good as nothing."""
    return said.get(name) is not None
