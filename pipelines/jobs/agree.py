"""Agree: what several labelers said becomes the opinion of one, where a rule holds; needs no graph."""

import time
from collections import Counter
from collections.abc import Sequence
from typing import cast

import polars as pl

from pipelines.calibration import of_one_version
from pipelines.jobs.annotate import write_opinions
from pipelines.jobs.running import Report, Summary, begin, finish
from pipelines.kernels.ensembles import Ensemble, Member, Rule, combined
from pipelines.lake import open_lake
from schemas.opinions import Label

READS = ("labels",)


def agree(lake_url: str, labelers: Sequence[tuple[str, str | None]], rule: Rule) -> Summary:
    """Writes the ensemble's labels on what it has not judged yet; without a version, a labeler's only one is meant.

    Raises:
        ConfigurationError: if a labeler has no labels, or several versions and none is named; or they can't agree.
        LakeError: if the lake can't be read or written.
    """
    started = time.time()
    lake = open_lake(lake_url)
    every = cast(pl.DataFrame, pl.from_arrow(lake.snapshot().read("labels", columns=_NAMED)))
    members = tuple(Member(name, of_one_version(every, name, version)[0]) for name, version in labelers)
    ensemble = Ensemble(members, rule)
    configuration = {"labeler": ensemble.name, "version": ensemble.version}
    work = begin(lake, "agree", configuration, reads=READS)
    reports = []
    for bucket in range(lake.buckets):
        labels = work.snapshot.read("labels", bucket=bucket)
        known = set(labels["label_id"].to_pylist())
        fresh = [one for one in combined(labels, ensemble) if one.label_id not in known]
        files = write_opinions(work, "labels", Label, fresh, bucket)
        counts = Counter(f"{one.subject}: {one.verdict}, {one.rule}" for one in fresh)
        reports.append(Report(files, (), dict(sorted(counts.items()))))
    return finish(
        lake,
        work,
        writer=f"agree {ensemble.name}",
        configuration=configuration,
        order=("labels",),
        started=started,
        reports=reports,
        reads=READS,
    )


_NAMED = ["labeler", "labeler_version", "rule"]
