"""What each step could be: one row a (step, instruction, use), with its role before duplicates are looked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import polars as pl
import pyarrow as pa

from pipelines.agree.verdicts import refused_of, scored_apart_from_the_goal, scores_of, verdicts
from pipelines.curate.config import CurationConfig
from pipelines.curate.roles.gates import GATES, StepKey, unreachable
from pipelines.curate.roles.phrasings import family, passed_over
from pipelines.curate.roles.planted import tainted
from pipelines.curate.roles.proofs import Outcome, wrong_steps
from pipelines.curate.roles.roles import group_roles, roles
from pipelines.lake.episodes import sentences_of
from schemas.actions import ACTIONS, POINT_FIELDS
from schemas.arrow import kind_of
from schemas.keys import fraction, key, plain_text

RULES_VERSION = "c10"
LEVELS = {"sft": "high", "kto": "high", "dpo": "high", "rl": "high", "grounding": "low"}
"""The uses, and the level of the instructions that each looks at."""

AIMED = frozenset({"rl", "dpo"})
"""The uses that take a rollout for its goal."""

USES = tuple(sorted(LEVELS))
NO_INSTRUCTION = "no instruction"

_TEXTS = frozenset(kind_of(kind) for kind in ACTIONS if kind.text_field is not None)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules look at, of one bucket: rows of the tables of that name; `states` of one rules version."""

    trajectories: pa.Table
    steps: pa.Table
    states: pa.Table
    instructions: pa.Table
    labels: pa.Table
    unreadable: frozenset[str] = frozenset()
    """Screens that are missing, or can't be decoded."""
    failed: Mapping[str, frozenset[StepKey]] = field(default_factory=dict)
    """Steps that fail a gate, by its column."""
    planted: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Planted passages by episode, where no label tells of them."""
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    """What experiments say of an instruction, where they say anything."""


def candidates(facts: Facts, config: CurationConfig) -> pa.Table:
    """Every step once an instruction of the use's level whose run holds it, or once without any.

    A step of a rollout of a group has one row more in `rl` and in `dpo`: that of the goal, which has no instruction.

    Columns: `CANDIDATES`. `alone` are rows that are compared with no other; `prompt`, in `dpo` alone,
    is what a row answers to: the sentence and the state. `plain` is the key of the instruction's words,
    `rank` says how good a row is among its duplicates, the lower the better: by the score of its episode, then by how
    many steps its instruction needs. Both, and what was done between which states, are null for what no dataset will
    hold. `cost` is that of a negative that was tried. Sorted by trajectory, step, use, instruction.
    """
    columns = ["trajectory_id", "app", "licence", "width", "height", "group", "goal", "truncated", "steps"]
    known = pl.DataFrame(flat(facts.trajectories).select(columns))
    known = known.with_columns(goal=pl.when(pl.col("group").is_not_null()).then("goal"))
    steps = step_rows(facts.steps, facts.states, known, unreadable=facts.unreadable, failed=facts.failed)
    sentences, wrong = sentences_of(facts.instructions), refused_of(facts.labels)
    covered = _covered(steps, sentences)
    covered = covered.join(
        verdicts(facts.labels),
        left_on=["trajectory_id", "step_index", "family"],
        right_on=["trajectory_id", "step_index", "instruction_id"],
        how="left",
        maintain_order="left",
    ).join(scores_of(facts.labels), on="trajectory_id", how="left", maintain_order="left")
    covered = scored_apart_from_the_goal(covered, sentences, facts.labels).join(
        wrong_steps(facts.labels),
        on=["trajectory_id", "step_index", "instruction_id"],
        how="left",
        maintain_order="left",
    )
    spoiled = tainted(facts.steps, facts.instructions, facts.labels, facts.planted)
    covered = covered.join(spoiled.steps, on=["trajectory_id", "step_index"], how="left", maintain_order="left")
    cut_off = unreachable(sentences, facts.steps, facts.states).with_columns(unreachable=pl.lit(True))
    covered = covered.join(
        cut_off, on=["trajectory_id", "step_index", "instruction_id"], how="left", maintain_order="left"
    ).with_columns(
        pl.col("unreachable").fill_null(False),
        broken_off=pl.col("truncated") & (pl.col("last_step") >= pl.col("steps").cast(pl.Int32) - 1),
    )
    covered = covered.with_columns(
        refused=pl.col("instruction_id").is_in(wrong) | pl.col("family").is_in(wrong),
        passed_over=pl.col("instruction_id").is_in(passed_over(sentences, wrong, config)),
        repeats=pl.any_horizontal(pl.col("instruction_id", "family").is_in(sorted(spoiled.instructions))),
        rank=_rank(pl.col("path").list.len()),
        unlucky=_unlucky(covered, config),
        proof=pl.col("family").replace_strict(facts.outcomes, default=None, return_dtype=pl.String),
        plain=_plain(covered["text"]),
        aimed=_plain(covered["goal"]),
    )
    nothing = {name: pl.lit(None, CANDIDATES[name]) for name in _NULLS}
    aimed = steps.filter(pl.col("goal").is_not_null())
    aimed = (
        aimed.join(
            verdicts(facts.labels, aimed=True), on=["trajectory_id", "step_index"], how="left", maintain_order="left"
        )
        .join(scores_of(facts.labels), on="trajectory_id", how="left", maintain_order="left")
        .join(spoiled.steps, on=["trajectory_id", "step_index"], how="left", maintain_order="left")
        .with_columns(**nothing, **dict.fromkeys(("refused", "passed_over", "repeats"), pl.lit(False)))
        .with_columns(plain=_plain(aimed["goal"]), rank=_rank(pl.lit(0)), alone=pl.lit(True))
    )
    never = {name: pl.lit(False) for name in ("unreachable", "broken_off")}
    aimed = aimed.with_columns(**never, unlucky=_unlucky(aimed, config))
    parts = []
    for use, level in LEVELS.items():
        mine = covered.filter(pl.col("level") == level).with_columns(alone=pl.lit(use == "dpo"))
        role, rule = roles(use, config)
        parts.append(mine.with_columns(_prompt(use), use=pl.lit(use), role=role, rule=rule))
        bare = steps.join(mine, on=["trajectory_id", "step_index"], how="anti", maintain_order="left")
        if use in AIMED:
            role, rule = group_roles(config) if use == "rl" else roles("goal", config)
            parts.append(aimed.with_columns(_prompt(use), use=pl.lit(use), role=role, rule=rule))
            bare = bare.filter(pl.col("goal").is_null())
        dropped = {"role": pl.lit("dropped"), "rule": pl.lit(NO_INSTRUCTION)}
        parts.append(bare.with_columns(**nothing, use=pl.lit(use), **dropped))
    rows = pl.concat([part.select(CANDIDATES.names()) for part in parts])
    rows = rows.sort("trajectory_id", "step_index", "use", "instruction_id", nulls_last=True)
    held = pl.col("role").is_in(["target", "negative"]) | ((pl.col("use") == "dpo") & (pl.col("role") == "context"))
    blank = [pl.when(held).then(pl.col(name)).otherwise(None).alias(name) for name in _COMPARED]
    return rows.with_columns(*blank).to_arrow(compat_level=pl.CompatLevel.oldest())


def expected_rows(facts: Facts) -> dict[str, int]:
    """How many rows each use must have: counted from instructions and steps alone, to check the ledger against."""
    known = set(facts.trajectories["trajectory_id"].to_pylist())
    steps = [
        (row["trajectory_id"], row["step_index"])
        for row in facts.steps.select(["trajectory_id", "step_index"]).to_pylist()
        if row["trajectory_id"] in known
    ]
    covers: dict[str, dict[tuple[str, int], int]] = {"high": {}, "low": {}}
    spans = sentences_of(facts.instructions).select(["trajectory_id", "level", "first_step", "last_step"]).to_pylist()
    for span in spans:
        for index in range(span["first_step"], span["last_step"] + 1):
            place = (span["trajectory_id"], index)
            covers[span["level"]][place] = covers[span["level"]].get(place, 0) + 1
    rows = {use: sum(max(1, covers[level].get(step, 0)) for step in steps) for use, level in LEVELS.items()}
    named = facts.trajectories.select(["trajectory_id", "group", "goal"]).to_pylist()
    aimed = {row["trajectory_id"] for row in named if row["group"] is not None and row["goal"] is not None}
    more = sum(step[0] in aimed and step in covers["high"] for step in steps)
    return {use: count + (more if use in AIMED else 0) for use, count in rows.items()}


def action_key(action: Mapping[str, Any], target: Mapping[str, Any] | None) -> str:
    """The key of an action without its coordinates: what was done to which element.

    Where no element is known the coordinates are all there is, and they count.
    """
    parts = {name: part for name, part in action.items() if target is None or name not in POINT_FIELDS}
    return key("action", parts, None if target is None else [target["role"], plain_text(target["name"])])


def renderable(action: Mapping[str, Any]) -> bool:
    """Whether every point of the action is known in pixels."""
    return all(action[name] is None or action[name]["x"] is not None for name in POINT_FIELDS)


def verifiable(action: Mapping[str, Any], target: Mapping[str, Any] | None) -> bool:
    """Whether a program can tell that an answer does the same: by the element's box, or by the text."""
    if action["kind"] in _TEXTS:
        return True
    return action["point"] is not None and target is not None and target["box"] is not None


