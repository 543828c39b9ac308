"""The lake: Parquet tables under Delta Lake, one partition a bucket of trajectories.

    LAKE/hindtrace.json                       layout version and number of buckets
    LAKE/TABLE/_delta_log/                    versions and commits (deltalake)
    LAKE/TABLE/bucket=3/SHA256.parquet        data, named by its content
    LAKE/decisions/curation=NAME/bucket=3/    decisions and edges belong to a curation
    LAKE/_work/JOB/                           what the stages of a running job hand to each other
    LAKE/_kept/NAME/                          what curations found of each bucket; it may be removed (curate/keeping.py)

Workers write data files (`write_rows`); a file is no part of a table until the driver commits it (`Lake.commit`).
So a bundle that ran twice writes the same file twice, and what a crashed job wrote is not read by anyone. A file that a
job has replaced is removed when the job is done and no other is at work (`Lake.discard`).

What is read is what was written, or the job ends and names the file: the log must say of a file what its path says, and
its bytes must have the digest that it is named by. Of `screens`, which are most of a lake, ids can be read without the
images; each image is then held against its own id when it is used (`Screens`).
"""

import functools
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.fs

from pipelines.lake.log import RUNS, Log, check_logs, log_of, one_line, told_by, told_in
from pipelines.lake.parquet import check_files, parquet_bytes, read_parquet, with_metadata, write_once
from schemas.arrow import arrow_schema
from schemas.errors import ConfigurationError, LakeError, SchemaError
from schemas.files import filesystem_of
from schemas.keys import canonical_json, content_id, parse_json
from schemas.tables import BUCKETS, MOST_BUCKETS, TABLES

LAYOUT_VERSION = 1
MARKER = "hindtrace.json"
WORK = "_work"
FORGOTTEN_SECONDS = 24 * 3_600.0
"""After so long no job still reads or writes what it began with."""

CURATED = frozenset({"decisions", "edges"})
"""Tables whose rows belong to a curation, their first partition."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_BUCKET = pa.field("bucket", pa.int32(), nullable=False)


@dataclass(frozen=True, slots=True)
class DataFile:
    """A data file of a table; `path` is relative to the lake, `size` in bytes."""

    table: str
    path: str
    bucket: int
    curation: str | None
    rows: int
    size: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The files of every table at one version each: what a job reads, whoever commits meanwhile.

    A table that the lake does not have yet has no version and no files. Cheap to pickle: it opens nothing.
    """

    url: str
    buckets: int
    versions: Mapping[str, int | None]
    files: Mapping[str, tuple[DataFile, ...]]

    def files_of(self, table: str, *, bucket: int | None = None, curation: str | None = None) -> tuple[DataFile, ...]:
        """The files of a table, of one bucket or curation where given, in order of their paths."""
        return tuple(
            file
            for file in self.files[table]
            if (bucket is None or file.bucket == bucket) and (curation is None or file.curation == curation)
        )

    def only(self, file: DataFile) -> "Snapshot":
        """The snapshot with that one file of its table."""
        return replace(self, files={**self.files, file.table: (file,)})

    def rows(self, table: str, *, curation: str | None = None) -> int:
        """The number of rows of a table."""
        return sum(file.rows for file in self.files_of(table, curation=curation))

    def check(self, *tables: str, bucket: int | None = None, quick: bool = False) -> None:
        """Holds the files of tables against what was written; `quick` looks at their sizes alone.

        Raises:
            LakeError: for the first file that is not there, or is not what was written.
        """
        filesystem, base = filesystem_of(self.url)
        files = [file for table in tables for file in self.files_of(table, bucket=bucket)]
        for file, info in zip(files, filesystem.get_file_info([f"{base}/{file.path}" for file in files]), strict=True):
            if info.type != pyarrow.fs.FileType.File:
                raise LakeError(f"{info.path}: expected a data file of the lake, found that the file is missing")
            if info.size != file.size:
                raise LakeError(f"{info.path}: expected the {file.size} bytes that were written, found {info.size}")
        if not quick:
            check_files(filesystem, [f"{base}/{file.path}" for file in files])

    def read(
        self,
        table: str,
        *,
        bucket: int | None = None,
        curation: str | None = None,
        columns: Sequence[str] | None = None,
    ) -> pa.Table:
        """The rows in the table's order, as far as the columns of that order are among those asked for.

        Raises:
            LakeError: if a file is missing, or is not what was written.
            SchemaError: if a file doesn't fit the table.
        """
        filesystem, base = filesystem_of(self.url)
        names = list(columns) if columns is not None else arrow_schema(TABLES[table].record).names
        stored = _stored_schema(table)
        within = [name for name in names if name in stored.names]
        whole = table != "screens" or "image" in names
        parts = []
        for file in self.files_of(table, bucket=bucket, curation=curation):
            part = read_parquet(filesystem, f"{base}/{file.path}", stored, within, whole=whole)
            if part.num_rows != file.rows:
                raise LakeError(f"{base}/{file.path}: expected {file.rows} rows as the log says, found {part.num_rows}")
            if "curation" in names and table in CURATED:
                column = pa.array([file.curation] * part.num_rows, pa.string())
                part = part.add_column(names.index("curation"), pa.field("curation", pa.string(), False), column)
            parts.append(part)
        schema = arrow_schema(TABLES[table].record)
        empty = pa.schema([schema.field(name) for name in names]).empty_table()
        rows = pa.concat_tables([empty, *parts]) if parts else empty
        order = [(name, "ascending") for name in TABLES[table].order if name in names]
        return rows.sort_by(order) if order and len(parts) > 0 and "image" not in names else rows


