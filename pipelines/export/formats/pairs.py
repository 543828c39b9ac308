"""What is wrong beside what is right: the judged steps and pairs of a curation, and of their endings.

An ending is made up: who needs another step and stops does so too early, and who was asked for an answer and gives none
has not done the task. Where neither can be, going on by the last step once more is what is wrong.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from pipelines.export.dialects import Unspoken
from pipelines.export.formats.curated import CuratedStep
from pipelines.export.formats.examples import LeftOut, Rows, Sample, ending_sample, left_out, step_sample
from pipelines.export.voice import Voice
from schemas.actions import Answer, Stop
from schemas.errors import LakeError
from schemas.keys import key
from schemas.records import Step

EARLY, SILENT, ONWARD = "early stop", "no answer", "goes on"
"""Kinds of wrong that are made up."""

KIND = (
    "what a wrong step that was tried came to: `wrong turn` (the task was done after going back), `unrecovered` (it "
    "was done in none of the ways that were tried), `destructive` (it changed something besides); of what is made up, "
    "`early stop`, `no answer`, `goes on`"
)
COST = "how many steps more it took to do the task all the same; null where it was not done, or not tried"
"""What the columns `kind` and `cost` say."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A sample, and whether what it does is right; `kind` and `cost` say what is wrong with it."""

    sample: Sample
    label: bool
    kind: str | None
    cost: int | None


@dataclass(frozen=True, slots=True)
class Pair:
    """A sample, and the calls that it is preferred to."""

    sample: Sample
    rejected: str
    kind: str | None
    cost: int | None


def judged_rows(chosen: CuratedStep, voice: Voice, row: Callable[[Sample], dict[str, Any]]) -> Rows:
    """The rows of what is judged: those columns of its sample, with label, kind and cost."""
    for one in judged(chosen, voice):
        if isinstance(one, LeftOut):
            yield one
            continue
        told = {**row(one.sample), "label": one.label, "kind": one.kind, "cost": one.cost}
        yield one.sample.example(told, one.sample.calls, one.label)


def pair_rows(chosen: CuratedStep, voice: Voice, row: Callable[[Pair], dict[str, Any]]) -> Rows:
    """The rows of pairs: those columns of each, with kind, cost and where the rejected step comes from."""
    step = None if chosen.rejected is None else chosen.rejected.step
    place = {
        "rejected_trajectory_id": None if step is None else step.trajectory_id,
        "rejected_step_index": None if step is None else step.step_index,
    }
    for pair in pairs(chosen, voice):
        if isinstance(pair, LeftOut):
            yield pair
            continue
        told = {**row(pair), "kind": pair.kind, "cost": pair.cost, **place}
        yield pair.sample.example(told, pair.sample.calls, pair.rejected)


def judged(chosen: CuratedStep, voice: Voice) -> Iterator[Judged | LeftOut]:
    """A step with its label, and after the last one of a task the ending, and a stop in the place of that step."""
    right = chosen.role == "target"
    try:
        sample = step_sample(chosen, voice)
        yield Judged(sample, right, chosen.kind, chosen.cost)
        if not right:
            return
        if (end := ending_sample(chosen, voice)) is not None:
            yield Judged(end, True, None, None)
            early = step_sample(chosen, voice, task="ending", action=Stop())
            early = replace(early, order=key("early", chosen.key))
            yield Judged(early, False, EARLY, None)
    except Unspoken as error:
        yield left_out(chosen, "step", str(error))


def pairs(chosen: CuratedStep, voice: Voice) -> Iterator[Pair | LeftOut]:
    """A step with the one that it is preferred to, and of the last one of a task the ending and a stop too early.

    Raises:
        LakeError: if the decision names no partner.
    """
    if chosen.role != "target":
        return
    if chosen.rejected is None:
        raise LakeError(f"step {chosen.step.step_index} of {chosen.step.trajectory_id} has no partner: curate again")
    try:
        sample = step_sample(chosen, voice)
        wrong = step_sample(replace(chosen, step=_in_place(chosen)), voice)
        if wrong.calls == sample.calls:
            raise Unspoken("both sides are told alike")
        yield Pair(sample, wrong.calls, chosen.rejected.kind, chosen.rejected.cost)
        yield from _endings(chosen, sample, voice)
    except Unspoken as error:
        yield left_out(chosen, "step", str(error))


def _in_place(chosen: CuratedStep) -> Step:
    """The rejected step, done where the chosen one was."""
    if chosen.rejected is None:
        return chosen.step
    return replace(chosen.rejected.step, before=chosen.step.before)


def _endings(chosen: CuratedStep, sample: Sample, voice: Voice) -> Iterator[Pair]:
    end = ending_sample(chosen, voice)
    if end is None:
        return
    stop = voice.calls(Stop(), chosen.platform, sample.frame)
    early = replace(sample, task="ending", order=key("early", chosen.key))
    yield Pair(early, stop, EARLY, None)
    if isinstance(end.action, Answer):
        yield Pair(end, stop, SILENT, None)
    else:
        yield Pair(end, sample.calls, ONWARD, None)
