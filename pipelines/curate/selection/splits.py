"""Splits without leaks: what shares an app, a task, a sentence or a screen is on one side."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.curate.config import CurationConfig
from pipelines.curate.selection.components import Components
from schemas.choices import Split
from schemas.errors import LedgerError
from schemas.keys import fraction

APPS = 3
"""With fewer apps than this, one app would be one side: then it goes by where episodes start, then by task."""

SIDES: tuple[Split, ...] = ("test", "validation", "train")
"""Who wins when what was on several sides hangs together, the first one first."""


@dataclass(frozen=True, slots=True)
class Sides:
    """Where each instruction is.

    `rows` has `instruction_id`, `split`, `component` (its least instruction) and `joined`: whether it was on another
    side before, which one that wins has drawn it from. `sizes` are the instructions of each component, the largest
    first, `by` what the components began with.
    """

    rows: pl.DataFrame
    sizes: tuple[int, ...]
    by: str


def sides(
    instructions: pl.DataFrame, marks: pl.DataFrame, config: CurationConfig, *, before: Mapping[str, Split]
) -> Sides:
    """The side of each instruction.

    `instructions` has `instruction_id`, `app`, `start`, `plain`, `template` (null without one) and `family`, which a
    task and its phrasings share; `marks` has `instruction_id` and `state`, the states whose screens its rows show, but
    for those that tell nothing. Sentences and states are already those that stand for their like. `before` is what was
    published.

    Raises:
        LedgerError: if one component of an app or more holds more than its share.
    """
    instructions = instructions.sort("instruction_id")
    names = instructions["instruction_id"].to_list()
    by = _origin(instructions)
    together = Components(len(names))
    for column in dict.fromkeys((by, "plain", "template", "family")):
        for members in _groups(instructions[column].to_list()):
            together.join_all(members)
    at = {name: index for index, name in enumerate(names)}
    by_state: dict[str, list[int]] = {}
    for name, state in marks.select("instruction_id", "state").unique().sort("state", "instruction_id").iter_rows():
        by_state.setdefault(state, []).append(at[name])
    for members in by_state.values():
        together.join_all(members)
    roots = together.roots()
    sizes = tuple(sorted(np.bincount(roots)[np.unique(roots)].tolist(), reverse=True)) if names else ()
    split, joined = _decide(names, roots, config, before)
    if by == "app" and names and sizes[0] > config.largest_component * len(names) and config.test + config.validation:
        raise LedgerError(
            f"one component holds {sizes[0]} of {len(names)} instructions, more than {config.largest_component:.0%}: "
            "what its apps share (a sentence, a template, a screen) leaves nothing to split; raise largest_component, "
            "or set test = 0"
        )
    rows = pl.DataFrame(
        {
            "instruction_id": names,
            "split": split,
            "component": [names[root] for root in roots.tolist()],
            "joined": joined,
        },
        schema={"instruction_id": pl.String, "split": pl.String, "component": pl.String, "joined": pl.Boolean},
    )
    check(rows, instructions, marks)
    return Sides(rows, sizes, by)


def check(rows: pl.DataFrame, instructions: pl.DataFrame, marks: pl.DataFrame) -> None:
    """Proves that no sentence, no screen and no task in several phrasings is on two sides.

    Raises:
        LedgerError: if one is.
    """
    split = rows.select("instruction_id", "split")
    for what, column, name in (
        (instructions, "plain", "sentence"),
        (instructions, "family", "task in several phrasings"),
        (marks, "state", "screen"),
    ):
        groups = what.join(split, on="instruction_id").group_by(column).agg(pl.col("split").n_unique().alias("sides"))
        if (groups["sides"] > 1).any():
            raise LedgerError(f"a {name} is on two sides of the split; nothing committed")


def _origin(instructions: pl.DataFrame) -> str:
    """What a component begins with: the app; with few of them where it starts; with few of those its sentence."""
    for column in ("app", "start"):
        if instructions[column].n_unique() >= APPS:
            return column
    return "plain"


def _groups(values: list[str | None]) -> list[list[int]]:
    groups: dict[str, list[int]] = {}
    for index, value in enumerate(values):
        if value is not None:
            groups.setdefault(value, []).append(index)
    return list(groups.values())


def _decide(
    names: list[str], roots: np.ndarray, config: CurationConfig, before: Mapping[str, Split]
) -> tuple[list[Split], list[bool]]:
    """The side of each name, and whether it was on another one.

    A component of more than half of all is for training.
    """
    held: dict[int, set[Split]] = {}
    for name, root in zip(names, roots.tolist(), strict=True):
        if name in before:
            held.setdefault(root, set()).add(before[name])
    of_root: dict[int, Split] = {}
    for root, size in zip(*(column.tolist() for column in np.unique(roots, return_counts=True)), strict=True):
        was = held.get(root)
        drawn = "train" if 2 * size > len(names) else split_of(names[root], config)
        of_root[root] = next(side for side in SIDES if side in was) if was else drawn
    split = [of_root[root] for root in roots.tolist()]
    return split, [before.get(name, side) != side for name, side in zip(names, split, strict=True)]


def split_of(group: str, config: CurationConfig) -> Split:
    """The side that a component belongs to unless it has one: it depends on its least instruction and the seed."""
    share = fraction("split", config.split_seed, group)
    if share < config.test:
        return "test"
    return "validation" if share < config.test + config.validation else "train"