CANDIDATES = pl.Schema(
    {
        "trajectory_id": pl.String,
        "step_index": pl.Int32,
        "instruction_id": pl.String,
        "use": pl.String,
        "role": pl.String,
        "rule": pl.String,
        "plain": pl.String,
        "state_before": pl.String,
        "state_after": pl.String,
        "action": pl.String,
        "rank": pl.UInt16,
        "alone": pl.Boolean,
        "prompt": pl.String,
        "cost": pl.Int32,
    }
)
_COMPARED = ("plain", "state_before", "state_after", "action", "rank", "prompt", "cost")
_NULLS = ("instruction_id", "plain", "rank", "alone", "prompt", "cost")

LONGEST, BEST = 255, 5.0
"""Steps beyond which an instruction is not longer, and the highest score."""

EDGE = 1.0
"""Pixels by which a point may lie outside of its target: boxes are rounded."""


def flat(trajectories: pa.Table) -> pa.Table:
    """The trajectories with the size of their screen as columns."""
    setting = trajectories["setting"].combine_chunks()
    for name in ("width", "height"):
        trajectories = trajectories.append_column(name, setting.field(name))
    return trajectories


def step_rows(
    steps: pa.Table,
    states: pa.Table,
    known: pl.DataFrame,
    *,
    unreadable: frozenset[str] = frozenset(),
    failed: Mapping[str, frozenset[StepKey]] = MappingProxyType({}),
) -> pl.DataFrame:
    """A row a step of a known trajectory with what the rules ask of it."""
    sizes = {name: (width, height) for name, width, height in known.select("trajectory_id", "width", "height").rows()}
    rows = []
    columns = ["trajectory_id", "step_index", "before", "after", "action", "target", "result"]
    for batch in steps.select(columns).to_batches(max_chunksize=1_024):
        for row in batch.to_pylist():
            if row["trajectory_id"] not in sizes:
                continue
            action, target = row["action"], row["target"]
            place = (row["trajectory_id"], row["step_index"])
            rows.append(
                {
                    "trajectory_id": row["trajectory_id"],
                    "step_index": row["step_index"],
                    "action": action_key(action, target),
                    "has_screen": row["before"] is not None and row["before"]["screen"] is not None,
                    "readable": row["before"] is None or row["before"]["screen"] not in unreadable,
                    "finished": row["after"] is not None,
                    "worked": row["result"] == "ok",
                    "renderable": renderable(action),
                    "verifiable": verifiable(action, target),
                    "points": target is not None and action["point"] is not None,
                    **{gate.column: place not in failed.get(gate.column, ()) for gate in GATES},
                    "inside": inside(action, target),
                    "shown": shown(target, sizes[row["trajectory_id"]]),
                }
            )
    frame = pl.DataFrame(rows, schema=_STEP).join(known, on="trajectory_id", how="inner", maintain_order="left")
    seen = pl.DataFrame(states.select(["trajectory_id", "step_index", "side", "screen", "content"]))
    state = pl.coalesce("content", pl.format("screen {}", "screen"))
    for side in ("before", "after"):
        part = seen.filter(pl.col("side") == side).select("trajectory_id", "step_index", state.alias(f"state_{side}"))
        frame = frame.join(part, on=["trajectory_id", "step_index"], how="left", maintain_order="left")
    return frame


