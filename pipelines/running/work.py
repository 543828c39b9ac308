"""What all four jobs share: a graph over buckets, reports that the driver collects, one commit, a row in `runs`.

A stage of a job writes data files and, last, a report a bucket into the job's work folder. When the graph is done the
driver reads the reports, checks that the ledger balances, and commits. A report is the same however often its bucket
was worked on, so retried bundles change nothing.
"""

import argparse
import importlib.metadata
import json
import re
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import apache_beam as beam
import pyarrow as pa
import pyarrow.fs
import pyarrow.parquet as pq
from apache_beam.options.pipeline_options import DirectOptions, PipelineOptions, PortableOptions, StandardOptions
from apache_beam.runners.portability.fn_api_runner.fn_runner import FnApiRunner

from pipelines.lake.delta import DataFile, Lake, Snapshot, filesystem_of, is_local, write_rows
from pipelines.lake.parquet import parquet_bytes, write_once
from pipelines.running.workers import watched
from schemas.arrow import table_of
from schemas.choices import Count, Run, TableVersion
from schemas.errors import ConfigurationError, LakeError
from schemas.keys import canonical_json, key
from schemas.tables import TABLES

if TYPE_CHECKING:
    import polars as pl

LOCAL_RUNNERS = frozenset({None, "DirectRunner", "FnApiRunner"})
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
PACKAGES = ("hindtrace", "apache-beam", "deltalake", "duckdb", "numpy", "pillow", "polars", "pyarrow", "imagehash")
SHARED = frozenset({"states", "fingerprints"})
"""Tables that several jobs fill: whoever does must not do it beside another."""

CHUNK_BYTES = 64 * 2**20
CHUNK_ROWS = 8_192


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
        return canonical_json(
            {
                "add": [asdict(file) for file in self.add],
                "remove": [asdict(file) for file in self.remove],
                "counts": dict(self.counts),
                "notes": list(self.notes),
                "money": self.money,
            }
        )

    @classmethod
    def from_json(cls, data: bytes) -> "Report":
        """The report of that JSON."""
        found = json.loads(data)
        add, remove = (tuple(map(_file, found[name])) for name in ("add", "remove"))
        return cls(add, remove, found["counts"], tuple(found["notes"]), found["money"])


@dataclass(frozen=True, slots=True)
class Work:
    """What a job's stages need to know: what they read, and where they leave their reports. Cheap to pickle."""

    name: str
    job: str
    snapshot: Snapshot
    folder: str

    def leave(self, bucket: int, report: Report, *, stage: str = "reports") -> None:
        """Leaves a stage's report of a bucket for the driver."""
        filesystem, base = filesystem_of(self.folder)
        write_once(filesystem, f"{base}/{stage}/{bucket:05d}.json", report.to_json())

    def report(self, bucket: int, *, stage: str = "reports") -> Report:
        """What a stage left of a bucket.

        Raises:
            LakeError: if it left nothing.
        """
        filesystem, base = filesystem_of(self.folder)
        try:
            with filesystem.open_input_stream(f"{base}/{stage}/{bucket:05d}.json") as stream:
                return Report.from_json(stream.read())
        except OSError as error:
            raise LakeError(f"{self.name}: bucket {bucket} left no {stage}: the job did not finish") from error

    def is_done(self, bucket: int, *, stage: str) -> bool:
        """Whether a stage has left its report of a bucket: in this run of the job, or in one that was killed."""
        filesystem, base = filesystem_of(self.folder)
        found = filesystem.get_file_info(f"{base}/{stage}/{bucket:05d}.json")
        return bool(found.type == pyarrow.fs.FileType.File)

    def hand_over(self, stage: str, bucket: int, rows: "pa.Table | pl.DataFrame") -> None:
        """Leaves rows of a bucket for a later stage."""
        filesystem, base = filesystem_of(self.folder)
        table = rows if isinstance(rows, pa.Table) else _arrow(rows)
        write_once(filesystem, f"{base}/{stage}/{bucket:05d}.parquet", parquet_bytes(table))

    def handed_bytes(self, stage: str, bucket: int) -> bytes:
        """The file that a stage handed over.

        Raises:
            LakeError: if it left none.
        """
        filesystem, base = filesystem_of(self.folder)
        try:
            with filesystem.open_input_stream(f"{base}/{stage}/{bucket:05d}.parquet") as stream:
                return bytes(stream.read())
        except OSError as error:
            raise LakeError(f"{self.name}: bucket {bucket} left no {stage}: the job did not finish") from error

    def hand_over_bytes(self, stage: str, bucket: int, data: bytes) -> None:
        """Leaves such a file for a later stage."""
        filesystem, base = filesystem_of(self.folder)
        write_once(filesystem, f"{base}/{stage}/{bucket:05d}.parquet", data)

    def handed(self, stage: str, bucket: int | None = None, columns: Sequence[str] | None = None) -> pa.Table:
        """The rows that a stage handed over, of one bucket or of all in their order.

        Raises:
            LakeError: if a bucket has none.
        """
        buckets = range(self.snapshot.buckets) if bucket is None else (bucket,)
        filesystem, base = filesystem_of(self.folder)
        try:
            parts = [
                pq.read_table(f"{base}/{stage}/{one:05d}.parquet", columns=columns, filesystem=filesystem)
                for one in buckets
            ]
        except OSError as error:
            raise LakeError(f"{self.name}: a bucket left no {stage}: the job did not finish") from error
        return pa.concat_tables(parts)

    def collect(self, stage: str = "reports") -> tuple[Report, ...]:
        """A stage's reports of all buckets.

        Raises:
            LakeError: if a bucket has none.
        """
        return tuple(self.report(bucket, stage=stage) for bucket in range(self.snapshot.buckets))

    def clear(self, stage: str | None = None) -> None:
        """Removes the work folder, or what one stage left there."""
        filesystem, base = filesystem_of(self.folder)
        base = base if stage is None else f"{base}/{stage}"
        if filesystem.get_file_info(base).type != pyarrow.fs.FileType.NotFound:
            filesystem.delete_dir(base)


