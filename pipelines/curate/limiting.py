"""The limits of `curate`: of each instruction, kind of task, app and label so many rows stay.

One after another, the narrowest group first: what one takes away the next does not count.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import get_args

import polars as pl
import pyarrow as pa

from pipelines.curate.config import CurationConfig
from pipelines.curate.duplicates.records import received, sent
from pipelines.curate.selection import balance, diversity
from pipelines.curate.stages import INSTRUCTIONS, KEYED, LIMITED, PAIRED, Curation
from pipelines.running.work import HandOver, Report
from schemas.choices import Role, Use

COLUMNS = {"instruction_limit": "instruction_id", "template_limit": "kind", "app_limit": "app"}
DIVERSE, KTO = "diversity_limit", "kto_balance"


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` rows of a group, which has the columns in common; of `before` what is left is handed over.

    `name` is that in the configuration.
    """

    name: str
    columns: tuple[str, ...]
    most: int
    before: HandOver

    @property
    def after(self) -> HandOver:
        """The rows that are left."""
        return LIMITED[self.name]

    @property
    def rule(self) -> str:
        """The rule of a row that is dropped."""
        return self.name.replace("_", " ")


def is_limited(config: CurationConfig) -> bool:
    """Whether any limit is set."""
    return any(getattr(config, name) for name in LIMITED)


def limits(curation: Curation) -> Iterator[Limit]:
    """The limits that are set, each to be applied before the next one is asked for."""
    config, last = curation.config, PAIRED
    for name in LIMITED:
        most = getattr(config, name)
        if name == KTO and most:
            labels = _labels(curation, last)
            most = max(int(min(labels) * most), min(labels)) if len(labels) == 2 else 0
        if most:
            columns = ("use", COLUMNS.get(name, "role"))
            yield Limit(name, columns, most, last)
            last = LIMITED[name]


def worths(curation: Curation) -> tuple[str, ...]:
    """What the limit by quality and diversity found its rows worth: a line a use and role that it was asked about."""
    if not curation.config.diversity_limit:
        return ()
    work, stages = curation.work, [_worth(f"{use}/{role}") for use in get_args(Use) for role in get_args(Role)]
    return tuple(note for stage in stages if work.is_done(0, stage=stage) for note in work.report(0, stage=stage).notes)


def read_groups(curation: Curation, limit: Limit, bucket: int) -> Iterator[tuple[int | str, bytes]]:
    """A record for each row of a bucket that may stay, by partition of its group, or by its use and role."""
    work, seed = curation.work, curation.config.split_seed
    rows = pl.DataFrame(work.handed(limit.before, bucket))
    known = pl.DataFrame(work.handed(INSTRUCTIONS, bucket, ["instruction_id", "app", "kind"]))
    rows = rows.join(known, on="instruction_id", how="left", maintain_order="left")
    rows = rows.with_columns(split=pl.when(pl.col("use") != "dpo").then("split"))  # a pair is not parted
    if limit.name == KTO:
        rows = rows.with_columns(split=pl.when(pl.col("use") == "kto").then("split"))
    if limit.name == DIVERSE:
        ranks = work.handed(KEYED, bucket, ["rank"])
        ranked = rows.with_columns(rank=pl.Series(ranks["rank"]))
        for use_and_role, mine in diversity.drawn(ranked, file=bucket, seed=seed).items():
            yield use_and_role, mine.tobytes()
        return
    yield from sent(balance.members(rows, limit.columns, file=bucket, seed=seed), work.snapshot.buckets)


def find_beyond(
    curation: Curation, limit: Limit, group: int | str, parts: Iterable[bytes]
) -> Iterator[tuple[int, bytes]]:
    """The rows of each bucket that are beyond the limit of their group."""
    if limit.name == DIVERSE:
        weight = curation.config.diversity_weight
        chosen = diversity.choose(received(parts, diversity.ROW), limit.most, weight)
        note = (
            f"{limit.rule}: {group}: {chosen.kept} of {chosen.rows} rows kept, of the mean worth "
            f"{chosen.worth_of_kept:.3f} (of all: {chosen.worth_of_all:.3f}), with diversity_weight {weight:g}"
        )
        curation.work.leave(0, Report(notes=(note,)), stage=_worth(str(group)))
        lost = chosen.lost
    else:
        lost = balance.beyond(received(parts, balance.MEMBER), limit.most)
    for bucket, rows in lost.items():
        yield bucket, pa.array(rows, pa.uint32()).buffers()[1].to_pybytes()[: 4 * len(rows)]


def cut(curation: Curation, limit: Limit, bucket: int, parts: Iterable[bytes]) -> Iterator[int]:
    """Drops the rows of a bucket that are beyond the limit, unless it was done; yields the bucket."""
    work = curation.work
    if not work.is_done(bucket, stage=limit.name):
        lost = [row for data in parts for row in memoryview(data).cast("I").tolist()]
        rows = pl.DataFrame(work.handed(limit.before, bucket))
        work.hand_over(limit.after, balance.cut(rows, sorted(lost), limit.rule), bucket)
        work.leave(bucket, Report(), stage=limit.name)
    yield bucket


def _labels(curation: Curation, rows: HandOver) -> list[int]:
    """How many rows of each label `kto` has left."""
    left = pl.DataFrame(curation.work.handed(rows, columns=["use", "role", "split"]))
    held = left.filter((pl.col("use") == "kto") & pl.col("split").is_not_null())
    return held.group_by("role").len()["len"].to_list()


def _worth(use_and_role: str) -> str:
    """Where it is left what the rows of a use and a role are worth."""
    return f"worth/{use_and_role}"
