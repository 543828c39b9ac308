"""What a model is asked: which trajectories, which requests have no answer yet, and the most that they can cost."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from labelers.kit.asker import Asker
from labelers.kit.cheap_first import RuleVerdicts
from labelers.kit.inputs import LOOKED_AT, input_key
from labelers.model.batch import POLL_SECONDS
from labelers.model.budget import Budget, Cost, Pace
from labelers.model.prices import Price
from labelers.model.requests import Request
from labelers.model.sending import Endpoint
from labelers.rules import RulesBackend
from pipelines.annotate.call_log import CallLog, is_answered, known_calls
from pipelines.annotate.opinions import begin_labelling, pending, rows_of, whole_episodes
from pipelines.lake.delta import Lake
from pipelines.lake.explored import explored
from pipelines.lake.screens import Screens
from pipelines.running.jobs import Job
from pipelines.running.work import Work
from schemas.arrow import from_row
from schemas.episodes import Episode
from schemas.keys import fraction
from schemas.opinions import Call, Instruction, Label

ORDER = ("rejects", "calls", "instructions", "labels")
"""Labels come last: they tell that a trajectory is done."""

READS = ("trajectories", "steps", "screens", "trees", "instructions", "labels", "calls", "rejects")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Selection:
    """Which trajectories are looked at: those of a list (None: all), or `most` of them by a seeded draw."""

    only: frozenset[str] | None = None
    most: int | None = None
    seed: int = 0

    def of(self, names: Sequence[str]) -> tuple[str, ...]:
        """Those of the trajectories that are selected, sorted."""
        chosen = sorted(name for name in names if self.only is None or name in self.only)
        if self.most is not None:
            chosen = sorted(sorted(chosen, key=lambda name: (fraction("sample", self.seed, name), name))[: self.most])
        return tuple(chosen)

    def within(self, only: frozenset[str] | None) -> "Selection":
        """The same without the trajectories that are not among those (None: all are)."""
        return self if only is None else replace(self, only=only if self.only is None else only & self.only)


@dataclass(frozen=True, slots=True)
class Spending:
    """How the model may be asked: where, at what price, how much in all, and how fast (calls and tokens a minute).

    With `batch` the requests go out as files, which cost half and take up to a day; they are asked for every `poll`
    seconds.
    """

    endpoint: Endpoint = field(default_factory=Endpoint)
    price: Price | None = None
    money: float | None = None
    tokens: int | None = None
    calls_a_minute: float | None = None
    tokens_a_minute: float | None = None
    batch: bool = False
    poll: float = POLL_SECONDS

    def scaled(self, share: float) -> "Spending":
        """The same with that part of every limit."""
        money, tokens, calls, flow = (
            None if limit is None else limit * share
            for limit in (self.money, self.tokens, self.calls_a_minute, self.tokens_a_minute)
        )
        whole = None if tokens is None else int(tokens)
        return replace(self, money=money, tokens=whole, calls_a_minute=calls, tokens_a_minute=flow)

    def budget(self) -> Budget:
        """What may be spent.

        Raises:
            ConfigurationError: for a budget in money without a price.
        """
        return Budget(self.price, money=self.money, tokens=self.tokens)

    def pace(self) -> Pace:
        """How fast calls may go."""
        return Pace(calls=self.calls_a_minute, tokens=self.tokens_a_minute)


@dataclass(frozen=True, slots=True)
class Planned:
    """What there is to ask: trajectories, requests without an answer, and the most that these can cost."""

    trajectories: int = 0
    requests: int = 0
    cost: Cost = field(default_factory=Cost)

    def __add__(self, other: "Planned") -> "Planned":
        return Planned(self.trajectories + other.trajectories, self.requests + other.requests, self.cost + other.cost)

    def named(self, *, priced: bool) -> dict[str, object]:
        """The figures as a summary names them."""
        return {"trajectories to look at": self.trajectories, **self.costs(priced=priced)}

    def costs(self, *, priced: bool) -> dict[str, object]:
        """The figures that cost something."""
        money = f"{self.cost.money:.2f}" if priced else "unknown: no price"
        return {"requests": self.requests, "tokens, at most": self.cost.tokens, "US dollars, at most": money}


@dataclass(frozen=True, slots=True)
class Asking:
    """What plan, call and read need to know of one labeler's job. Cheap to pickle."""

    asker: Asker
    job: Job
    log: CallLog
    trajectories: Mapping[int, tuple[str, ...]]
    spending: Spending

    @property
    def work(self) -> Work:
        """What the job reads, and where its stages leave their reports."""
        return self.job.work

    def todo(self, bucket: int) -> tuple[str, ...]:
        """The bucket's trajectories that are asked about."""
        return self.trajectories.get(bucket, ())


def begin_asking(lake: Lake, asker: Asker, spending: Spending, selection: Selection) -> Asking:
    """The job of a labeler on the lake as it is now."""
    job = begin_labelling(lake, "annotate", asker, reads=READS, order=ORDER)
    work = job.work
    unlooked = {bucket: unseen(work, asker, bucket) for bucket in range(lake.buckets)}
    chosen = frozenset(selection.of([name for names in unlooked.values() for name in names]))
    todo = {bucket: tuple(name for name in names if name in chosen) for bucket, names in unlooked.items()}
    for bucket in (bucket for bucket, names in todo.items() if names):
        work.snapshot.check("steps", "trees", bucket=bucket)  # before anything is paid for
        work.snapshot.check("screens", bucket=bucket, quick=True)
    return Asking(asker, job, CallLog.of(lake, asker), todo, spending)


