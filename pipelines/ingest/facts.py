"""A bucket's traces: which episode each of them holds, what becomes of it, and the rows that it adds to the lake."""

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow.compute as pc

from pipelines.ingest import recordings
from pipelines.ingest.recordings import Whole
from pipelines.lake.delta import DataFile, write_rows
from pipelines.lake.writing import write_chunks
from pipelines.running.rejects import write_rejects
from pipelines.running.work import Report, Work
from schemas.arrow import from_row, table_of
from schemas.choices import Reject
from schemas.errors import LedgerError, SchemaError, TraceError
from schemas.files import open_regular
from schemas.keys import bucket_of, key
from schemas.recordings import Recording, read_trace
from schemas.records import ScreenRow, Step, Task, Trajectory, TreeRow
from schemas.tables import TABLES
from schemas.traces import LINES

COUNTS = (
    "traces",
    "traces rejected",
    "traces already there",
    "traces that another one covers",
    "episodes added",
    "episodes recovered further",
    "steps added",
    "screens added",
    "trees added",
    "tasks added",
    "opinions voided",
)
"""The lines of the ledger, whether or not there was anything."""


@dataclass(frozen=True, slots=True)
class Head:
    """A trace by its name below the traces folder: the episode that it holds, or why it can't be read."""

    name: str
    trajectory_id: str | None
    digest: str
    reason: str | None
    task: "TriedTask | None" = None


@dataclass(frozen=True, slots=True)
class TriedTask:
    """A task by the name of a trace that tried it, and the digest of what it says."""

    task_id: str
    digest: str
    name: str


def heads_of(traces: Path, buckets: int, name: bytes) -> Iterator[tuple[int, Head | TriedTask]]:
    """Which episode a trace holds, and the task that it tried, each with its bucket."""
    head = read_head(traces, os.fsdecode(name))
    yield bucket_of(head.trajectory_id or head.digest, buckets), head
    if head.task is not None:
        yield bucket_of(head.task.task_id, buckets), head.task


def write_facts(work: Work, traces: Path, bucket: int, elements: Iterable[Head | TriedTask]) -> tuple[()]:
    """Leaves the report of what the bucket's traces and tasks add to the lake, whose files are written."""
    every = list(elements)
    heads = sorted((each for each in every if isinstance(each, Head)), key=lambda head: (head.digest, head.name))
    tried = sorted((each for each in every if isinstance(each, TriedTask)), key=lambda task: (task.digest, task.name))
    stage = f"facts-{key('facts', heads, tried)}"
    if work.is_done(bucket, stage=stage):
        report = work.report(bucket, stage=stage)
    else:
        report = ingest_bucket(work, bucket, traces, heads, tried)
        if not report.counts["traces rejected"]:  # what is rejected may be whole when it is given again
            work.leave(bucket, report, stage=stage)
    work.leave(bucket, report)
    return ()


def read_head(traces: Path, name: str) -> Head:
    """Which episode a trace holds."""
    path = traces / name
    try:
        recording = read_trace(path)
    except (TraceError, SchemaError) as error:
        return Head(name, None, _file_digest(path), _reason(error, path))
    task, trajectory = recording.task, recording.trajectory
    tried = None if task is None else TriedTask(task.task_id, key("task", task), name)
    return Head(name, trajectory.trajectory_id, trajectory.digest, None, tried)


@dataclass(slots=True)
class Fates:
    """What becomes of a bucket's traces: each counts once."""

    added: list[Whole] = field(default_factory=list)
    superseded: list[str] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def reject(self, reject: Reject) -> None:
        """One trace that never becomes a row."""
        self.rejects.append(reject)
        self.counts["traces rejected"] += 1


def ingest_bucket(
    work: Work, bucket: int, traces: Path, heads: Sequence[Head], tried: Sequence[TriedTask] = ()
) -> Report:
    """Writes what the bucket's traces, and the tasks that belong into it, add to the lake.

    Raises:
        LedgerError: if a trace is not accounted for.
    """
    stored = _stored(work, bucket)
    fates = _fates(traces, heads, stored)
    if sum(fates.counts.values()) != len(heads):
        accounted = sum(fates.counts.values())
        raise LedgerError(f"bucket {bucket}: {len(heads)} traces in, {accounted} accounted for; nothing committed")
    add, remove = _facts(work, bucket, fates.added, known=set(stored))
    tasks, others = _new_tasks(work, bucket, traces, tried)
    add += write_chunks(work.snapshot.url, "tasks", [(task, 1_024) for task in tasks], bucket=bucket)
    # Opinions on episodes that were recovered further were about less than there is now.
    void_add, void_remove = _rewrite(work, ("labels", "instructions"), bucket, fates.superseded)
    fates.counts["traces"] = len(heads)
    for table in ("steps", "screens", "trees", "tasks"):
        fates.counts[f"{table} added"] = _rows(add, table) - _rows(remove, table)
    fates.counts["opinions voided"] = _rows(void_remove) - _rows(void_add)
    names = {task.digest: task.name for task in reversed(tried)} | {head.digest: head.name for head in reversed(heads)}
    notes = (f"{names[reject.subject]}: {reject.reason}" for reject in (*fates.rejects, *others))
    rejected = write_rejects(work, bucket, (*fates.rejects, *others))
    counts = {name: fates.counts[name] for name in COUNTS}
    return Report((*void_add, *rejected, *add), (*void_remove, *remove), counts, tuple(notes))


