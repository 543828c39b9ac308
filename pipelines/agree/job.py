"""Agree: what several labelers said becomes the opinion of one, where a rule holds; needs no graph."""

import time
from collections.abc import Sequence
from typing import cast

import polars as pl

from pipelines.agree.calibration import of_one_version
from pipelines.agree.ensembles import Ensemble, Member, Rule, combined
from pipelines.annotate.opinions import add_labels
from pipelines.lake.delta import Snapshot, open_lake
from pipelines.running.work import Summary, begin
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
    fresh = ((bucket, _unknown(work.snapshot, bucket, ensemble)) for bucket in range(lake.buckets))
    return add_labels(
        lake, work, f"agree {ensemble.name}", fresh, _counted_as, configuration, started=started, reads=READS
    )


def _unknown(snapshot: Snapshot, bucket: int, ensemble: Ensemble) -> list[Label]:
    """What the ensemble says of a bucket and has not said yet."""
    labels = snapshot.read("labels", bucket=bucket)
    known = set(labels["label_id"].to_pylist())
    return [one for one in combined(labels, ensemble) if one.label_id not in known]


def _counted_as(one: Label) -> str:
    return f"{one.subject}: {one.verdict}, {one.rule}"


_NAMED = ["labeler", "labeler_version", "rule"]