def is_local(url: str) -> bool:
    """Whether only this machine sees what is at the path."""
    return "://" not in url or url.startswith("file://")


def is_forgotten(info: pyarrow.fs.FileInfo) -> bool:
    """Whether what a job left there is so old that no job goes on with it."""
    return info.mtime is not None and (datetime.now(UTC) - info.mtime).total_seconds() > FORGOTTEN_SECONDS


def check_name(name: str) -> str:
    """The name of a curation, as it may stand in a path.

    Raises:
        ConfigurationError: for any other.
    """
    if not _NAME.fullmatch(name):
        raise ConfigurationError(
            f"expected a name of small letters, digits, dot, dash or underscore (at most 64), found {name!r}"
        )
    return name


@dataclass(frozen=True, slots=True)
class Lake:
    """A lake that is there; `open_lake` and `create_lake` make one."""

    url: str
    buckets: int

    def snapshot(self) -> Snapshot:
        """The current version of every table and its files.

        Raises:
            LakeError: if a table's log can't be read, or has lost something.
        """
        versions: dict[str, int | None] = dict.fromkeys(TABLES)
        files: dict[str, tuple[DataFile, ...]] = dict.fromkeys(TABLES, ())
        told: Mapping[str, Any] = {}
        for table in sorted(TABLES, key=lambda table: table != RUNS):  # what it tells of others was so before
            if (delta := self._log(table)) is not None:
                versions[table], files[table] = delta.version(), self._files(table, delta)
                told = told_in(delta) if table == RUNS else told
        snapshot = Snapshot(self.url, self.buckets, versions, files)
        check_logs(self.url, told, _logs(snapshot))
        return snapshot

    def commit(
        self,
        snapshot: Snapshot,
        table: str,
        *,
        job: str,
        writer: str,
        add: Iterable[DataFile],
        remove: Iterable[DataFile] = (),
    ) -> bool:
        """Makes files part of a table, and others no longer, in one version; whether there was anything to do.

        `job` is the job's id: what a job has committed it does not commit again. `writer` names those who must not
        work at the same time, such as two jobs that ingest.

        Raises:
            LakeError: if another job of the same writer has committed since the snapshot, or a file to be added is not
                there.
        """
        from deltalake import CommitProperties, Transaction
        from deltalake.exceptions import CommitFailedError, DeltaError
        from deltalake.transaction import RemoveAction

        held = {file.path for file in snapshot.files[table]}
        wanted = {file.path: file for file in add}
        new = [file for path, file in sorted(wanted.items()) if path not in held and file.rows]
        gone = sorted((file for file in remove if file.path not in wanted), key=lambda file: file.path)
        if not new and not gone:
            return False
        if snapshot.versions[table] is None:
            _create_table(self.url, table)  # a table that came after this lake
        delta = self._table(table)
        if delta.transaction_version(job) is not None:
            return False
        last, known = delta.transaction_version(writer), snapshot.versions[table]
        if last is not None and last > (known if known is not None else 0):
            raise LakeError(f"{table}: another {writer} has committed while this one ran: nothing lost, run it again")
        replace(snapshot, files={**snapshot.files, table: tuple(new)}).check(table, quick=True)
        now = _milliseconds()
        removed = [RemoveAction(_relative(f), True, now, f.size, _partition(f)) for f in gone]
        transactions = [Transaction(job, 1), Transaction(writer, delta.version() + 1)]
        told = told_by(_logs(snapshot)) if table == RUNS else {}
        try:
            delta.create_write_transaction(
                [*removed, *(_add_action(file, now) for file in new)],
                mode="append",
                schema=delta.schema(),
                partition_by=_partition_columns(table),
                commit_properties=CommitProperties(
                    custom_metadata={"hindtrace.job": job, **told}, app_transactions=transactions
                ),
            )
        except CommitFailedError as error:
            raise LakeError(f"{table}: another job committed at the same moment: run this one again") from error
        except (DeltaError, OSError) as error:
            raise LakeError(f"{table}: the commit failed: {one_line(error)}") from error
        return True

    def discard(self, files: Iterable[DataFile]) -> None:
        """Removes data files that are no part of their tables any more: who reads a folder by itself counts them too.

        So goes what killed jobs left beside them long ago. Who still reads the lake as it was before is told that a
        file is missing, and asks again.

        Raises:
            LakeError: if a table's log can't be read.
        """
        held = {file.path for table in self.snapshot().files.values() for file in table}
        gone = {file.path for file in files} - held
        filesystem, base = filesystem_of(self.url)
        for folder in sorted({path.rpartition("/")[0] for path in gone}):
            selector = pyarrow.fs.FileSelector(f"{base}/{folder}", allow_not_found=True)
            for info in filesystem.get_file_info(selector):
                path = f"{folder}/{info.base_name}"
                if path in gone or (path not in held and is_forgotten(info)):
                    with suppress(OSError):  # it is gone already, or stays: nothing reads it
                        filesystem.delete_file(info.path)

    def work(self, job: str) -> str:
        """The URL of the folder where the stages of a job hand files to each other."""
        return f"{self.url.rstrip('/')}/{WORK}/{job}"

    def _table(self, table: str) -> Any:
        from deltalake import DeltaTable
        from deltalake.exceptions import DeltaError

        try:
            return DeltaTable(_delta_uri(self.url, table))
        except (DeltaError, OSError) as error:
            raise LakeError(f"{self.url}: the log of table {table} can't be read: {one_line(error)}") from error

    def _log(self, table: str) -> Any:
        """The log of a table, or None where the lake does not have it."""
        from deltalake import DeltaTable

        return self._table(table) if DeltaTable.is_deltatable(_delta_uri(self.url, table)) else None

    def _files(self, table: str, delta: Any) -> tuple[DataFile, ...]:
        """The files of a table by its log, in order of their paths."""
        files = []
        # By stream: `pa.table` would import pandas, if it is there, to see whether this is a data frame.
        for row in pa.RecordBatchReader.from_stream(delta.get_add_actions()).read_all().to_pylist():
            part, path = row["partition"], f"{table}/{row['path']}"
            bucket, curation = part["bucket"], part.get("curation")
            stem = path.rpartition("/")[2].removesuffix(".parquet")
            rows, size = row["num_records"], row["size_bytes"]
            counted = all(type(count) is int and count >= 0 for count in (rows, size))
            if not _DIGEST.fullmatch(stem) or path != _path(table, bucket, curation, stem) or not counted:
                raise LakeError(
                    f"{self.url}: the log of table {table} is damaged: it has {path[:200]!r} in {dict(part)} "
                    f"with {rows} rows and {size} bytes"
                )
            if not 0 <= bucket < self.buckets:
                raise LakeError(
                    f"{self.url}: expected the {self.buckets} buckets of {MARKER}, found {path[:200]!r} in bucket "
                    f"{bucket}: one of both is damaged"
                )
            files.append(DataFile(table, path, bucket, curation, rows, size))
        return tuple(sorted(files, key=lambda file: file.path))


