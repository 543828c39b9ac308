"""Which rows to keep of too many: those whose quality and distance to what is kept already are best together.

UDS (utility-diversity sampling) weighs what a sample teaches against its distance to a memory of past samples, and
B-STaR balances the number of distinct answers with the share of good ones. Offline, without a model: utility is the
score of the episode, and the memory is counted by instruction, kind of task and app, not embedded.
"""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.curate.duplicates.records import Records, rows_by_file

GROUPS = ("instruction_id", "kind", "app")
"""What a row may have in common with one that is kept already."""

ROW = np.dtype(
    [(name, "<u8") for name in GROUPS] + [("luck", "<u8"), ("row", "<u4"), ("file", "<u2"), ("quality", "u1")]
)
"""What is shuffled for a row: 39 bytes; a `quality` of 255 is that of the highest score."""


def drawn(rows: pl.DataFrame, *, file: int, seed: int) -> Mapping[str, Records]:
    """The records of rows that a dataset may hold, by use and role; `rows` has `rank` (`candidates`) and `GROUPS`."""
    held = rows.with_row_index("row").filter(pl.col("split").is_not_null()).drop_nulls([*GROUPS, "rank"])
    parts: dict[str, Records] = {}
    for (use, role), mine in held.sort("row").group_by("use", "role", maintain_order=True):
        records = np.empty(mine.height, ROW)
        for name in GROUPS:
            records[name] = [_number(name.encode(), text) for text in mine[name].to_list()]
        records["luck"] = [_number(seed.to_bytes(8, "big", signed=True), key) for key in mine["key"].to_list()]
        records["row"], records["file"] = mine["row"].to_numpy(), file
        records["quality"] = 255 - (mine["rank"].to_numpy() >> 8)
        parts[f"{use}/{role}"] = records
    return parts


@dataclass(frozen=True, slots=True)
class Kept:
    """What a limit leaves of the rows of a use and a role.

    `lost` has for each file the rows that are not among the best, in order. `rows` and `kept` are how many there were
    and are, and the worths their means, from 0 to 1; 0 of none.
    """

    lost: Mapping[int, Sequence[int]]
    rows: int
    kept: int
    worth_of_all: float
    worth_of_kept: float


def choose(every: Records, limit: int, weight: float) -> Kept:
    """Chooses the `limit` best rows of all of a use and a role.

    A row's worth is q^(1 - weight) * d^weight. q is its quality from 0 to 1; d its distance from 0 to 1, the mean over
    `GROUPS` of 1 / k, where the row is the k-th of its group by quality, and among equals by its key and the seed.
    """
    every = every[np.lexsort((every["row"], every["file"], every["luck"], 255 - every["quality"].astype(np.int64)))]
    distance = np.mean([1 / _places(every[name]) for name in GROUPS], axis=0) if len(every) else np.empty(0)
    quality = (every["quality"].astype(np.float64) + 1) / 256  # so that the lowest score is no zero that ends all
    # Rounded, since libraries may differ in the last bits.
    worth = np.round(quality ** (1 - weight) * distance**weight, 12).astype(np.float64)
    order = np.argsort(-worth, kind="stable")
    held = worth[order[:limit]]
    return Kept(rows_by_file(every[order[limit:]]), len(every), len(held), _mean(worth[order]), _mean(held))


def _mean(values: NDArray[np.float64]) -> float:
    return math.fsum(values) / len(values) if len(values) else 0.0


def _places(values: NDArray[np.uint64]) -> NDArray[np.int64]:
    """For each value how often it has come so far, itself included."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    leads = np.ones(len(values), bool)
    leads[1:] = ordered[1:] != ordered[:-1]
    starts = np.flatnonzero(leads)
    places = np.empty(len(values), np.int64)
    places[order] = np.arange(len(values)) - np.repeat(starts, np.diff(np.append(starts, len(values)))) + 1
    return places


def _number(salt: bytes, text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8, key=salt).digest(), "big")
