"""The rows of a dataset in their order: shards by key, never by worker; and how a shard becomes files."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.lake.parquet import parquet_bytes
from schemas.errors import LakeError
from schemas.files import write_file

ROWS_PER_SHARD = 2_000
BYTES_PER_SHARD = 256 * 2**20


def shard_count(rows: int, size: int) -> int:
    """How many shards a split of so many rows and image bytes has."""
    return max(1, -(-rows // ROWS_PER_SHARD), -(-size // BYTES_PER_SHARD))


def shard_of(order: str, shards: int) -> int:
    """The shard of a row: the shards cut the range of keys evenly, so that they follow each other in order."""
    return int(order[:8], 16) * shards >> 32


def shard_name(split: str, shard: int, shards: int, suffix: str) -> str:
    """The name that `datasets` takes the split from."""
    return f"{split}-{shard:05d}-of-{shards:05d}{suffix}"


class ShardWriter(Protocol):
    """How the rows of a shard become files; each format names one."""

    @property
    def suffix(self) -> str:
        """How the name of a shard's file ends."""

    def write(self, path: Path, rows: pa.Table) -> None:
        """Writes the rows to `path`, with images as bytes or as files in folders beside it, which it names.

        `path` comes last and whole: where it is, the shard is done.
        """

    def count(self, path: Path) -> int:
        """How many rows a shard's file holds."""


class ParquetShards:
    """A shard as one Parquet file, its images in it."""

    suffix = ".parquet"

    def write(self, path: Path, rows: pa.Table) -> None:
        """Writes the file whole."""
        write_local(path, parquet_bytes(rows, images=("images",)))

    def count(self, path: Path) -> int:
        """How many rows the file says that it holds."""
        return int(pq.read_metadata(path).num_rows)


PARQUET = ParquetShards()


def write_local(path: Path, data: bytes) -> None:
    """Writes the file whole, with its folder, over one that is there: a bundle that runs twice leaves one.

    Raises:
        LakeError: if it can't be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, data)
    except OSError as error:
        raise LakeError(f"{path}: expected to write {len(data):,} bytes, found {error}") from error


def spread(prompts: Sequence[str]) -> list[int]:
    """An order of the rows in which neighbours differ in their prompt wherever that can be had.

    Rows keep their order but for those that would follow their like: they wait, and come as soon as they may. What
    still waits at the end is put between earlier rows that differ from it.
    """
    waiting: list[int] = []
    order: list[int] = []
    for row, prompt in enumerate(prompts):
        if order and prompts[order[-1]] == prompt:
            waiting.append(row)
            continue
        order.append(row)
        for place, held in enumerate(waiting):
            if prompts[held] != prompts[order[-1]]:
                order.append(waiting.pop(place))
                break
    for held in waiting:
        place = next((p for p in range(len(order) + 1) if _fits(prompts, order, p, held)), len(order))
        order.insert(place, held)
    return order


def merged(parts: Sequence[pa.Table], *, apart: bool) -> pa.Table:
    """The parts of a shard as one table in order of `order`; `apart` keeps rows with equal `prompt` from each other."""
    rows = pa.concat_tables(parts).combine_chunks()
    names = rows.column_names
    rows = rows.take(pa.compute.sort_indices(rows.select(["_order"]), sort_keys=[("_order", "ascending")]))
    if apart:
        rows = rows.take(pa.array(spread(rows["_prompt"].to_pylist()), pa.int64()))
    return rows.select([name for name in names if not name.startswith("_")])


def _fits(prompts: Sequence[str], order: Sequence[int], place: int, row: int) -> bool:
    before = place > 0 and prompts[order[place - 1]] == prompts[row]
    after = place < len(order) and prompts[order[place]] == prompts[row]
    return not before and not after