def create_lake(url: str, *, buckets: int | None = None) -> Lake:
    """Makes an empty lake in an empty folder, or opens the one that is there.

    Raises:
        ConfigurationError: if `buckets` is no power of two, or not what the lake that is there has.
        LakeError: if the folder holds something else, or a lake of another layout.
    """
    if buckets is not None and (not 1 <= buckets <= MOST_BUCKETS or buckets & (buckets - 1)):
        raise ConfigurationError(f"buckets: expected a power of two from 1 to {MOST_BUCKETS}, found {buckets}")
    from deltalake.exceptions import DeltaError

    filesystem, base = filesystem_of(url)
    url = base if is_local(url) else url.rstrip("/")
    if filesystem.get_file_info(f"{base}/{MARKER}").type == pyarrow.fs.FileType.File:
        lake = open_lake(url)
        if buckets not in (None, lake.buckets):
            raise ConfigurationError(f"{url}: the lake was made with {lake.buckets} buckets and keeps them")
        return lake
    buckets = buckets or BUCKETS
    selector = pyarrow.fs.FileSelector(base, allow_not_found=True)
    try:
        strangers = [info.base_name for info in filesystem.get_file_info(selector) if info.base_name not in TABLES]
    except (OSError, UnicodeDecodeError) as error:  # Arrow can't tell of names that are not UTF-8
        raise LakeError(f"{url}: expected a folder for the lake, found {error}") from error
    if strangers:
        raise LakeError(f"{url}: expected an empty folder or a lake, found {sorted(strangers)[:3]} and no {MARKER}")
    try:
        for table in TABLES:
            _create_table(url, table)
    except (DeltaError, OSError) as error:
        raise LakeError(f"{url}: expected a place for the lake, found {one_line(error)}") from error
    marker = {"buckets": buckets, "format": "hindtrace lake", "layout": LAYOUT_VERSION}
    write_once(filesystem, f"{base}/{MARKER}", canonical_json(marker) + b"\n")
    return Lake(url, buckets)


