"""The limits of `curate`: of each instruction, kind of task, app and label so many rows stay.

One after another, the narrowest group first: what one takes away the next does not count.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import get_args

import apache_beam as beam
import polars as pl
import pyarrow as pa

from pipelines.curate.config import CurationConfig
from pipelines.curate.deciding import KEYED
from pipelines.curate.duplicates import exact
from pipelines.curate.pairing import PAIRED
from pipelines.curate.selection import balance, diversity
from pipelines.running.work import Report, Work
from schemas.choices import Role, Use

COLUMNS = {"instruction_limit": "instruction_id", "template_limit": "kind", "app_limit": "app"}
KTO = "kto balance"
DIVERSE = "diversity limit"
ONCE = 0
"""What is left once for all buckets is left under the first."""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` rows of a group, which has the columns in common; `stage` is where what is left is handed over."""

    rule: str
    columns: tuple[str, ...]
    most: int
    stage: str
    before: str


def is_limited(config: CurationConfig) -> bool:
    """Whether any limit is set."""
    return bool(config.kto_balance or config.diversity_limit or any(getattr(config, name) for name in COLUMNS))


def limits(work: Work, config: CurationConfig, run: Callable[[Limit], None]) -> str:
    """Runs the limits that are set, and returns the stage that handed over what is left."""
    last = PAIRED
    for name, column in COLUMNS.items():
        most = getattr(config, name)
        if most:
            limit = Limit(name.replace("_", " "), ("use", column), most, name, last)
            run(limit)
            last = limit.stage
    if config.diversity_limit:
        limit = Limit(DIVERSE, ("use", "role"), config.diversity_limit, "diversity_limit", last)
        run(limit)
        last = limit.stage
    if config.kto_balance:
        counts = _labels(work, last)
        if len(counts) == 2:
            most = int(min(counts.values()) * config.kto_balance)
            limit = Limit(KTO, ("use", "role"), max(most, min(counts.values())), "kto_balance", last)
            run(limit)
            last = limit.stage
    return last


def worths(work: Work, config: CurationConfig) -> tuple[str, ...]:
    """What the limit by quality and diversity found its rows worth: a line a use and role that it was asked about."""
    if not config.diversity_limit:
        return ()
    stages = [_worth(f"{use}/{role}") for use in get_args(Use) for role in get_args(Role)]
    return tuple(
        note for stage in stages if work.is_done(ONCE, stage=stage) for note in work.report(ONCE, stage=stage).notes
    )


def limit_graph(pipeline: beam.Pipeline, work: Work, config: CurationConfig, limit: Limit) -> None:
    """The graph of one limit."""
    buckets = pipeline | "Every bucket" >> beam.Create(range(work.snapshot.buckets))
    lost = (
        buckets
        | "Read the groups" >> beam.ParDo(_GroupFn(work, config, limit))
        | "By group" >> beam.GroupByKey()
        | "Find what is beyond" >> beam.ParDo(_BeyondFn(work, config, limit))
    )
    nothing = buckets | "Every one" >> beam.Map(_nothing)
    _ = (
        (lost, nothing)
        | "All of a bucket" >> beam.Flatten()
        | "By bucket" >> beam.GroupByKey()
        | "Cut" >> beam.ParDo(_CutFn(work, limit))
    )


class _GroupFn(beam.DoFn):
    def __init__(self, work: Work, config: CurationConfig, limit: Limit) -> None:
        self._work, self._config, self._limit = work, config, limit

    def process(self, bucket: int) -> Iterator[tuple[int | str, bytes]]:
        rows = pl.DataFrame(self._work.handed(self._limit.before, bucket))
        known = pl.DataFrame(self._work.handed("instructions", bucket, ["instruction_id", "app", "kind"]))
        rows = rows.join(known, on="instruction_id", how="left", maintain_order="left")
        rows = rows.with_columns(split=pl.when(pl.col("use") != "dpo").then("split"))  # a pair is not parted
        if self._limit.rule == KTO:
            rows = rows.with_columns(split=pl.when(pl.col("use") == "kto").then("split"))
        if self._limit.rule == DIVERSE:
            ranks = self._work.handed(KEYED, bucket, ["rank"])
            ranked = rows.with_columns(rank=pl.Series(ranks["rank"]))
            for group, mine in diversity.drawn(ranked, file=bucket, seed=self._config.split_seed).items():
                yield group, exact.pack(mine, diversity.ROW)
            return
        found = balance.members(rows, self._limit.columns, file=bucket, seed=self._config.split_seed)
        for partition, part in exact.partitions(found, self._work.snapshot.buckets).items():
            yield partition, exact.pack(part, balance.MEMBER)


class _BeyondFn(beam.DoFn):
    def __init__(self, work: Work, config: CurationConfig, limit: Limit) -> None:
        self._work, self._limit, self._weight = work, limit, config.diversity_weight

    def process(self, element: tuple[int | str, Iterable[bytes]]) -> Iterator[tuple[int, bytes]]:
        if self._limit.rule == DIVERSE:
            drawn = [exact.unpack(data, diversity.ROW) for data in element[1]]
            chosen = diversity.choose(drawn, self._limit.most, self._weight)
            found, use_and_role = chosen.lost, str(element[0])
            self._work.leave(ONCE, Report(notes=(self._told(use_and_role, chosen),)), stage=_worth(use_and_role))
        else:
            parts = [exact.unpack(data, balance.MEMBER) for data in element[1]]
            found = balance.beyond(parts, self._limit.most)
        for bucket, rows in found.items():
            yield bucket, pa.array(rows, pa.uint32()).buffers()[1].to_pybytes()[: 4 * len(rows)]

    def _told(self, use_and_role: str, chosen: diversity.Chosen) -> str:
        return (
            f"{DIVERSE}: {use_and_role}: {chosen.kept} of {chosen.rows} rows kept, of the mean worth "
            f"{chosen.worth_of_kept:.3f} (of all: {chosen.worth_of_all:.3f}), with diversity_weight {self._weight:g}"
        )


class _CutFn(beam.DoFn):
    def __init__(self, work: Work, limit: Limit) -> None:
        self._work, self._limit = work, limit

    def process(self, element: tuple[int, Iterable[bytes]]) -> None:
        bucket, parts = element
        work, limit = self._work, self._limit
        if work.is_done(bucket, stage=limit.stage):
            return
        lost = [row for data in parts for row in memoryview(data).cast("I").tolist()]
        rows = pl.DataFrame(work.handed(limit.before, bucket))
        work.hand_over(limit.stage, bucket, balance.cut(rows, sorted(lost), limit.rule))
        work.leave(bucket, Report(), stage=limit.stage)


def _labels(work: Work, stage: str) -> dict[str, int]:
    """How many rows of each label `kto` has left."""
    rows = pl.DataFrame(work.handed(stage, columns=["use", "role", "split"]))
    held = rows.filter((pl.col("use") == "kto") & pl.col("split").is_not_null())
    return dict(held.group_by("role").len().sort("role").iter_rows())


def _worth(use_and_role: str) -> str:
    """The stage that leaves what the rows of a use and a role are worth."""
    return f"worth/{use_and_role}"


def _nothing(bucket: int) -> tuple[int, bytes]:
    return bucket, b""
