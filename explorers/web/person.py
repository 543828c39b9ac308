"""What `listen.js` tells of what a person does, as events; what a page could have a hand in is checked and bounded."""

import math
from collections.abc import Mapping
from typing import Any

import orjson

from explorers.demonstrations.events import (
    Button,
    Entered,
    Event,
    Held,
    Lifted,
    Moved,
    OptionChosen,
    Pressed,
    Released,
    Struck,
    Told,
    Turned,
)
from explorers.web.extraction import Map, mapped
from schemas.actions import Point, Type, Upload

PAYLOAD_LIMIT = 20_000
"""Bytes of one message; a longer one is none of ours."""

_BUTTONS: Mapping[int, Button] = {0: "left", 1: "middle", 2: "right"}
_HELD: Held = ("Control", "Alt", "Shift", "Meta")

_OWN_KEYS = frozenset(
    {
        ("Alt", "ArrowLeft"), ("Alt", "ArrowRight"), ("Alt", "Home"), ("Alt", "d"), ("Control", "l"), ("Control", "t"),
        ("Control", "w"), ("Control", "n"), ("Control", "r"), ("Control", "Tab"), ("Control", "PageUp"),
        ("Control", "PageDown"), ("Control", "F4"), ("Control", "F5"), ("Control", "k"), ("Control", "e"),
    }
)  # fmt: skip
_OWN_NAMES = frozenset({"F5", "F6", "F10", "F11", "F12", "BrowserBack", "BrowserForward", "BrowserRefresh"})


class InvalidMessage(Exception):
    """A message that `listen.js` can't have sent."""


def is_shown(message: Mapping[str, Any]) -> bool:
    """Whether it says that its tab came to the front."""
    return message.get("kind") == "shown"


def read_message(payload: object) -> dict[str, Any]:
    """A message as it was sent.

    Raises:
        InvalidMessage: if it is none.
    """
    if not isinstance(payload, str) or len(payload) > PAYLOAD_LIMIT:
        raise InvalidMessage("expected a short text")
    try:
        message = orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        raise InvalidMessage("expected JSON") from error
    if not isinstance(message, dict) or not isinstance(message.get("kind"), str):
        raise InvalidMessage("expected an object with its kind")
    return message


def event_of(message: Mapping[str, Any], *, ahead: float, place: Map, size: tuple[int, int]) -> Event:
    """The event of a message; a key that the browser itself answers is one of no name, what it does is told otherwise.

    `ahead` is what is added to seconds since 1970 for those of the monotonic clock, `place` how the document lies in
    the page.

    Raises:
        InvalidMessage: if there is no such event.
    """
    time = _number(message, "time") / 1000 + ahead

    def spot() -> tuple[float, float]:
        return mapped(place, _number(message, "x"), _number(message, "y"))

    def point() -> Point:
        x, y = spot()
        return Point.on(x, y, width=size[0], height=size[1])

    match message["kind"]:
        case "pressed":
            button = _BUTTONS.get(int(_number(message, "button")), "other")
            return Pressed(time, *spot(), button, _held(message), message.get("choosing") is True)
        case "released":
            return Released(time, *spot(), _BUTTONS.get(int(_number(message, "button")), "other"))
        case "moved":
            return Moved(time, *spot())
        case "turned":
            return Turned(time, *spot(), _number(message, "dx"), _number(message, "dy"), _held(message))
        case "struck":
            key, held = _text(message, "key"), _held(message)
            return Struck(time, "" if _is_own(key, held) else key, held)
        case "lifted":
            return Lifted(time, _text(message, "key"))
        case "entered":
            return Entered(time, _text(message, "text"))
        case "chosen":
            nth = int(_number(message, "nth")) if message.get("nth") is not None else None
            return OptionChosen(time, _text(message, "option"), *spot(), nth)
        case "set":
            return Told(time, Type(_text(message, "text"), point(), clear=True))
        case "uploaded":
            files = message.get("files")
            if not isinstance(files, list) or not files or not all(isinstance(each, str) for each in files):
                raise InvalidMessage("expected names of files")
            return Told(time, Upload(tuple(each[:255] for each in files[:50]), point()))
        case _:
            raise InvalidMessage("expected an event")


def _is_own(key: str, held: Held) -> bool:
    names = [name for name in held if name != "Shift"]
    if len(names) == 1 and (names[0], key.lower() if len(key) == 1 else key) in _OWN_KEYS:
        return True
    return not names and key in _OWN_NAMES


def _number(message: Mapping[str, Any], name: str) -> float:
    value = message.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InvalidMessage(f"expected a number as {name}")
    if abs(value) > 1e14:
        raise InvalidMessage(f"expected a smaller number as {name}")
    return float(value)


def _text(message: Mapping[str, Any], name: str) -> str:
    value = message.get(name)
    if not isinstance(value, str) or not value:
        raise InvalidMessage(f"expected a text as {name}")
    return value[:500]


def _held(message: Mapping[str, Any]) -> Held:
    names = message.get("held")
    if not isinstance(names, list):
        raise InvalidMessage("expected modifiers")
    return tuple(name for name in _HELD if name in names)
