"""The middle stage of `curate`: what is nearly the same, what hangs together, and what a benchmark holds.

It sees small rows of the whole lake: a line an instruction and a line a state, no steps, no trees and no images; so one
worker does it, once.
"""

from collections.abc import Iterable, Iterator, Mapping

import apache_beam as beam
import polars as pl

from pipelines.curation import CurationConfig
from pipelines.jobs.running import Report, Work
from pipelines.kernels.components import stars
from pipelines.kernels.contamination import HITS, hits
from pipelines.kernels.duplicates import WAS_IN
from pipelines.kernels.splits import sides
from schemas.choices import Split

LIKENESS = "likeness"
ONCE = 0
"""What is found once for all buckets is left under the first."""


class LikenFn(beam.DoFn):
    """Does the stage once all buckets are there, unless it was done; yields each of them."""

    def __init__(self, work: Work, name: str, config: CurationConfig) -> None:
        self._work, self._name, self._config = work, name, config

    def process(self, element: tuple[int, Iterable[int]]) -> Iterator[int]:
        if not self._work.is_done(ONCE, stage=LIKENESS):
            liken(self._work, self._name, self._config)
        yield from sorted(element[1])


def liken(work: Work, name: str, config: CurationConfig) -> None:
    """Hands over which words and states stand for which others, the sides of all instructions, and benchmarks' hits."""
    instructions, marks = (pl.DataFrame(work.handed(part)) for part in ("instructions", "marks"))
    words = _standing(pl.DataFrame(schema=_STANDS))
    states = _standing(pl.DataFrame(schema=_STANDS))
    launchers = set(work.handed("launchers")["state"].to_pylist())
    telling = marks.filter(~pl.col("state").is_in(sorted(launchers)))
    before = published(work, name)
    found = sides(
        _standing_in(instructions, "plain", words), _standing_in(telling, "state", states), config, before=before
    )
    was = [before[one] if joined else None for one, joined in found.rows.select("instruction_id", "joined").iter_rows()]
    rows = found.rows.select("instruction_id", "split").with_columns(was=pl.Series(was, dtype=pl.String))
    work.hand_over("sides", ONCE, rows)
    work.hand_over("hits", ONCE, _hits(work, config, instructions, telling))
    work.hand_over("alike words", ONCE, words)
    work.hand_over("alike states", ONCE, states)
    work.leave(ONCE, Report((), (), _sizes(found.sizes)), stage=LIKENESS)


def _hits(work: Work, config: CurationConfig, instructions: pl.DataFrame, marks: pl.DataFrame) -> pl.DataFrame:
    """What a benchmark holds as well."""
    entries = pl.DataFrame(work.handed("benchmarks", ONCE))
    if not entries.height:
        return pl.DataFrame(schema=HITS)
    looks = pl.DataFrame(work.handed("sights", columns=["state", "phash256", "dhash64"]))
    shown = marks.join(looks, on="state").select("instruction_id", "phash256", "dhash64")
    return hits(instructions, shown, entries, words=config.benchmark_words)


def published(work: Work, name: str) -> Mapping[str, Split]:
    """The side on which each instruction was in the curation of that name that is in the lake."""
    columns = ["instruction_id", "split", "rule"]
    rows = pl.DataFrame(work.snapshot.read("decisions", curation=name, columns=columns)).unique()
    prefix = WAS_IN.format("")
    drawn = pl.when(pl.col("rule").str.starts_with(prefix)).then(pl.col("rule").str.strip_prefix(prefix))
    held = rows.select("instruction_id", split=pl.coalesce(drawn, "split")).drop_nulls().unique()
    return dict(held.sort("instruction_id").iter_rows())


_STANDS = pl.Schema({"left": pl.String, "right": pl.String, "distance": pl.Float64})


def _standing(edges: pl.DataFrame) -> pl.DataFrame:
    """Who stands for whom: `member`, `stands_for_it` and how far apart they are."""
    found = stars(edges.iter_rows(), within=float("inf"))
    rows = [(member, least, distance) for member, (least, distance) in sorted(found.items())]
    schema = {"member": pl.String, "stands_for_it": pl.String, "distance": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _standing_in(rows: pl.DataFrame, column: str, alike: pl.DataFrame) -> pl.DataFrame:
    """The rows with what stands for the column's values in their place."""
    stands = dict(alike.select("member", "stands_for_it").iter_rows())
    return rows.with_columns(pl.col(column).replace(stands))


def _sizes(sizes: tuple[int, ...]) -> dict[str, int]:
    """The largest components, for the ledger."""
    return {"components": len(sizes), "instructions in the largest component": sizes[0] if sizes else 0}
