"""Prove, the part that needs no device: attempts become proofs, and the walks to train on their sentences; no graph."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.lake.delta import DataFile, Snapshot, open_lake
from pipelines.lake.writing import write_sorted
from pipelines.prove.composing import AND, Part, together
from pipelines.prove.kernel import Attempts, Proven, proven_of
from pipelines.prove.lanes import RULES_VERSION
from pipelines.prove.tasks import Task, every_task
from pipelines.running.jobs import Summary, begin
from pipelines.running.work import Report, Work
from schemas.arrow import table_of
from schemas.keys import bucket_of
from schemas.opinions import Instruction, Label
from schemas.proofs import Proof, is_proven

READS = ("trajectories", "steps", "trees", "instructions", "labels", "proofs")
ORDER = ("instructions", "labels", "proofs")


def judge(lake_url: str, environments: Iterable[str], tasks: Sequence[Task] | None = None) -> Summary:
    """Writes what the attempts made in the environments of those digests came to, over what was written of them before.

    `tasks` are all of the lake, where they are known: no attempt makes one more.

    Raises:
        LakeError: if the lake can't be read or written.
    """
    lake = open_lake(lake_url)
    names = sorted(set(environments))
    job = begin(lake, "prove", {"environments": names, "rules": RULES_VERSION}, reads=READS, order=ORDER)
    snapshot = job.work.snapshot
    known = every_task(snapshot) if tasks is None else tasks
    proven = [found for environment in names for found in _of(snapshot, environment, known)]
    reports = [_written(job.work, bucket, names, proven) for bucket in range(snapshot.buckets)]
    came = Counter(f"other actions: {outcome.kind}" for each in proven for outcome in each.outcomes)
    tried = [each for each in proven if each.composed]
    if tried:
        came["composed tasks tried, of those"] = len(tried)
        came["composed tasks proven, of those"] = sum(bool(each.instructions) for each in tried)
    return job.finish([*reports, Report(counts=dict(came))])


def _of(snapshot: Snapshot, environment: str, tasks: Iterable[Task]) -> Iterator[Proven]:
    """What was tried in an environment: tasks, then those that were composed of them."""
    attempts, parts = Attempts(snapshot, environment), dict[str, Part]()
    for task in tasks:
        found = proven_of(task, attempts, environment)
        if found is not None:
            yield found
            if found.part is not None:
                parts[found.part.name] = found.part
    for name in attempts.composed():
        first, then = (parts.get(part) for part in name.split(AND, 1))
        both = None if first is None or then is None else together(first, then)
        found = None if both is None else proven_of(both, attempts, environment)
        if found is not None:
            yield found


def _written(work: Work, bucket: int, environments: list[str], proven: list[Proven]) -> Report:
    """The rows of a bucket: all proofs of these environments anew, and the instructions and labels that are new."""
    buckets = work.snapshot.buckets
    proofs = [row for each in proven for row in each.proofs if bucket_of(row.trajectory_id, buckets) == bucket]
    instructions = {
        row.instruction_id: row
        for each in proven
        for row in each.instructions
        if bucket_of(row.trajectory_id, buckets) == bucket
    }
    labels = {
        row.label_id: row for each in proven for row in each.labels if bucket_of(row.trajectory_id, buckets) == bucket
    }
    added, removed = _replaced(work, bucket, environments, proofs)
    added += _new(work, "instructions", "instruction_id", instructions, bucket)
    added += _new(work, "labels", "label_id", labels, bucket)
    return Report(tuple(added), tuple(removed), _counts(proofs))


def _replaced(
    work: Work, bucket: int, environments: list[str], proofs: list[Proof]
) -> tuple[list[DataFile], list[DataFile]]:
    held = work.snapshot.read("proofs", bucket=bucket)
    other = held.filter(pc.invert(pc.is_in(held["environment"], value_set=pa.array(environments, pa.string()))))
    rows = pa.concat_tables([other, table_of(Proof, proofs).cast(other.schema)])
    before, after = (sorted(table.to_pylist(), key=lambda row: str(row["proof_id"])) for table in (held, rows))
    if before == after:
        return [], []
    removed = list(work.snapshot.files_of("proofs", bucket=bucket))
    return list(write_sorted(work.snapshot.url, "proofs", rows, bucket=bucket)), removed


def _new(
    work: Work, table: str, name: str, rows: dict[str, Instruction] | dict[str, Label], bucket: int
) -> list[DataFile]:
    known = set(work.snapshot.read(table, bucket=bucket, columns=[name])[name].to_pylist())
    fresh = [row for each, row in sorted(rows.items()) if each not in known]
    return list(write_sorted(work.snapshot.url, table, fresh, bucket=bucket))


def _counts(proofs: list[Proof]) -> dict[str, int]:
    counts: Counter[str] = Counter(f"{row.lane}: {row.verdict}" for row in proofs)
    by_task: dict[str, list[Proof]] = {}
    for row in proofs:
        by_task.setdefault(row.instruction_id, []).append(row)
    counts["tasks tried"] += len(by_task)
    counts["tasks proven"] += sum(is_proven({row.lane: row.verdict for row in rows}) for rows in by_task.values())
    return dict(counts)
