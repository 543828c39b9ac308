"""What the stages of a job leave for each other and for the driver: a file a bucket in the job's work folder.

A stage writes data files and, last, a report; both are the same however often a bucket was worked on, so retried
bundles change nothing, and a job that was killed goes on where it was. Beside each file lies its sha256: what a killed
job has left is held against it, and where one is another, all of it is done anew.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.fs
import pyarrow.parquet as pq

from pipelines.lake.delta import DataFile, Snapshot
from pipelines.lake.parquet import parquet_bytes, write_once
from schemas.errors import LakeError, SchemaError
from schemas.files import filesystem_of
from schemas.keys import canonical_json, content_id

if TYPE_CHECKING:
    import polars as pl

DIGEST, PART = ".sha256", ".part"
"""How the names of digests end, and of what a killed job was writing."""

VOUCHED = "vouched"
REPORTS = "reports"
"""The stage of a job that has only one, or the last one."""


@dataclass(frozen=True, slots=True)
class Report:
    """What one bucket's work gave: files to add and to remove, counts for the ledger, lines for the terminal.

    `money` is what it cost, in US dollars.
    """

    add: tuple[DataFile, ...] = ()
    remove: tuple[DataFile, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    money: float = 0.0

    def to_json(self) -> bytes:
        """The report as canonical JSON."""
        return canonical_json({**asdict(self), "counts": dict(self.counts)})

    @classmethod
    def from_json(cls, data: bytes) -> "Report":
        """The report of that JSON."""
        parts = json.loads(data)
        add, remove = (
            tuple(DataFile(**{"curation": None, **file}) for file in parts[name]) for name in ("add", "remove")
        )
        return cls(add, remove, parts["counts"], tuple(parts["notes"]), parts["money"])


@dataclass(frozen=True, slots=True)
class HandOver:
    """Rows that the stage `writer` leaves for its `readers`, a Parquet file a bucket with just that schema.

    What is handed over `once` for the whole lake lies under the first bucket.
    """

    name: str
    schema: pa.Schema
    writer: str
    readers: tuple[str, ...]
    once: bool = False


@dataclass(frozen=True, slots=True)
class Work:
    """What a job's stages need to know: what they read, and where they leave their reports. Cheap to pickle."""

    name: str
    job: str
    snapshot: Snapshot
    folder: str

    def leave(self, bucket: int, report: Report, *, stage: str = REPORTS) -> None:
        """Leaves a stage's report of a bucket for the driver."""
        self.write(f"{stage}/{bucket:05d}.json", report.to_json())

    def report(self, bucket: int, *, stage: str = REPORTS) -> Report:
        """What a stage left of a bucket.

        Raises:
            LakeError: if it left nothing.
        """
        return Report.from_json(self._read(stage, bucket, "json"))

    def collect(self, stage: str = REPORTS) -> tuple[Report, ...]:
        """A stage's reports of all buckets.

        Raises:
            LakeError: if a bucket has none.
        """
        return tuple(self.report(bucket, stage=stage) for bucket in range(self.snapshot.buckets))

    def is_done(self, bucket: int, *, stage: str) -> bool:
        """Whether a stage has left its report of a bucket: in this run of the job, or in one that was killed."""
        filesystem, base = filesystem_of(self.folder)
        info = filesystem.get_file_info(f"{base}/{stage}/{bucket:05d}.json")
        return bool(info.type == pyarrow.fs.FileType.File)

    def hand_over(self, what: HandOver, rows: "pa.Table | pl.DataFrame", bucket: int = 0) -> None:
        """Leaves rows of a bucket for a later stage.

        Raises:
            SchemaError: if they are not what is to be handed over.
        """
        table = rows if isinstance(rows, pa.Table) else _arrow(rows)
        if not table.schema.equals(what.schema):
            raise SchemaError(f"{what.name}: expected the columns {what.schema}, found {table.schema}")
        self.hand_over_file(what, parquet_bytes(table), bucket)

    def hand_over_file(self, what: HandOver, data: bytes, bucket: int = 0) -> None:
        """Leaves such a file, which was read from where it was kept."""
        self.write(f"{what.name}/{bucket:05d}.parquet", data)

    def handed_file(self, what: HandOver, bucket: int = 0) -> bytes:
        """The file that was handed over.

        Raises:
            LakeError: if there is none.
        """
        return self._read(what.name, bucket, "parquet")

    def handed(self, what: HandOver, bucket: int | None = None, columns: Sequence[str] | None = None) -> pa.Table:
        """The rows that were handed over, of one bucket or of all in their order.

        Raises:
            LakeError: if a bucket has none.
        """
        every = range(1 if what.once else self.snapshot.buckets) if bucket is None else (bucket,)
        filesystem, base = filesystem_of(self.folder)
        try:
            parts = [
                pq.read_table(f"{base}/{what.name}/{number:05d}.parquet", columns=columns, filesystem=filesystem)
                for number in every
            ]
        except OSError as error:
            raise LakeError(f"{self.name}: a bucket left no {what.name}: the job did not finish") from error
        return pa.concat_tables(parts)

    def url(self, what: HandOver, bucket: int) -> str:
        """Where the file of a bucket is."""
        return f"{self.folder}/{what.name}/{bucket:05d}.parquet"

    def clear(self, stage: str | None = None) -> None:
        """Removes the work folder, or what one stage left there."""
        filesystem, base = filesystem_of(self.folder)
        base = base if stage is None else f"{base}/{stage}"
        if filesystem.get_file_info(base).type != pyarrow.fs.FileType.NotFound:
            filesystem.delete_dir(base)

    def is_sound(self) -> bool:
        """Whether all that was left is what was written."""
        filesystem, base = filesystem_of(self.folder)
        selector = pyarrow.fs.FileSelector(base, allow_not_found=True, recursive=True)
        paths = {info.path for info in filesystem.get_file_info(selector) if info.type == pyarrow.fs.FileType.File}
        left = (path for path in sorted(paths) if not path.endswith((DIGEST, PART)))
        return all(_is_written(filesystem, path) for path in left)

    def vouch(self, path: Path) -> None:
        """Leaves the sha256 of a file that a stage has written elsewhere, on this machine."""
        self.leave(0, Report(notes=(content_id(path.read_bytes()),)), stage=f"{VOUCHED}/{path.parent.name}-{path.name}")

    def is_vouched(self, path: Path) -> bool:
        """Whether that file is there, and is what was written."""
        stage = f"{VOUCHED}/{path.parent.name}-{path.name}"
        if not path.is_file() or not self.is_done(0, stage=stage):
            return False
        return self.report(0, stage=stage).notes == (content_id(path.read_bytes()),)

    def write(self, path: str, data: bytes) -> None:
        """Leaves a file, with its sha256 beside it."""
        filesystem, base = filesystem_of(self.folder)
        write_once(filesystem, f"{base}/{path}{DIGEST}", content_id(data).encode())
        write_once(filesystem, f"{base}/{path}", data)

    def _read(self, name: str, bucket: int, ending: str) -> bytes:
        filesystem, base = filesystem_of(self.folder)
        try:
            with filesystem.open_input_stream(f"{base}/{name}/{bucket:05d}.{ending}") as stream:
                return bytes(stream.read())
        except OSError as error:
            raise LakeError(f"{self.name}: bucket {bucket} left no {name}: the job did not finish") from error


def _is_written(filesystem: pyarrow.fs.FileSystem, path: str) -> bool:
    try:
        with filesystem.open_input_stream(path) as stream, filesystem.open_input_stream(f"{path}{DIGEST}") as digest:
            return content_id(stream.read()).encode() == bytes(digest.read())
    except OSError:
        return False


def _arrow(rows: "pl.DataFrame") -> pa.Table:
    import polars as pl  # a third of a second of computing, which a job that has none of them need not spend

    return rows.to_arrow(compat_level=pl.CompatLevel.oldest())
