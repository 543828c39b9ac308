"""Contamination: which instructions say, begin or show what a benchmark asks for."""

import re
from collections.abc import Iterator

import numpy as np
import polars as pl
import pyarrow as pa

from pipelines.curate.similarity.hamming import codes_of
from schemas.identity import canonical_location
from schemas.keys import plain_text

PHASH_BITS, DHASH_BITS = 16, 4
"""Bits of pHash 256 and of dHash 64 by which a screen may differ from a benchmark's that was scaled or compressed.

Measured: neither changes a pHash 256 by more than 2, nor a dHash 64 by more than 1; another dialog is 48 and 5.
"""

ENTRIES = pl.Schema(
    {
        "benchmark": pl.String,
        "task": pl.String,
        "text": pl.String,
        "app": pl.String,
        "start": pl.String,
        "phash256": pl.String,
        "dhash64": pl.String,
    }
)
"""A task of a benchmark; what it does not say is null."""

HITS = pl.Schema({"instruction_id": pl.String, "survivor": pl.String, "distance": pl.Float64})
"""`survivor` is the benchmark's task as `benchmark/task`, `distance` from 0, all of it is there, to 1."""

_WORD = re.compile(r"\w+")


def hits(instructions: pl.DataFrame, shown: pl.DataFrame, entries: pl.DataFrame, *, words: int) -> pl.DataFrame:
    """The nearest task of a benchmark for each instruction that is hit by one, as `HITS`.

    By text: so many words in a row are the same, or all of them where one has fewer. By the app or the place where it
    starts: the same. By screen: nearly the same by both hashes. `instructions` has `instruction_id`, `text`, `app`
    and `start`; `shown` has `instruction_id`, `phash256` and `dhash64`.
    """
    parts = (_by_text(instructions, entries, words), *_by_place(instructions, entries), _by_screen(shown, entries))
    nearest = pl.concat([pl.DataFrame(schema=HITS), *parts]).sort("instruction_id", "distance", "survivor")
    return nearest.unique("instruction_id", keep="first", maintain_order=True)


def grams(text: str, count: int) -> Iterator[str]:
    """Every run of so many words, or the whole text where it has fewer."""
    words = _WORD.findall(plain_text(text))
    if not words:
        return
    for start in range(max(1, len(words) - count + 1)):
        yield " ".join(words[start : start + count])


def _by_text(instructions: pl.DataFrame, entries: pl.DataFrame, words: int) -> pl.DataFrame:
    known: dict[str, str] = {}
    for benchmark, task, text in (
        entries.select("benchmark", "task", "text").drop_nulls("text").sort("benchmark", "task").iter_rows()
    ):
        for gram in grams(text, words):
            known.setdefault(gram, f"{benchmark}/{task}")
    rows = []
    for name, text in instructions.select("instruction_id", "text").iter_rows():
        mine = list(dict.fromkeys(grams(text, words)))
        same = [known[gram] for gram in mine if gram in known]
        if same:
            rows.append((name, min(same), 1 - len(same) / len(mine)))
    return pl.DataFrame(rows, schema=HITS, orient="row")


def _by_place(instructions: pl.DataFrame, entries: pl.DataFrame) -> Iterator[pl.DataFrame]:
    for column in ("app", "start"):
        named = entries.select(column, survivor=pl.format("{}/{}", "benchmark", "task")).drop_nulls()
        if column == "start":
            named = named.with_columns(pl.col("start").map_elements(canonical_location, return_dtype=pl.String))
            # Where every site begins is no place by itself.
            named = named.filter(~pl.col("start").is_in(["", "/"]))
        least = named.group_by(column).agg(pl.col("survivor").min())
        yield instructions.join(least, on=column).select("instruction_id", "survivor", distance=pl.lit(0.0))


def _by_screen(shown: pl.DataFrame, entries: pl.DataFrame) -> pl.DataFrame:
    theirs = entries.drop_nulls(["phash256", "dhash64"]).sort("benchmark", "task")
    ours = shown.drop_nulls().unique().sort("instruction_id", "phash256", "dhash64")
    distinct = ours.select("phash256", "dhash64").unique().sort("phash256", "dhash64")
    if not theirs.height or not distinct.height:
        return pl.DataFrame(schema=HITS)
    big, small = (codes_of(distinct[name].to_arrow()) for name in ("phash256", "dhash64"))
    near: dict[tuple[str, str], tuple[float, str]] = {}
    keys = list(distinct.iter_rows())
    for benchmark, task, phash, dhash in theirs.select("benchmark", "task", "phash256", "dhash64").iter_rows():
        far = np.bitwise_count(big ^ codes_of(pa.array([phash]))).sum(axis=1)
        close = (far <= PHASH_BITS) & (np.bitwise_count(small ^ codes_of(pa.array([dhash]))).sum(axis=1) <= DHASH_BITS)
        for index in np.flatnonzero(close).tolist():
            hit = (float(far[index]) / 256, f"{benchmark}/{task}")
            near[keys[index]] = min(near.get(keys[index], hit), hit)
    rows = [
        (name, near[phash, dhash][1], near[phash, dhash][0])
        for name, phash, dhash in ours.select("instruction_id", "phash256", "dhash64").iter_rows()
        if (phash, dhash) in near
    ]
    return pl.DataFrame(rows, schema=HITS, orient="row")
