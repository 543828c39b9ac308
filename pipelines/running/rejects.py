"""What a job can't use: rows that say what was left out, and why."""

from collections.abc import Sequence

from pipelines.lake.delta import DataFile
from pipelines.lake.writing import write_sorted
from pipelines.running.work import Work
from schemas.choices import Reject
from schemas.tables import TABLES


def write_rejects(work: Work, bucket: int, rejects: Sequence[Reject]) -> tuple[DataFile, ...]:
    """The file of those rejects that are not in the ledger yet."""
    identity = TABLES["rejects"].identity
    held = work.snapshot.read("rejects", bucket=bucket, columns=identity)
    known = {tuple(row[name] for name in identity) for row in held.to_pylist()}
    fresh = {(each.job, each.subject, each.rule): each for each in rejects}
    rows = [each for name, each in sorted(fresh.items()) if name not in known]
    return write_sorted(work.snapshot.url, "rejects", rows, bucket=bucket)
