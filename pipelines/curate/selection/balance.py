"""Limits: of a group of rows so many stay, drawn by their keys, and never by the order in which they come."""

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from pipelines.curate.duplicates.records import Records, begins, ordered, rows_by_file

MEMBER = np.dtype([("high", "<u8"), ("low", "<u8"), ("luck", "<u8"), ("row", "<u4"), ("file", "<u4")])
"""What is shuffled for a row of a group: 32 bytes."""


def members(rows: pl.DataFrame, columns: Sequence[str], *, file: int, seed: int) -> Records:
    """A record for each row that a dataset may hold; the columns are what a group has in common.

    Rows that have none of one are in no group.
    """
    held = rows.with_row_index("row").filter(pl.col("split").is_not_null()).drop_nulls(list(columns))
    records = np.empty(held.height, MEMBER)
    if not held.height:
        return records
    keys: dict[tuple[object, ...], tuple[int, int]] = {}
    names = list(held.select(columns).iter_rows())
    for name in set(names):
        digest = hashlib.blake2b("\x1f".join(map(str, name)).encode(), digest_size=16).digest()
        keys[name] = (int.from_bytes(digest[:8], "big"), int.from_bytes(digest[8:], "big"))
    records["high"] = np.fromiter((keys[name][0] for name in names), np.uint64, len(names))
    records["low"] = np.fromiter((keys[name][1] for name in names), np.uint64, len(names))
    salt = seed.to_bytes(8, "big", signed=True)
    drawn = (hashlib.blake2b(salt + key.encode(), digest_size=8).digest() for key in held["key"].to_list())
    records["luck"] = np.fromiter((int.from_bytes(each, "big") for each in drawn), np.uint64, len(names))
    records["row"], records["file"] = held["row"].to_numpy(), file
    return records


def beyond(members: Records, limit: int) -> Mapping[int, Sequence[int]]:
    """For each file the rows beyond the limit of their group; `members` are all of their groups."""
    every = ordered(members, "high", "low", "luck", "file", "row")
    starts = np.flatnonzero(begins(every))
    place = np.arange(len(every)) - np.repeat(starts, np.diff(np.append(starts, len(every))))
    return rows_by_file(every[place >= limit])


def cut(rows: pl.DataFrame, lost: Sequence[int], rule: str) -> pl.DataFrame:
    """The rows with those of these numbers dropped by that rule."""
    gone = pl.Series("row", lost, dtype=pl.UInt32)
    dropped = pl.col("row").is_in(gone.implode())
    return (
        rows.with_row_index("row")
        .with_columns(
            role=pl.when(dropped).then(pl.lit("dropped")).otherwise("role"),
            rule=pl.when(dropped).then(pl.lit(rule)).otherwise("rule"),
            split=pl.when(~dropped).then("split"),
        )
        .drop("row")
    )
