"""A recorded action on the screen of another visit: its points where the elements are now."""

from dataclasses import replace
from typing import Any, cast
from urllib.parse import quote

from explorers.core.affordances import visible_point
from explorers.core.locating import Match, find_again
from explorers.core.safety import touched
from schemas.actions import POINT_FIELDS, Action, Drag, Hover, Key, NewTab, Open, Point, Select, Swipe, Type, point_of
from schemas.records import Box, Observation, Target, Tree
from schemas.redaction import MASK
from schemas.targets import target_of

_SAME_PIXEL = 0.5
"""Fractions are rounded: a point that is not farther from where they put it was recorded on a screen of that size."""


def moved(action: Action, target: Target, match: Match, observation: Observation, known: Tree | None) -> Action | None:
    """The action with its points where the element is now; None where that is not on the screen.

    `known` is the tree in which the action was recorded, where there is one.
    """
    screen, first = observation.screen, point_of(action)
    assert first is not None  # there is a target
    if screen is None:
        return action
    size = (screen.width, screen.height)
    place = first.pixel(*size)
    now = _carried(place, target.box, match.node.box, size) or visible_point(match.node, *size)
    if now is None:
        return None
    if isinstance(action, Drag | Swipe):
        return replace(action, start=now, end=_end(action, now, observation, known))
    return cast(Action, replace(cast(Any, action), point=now))


def _end(action: Drag | Swipe, start: Point, observation: Observation, known: Tree | None) -> Point:
    """Where a drag ends: on the element that was there, or as far away from its start as it was."""
    assert observation.screen is not None  # its start was found on it
    size = (observation.screen.width, observation.screen.height)
    last = action.end.pixel(*size)
    if known is not None:
        node = touched(replace(observation, tree=known), Hover(action.end))
        match = None if node is None else find_again(target_of(node), observation.tree, known)
        if node is not None and match is not None:
            carried = _carried(last, node.box, match.node.box, size)
            if carried is not None:
                return carried
    (x, y), (left, top), (right, bottom) = (
        point.pixel(*size) for point in (start, _placed(action.start, size), _placed(action.end, size))
    )
    return Point.on(x + right - left, y + bottom - top, width=size[0], height=size[1])


def rescaled(action: Action, size: tuple[int, int]) -> Action:
    """The action with its points on the same part of a screen of that size: it has no element to go by."""
    points = ((name, getattr(action, name, None)) for name in POINT_FIELDS)
    placed = {name: _placed(point, size) for name, point in points if isinstance(point, Point)}
    return cast(Action, replace(cast(Any, action), **placed))


def _placed(point: Point, size: tuple[int, int]) -> Point:
    """The point itself where its screen had that size, else the one on the same part of the screen."""
    if point.x is None or point.y is None or point.fx is None or point.fy is None:
        return point
    x, y = point.fx * size[0], point.fy * size[1]
    if abs(x - point.x) < _SAME_PIXEL and abs(y - point.y) < _SAME_PIXEL:
        return point
    return Point.on(round(x, 1), round(y, 1), width=size[0], height=size[1])


def _carried(place: tuple[float, float], old: Box | None, new: Box | None, size: tuple[int, int]) -> Point | None:
    """The same part of a box that may have moved or grown; None where that is not on the screen."""
    if old is None or new is None or not old.contains(*place) or not old.width or not old.height:
        return None
    x = new.x + (place[0] - old.x) / old.width * new.width
    y = new.y + (place[1] - old.y) / old.height * new.height
    if not (0 <= x <= size[0] and 0 <= y <= size[1]):
        return None
    return Point.on(round(x, 1), round(y, 1), width=size[0], height=size[1])


def masked(action: Action) -> str | None:
    """Why an action can't be done again: what it typed or opened was a secret, and was not recorded."""
    match action:
        case Type(text) | Key(text) | Select(text):
            secret = MASK in text
        case Open(str(location)) | NewTab(str(location)):
            secret = MASK in location or quote(MASK) in location
        case _:
            secret = False
    return "what was typed was a secret, and is not in the record" if secret else None
