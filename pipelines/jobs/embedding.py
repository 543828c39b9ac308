"""Vectors of the instructions' sentences, asked of a server once for each distinct text and kept in `calls`.

Curation may take them for sentences that say the same in other words. A vector is an answer like any other: recorded
with what it cost, found again by its digest, never asked for twice.
"""

import asyncio
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from labelers.model.budget import Budget
from labelers.model.embedding import Embedded, Embedder, Vector, digest_of, vector_of
from labelers.model.pace import Pace
from pipelines.calls import CallLog, known_calls
from pipelines.jobs.annotate import write_opinions
from pipelines.jobs.asking import Spending, flush_steadily
from pipelines.jobs.running import Report, Summary, begin, finish
from pipelines.lake import Lake, Snapshot, open_lake
from schemas.keys import bucket_of, key
from schemas.opinions import Call

READS, ORDER = ("instructions", "calls"), ("calls",)


@dataclass(frozen=True, slots=True)
class Embedding:
    """Which model makes the vectors, and of how many dimensions (None: its own); a labeler by name and version."""

    model: str
    dimensions: int | None = None

    @property
    def name(self) -> str:
        """As the lake records it."""
        return f"embedding/{self.model}"

    @property
    def version(self) -> str:
        """Changes with the vectors."""
        return "1" if self.dimensions is None else f"1-{self.dimensions}"

    def digest(self, text: str) -> str:
        """What the vector of a text is known by."""
        return digest_of(self.model, self.dimensions, text)


def embed_instructions(lake_url: str, embedding: Embedding, spending: Spending) -> Summary:
    """Asks for the vectors of the instructions' texts that have none, within the budget.

    Raises:
        ConfigurationError: for a budget in money without a price, or a server that needs a key and gets none.
        LakeError: if the lake can't be read or written.
        ModelError: if the server refuses every call; what was answered is kept for the next run.
    """
    started = time.time()
    lake = open_lake(lake_url)
    configuration = {"labeler": embedding.name, "version": embedding.version}
    work = begin(lake, "embed", configuration, reads=READS)
    log = CallLog.of(lake, embedding)
    asyncio.run(_ask(lake, work.snapshot, log, embedding, spending))
    reports = []
    for bucket in range(lake.buckets):
        _, fresh = known_calls(work.snapshot, log, bucket, embedding)
        counts = {f"texts {call.status}": 0 for call in fresh}
        for call in fresh:
            counts[f"texts {call.status}"] += 1
        add = write_opinions(work, "calls", Call, fresh, bucket)
        counts["tokens in"] = sum(call.input_tokens or 0 for call in fresh)
        reports.append(Report(add, (), counts, money=sum(call.money or 0.0 for call in fresh)))
    summary = finish(
        lake,
        work,
        writer=f"embed {embedding.name} {embedding.version}",
        configuration=configuration,
        order=ORDER,
        started=started,
        reports=reports,
        reads=READS,
    )
    log.clear()
    return summary


def vectors_of(snapshot: Snapshot, embedding: Embedding, texts: Iterable[str]) -> dict[str, Vector]:
    """The vectors of those of the texts that have one.

    Raises:
        SchemaError: if what the lake holds is no vector.
    """
    names = ["request", "labeler", "labeler_version", "status", "answer"]
    rows = snapshot.read("calls", columns=names).to_pylist()
    mine = (embedding.name, embedding.version, "ok")
    answers = {
        row["request"]: row["answer"]
        for row in rows
        if (row["labeler"], row["labeler_version"], row["status"]) == mine and row["answer"] is not None
    }
    digests = ((text, embedding.digest(text)) for text in sorted(set(texts)))
    return {text: vector_of(answers[digest]) for text, digest in digests if digest in answers}


async def _ask(lake: Lake, snapshot: Snapshot, log: CallLog, embedding: Embedding, spending: Spending) -> None:
    rows = snapshot.read("instructions", columns=["trajectory_id", "text"]).to_pylist()
    homes: dict[str, str] = {}
    for row in sorted(rows, key=lambda row: (row["text"], row["trajectory_id"])):
        homes.setdefault(row["text"], row["trajectory_id"])
    known = _known(lake, snapshot, log, embedding)
    budget = Budget(spending.price, money=spending.money, tokens=spending.tokens)
    pace = Pace(calls=spending.calls_a_minute, tokens=spending.tokens_a_minute)
    embedder = Embedder(spending.endpoint, embedding.model, budget=budget, pace=pace, dimensions=embedding.dimensions)
    ticking = asyncio.create_task(flush_steadily(log))
    try:
        async for one in embedder.vectors(homes, known):
            log.add(bucket_of(homes[one.text], lake.buckets), _call_of(one, homes[one.text], embedding, spending))
    finally:
        ticking.cancel()
        with suppress(asyncio.CancelledError):
            await ticking
        log.flush()
        await embedder.close()


def _known(lake: Lake, snapshot: Snapshot, log: CallLog, embedding: Embedding) -> Mapping[str, str]:
    """The vectors that there are, by their digests."""
    found: dict[str, str] = {}
    for bucket in range(lake.buckets):
        calls, _ = known_calls(snapshot, log, bucket, embedding)
        found.update({digest: call.answer for digest, call in calls.items() if call.answer and call.status == "ok"})
    return found


def _call_of(one: Embedded, trajectory: str, embedding: Embedding, spending: Spending) -> Call:
    now, price = datetime.now(UTC), spending.price
    return Call(
        call_id=key("call", one.digest, embedding.name, embedding.version, now),
        request=one.digest,
        trajectory_id=trajectory,
        labeler=embedding.name,
        labeler_version=embedding.version,
        model=embedding.model,
        status="failed" if one.answer is None else "ok",
        answer=one.answer,
        error=one.error,
        input_tokens=one.usage.input,
        output_tokens=0,
        cached_tokens=0,
        money=None if price is None else price.money(one.usage),
        latency=None,
        time=now,
    )
