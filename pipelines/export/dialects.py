"""Actions as a model writes them, and back: `{"action":"click","x":640,"y":212}`, pixels of the screenshot shown.

A point is `x` and `y`; the end of a drag or a swipe is `to_x` and `to_y`. What has its default is left out.
"""

import dataclasses
import json
from functools import cache
from types import MappingProxyType
from typing import Any

from schemas.actions import ACTIONS, POINT_FIELDS, Action, Platform, Point, offered
from schemas.arrow import from_row, kind_of
from schemas.errors import SchemaError

THOUGHT = "Thought: "

_INTRODUCTION = "You operate a graphical interface. You see a screenshot and are given a task."
_ANSWER = (
    "Answer with {thought}a short sentence about what you do, if you like, and then one action as JSON on a line of "
    "its own:"
)
_THOUGHT = (
    f"a line that begins with `{THOUGHT.strip()}` and says what you see, what is done and why you do what you do next, "
    "if you like, then "
)
_END = "X and Y are pixels of the screenshot, from its top left corner."
_VALUES = MappingProxyType(
    {
        "text": "T",
        "option": "O",
        "name": "N",
        "location": "URL",
        "path": "CSS",
        "keys": '"Control+a"',
        "files": "[NAME]",
        "index": "0",
        "dx": "0",
        "dy": "PIXELS",
        "orientation": '"landscape"',
    }
)
"""What stands for the value of a field in the prompt; for one that is not here its name in capitals."""
_MORE = MappingProxyType(
    {
        "type": ',"x":X,"y":Y} with "clear":true to empty the field first and "submit":true to press Enter after',
        "check": '} and with "checked":false to untick',
        "wait": ',"seconds":S}',
        "stop": "} when the task is done",
        "answer": "} if it asks something",
    }
)
"""What follows the parts that a kind needs, where there is more to say."""


@cache
def system(platform: Platform, *, thoughts: bool = False) -> str:
    """The system prompt: what a platform offers, and with `thoughts` a line for one, before all else.

    Kinds that are written alike share a line.
    """
    lines: dict[str, list[str]] = {}
    for kind in offered(platform):
        needed = [field.name for field in dataclasses.fields(kind) if field.default is dataclasses.MISSING]
        rest = "".join(map(_part, needed)) + _MORE.get(kind_of(kind), "}")
        lines.setdefault(rest, []).append(kind_of(kind))
    written = [
        f'{{"action":"{first}"{rest}' + (f" and likewise {', '.join(others)}" if others else "")
        for rest, (first, *others) in lines.items()
    ]
    return "\n".join([_INTRODUCTION, _ANSWER.format(thought=_THOUGHT if thoughts else ""), *written, _END])


FARTHEST = 1e6
"""Pixels: no screen is as wide, and what a model writes beyond it is no place."""

_KINDS = MappingProxyType({kind_of(kind): kind for kind in ACTIONS})
_POINTS = MappingProxyType({name: ("to_x", "to_y") if name == "end" else ("x", "y") for name in POINT_FIELDS})


def render(action: Action) -> str:
    """The action as one line of JSON.

    Raises:
        SchemaError: if a point is not known in pixels.
    """
    parts: dict[str, Any] = {"action": kind_of(type(action))}
    for field in dataclasses.fields(action):
        value = getattr(action, field.name)
        if field.name in _POINTS:
            parts |= _pixels(value, field.name, parts["action"])
        elif field.default is dataclasses.MISSING or value != field.default:
            parts[field.name] = _number(value)
    return json.dumps(parts, ensure_ascii=False, separators=(",", ":"))


def with_thought(thought: str | None, completion: str) -> str:
    """The completion with the thought before it, on a line of its own."""
    return completion if thought is None else f"{THOUGHT}{' '.join(thought.split())}\n{completion}"


def parse(text: str, *, width: int, height: int) -> Action:
    """The action that one line of JSON means on a screen of that size in pixels.

    Raises:
        SchemaError: if it is no action.
    """
    try:
        parts = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SchemaError(f"expected an action as JSON, found {text[:80]!r}") from error
    if not isinstance(parts, dict) or not isinstance(parts.get("action"), str) or parts["action"] not in _KINDS:
        raise SchemaError(f"expected an object with an action of {sorted(_KINDS)}, found {text[:80]!r}")
    kind = _KINDS[parts.pop("action")]
    row: dict[str, Any] = {}
    for field in dataclasses.fields(kind):
        if field.name in _POINTS:
            point = _point([parts.pop(name, None) for name in _POINTS[field.name]], text, width, height)
            row[field.name] = None if point is None else dataclasses.asdict(point)
        elif field.name in parts:
            row[field.name] = parts.pop(field.name)
        elif field.default is not dataclasses.MISSING:
            row[field.name] = field.default
    if parts:
        raise SchemaError(f"a {kind_of(kind)} has no {sorted(parts)}: {text[:80]!r}")
    return from_row(kind, row)


def _pixels(point: Point | None, name: str, kind: str) -> dict[str, int]:
    if point is None:
        return {}
    if point.x is None or point.y is None:
        raise SchemaError(f"a {kind} needs its {name} in pixels, found fractions alone: {point!r}")
    across, down = _POINTS[name]
    return {across: round(point.x), down: round(point.y)}


def _point(pair: list[Any], text: str, width: int, height: int) -> Point | None:
    if pair == [None, None]:
        return None
    if not all(isinstance(axis, int | float) and not isinstance(axis, bool) and abs(axis) < FARTHEST for axis in pair):
        raise SchemaError(f"expected two numbers of pixels for a point: {text[:80]!r}")
    return Point.on(float(pair[0]), float(pair[1]), width=width, height=height)


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _part(name: str) -> str:
    """A field of an action as the prompt shows it, after a comma."""
    if name in _POINTS:
        return "".join(f',"{axis}":{axis[-1].upper()}' for axis in _POINTS[name])
    return f',"{name}":{_VALUES.get(name, name.upper())}'