_STEP = {
    "trajectory_id": pl.String,
    "step_index": pl.Int32,
    "action": pl.String,
    "has_screen": pl.Boolean,
    "readable": pl.Boolean,
    "finished": pl.Boolean,
    "worked": pl.Boolean,
    "renderable": pl.Boolean,
    "verifiable": pl.Boolean,
    "points": pl.Boolean,
    **{gate.column: pl.Boolean for gate in GATES},
    "inside": pl.Boolean,
    "shown": pl.Boolean,
}


def inside(action: Mapping[str, Any], target: Mapping[str, Any] | None) -> bool:
    """Whether the action points into the box of its target; true where one of both is not known."""
    point = action["point"]
    if point is None or point["x"] is None or target is None or target["box"] is None:
        return True
    box = target["box"]
    across = box["x"] - EDGE <= point["x"] <= box["x"] + box["width"] + EDGE
    return bool(across and box["y"] - EDGE <= point["y"] <= box["y"] + box["height"] + EDGE)


def shown(target: Mapping[str, Any] | None, size: tuple[int, int]) -> bool:
    """Whether any of the target is on a screen of that size; true where its box is not known."""
    if target is None or target["box"] is None:
        return True
    box = target["box"]
    across = box["x"] < size[0] and box["x"] + box["width"] > 0
    return bool(across and box["y"] < size[1] and box["y"] + box["height"] > 0)