def _arrow(rows: "pl.DataFrame") -> pa.Table:
    import polars as pl  # a third of a second of computing, which a job that has none of them need not spend

    return rows.to_arrow(compat_level=pl.CompatLevel.oldest())


@dataclass(frozen=True, slots=True)
class Summary:
    """What a job did, for the terminal: whether the lake changed, and the ledger."""

    job: str
    changed: bool
    counts: Mapping[str, int]
    notes: tuple[str, ...] = ()


def begin(
    lake: Lake,
    name: str,
    configuration: Mapping[str, object],
    *,
    reads: Sequence[str],
    resume: bool = False,
    about: str | None = None,
) -> Work:
    """A job on the lake as it is now; its id follows from name, configuration and the versions read.

    With `resume` what the same job has left behind when it was killed stays, and its stages may be skipped; then
    `reads` must name no table that it commits before its last one. What other jobs of that name `about` the same have
    left is removed: they were killed, and will not come again.
    """
    snapshot = lake.snapshot()
    stem = name if about is None else f"{name}-{about}"
    job = f"{stem}-{key('job', name, configuration, [[table, snapshot.versions[table]] for table in sorted(reads)])}"
    work = Work(name, job, snapshot, lake.work(job))
    if not resume:
        work.clear()
    if about is not None:
        _clear_others(lake, stem, job)
    return work


def _clear_others(lake: Lake, stem: str, job: str) -> None:
    filesystem, base = filesystem_of(lake.work(""))
    selector = pyarrow.fs.FileSelector(base, allow_not_found=True)
    for found in filesystem.get_file_info(selector):
        if found.base_name != job and re.fullmatch(re.escape(stem) + "-[0-9a-f]{32}", found.base_name):
            filesystem.delete_dir(found.path)


def run_graph(build: Callable[[beam.Pipeline], None], options: PipelineOptions) -> None:
    """Runs the graph that `build` makes, on the runner that the options name, and waits for its end.

    Raises:
        LakeError: if a worker in another process failed, or a file could not be read or written; in this process any
            other error comes through.
    """
    local = options.view_as(StandardOptions).runner in LOCAL_RUNNERS
    # By name: Beam's default local runner would download another engine and fall back without a word.
    pipeline = beam.Pipeline(runner=FnApiRunner(), options=options) if local else beam.Pipeline(options=options)
    build(pipeline)

    def run() -> None:
        pipeline.run().wait_until_finish()

    processes = local and options.view_as(DirectOptions).direct_running_mode == "multi_processing"
    try:
        if processes:
            watched(run)
        else:
            run()
    except (RuntimeError, OSError) as error:
        lines = [line for line in str(error).splitlines() if line.strip()]
        raise LakeError(f"a worker failed: {lines[-1].strip() if lines else error}") from error


def beam_options(flags: Sequence[str], *, urls: Iterable[str]) -> PipelineOptions:
    """The flags as Beam's options, checked before anything is done; `urls` are what the workers must see.

    Raises:
        ConfigurationError: for a flag that Beam does not know, the Dask runner, or a remote runner with a local path.
    """
    unknown = unknown_flags(flags)
    if unknown:
        raise ConfigurationError(f"unknown option {unknown[0]}: neither Hindtrace nor Beam knows it")
    options = PipelineOptions(list(flags))
    runner = options.view_as(StandardOptions).runner
    if runner is not None and "dask" in runner.lower():
        raise ConfigurationError("the Dask runner loses data without a word (Beam 2.77): choose Flink, Spark or none")
    nearby = [url for url in urls if is_local(url)]
    if runner not in LOCAL_RUNNERS and nearby and not _works_here(options):
        raise ConfigurationError(
            f"{runner} works on other machines, which don't see {nearby[0]}: give a URL, or workers of this machine by "
            "--environment_type=LOOPBACK"
        )
    return options


