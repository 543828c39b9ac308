"""What each step could be: one row a (step, instruction, use), with its role before duplicates are looked for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl
import pyarrow as pa

from pipelines.curation import CurationConfig
from schemas.choices import Split
from schemas.keys import fraction, key

RULES_VERSION = "c1"
LEVELS = {"sft": "high", "kto": "high", "rl": "high", "grounding": "low"}
"""The uses, and the level of the instructions that each looks at."""

USES = tuple(sorted(LEVELS))
NO_INSTRUCTION = "no instruction"

_SPACE = re.compile(r"\s+")
_POINTS = ("point", "start", "end")
_TEXTS = frozenset({"type", "select", "key"})


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules look at, of one bucket: rows of the tables of that name; `states` of one rules version."""

    trajectories: pa.Table
    steps: pa.Table
    states: pa.Table
    instructions: pa.Table
    labels: pa.Table


def candidates(facts: Facts, config: CurationConfig, *, by_app: bool) -> pa.Table:
    """Every step once an instruction of the use's level whose run holds it, or once without any.

    Columns: those of `decisions` without `curation` and `survivor`, and `pair`, the key of (instruction, state,
    action) that tells whether two verdicts contradict each other. Sorted by trajectory, step, use, instruction.
    """
    known = pl.DataFrame(facts.trajectories.select(["trajectory_id", "app"]))
    steps = _steps(facts.steps, facts.states).join(known, on="trajectory_id", how="inner", maintain_order="left")
    covered = _covered(steps, facts.instructions)
    covered = covered.join(
        _verdicts(facts.labels), on=["trajectory_id", "step_index", "instruction_id"], how="left", maintain_order="left"
    ).join(_scores(facts.labels), on="trajectory_id", how="left", maintain_order="left")
    parts = []
    for use, level in LEVELS.items():
        mine = covered.filter(pl.col("level") == level)
        role, rule = _rules(use, config)
        parts.append(mine.with_columns(use=pl.lit(use), role=role, rule=rule).select(_PLAIN))
        bare = steps.join(mine, on=["trajectory_id", "step_index"], how="anti", maintain_order="left")
        nothing = {name: pl.lit(None, dtype) for name, dtype in _NULLS.items()}
        parts.append(
            bare.with_columns(**nothing, use=pl.lit(use), role=pl.lit("dropped"), rule=pl.lit(NO_INSTRUCTION)).select(
                _PLAIN
            )
        )
    rows = pl.concat(parts).sort("trajectory_id", "step_index", "use", "instruction_id", nulls_last=True)
    return _keyed(rows, _splits(covered, config, by_app=by_app))


def expected_rows(facts: Facts) -> dict[str, int]:
    """How many rows each use must have: counted from instructions and steps alone, to check the ledger against."""
    known = set(facts.trajectories["trajectory_id"].to_pylist())
    steps = [
        (row["trajectory_id"], row["step_index"])
        for row in facts.steps.select(["trajectory_id", "step_index"]).to_pylist()
        if row["trajectory_id"] in known
    ]
    covers: dict[str, dict[tuple[str, int], int]] = {"high": {}, "low": {}}
    spans = facts.instructions.select(["trajectory_id", "level", "first_step", "last_step"]).to_pylist()
    for span in spans:
        for index in range(span["first_step"], span["last_step"] + 1):
            place = (span["trajectory_id"], index)
            covers[span["level"]][place] = covers[span["level"]].get(place, 0) + 1
    return {use: sum(max(1, covers[level].get(step, 0)) for step in steps) for use, level in LEVELS.items()}


def plain_text(text: str) -> str:
    """An instruction as it is compared: white space folded, in small letters."""
    return _SPACE.sub(" ", text).strip().casefold()


def action_key(action: Mapping[str, Any], target: Mapping[str, Any] | None) -> str:
    """The key of an action without its coordinates: what was done to which element.

    Where no element is known the coordinates are all there is, and they count.
    """
    parts = {name: part for name, part in action.items() if target is None or name not in _POINTS}
    return key("action", parts, None if target is None else [target["role"], plain_text(target["name"])])


