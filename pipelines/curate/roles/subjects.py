"""What rows hang on: their instructions, the states whose screens they show, and the walks that they are from."""

import zlib
from collections.abc import Mapping
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.agree.verdicts import scores_of
from pipelines.curate.roles.candidates import BEST, Facts, flat, step_rows
from pipelines.curate.roles.phrasings import family
from schemas.identity import canonical_location

INSTRUCTIONS: dict[str, Any] = {
    "instruction_id": pl.String,
    "trajectory_id": pl.String,
    "app": pl.String,
    "start": pl.String,
    "plain": pl.String,
    "text": pl.String,
    "kind": pl.String,
    "template": pl.String,
    "family": pl.String,
    "parts": pl.List(pl.String),
}
MARKS = {"instruction_id": pl.String, "state": pl.String}


def instructions_of(
    candidates: pa.Table, instructions: pa.Table, trajectories: pa.Table, templates: Mapping[str, str | None]
) -> pl.DataFrame:
    """The instructions of the rows that a dataset may hold.

    `kind` is the rule or prompt that wrote it, `family` the task that it is or is a phrasing of; `templates` are those
    of the tasks that episodes were given, by id, `parts` the instructions that a composed one was made of. The goal of
    a rollout is one too: its id and its family are the trajectory's id, and its kind is `goal`.
    """
    rows = pl.DataFrame(candidates.select(["instruction_id", "trajectory_id", "plain"]))
    rows = rows.filter(pl.col("plain").is_not_null())
    held = rows.select("instruction_id", "plain").drop_nulls().unique()
    aimed = rows.filter(pl.col("instruction_id").is_null()).select("trajectory_id", "plain").unique()
    walks = pl.DataFrame(trajectories.select(["trajectory_id", "app", "start", "task_id", "goal"])).with_columns(
        pl.col("start").map_elements(canonical_location, return_dtype=pl.String),
        pl.col("task_id").map_elements(templates.get, return_dtype=pl.String).alias("template"),
    )
    columns = ["instruction_id", "trajectory_id", "text", "template", "kind", "parent_id", "parts"]
    texts = pl.DataFrame(instructions.select(columns)).with_columns(family=family())
    texts = texts.drop("kind").rename({"template": "kind"})
    written = texts.join(held, on="instruction_id").join(walks, on="trajectory_id")
    goals = aimed.join(walks, on="trajectory_id").with_columns(
        instruction_id="trajectory_id",
        family="trajectory_id",
        text="goal",
        kind=pl.lit("goal"),
        parts=pl.lit(None, INSTRUCTIONS["parts"]),
    )
    return pl.concat([part.select(INSTRUCTIONS.keys()) for part in (written, goals)]).sort("instruction_id")


def wordings_of(sentences: pl.DataFrame, instructions: pa.Table) -> pl.DataFrame:
    """All that the instructions found could say: their own words and those of all phrasings of the same task."""
    columns = ["instruction_id", "kind", "parent_id", "text"]
    said = pl.DataFrame(instructions.select(columns)).select("text", family=family())
    wordings = sentences.select("instruction_id", "family").join(said, on="family").select("instruction_id", "text")
    own = sentences.select("instruction_id", "text")  # a goal is in no table of instructions
    return pl.concat([wordings, own]).unique().sort("instruction_id", "text")


def marks_of(candidates: pa.Table) -> pl.DataFrame:
    """Which instruction's rows show which state: the one before each step, and the one after the last."""
    rows = pl.DataFrame(candidates.select(["instruction_id", "trajectory_id", "plain", "state_before", "state_after"]))
    rows = rows.filter(pl.col("plain").is_not_null())
    rows = rows.with_columns(instruction_id=pl.coalesce("instruction_id", "trajectory_id"))
    shown = [rows.select("instruction_id", state=name) for name in ("state_before", "state_after")]
    return pl.concat(shown).filter(pl.col("state").is_not_null()).unique().sort("instruction_id", "state")


