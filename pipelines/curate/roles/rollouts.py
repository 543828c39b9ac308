"""Groups of rollouts: what each episode of a group got, and how much better than its group that was."""

import math
from collections.abc import Sequence

import polars as pl
import pyarrow as pa

from pipelines.curate.config import Advantage
from schemas.errors import LedgerError

REWARDS = pl.Schema({"trajectory_id": pl.String, "group": pl.String, "reward": pl.Float64})
"""An episode of a group and its reward from 0 to 1; null where nobody says how it went."""

ADVANTAGES = pl.Schema({"trajectory_id": pl.String, "advantage": pl.Float64, "told": pl.String})
"""An episode of a group, its advantage, and the rule of its steps."""

GROUP = "rollout group"
EQUAL = "rollout group of one reward"
UNKNOWN = "rollout without a reward"
UNSHOWN = "rollout that can't be shown"
WITHIN = "in its rollout group"
"""The rules: of steps of a group, of one whose rewards tell nothing, of an episode that has none, of a step without a
screenshot or a place in pixels, and of the same step under a sentence that says what the group's task says."""

EPSILON = 1e-6
"""Is added to the deviation (verl 0.9.1, `compute_grpo_outcome_advantage`)."""


def rewards_of(trajectories: pa.Table, labels: pa.Table) -> pl.DataFrame:
    """The rewards of the episodes that belong to a group and saw a goal, in order of their ids; `REWARDS`.

    1 or 0 as the check of the task said (`success`); where it said nothing, as the labels on the whole trajectory do:
    0 where any finds it harmful, else 1 where any finds it good.
    """
    columns = ["trajectory_id", "group", "goal", "success"]
    mine = pl.DataFrame(trajectories.select(columns)).filter(
        pl.col("group").is_not_null() & pl.col("goal").is_not_null()
    )
    said = pl.DataFrame(labels.select(["trajectory_id", "subject", "instruction_id", "verdict"])).filter(
        (pl.col("subject") == "trajectory") & pl.col("instruction_id").is_null()
    )
    outcomes = said.group_by("trajectory_id").agg(
        outcome=pl.when((pl.col("verdict") == "harmful").any())
        .then(0.0)
        .when((pl.col("verdict") == "good").any())
        .then(1.0)
    )
    joined = mine.join(outcomes, on="trajectory_id", how="left", maintain_order="left")
    reward = pl.coalesce(pl.col("success").cast(pl.Float64), "outcome")
    return joined.select("trajectory_id", "group", reward=reward).sort("trajectory_id")


def advantages(rewards: pl.DataFrame, kind: Advantage) -> pl.DataFrame:
    """The advantage of each episode, in order of their ids; `ADVANTAGES`.

    Its reward less the mean of its group; with `grpo` over the group's standard deviation too, that of a sample, as
    verl and TRL have it; `dr-grpo` leaves it out. Episodes without a reward have none, and do not count.

    Raises:
        LedgerError: if an episode is there twice.
    """
    if rewards["trajectory_id"].is_duplicated().any():
        raise LedgerError("an episode is twice in its rollout group; nothing committed")
    rows = []
    for _, members in rewards.sort("group", "trajectory_id").group_by("group", maintain_order=True):
        names, rewarded = members["trajectory_id"].to_list(), members["reward"].to_list()
        rows += [(name, *verdict) for name, verdict in zip(names, _compared(rewarded, kind), strict=True)]
    return pl.DataFrame(rows, schema=ADVANTAGES, orient="row").sort("trajectory_id")


def _compared(rewards: Sequence[float | None], kind: Advantage) -> list[tuple[float, str]]:
    """Advantage and rule of each reward of a group; exact sums, so that their order does not count."""
    known = [reward for reward in rewards if reward is not None]
    if len(set(known)) < 2:
        return [(0.0, UNKNOWN if reward is None else EQUAL) for reward in rewards]
    mean = math.fsum(known) / len(known)
    spread = math.sqrt(math.fsum((reward - mean) ** 2 for reward in known) / (len(known) - 1)) + EPSILON
    over = spread if kind == "grpo" else 1.0
    return [(0.0, UNKNOWN) if reward is None else ((reward - mean) / over, GROUP) for reward in rewards]
