"""The first stage of `curate`, per bucket: fingerprints, states, what each step could be, and what that hangs on."""

from collections.abc import Iterator, Mapping

import apache_beam as beam
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.curation import CurationConfig
from pipelines.jobs.running import Report, Work, write_chunks
from pipelines.jobs.states import bucket_states
from pipelines.kernels import ledger, subjects
from pipelines.kernels.candidates import Facts, candidates, expected_rows
from pipelines.kernels.fingerprints import RULES_VERSION as FINGERPRINT_VERSION
from pipelines.kernels.fingerprints import fingerprints
from pipelines.lake import DataFile
from pipelines.screens import Screens
from schemas.arrow import table_of
from schemas.choices import Fingerprint

CHOSEN = "chosen"
"""The stage, and the folder of its candidates."""


class ChooseFn(beam.DoFn):
    """Does the stage for a bucket, unless it was done; yields the bucket under a key that all share."""

    def __init__(self, work: Work, config: CurationConfig) -> None:
        self._work, self._config = work, config

    def process(self, bucket: int) -> Iterator[tuple[int, int]]:
        if not self._work.is_done(bucket, stage=CHOSEN):
            choose_bucket(self._work, self._config, bucket)
        yield 0, bucket


def choose_bucket(work: Work, config: CurationConfig, bucket: int) -> None:
    """Writes candidates, instructions, marks and sights of a bucket, and leaves its report."""
    snapshot = work.snapshot
    pictures, drawn, counts = _fingerprint(work, bucket)
    steps = snapshot.read("steps", bucket=bucket)
    states, added = bucket_states(work, bucket, steps)
    facts = Facts(
        trajectories=snapshot.read("trajectories", bucket=bucket),
        steps=steps,
        states=states,
        instructions=snapshot.read("instructions", bucket=bucket),
        labels=snapshot.read("labels", bucket=bucket),
    )
    found = candidates(facts, config)
    expected = expected_rows(facts)
    ledger.balance(expected, found, where=f"bucket {bucket}")
    parts: Mapping[str, pa.Table | pl.DataFrame] = {
        CHOSEN: found,
        "instructions": subjects.instructions_of(found, facts.instructions, facts.trajectories, _templates(work)),
        "marks": subjects.marks_of(found),
        "sights": subjects.sights_of(states, steps, facts.trajectories, pictures),
        "walks": subjects.walks_of(facts),
        "launchers": _column(subjects.launchers_of(states)),
        "logins": _column(subjects.logins_of(states, snapshot.read("trees", bucket=bucket, columns=["tree", "nodes"]))),
    }
    for name, rows in parts.items():
        work.hand_over(name, bucket, rows)
    report = Report((*drawn, *added), (), {**counts, "rows expected": sum(expected.values())})
    work.leave(bucket, report, stage=CHOSEN)


def _fingerprint(work: Work, bucket: int) -> tuple[pa.Table, tuple[DataFile, ...], dict[str, int]]:
    """The fingerprints of all screens under today's rules, and the files of those that the lake did not have."""
    held = work.snapshot.read("fingerprints", bucket=bucket)
    held = held.filter(pc.field("rules_version") == FINGERPRINT_VERSION)
    known = set(held["screen"].to_pylist())
    screens = Screens(work.snapshot, bucket)
    found = fingerprints((screen, screens.data(screen)) for screen in screens if screen not in known)
    ranked = sorted(found, key=lambda one: one.screen)
    files = write_chunks(work, "fingerprints", ((one, 4_096) for one in ranked), Fingerprint, bucket=bucket)
    broken = sum(one.error is not None for one in found)
    counts = {"screens fingerprinted": len(found), "screens that can't be decoded": broken}
    return pa.concat_tables([held, table_of(Fingerprint, ranked)]), files, counts


def _column(states: list[str]) -> pl.DataFrame:
    return pl.DataFrame({"state": states}, schema={"state": pl.String})


def _templates(work: Work) -> dict[str, str | None]:
    tasks = work.snapshot.read("tasks", columns=["task_id", "template"])
    return dict(zip(tasks["task_id"].to_pylist(), tasks["template"].to_pylist(), strict=True))