def _create_table(url: str, table: str) -> None:
    """Makes an empty table, unless it is there."""
    from deltalake import Schema
    from deltalake.transaction import create_table_with_add_actions

    filesystem, base = filesystem_of(url)
    filesystem.create_dir(f"{base}/{table}", recursive=True)
    create_table_with_add_actions(
        _delta_uri(url, table),
        Schema.from_arrow(table_schema(table).remove_metadata()),
        [],
        mode="ignore",
        partition_by=_partition_columns(table),
    )


def open_lake(url: str) -> Lake:
    """The lake at a path or URL.

    Raises:
        LakeError: if there is none, or one of another layout.
    """
    filesystem, base = filesystem_of(url)
    try:
        with filesystem.open_input_stream(f"{base}/{MARKER}") as stream:
            data = stream.read(65_536)
    except OSError as error:
        raise LakeError(f"{url}: expected a lake, found no {MARKER}: `hindtrace ingest` makes one") from error
    try:
        marker = parse_json(data)
        layout, buckets = marker["layout"], marker["buckets"]
    except (SchemaError, KeyError, TypeError) as error:
        raise LakeError(f"{url}: {MARKER} is damaged: {data[:60]!r}") from error
    if layout != LAYOUT_VERSION:
        raise LakeError(f"{url}: expected a lake of layout {LAYOUT_VERSION}, found {layout}: migrate it")
    if type(buckets) is not int or not 1 <= buckets <= MOST_BUCKETS or buckets & (buckets - 1):
        raise LakeError(
            f"{url}: expected a power of two of buckets up to {MOST_BUCKETS} in {MARKER}, found {str(buckets)[:40]}"
        )
    return Lake(base if is_local(url) else url.rstrip("/"), buckets)