def unseen(work: Work, asker: Asker, bucket: int) -> tuple[str, ...]:
    """The trajectories that this labeler and version has not seen, or not with what it would be asked about now."""
    if asker.inputs == "recording":
        return pending(work, asker, bucket=bucket)
    snapshot = work.snapshot
    instructions = _by_trajectory(Instruction, snapshot.read("instructions", bucket=bucket))
    labels = _by_trajectory(Label, snapshot.read("labels", bucket=bucket).filter(pc.field("subject") == "trajectory"))
    rows = explored(snapshot, bucket=bucket, columns=["trajectory_id", "digest"]).to_pylist()
    names = []
    for name, digest in sorted((row["trajectory_id"], row["digest"]) for row in rows):
        of_run = labels.get(name, [])
        now = input_key(asker.inputs, asker.name, digest, instructions.get(name, ()), of_run)
        mine = [label for label in of_run if (label.labeler, label.labeler_version) == (asker.name, asker.version)]
        if not any(label.rule == LOOKED_AT and label.input == now for label in mine):
            names.append(name)
    return tuple(names)


def unruled(task: Asking) -> list[str]:
    """Those of the trajectories that today's rules have not labelled."""
    rules = RulesBackend()
    return [
        name
        for bucket in range(task.work.snapshot.buckets)
        for name in sorted(set(task.todo(bucket)) & set(pending(task.work, rules, bucket=bucket)))
    ]


def asked_about(
    task: Asking, bucket: int, screens: Screens
) -> tuple[Iterator[tuple[Asker, Episode, list[Instruction]]], dict[str, str]]:
    """The bucket's episodes that are to be looked at, with all labels on them, and what others wrote of each.

    Who asks goes without what the rules decided, if that is how it is. What an episode misses that is left out comes
    beside them.
    """
    snapshot, todo = task.work.snapshot, task.todo(bucket)
    instructions = _by_trajectory(Instruction, rows_of(snapshot, "instructions", bucket, todo))
    labels = _by_trajectory(Label, rows_of(snapshot, "labels", bucket, todo))
    shown, missing = whole_episodes(snapshot, bucket, todo, {}, screens)

    def labelled() -> Iterator[tuple[Asker, Episode, list[Instruction]]]:
        for bare in shown:
            name = bare.trajectory.trajectory_id
            episode, written = replace(bare, labels=tuple(labels.get(name, ()))), instructions.get(name, [])
            decided = RuleVerdicts.of(episode, written) if task.asker.cheap_first else None
            yield task.asker if decided is None else task.asker.after(decided), episode, written

    return labelled(), missing


def _by_trajectory(record: type[T], rows: pa.Table) -> dict[str, list[T]]:
    groups: dict[str, list[T]] = {}
    for row in rows.to_pylist():
        groups.setdefault(row["trajectory_id"], []).append(from_row(record, row))
    return groups


def questions(
    task: Asking, buckets: Sequence[int], answered: dict[str, Call]
) -> Iterator[tuple[int, Request, Call | None]]:
    """The requests of each bucket, each once, trajectory after trajectory, with the answer that the bucket has.

    `answered` gets all answers that any bucket has: what was asked about one trajectory need not be for another.
    """
    every = range(task.work.snapshot.buckets)
    known = {bucket: known_calls(task.work.snapshot, task.log, bucket, task.asker)[0] for bucket in every}
    for calls in known.values():
        answered.update({digest: call for digest, call in calls.items() if is_answered(calls, digest)})
    for bucket in buckets:
        seen: set[str] = set()
        if not task.todo(bucket):
            continue
        shown, _ = asked_about(task, bucket, Screens(task.work.snapshot, bucket))
        for asker, episode, instructions in shown:
            for request in asker.requests(episode, instructions):
                if (digest := request.digest) not in seen:
                    seen.add(digest)
                    yield bucket, request, known[bucket][digest] if is_answered(known[bucket], digest) else None


def planned(task: Asking, buckets: Sequence[int]) -> Planned:
    """What the buckets have to ask, and the most that it can cost; a question that several ask counts once."""
    budget = Budget(task.spending.price)
    answered: dict[str, Call] = {}
    asked: set[str] = set()
    total = Planned(trajectories=sum(len(task.todo(bucket)) for bucket in buckets))
    for _, request, call in questions(task, buckets, answered):
        if call is None and (digest := request.digest) not in asked and digest not in answered:
            asked.add(digest)
            total += Planned(requests=1, cost=budget.most(request))
    return total


def shares_of(task: Asking, groups: Sequence[Sequence[int]]) -> list[float]:
    """The part of budget and pace that each group gets: by the most that its requests can cost."""
    if len(groups) == 1:
        return [1.0]
    # The requests are made here and again when they are sent: no group may start before the costs of all are known, and
    # until then they would have to be kept, every text of the run.
    costs = [planned(task, group).cost.tokens for group in groups]
    return [cost / max(1, sum(costs)) for cost in costs]
