"""What the dialects share: an action as the parts of ours on a grid and back, and kinds told by several of others."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from pipelines.export.dialects.reading import KEYS, Parts
from pipelines.export.geometry import Frame, Geometry
from schemas.actions import ACTIONS, POINT_FIELDS, Action, Platform, Point
from schemas.arrow import from_row, kind_of
from schemas.errors import SchemaError

FARTHEST = 1e6
"""Pixels: no screen is as wide, and what a model writes beyond it is no place."""

KINDS: Mapping[str, type[Action]] = MappingProxyType({kind_of(kind): kind for kind in ACTIONS})
AXES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {name: ("to_x", "to_y") if name == "end" else ("x", "y") for name in POINT_FIELDS}
)


class Unspoken(SchemaError):
    """A dialect has no words for an action."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a family of models writes what is done.

    `kinds` are those that it has, by platform; `system` gives its prompt for a platform, a screen and whether thoughts
    come first; `request` the user's words for a task and what was done so far; `write` the calls for an action's parts,
    and raises `Unspoken`; `answer` the whole answer of calls, the sentence of the step and the thought before it.
    `scrolls_at` says that a scroll needs a place.
    """

    name: str
    about: str
    geometry: Geometry
    kinds: Mapping[Platform, frozenset[str]]
    system: Callable[[Platform, Frame, bool], str]
    request: Callable[[str, Sequence[str]], str]
    write: Callable[[Parts, Platform], str]
    answer: Callable[[str, str | None, str | None], str]
    scrolls_at: bool = False


def parts_of(action: Action, frame: Frame) -> Parts:
    """The action's kind and what it sets, places on the grid; what has its default is left out."""
    parts: Parts = {"action": kind_of(type(action))}
    for field in dataclasses.fields(action):
        value = getattr(action, field.name)
        if field.name in AXES:
            if value is not None:
                parts |= zip(AXES[field.name], frame.place(value), strict=True)
        elif field.default is dataclasses.MISSING or value != field.default:
            parts[field.name] = _plain(value)
    return parts


def action_of(parts: Parts, frame: Frame) -> Action:
    """The action of those parts.

    Raises:
        SchemaError: if they are none.
    """
    if not isinstance(parts.get("action"), str) or parts["action"] not in KINDS:
        raise SchemaError(f"expected an action of {sorted(KINDS)}, found {str(parts)[:80]}")
    rest = dict(parts)
    kind = KINDS[rest.pop("action")]
    row: dict[str, Any] = {}
    for field in dataclasses.fields(kind):
        if field.name in AXES:
            point = _point([rest.pop(name, None) for name in AXES[field.name]], parts, frame)
            row[field.name] = None if point is None else dataclasses.asdict(point)
        elif field.name in rest:
            row[field.name] = rest.pop(field.name)
        elif field.default is not dataclasses.MISSING:
            row[field.name] = field.default
    if rest:
        raise SchemaError(f"a {kind_of(kind)} has no {sorted(rest)}: {str(parts)[:80]}")
    return from_row(kind, row)


def _point(pair: list[Any], parts: Parts, frame: Frame) -> Point | None:
    if pair == [None, None]:
        return None
    if not all(isinstance(axis, int | float) and not isinstance(axis, bool) and abs(axis) < FARTHEST for axis in pair):
        raise SchemaError(f"expected two numbers for a place: {str(parts)[:80]}")
    return frame.point(float(pair[0]), float(pair[1]))


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def typing(parts: Parts, *, clear: Parts | None = None) -> list[Parts]:
    """The field pressed, emptied, typed into and sent, each but the typing if it is asked for."""
    if parts["action"] != "type":
        return [parts]
    steps: list[Parts] = []
    if "x" in parts:
        steps.append({"action": "click", "x": parts["x"], "y": parts["y"]})
    if parts.get("clear"):
        steps.append(clear or {"action": "key", "keys": "Control+a"})
    if parts["text"] or not parts.get("clear"):
        steps.append({"action": "type", "text": parts["text"]})
    elif clear is None:
        steps.append({"action": "key", "keys": "Delete"})
    if parts.get("submit"):
        steps.append({"action": "key", "keys": "Enter"})
    return steps


def pointing(parts: Parts) -> list[Parts]:
    """What needs the pointer to be there first: a scroll at a place, a drag from one."""
    if parts["action"] == "scroll" and "x" in parts:
        rest = {name: value for name, value in parts.items() if name not in ("x", "y")}
        return [{"action": "hover", "x": parts["x"], "y": parts["y"]}, rest]
    if parts["action"] == "drag":
        end = {"action": "drag_to", "to_x": parts["to_x"], "to_y": parts["to_y"]}
        return [{"action": "hover", "x": parts["x"], "y": parts["y"]}, end]
    return [parts]


def names_of(keys: str, table: str) -> list[str]:
    """What the keys of a chord are called in that table.

    Raises:
        Unspoken: if one has no name there.
    """
    ours = {our: name for name, our in KEYS[table].items()}
    names = []
    for each in keys.split("+"):
        letter = len(each) == 1 and each.isascii() and (each.isdigit() or each.islower())
        mark = len(each) == 1 and each.isascii() and each.isprintable() and not each.isalnum() and table == "pyautogui"
        if each in ours:
            names.append(ours[each])
        elif letter or (mark and each != " "):
            names.append(each.upper() if table == "openai" else each)
        else:
            raise Unspoken(f"the key {each!r} has no name in it")
    return names


def wheel(parts: Parts, notch: float) -> tuple[str, int]:
    """The way that a scroll goes and how many notches.

    Raises:
        Unspoken: if it goes two ways at once, or nowhere.
    """
    dx, dy = parts["dx"], parts["dy"]
    if (dx == 0) == (dy == 0):
        raise Unspoken("a scroll both ways or nowhere")
    way = ("right" if dx > 0 else "left") if dx else ("down" if dy > 0 else "up")
    return way, max(1, round(abs(dx or dy) / notch))


def without(parts: Parts, *names: str) -> None:
    """Refuses what a kind sets that the dialect has no word for.

    Raises:
        Unspoken: if it sets one of those.
    """
    for name in names:
        if name in parts:
            raise Unspoken(f"a {parts['action']} with {name}")


def said(text: str) -> str:
    """One line of a text."""
    return " ".join(text.split())


def numbered(so_far: Sequence[str], prefix: str = "") -> str:
    """What was done, a line each."""
    return "\n".join(f"{prefix}{number}. {sentence}" for number, sentence in enumerate(so_far, 1))