def _fates(traces: Path, heads: Sequence[Head], stored: Mapping[str, Trajectory]) -> Fates:
    """Decides, episode by episode, which recording counts."""
    fates = Fates()
    by_id: dict[str, list[Head]] = {}
    for head in heads:
        if head.trajectory_id is None:
            fates.reject(_reject(head.digest, None, "unreadable", head.reason))
        else:
            by_id.setdefault(head.trajectory_id, []).append(head)
    for trajectory_id, candidates in sorted(by_id.items()):
        old = stored.get(trajectory_id)
        if old is not None and all(head.digest == old.digest for head in candidates):
            fates.counts["traces already there"] += len(candidates)
            continue
        whole, broken = _whole(traces, candidates)
        for reject in broken:
            fates.reject(reject)
        if not whole:
            continue
        best, others = recordings.choose(whole)
        for other, relation in others:
            if relation == "conflict":
                fates.reject(_conflict(other.recording.trajectory))
            else:
                fates.counts["traces that another one covers"] += 1
        match recordings.relation(best.recording, old) if old is not None else "new":
            case "new":
                fates.added.append(best)
                fates.counts["episodes added"] += 1
            case "longer":
                fates.added.append(best)
                fates.superseded.append(trajectory_id)
                fates.counts["episodes recovered further"] += 1
            case "same":
                fates.counts["traces already there"] += 1
            case "shorter":
                fates.counts["traces that another one covers"] += 1
            case _:
                fates.reject(_conflict(best.recording.trajectory))
    return fates


def _rows(files: Sequence[DataFile], table: str | None = None) -> int:
    return sum(file.rows for file in files if table is None or file.table == table)


def _stored(work: Work, bucket: int) -> dict[str, Trajectory]:
    rows = work.snapshot.read("trajectories", bucket=bucket).to_pylist()
    return {row["trajectory_id"]: from_row(Trajectory, row) for row in rows}


def _whole(traces: Path, heads: Sequence[Head]) -> tuple[list[Whole], list[Reject]]:
    """The recordings of which every screen and tree is there, and a reject for each of the others."""
    whole, broken = [], []
    for head in heads:
        path = traces / head.name
        try:
            whole.append(recordings.check(read_trace(path)))
        except (TraceError, SchemaError) as error:
            broken.append(_reject(head.digest, head.trajectory_id, "damaged", _reason(error, path)))
    return whole, broken


def _facts(
    work: Work, bucket: int, added: Sequence[Whole], *, known: set[str]
) -> tuple[list[DataFile], list[DataFile]]:
    """Files of screens, trees, steps and trajectories to add and to remove."""
    lake = work.snapshot.url
    add: list[DataFile] = []
    add += write_chunks(lake, "screens", _new_screens(work, bucket, added), bucket=bucket)
    add += write_chunks(lake, "trees", _new_trees(work, bucket, added), bucket=bucket)
    remove: list[DataFile] = []
    for table in ("steps", "trajectories"):
        held = work.snapshot.read(table, bucket=bucket, columns=["trajectory_id"])["trajectory_id"]
        counts = {row["values"]: row["counts"] for row in pc.value_counts(held).to_pylist()}
        every = [whole.recording for whole in added]
        fresh = [recording for recording in every if not _is_there(work, table, bucket, counts, recording)]
        names = {recording.trajectory.trajectory_id for recording in fresh}
        complete = known | {recording.trajectory.trajectory_id for recording in every}
        # Rows without an episode were left by a job that died before its last commit.
        stale = sorted(name for name in counts if name in names or name not in complete)
        kept, gone = _rewrite(work, (table,), bucket, stale)
        add += kept
        remove += gone
        records = ((record, 1_024) for recording in fresh for record in _records(table, recording))
        add += write_chunks(lake, table, records, bucket=bucket)
    return add, remove


