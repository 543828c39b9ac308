"""A labeler's verdicts against what the pages say: outcomes by their rewards, steps by what was put into them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.compute as pc

from benchmarks.miniwob.collecting import Told
from benchmarks.miniwob.kinds import Half
from labelers.askers.reward import RewardJudge
from labelers.askers.verify import StepVerifier
from labelers.kit.asker import Asker, ModelUse
from labelers.kit.cheap_first import MET, SERVES, RuleVerdicts
from labelers.model.sending import Endpoint
from labelers.observed.opinions import IDLE_RULE
from labelers.rules import RulesBackend
from pipelines.agree.agreement import Confusion, Share, wilson
from pipelines.agree.calibration import calibrate, read_gold
from pipelines.annotate.asking import annotate_by_asking
from pipelines.annotate.job import annotate
from pipelines.annotate.opinions import no_screen
from pipelines.annotate.planning import Spending
from pipelines.ingest.job import ingest
from pipelines.lake.delta import open_lake
from pipelines.lake.episodes import Trees, episodes
from schemas.arrow import from_row
from schemas.choices import Calibration
from schemas.episodes import Episode
from schemas.opinions import Instruction, Label

_WRONG = frozenset({"wrong element", "wrong value", "one more"})
"""Faults that are one step; the others are steps that are missing."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What was found of one half, `outcome` or `step`; the labeler that said so, and its verdicts against gold."""

    half: Half
    subject: str
    labeler: str
    confusion: Confusion


@dataclass(frozen=True, slots=True)
class Effects:
    """Steps of one half by whether the page counted a change around them and the rules call them one of no effect."""

    half: Half
    idle_said: int
    idle_unsaid: int
    changed_said: int
    changed_unsaid: int

    @property
    def recall(self) -> Share:
        """Of the steps around which nothing was counted, how many are called so."""
        return wilson(self.idle_said, self.idle_said + self.idle_unsaid)

    @property
    def precision(self) -> Share:
        """Of the steps that are called so, around how many nothing was counted."""
        return wilson(self.idle_said, self.idle_said + self.changed_said)


def fill(lake: Path, traces: Path) -> None:
    """Brings the traces into the lake."""
    ingest(traces, str(lake))


def label(lake: Path, backend: str, *, model: str | None, base_url: str | None, flights: int) -> tuple[str, str]:
    """Has the lake labelled; the names of who judges outcomes and who judges steps."""
    if backend == "rules":
        annotate(str(lake), RulesBackend)
        return RulesBackend.name, RulesBackend.name
    use = ModelUse(model or "")
    spending = Spending(Endpoint(base_url, flights=flights))
    annotate_by_asking(str(lake), Asker(StepVerifier(), use), spending)
    annotate_by_asking(str(lake), Asker(RewardJudge(), use), spending)
    return Asker(RewardJudge(), use).name, Asker(StepVerifier(), use).name


def measure(lake: Path, folder: Path, rows: Sequence[Told], labelers: tuple[str, str]) -> list[Measured]:
    """The agreement on outcomes and on steps, each half by itself."""
    found: list[Measured] = []
    for half in ("opened", "unopened"):
        mine = [row for row in rows if row.half == half]
        gold = {"outcome": outcome_gold(mine), "step": step_gold(mine)}
        for (subject, verdicts), labeler in zip(gold.items(), labelers, strict=True):
            if not verdicts:
                continue
            path = folder / f"{half}-{subject}.csv"
            pl.DataFrame(verdicts, schema=_GOLD, orient="row").write_csv(path)
            calibrated = calibrate(open_lake(str(lake)), read_gold(path), labeler)
            (whole,) = (row for row in calibrated.rows if row.slice == "all")
            found.append(Measured(mine[0].half, subject, f"{labeler}@{whole.labeler_version}", _confusion(whole)))
    return found


_GOLD = {"trajectory_id": pl.String, "step": pl.Int32, "instruction_id": pl.String, "verdict": pl.String}


def outcome_gold(rows: Iterable[Told]) -> list[tuple[str, int | None, None, str]]:
    """Good where the page gave its full reward; neutral, which is left out, where it gave a part of it."""
    return [(row.trajectory_id, None, None, _verdict(row)) for row in rows]


def step_gold(rows: Sequence[Told]) -> list[tuple[str, int | None, None, str]]:
    """The steps of the scripts that were rewarded are good; what a sabotage did wrong that was not is harmful."""
    solved = {(row.kind, row.seed) for row in rows if row.policy == "scripted" and _verdict(row) == "good"}
    found: list[tuple[str, int | None, None, str]] = []
    for row in rows:
        if row.policy == "scripted" and _verdict(row) == "good":
            found += [(row.trajectory_id, step, None, "good") for step in range(len(row.changes))]
        wrong = row.fault in _WRONG and row.fault_step is not None and row.fault_step < len(row.changes)
        if wrong and _verdict(row) == "harmful" and (row.kind, row.seed) in solved:
            found.append((row.trajectory_id, row.fault_step, None, "harmful"))
    return found