def _covered(steps: pl.DataFrame, instructions: pa.Table) -> pl.DataFrame:
    """A row for each step of each instruction's run."""
    columns = [
        "trajectory_id",
        "instruction_id",
        "kind",
        "parent_id",
        "level",
        "text",
        "first_step",
        "last_step",
        "path",
    ]
    spans = pl.DataFrame(instructions.select(columns))
    spans = spans.with_columns(
        family=family(),
        step_index=pl.int_ranges("first_step", pl.col("last_step") + 1, dtype=pl.Int32),
        first_on_path=pl.col("path").list.first(),
    ).explode("step_index", empty_as_null=False)
    spans = spans.with_columns(on_path=pl.col("step_index").is_in(pl.col("path")))
    return spans.join(steps, on=["trajectory_id", "step_index"], how="inner", maintain_order="left")


def _prompt(use: str) -> pl.Expr:
    """What a row of `dpo` answers to: coordinates mean the same on screens of one size, in one app."""
    asked = pl.format("{} {}x{} {} {}", "app", "width", "height", "plain", "state_before")
    return (asked if use == "dpo" else pl.lit(None, pl.String)).alias("prompt")


def _plain(texts: pl.Series) -> pl.Series:
    """The key of each text as it is compared."""
    known: dict[str, str] = {}
    for text in texts.drop_nulls().unique().to_list():
        known[text] = key("plain", plain_text(text))
    return pl.Series([known.get(text) for text in texts.to_list()], dtype=pl.String)


def _rank(length: pl.Expr) -> pl.Expr:
    """How good a row is among its duplicates, from 0: by the score of its episode, then by what its instruction needs.

    An episode without a score stands in the middle.
    """
    score = (pl.col("score").fill_null(BEST / 2).clip(0, BEST) / BEST * 255).round().cast(pl.UInt16)
    return (255 - score) * 256 + (LONGEST - length.clip(0, LONGEST).cast(pl.UInt16))


def _unlucky(covered: pl.DataFrame, config: CurationConfig) -> pl.Series:
    """Whether an episode is passed over by its score: of those of score s, s in five pass."""
    if config.sampling == "all":
        return pl.Series([False] * covered.height, dtype=pl.Boolean)
    chance = {
        name: fraction("sampling", config.split_seed, name) for name in covered["trajectory_id"].unique().to_list()
    }
    drawn = (chance[name] for name in covered["trajectory_id"].to_list())
    scores = covered["score"].fill_null(BEST).to_list()
    return pl.Series([share >= score / BEST for share, score in zip(drawn, scores, strict=True)], dtype=pl.Boolean)
