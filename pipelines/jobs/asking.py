"""Annotate by a model, in three phases: plan what is not answered yet, call, and read the answers.

The plan counts the requests of every bucket, with the most that they can cost. The calls go out many at once,
trajectory after trajectory and the fixed part of a prompt first, so that a server can keep it; each answer is in the
call log within a second. Reading is a pure function of episodes, earlier instructions and answers: a trajectory is read
when all its questions have an answer, or a failure that came again after all tries.
"""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TypeVar

import apache_beam as beam
import pyarrow as pa
import pyarrow.compute as pc
from apache_beam.options.pipeline_options import StandardOptions

from labelers.asking import Asker, Frugal
from labelers.model.batch import POLL_SECONDS, BatchClient
from labelers.model.budget import Budget, Cost
from labelers.model.client import Answered, Client
from labelers.model.pace import Pace
from labelers.model.prices import Price
from labelers.model.requests import Request
from labelers.model.sending import Endpoint
from labelers.rules import RulesBackend
from labelers.rulings import Rulings
from pipelines.calls import FLUSH_SECONDS, CallLog, is_answered, known_calls
from pipelines.jobs.annotate import GLANCED_AT, INCOMPLETE, check_opinions, pending, write_opinions
from pipelines.jobs.rejecting import without_damaged, write_rejects
from pipelines.jobs.running import LOCAL_RUNNERS, Report, Summary, Work, beam_options, begin, finish, run_graph
from pipelines.kernels.episodes import Trees, episodes, incomplete
from pipelines.lake import Lake, Snapshot, open_lake
from pipelines.screens import Screens
from schemas.arrow import from_row
from schemas.choices import Reject
from schemas.episodes import Episode
from schemas.errors import ConfigurationError
from schemas.keys import fraction, key
from schemas.opinions import Call, Instruction, Label
from schemas.records import Screen

READS = ("trajectories", "steps", "screens", "trees", "instructions", "labels", "calls", "rejects")
ORDER = ("rejects", "calls", "instructions", "labels")
"""Labels come last: they tell that a trajectory is done."""

ASKED, DECIDED = "questions asked", "questions decided by rules"
SAVED = "US cents saved by rules, by estimate"

T = TypeVar("T")
CHECKED = ("steps", "trees")
"""The tables whose files may be damaged without an end to the job, besides the screens."""

AskerFactory = Callable[[], Asker]


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


def plan_asking(lake_url: str, factory: AskerFactory, spending: Spending, selection: Selection) -> dict[str, object]:
    """What `annotate_by_asking` would ask now, and what it would cost at most; asks nothing.

    Where rules can decide for the labeler, it tells the figures with and without that.

    Raises:
        LakeError: if the lake can't be read.
    """
    lake, asker = open_lake(lake_url), factory()
    task, priced = _task(lake, asker, spending, selection), spending.price is not None
    buckets = range(lake.buckets)
    planned = _planned(task, asker, buckets)
    found = planned.named(priced=priced)
    if not isinstance(asker, Frugal) or not asker.decidable:
        return found
    other = _planned(task, asker, buckets, cheap_first=not asker.cheap_first)
    kind = "without --cheap-first" if asker.cheap_first else "with --cheap-first"
    found |= {f"{kind}: {name}": value for name, value in other.costs(priced=priced).items()}
    found["trajectories that the rules have not seen"] = len(_unruled(task))
    return found


