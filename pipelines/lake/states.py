"""Steps and trees to states: what was seen before and after each step, by key."""

from collections.abc import Collection, Iterator, Mapping

import pyarrow as pa

from schemas.arrow import from_row, table_of
from schemas.choices import State
from schemas.identity import RULES_VERSION, StateKeys, tree_keys
from schemas.records import Box, ScrollPosition, Seen, Tree
from schemas.tables import TABLES

Place = tuple[str, int, str]
"""Trajectory, step and side."""


def places(steps: pa.Table) -> Iterator[tuple[Place, Seen]]:
    """What was seen, and where, in the steps' order."""
    for batch in steps.select(["trajectory_id", "step_index", "before", "after"]).to_batches(max_chunksize=1_024):
        for row in batch.to_pylist():
            for side in ("before", "after"):
                if row[side] is not None:
                    yield (row["trajectory_id"], row["step_index"], side), from_row(Seen, row[side])


def states_of(steps: pa.Table, trees: Mapping[str, Tree], *, known: Collection[Place] = ()) -> pa.Table:
    """The rows of `states` for what was seen at the steps, without the places that are known.

    A place whose tree is not among `trees` has no keys.
    """
    rows = []
    by_sight: dict[tuple[str, str | None, ScrollPosition | None], StateKeys] = {}
    for place, seen in places(steps):
        if place in known:
            continue
        keys = None
        if seen.tree is not None and seen.tree in trees:
            sight = (seen.tree, seen.location, seen.scroll)
            if sight not in by_sight:
                by_sight[sight] = tree_keys(trees[seen.tree], location=seen.location, scroll=seen.scroll)
            keys = by_sight[sight]
        trajectory_id, step_index, side = place
        rows.append(
            State(
                trajectory_id=trajectory_id,
                step_index=step_index,
                side=side,  # type: ignore[arg-type]
                screen=seen.screen,
                tree=seen.tree,
                rules_version=RULES_VERSION,
                structure=None if keys is None else keys.structure,
                content=None if keys is None else keys.content,
                volatile=() if keys is None else keys.volatile,
            )
        )
    return table_of(State, rows).sort_by([(name, "ascending") for name in TABLES["states"].order])


def keys_by_place(states: pa.Table) -> dict[Place, StateKeys]:
    """The keys of each place that had a tree."""
    by_place: dict[Place, StateKeys] = {}
    volatile: dict[tuple[float, ...], Box] = {}
    for batch in states.to_batches(max_chunksize=1_024):
        for row in batch.to_pylist():
            if row["structure"] is None or row["content"] is None:
                continue
            boxes = (volatile.setdefault(tuple(box.values()), Box(**box)) for box in row["volatile"])
            place = (row["trajectory_id"], row["step_index"], row["side"])
            by_place[place] = StateKeys(row["structure"], row["content"], tuple(boxes))
    return by_place