def measure_effects(lake: Path, rows: Sequence[Told], labeler: str) -> list[Effects]:
    """Whether the steps around which the pages counted no change are those that the labeler calls of no effect."""
    labels = open_lake(str(lake)).snapshot().read("labels")
    mine = labels.filter((pc.field("labeler") == labeler) & (pc.field("rule") == IDLE_RULE))
    said = set(zip(mine["trajectory_id"].to_pylist(), mine["first_step"].to_pylist(), strict=True))
    found = []
    for half in sorted({row.half for row in rows}):
        counts = {(True, True): 0, (True, False): 0, (False, True): 0, (False, False): 0}
        for row in rows:
            if row.half == half:
                for step, changes in enumerate(row.changes):
                    counts[changes == 0, (row.trajectory_id, step) in said] += 1
        found.append(Effects(half, counts[True, True], counts[True, False], counts[False, True], counts[False, False]))
    return found


@dataclass(frozen=True, slots=True)
class Decided:
    """What the rules of one kind decide without a model, and how often ground truth agrees, on one half.

    A step of no effect is held against the page's count of changes; `missed` are those of them that a script needed
    which was rewarded.
    """

    half: Half
    kind: str
    right: int
    wrong: int
    missed: int = 0

    @property
    def precision(self) -> Share:
        """Of what is decided and known, how much is right."""
        return wilson(self.right, self.right + self.wrong)


def measure_decided(lake: Path, rows: Sequence[Told]) -> list[Decided]:
    """How right the rules are where they decide and `annotate --cheap-first` asks no model."""
    by_id = {row.trajectory_id: row for row in rows}
    counts: Counter[tuple[Half, str, str]] = Counter()
    gold = {(one, step): verdict for one, step, _, verdict in step_gold(rows)}
    for episode, written in labelled_episodes(lake):
        row = by_id.get(episode.trajectory.trajectory_id)
        if row is None:
            continue
        found = RuleVerdicts.of(episode, written)
        for step in found.idle:
            counts[row.half, "no effect", "right" if row.changes[step] == 0 else "wrong"] += 1
            counts[row.half, "no effect", "missed"] += gold.get((row.trajectory_id, step)) == "good"
        for step in found.steps:
            if (verdict := gold.get((row.trajectory_id, step))) is not None:
                counts[row.half, SERVES, "right" if verdict == "good" else "wrong"] += 1
        if found.outcome is not None and (verdict := _verdict(row)) != "neutral":
            counts[row.half, MET, "right" if verdict == "good" else "wrong"] += 1
    names = sorted({(half, kind) for half, kind, _ in counts})
    return [
        Decided(half, kind, *(counts[half, kind, name] for name in ("right", "wrong", "missed")))
        for half, kind in names
    ]


def labelled_episodes(lake: Path, *, trees: bool = False) -> Iterator[tuple[Episode, list[Instruction]]]:
    """The episodes of a lake, each with its labels and instructions, and with its trees if they are wanted."""
    snapshot = open_lake(str(lake)).snapshot()
    for bucket in range(snapshot.buckets):
        trajectories, steps = (snapshot.read(name, bucket=bucket) for name in ("trajectories", "steps"))
        labels: dict[str, list[Label]] = {}
        for row in snapshot.read("labels", bucket=bucket).to_pylist():
            labels.setdefault(row["trajectory_id"], []).append(from_row(Label, row))
        written: dict[str, list[Instruction]] = {}
        for row in snapshot.read("instructions", bucket=bucket).to_pylist():
            written.setdefault(row["trajectory_id"], []).append(from_row(Instruction, row))
        held = Trees(snapshot.read("trees", bucket=bucket, columns=["tree", "nodes"])) if trees else None
        for episode in episodes(trajectories, steps, {}, held, no_screen):
            name = episode.trajectory.trajectory_id
            yield replace(episode, labels=tuple(labels.get(name, ()))), written.get(name, [])


def as_json(one: Measured) -> dict[str, Any]:
    """The figures of one measurement, with their bounds."""
    found = one.confusion
    shares = {name: getattr(found, name) for name in ("precision", "recall", "kappa", "coverage")}
    return {
        "half": one.half,
        "subject": one.subject,
        "labeler": one.labeler,
        "right good": found.true_positive,
        "wrong good": found.false_positive,
        "right harmful": found.true_negative,
        "wrong harmful": found.false_negative,
        "open": found.open_,
        **{name: [share.value, share.low, share.high] for name, share in shares.items()},
    }


def _verdict(row: Told) -> str:
    if row.done and 0 < row.reward < 1:
        return "neutral"
    return "good" if row.done and row.reward >= 1 else "harmful"


def _confusion(row: Calibration) -> Confusion:
    return Confusion(row.true_positive, row.false_positive, row.true_negative, row.false_negative, row.open)
