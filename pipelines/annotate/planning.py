"""What a model is asked: which trajectories, which requests have no answer yet, and the most that they can cost."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from labelers.kit.asker import Asker, Frugal
from labelers.kit.basis import LOOKED_AT, basis_of
from labelers.kit.cheap_first import Rulings
from labelers.model.batch import POLL_SECONDS
from labelers.model.budget import Budget, Cost
from labelers.model.prices import Price
from labelers.model.requests import Request
from labelers.model.sending import Endpoint
from labelers.rules import RulesBackend
from pipelines.annotate.call_log import CallLog, is_answered, known_calls
from pipelines.annotate.job import GLANCED_AT, pending
from pipelines.lake.delta import Lake, Snapshot
from pipelines.lake.episodes import Trees, episodes, incomplete
from pipelines.lake.screens import Screens
from pipelines.running.jobs import Job, begin
from pipelines.running.rejects import without_damaged
from pipelines.running.work import Work
from schemas.arrow import from_row
from schemas.choices import Reject
from schemas.episodes import Episode
from schemas.keys import fraction
from schemas.opinions import Call, Instruction, Label

READS = ("trajectories", "steps", "screens", "trees", "instructions", "labels", "calls", "rejects")
ORDER = ("rejects", "calls", "instructions", "labels")
"""Labels come last: they tell that a trajectory is done."""

CHECKED = ("steps", "trees")
"""The tables whose files may be damaged without an end to the job, besides the screens."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Selection:
    """Which trajectories are looked at: those of a list (None: all), or `most` of them by a seeded draw."""

    only: frozenset[str] | None = None
    most: int | None = None
    seed: int = 0

    def of(self, found: Sequence[str]) -> tuple[str, ...]:
        """Those of the trajectories that are selected, sorted."""
        chosen = sorted(one for one in found if self.only is None or one in self.only)
        if self.most is not None:
            chosen = sorted(sorted(chosen, key=lambda one: (fraction("sample", self.seed, one), one))[: self.most])
        return tuple(chosen)


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


@dataclass(frozen=True, slots=True)
class Planned:
    """What there is to ask: trajectories, requests without an answer, and the most that these can cost."""

    trajectories: int = 0
    requests: int = 0
    cost: Cost = field(default_factory=Cost)

    def __add__(self, other: "Planned") -> "Planned":
        return Planned(
            self.trajectories + other.trajectories,
            self.requests + other.requests,
            self.cost + other.cost,
        )

    def named(self, *, priced: bool) -> dict[str, object]:
        """The figures as a summary names them."""
        return {"trajectories to look at": self.trajectories, **self.costs(priced=priced)}

    def costs(self, *, priced: bool) -> dict[str, object]:
        """The figures that cost something."""
        money = f"{self.cost.money:.2f}" if priced else "unknown: no price"
        return {"requests": self.requests, "tokens, at most": self.cost.tokens, "US dollars, at most": money}


@dataclass(frozen=True, slots=True)
class Asking:
    """What plan, call and read need to know of one labeler's job. Cheap to pickle.

    `whole` is the snapshot without the files of `damaged` that hold what is asked about, by bucket.
    """

    job: Job
    whole: Snapshot
    damaged: Mapping[int, tuple[Reject, ...]]
    log_folder: str
    trajectories: Mapping[int, tuple[str, ...]]
    spending: Spending

    @property
    def work(self) -> Work:
        """What the job reads, and where its stages leave their reports."""
        return self.job.work

    @property
    def log(self) -> CallLog:
        """Where answers are written down as they come."""
        return CallLog(self.log_folder)

    def todo(self, bucket: int) -> tuple[str, ...]:
        """The bucket's trajectories that are asked about."""
        return self.trajectories.get(bucket, ())


def begin_asking(lake: Lake, asker: Asker, spending: Spending, selection: Selection) -> Asking:
    """The job of a labeler on the lake as it is now."""
    configuration = {"labeler": asker.name, "version": asker.version}
    writer = f"annotate {asker.name} {asker.version}"
    job = begin(lake, "annotate", configuration, reads=READS, order=ORDER, writer=writer)
    work = job.work
    todo = {bucket: unseen(work, asker, bucket) for bucket in range(lake.buckets)}
    chosen = frozenset(selection.of([one for found in todo.values() for one in found]))
    trajectories = {bucket: tuple(one for one in found if one in chosen) for bucket, found in todo.items()}
    whole, damaged = work, {}
    for bucket in (bucket for bucket, found in trajectories.items() if found):
        whole, rejects = without_damaged(whole, bucket, CHECKED, glanced_at=GLANCED_AT)
        if rejects:
            damaged[bucket] = rejects
    return Asking(job, whole.snapshot, damaged, CallLog.of(lake, asker).folder, trajectories, spending)