def sights_of(states: pa.Table, steps: pa.Table, trajectories: pa.Table, pictures: pa.Table) -> pl.DataFrame:
    """A sight of each state in each app, with what its picture looks like: the first of its screens.

    `volatile` are the boxes that change by themselves wherever the state was seen: by what their text says, and by a
    second look. `width` and `height` are the screen's, `pictures` the rows of `fingerprints`.
    """
    apps = pl.DataFrame(flat(trajectories).select(["trajectory_id", "app", "width", "height"]))
    seen = pl.DataFrame(
        states.select(["trajectory_id", "step_index", "side", "screen", "structure", "content", "volatile"])
    )
    looked = pl.concat([_second_looks(steps, side) for side in ("before", "after")])
    rows = (
        seen.filter(pl.col("screen").is_not_null())
        .join(looked, on=["trajectory_id", "step_index", "side"], how="left")
        .join(apps, on="trajectory_id")
        .with_columns(
            state=pl.coalesce("content", pl.format("screen {}", "screen")),
            volatile=pl.col("volatile").list.concat(pl.col("looked").fill_null([])),
        )
    )
    first = rows.sort("state", "app", "screen", "trajectory_id", "step_index", "side").group_by(
        "state", "app", maintain_order=True
    )
    sights = first.agg(
        *(pl.col(name).first() for name in ("trajectory_id", "screen", "structure", "width", "height")),
        volatile=pl.col("volatile").explode(empty_as_null=False).unique(maintain_order=True),
    )
    looks = pl.DataFrame(pictures.select(["screen", "phash64", "phash256", "dhash64", "tiles"]))
    return sights.join(looks, on="screen", how="left", maintain_order="left")


def _second_looks(steps: pa.Table, side: str) -> pl.DataFrame:
    """The boxes that a second look found to change by themselves, on that side of each step."""
    seen = steps[side].combine_chunks()
    return pl.DataFrame(steps.select(["trajectory_id", "step_index"])).with_columns(
        side=pl.lit(side), looked=pl.Series(seen.field("volatile"))
    )


def walks_of(facts: Facts) -> pl.DataFrame:
    """The walk of each trajectory that belongs to no group of rollouts: its states and actions in turn.

    `walk` begins with how good it is, so that the least is the best: by its score, then by its steps, then its id.
    """
    alone = facts.trajectories.filter(pc.is_null(facts.trajectories["group"]))
    known = pl.DataFrame(flat(alone).select(["trajectory_id", "app", "licence", "width", "height"]))
    steps = step_rows(facts.steps, facts.states, known).sort("trajectory_id", "step_index")
    scores = scores_of(facts.labels)
    tokens = pl.concat_list(pl.format("{} {}", "app", pl.col("state_before").fill_null("?")), pl.col("action"))
    walks = steps.group_by("trajectory_id", maintain_order=True).agg(
        tokens=tokens.explode(), steps=pl.len(), last=pl.col("state_after").last().fill_null("?")
    )
    walks = walks.join(scores, on="trajectory_id", how="left", maintain_order="left")
    better = (BEST - pl.col("score").fill_null(BEST / 2).clip(0, BEST)) / BEST * 999
    rank = pl.format(
        "{}{}", _padded(better.round().cast(pl.Int64), 3), _padded((9_999 - pl.col("steps").clip(0, 9_999)), 4)
    )
    return walks.select(
        "trajectory_id",
        walk=pl.format("{}/{}", rank, "trajectory_id"),
        tokens=pl.concat_list("tokens", "last"),
    )


def _padded(number: pl.Expr, digits: int) -> pl.Expr:
    return number.cast(pl.String).str.pad_start(digits, "0")


def launchers_of(states: pa.Table, trajectories: pa.Table) -> list[str]:
    """The states with which episodes begin, which tell nothing of what is done in them; an attempt begins anywhere."""
    whole = trajectories.filter(pc.is_null(trajectories["lane"]))["trajectory_id"].to_pylist()
    first = pl.DataFrame(states.select(["trajectory_id", "step_index", "side", "screen", "content"])).filter(
        (pl.col("step_index") == 0) & (pl.col("side") == "before") & pl.col("trajectory_id").is_in(whole)
    )
    state = pl.coalesce("content", pl.format("screen {}", "screen"))
    return first.select(state.alias("state"))["state"].drop_nulls().unique().sort().to_list()


def logins_of(states: pa.Table, trees: pa.Table) -> list[str]:
    """The states that ask for a password, which tell nothing of what is done behind them; `trees` are compressed."""
    asking = [
        tree
        for tree, nodes in zip(trees["tree"].to_pylist(), trees["nodes"].to_pylist(), strict=True)
        if b'"password"' in zlib.decompress(nodes)
    ]
    rows = pl.DataFrame(states.select(["tree", "content"])).filter(pl.col("tree").is_in(asking))
    return rows["content"].drop_nulls().unique().sort().to_list()
