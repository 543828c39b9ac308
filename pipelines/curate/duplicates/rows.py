"""Rows that are spoken of across buckets: columns of their files, their names, and what is told of them."""

from collections.abc import Iterable, Iterator
from typing import TypeAlias

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from schemas.files import filesystem_of

Told: TypeAlias = tuple[str, bytes]
"""What is told of rows of a bucket: of which kind it is, and the packed rows."""


def read_columns(url: str, names: Iterable[str]) -> list[pa.Array]:
    """Columns of a file of a job's work folder, each as one array; ids come as a dictionary."""
    filesystem, path = filesystem_of(url)
    with pq.ParquetFile(path, filesystem=filesystem, read_dictionary=["trajectory_id"], pre_buffer=False) as file:
        table = file.read(list(names), use_threads=False)
    return [table[name].combine_chunks() for name in names]


def names_of(url: str, rows: pa.Array) -> list[str]:
    """What rows of a file are called in decisions and edges."""
    columns = read_columns(url, ("trajectory_id", "step_index", "instruction_id"))
    values = (column.take(rows).to_pylist() for column in columns)
    return [f"{trajectory}/{step}/{instruction or ''}" for trajectory, step, instruction in zip(*values, strict=True)]


def pack(rows: pa.Table) -> bytes:
    """The rows as bytes, to be sent to another worker."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_table(rows)
    return bytes(sink.getvalue().to_pybytes())


def unpack(data: bytes) -> pa.Table:
    """The rows of those bytes."""
    return pa.ipc.open_stream(data).read_all()


def together(messages: Iterable[Told], **schemas: pl.Schema) -> Iterator[pl.DataFrame]:
    """What was told of each kind as one frame in order of its rows, whoever sent it."""
    parts = sorted(messages)
    for kind, schema in schemas.items():
        frames = [pl.DataFrame(unpack(data), schema=schema) for name, data in parts if name == kind]
        yield pl.concat([pl.DataFrame(schema=schema), *frames]).sort("row")
