"""What curation makes of vectors: the sentences of a lake that say the same in other words."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from pipelines.annotate.vectors import Embedding, vectors_of
from pipelines.curate.config import CurationConfig
from pipelines.curate.similarity.meanings import RULES_VERSION, near_meanings
from pipelines.curate.stages import NEAR_MEANINGS, Curation
from pipelines.lake.parquet import parquet_bytes
from schemas.errors import SchemaError
from schemas.keys import content_id, key

MISSING = "sentences without a vector"
OTHER = "pairs with like vectors that name other things"


def embedding_of(config: CurationConfig) -> Embedding:
    """Whose vectors a curation compares."""
    return Embedding(config.embedding, config.embedding_dimensions or None)


def near_in_meaning(curation: Curation, words: pl.DataFrame) -> tuple[pl.DataFrame, Mapping[str, int]]:
    """The edges between sentences (`plain`, `text`), and counts; compared again only if they or vectors have changed.

    A sentence has the vector of the first of its wordings that has one. Those without are compared by their words
    alone, and counted.

    Raises:
        ConfigurationError: if too many are alike.
        SchemaError: if vectors differ in their dimensions.
    """
    work, config, shelf = curation.work, curation.config, curation.shelf
    distinct = words.select("plain", "text").unique().sort("plain", "text")
    found = vectors_of(work.snapshot, embedding_of(config), distinct["text"].unique().sort().to_list())
    held = distinct.filter(pl.col("text").is_in(list(found))).unique("plain", keep="first", maintain_order=True)
    missing = distinct["plain"].n_unique() - held.height
    if len({len(vector) for vector in found.values()}) > 1:
        raise SchemaError(f"expected vectors of {config.embedding} of one length, found several")
    vectors = np.stack([found[text] for text in held["text"]]) if held.height else np.empty((0, 1), np.float32)
    del found
    rows = content_id(parquet_bytes(held.to_arrow(compat_level=pl.CompatLevel.oldest())))
    digest = key("near meaning", RULES_VERSION, config.embedding_similarity, rows, content_id(vectors.tobytes()))
    counts = shelf.take(work, NEAR_MEANINGS.name, 0, digest, (NEAR_MEANINGS,))
    if counts is None:
        edges, others = near_meanings(held, vectors, similarity=config.embedding_similarity)
        counts = {OTHER: others}
        work.hand_over(NEAR_MEANINGS, edges)
        shelf.put(work, NEAR_MEANINGS.name, 0, digest, (NEAR_MEANINGS,), counts)
    return pl.DataFrame(work.handed(NEAR_MEANINGS)), {**counts, MISSING: missing}


def notes_of(counts: Mapping[str, int], config: CurationConfig) -> tuple[str, ...]:
    """What the user should know of sentences that could not be compared."""
    if not counts.get(MISSING):
        return ()
    return (
        f"{counts[MISSING]} sentences have no vector of {config.embedding} and were compared by their words alone: "
        f"hindtrace embed --model {config.embedding} asks for those that are missing",
    )