def table_schema(table: str) -> pa.Schema:
    """The columns of a table as its readers see them: those of its record, and `bucket`."""
    return arrow_schema(TABLES[table].record).append(_BUCKET)


def write_rows(lake: str, table: str, rows: pa.Table, *, bucket: int, curation: str | None = None) -> DataFile:
    """Writes the rows, in the order given, as a data file named by its content; nothing reads it before a commit."""
    if (curation is not None) != (table in CURATED):
        raise ValueError(f"expected a curation for {sorted(CURATED)} and for no other table, found {curation!r}")
    schema = _stored_schema(table)
    data = parquet_bytes(
        with_metadata(rows.select(schema.names).cast(schema), schema.metadata),
        images=("image",) if table == "screens" else (),
    )
    path = _path(table, bucket, curation, content_id(data))
    filesystem, base = filesystem_of(lake)
    write_once(filesystem, f"{base}/{path}", data)
    return DataFile(table, path, bucket, curation, rows.num_rows, len(data))


def _path(table: str, bucket: int, curation: str | None, digest: str) -> str:
    """Where a data file lies below the lake."""
    folder = f"{table}/curation={curation}" if curation is not None else table
    return f"{folder}/bucket={bucket}/{digest}.parquet"


def uri_of(snapshot: Snapshot, file: DataFile) -> str:
    """Where a data file is, as DuckDB and Polars take it."""
    return f"{snapshot.url}/{file.path}"


@functools.cache
def _stored_schema(table: str) -> pa.Schema:
    """The columns in the data files: a partition's value is in the path and the log, and not in the file."""
    schema = arrow_schema(TABLES[table].record)
    return schema.remove(schema.get_field_index("curation")) if table in CURATED else schema


def _partition_columns(table: str) -> list[str]:
    return ["curation", "bucket"] if table in CURATED else ["bucket"]


def _partition(file: DataFile) -> dict[str, str | None]:
    partition: dict[str, str | None] = {"bucket": str(file.bucket)}
    return partition if file.curation is None else {"curation": file.curation, **partition}


def _logs(snapshot: Snapshot) -> Mapping[str, Log]:
    """The logs as a run tells of them: a table that is not there is earlier than any that is."""
    return {
        table: log_of(-1 if version is None else version, ((f.path, f.rows, f.size) for f in snapshot.files[table]))
        for table, version in snapshot.versions.items()
    }


def _relative(file: DataFile) -> str:
    return file.path.removeprefix(f"{file.table}/")


def _add_action(file: DataFile, now: int) -> Any:
    from deltalake.transaction import AddAction

    stats = json.dumps({"numRecords": file.rows})
    return AddAction(_relative(file), file.size, _partition(file), now, True, stats)


def _milliseconds() -> int:
    """Now, for the log, which is no result."""
    import time

    return time.time_ns() // 1_000_000


def _delta_uri(url: str, table: str) -> str:
    return f"{url.rstrip('/')}/{table}"
