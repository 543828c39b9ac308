"""What `reward.py` compares an answer with: the truth of a step or an ending, as JSON, on the grid of the dataset."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipelines.export.dialects import Unspoken, reading
from pipelines.export.dialects.telling import parts_of
from pipelines.export.formats import reward
from pipelines.export.formats.examples import Example, Made, Sample
from pipelines.export.formats.reward import DEFAULTS, direction, inside, score
from pipelines.export.geometry import Frame
from pipelines.export.voice import OURS, Voice
from schemas.actions import POINT_FIELDS, Action, Point, Scroll, Swipe, point_of
from schemas.arrow import kind_of
from schemas.keys import canonical_json
from schemas.records import Box

NEAR_END = 24
"""Pixels around where a drag ended that count as its end: the least size of a target (WCAG 2.2, 2.5.8)."""

_FREE = ("pace", "seconds", "clear")
"""Fields that may differ: how fast something is typed or held, and whether a field is emptied that was empty."""

_IMPORT = "from pipelines.export.dialects.reading import read\n"


def truth_of(sample: Sample, voice: Voice, **more: Any) -> str:
    """The truth of a sample, with what else a row's truth says."""
    chosen = sample.chosen
    target = None if sample.task == "ending" else chosen.step.target
    truth = ground_truth(sample.action, sample.frame, None if target is None else target.box, chosen.places)
    if voice.name != OURS.name:
        more = {**more, "dialect": voice.name, "platform": chosen.platform}
    return canonical_json({**truth, **more}).decode()


def own_score(sample: Sample, truth: str) -> float:
    """What the sample's own answer earns."""
    return score(sample.answer, truth)


def checked(sample: Sample, truth: str, row: dict[str, Any]) -> Example:
    """The row, if its own answer earns all that there is.

    Raises:
        Unspoken: if it does not.
    """
    earned = own_score(sample, truth)
    if earned != reward.RIGHT:
        raise Unspoken(f"its own answer earns {earned:g}: the place is not in the element, or several are meant")
    return sample.example({**row, "own_score": earned}, truth)


def ground_truth(action: Action, frame: Frame, meant: Box | None, places: Sequence[Box] = ()) -> dict[str, Any]:
    """The kind of an action, what it sets, the box of the element meant, and the boxes of all that are as good.

    A box is left, top, right and bottom on the grid, each rounded outwards.
    """
    kind = kind_of(type(action))
    truth: dict[str, Any] = {"action": kind}
    point, moves = point_of(action), isinstance(action, Scroll | Swipe)
    if meant is not None and point is not None:
        box = frame.sides(meant)
        if not moves or inside(*frame.place(point), box):  # what scrolls may do so beside what it was meant for
            truth["box"] = box
        if len(places) > 1:
            truth["boxes"] = [frame.sides(each) for each in places]
    if moves:
        way = direction(parts_of(action, frame))
        return truth if way is None else {**truth, "direction": way}
    end = getattr(action, "end", None)
    if isinstance(end, Point):
        truth["end_box"] = frame.reach(end, NEAR_END)
    for field in dataclasses.fields(action):
        value = getattr(action, field.name)
        if field.name not in (*POINT_FIELDS, *_FREE) and (value is not None or field.name in DEFAULTS):
            truth[field.name] = list(value) if isinstance(value, tuple) else value
    return truth


def reward_source(_made: Made) -> bytes:
    """`reward.py` as one file, with what reads the dialects in it."""
    source, reads = (Path(str(module.__file__)).read_text() for module in (reward, reading))
    return source.replace(_IMPORT, f"\n{reads}").encode()


REWARD = {"reward.py": reward_source}
