"""Rows of tables as data files: in chunks of bounded size, or sorted as their table is."""

from collections.abc import Iterable, Sequence

import pyarrow as pa

from pipelines.lake.delta import DataFile, write_rows
from schemas.arrow import table_of
from schemas.tables import TABLES

CHUNK_BYTES = 64 * 2**20
CHUNK_ROWS = 8_192


def write_chunks(lake: str, table: str, records: Iterable[tuple[object, int]], *, bucket: int) -> tuple[DataFile, ...]:
    """Writes records, each with its size in bytes, as files of bounded size, in the order given."""
    files: list[DataFile] = []
    group: list[object] = []
    total = 0

    def flush() -> None:
        files.append(write_rows(lake, table, table_of(TABLES[table].record, group), bucket=bucket))

    for record, size in records:
        if group and (len(group) >= CHUNK_ROWS or total + size > CHUNK_BYTES):
            flush()
            group, total = [], 0
        group.append(record)
        total += size
    if group:
        flush()
    return tuple(files)


def write_sorted(
    lake: str, table: str, rows: pa.Table | Sequence[object], *, bucket: int, curation: str | None = None
) -> tuple[DataFile, ...]:
    """Writes rows, or records, in the order of their table; no file for none."""
    if not isinstance(rows, pa.Table):
        rows = table_of(TABLES[table].record, list(rows))
    if not rows.num_rows:
        return ()
    rows = rows.sort_by([(name, "ascending") for name in TABLES[table].order])
    return (write_rows(lake, table, rows, bucket=bucket, curation=curation),)
