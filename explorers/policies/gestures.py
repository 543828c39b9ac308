"""What is done with a screen besides pressing and typing: what can be dragged, and the keys that it lists."""

import re
from collections.abc import Iterator
from itertools import pairwise

from explorers.core.affordances import DEFAULT, shape_of, visible_point
from explorers.policies.options import Option
from explorers.policies.view import View
from schemas.actions import Drag, Key, Point
from schemas.identity import stable_text
from schemas.records import Node, Screen, Target

DRAGS_MOST = 6
KEYS_MOST = 12
"""Of a screen."""

NAME_LENGTH = 120
"""Characters of a name in which keys are looked for: longer ones are texts."""

_MODIFIERS = {
    "ctrl": "Control",
    "control": "Control",
    "strg": "Control",
    "alt": "Alt",
    "option": "Alt",
    "shift": "Shift",
    "cmd": "Meta",
    "command": "Meta",
    "meta": "Meta",
}
_NAMED = {"esc": "Escape", "del": "Delete", "return": "Enter", "space": "Space"}
_HOLD = "|".join(_MODIFIERS)
_CHORD = re.compile(
    rf"(?<![\w+-])((?:(?:{_HOLD})\s?[-+]\s?)+)"
    r"(f\d{1,2}|[a-z0-9]|enter|return|escape|esc|space|delete|del|home|end|pageup|pagedown|arrow(?:up|down|left|right))"
    r"(?![\w+])",
    re.IGNORECASE,
)
_FUNCTION = re.compile(r"[(\[\s](f\d{1,2})[)\]]?$", re.IGNORECASE)
_DROPS = re.compile(
    r"\bdrop\b|\bdrag\b.{0,40}\b(?:here|into|to)\b|ablegen|hierher ziehen|déposer|soltar", re.IGNORECASE
)
_TO = 0.8
"""The part of its length that a slider's thumb is dragged to."""


def drags(view: View) -> list[Option]:
    """What can be dragged, to where it may go: a thumb on, a tab over the next, something loose to where it drops."""
    screen = view.observation.screen
    if screen is None:
        return []
    found = [*_thumbs(view, screen), *_tabs(view), *_loose(view, screen)]
    return [option for option in found if DEFAULT.refuses(view.observation, option.action) is None][:DRAGS_MOST]


def listed_keys(view: View) -> list[Option]:
    """The keys that the names on a screen tell, in their order, each once."""
    chords: dict[str, None] = {}
    for node in view.observation.nodes:
        if len(node.name) <= NAME_LENGTH:
            chords.update(dict.fromkeys(chords_in(node.name)))
    options = [Option(Key(chord), f"press {chord}", 1.0, ("key", chord)) for chord in chords]
    return [option for option in options if DEFAULT.refuses(view.observation, option.action) is None][:KEYS_MOST]


def chords_in(name: str) -> Iterator[str]:
    """The chords that a name tells, as an action names them.

    >>> list(chords_in("Save (Ctrl+S)"))
    ['Control+s']
    """
    for match in _CHORD.finditer(name):
        held = [_MODIFIERS[each.lower()] for each in re.findall(_HOLD, match[1], re.IGNORECASE)]
        yield "+".join([*dict.fromkeys(held), _key(match[2])])
    if function := _FUNCTION.search(name):
        yield function[1].upper()


def _key(name: str) -> str:
    if len(name) == 1:
        return name.lower()
    if name.lower() in _NAMED:
        return _NAMED[name.lower()]
    return name.upper() if re.fullmatch(r"f\d+", name, re.IGNORECASE) else name.capitalize()


def _thumbs(view: View, screen: Screen) -> Iterator[Option]:
    for node in view.observation.nodes:
        if node.role != "slider" or node.has("disabled") or node.has("covered") or node.box is None:
            continue
        start = visible_point(node, screen.width, screen.height)
        if start is None:
            continue
        box = node.box
        across = box.width >= box.height
        x, y = box.x + box.width * (_TO if across else 0.5), box.y + box.height * (0.5 if across else 1 - _TO)
        yield _drag(node, start, Point.on(x, y, width=screen.width, height=screen.height))


def _tabs(view: View) -> Iterator[Option]:
    tabs = [each for each in view.affordances if each.node.role == "tab"]
    for one, other in pairwise(tabs):
        if one.family == other.family:
            yield _drag(one.node, one.point, other.point)
            return


def _loose(view: View, screen: Screen) -> Iterator[Option]:
    """What listens without being a button, or stands in a list, dragged to the text that says that it drops there."""
    zone = next((node for node in view.observation.nodes if _DROPS.search(node.name[:NAME_LENGTH])), None)
    end = None if zone is None else visible_point(zone, screen.width, screen.height)
    if end is None:
        return
    for node in view.observation.nodes:
        if node is zone or node.role not in ("generic", "listitem", "option", "img") or node.has("covered"):
            continue
        start = visible_point(node, screen.width, screen.height)
        if start is not None and not (zone is not None and zone.box and zone.box.contains(*_pixel(start))):
            yield _drag(node, start, end)


def _pixel(point: Point) -> tuple[float, float]:
    return point.x or 0.0, point.y or 0.0


def _drag(node: Node, start: Point, end: Point) -> Option:
    identity = ("drag", node.role, shape_of(node), stable_text(node.name) or node.id or "")
    return Option(Drag(start, end), f"drag {node.name}".strip(), 1.0, identity, Target(node.role, node.name, node.box))
