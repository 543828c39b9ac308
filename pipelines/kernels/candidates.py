"""What each step could be: one row a (step, instruction, use), with its role before duplicates are looked for."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl
import pyarrow as pa

from labelers.questions import ENSEMBLE, GOAL, question_of
from pipelines.curation import CurationConfig
from pipelines.kernels.ensembles import DISAGREEMENT
from pipelines.kernels.planted import OBEYED, REPEATED, THOUGHT, UNSAFE, tainted
from schemas.keys import fraction, key

RULES_VERSION = "c4"
LEVELS = {"sft": "high", "kto": "high", "rl": "high", "grounding": "low"}
"""The uses, and the level of the instructions that each looks at."""

USES = tuple(sorted(LEVELS))
NO_INSTRUCTION = "no instruction"
DISAGREE = "labelers disagree"

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
    unreadable: frozenset[str] = frozenset()
    """Screens that are missing, or can't be decoded."""
    planted: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Planted passages by episode, where no label tells of them."""


def candidates(facts: Facts, config: CurationConfig) -> pa.Table:
    """Every step once an instruction of the use's level whose run holds it, or once without any.

    Columns: `NAMES`. `plain` is the key of the instruction's words, `rank` says how good a row is among its duplicates,
    the lower the better: by the score of its episode, then by how many steps its instruction needs. Both, and what was
    done between which states, are null for what no dataset will hold. Sorted by trajectory, step, use, instruction.
    """
    columns = ["trajectory_id", "app", "licence", "width", "height"]
    known = pl.DataFrame(flat(facts.trajectories).select(columns))
    steps = step_rows(facts.steps, facts.states, known, unreadable=facts.unreadable)
    covered = _covered(steps, facts.instructions)
    covered = covered.join(
        _verdicts(facts.labels), on=["trajectory_id", "step_index", "instruction_id"], how="left", maintain_order="left"
    ).join(scores_of(facts.labels), on="trajectory_id", how="left", maintain_order="left")
    spoiled = tainted(facts.steps, facts.instructions, facts.labels, facts.planted)
    covered = covered.join(spoiled.steps, on=["trajectory_id", "step_index"], how="left", maintain_order="left")
    covered = covered.with_columns(repeats=pl.col("instruction_id").is_in(sorted(spoiled.instructions)))
    covered = covered.with_columns(rank=_rank(), unlucky=_unlucky(covered, config), plain=_plain(covered["text"]))
    parts = []
    for use, level in LEVELS.items():
        mine = covered.filter(pl.col("level") == level)
        role, rule = _rules(use, config)
        parts.append(mine.with_columns(use=pl.lit(use), role=role, rule=rule).select(NAMES))
        bare = steps.join(mine, on=["trajectory_id", "step_index"], how="anti", maintain_order="left")
        nothing = {name: pl.lit(None, dtype) for name, dtype in _NULLS.items()}
        parts.append(
            bare.with_columns(**nothing, use=pl.lit(use), role=pl.lit("dropped"), rule=pl.lit(NO_INSTRUCTION)).select(
                NAMES
            )
        )
    rows = pl.concat(parts).sort("trajectory_id", "step_index", "use", "instruction_id", nulls_last=True)
    held = pl.col("role").is_in(["target", "negative"])
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


NAMES = (
    "trajectory_id",
    "step_index",
    "instruction_id",
    "use",
    "role",
    "rule",
    "plain",
    "state_before",
    "state_after",
    "action",
    "rank",
)
_COMPARED = ("plain", "state_before", "state_after", "action", "rank")
_NULLS = {"instruction_id": pl.String, "plain": pl.String, "rank": pl.UInt16}

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
    steps: pa.Table, states: pa.Table, known: pl.DataFrame, *, unreadable: frozenset[str] = frozenset()
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
    columns = ["trajectory_id", "instruction_id", "level", "text", "first_step", "last_step", "path"]
    spans = pl.DataFrame(instructions.select(columns))
    spans = spans.with_columns(
        step_index=pl.int_ranges("first_step", pl.col("last_step") + 1, dtype=pl.Int32),
        first_on_path=pl.col("path").list.first(),
    ).explode("step_index", empty_as_null=False)
    spans = spans.with_columns(on_path=pl.col("step_index").is_in(pl.col("path")))
    return spans.join(steps, on=["trajectory_id", "step_index"], how="inner", maintain_order="left")


def _verdicts(labels: pa.Table) -> pl.DataFrame:
    """For each step and instruction whether any labeler found it good, harmful or neutral, or an ensemble disagreed."""
    columns = ["trajectory_id", "subject", "first_step", "instruction_id", "verdict", "labeler", "rule"]
    mine = pl.DataFrame(labels.select(columns)).filter(
        (pl.col("subject") == "step") & pl.col("instruction_id").is_not_null()
    )
    said = {name: (pl.col("verdict") == name).any() for name in ("good", "harmful", "neutral", "abstain")}
    disputed = pl.col("labeler").str.starts_with(f"{ENSEMBLE}/") & pl.col("rule").eq_missing(DISAGREEMENT)
    places = ("trajectory_id", pl.col("first_step").alias("step_index"), "instruction_id")
    return mine.group_by(*places).agg(**said, disputed=disputed.any())


def scores_of(labels: pa.Table) -> pl.DataFrame:
    """The lowest score that any judge of how it went gave each trajectory."""
    mine = pl.DataFrame(labels.select(["trajectory_id", "subject", "score", "labeler"]))
    of_goals = [name for name in mine["labeler"].unique().to_list() if question_of(name) == GOAL]
    mine = mine.filter(pl.col("labeler").is_in(sorted(of_goals)))
    return mine.filter(pl.col("subject") == "trajectory").group_by("trajectory_id").agg(score=pl.col("score").min())


def _plain(texts: pl.Series) -> pl.Series:
    """The key of each text as it is compared."""
    known: dict[str, str] = {}
    for text in texts.unique().to_list():
        known[text] = key("plain", plain_text(text))
    return pl.Series([known[text] for text in texts.to_list()], dtype=pl.String)


def _rank() -> pl.Expr:
    """How good a row is among its duplicates, from 0: by the score of its episode, then by what its instruction needs.

    An episode without a score stands in the middle.
    """
    score = (pl.col("score").fill_null(BEST / 2).clip(0, BEST) / BEST * 255).round().cast(pl.UInt16)
    length = pl.col("path").list.len().clip(0, LONGEST).cast(pl.UInt16)
    return (255 - score) * 256 + (LONGEST - length)


def _unlucky(covered: pl.DataFrame, config: CurationConfig) -> pl.Series:
    """Whether an episode is passed over by its score: of those of score s, s in five pass."""
    if config.sampling == "all":
        return pl.Series([False] * covered.height, dtype=pl.Boolean)
    chance = {
        name: fraction("sampling", config.split_seed, name) for name in covered["trajectory_id"].unique().to_list()
    }
    drawn = (chance[name] for name in covered["trajectory_id"].to_list())
    scores = covered["score"].fill_null(BEST).to_list()
    return pl.Series([one >= score / BEST for one, score in zip(drawn, scores, strict=True)], dtype=pl.Boolean)


def _rules(use: str, config: CurationConfig) -> tuple[pl.Expr, pl.Expr]:
    """Role and rule of a step that an instruction covers; the first rule that fits."""
    good, harmful = (pl.col(name).fill_null(False) for name in ("good", "harmful"))
    low = (pl.col("score") < config.lowest_score).fill_null(False)
    neutral, abstain = (pl.col(name).fill_null(False) for name in ("neutral", "abstain"))
    licences = (
        []
        if not config.licences
        else [(~pl.col("licence").is_in(config.licences).fill_null(False), "dropped", "licence not allowed")]
    )
    disputed = [(pl.col("disputed").fill_null(False), "dropped", DISAGREE)]
    planted = [
        (pl.col("repeats"), "dropped", REPEATED),
        *((pl.col("spoiled").eq_missing(rule), "dropped", rule) for rule in (OBEYED, UNSAFE, THOUGHT)),
    ]
    usable = [
        (~pl.col("has_screen"), "dropped", "no screen before"),
        (~pl.col("readable"), "dropped", "screen can't be read"),
        (~pl.col("renderable"), "dropped", "no place in pixels"),
        (~pl.col("shown"), "dropped", "target not on the screen"),
    ]
    right = [
        (~pl.col("finished"), "dropped", "the recording broke off"),
        (~pl.col("worked"), "dropped", "the action did not work"),
        (~pl.col("inside"), "dropped", "point outside its target"),
    ]
    path: list[tuple[pl.Expr, str, str]] = [
        *planted,
        *licences,
        (low, "dropped", "low trajectory score"),
        (pl.col("unlucky"), "dropped", "passed over by its score"),
        (~pl.col("on_path"), "context", "off the path"),
        *disputed,
        (harmful, "dropped", "labelled harmful"),
    ]
    rules: list[tuple[pl.Expr, str, str]]
    match use:
        case "sft":
            rules, last = [*path, *right, *usable], ("target", "on the path")
        case "rl":
            rules = [*path, (~pl.col("verifiable"), "dropped", "no verifiable ground truth"), *right, *usable]
            last = ("target", "on the path")
        case "kto":
            rules = [
                *planted,
                *licences,
                *usable,
                *disputed,
                (good & harmful, "dropped", DISAGREE),
                (harmful, "negative", "labelled harmful"),
                (good & low, "dropped", "low trajectory score"),
                (good & pl.col("unlucky"), "dropped", "passed over by its score"),
                *((good & condition, role, rule) for condition, role, rule in right),
                (good, "target", "labelled good"),
                (neutral, "dropped", "labelled neutral"),
                (abstain, "dropped", "labelers abstain"),
            ]
            last = ("dropped", "no verdict")
        case _:
            rules = [
                *planted,
                *licences,
                *disputed,
                (harmful, "dropped", "labelled harmful"),
                (neutral & ~good, "dropped", "labelled neutral"),
                (~pl.col("points"), "dropped", "no target to point at"),
                *right,
                *usable,
            ]
            last = ("target", "its own step")
    role, rule = pl.lit(last[0]), pl.lit(last[1])
    for condition, its_role, its_rule in reversed(rules):
        role = pl.when(condition).then(pl.lit(its_role)).otherwise(role)
        rule = pl.when(condition).then(pl.lit(its_rule)).otherwise(rule)
    return role, rule
