"""Vectors of the instructions' sentences, asked of a server once for each distinct text and kept in `calls`.

Curation may take them for sentences that say the same in other words. A vector is an answer like any other: recorded
with what it cost, found again by its digest, never asked for twice.
"""

import asyncio
import math
from collections import Counter
from collections.abc import Mapping

import pyarrow.compute as pc

from labelers.model.answers import ModelAnswer
from labelers.model.budget import Cost
from labelers.model.embedding import TEXTS, Embedder, most_tokens
from labelers.model.prices import Usage
from pipelines.annotate.call_log import CallLog, known_calls
from pipelines.annotate.calling import call_of, flushed
from pipelines.annotate.opinions import begin_labelling
from pipelines.annotate.planning import Planned, Spending
from pipelines.annotate.vectors import Embedding
from pipelines.lake.delta import Lake, Snapshot, open_lake
from pipelines.lake.episodes import sentences_of
from pipelines.lake.writing import write_sorted
from pipelines.running.jobs import Summary
from pipelines.running.work import Report
from schemas.keys import bucket_of
from schemas.proofs import EXPERIMENT

READS, ORDER = ("trajectories", "instructions", "calls"), ("calls",)

EXHAUSTED = "the budget is used up: texts without a vector are left"
NOTES = 5
"""Kinds of failures that the terminal is told of, the most frequent first; `calls` holds all."""


def plan_embedding(lake_url: str, embedding: Embedding, spending: Spending) -> dict[str, object]:
    """What there is to ask for, and the most that it can cost: the figures as a summary names them.

    Raises:
        ConfigurationError: for a budget in money without a price.
        LakeError: if the lake can't be read.
    """
    lake = open_lake(lake_url)
    snapshot = lake.snapshot()
    budget = spending.budget()
    known = _known(lake, snapshot, CallLog.of(lake, embedding), embedding)
    homes = _homes(snapshot)
    texts = [text for text in homes if embedding.digest(text) not in known]
    cost = budget.cost(Usage(most_tokens(texts), 0)) if texts else Cost()
    figures = Planned(requests=-(-len(texts) // TEXTS), cost=cost).costs(priced=spending.price is not None)
    if spending.price is not None:
        # Vectors cost so little that cents would say nothing; rounded up, it is enough as a budget.
        figures["US dollars, at most"] = f"{math.ceil(cost.money * 10_000) / 10_000:.4f}"
    return {"texts": len(homes), "texts without a vector": len(texts), **figures}


def embed_instructions(lake_url: str, embedding: Embedding, spending: Spending) -> Summary:
    """Asks for the vectors of the instructions' and rollouts' texts that have none, within the budget.

    Raises:
        ConfigurationError: for a budget in money without a price, or a server that needs a key and gets none.
        LakeError: if the lake can't be read or written.
        ModelError: if the server refuses every call; what was answered is kept for the next run.
    """
    lake = open_lake(lake_url)
    job = begin_labelling(lake, "embed", embedding, reads=READS, order=ORDER)
    snapshot = job.work.snapshot
    log = CallLog.of(lake, embedding)
    exhausted = asyncio.run(_ask(lake, snapshot, log, embedding, spending))
    reports, notes = [], [EXHAUSTED] if exhausted else []
    for bucket in range(lake.buckets):
        _, fresh = known_calls(snapshot, log, bucket, embedding)
        counts = Counter(f"texts {call.status}" for call in fresh)
        add = write_sorted(lake.url, "calls", fresh, bucket=bucket)
        counts["tokens in"] = sum(call.input_tokens or 0 for call in fresh)
        notes += [call.error for call in fresh if call.error is not None]
        reports.append(Report(add, (), counts, money=sum(call.money or 0.0 for call in fresh)))
    said = [f"{count} texts: {note}" if count > 1 else note for note, count in Counter(notes).most_common(NOTES)]
    summary = job.finish(reports, notes=said)
    log.clear()
    return summary


def _homes(snapshot: Snapshot) -> dict[str, str]:
    """The distinct texts that steps can be rows of, in order, each with the least trajectory that has it.

    Those of the instructions, and the goals of rollouts; thoughts are told beside one and are none.
    """
    columns = ["trajectory_id", "kind", "text", "labeler"]
    said = sentences_of(snapshot.read("instructions", columns=columns))
    said = said.filter(pc.field("labeler") != EXPERIMENT).to_pylist()  # it says again what others said
    tried = snapshot.read("trajectories", columns=["trajectory_id", "group", "goal"])
    aimed = tried.filter(pc.is_valid(pc.field("group")) & pc.is_valid(pc.field("goal"))).to_pylist()
    rows = [(row["text"], row["trajectory_id"]) for row in said]
    homes: dict[str, str] = {}
    for text, trajectory in sorted([*rows, *((row["goal"], row["trajectory_id"]) for row in aimed)]):
        homes.setdefault(text, trajectory)
    return homes


async def _ask(lake: Lake, snapshot: Snapshot, log: CallLog, embedding: Embedding, spending: Spending) -> bool:
    """Asks within the budget; whether that was used up before the end."""
    homes = _homes(snapshot)
    known = _known(lake, snapshot, log, embedding)
    embedder = Embedder(
        spending.endpoint,
        embedding.model,
        budget=spending.budget(),
        pace=spending.pace(),
        dimensions=embedding.dimensions,
    )
    try:
        async with flushed(log):
            async for embedded in embedder.vectors(homes, known):
                home = homes[embedded.text]
                answer = ModelAnswer(
                    "failed" if embedded.answer is None else "ok", embedded.answer, embedded.error, embedded.usage
                )
                call = call_of(embedding, spending, embedded.digest, home, embedding.model, answer, None)
                log.add(bucket_of(home, lake.buckets), call)
    finally:
        await embedder.close()
    return embedder.exhausted


def _known(lake: Lake, snapshot: Snapshot, log: CallLog, embedding: Embedding) -> Mapping[str, str]:
    """The vectors that there are, by their digests."""
    vectors: dict[str, str] = {}
    for bucket in range(lake.buckets):
        calls, _ = known_calls(snapshot, log, bucket, embedding)
        vectors.update({digest: call.answer for digest, call in calls.items() if call.answer and call.status == "ok"})
    return vectors
