"""Opinions that are about nothing: on a step, an instruction or an episode that is not there."""

from dataclasses import dataclass

import polars as pl
import pyarrow as pa

INSTRUCTION, LABEL = "instruction", "label"


@dataclass(frozen=True, slots=True)
class Dangling:
    """One opinion by its id, the episode that it names, the rule that it breaks, and the reason in words."""

    subject: str
    trajectory_id: str
    rule: str
    reason: str


def anchored(
    trajectories: pa.Table, steps: pa.Table, instructions: pa.Table, labels: pa.Table
) -> tuple[pa.Table, pa.Table, list[Dangling]]:
    """The instructions and the labels that are about something, in their order, and those that are not.

    An instruction needs its episode and every step of its run, a label also the instruction that it is relative to: so
    a label on an instruction that is left out is left out with it.
    """
    known = pl.DataFrame(trajectories.select(["trajectory_id"])).with_columns(has_episode=True)
    there = pl.DataFrame(steps.select(["trajectory_id", "step_index"])).unique()
    said = _placed(instructions, "instruction_id", known, there)
    kept, dangling = _told(said, INSTRUCTION)
    sound = pl.DataFrame(instructions.select(["instruction_id", "trajectory_id"])).filter(kept)
    opinions = _placed(labels, "label_id", known, there)
    relative = pl.DataFrame(labels.select(["instruction_id"]))
    pairs = pl.concat([relative, opinions.select("trajectory_id")], how="horizontal").join(
        sound.unique().with_columns(is_there=True),
        on=["instruction_id", "trajectory_id"],
        how="left",
        maintain_order="left",
    )
    opinions = opinions.with_columns(
        has_instruction=pairs["is_there"].fill_null(False) | relative["instruction_id"].is_null()
    )
    held, others = _told(opinions, LABEL)
    return (
        instructions.filter(pa.array(kept, pa.bool_())),
        labels.filter(pa.array(held, pa.bool_())),
        [*dangling, *others],
    )


def _placed(rows: pa.Table, name: str, known: pl.DataFrame, there: pl.DataFrame) -> pl.DataFrame:
    """Each opinion's id, episode and steps, whether the episode is there, and how many of the steps are not."""
    placed = pl.DataFrame(rows.select([name, "trajectory_id", "first_step", "last_step"])).rename({name: "subject"})
    placed = placed.with_row_index("row").join(known, on="trajectory_id", how="left", maintain_order="left")
    spans = placed.filter(pl.col("first_step").is_not_null()).select(
        "row", "trajectory_id", step_index=pl.int_ranges("first_step", pl.col("last_step") + 1, dtype=pl.Int32)
    )
    missing = spans.explode("step_index", empty_as_null=True).join(
        there, on=["trajectory_id", "step_index"], how="anti", nulls_equal=False
    )
    counts = missing.group_by("row").agg(missing=pl.len(), first=pl.col("step_index").min())
    return placed.join(counts, on="row", how="left", maintain_order="left").with_columns(
        pl.col("has_episode").fill_null(False), pl.col("missing").fill_null(0), has_instruction=True
    )


def _told(rows: pl.DataFrame, what: str) -> tuple[list[bool], list[Dangling]]:
    """Which of the rows are about something, and what the others are."""
    good = (pl.col("has_episode") & (pl.col("missing") == 0) & pl.col("has_instruction")).alias("good")
    rows = rows.with_columns(good)
    dangling = []
    for row in rows.filter(~pl.col("good")).to_dicts():
        if not row["has_episode"]:
            missing, which = "an episode", row["trajectory_id"]
        elif row["missing"]:
            missing, which = "a step", f"{row['trajectory_id']}/{row['first']}"
        else:
            missing, which = "an instruction", "the one that it is relative to"
        rule = f"{what} for {missing} that does not exist"
        dangling.append(Dangling(row["subject"], row["trajectory_id"], rule, f"{rule}: {which} is not in the lake"))
    return rows["good"].to_list(), dangling
