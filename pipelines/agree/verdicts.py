"""What labelers say of steps, instructions and episodes, put together for the rules."""

import polars as pl
import pyarrow as pa

from labelers.askers import question_of
from labelers.kit.questions import ENSEMBLE, GOAL, PROCESS
from pipelines.agree.ensembles import DISAGREEMENT

INSTEAD = ("hindsight", "missing stop")
"""The templates of the tasks that an episode did whose goal was missed."""


def verdicts(labels: pa.Table, *, aimed: bool = False) -> pl.DataFrame:
    """For each step and instruction, or its goal: did any labeler find it good, harmful, neutral; was it disputed."""
    of_goal = pl.col("instruction_id").is_null()
    columns = ["trajectory_id", "subject", "first_step", "instruction_id", "verdict", "labeler", "rule"]
    mine = pl.DataFrame(labels.select(columns)).filter((pl.col("subject") == "step") & (of_goal if aimed else ~of_goal))
    said = {name: (pl.col("verdict") == name).any() for name in ("good", "harmful", "neutral", "abstain")}
    votes = [(pl.col("verdict") == name).sum() for name in ("good", "harmful", "neutral")]
    said["agreement"] = pl.max_horizontal(*votes) / pl.sum_horizontal(*votes)
    disputed = pl.col("labeler").str.starts_with(f"{ENSEMBLE}/") & pl.col("rule").eq_missing(DISAGREEMENT)
    relative = [] if aimed else ["instruction_id"]
    return mine.group_by("trajectory_id", pl.col("first_step").alias("step_index"), *relative).agg(
        **said, disputed=disputed.any()
    )


def refused_of(labels: pa.Table) -> list[str]:
    """The instructions that any labeler refused: they are wrong, not feasible, not concrete or not natural."""
    mine = pl.DataFrame(labels.select(["subject", "instruction_id", "verdict"]))
    mine = mine.filter((pl.col("subject") == "instruction") & (pl.col("verdict") == "harmful"))
    return mine["instruction_id"].drop_nulls().unique().sort().to_list()


def scores_of(labels: pa.Table, *, without: str | None = None) -> pl.DataFrame:
    """The lowest score that any judge of how it went gave each trajectory; those by the rule `without` left out."""
    mine = pl.DataFrame(labels.select(["trajectory_id", "subject", "score", "rule", "labeler"]))
    of_goals = [name for name in mine["labeler"].unique().to_list() if question_of(name) == GOAL]
    mine = mine.filter(pl.col("labeler").is_in(sorted(of_goals)) & (pl.col("subject") == "trajectory"))
    mine = mine.filter(pl.col("rule").ne_missing(PROCESS))
    if without is not None:
        mine = mine.filter(pl.col("rule").ne_missing(without))
    return mine.group_by("trajectory_id").agg(score=pl.col("score").min())


def scored_apart_from_the_goal(covered: pl.DataFrame, sentences: pa.Table, labels: pa.Table) -> pl.DataFrame:
    """The rows, those of what was achieved instead of a goal without the score for the goal that was missed."""
    apart = scores_of(labels, without="outcome").rename({"score": "apart"})
    rows = covered.join(apart, on="trajectory_id", how="left", maintain_order="left")
    named = pl.DataFrame(sentences.select(["instruction_id", "template"]))
    instead = pl.col("family").is_in(named.filter(pl.col("template").is_in(INSTEAD))["instruction_id"].to_list())
    return rows.with_columns(score=pl.when(instead).then("apart").otherwise("score")).drop("apart")