def annotate_by_asking(
    lake_url: str,
    factory: AskerFactory,
    spending: Spending,
    *,
    selection: Selection | None = None,
    flags: Sequence[str] = (),
) -> Summary:
    """Asks a model about every selected trajectory that this labeler has not seen; `factory` must be picklable.

    Raises:
        ConfigurationError: for a budget in money without a price, a server that needs a key and gets none, or a
            labeler that leaves to the rules what they decided, in a lake where they decided nothing.
        LakeError: if the lake can't be read or written.
        ModelError: if the server refuses every call; what was answered is kept for the next run.
    """
    started = time.time()
    options = beam_options(flags, urls=(lake_url,))
    lake, asker = open_lake(lake_url), factory()
    task = _task(lake, asker, spending, selection or Selection())
    work = task.work
    Budget(spending.price, money=spending.money, tokens=spending.tokens)  # refuses what can't be, before anything runs
    buckets = sorted({bucket for bucket in range(lake.buckets) if task.todo(bucket)})
    if isinstance(asker, Frugal) and asker.cheap_first and buckets:
        unruled = _unruled(task)
        if len(unruled) == sum(len(task.todo(bucket)) for bucket in buckets):
            raise ConfigurationError("cheap first: expected labels of the rules, found none: annotate by them before")
    reports: Sequence[Report] = ()
    if buckets:
        asyncio.run(spending.endpoint.connect().close())
        local = options.view_as(StandardOptions).runner in LOCAL_RUNNERS
        groups = [tuple(buckets)] if local else [(bucket,) for bucket in buckets]
        shares = _shares(task, asker, groups)

        def build(pipeline: beam.Pipeline) -> None:
            asked = (
                pipeline
                | "Every group" >> beam.Create(list(zip(groups, shares, strict=True)))
                | "Spread the groups" >> beam.Reshuffle()
                | "Ask the model" >> beam.ParDo(_CallFn(task, factory))
                | "Together" >> beam.combiners.ToList()
            )
            (
                pipeline
                | "Every bucket" >> beam.Create(buckets)
                | "Spread them" >> beam.Reshuffle()
                | "Read the answers" >> beam.ParDo(_ReadFn(task, factory), beam.pvalue.AsSingleton(asked))
            )

        run_graph(build, options)
        reports = [work.report(bucket) for bucket in buckets]
        if (saved := _saved(reports)) is not None:
            reports = [*reports, Report(counts={SAVED: saved})]
    summary = finish(
        lake,
        work,
        writer=f"annotate {asker.name} {asker.version}",
        configuration=task.configuration,
        order=ORDER,
        started=started,
        reports=reports,
        reads=READS,
        notes=[note for report in reports for note in report.notes],
    )
    task.log.clear()
    return summary


@dataclass(frozen=True, slots=True)
class _Task:
    """What the phases need to know. Cheap to pickle.

    `whole` is the snapshot without the files of `damaged` that hold what is asked about, by bucket.
    """

    work: Work
    whole: Snapshot
    damaged: Mapping[int, tuple[Reject, ...]]
    log_folder: str
    trajectories: Mapping[int, tuple[str, ...]]
    spending: Spending
    configuration: Mapping[str, object]

    @property
    def log(self) -> CallLog:
        return CallLog(self.log_folder)

    def todo(self, bucket: int) -> tuple[str, ...]:
        return self.trajectories.get(bucket, ())


def _task(lake: Lake, asker: Asker, spending: Spending, selection: Selection) -> _Task:
    configuration = {"labeler": asker.name, "version": asker.version}
    work = begin(lake, "annotate", configuration, reads=READS)
    todo = {bucket: pending(work, asker, bucket=bucket) for bucket in range(lake.buckets)}
    chosen = frozenset(selection.of([one for found in todo.values() for one in found]))
    trajectories = {bucket: tuple(one for one in found if one in chosen) for bucket, found in todo.items()}
    whole, damaged = work, {}
    for bucket in (bucket for bucket, found in trajectories.items() if found):
        whole, rejects = without_damaged(whole, bucket, CHECKED, glanced_at=GLANCED_AT)
        if rejects:
            damaged[bucket] = rejects
    return _Task(work, whole.snapshot, damaged, CallLog.of(lake, asker).folder, trajectories, spending, configuration)


def _unruled(task: _Task) -> list[str]:
    """Those of the trajectories that today's rules have not labelled."""
    rules = RulesBackend()
    return [
        one
        for bucket in range(task.work.snapshot.buckets)
        for one in sorted(set(task.todo(bucket)) & set(pending(task.work, rules, bucket=bucket)))
    ]


