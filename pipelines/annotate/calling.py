"""The calls: what is open goes out many at once, and each answer is in the call log within a second."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime

from labelers.model.answers import ModelAnswer
from labelers.model.batch import BatchClient
from labelers.model.client import Client
from labelers.model.requests import Request
from pipelines.annotate.call_log import FLUSH_SECONDS, CallLog
from pipelines.annotate.planning import Asking, Spending, open_requests
from pipelines.lake.screens import Screens
from schemas.keys import key
from schemas.opinions import Call
from schemas.protocols import Labeler
from schemas.records import Screen


def ask_group(task: Asking, group: tuple[Sequence[int], float]) -> bool:
    """Asks what is open in the buckets, with a share of budget and pace; False if the budget ended it."""
    buckets, share = group
    return asyncio.run(_ask(task, buckets, share))


async def _ask(task: Asking, buckets: Sequence[int], share: float) -> bool:
    spending, log, asker = task.spending.scaled(share), task.log, task.asker
    answered: dict[str, Call] = {}
    waiting: dict[str, list[tuple[int, Request]]] = {}
    screens: dict[int, Screens] = {}
    reading = threading.Lock()  # pictures are drawn in several threads

    def opened(bucket: int) -> Screens:
        if bucket not in screens:
            screens[bucket] = Screens(task.whole, bucket)
        return screens[bucket]

    def requests() -> Iterator[Request]:
        for bucket, request in open_requests(task, buckets, answered):
            digest = request.digest
            if digest in answered:
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
            for bucket in (*screens, *range(task.whole.buckets)):
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
                log.add(bucket, call)
                if call.status != "failed":
                    answered[call.request] = call
                for bucket, request in others:
                    log.add(bucket, copy_of(call, request))
    finally:
        await client.close()
    return not client.exhausted


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
