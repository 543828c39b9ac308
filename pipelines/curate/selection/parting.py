"""Rows whose screen another side of the split keeps: they would show one side what the other one is asked about."""

import polars as pl

SHOWN_IN = "shown in {}"
"""The rule of a row whose screen rows of that side show, which keeps it."""


def part(rows: pl.DataFrame, sides: pl.DataFrame, shared: pl.DataFrame) -> pl.DataFrame:
    """The candidates, in their order, with those dropped that show a state which another side than theirs keeps.

    A row shows the state before its step, and in `sft` the one after it too, since what ends there is asked about.
    `sides` has `instruction_id` and `split`, `shared` (`splits.SHARED`) the states that several sides show. What is
    dropped is compared with nothing, so no row loses to one that is dropped.
    """
    if not shared.height:
        return rows
    subject = pl.coalesce("instruction_id", "trajectory_id")
    after = pl.when(pl.col("use") == "sft").then("state_after").alias("state_after")
    known = rows.select(subject.alias("subject"), "state_before", after, "plain").join(
        sides.select(subject="instruction_id", split="split"), on="subject", how="left", maintain_order="left"
    )
    keepers = dict(shared.select("state", "side").iter_rows())
    kept_by = [
        pl.col(name).replace_strict(keepers, default=None, return_dtype=pl.String)
        for name in ("state_before", "state_after")
    ]
    elsewhere = known.select(
        pl.when(pl.col("plain").is_not_null()).then(
            pl.coalesce(pl.when(keeper != pl.col("split")).then(keeper) for keeper in kept_by)
        )
    ).to_series()
    lost = pl.lit(elsewhere).is_not_null()
    blank = ("plain", "state_before", "state_after", "action", "rank", "prompt")
    return rows.with_columns(
        role=pl.when(lost).then(pl.lit("dropped")).otherwise("role"),
        rule=pl.when(lost).then(pl.format(SHOWN_IN, pl.lit(elsewhere))).otherwise("rule"),
        **{name: pl.when(~lost).then(name) for name in blank},
    )