def _is_there(work: Work, table: str, bucket: int, counts: Mapping[str, int], recording: Recording) -> bool:
    """Whether the table holds exactly the episode's rows."""
    if recording.trajectory.trajectory_id not in counts:
        return False
    held = work.snapshot.read(table, bucket=bucket)
    mine = held.filter(pc.equal(held["trajectory_id"], recording.trajectory.trajectory_id))
    return bool(mine.to_pylist() == table_of(TABLES[table].record, _records(table, recording)).to_pylist())


def _records(table: str, recording: Recording) -> tuple[Step | Trajectory, ...]:
    return recording.steps if table == "steps" else (recording.trajectory,)


def _rewrite(
    work: Work, tables: Sequence[str], bucket: int, stale: Sequence[str]
) -> tuple[list[DataFile], list[DataFile]]:
    """Takes episodes out of tables of a bucket: the files that hold them, and one each with the rest of their rows."""
    if not stale:
        return [], []
    add, remove = [], []
    for file in (file for table in tables for file in work.snapshot.files_of(table, bucket=bucket)):
        rows = work.snapshot.only(file).read(file.table)
        kept = recordings.without(rows, stale)
        if kept.num_rows == rows.num_rows:
            continue
        remove.append(file)
        if kept.num_rows:
            add.append(write_rows(work.snapshot.url, file.table, kept, bucket=bucket))
    return add, remove


def _new_screens(work: Work, bucket: int, added: Sequence[Whole]) -> Iterator[tuple[ScreenRow, int]]:
    used = ((whole, screen) for whole in added for screen in recordings.blobs_of(whole.recording).screens)
    for whole, screen, position in _unheld(work, "screens", "screen", bucket, used):
        row = recordings.screen_row(whole, screen, position)
        yield row, len(row.image.bytes or b"")


def _new_trees(work: Work, bucket: int, added: Sequence[Whole]) -> Iterator[tuple[TreeRow, int]]:
    used = ((whole, tree) for whole in added for tree in recordings.blobs_of(whole.recording).trees)
    for whole, tree, position in _unheld(work, "trees", "tree", bucket, used):
        row = recordings.tree_row(whole, tree, position)
        yield row, len(row.nodes)


def _new_tasks(work: Work, bucket: int, traces: Path, tried: Sequence[TriedTask]) -> tuple[list[Task], list[Reject]]:
    """The tasks that the lake does not hold yet, each once, and a reject for each other one of the same id."""
    held = {
        row["task_id"]: key("task", from_row(Task, row))
        for row in work.snapshot.read("tasks", bucket=bucket).to_pylist()
    }
    tasks, rejects = [], []
    for each in tried:
        digest = held.get(each.task_id)
        if digest is None:
            task = read_trace(traces / each.name).task
            assert task is not None  # its head said so
            tasks.append(task)
            held[each.task_id] = each.digest
        elif digest != each.digest:
            reason = f"another task is known as {each.task_id}: give it an id of its own, or none"
            rejects.append(_reject(each.digest, None, "task", reason))
    return sorted(tasks, key=lambda task: task.task_id), rejects


def _unheld(
    work: Work, table: str, column: str, bucket: int, used: Iterable[tuple[Whole, str]]
) -> Iterator[tuple[Whole, str, int]]:
    """Of what is used those that the bucket does not hold yet, each once, with the position that follows."""
    held = work.snapshot.read(table, bucket=bucket, columns=[column, "position"])
    seen = set(held[column].to_pylist())
    position = -1 if held.num_rows == 0 else pc.max(held["position"]).as_py()
    for whole, name in used:
        if name not in seen:
            seen.add(name)
            position += 1
            yield whole, name, position


def _conflict(trajectory: Trajectory) -> Reject:
    reason = "another recording of the same episode is in the lake, and neither continues the other"
    return _reject(trajectory.digest, trajectory.trajectory_id, "conflict", reason)


def _reject(subject: str, trajectory_id: str | None, rule: str, reason: str | None) -> Reject:
    return Reject("ingest", subject, trajectory_id, rule, reason or rule)


def _reason(error: Exception, path: Path) -> str:
    """The message without the folder: the ledger says the same wherever the traces lie."""
    return str(error).replace(str(path), "the trace")[:500]


def _file_digest(path: Path) -> str:
    """What an unreadable trace is known by: the content of its file, since its name may change, or else its name."""
    digest = hashlib.blake2b(digest_size=16)
    try:
        with open_regular(path / LINES if path.is_dir() else path) as file:
            while block := file.read(2**20):
                digest.update(block)
    except OSError as error:
        digest.update(f"{type(error).__name__} {path.name}".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()
