"""Whose verdicts count: those of the labelers that a curation names, and a person's before all others."""

from collections.abc import Sequence

import polars as pl
import pyarrow as pa

from labelers.askers import question_of
from labelers.kit.questions import GOAL, HUMAN

_JUDGED = ("step", "span", "trajectory")
_SUBJECT = ["trajectory_id", "subject", "first_step", "last_step", "instruction_id"]


def counted(labels: pa.Table, labelers: Sequence[str]) -> pa.Table:
    """The labels that count, in their order: on goals those of the labelers (none named: of all), and all others.

    Where people said good, neutral or harmful of a step, span or trajectory, nobody else's verdict on it counts.
    """
    rows = pl.DataFrame(labels.select([*_SUBJECT, "labeler", "labeler_version", "verdict"])).with_row_index("row")
    on_goals = [name for name in rows["labeler"].unique().to_list() if question_of(name) == GOAL]
    rows = rows.with_columns(
        on_goal=pl.col("subject").is_in(_JUDGED) & pl.col("labeler").is_in(sorted(on_goals)),
        by_people=pl.col("labeler") == HUMAN,
    )
    said = rows.filter(pl.col("on_goal") & pl.col("by_people") & (pl.col("verdict") != "abstain"))
    settled = rows.join(said.select(_SUBJECT).unique(), on=_SUBJECT, how="semi", nulls_equal=True)
    overruled = settled.filter(pl.col("on_goal") & ~pl.col("by_people"))["row"]
    named = pl.lit(True)
    if labelers:
        whole = pl.format("{}@{}", "labeler", "labeler_version")
        named = pl.col("labeler").is_in(labelers) | whole.is_in(labelers)
    kept = rows.select(
        (~pl.col("on_goal") | pl.col("by_people") | named) & ~pl.col("row").is_in(overruled.implode())
    ).to_series()
    return labels.filter(pa.array(kept.to_list(), pa.bool_()))