def _works_here(options: PipelineOptions) -> bool:
    """Whether the workers are of this machine, and see what it sees."""
    portable = options.view_as(PortableOptions)
    if portable.environment_type == "EXTERNAL":
        host = str(portable.environment_config or "").rpartition(":")[0]
        return host in ("localhost", "127.0.0.1", "[::1]")
    return bool(portable.environment_type == "LOOPBACK")


def unknown_flags(flags: Sequence[str]) -> list[str]:
    """Those of the flags that Beam's own parser does not know.

    Raises:
        ConfigurationError: if it knows one and does not take its value.
    """
    from apache_beam.options.pipeline_options import _BeamArgumentParser

    parser = _BeamArgumentParser(allow_abbrev=False, exit_on_error=False)
    for options in dict.fromkeys(PipelineOptions.__subclasses__()):
        options._add_argparse_args(parser)
    try:
        return list(parser.parse_known_args(list(flags))[1])
    except (argparse.ArgumentError, SystemExit) as error:
        raise ConfigurationError(f"Beam does not take these options: {error}") from error


def write_chunks(
    work: Work, table: str, records: "Iterable[tuple[object, int]]", record: type, *, bucket: int
) -> tuple[DataFile, ...]:
    """Writes records, each with its size in bytes, as files of bounded size, in the order given."""
    files: list[DataFile] = []
    group: list[object] = []
    total = 0

    def flush() -> None:
        files.append(write_rows(work.snapshot.url, table, table_of(record, group), bucket=bucket))

    for one, size in records:
        if group and (len(group) >= CHUNK_ROWS or total + size > CHUNK_BYTES):
            flush()
            group, total = [], 0
        group.append(one)
        total += size
    if group:
        flush()
    return tuple(files)


def write_choices(work: Work, table: str, rows: pa.Table, *, bucket: int, curation: str) -> tuple[DataFile, ...]:
    """Writes rows of a curation's table in its order, if there are any."""
    if not rows.num_rows:
        return ()
    rows = rows.sort_by([(name, "ascending") for name in TABLES[table].order])
    return (write_rows(work.snapshot.url, table, rows, bucket=bucket, curation=curation),)


def finish(
    lake: Lake,
    work: Work,
    *,
    writer: str,
    configuration: Mapping[str, object],
    order: Sequence[str],
    started: float,
    reports: Sequence[Report],
    reads: Sequence[str],
    notes: Sequence[str] = (),
) -> Summary:
    """Commits what the reports name, table by table in `order`, and writes the job's row in `runs`."""
    counts: dict[str, int] = {}
    for report in reports:
        for name, count in report.counts.items():
            counts[name] = counts.get(name, 0) + count
    changed = False
    for table in order:
        add = [file for report in reports for file in report.add if file.table == table]
        remove = [file for report in reports for file in report.remove if file.table == table]
        by = writer if table not in SHARED else table
        changed |= lake.commit(work.snapshot, table, job=work.job, writer=by, add=add, remove=remove)
    counts = dict(sorted(counts.items()))
    money = sum(report.money for report in reports)
    record_run(
        lake, work, configuration=configuration, counts=counts, reads=reads, wrote=order, started=started, money=money
    )
    work.clear()
    return Summary(work.job, changed, counts, tuple(notes))


def record_run(
    lake: Lake,
    work: Work,
    *,
    configuration: Mapping[str, object],
    counts: Mapping[str, int],
    reads: Sequence[str],
    wrote: Sequence[str],
    started: float,
    money: float = 0.0,
) -> None:
    """Appends the job's row to `runs`, the log: the only table with the wall clock of a job."""
    after = lake.snapshot()
    run = Run(
        run_id=uuid.uuid4().hex,
        job=work.name,
        configuration=canonical_json(configuration).decode(),
        read=tuple(TableVersion(table, work.snapshot.versions[table], work.snapshot.rows(table)) for table in reads),
        wrote=tuple(TableVersion(table, after.versions[table], after.rows(table)) for table in wrote),
        counts=tuple(Count(name, count) for name, count in counts.items()),
        money=money,
        seconds=round(time.time() - started, 3),
        started_at=datetime.fromtimestamp(started, UTC),
        packages=" ".join(f"{name}=={package_version(name)}" for name in PACKAGES),
    )
    rows: pa.Table = table_of(Run, (run,))
    file = write_rows(lake.url, "runs", rows, bucket=0)
    lake.commit(after, "runs", job=run.run_id, writer=f"run {run.run_id}", add=[file])


def package_version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def _file(parts: Mapping[str, object]) -> DataFile:
    return DataFile(**{"curation": None, **parts})  # type: ignore[arg-type]
