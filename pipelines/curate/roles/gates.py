"""Gates that look beyond a step: whether what was typed is there, and whether a path leads on without what was cut.

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
from schemas.records import Node, Tree

StepKey = tuple[str, int]
"""A trajectory and the index of a step in it."""


def untyped(steps: pa.Table, trees: Mapping[str, Tree]) -> frozenset[StepKey]:
    """The steps that typed a text which is nowhere to be found afterwards, though the field is there with a value.

    What counts as the same text is `roles/typed`'s to say. Nothing is said of a field whose value is masked or not
    known, nor of one that is empty after the text was sent.
    """
    kinds = steps["action"].combine_chunks().field("kind")
    lost = set()
    for row in steps.filter(pc.equal(kinds, "type")).select(_COLUMNS).to_pylist():
        seen, target = row["after"], row["target"]
        if seen is None or target is None or seen["tree"] not in trees:
            continue
        if not _is_there(row["action"], target, trees[seen["tree"]]):
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

    `fails` gives the steps that don't, by trajectory and index, from the rows of `steps` and the trees that they name.
    """

    column: str
    rule: str
    fails: Callable[[pa.Table, Mapping[str, Tree]], frozenset[StepKey]]


GATES = (Gate("typed", "typed text not there", untyped),)


def failures(steps: pa.Table, trees: Mapping[str, Tree]) -> dict[str, frozenset[StepKey]]:
    """The steps that fail each gate, by its column."""
    return {gate.column: gate.fails(steps, trees) for gate in GATES}


UNREACHABLE = pl.Schema({"trajectory_id": pl.String, "step_index": pl.Int32, "instruction_id": pl.String})
