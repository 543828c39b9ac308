"""Runs of steps that recur over the episodes of an app, by what was done to which element."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
import pyarrow as pa

from labelers.askers.handbook import Act, RecurringRun
from labelers.rules.planted import passages_in
from schemas.identity import stable_text
from schemas.keys import plain_text

LEAST, SHORTEST, LONGEST = 3, 2, 6
"""Episodes that a run must be in, and the fewest and the most steps that it has."""

MOST = 100
"""Runs of one app: those that save most steps, that is in most episodes and longest."""

NAME_LIMIT = 80
"""Characters of an element's name; a longer one is content and no name."""

_NUMBER = re.compile(r"\d+")
_PLACE = ("app", "trajectory_id", "step_index")


def recurring(trajectories: pa.Table, steps: pa.Table, *, least: int = LEAST) -> list[RecurringRun]:
    """The runs that at least so many episodes of an app hold, those that save most steps first.

    A run has no gap, and every step of it worked. One that is part of a longer one in as many episodes is left out,
    and so is one that does the same thing again and again. The order of the rows says nothing.
    """
    acts = _acts(trajectories, steps)
    by_length: list[pl.DataFrame] = []
    for length in range(SHORTEST, LONGEST + 1):
        runs = _of_length(acts, length, least)
        if not runs.height:
            break
        by_length.append(runs)
    every = [_run(row, length) for length, runs in enumerate(by_length, SHORTEST) for row in runs.to_dicts()]
    held: dict[tuple[str, tuple[Act, ...]], int] = {}
    for run in every:
        for part in (run.acts[1:], run.acts[:-1]):
            held[run.app, part] = max(held.get((run.app, part), 0), run.episodes)
    closed = [run for run in every if held.get((run.app, run.acts)) != run.episodes and len(set(run.acts)) > 1]
    ranked = sorted(closed, key=lambda run: (run.app, -run.episodes * (len(run.acts) - 1), -len(run.acts), run.key))
    kept: list[RecurringRun] = []
    for run in ranked:
        if sum(other.app == run.app for other in kept) < MOST:
            kept.append(run)
    return kept


def _acts(trajectories: pa.Table, steps: pa.Table) -> pl.DataFrame:
    """A row a step that worked: its act, and the stretch without a gap that it is in."""
    apps = pl.DataFrame(trajectories.select(["trajectory_id", "app"])).unique()
    action, target = (steps[name].combine_chunks() for name in ("action", "target"))
    rows = pl.DataFrame(steps.select(["trajectory_id", "step_index", "result", "continuous"])).with_columns(
        kind=pl.Series(action.field("kind"), dtype=pl.String),
        keys=pl.Series(action.field("keys"), dtype=pl.String),
        role=pl.Series(target.field("role"), dtype=pl.String),  # of a missing target it may be anything
        name=pl.Series(target.field("name"), dtype=pl.String),
        has_target=pl.Series(target.is_valid(), dtype=pl.Boolean),
    )
    names = rows["name"].drop_nulls().unique().to_list()
    known = {name: _named(name) for name in names}
    said = pl.when("has_target").then(pl.col("name").replace_strict(known, default=None, return_dtype=pl.String))
    rows = rows.with_columns(name=said.otherwise(pl.col("keys")), role=pl.when("has_target").then("role"))
    worked = pl.col("result") == "ok"
    breaks = ~worked | ~pl.col("continuous") | ~worked.shift(1, fill_value=True).over("trajectory_id")
    rows = rows.join(apps, on="trajectory_id").sort(*_PLACE)
    return (
        rows.with_columns(stretch=breaks.cast(pl.Int64).cum_sum().over("trajectory_id"))
        .filter(worked)
        .with_columns(act=pl.struct("kind", "role", "name"))
    )


def _of_length(acts: pl.DataFrame, length: int, least: int) -> pl.DataFrame:
    """A row a run of that length that recurs: its acts, and where it is."""
    group = ["trajectory_id", "stretch"]
    names = [f"act_{place}" for place in range(length)]
    runs = acts.with_columns(
        pl.col("act").shift(-place).over(group).alias(name) for place, name in enumerate(names)
    ).filter(pl.col("step_index").shift(1 - length).over(group).is_not_null())
    counted = runs.group_by("app", *names).agg(
        episodes=pl.col("trajectory_id").n_unique(),
        times=pl.len(),
        trajectory_id=pl.col("trajectory_id").first(),  # rows lie in order of trajectories and steps
        first_step=pl.col("step_index").first(),
    )
    return counted.filter(pl.col("episodes") >= least)


def _run(row: Mapping[str, Any], length: int) -> RecurringRun:
    acts = tuple(Act(**row[f"act_{place}"]) for place in range(length))
    return RecurringRun(row["app"], acts, row["episodes"], row["times"], row["trajectory_id"], row["first_step"])


def _named(name: str) -> str | None:
    """An element's name as runs compare it: without clocks, case and numbers.

    A long text is content and no name, and one that gives orders to an agent is not to stand in a handbook.
    """
    plain = _NUMBER.sub("#", plain_text(stable_text(name)))
    return plain if 0 < len(plain) <= NAME_LIMIT and not any(passages_in(name)) else None


def markdown(entries: Sequence[Mapping[str, Any]]) -> str:
    """The handbook as Markdown: a section an app, an entry a run."""
    lines = ["# Handbook", ""]
    app = None
    for entry in entries:
        if entry["app"] != app:
            app = entry["app"]
            lines += [f"## {_escaped(app)}", ""]
        lines += [
            f"### {_escaped(entry['name'])}",
            "",
            _escaped(entry["procedure"]),
            "",
            f"{len(entry['acts'])} steps, in {entry['episodes']} episodes, {entry['times']} times; "
            f"first in `{entry['trajectory_id']}` at step {entry['first_step']}.",
            "",
        ]
    return "\n".join(lines).rstrip() + "\n"


_MARKS = re.compile(r"([\\`*_{}\[\]<>#|!])")


def _escaped(text: str) -> str:
    """What pages and models say, as one line that Markdown shows as it stands."""
    return _MARKS.sub(r"\\\1", " ".join(text.split()))


def spoken(act: Mapping[str, Any]) -> str:
    """An act in words, for a run that no model named."""
    element = " ".join(part for part in (act["role"], f"“{act['name']}”" if act["name"] else None) if part)
    return f"{act['kind']} {element}".strip()
