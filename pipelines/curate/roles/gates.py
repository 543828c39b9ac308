"""Gates that look beyond a step: at its picture, at what became of what was typed, at what a path leaves out.

A gate for single steps is a function and a line in `GATES`; nothing else names it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.curate.roles.typed import is_in
from pipelines.lake.states import Place
from schemas.actions import POINT_FIELDS
from schemas.records import Node, Tree

StepKey = tuple[str, int]
"""A trajectory and the index of a step in it."""


Size = tuple[int, int]
"""Width and height in pixels."""

NEARBY = 1.5
"""Pixels by which a place as a fraction may lie beside the same in pixels: both are rounded."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What gates look at besides the steps: the trees of a bucket, the sizes of its screens, and of its recordings."""

    trees: Mapping[str, Tree]
    screens: Mapping[str, Size]
    recordings: Mapping[str, Size]


def resized(steps: pa.Table, seen: Seen) -> frozenset[StepKey]:
    """The steps whose screenshot before them has not the size that their recording says; a phone may lie on its side.

    Points and boxes are in pixels of the screen that was recorded, and mean others on a picture that was made smaller.
    """
    lost = set()
    for row in steps.select(["trajectory_id", "step_index", "platform", "before"]).to_pylist():
        size = _size_before(row, seen)
        wanted = seen.recordings.get(row["trajectory_id"])
        if size is None or wanted is None or 0 in wanted:
            continue
        if size != wanted and not (row["platform"] == "android" and size == wanted[::-1]):
            lost.add((row["trajectory_id"], row["step_index"]))
    return frozenset(lost)


def outside(steps: pa.Table, seen: Seen) -> frozenset[StepKey]:
    """The steps that touch a point beside their picture, or one that is another as a fraction of it than in pixels."""
    lost = set()
    for row in steps.select(["trajectory_id", "step_index", "before", "action"]).to_pylist():
        size = _size_before(row, seen)
        points = [row["action"][name] for name in POINT_FIELDS if row["action"].get(name) is not None]
        if size is not None and not all(_is_on(point, size) for point in points):
            lost.add((row["trajectory_id"], row["step_index"]))
    return frozenset(lost)


def _size_before(row: Mapping[str, Any], seen: Seen) -> Size | None:
    return None if row["before"] is None else seen.screens.get(row["before"]["screen"])


def _is_on(point: Mapping[str, float | None], size: Size) -> bool:
    for axis, most in zip("xy", size, strict=True):
        place, share = point[axis], point[f"f{axis}"]
        if place is not None and not 0 <= round(place) < most:  # as a dialect writes it
            return False
        if place is not None and share is not None and abs(share * most - place) > NEARBY:
            return False
    return True


def untyped(steps: pa.Table, seen: Seen) -> frozenset[StepKey]:
    """The steps that typed a text which is nowhere to be found afterwards, though the field is there with a value.

    What counts as the same text is `roles/typed`'s to say. Nothing is said of a field whose value is masked or not
    known, nor of one that is empty after the text was sent.
    """
    kinds = steps["action"].combine_chunks().field("kind")
    lost = set()
    for row in steps.filter(pc.equal(kinds, "type")).select(_COLUMNS).to_pylist():
        after, target = row["after"], row["target"]
        if after is None or target is None or after["tree"] not in seen.trees:
            continue
        if not _is_there(row["action"], target, seen.trees[after["tree"]]):
            lost.add((row["trajectory_id"], row["step_index"]))
    return frozenset(lost)


_COLUMNS = ["trajectory_id", "step_index", "action", "target", "after"]


def _is_there(action: Mapping[str, Any], target: Mapping[str, Any], tree: Tree) -> bool:
    text = action["text"]
    fields = [node for node in tree.nodes if _is_field(node, target)]
    if (
        not any(sign.isalnum() for sign in text)
        or not fields
        or any(node.value is None or _is_masked(node) for node in fields)
    ):
        return True
    if action["submit"] and all(not node.value for node in fields):
        return True
    return any(is_in(text, node.name) or is_in(text, node.value or "") for node in tree.nodes)


def _is_field(node: Node, target: Mapping[str, Any]) -> bool:
    return node.role == target["role"] and node.name.strip() == target["name"].strip()


def _is_masked(node: Node) -> bool:
    return node.has("password") or node.has("secret") or node.field == "password"


def unreachable(instructions: pa.Table, steps: pa.Table, states: pa.Table) -> pl.DataFrame:
    """The steps of paths that come after a break: `trajectory_id`, `step_index`, `instruction_id`.

    A path leaves out steps. Where the step after such a gap begins with another state than the one before it ended
    with, in content and in structure, what was left out is needed, and the rest can't be reached without it. A step
    right after the other is no gap, unless the recording says that something happened in between.
    """
    known: dict[Place, tuple[str | None, str | None]] = {}
    columns = ["trajectory_id", "step_index", "side", "structure", "content"]
    for row in states.select(columns).to_pylist():
        known[row["trajectory_id"], row["step_index"], row["side"]] = (row["content"], row["structure"])
    whole = {
        (row["trajectory_id"], row["step_index"])
        for row in steps.select(["trajectory_id", "step_index", "continuous"]).to_pylist()
        if row["continuous"]
    }
    lost = []
    for row in instructions.select(["trajectory_id", "instruction_id", "path"]).to_pylist():
        name, path = row["trajectory_id"], row["path"]
        for at, (left, right) in enumerate(pairwise(path), 1):
            if right == left + 1 and (name, right) in whole:
                continue
            ended, begins = known.get((name, left, "after")), known.get((name, right, "before"))
            if ended is None or begins is None or None in (*ended, *begins):
                continue
            if ended[0] != begins[0] and ended[1] != begins[1]:
                lost += [(name, index, row["instruction_id"]) for index in path[at:]]
                break
    return pl.DataFrame(lost, schema=UNREACHABLE, orient="row")


@dataclass(frozen=True, slots=True)
class Gate:
    """What a step must pass to be the target of a row: the column that says so, and the rule of those that don't.

    `fails` gives the steps that don't, by trajectory and index, from the rows of `steps` and what else is seen. What
    fails one `of_pictures` can't be shown at all, be it as a negative.
    """

    column: str
    rule: str
    fails: Callable[[pa.Table, Seen], frozenset[StepKey]]
    of_pictures: bool = False


GATES = (
    Gate("sized", "screenshot of another size", resized, of_pictures=True),
    Gate("pictured", "point outside its picture", outside, of_pictures=True),
    Gate("typed", "typed text not there", untyped),
)


def failures(steps: pa.Table, seen: Seen) -> dict[str, frozenset[StepKey]]:
    """The steps that fail each gate, by its column."""
    return {gate.column: gate.fails(steps, seen) for gate in GATES}


UNREACHABLE = pl.Schema({"trajectory_id": pl.String, "step_index": pl.Int32, "instruction_id": pl.String})
