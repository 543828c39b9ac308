"""The choices: what curation makes of facts and opinions. A pure function of both, and recomputable."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from schemas.records import Box, Int32

Use = Literal["sft", "kto", "dpo", "rl", "grounding"]
Role = Literal["target", "context", "negative", "dropped"]
Split = Literal["train", "validation", "test"]


@dataclass(frozen=True, slots=True)
class State:
    """The identities of what was seen at one moment, under one version of the rules (`schemas.identity`)."""

    trajectory_id: str
    step_index: Int32
    side: Literal["before", "after"]
    screen: str | None
    tree: str | None
    rules_version: str
    structure: str | None
    content: str | None
    volatile: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a distinct screen looks like; null where the image can't be decoded, and `error` says why.

    `pixels` is the digest of size and RGB; `phash64`, `phash256` and `dhash64` are `imagehash`'s, in hex; `tiles` is
    `schemas.visual`'s.
    """

    screen: str
    rules_version: str
    pixels: str | None
    phash64: str | None
    phash256: str | None
    dhash64: str | None
    tiles: bytes | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Decision:
    """What a step is for one instruction and one use, by which rule.

    A step without an instruction has a null one. `survivor` names the step that was kept instead of a duplicate, as
    `trajectory_id/step_index/instruction_id`, and in `dpo` the partner of a row that is kept. A row for the goal of a
    rollout has no instruction, and its `weight` in `rl` is the advantage. `split` is null for what no dataset will
    hold. `cost` is that of a negative that was tried: the steps more that it took to do the task all the same.
    """

    curation: str
    trajectory_id: str
    step_index: Int32
    instruction_id: str | None
    use: Use
    role: Role
    rule: str
    rules_version: str
    survivor: str | None
    distance: float | None
    split: Split | None
    weight: float
    key: str | None
    cost: Int32 | None = None


@dataclass(frozen=True, slots=True)
class Edge:
    """Two things found alike, and how far apart they are under that measure.

    Steps by their names in `decisions` (0 where all is the same), states by their content (or `screen` and its
    id) in bits of the pHash of their screens, trajectories and
    instructions by 1 less Jaccard's similarity (`near meaning`: by 1 less the cosine of their vectors); a goal goes by
    the trajectory that was given it.
    """

    curation: str
    trajectory_id: str
    kind: Literal["exact step", "near step", "near screen", "near trajectory", "near instruction", "near meaning"]
    left: str
    right: str
    distance: float


@dataclass(frozen=True, slots=True)
class Reject:
    """What never became a row, and why."""

    job: str
    subject: str
    trajectory_id: str | None
    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Calibration:
    """How a labeler of one version agrees with a gold set on one slice of it; good is the positive verdict.

    `gold` is the sha256 of the gold set's rows. `slice` is what the rows have in common and `value` which: all, an app,
    a kind of action, early or late steps. `open` rows got no verdict that decides. The bounds hold 95 of 100 cases:
    Wilson's for shares, that of Fleiss, Cohen and Everitt for kappa. `threshold` is the lowest score that is precise
    enough, where the labeler scores.
    """

    calibration_id: str
    labeler: str
    labeler_version: str
    gold: str
    subject: Literal["step", "run"]
    slice: Literal["all", "app", "action", "position"]
    value: str
    true_positive: int
    false_positive: int
    true_negative: int
    false_negative: int
    open: int
    precision: float | None
    precision_low: float | None
    precision_high: float | None
    recall: float | None
    recall_low: float | None
    recall_high: float | None
    f1: float | None
    kappa: float | None
    kappa_low: float | None
    kappa_high: float | None
    threshold: float | None


@dataclass(frozen=True, slots=True)
class TableVersion:
    """A table of the lake at one version, and its rows then."""

    table: str
    version: int | None
    rows: int


@dataclass(frozen=True, slots=True)
class Count:
    """A line of a job's ledger: how many of what."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Run:
    """What a job did: the log, and the only table that holds the wall clock of a job."""

    run_id: str
    job: str
    configuration: str
    read: tuple[TableVersion, ...]
    wrote: tuple[TableVersion, ...]
    counts: tuple[Count, ...]
    money: float
    seconds: float
    started_at: datetime
    packages: str
