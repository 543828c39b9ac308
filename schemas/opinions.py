"""The opinions: what labelers say of the facts. Append-only; a verdict names the instruction that it is relative to."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from schemas.records import Int32

Verdict = Literal["good", "neutral", "harmful", "abstain"]
Subject = Literal["step", "span", "trajectory", "instruction", "pair", "screen"]
InstructionKind = Literal["task", "step", "thought", "variant", "check"]
Level = Literal["high", "low"]


@dataclass(frozen=True, slots=True)
class Call:
    """One request to a model and its answer: the response cache.

    `request` is the digest of the canonical request; money in US dollars, latency in seconds.
    """

    call_id: str
    request: str
    trajectory_id: str | None
    labeler: str
    labeler_version: str
    model: str
    status: Literal["ok", "refused", "malformed", "failed"]
    answer: str | None
    error: str | None
    input_tokens: int | None
    output_tokens: int | None
    cached_tokens: int | None
    money: float | None
    latency: float | None
    time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """A sentence that steps `first_step` to `last_step` (both included) accomplished.

    `path` are those of the steps that it needs, in order. `answer` is given where the sentence asks for something, and
    `evidence` is what the labeler saw that makes it true, `claim` the same as a check, canonical JSON, that a walk can
    be held against (`schemas.claims`). `template` names the rule or prompt that wrote it, `parts` are the instructions
    that a composed one was made of. One of the kind `check` is what a labeler read from the words of its parent alone:
    its `claim`, and that in words.
    """

    instruction_id: str
    trajectory_id: str
    kind: InstructionKind
    level: Level
    first_step: Int32
    last_step: Int32
    path: tuple[Int32, ...]
    text: str
    answer: str | None = None
    evidence: str | None = None
    template: str | None = None
    parent_id: str | None = None
    labeler: str
    labeler_version: str
    call_id: str | None = None
    claim: str | None = None
    parts: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One labeler's opinion of one subject, relative to one instruction where it names one.

    A step has `first_step == last_step`; a trajectory has neither. `score` is in the labeler's own range (the rules'
    trajectory score is 1 to 5). `input` is the digest of what the labeler looked at. `cost` is that of a wrong step:
    how many steps more it took to do the task all the same; null where that was not tried, or not found.
    """

    label_id: str
    trajectory_id: str
    subject: Subject
    first_step: Int32 | None = None
    last_step: Int32 | None = None
    instruction_id: str | None = None
    other_id: str | None = None
    screen: str | None = None
    verdict: Verdict
    score: float | None = None
    reason: str
    rule: str | None = None
    labeler: str
    labeler_version: str
    sample: Int32 = 0
    input: str
    call_id: str | None = None
    cost: Int32 | None = None
