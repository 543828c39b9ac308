"""Families: a task and its variants, of which a curation uses one, all, or the task's own words."""

import polars as pl
import pyarrow as pa

from pipelines.curate.config import CurationConfig
from schemas.keys import fraction

ANOTHER = "another phrasing is used"
"""The rule of the rows of a phrasing that is not used."""


def family() -> pl.Expr:
    """The id that a task and its variants share: the task's."""
    return pl.when(pl.col("kind") == "variant").then(pl.col("parent_id")).otherwise(pl.col("instruction_id"))


def passed_over(instructions: pa.Table, refused: list[str], config: CurationConfig) -> list[str]:
    """The ids of the phrasings that are not used, in order.

    Which one of a family is drawn follows from the task's words alone: what is said twice is said the same way twice,
    so that duplicates are still found and verdicts still compared. Refused phrasings are not drawn.
    """
    columns = ["instruction_id", "kind", "parent_id", "text", "template"]
    rows = pl.DataFrame(instructions.select(columns)).with_columns(family=family())
    variants = rows.filter(pl.col("kind") == "variant")
    match config.phrasings:
        case "all":
            return []
        case "own":
            return variants["instruction_id"].sort().to_list()
    mine = rows.filter(
        pl.col("family").is_in(variants["family"].unique().to_list()), ~pl.col("instruction_id").is_in(refused)
    ).sort(pl.col("kind") == "variant", "template", "text", "instruction_id")
    lost: list[str] = []
    for (name,), members in mine.group_by("family", maintain_order=True):
        said = members.filter(pl.col("instruction_id") == name)["text"].to_list()
        share = fraction("phrasing", config.split_seed, *(said or [name]))
        drawn = int(share * members.height)
        lost += [phrasing for at, phrasing in enumerate(members["instruction_id"].to_list()) if at != drawn]
    return sorted(lost)