def renderable(action: Mapping[str, Any]) -> bool:
    """Whether every point of the action is known in pixels."""
    return all(action[name] is None or action[name]["x"] is not None for name in _POINTS)


def verifiable(action: Mapping[str, Any], target: Mapping[str, Any] | None) -> bool:
    """Whether a program can tell that an answer does the same: by the element's box, or by the text."""
    if action["kind"] in _TEXTS:
        return True
    return action["point"] is not None and target is not None and target["box"] is not None


def split_of(group: str, config: CurationConfig) -> Split:
    """The split that a group of rows belongs to: it depends on the group and the seed alone."""
    share = fraction("split", config.split_seed, group)
    if share < config.test:
        return "test"
    return "validation" if share < config.test + config.validation else "train"


_NULLS = {"instruction_id": pl.String, "text": pl.String}
_PLAIN = (
    "trajectory_id",
    "step_index",
    "instruction_id",
    "use",
    "role",
    "rule",
    "text",
    "state_before",
    "state_after",
    "action",
)


def _steps(steps: pa.Table, states: pa.Table) -> pl.DataFrame:
    """A row a step with what the rules ask of it."""
    rows = []
    columns = ["trajectory_id", "step_index", "before", "after", "action", "target"]
    for batch in steps.select(columns).to_batches(max_chunksize=1_024):
        for row in batch.to_pylist():
            rows.append(
                {
                    "trajectory_id": row["trajectory_id"],
                    "step_index": row["step_index"],
                    "action": action_key(row["action"], row["target"]),
                    "has_screen": row["before"] is not None and row["before"]["screen"] is not None,
                    "renderable": renderable(row["action"]),
                    "verifiable": verifiable(row["action"], row["target"]),
                    "points": row["target"] is not None and row["action"]["point"] is not None,
                }
            )
    frame = pl.DataFrame(rows, schema=_STEP)
    seen = pl.DataFrame(states.select(["trajectory_id", "step_index", "side", "screen", "structure", "content"]))
    state = pl.coalesce("content", pl.format("screen {}", "screen"))
    for side in ("before", "after"):
        part = seen.filter(pl.col("side") == side).select(
            "trajectory_id",
            "step_index",
            state.alias(f"state_{side}"),
            pl.col("structure").alias(f"structure_{side}"),
        )
        frame = frame.join(part, on=["trajectory_id", "step_index"], how="left", maintain_order="left")
    return frame


_STEP = {
    "trajectory_id": pl.String,
    "step_index": pl.Int32,
    "action": pl.String,
    "has_screen": pl.Boolean,
    "renderable": pl.Boolean,
    "verifiable": pl.Boolean,
    "points": pl.Boolean,
}


def _covered(steps: pl.DataFrame, instructions: pa.Table) -> pl.DataFrame:
    """A row for each step of each instruction's run."""
    columns = ["trajectory_id", "instruction_id", "level", "text", "first_step", "last_step", "path"]
    spans = pl.DataFrame(instructions.select(columns))
    spans = spans.with_columns(
        step_index=pl.int_ranges("first_step", pl.col("last_step") + 1, dtype=pl.Int32),
        first_on_path=pl.col("path").list.first(),
    ).explode("step_index", empty_as_null=False)
    spans = spans.with_columns(on_path=pl.col("step_index").is_in(pl.col("path")))
    return spans.join(steps, on=["trajectory_id", "step_index"], how="inner", maintain_order="left")


def _verdicts(labels: pa.Table) -> pl.DataFrame:
    """For each step and instruction whether any labeler found it good, harmful or neutral."""
    mine = pl.DataFrame(labels.select(["trajectory_id", "subject", "first_step", "instruction_id", "verdict"])).filter(
        (pl.col("subject") == "step") & pl.col("instruction_id").is_not_null()
    )
    said = {name: (pl.col("verdict") == name).any() for name in ("good", "harmful", "neutral", "abstain")}
    return mine.group_by("trajectory_id", pl.col("first_step").alias("step_index"), "instruction_id").agg(**said)


def _scores(labels: pa.Table) -> pl.DataFrame:
    """The lowest score that any judge gave each trajectory."""
    mine = pl.DataFrame(labels.select(["trajectory_id", "subject", "score"]))
    return mine.filter(pl.col("subject") == "trajectory").group_by("trajectory_id").agg(score=pl.col("score").min())


