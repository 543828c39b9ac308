"""Agree: what several labelers said becomes the opinion of one, where a rule holds; needs no graph."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import cast

import polars as pl

from pipelines.agree.calibration import of_one_version
from pipelines.agree.ensembles import Ensemble, Member, Rule, combined
from pipelines.lake.delta import Snapshot, open_lake
from pipelines.lake.writing import write_sorted
from pipelines.running.jobs import Job, Summary, begin
from pipelines.running.work import Report
from schemas.errors import LakeError
from schemas.opinions import Label

READS = ("labels",)


def agree(lake_url: str, labelers: Sequence[tuple[str, str | None]], rule: Rule) -> Summary:
    """Writes the ensemble's labels on what it has not judged yet; without a version, a labeler's only one is meant.

    Raises:
        ConfigurationError: if a labeler has no labels, or several versions and none is named; or they can't agree.
        LakeError: if the lake can't be read or written, or there is nothing that two of them judged.
    """
    lake = open_lake(lake_url)
    every = cast(pl.DataFrame, pl.from_arrow(lake.snapshot().read("labels", columns=_NAMED)))
    members = tuple(Member(name, of_one_version(every, name, version)[0]) for name, version in labelers)
    ensemble = Ensemble(members, rule)
    configuration = {"labeler": ensemble.name, "version": ensemble.version}
    job = begin(lake, "agree", configuration, reads=READS, order=READS, writer=f"agree {ensemble.name}")
    fresh = ((bucket, _unknown(job.work.snapshot, bucket, ensemble)) for bucket in range(lake.buckets))
    done = add_labels(job, fresh, _counted_as)
    mine = (pl.col("labeler") == ensemble.name) & (pl.col("labeler_version") == ensemble.version)
    if not done.changed and not every.filter(mine).height:
        raise LakeError(
            f"{ensemble.name}: no two of the labelers judged the same in a trajectory that all of them have looked at: "
            "annotate the same trajectories by each"
        )
    return done


def _unknown(snapshot: Snapshot, bucket: int, ensemble: Ensemble) -> list[Label]:
    """What the ensemble says of a bucket and has not said yet."""
    labels = snapshot.read("labels", bucket=bucket)
    known = set(labels["label_id"].to_pylist())
    return [label for label in combined(labels, ensemble) if label.label_id not in known]


def add_labels(job: Job, fresh: Iterable[tuple[int, Sequence[Label]]], counted_as: Callable[[Label], str]) -> Summary:
    """Writes labels, bucket by bucket, commits them and counts them: the end of a job that adds nothing else."""
    reports = [
        Report(write_sorted(job.lake.url, "labels", labels, bucket=bucket), (), Counter(map(counted_as, labels)))
        for bucket, labels in fresh
    ]
    return job.finish(reports)


def _counted_as(label: Label) -> str:
    return f"{label.subject}: {label.verdict}, {label.rule}"


_NAMED = ["labeler", "labeler_version", "rule"]
