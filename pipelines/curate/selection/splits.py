"""Splits without leaks: what would give an answer away is on one side.

With three applications or more, one of them is on one side whole. What two sides then still have in common is what
applications share: words such as "Open the menu File" may stand on both, over screens that differ, and a screen that
both show stays on one.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.curate.config import CurationConfig
from pipelines.curate.selection.components import Components
from pipelines.curate.selection.overlap import same_apps
from schemas.choices import Split
from schemas.errors import LedgerError
from schemas.keys import fraction

APPS = 3
"""With fewer apps than this, one app would be one side: then it goes by where episodes start, then by task."""

SIDES: tuple[Split, ...] = ("test", "validation", "train")
"""Who wins when what was on several sides hangs together, the first one first."""

KEEPERS: tuple[Split, ...] = ("train", "test", "validation")
"""Who keeps a screen that several sides show, the first one first: what is held out shows nothing of what is not."""

SHARED = pl.Schema({"state": pl.String, "side": pl.String})


@dataclass(frozen=True, slots=True)
class Sides:
    """Where each instruction is.

    `rows` has `instruction_id`, `split`, `component` (its least instruction) and `joined`: whether it was on another
    side before, which one that wins has drawn it from. `shared` (`SHARED`) are the states that rows of several sides
    show, each with the side that keeps it. `sizes` are the instructions of each component, the largest first, `by`
    what the components began with. `missing` says of each side that was asked for, and that nothing is on, why, and
    what would give it.
    """

    rows: pl.DataFrame
    shared: pl.DataFrame
    sizes: tuple[int, ...]
    by: str
    missing: Mapping[Split, str]

    @property
    def counts(self) -> dict[str, int]:
        """How many instructions are on each side that has any, and the largest component, for the ledger."""
        sides = dict(self.rows.group_by("split").len().iter_rows())
        return {
            "components": len(self.sizes),
            "instructions in the largest component": self.sizes[0] if self.sizes else 0,
            **{f"instructions for {side}": sides[side] for side in KEEPERS if side in sides},
        }


def sides(
    instructions: pl.DataFrame, marks: pl.DataFrame, config: CurationConfig, *, before: Mapping[str, Split]
) -> Sides:
    """The side of each instruction.

    `instructions` has `instruction_id`, `app`, `start`, `plain`, `template` (null without one), `family`, which a task
    and its phrasings share, and `parts`, those that a composed one was made of; `marks` has `instruction_id` and
    `state`, the states whose screens its rows show, but for those that tell nothing. Sentences and states are already
    those that stand for their like. `before` is what was published.

    Raises:
        LedgerError: if something is on two sides after all.
    """
    instructions = instructions.sort("instruction_id")
    names = instructions["instruction_id"].to_list()
    by = _origin(instructions)
    shown = marks.select("instruction_id", "state").unique().sort("state", "instruction_id")
    roots = _by_app(instructions, shown) if by == "app" else _by_all(instructions, shown, by)
    sizes = tuple(sorted(np.bincount(roots)[np.unique(roots)].tolist(), reverse=True)) if names else ()
    side_of = _decide(names, roots, config, before, at_least_one=by == "app")
    split = [side_of[root] for root in roots.tolist()]
    rows = pl.DataFrame(
        {
            "instruction_id": names,
            "split": split,
            "component": [names[root] for root in roots.tolist()],
            "joined": [before.get(name, side) != side for name, side in zip(names, split, strict=True)],
        },
        schema={"instruction_id": pl.String, "split": pl.String, "component": pl.String, "joined": pl.Boolean},
    )
    shared = _shared(rows, shown)
    whole = [(instructions, "family", "task in several phrasings")]
    if by == "app":
        whole.append((instructions, "app", "application"))
    else:
        whole += [(instructions, "plain", "sentence"), (shown, "state", "screen")]
    check(rows, whole)
    asked = [side for side in SIDES if side != "train" and getattr(config, side) > 0]
    missing: dict[Split, str] = {
        side: _why_none(side, sizes, by, names, before) for side in asked if side not in split and names
    }
    return Sides(rows, shared, sizes, by, missing)


def check(rows: pl.DataFrame, whole: list[tuple[pl.DataFrame, str, str]]) -> None:
    """Proves that nothing is on two sides of what is to be on one: tables, their columns, and what those are called.

    Raises:
        LedgerError: if something is.
    """
    split = rows.select("instruction_id", "split")
    for table, column, name in whole:
        groups = table.join(split, on="instruction_id").group_by(column).agg(pl.col("split").n_unique().alias("sides"))
        if (groups["sides"] > 1).any():
            raise LedgerError(f"a {name} is on two sides of the split; nothing committed")


def _origin(instructions: pl.DataFrame) -> str:
    """What a component begins with: the app; with few of them where it starts; with few of those its sentence."""
    for column in ("app", "start"):
        if instructions[column].n_unique() >= APPS:
            return column
    return "plain"


def _by_app(instructions: pl.DataFrame, shown: pl.DataFrame) -> np.ndarray:
    """The component of each instruction: its application, with those that are the same, and its family."""
    together = Components(instructions.height)
    of_app = _groups(instructions["app"].to_list())
    for members in (*of_app.values(), *_groups(instructions["family"].to_list()).values()):
        together.join_all(members)
    says = instructions.select("app", thing="plain")
    shows = shown.join(instructions.select("instruction_id", "app"), on="instruction_id").select("app", thing="state")
    for left, right in (*same_apps(says), *same_apps(shows)):
        together.join(of_app[left][0], of_app[right][0])
    return together.roots()


def _by_all(instructions: pl.DataFrame, shown: pl.DataFrame, by: str) -> np.ndarray:
    """The component of each instruction: with all that share a start, a sentence, a template or a screen, its parts."""
    together = Components(instructions.height)
    for column in dict.fromkeys((by, "plain", "template", "family")):
        for members in _groups(instructions[column].to_list()).values():
            together.join_all(members)
    at = {name: index for index, name in enumerate(instructions["instruction_id"].to_list())}
    showing = [at[name] for name in shown["instruction_id"].to_list()]
    for rows in _groups(shown["state"].to_list()).values():
        together.join_all([showing[row] for row in rows])
    for whole, parts in instructions.select("instruction_id", "parts").iter_rows():
        together.join_all([at[whole], *(at[part] for part in parts or () if part in at)])
    return together.roots()


def _groups(values: list[str | None]) -> dict[str, list[int]]:
    groups: dict[str, list[int]] = {}
    for index, value in enumerate(values):
        if value is not None:
            groups.setdefault(value, []).append(index)
    return groups


def _decide(
    names: list[str], roots: np.ndarray, config: CurationConfig, before: Mapping[str, Split], *, at_least_one: bool
) -> dict[int, Split]:
    """The side of each component, by its least member.

    One of more than half of all is for training. With `at_least_one` no side that is asked for stays empty where there
    are components enough.
    """
    held: dict[int, set[Split]] = {}
    for name, root in zip(names, roots.tolist(), strict=True):
        if name in before:
            held.setdefault(root, set()).add(before[name])
    sizes = dict(zip(*(column.tolist() for column in np.unique(roots, return_counts=True)), strict=True))
    side_of: dict[int, Split] = {}
    for root, size in sizes.items():
        was = held.get(root)
        drawn = "train" if 2 * size > len(names) else split_of(names[root], config)
        side_of[root] = next(side for side in SIDES if side in was) if was else drawn
    free = {root: size for root, size in sizes.items() if root not in held}
    if at_least_one and free:
        _fill(side_of, free, names, config)
    return side_of


def _fill(side_of: dict[int, Split], free: Mapping[int, int], names: list[str], config: CurationConfig) -> None:
    """Puts a component on each side that none was drawn for: the largest for training, else the one that fits best.

    `free` are those that were on no side before, with their sizes. One stays for training.
    """
    if "train" not in side_of.values():
        side_of[max(free, key=lambda root: (free[root], names[root]))] = "train"
    shares: tuple[tuple[Split, float], ...] = (("test", config.test), ("validation", config.validation))
    for side, share in shares:
        training = [root for root, held in side_of.items() if held == "train"]
        fitting = [root for root in training if root in free and 2 * free[root] <= len(names)]
        if share and side not in side_of.values() and fitting and len(training) > 1:
            sizes = {root: free[root] for root in fitting}
            side_of[_fitting_best(sizes, share * len(names), names, config.split_seed)] = side


def _fitting_best(sizes: Mapping[int, int], wanted: float, names: list[str], seed: int) -> int:
    """The component whose size is nearest to what is wanted; of equal ones the seed draws."""
    return min(sizes, key=lambda root: (abs(sizes[root] - wanted), fraction("split", seed, names[root])))


def _shared(rows: pl.DataFrame, shown: pl.DataFrame) -> pl.DataFrame:
    """The states that several sides show, each with the side that keeps it."""
    rank = {side: place for place, side in enumerate(KEEPERS)}
    seen = shown.join(rows.select("instruction_id", "split"), on="instruction_id").select("state", "split").unique()
    several = seen.filter(pl.len().over("state") > 1).with_columns(
        rank=pl.col("split").replace_strict(rank, return_dtype=pl.Int32)
    )
    first = several.sort("state", "rank").unique("state", keep="first", maintain_order=True)
    return first.select("state", side="split").cast(dict(SHARED))  # type: ignore[arg-type]


def _why_none(side: str, sizes: tuple[int, ...], by: str, names: list[str], before: Mapping[str, Split]) -> str:
    """Why nothing is on a side that was asked for, and what would give it."""
    count = sum(sizes)
    if all(name in before for name in names):
        return (
            f"nothing is for {side}: all {count} instructions have had their side since an earlier curation of this "
            "name; another name draws them anew, and what is recorded from now on may fall there"
        )
    if by == "app" and len(sizes) == 1:
        return (
            f"nothing is for {side}: all applications are the same by at least half of what they show or say, and "
            f"are for training; for a {side} set record another application"
        )
    if 2 * sizes[0] > count and by != "app":
        return (
            f"{sizes[0]} of {count} instructions hang together by what they show or say, and are for training: "
            f"for a {side} set record three applications or more, or parts of the application that share no screen"
        )
    if by == "app":
        return (
            f"nothing is for {side}: there are {len(sizes)} groups of applications that may be parted, and the others "
            f"are taken; for a {side} set record one application more"
        )
    return f"nothing was drawn for {side}: raise {side}, or take another split_seed"


def split_of(group: str, config: CurationConfig) -> Split:
    """The side that a component belongs to unless it has one: it depends on its least instruction and the seed."""
    share = fraction("split", config.split_seed, group)
    if share < config.test:
        return "test"
    return "validation" if share < config.test + config.validation else "train"
