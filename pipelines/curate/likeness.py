"""The middle stage of `curate`: what is nearly the same, what hangs together, and what a benchmark holds.

It sees small rows of the whole lake: a line an instruction and a line a state, no steps, no trees and no images; so one
worker does it, once.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

import polars as pl

from pipelines.curate import stages
from pipelines.curate.config import CurationConfig
from pipelines.curate.duplicates.duplicates import WAS_IN
from pipelines.curate.meaning import near_in_meaning, notes_of
from pipelines.curate.roles.phrasings import family
from pipelines.curate.roles.rollouts import advantages
from pipelines.curate.selection.components import stars
from pipelines.curate.selection.splits import sides
from pipelines.curate.similarity.contamination import HITS, hits
from pipelines.curate.similarity.near import EDGES, near_states, near_walks, near_words
from pipelines.curate.similarity.near import RULES_VERSION as NEAR_VERSION
from pipelines.curate.stages import Curation, Stage
from pipelines.curate.tightening import TIERS, cut_edges
from pipelines.lake.delta import DataFile
from pipelines.lake.parquet import parquet_bytes
from pipelines.lake.writing import write_sorted
from pipelines.running.work import Report, Work
from schemas.choices import Edge, Split
from schemas.keys import bucket_of, content_id, key
from schemas.visual import is_blank


def liken(curation: Curation, _: int, buckets: Iterable[int]) -> Iterator[int]:
    """Does the stage once all buckets are there, unless it was done; yields each of them."""
    if not curation.work.is_done(0, stage=Stage.LIKEN):
        compare(curation)
    yield from sorted(buckets)


def compare(curation: Curation) -> None:
    """Hands over what stands for what, the sides of all instructions and benchmarks' hits, and writes the edges.

    Where the curation is made from another one nothing is compared: the edges are that one's, as far as the thresholds
    leave them.
    """
    work, config, source = curation.work, curation.config, curation.shelf.source
    instructions, marks, sights, walks = (
        pl.DataFrame(work.handed(part)) for part in (stages.INSTRUCTIONS, stages.MARKS, stages.SIGHTS, stages.WALKS)
    )
    homes = _homes(instructions, sights, walks)
    meanings: Mapping[str, int] = {}
    if source is None:
        near, meanings = _compared(curation, instructions, sights, walks)
    else:
        near = cut_edges(work.snapshot, source, config, {kind: _inner(homes[kind]) for kind in TIERS})
    words = _standing(pl.concat([near["near instruction"], near["near meaning"]]))
    states, twins = (_standing(near[kind]) for kind in ("near screen", "near trajectory"))
    telling = marks.filter(~pl.col("state").is_in(_untelling(work, sights)))
    before = _of_families(published(work, curation.name), instructions)
    represented = _standing_in(instructions, "plain", words), _standing_in(telling, "state", states)
    split = sides(*represented, config, before=before)
    joined = split.rows.select("instruction_id", "joined").iter_rows()
    was = [before[name] if was_elsewhere else None for name, was_elsewhere in joined]
    rows = split.rows.select("instruction_id", "split").with_columns(was=pl.Series(was, dtype=pl.String))
    work.hand_over(stages.SIDES, rows)
    work.hand_over(stages.SHARED, _with_members(split.shared, states))
    work.hand_over(stages.HITS, _hits(work, config, instructions, telling))
    work.hand_over(stages.ALIKE_WORDS, words)
    work.hand_over(stages.ALIKE_STATES, states)
    work.hand_over(stages.TWINS, _named(twins, walks))
    rewards = pl.DataFrame(work.handed(stages.REWARDS))
    work.hand_over(stages.ADVANTAGES, advantages(rewards, config.advantage))
    add = _write_edges(work, curation.name, near, homes)
    counts = {kind: edges.height for kind, edges in near.items()}
    notes = (*split.missing.values(), *notes_of(meanings, config))
    work.leave(0, Report(add, (), {**counts, **meanings, **split.counts}, notes), stage=Stage.LIKEN)


def _untelling(work: Work, sights: pl.DataFrame) -> list[str]:
    """The states that make no two rows hang together: those that episodes begin with, blank ones, and logins."""
    named = {state for part in (stages.LAUNCHERS, stages.LOGINS) for state in work.handed(part)["state"].to_pylist()}
    looks = sights.select("state", "tiles").drop_nulls()
    blank = {state for state, tiles in looks.iter_rows() if is_blank(tiles)}
    return sorted(named | blank)


def _compared(
    curation: Curation, instructions: pl.DataFrame, sights: pl.DataFrame, walks: pl.DataFrame
) -> tuple[dict[str, pl.DataFrame], Mapping[str, int]]:
    """The edges of each kind that is looked for, and the counts of those by vectors."""
    config, empty = curation.config, pl.DataFrame(schema=EDGES)
    meant, counts = near_in_meaning(curation, instructions) if config.embedding else (empty, {})
    edges = {
        "near instruction": near_words(instructions, similarity=config.instruction_similarity)
        if config.near_instructions
        else empty,
        "near meaning": meant,
        "near screen": _near_states(curation, sights) if config.near_states else empty,
        "near trajectory": near_walks(walks, similarity=config.trajectory_similarity)
        if config.near_trajectories
        else empty,
    }
    return edges, counts


def _near_states(curation: Curation, sights: pl.DataFrame) -> pl.DataFrame:
    """The edges between states: those of an app are found again only where something was seen in it that is new."""
    work, shelf, distance = curation.work, curation.shelf, curation.config.state_distance
    parts = [pl.DataFrame(schema=EDGES)]
    for (app,), mine in sights.sort("app", maintain_order=True).group_by("app", maintain_order=True):
        part = stages.near_states_of(app)
        rows = mine.to_arrow(compat_level=pl.CompatLevel.oldest())
        digest = key("near", NEAR_VERSION, distance, content_id(parquet_bytes(rows)))
        if shelf.take(work, part.name, 0, digest, (part,)) is None:
            work.hand_over(part, near_states(mine, distance=distance))
            shelf.put(work, part.name, 0, digest, (part,), {})
        parts.append(pl.DataFrame(work.handed(part)))
    # A state of several apps may be near another in each of them: the least distance counts.
    edges = pl.concat(parts).sort("left", "right", "distance")
    return edges.unique(["left", "right"], keep="first", maintain_order=True)


_Homes: TypeAlias = Mapping[str, tuple[str, str]]
"""For what an edge may name: its name in the lake, and a trajectory that holds it."""


def _homes(instructions: pl.DataFrame, sights: pl.DataFrame, walks: pl.DataFrame) -> Mapping[str, _Homes]:
    """The names and places of what edges of each kind join: a sentence goes by the least of its instructions."""
    columns = {
        "near instruction": (instructions, "plain", "instruction_id"),
        "near meaning": (instructions, "plain", "instruction_id"),
        "near screen": (sights, "state", "state"),
        "near trajectory": (walks, "walk", "trajectory_id"),
    }
    homes: dict[str, _Homes] = {}
    for kind, (rows, inner, outer) in columns.items():
        ordered = rows.select(inner=inner, outer=outer, home="trajectory_id").sort("inner", "outer", "home")
        first = ordered.unique("inner", keep="first", maintain_order=True)
        homes[kind] = {name: (outside, home) for name, outside, home in first.iter_rows()}
    return homes


def _inner(homes: _Homes) -> dict[str, str]:
    return {outer: inner for inner, (outer, _) in homes.items()}


def _write_edges(
    work: Work, name: str, near: Mapping[str, pl.DataFrame], homes: Mapping[str, _Homes]
) -> tuple[DataFile, ...]:
    """Writes every edge with its distance into the bucket of what it begins with."""
    by_bucket: dict[int, list[Edge]] = {}
    for kind, edges in near.items():
        for left, right, distance in edges.iter_rows():
            (outer, home), (other, _) = homes[kind][left], homes[kind][right]
            edge = Edge(name, home, kind, outer, other, distance)  # type: ignore[arg-type]
            by_bucket.setdefault(bucket_of(home, work.snapshot.buckets), []).append(edge)
    written = (
        write_sorted(work.snapshot.url, "edges", edges, bucket=bucket, curation=name)
        for bucket, edges in sorted(by_bucket.items())
    )
    return tuple(file for files in written for file in files)


def _named(twins: pl.DataFrame, walks: pl.DataFrame) -> pl.DataFrame:
    """The twins by their trajectories."""
    names = dict(walks.select("walk", "trajectory_id").iter_rows())
    return twins.select(
        trajectory_id=pl.col("member").replace_strict(names, return_dtype=pl.String),
        twin=pl.col("stands_for_it").replace_strict(names, return_dtype=pl.String),
        apart="distance",
    )


def _hits(work: Work, config: CurationConfig, instructions: pl.DataFrame, marks: pl.DataFrame) -> pl.DataFrame:
    """What a benchmark holds as well."""
    entries = pl.DataFrame(work.handed(stages.BENCHMARKS))
    if not entries.height:
        return pl.DataFrame(schema=HITS)
    said = instructions.drop("text").join(pl.DataFrame(work.handed(stages.WORDINGS)), on="instruction_id")
    looks = pl.DataFrame(work.handed(stages.SIGHTS, columns=["state", "phash256", "dhash64"]))
    shown = marks.join(looks, on="state").select("instruction_id", "phash256", "dhash64")
    hit = hits(said, shown, entries, words=config.benchmark_words)
    # A group is whole or not at all: what one of its rollouts shows is held against the others of the same goal.
    goals = instructions.filter(pl.col("kind") == "goal", pl.col("instruction_id") == pl.col("trajectory_id"))
    goals = goals.select("instruction_id", "plain")
    worst = hit.join(goals, on="instruction_id").sort("plain", "survivor", "distance").unique("plain", keep="first")
    spread = goals.join(worst.drop("instruction_id"), on="plain").select(HITS.names())
    return pl.concat([hit, spread.join(hit, on="instruction_id", how="anti")]).sort("instruction_id")


def published(work: Work, name: str) -> Mapping[str, Split]:
    """The side on which each task was, in any phrasing, in the curation of that name; each goal by its trajectory."""
    columns = ["instruction_id", "trajectory_id", "split", "rule"]
    rows = pl.DataFrame(work.snapshot.read("decisions", curation=name, columns=columns)).unique()
    prefix = WAS_IN.format("")
    drawn = pl.when(pl.col("rule").str.starts_with(prefix)).then(pl.col("rule").str.strip_prefix(prefix))
    named = pl.coalesce("instruction_id", "trajectory_id")
    held = rows.select(named, split=pl.coalesce(drawn, "split")).drop_nulls().unique()
    if not held.height:
        return {}
    said = pl.DataFrame(work.snapshot.read("instructions", columns=["instruction_id", "kind", "parent_id"]))
    families = said.filter(kind="variant").select("instruction_id", family=family()).unique()
    tasks = held.join(families, on="instruction_id", how="left").with_columns(pl.coalesce("family", "instruction_id"))
    return dict(tasks.select("family", "split").sort("family", "split").iter_rows())


def _of_families(sides: Mapping[str, Split], instructions: pl.DataFrame) -> Mapping[str, Split]:
    """The side of each instruction, from those of the tasks."""
    pairs = instructions.select("instruction_id", "family").iter_rows()
    return {name: sides[task] for name, task in pairs if task in sides}


def _standing(edges: pl.DataFrame) -> pl.DataFrame:
    """Who stands for whom: `member`, `stands_for_it` and how far apart they are."""
    standing = stars(edges.iter_rows(), within=float("inf"))
    rows = [(member, least, distance) for member, (least, distance) in sorted(standing.items())]
    schema = {"member": pl.String, "stands_for_it": pl.String, "distance": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _standing_in(rows: pl.DataFrame, column: str, alike: pl.DataFrame) -> pl.DataFrame:
    """The rows with what stands for the column's values in their place."""
    stands = dict(alike.select("member", "stands_for_it").iter_rows())
    return rows.with_columns(pl.col(column).replace(stands))


def _with_members(shared: pl.DataFrame, alike: pl.DataFrame) -> pl.DataFrame:
    """The states that several sides show, and all that they stand for, each with the side that keeps it."""
    members = alike.join(shared, left_on="stands_for_it", right_on="state").select(state="member", side="side")
    return pl.concat([shared, members]).unique().sort("state", "side")
