"""The rows of a dataset in their order: shards by key, never by worker; and how a shard becomes files."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.lake.parquet import parquet_bytes
from schemas.errors import LakeError
from schemas.files import write_file
from schemas.keys import content_id

ROWS_PER_SHARD = 2_000
BYTES_PER_SHARD = 256 * 2**20


def shard_count(rows: int, size: int) -> int:
    """How many shards a split of so many rows and image bytes has."""
    return max(1, -(-rows // ROWS_PER_SHARD), -(-size // BYTES_PER_SHARD))


def shard_of(order: str, shards: int) -> int:
    """The shard of a row: the shards cut the range of keys evenly, so that they follow each other in order."""
    return int(order[:8], 16) * shards >> 32


class ShardWriter(Protocol):
    """How the rows of a shard become files; each format names one."""

    @property
    def suffix(self) -> str:
        """How the name of a shard's file ends."""

    def name(self, split: str, shard: int, shards: int) -> str:
        """The path of a shard's file in `data`."""

    def pattern(self, split: str) -> str:
        """What matches the files of a split in `data`, and no others."""

    def write(self, path: Path, rows: pa.Table) -> None:
        """Writes the rows to `path`, with images as bytes or as files in folders beside it, which it names.

        `path` comes last and whole: where it is, the shard is done.
        """

    def count(self, path: Path) -> int:
        """How many rows a shard's file holds."""

    def episodes(self, path: Path) -> set[str]:
        """The episodes that the rows of a file come from; none where it can't be read."""


class ParquetShards:
    """A shard as one Parquet file, its images in it."""

    suffix = ".parquet"

    def name(self, split: str, shard: int, shards: int) -> str:
        """The name that `datasets` takes the split from."""
        return f"{split}-{shard:05d}-of-{shards:05d}{self.suffix}"

    def pattern(self, split: str) -> str:
        """All shards of the split."""
        return f"{split}-*{self.suffix}"

    def write(self, path: Path, rows: pa.Table) -> None:
        """Writes the file whole."""
        write_local(path, parquet_bytes(rows, images=[name for name in rows.column_names if name == "images"]))

    def count(self, path: Path) -> int:
        """How many rows the file says that it holds."""
        return int(pq.read_metadata(path).num_rows)

    def episodes(self, path: Path) -> set[str]:
        """Those that the column tells."""
        try:
            return set(pq.read_table(path, columns=["trajectory_id"])["trajectory_id"].unique().to_pylist())
        except (OSError, pa.ArrowException):
            return set()


class JsonLines:
    """A shard as lines of JSON in a folder a split; its images are files beside, each once, by their sha256.

    The rows name them by the path from the dataset's folder. A folder holds nothing but lines: who loads all that is in
    one finds no other.
    """

    suffix = ".jsonl"

    def name(self, split: str, shard: int, shards: int) -> str:
        """A file in the folder of the split."""
        return f"{split}/{shard:05d}-of-{shards:05d}{self.suffix}"

    def pattern(self, split: str) -> str:
        """All of its folder."""
        return f"{split}/*{self.suffix}"

    def write(self, path: Path, rows: pa.Table) -> None:
        """Writes the images, and then the lines."""
        folder = path.parent.parent
        lines = []
        for batch in rows.to_batches(max_chunksize=256):
            for row in batch.to_pylist():
                if "images" in row:
                    row["images"] = [_image(folder, image["bytes"]) for image in row["images"]]
                lines.append(
                    json.dumps(self.line(row), ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
                    + b"\n"
                )
        write_local(path, b"".join(lines))

    def line(self, row: dict[str, Any]) -> dict[str, Any]:
        """The object that is written for a row, whose images are paths by now."""
        return row

    def count(self, path: Path) -> int:
        """How many lines there are."""
        return path.read_bytes().count(b"\n")

    def episodes(self, path: Path) -> set[str]:
        """Those that the lines tell."""
        try:
            return {json.loads(line)["trajectory_id"] for line in path.read_bytes().splitlines()}
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return set()


def _image(folder: Path, data: bytes) -> str:
    """Writes an image if it is not there, and gives its path from the folder of the dataset."""
    kind = "webp" if data[8:12] == b"WEBP" else "jpg" if data[:2] == b"\xff\xd8" else "png"
    name = content_id(data)
    path = folder / "images" / name[:2] / f"{name}.{kind}"
    if not path.exists():
        write_local(path, data)
    return f"data/images/{name[:2]}/{path.name}"


PARQUET, JSON_LINES = ParquetShards(), JsonLines()


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
