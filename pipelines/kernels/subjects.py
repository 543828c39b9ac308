"""What rows hang on: their instructions, the states whose screens they show, and the walks that they are from."""

from collections.abc import Mapping, Set

import polars as pl
import pyarrow as pa

from schemas.identity import canonical_location

INSTRUCTIONS = {
    "instruction_id": pl.String,
    "trajectory_id": pl.String,
    "app": pl.String,
    "start": pl.String,
    "plain": pl.String,
    "text": pl.String,
    "template": pl.String,
}
MARKS = {"instruction_id": pl.String, "state": pl.String}


def instructions_of(
    candidates: pa.Table, instructions: pa.Table, trajectories: pa.Table, templates: Mapping[str, str | None]
) -> pl.DataFrame:
    """The instructions of the rows that a dataset may hold; `templates` are those of the tasks, by id."""
    held = pl.DataFrame(candidates.select(["instruction_id", "plain"])).filter(pl.col("plain").is_not_null()).unique()
    walks = pl.DataFrame(trajectories.select(["trajectory_id", "app", "start", "task_id"])).with_columns(
        pl.col("start").map_elements(canonical_location, return_dtype=pl.String),
        pl.col("task_id").map_elements(templates.get, return_dtype=pl.String).alias("template"),
    )
    texts = pl.DataFrame(instructions.select(["instruction_id", "trajectory_id", "text"]))
    found = texts.join(held, on="instruction_id").join(walks, on="trajectory_id")
    return found.select(INSTRUCTIONS.keys()).sort("instruction_id")


def marks_of(candidates: pa.Table) -> pl.DataFrame:
    """Which instruction's rows show which state: the one before each step, and the one after the last."""
    rows = pl.DataFrame(candidates.select(["instruction_id", "plain", "state_before", "state_after"]))
    rows = rows.filter(pl.col("plain").is_not_null())
    shown = [rows.select("instruction_id", state=name) for name in ("state_before", "state_after")]
    return pl.concat(shown).filter(pl.col("state").is_not_null()).unique().sort("instruction_id", "state")


def sights_of(states: pa.Table, trajectories: pa.Table, wanted: Set[str]) -> pl.DataFrame:
    """One sight of each wanted state: its app, structure, and the first of its screens."""
    seen = pl.DataFrame(states.select(["trajectory_id", "screen", "structure", "content"]))
    apps = pl.DataFrame(trajectories.select(["trajectory_id", "app"]))
    state = pl.coalesce("content", pl.format("screen {}", "screen"))
    rows = seen.filter(pl.col("screen").is_not_null()).with_columns(state=state).join(apps, on="trajectory_id")
    rows = rows.filter(pl.col("state").is_in(sorted(wanted)))
    return rows.group_by("state", "app").agg(pl.col("screen").min(), pl.col("structure").min()).sort("state", "app")


def launchers_of(states: pa.Table) -> list[str]:
    """The states with which episodes begin, which tell nothing of what is done in them."""
    first = pl.DataFrame(states.select(["step_index", "side", "screen", "content"])).filter(
        (pl.col("step_index") == 0) & (pl.col("side") == "before")
    )
    state = pl.coalesce("content", pl.format("screen {}", "screen"))
    return first.select(state.alias("state"))["state"].drop_nulls().unique().sort().to_list()