def unseen(work: Work, asker: Asker, bucket: int) -> tuple[str, ...]:
    """The trajectories that this labeler and version has not seen, or not with what it would be asked about now."""
    if asker.basis == "recording":
        return pending(work, asker, bucket=bucket)
    snapshot = work.snapshot
    instructions = _by_trajectory(Instruction, snapshot.read("instructions", bucket=bucket))
    labels = _by_trajectory(Label, snapshot.read("labels", bucket=bucket).filter(pc.field("subject") == "trajectory"))
    rows = snapshot.read("trajectories", bucket=bucket, columns=["trajectory_id", "digest"]).to_pylist()
    found = []
    for name, digest in sorted((row["trajectory_id"], row["digest"]) for row in rows):
        said = labels.get(name, [])
        now = basis_of(asker.basis, asker.name, digest, instructions.get(name, ()), said)
        mine = [one for one in said if (one.labeler, one.labeler_version) == (asker.name, asker.version)]
        if not any(one.rule == LOOKED_AT and one.input == now for one in mine):
            found.append(name)
    return tuple(found)


def unruled(task: Asking) -> list[str]:
    """Those of the trajectories that today's rules have not labelled."""
    rules = RulesBackend()
    return [
        one
        for bucket in range(task.work.snapshot.buckets)
        for one in sorted(set(task.todo(bucket)) & set(pending(task.work, rules, bucket=bucket)))
    ]


def asked_about(
    task: Asking,
    asker: Asker,
    bucket: int,
    screens: Screens,
    *,
    cheap_first: bool | None = None,
    missing: dict[str, str] | None = None,
) -> Iterator[tuple[Asker, Episode, list[Instruction]]]:
    """The bucket's episodes that are to be looked at, with all labels on them, and what others wrote of each.

    Who asks goes without what the rules decided if that is how it is, or how `cheap_first` wants it. An episode that
    misses something is left out, and `missing` gets what.
    """
    snapshot, todo = task.whole, pa.array(task.todo(bucket), pa.string())
    frugal = asker if isinstance(asker, Frugal) else None
    cheap = frugal is not None and (frugal.cheap_first if cheap_first is None else cheap_first)
    tables = {}
    for table in ("trajectories", "steps", "instructions", "labels"):
        rows = snapshot.read(table, bucket=bucket)
        tables[table] = rows.filter(pc.is_in(rows["trajectory_id"], value_set=todo))
    trees = Trees(snapshot.read("trees", bucket=bucket, columns=["tree", "nodes"]))
    instructions = _by_trajectory(Instruction, tables["instructions"])
    labels = _by_trajectory(Label, tables["labels"])
    lost = incomplete(tables["trajectories"], tables["steps"], trees, screens)
    if missing is not None:
        missing.update(lost)
    names = tables["trajectories"]["trajectory_id"]
    whole = tables["trajectories"].filter(pc.invert(pc.is_in(names, value_set=pa.array(sorted(lost), pa.string()))))
    for found in episodes(whole, tables["steps"], {}, trees, screens):
        name = found.trajectory.trajectory_id
        episode, written = replace(found, labels=tuple(labels.get(name, ()))), instructions.get(name, [])
        if frugal is None or not cheap:
            yield asker, episode, written
        else:
            yield frugal.after(Rulings.of(episode, written)), episode, written


def _by_trajectory(record: type[T], rows: pa.Table) -> dict[str, list[T]]:
    found: dict[str, list[T]] = {}
    for row in rows.to_pylist():
        found.setdefault(row["trajectory_id"], []).append(from_row(record, row))
    return found


def open_requests(
    task: Asking,
    asker: Asker,
    buckets: Sequence[int],
    *,
    answered: dict[str, Call],
    cheap_first: bool | None = None,
) -> Iterator[tuple[int, Request]]:
    """The requests that a bucket has no answer to, each once, trajectory after trajectory.

    `answered` gets all answers that any bucket has: what was asked about one trajectory need not be for another.
    """
    every = range(task.work.snapshot.buckets)
    known = {bucket: known_calls(task.work.snapshot, task.log, bucket, asker)[0] for bucket in every}
    for calls in known.values():
        answered.update({digest: call for digest, call in calls.items() if is_answered(calls, digest)})
    for bucket in buckets:
        done = {digest for digest in known[bucket] if is_answered(known[bucket], digest)}
        if not task.todo(bucket):
            continue
        screens = Screens(task.whole, bucket)
        for asking, episode, instructions in asked_about(task, asker, bucket, screens, cheap_first=cheap_first):
            for request in asking.requests(episode, instructions):
                if (digest := request.digest) not in done:
                    done.add(digest)
                    yield bucket, request


def planned(task: Asking, asker: Asker, buckets: Sequence[int], *, cheap_first: bool | None = None) -> Planned:
    """What the buckets have to ask, and the most that it can cost; a question that several ask counts once."""
    budget = Budget(task.spending.price)
    answered: dict[str, Call] = {}
    asked: set[str] = set()
    total = Planned(trajectories=sum(len(task.todo(bucket)) for bucket in buckets))
    for _, request in open_requests(task, asker, buckets, answered=answered, cheap_first=cheap_first):
        if (digest := request.digest) not in asked and digest not in answered:
            asked.add(digest)
            total += Planned(requests=1, cost=budget.most(request))
    return total


def shares_of(task: Asking, asker: Asker, groups: Sequence[Sequence[int]]) -> list[float]:
    """The part of budget and pace that each group gets: by the most that its requests can cost."""
    if len(groups) == 1:
        return [1.0]
    # The requests are made here and again when they are sent: no group may start before the costs of all are known, and
    # until then they would have to be kept, every text of the run.
    costs = [planned(task, asker, group).cost.tokens for group in groups]
    return [cost / max(1, sum(costs)) for cost in costs]
