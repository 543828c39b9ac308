"""What becomes of a bucket's candidates once it is known what of them is found elsewhere as well."""

from types import MappingProxyType

import polars as pl

from pipelines.curate.roles.rollouts import UNKNOWN

LOST = pl.Schema({"row": pl.UInt32, "survivor": pl.String, "same": pl.Boolean})
"""Rows that have a better one of their key, with its name, and whether their own keys are the same."""

AGAINST = pl.Schema({"row": pl.UInt32})
"""Harmful rows whose action is found right for the same task elsewhere."""

EXACT, NEAR, CONTRADICTED = "exact duplicate", "near duplicate", "contradicted"
TWIN = "near-duplicate trajectory"
BENCHMARK = "in a benchmark"
WAS_IN = "was in {}"
"""An instruction that hangs together with what another side had before is on that side, and its rows are dropped."""

EDGES = MappingProxyType({EXACT: "exact step", NEAR: "near step"})
"""The rules that leave an edge, and its kind."""

DECIDED = pl.Schema(
    {
        "trajectory_id": pl.String,
        "step_index": pl.Int32,
        "instruction_id": pl.String,
        "use": pl.String,
        "role": pl.String,
        "rule": pl.String,
        "survivor": pl.String,
        "distance": pl.Float64,
        "split": pl.String,
        "weight": pl.Float64,
        "key": pl.String,
        "cost": pl.Int32,
    }
)
"""A row with what became of it."""


def apply(
    rows: pl.DataFrame,
    *,
    lost: pl.DataFrame,
    against: pl.DataFrame,
    sides: pl.DataFrame,
    hits: pl.DataFrame,
    twins: pl.DataFrame,
    advantages: pl.DataFrame,
) -> pl.DataFrame:
    """The rows with their final role and rule, `survivor`, `distance` and `split`, in the order given.

    The first that fits: found in a benchmark (`hits`: `instruction_id`, `survivor`, `distance`), on another side of the
    split than before (`sides`), of an episode that has a better twin (`twins`: `trajectory_id`, `twin`, `apart`),
    contradicted, a duplicate. What is found of an instruction is told of a goal by the trajectory that has it. Steps of
    a rollout for its goal weigh its advantage (`advantages`: `kernels.rollouts.ADVANTAGES`), whatever becomes of them;
    every other row weighs 1. `survivor` is the row or the episode that is kept, or the benchmark's task.
    """
    joined = (
        rows.with_row_index("row")
        .with_columns(subject=pl.coalesce("instruction_id", "trajectory_id"))
        .join(lost, on="row", how="left", maintain_order="left")
        .join(against.with_columns(against=pl.lit(True)), on="row", how="left", maintain_order="left")
        .join(twins, on="trajectory_id", how="left", maintain_order="left")
        .join(advantages, on="trajectory_id", how="left", maintain_order="left")
        .join(sides, left_on="subject", right_on="instruction_id", how="left", maintain_order="left")
        .join(
            hits.rename({"survivor": "benchmark", "distance": "overlap"}),
            left_on="subject",
            right_on="instruction_id",
            how="left",
            maintain_order="left",
        )
    )
    rollout = (pl.col("use") == "rl") & pl.col("instruction_id").is_null() & pl.col("told").is_not_null()
    aimed = rollout & (pl.col("role") == "target")
    joined = joined.with_columns(
        rule=pl.when(aimed).then("told").otherwise("rule"),
        role=pl.when(aimed & (pl.col("told") == UNKNOWN)).then(pl.lit("context")).otherwise("role"),
        plain=pl.when(~aimed | (pl.col("told") != UNKNOWN)).then("plain"),
        weight=pl.when(rollout).then("advantage").otherwise(1.0),
    )
    held = pl.col("plain").is_not_null()
    rules = [
        (held & pl.col("benchmark").is_not_null(), pl.lit(BENCHMARK)),
        (held & pl.col("was").is_not_null(), pl.format(WAS_IN, pl.col("was"))),
        (held & pl.col("twin").is_not_null(), pl.lit(TWIN)),
        (held & pl.col("against").is_not_null(), pl.lit(CONTRADICTED)),
        (held & pl.col("survivor").is_not_null() & pl.col("same"), pl.lit(EXACT)),
        (held & pl.col("survivor").is_not_null(), pl.lit(NEAR)),
    ]
    rule: pl.Expr = pl.lit(None, pl.String)
    for condition, name in reversed(rules):
        rule = pl.when(condition).then(name).otherwise(rule)
    joined = joined.with_columns(dropped=rule)
    is_dropped = pl.col("dropped").is_not_null()
    duplicate = pl.col("dropped").is_in([EXACT, NEAR])
    return joined.with_columns(
        role=pl.when(is_dropped).then(pl.lit("dropped")).otherwise("role"),
        rule=pl.coalesce("dropped", "rule"),
        survivor=pl.when(duplicate)
        .then("survivor")
        .when(pl.col("dropped") == BENCHMARK)
        .then("benchmark")
        .when(pl.col("dropped") == TWIN)
        .then("twin"),
        distance=pl.when(pl.col("dropped") == EXACT)
        .then(0.0)
        .when(pl.col("dropped") == BENCHMARK)
        .then("overlap")
        .when(pl.col("dropped") == TWIN)
        .then("apart"),
        split=pl.when(held & ~is_dropped).then("split"),
        key=pl.when(held).then(pl.col("key").bin.encode("hex")),
    ).select(DECIDED.names())
