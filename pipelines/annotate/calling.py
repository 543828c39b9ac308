"""The calls: what is open goes out many at once, and each answer is in the call log within a second."""

import asyncio
import threading
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime

from labelers.kit.asker import Asker
from labelers.model.answers import ModelAnswer
from labelers.model.batch import BatchClient
from labelers.model.client import Client
from labelers.model.requests import Request
from labelers.model.sending import PicturesRefused
from pipelines.annotate.call_log import FLUSH_SECONDS, CallLog
from pipelines.annotate.planning import Asking, Spending, questions
from pipelines.lake.screens import Screens
from pipelines.running.work import Report
from schemas.errors import ModelError
from schemas.keys import key
from schemas.opinions import Call
from schemas.protocols import Labeler
from schemas.records import Screen

HEARD = "heard"
"""The stage whose report of a group, under its first bucket, counts the questions of each status: those that had their
answer before as well. Where the server made all others useless, its only note says how."""

NO_PICTURES = "no pictures"
"""The count that says that it was the pictures."""


def ask_group(task: Asking, group: tuple[Sequence[int], float]) -> int:
    """Asks what is open in the buckets, with a share of budget and pace; returns the one under which it reports."""
    buckets, share = group
    heard: Counter[str] = Counter()
    notes: tuple[str, ...] = ()
    try:
        asyncio.run(_ask(task, buckets, share, heard))
    except ModelError as error:
        # Told by a report: what a worker raises is logged by Beam at length, and loses its type on the way.
        notes, heard[NO_PICTURES] = (str(error),), int(isinstance(error, PicturesRefused))
    task.work.leave(buckets[0], Report(counts=dict(heard), notes=notes), stage=HEARD)
    return buckets[0]


async def _ask(task: Asking, buckets: Sequence[int], share: float, heard: Counter[str]) -> None:
    spending, log, asker = task.spending.scaled(share), task.log, task.asker
    answered: dict[str, Call] = {}
    waiting: dict[str, list[tuple[int, Request]]] = {}
    screens: dict[int, Screens] = {}
    reading = threading.Lock()  # pictures are drawn in several threads

    def opened(bucket: int) -> Screens:
        if bucket not in screens:
            screens[bucket] = Screens(task.work.snapshot, bucket)
        return screens[bucket]

    def requests() -> Iterator[Request]:
        for bucket, request, known in questions(task, buckets, answered):
            digest = request.digest
            if known is not None:
                heard[_status(asker, known)] += 1
            elif digest in answered:
                heard[_status(asker, answered[digest])] += 1
                log.add(bucket, copy_of(answered[digest], request))
            elif digest in waiting:
                waiting[digest].append((bucket, request))
            else:
                waiting[digest] = [(bucket, request)]
                with reading:
                    opened(bucket)
                yield request

    def screen(name: str) -> Screen:
        with reading:
            # What an episode is compared with may lie in a bucket that nothing is asked about.
            for bucket in (*screens, *range(task.work.snapshot.buckets)):
                if name in (stored := opened(bucket)):
                    return stored(name)
        raise KeyError(name)

    budget = spending.budget()
    client: Client | BatchClient
    if spending.batch:
        sender = key("batch", log.folder, list(buckets))
        client = BatchClient(
            spending.endpoint, sender, budget=budget, screen=screen, check=asker.check, poll=spending.poll
        )
    else:
        client = Client(spending.endpoint, budget=budget, pace=spending.pace(), screen=screen, check=asker.check)
    try:
        async with flushed(log):
            async for asked in client.answers(requests()):
                digest, name = asked.request.digest, asked.request.trajectory_id
                call = call_of(asker, spending, digest, name, asked.request.model, asked.answer, asked.seconds)
                (bucket, _), *others = waiting.pop(call.request)
                heard[call.status] += 1 + len(others)
                log.add(bucket, call)
                if call.status != "failed":
                    answered[call.request] = call
                for bucket, request in others:
                    log.add(bucket, copy_of(call, request))
    finally:
        await client.close()


def _status(asker: Asker, call: Call) -> str:
    """The status of an answer as it is read today."""
    return "ok" if asker.fields(call) is not None else call.status


@asynccontextmanager
async def flushed(log: CallLog) -> AsyncIterator[None]:
    """Writes down what came, about every second and at the end."""

    async def steadily() -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            log.flush()

    ticking = asyncio.create_task(steadily())
    try:
        yield
    finally:
        ticking.cancel()
        with suppress(asyncio.CancelledError):
            await ticking
        log.flush()


def call_of(
    labeler: Labeler,
    spending: Spending,
    digest: str,
    trajectory_id: str,
    model: str,
    answer: ModelAnswer,
    seconds: float | None,
) -> Call:
    """The row of an answer; its id holds the moment, so that a failure and what was answered later are two."""
    now, usage, price = datetime.now(UTC), answer.usage, spending.price
    return Call(
        call_id=key("call", digest, labeler.name, labeler.version, now),
        request=digest,
        trajectory_id=trajectory_id,
        labeler=labeler.name,
        labeler_version=labeler.version,
        model=model,
        status=answer.status,
        answer=answer.text,
        error=answer.error,
        input_tokens=usage.input if usage is not None else None,
        output_tokens=usage.output if usage is not None else None,
        cached_tokens=usage.cached if usage is not None else None,
        money=price.money(usage, batch=spending.batch) if price is not None and usage is not None else None,
        latency=None if seconds is None else round(seconds, 3),
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
