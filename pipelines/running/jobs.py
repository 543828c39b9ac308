"""Begin and end of every job: a snapshot and a work folder, then one commit and a row in `runs`.

Two jobs that must not work at the same time find that out at the begin, where this machine sees the lake. The last one
to end in it cleans up: files that a commit has replaced, which who reads the folder by other means would count, and
what jobs of that kind, and exports, that were killed have left: the lake has changed, and they can't be gone on with.
"""

import importlib.metadata
import re
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import pyarrow.fs

from pipelines.lake.delta import DataFile, Lake, is_forgotten, write_rows
from pipelines.lake.locks import Locks
from pipelines.running.work import Report, Work
from schemas.arrow import table_of
from schemas.choices import Count, Run, TableVersion
from schemas.errors import LakeError
from schemas.files import filesystem_of
from schemas.keys import canonical_json, key

PACKAGES = ("hindtrace", "apache-beam", "deltalake", "duckdb", "numpy", "pillow", "polars", "pyarrow", "imagehash")
LATER = "run this again when that has ended"
SHARED = frozenset({"states", "fingerprints"})
"""Tables that several jobs fill: whoever does must not do it beside another."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a job did, for the terminal: whether the lake changed, and the ledger."""

    job: str
    changed: bool
    counts: Mapping[str, int]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """A job that was begun: its lake and its work, and what is told of it in `runs`.

    `order` are the tables that it commits, in that order, and `writer` names those who must not work beside it, which
    is seen by the `locks`.
    """

    lake: Lake
    work: Work
    writer: str
    configuration: Mapping[str, object]
    reads: Sequence[str]
    order: Sequence[str]
    started: float
    locks: Locks

    def finish(self, reports: Sequence[Report], *, notes: Sequence[str] | None = None) -> Summary:
        """Commits what the reports name, table by table, and writes the job's row in `runs`.

        The terminal is told the reports' notes, unless there are others.
        """
        counts: dict[str, int] = {}
        for report in reports:
            for name, count in report.counts.items():
                counts[name] = counts.get(name, 0) + count
        changed = False
        replaced: list[DataFile] = []
        for table in self.order:
            add = [file for report in reports for file in report.add if file.table == table]
            remove = [file for report in reports for file in report.remove if file.table == table]
            by = self.writer if table not in SHARED else table
            changed |= self.lake.commit(self.work.snapshot, table, job=self.work.job, writer=by, add=add, remove=remove)
            replaced += remove
        counts = dict(sorted(counts.items()))
        notes = notes if notes is not None else [note for report in reports for note in report.notes]
        self._record(counts, money=sum(report.money for report in reports))
        self.work.clear()
        self.locks.release()
        self._clean_up(replaced, changed=changed)
        return Summary(self.work.job, changed, counts, tuple(notes))

    def _clean_up(self, replaced: Sequence[DataFile], *, changed: bool) -> None:
        if not changed or not self.locks.take_all():
            return
        try:
            for stem in sorted({self.work.name, "export"}) if self.locks.are_seen else ():
                _clear_others(self.lake, self.work.job, stem)
            if replaced and not _others_at_work(self.lake):
                self.lake.discard(replaced)
        finally:
            self.locks.release()

    def _record(self, counts: Mapping[str, int], *, money: float) -> None:
        """Appends the job's row to `runs`, the log: the only table with the wall clock of a job."""
        before, after = self.work.snapshot, self.lake.snapshot()
        run = Run(
            run_id=uuid.uuid4().hex,
            job=self.work.name,
            configuration=canonical_json(self.configuration).decode(),
            read=tuple(TableVersion(table, before.versions[table], before.rows(table)) for table in self.reads),
            wrote=tuple(TableVersion(table, after.versions[table], after.rows(table)) for table in self.order),
            counts=tuple(Count(name, count) for name, count in counts.items()),
            money=money,
            seconds=round(time.time() - self.started, 3),
            started_at=datetime.fromtimestamp(self.started, UTC),
            packages=" ".join(f"{name}=={package_version(name)}" for name in PACKAGES),
        )
        file = write_rows(self.lake.url, "runs", table_of(Run, (run,)), bucket=0)
        self.lake.commit(after, "runs", job=run.run_id, writer=f"run {run.run_id}", add=[file])


def begin(
    lake: Lake,
    name: str,
    configuration: Mapping[str, object],
    *,
    reads: Sequence[str],
    order: Sequence[str] = (),
    writer: str | None = None,
    known_by: Mapping[str, object] | None = None,
    resume: bool = False,
    about: str | None = None,
) -> Job:
    """A job on the lake as it is now; its id follows from name, configuration and the versions read.

    Where the id is to follow from something else than the configuration it is `known_by` that.

    With `resume` what the same job has left behind when it was killed stays if it is what was written, and its stages
    may be skipped. What other
    jobs of that name `about` the same have left is removed: they were killed, and will not come again. Such a job is
    known by no table that it commits before its last one, so that it is the same when it was killed between two.

    Raises:
        LakeError: if a job of the same writer is at work, or the same job.
    """
    started = time.time()
    locks = Locks(lake)
    if not locks.share() or (order and not locks.take(writer or name)):
        raise LakeError(f"{lake.url}: another {writer or name} is at work in it; nothing was done: {LATER}")
    snapshot = lake.snapshot()
    tables = [table for table in sorted(reads) if about is None or table not in order[:-1]]
    identity = configuration if known_by is None else known_by
    stem = name if about is None else f"{name}-{about}"
    job = f"{stem}-{key('job', name, identity, [[table, snapshot.versions[table]] for table in tables])}"
    work = Work(name, job, snapshot, lake.work(job))
    if not locks.take(job):
        raise LakeError(f"{lake.url}: the same {name} is at work in it; nothing was done: {LATER}")
    if not resume or not work.is_sound():
        work.clear()
    if about is not None:
        _clear_others(lake, job, stem)
    return Job(lake, work, writer or name, configuration, reads, order, started, locks)


def _others_at_work(lake: Lake) -> bool:
    """Whether a job has a work folder that is not forgotten: it reads the lake as it was when it began."""
    filesystem, base = filesystem_of(lake.work(""))
    folders = filesystem.get_file_info(pyarrow.fs.FileSelector(base, allow_not_found=True))
    return any(info.type == pyarrow.fs.FileType.Directory and not is_forgotten(info) for info in folders)


def _clear_others(lake: Lake, job: str, stem: str) -> None:
    """Removes what other jobs of that stem have left."""
    filesystem, base = filesystem_of(lake.work(""))
    selector = pyarrow.fs.FileSelector(base, allow_not_found=True)
    for info in filesystem.get_file_info(selector):
        if info.base_name != job and re.fullmatch(re.escape(stem) + "-[0-9a-f]{32}", info.base_name):
            filesystem.delete_dir(info.path)


def package_version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
