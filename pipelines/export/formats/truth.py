"""What `reward.py` compares an answer with: the truth of a step or an ending, as JSON."""

import dataclasses
import json
from collections.abc import Sequence
from typing import Any

from pipelines.export.dialects import render
from pipelines.export.formats.examples import CuratedStep, Ending
from pipelines.export.formats.reward import DEFAULTS, direction
from pipelines.export.tokens import harmless
from schemas.actions import POINT_FIELDS, Action, Point, Scroll, Swipe, point_of
from schemas.arrow import kind_of
from schemas.keys import canonical_json
from schemas.records import Box

NEAR_END = 24
"""Pixels around where a drag ended that count as its end: the least size of a target (WCAG 2.2, 2.5.8)."""

_FREE = ("pace", "seconds", "clear")
"""Fields that may differ: how fast something is typed or held, and whether a field is emptied that was empty."""


def step_truth(chosen: CuratedStep, **more: Any) -> str:
    """The truth of a step, with what else a row's truth says."""
    target = chosen.step.target
    truth = ground_truth(chosen.step.action, None if target is None else target.box, chosen.places)
    return canonical_json({**truth, **more}).decode()


def ending_truth(end: Ending) -> str:
    """The truth of an ending."""
    return canonical_json(ground_truth(end.action, None)).decode()


def ground_truth(action: Action, meant: Box | None, places: Sequence[Box] = ()) -> dict[str, Any]:
    """The kind of an action, what it sets, the box of the element meant, and the boxes of all that are as good.

    A box is left, top, right and bottom in pixels.
    """
    kind = kind_of(type(action))
    truth: dict[str, Any] = {"action": kind}
    if meant is not None and point_of(action) is not None:
        truth["box"] = _sides(meant)
        if len(places) > 1:
            truth["boxes"] = [_sides(box) for box in places]
    if isinstance(action, Scroll | Swipe):
        way = direction(json.loads(render(action)))
        return truth if way is None else {**truth, "direction": way}
    end = getattr(action, "end", None)
    if isinstance(end, Point) and end.x is not None and end.y is not None:
        truth["end_box"] = [end.x - NEAR_END, end.y - NEAR_END, end.x + NEAR_END, end.y + NEAR_END]
    for field in dataclasses.fields(action):
        value = getattr(action, field.name)
        if field.name not in (*POINT_FIELDS, *_FREE) and (value is not None or field.name in DEFAULTS):
            truth[field.name] = list(value) if isinstance(value, tuple) else value
    found: dict[str, Any] = harmless(truth)
    return found


def _sides(box: Box) -> list[float]:
    return [box.x, box.y, box.x + box.width, box.y + box.height]