def _episodes(
    task: _Task,
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


def _open_requests(
    task: _Task,
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
        for asking, episode, instructions in _episodes(task, asker, bucket, screens, cheap_first=cheap_first):
            for request in asking.requests(episode, instructions):
                if (digest := request.digest) not in done:
                    done.add(digest)
                    yield bucket, request


def _planned(task: _Task, asker: Asker, buckets: Sequence[int], *, cheap_first: bool | None = None) -> Planned:
    budget = Budget(task.spending.price)
    answered: dict[str, Call] = {}
    asked: set[str] = set()
    total = Planned(trajectories=sum(len(task.todo(bucket)) for bucket in buckets))
    for _, request in _open_requests(task, asker, buckets, answered=answered, cheap_first=cheap_first):
        if (digest := request.digest) not in asked and digest not in answered:
            asked.add(digest)
            total += Planned(requests=1, cost=budget.most(request))
    return total


def _shares(task: _Task, asker: Asker, groups: Sequence[Sequence[int]]) -> list[float]:
    """The part of budget and pace that each group gets: by the most that its requests can cost."""
    if len(groups) == 1:
        return [1.0]
    costs = [_planned(task, asker, group).cost.tokens for group in groups]
    return [cost / max(1, sum(costs)) for cost in costs]


class _CallFn(beam.DoFn):
    def __init__(self, task: _Task, factory: AskerFactory) -> None:
        self._task, self._factory = task, factory

    def process(self, element: tuple[tuple[int, ...], float]) -> Iterator[bool]:
        buckets, share = element
        yield asyncio.run(_call(self._task, self._factory(), buckets, share))


async def _call(task: _Task, asker: Asker, buckets: Sequence[int], share: float) -> bool:
    """Asks what is open in the buckets and writes the answers down; False if the budget ended it."""
    spending, log = task.spending, task.log
    answered: dict[str, Call] = {}
    waiting: dict[str, list[tuple[int, Request]]] = {}
    screens: dict[int, Screens] = {}

    def requests() -> Iterator[Request]:
        for bucket, request in _open_requests(task, asker, buckets, answered=answered):
            digest = request.digest
            if digest in answered:
                log.add(bucket, copy_of(answered[digest], request))
            elif digest in waiting:
                waiting[digest].append((bucket, request))
            else:
                waiting[digest] = [(bucket, request)]
                if bucket not in screens:
                    screens[bucket] = Screens(task.whole, bucket)
                yield request

    reading = threading.Lock()  # pictures are drawn in several threads

    def screen(name: str) -> Screen:
        with reading:
            for one in screens.values():
                if name in one:
                    return one(name)
        raise KeyError(name)

    def scaled(limit: float | None) -> float | None:
        return None if limit is None else limit * share

    tokens = scaled(spending.tokens)
    budget = Budget(spending.price, money=scaled(spending.money), tokens=None if tokens is None else int(tokens))
    client: Client | BatchClient
    if spending.batch:
        sender = key("batch", log.folder, list(buckets))
        client = BatchClient(
            spending.endpoint, sender, budget=budget, screen=screen, check=asker.check, poll=spending.poll
        )
    else:
        pace = Pace(calls=scaled(spending.calls_a_minute), tokens=scaled(spending.tokens_a_minute))
        client = Client(spending.endpoint, budget=budget, pace=pace, screen=screen, check=asker.check)
    ticking = asyncio.create_task(flush_steadily(log))
    try:
        async for one in client.answers(requests()):
            call = call_of(one, asker, spending)
            (bucket, _), *others = waiting.pop(call.request)
            log.add(bucket, call)
            if call.status != "failed":
                answered[call.request] = call
            for bucket, request in others:
                log.add(bucket, copy_of(call, request))
    finally:
        ticking.cancel()
        with suppress(asyncio.CancelledError):
            await ticking
        log.flush()
        await client.close()
    return not client.exhausted


async def flush_steadily(log: CallLog) -> None:
    """Writes down what came, about every second, until it is cancelled."""
    while True:
        await asyncio.sleep(FLUSH_SECONDS)
        log.flush()


def call_of(answered: Answered, asker: Asker, spending: Spending) -> Call:
    """The row of an answer; its id holds the moment, so that a failure and what was answered later are two."""
    request, answer = answered.request, answered.answer
    digest, now = request.digest, datetime.now(UTC)
    usage, price = answer.usage, spending.price
    return Call(
        call_id=key("call", digest, asker.name, asker.version, now),
        request=digest,
        trajectory_id=request.trajectory_id,
        labeler=asker.name,
        labeler_version=asker.version,
        model=request.model,
        status=answer.status,
        answer=answer.text,
        error=answer.error,
        input_tokens=usage.input if usage is not None else None,
        output_tokens=usage.output if usage is not None else None,
        cached_tokens=usage.cached if usage is not None else None,
        money=price.money(usage, batch=spending.batch) if price is not None and usage is not None else None,
        latency=round(answered.seconds, 3),
        time=now,
    )


def copy_of(call: Call, request: Request) -> Call:
    """The same answer to a trajectory that asks the same: a row of its own, which cost nothing."""
    return replace(
        call,
        call_id=key("call", call.call_id, request.trajectory_id),
        trajectory_id=request.trajectory_id,
        input_tokens=0,
        output_tokens=0,
        cached_tokens=0,
        money=None if call.money is None else 0.0,
        latency=0.0,
    )


class _ReadFn(beam.DoFn):
    def __init__(self, task: _Task, factory: AskerFactory) -> None:
        self._task, self._factory = task, factory

    def process(self, bucket: int, asked: object) -> None:  # noqa: ARG002 - only to come after the calls
        self._task.work.leave(bucket, read_bucket(self._task, self._factory(), bucket))


class _NotAnswered(KeyError):
    """A question of the episode was not asked: the budget ended before it."""


class _Answers(Mapping[str, Call]):
    """The calls by request digest; `used` are those that were looked up."""

    def __init__(self, known: Mapping[str, Call]) -> None:
        self._known = known
        self.used: set[str] = set()

    def __getitem__(self, digest: str) -> Call:
        """The call of a request.

        Raises:
            _NotAnswered: if there is none.
        """
        if digest not in self._known:
            raise _NotAnswered(digest)
        self.used.add(digest)
        return self._known[digest]

    def __iter__(self) -> Iterator[str]:
        """The digests."""
        return iter(self._known)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._known)


def _saved(reports: Sequence[Report]) -> int | None:
    """US cents that the rules saved, by what a question of this run cost on average; None where nothing was paid."""
    calls = sum(count for one in reports for name, count in one.counts.items() if name.startswith("calls "))
    decided, money = sum(one.counts.get(DECIDED, 0) for one in reports), sum(one.money for one in reports)
    return round(100 * decided * money / calls) if decided and calls and money else None


def read_bucket(task: _Task, asker: Asker, bucket: int) -> Report:
    """Writes the new calls, and what the answers say of each episode whose questions all have one."""
    known, fresh = known_calls(task.work.snapshot, task.log, bucket, asker)
    counts: Counter[str] = Counter()
    instructions: list[Instruction] = []
    labels: list[Label] = []
    missing: dict[str, str] = {}
    for asking, episode, written in _episodes(task, asker, bucket, Screens(task.whole, bucket), missing=missing):
        answers = _Answers(known)
        try:
            opinions = asking.read(episode, written, answers)
        except _NotAnswered:
            counts["trajectories not finished: questions not asked"] += 1
            continue
        check_opinions(episode.trajectory.trajectory_id, asker, opinions)
        instructions += opinions.instructions
        labels += opinions.labels
        counts["trajectories"] += 1
        counts[ASKED] += len(answers.used)
        counts[DECIDED] += opinions.decided
        counts.update({f"silent: {reason}": number for reason, number in opinions.silences.items()})
    counts.update(f"calls {call.status}" for call in fresh)
    counts["tokens in"] = sum(call.input_tokens or 0 for call in fresh)
    counts["tokens out"] = sum(call.output_tokens or 0 for call in fresh)
    counts.update(f"instructions, {one.level} level" for one in instructions)
    counts.update(f"labels on a {one.subject}: {one.verdict}" for one in labels)
    counts["trajectories that miss something"] = len(missing)
    lost = [Reject(task.work.name, name, name, INCOMPLETE, why) for name, why in missing.items()]
    lost = [*task.damaged.get(bucket, ()), *lost]
    add = [
        *write_rejects(task.work, bucket, lost),
        *write_opinions(task.work, "calls", Call, fresh, bucket),
        *write_opinions(task.work, "instructions", Instruction, instructions, bucket),
        *write_opinions(task.work, "labels", Label, labels, bucket),
    ]
    money = sum(call.money or 0.0 for call in fresh)
    notes = tuple(f"{one.subject}: {one.reason}" for one in lost)
    return Report(tuple(add), (), dict(sorted(counts.items())), notes, money=money)