def _rules(use: str, config: CurationConfig) -> tuple[pl.Expr, pl.Expr]:
    """Role and rule of a step that an instruction covers; the first rule that fits."""
    good, harmful = (pl.col(name).fill_null(False) for name in ("good", "harmful"))
    low = (pl.col("score") < config.lowest_score).fill_null(False)
    unusable = [
        (~pl.col("has_screen"), "dropped", "no screen before"),
        (~pl.col("renderable"), "dropped", "no place in pixels"),
    ]
    rules: list[tuple[pl.Expr, str, str]]
    match use:
        case "sft":
            rules = [
                (low, "dropped", "low trajectory score"),
                (~pl.col("on_path"), "context", "off the path"),
                (harmful, "dropped", "labelled harmful"),
                *unusable,
            ]
            last = ("target", "on the path")
        case "rl":
            rules = [
                (low, "dropped", "low trajectory score"),
                (~pl.col("on_path"), "context", "off the path"),
                (harmful, "dropped", "labelled harmful"),
                (~pl.col("verifiable"), "dropped", "no verifiable ground truth"),
                *unusable,
            ]
            last = ("target", "on the path")
        case "kto":
            rules = [
                *unusable,
                (good & harmful, "dropped", "labelers disagree"),
                (harmful, "negative", "labelled harmful"),
                (good & low, "dropped", "low trajectory score"),
                (good, "target", "labelled good"),
                (pl.col("neutral").fill_null(False), "dropped", "labelled neutral"),
                (pl.col("abstain").fill_null(False), "dropped", "labelers abstain"),
            ]
            last = ("dropped", "no verdict")
        case _:
            neutral = pl.col("neutral").fill_null(False) & ~good
            rules = [
                (harmful, "dropped", "labelled harmful"),
                (neutral, "dropped", "labelled neutral"),
                (~pl.col("points"), "dropped", "no target to point at"),
                *unusable,
            ]
            last = ("target", "its own step")
    role, rule = pl.lit(last[0]), pl.lit(last[1])
    for condition, its_role, its_rule in reversed(rules):
        role = pl.when(condition).then(pl.lit(its_role)).otherwise(role)
        rule = pl.when(condition).then(pl.lit(its_rule)).otherwise(rule)
    return role, rule


def _splits(covered: pl.DataFrame, config: CurationConfig, *, by_app: bool) -> dict[str, Split]:
    """The split of each instruction: by app, or by the state in which it starts."""
    first = covered.filter(pl.col("step_index") == pl.col("first_on_path"))
    group = pl.col("app") if by_app else pl.coalesce("structure_before", "trajectory_id")
    pairs = first.select("instruction_id", group.alias("group")).unique(maintain_order=True)
    return {row["instruction_id"]: split_of(row["group"], config) for row in pairs.to_dicts()}


def _keyed(rows: pl.DataFrame, splits: Mapping[str, Split]) -> pa.Table:
    """Adds split, key and pair to the rows that a dataset may hold."""
    keys: list[str | None] = []
    pairs: list[str | None] = []
    split: list[str | None] = []
    columns = ("use", "role", "text", "state_before", "state_after", "action", "instruction_id")
    texts: dict[str, str] = {}
    for use, role, text, before, after, action, instruction in rows.select(columns).iter_rows():
        if role not in ("target", "negative"):
            keys.append(None)
            pairs.append(None)
            split.append(None)
            continue
        plain = texts.setdefault(text, plain_text(text))
        keys.append(key("step", RULES_VERSION, use, role, plain, before, action, after))
        pairs.append(key("pair", RULES_VERSION, plain, before, action) if use == "kto" else None)
        split.append(splits.get(instruction))
    return (
        rows.select("trajectory_id", "step_index", "instruction_id", "use", "role", "rule")
        .with_columns(
            split=pl.Series(split, dtype=pl.String),
            key=pl.Series(keys, dtype=pl.String),
            pair=pl.Series(pairs, dtype=pl.String),
        )
        .to_arrow(compat_level=pl.CompatLevel.oldest())
    )
