"""Exact duplicates: of the rows of one key the best is kept, wherever the others lie.

Rows stay where they are. What is compared, and may be sent from one worker to another, is a record of 32 bytes a row:
its key, how good it is, the beginning of its id, and where it lies. The best is the row of the lowest rank, then of the
lowest id, then the first in its file; so it depends on no order in which files are read.
"""

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.curate.duplicates.records import Records, begins, halves, prefixes
from schemas.errors import LedgerError

RECORD = np.dtype(
    [("high", "<u8"), ("low", "<u8"), ("id", "<u8"), ("row", "<u4"), ("rank", "<u2"), ("file", "<u2")], align=False
)
"""What is shuffled for a row that may be a duplicate: 32 bytes."""

LOSER = np.dtype([("row", "<u4"), ("winner_row", "<u4"), ("winner_file", "<u2")], align=False)
"""What comes back for a row that is one: where the row lies that is kept instead."""

FILES, RANKS = 2**16, 2**16

Losers: TypeAlias = NDArray[np.void]


def records(keys: pa.Array, ranks: pa.Array, ids: pa.Array, *, file: int) -> Records:
    """A record for each row with a key; `keys` are 16 bytes or null, `ids` text of at least 16 hexadecimal digits.

    Raises:
        LedgerError: if there are too many files, or an id is none.
    """
    if not 0 <= file < FILES:
        raise LedgerError(f"expected at most {FILES} files, found number {file}")
    rows = np.flatnonzero(np.asarray(keys.is_valid())).astype(np.uint32)
    records = np.empty(len(rows), RECORD)
    if not len(rows):
        return records
    records["high"], records["low"] = halves(keys)[rows].T
    records["rank"] = np.asarray(ranks)[rows]
    records["id"] = prefixes(ids)[rows]
    records["row"], records["file"] = rows, file
    return records


def first_of_each(every: Records) -> tuple[Records, Records, NDArray[np.int64]]:
    """The best record of each key, the others, and for each of those the index of the best one of its key."""
    high = np.ascontiguousarray(every["high"], np.uint64)
    order = np.argsort(high)  # not stable, which is faster; rows of the same half are put in order below
    sorted_high = high[order]
    same = np.empty(len(order), bool)
    same[:1] = False
    np.equal(sorted_high[1:], sorted_high[:-1], out=same[1:])
    in_run = same.copy()
    in_run[:-1] |= same[1:]
    # Most keys are alone: only rows that share half of their key with another are put in their full order.
    alone, shared = order[~in_run], order[in_run]
    several = every[shared]
    shared = shared[
        np.lexsort(tuple(several[name].astype(np.uint64) for name in ("row", "file", "id", "rank", "low", "high")))
    ]
    several = every[shared]
    leads = begins(several)
    winners = np.concatenate([every[alone], several[leads]])
    index = len(alone) + np.cumsum(leads) - 1
    return winners, several[~leads], index[~leads].astype(np.int64)


def own_losers(winners: Records, lost: Records, index: NDArray[np.int64]) -> Losers:
    """The others of `first_of_each` as rows, each with the row that is kept instead."""
    losers = np.empty(len(lost), LOSER)
    losers["row"] = lost["row"]
    losers["winner_row"], losers["winner_file"] = winners["row"][index], winners["file"][index]
    return losers


def losers(every: Records) -> Mapping[int, Losers]:
    """For each file the rows that are duplicates, with the row that is kept instead, of the records of a partition."""
    winners, lost, index = first_of_each(every)
    if not len(lost):
        return {}
    rows = own_losers(winners, lost, index)
    files = lost["file"].astype(np.int64)
    order = np.lexsort((rows["row"], files))
    files, rows = files[order], rows[order]
    bounds = np.flatnonzero(np.diff(files)) + 1
    return {
        int(numbers[0]): part for numbers, part in zip(np.split(files, bounds), np.split(rows, bounds), strict=True)
    }


def merged(every: Losers, *, file: int) -> Losers:
    """All losers of a file in order of their rows; one that lost to a row of its own that lost names what that lost to.

    Raises:
        LedgerError: if a row is lost twice.
    """
    if not len(every):
        return every
    every = every[np.argsort(every["row"], kind="stable")]
    if (every["row"][1:] == every["row"][:-1]).any():
        raise LedgerError("expected each row to be compared once, found one twice")
    place = np.searchsorted(every["row"], every["winner_row"])
    place[place == len(every)] = 0
    again = (every["winner_file"] == file) & (every["row"][place] == every["winner_row"])
    final = every[place[again]]
    every["winner_row"][again], every["winner_file"][again] = final["winner_row"], final["winner_file"]
    return every
