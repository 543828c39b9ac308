import pyarrow as pa
import pytest

from pipelines.curate.roles.gates import unreachable, untyped
from schemas.records import Node, Tree


def typed(text: str, *, submit: bool = False, tree: str | None = "t", role: str = "textbox") -> pa.Table:
    kinds = {"kind": "type", "text": text, "submit": submit}
    row = {
        "trajectory_id": "a",
        "step_index": 3,
        "action": kinds,
        "target": {"role": role, "name": "Title"},
        "after": {"tree": tree},
    }
    return pa.Table.from_pylist([row, {**row, "step_index": 4, "action": {**kinds, "kind": "click"}}])


@pytest.mark.parametrize(
    ("steps", "nodes", "lost"),
    [
        (typed("salt"), [Node("textbox", "Title", "Blue salt")], False),
        (typed("salt"), [Node("textbox", "Title", "pepper")], True),
        (typed("salt"), [Node("textbox", "Title", "")], True),
        (typed("salt", submit=True), [Node("textbox", "Title", "")], False),
        (typed("salt", submit=True), [Node("textbox", "Title", "pepper")], True),
        (typed("salt"), [Node("textbox", "Title", ""), Node("listitem", "Salt, 2 spoons")], False),
        (typed("salt"), [Node("textbox", "Title", None)], False),
        (typed("salt"), [Node("textbox", "Other", "pepper")], False),
        (typed("salt"), [Node("textbox", "Title", "••••", flags=("password",))], False),
        (typed("5551234"), [Node("textbox", "Title", "555-1234")], False),
        (typed("--"), [Node("textbox", "Title", "")], False),
        (typed("salt", tree="gone"), [], False),
        (typed("salt", tree=None), [], False),
    ],
)
def test_what_was_typed_is_there_afterwards_or_the_step_is_named(
    steps: pa.Table, nodes: list[Node], lost: bool
) -> None:
    assert untyped(steps, {"t": Tree("web", tuple(nodes))}) == (frozenset({("a", 3)}) if lost else frozenset())


def path(indices: list[int], seen: dict[int, tuple[str, str]], *, broken: tuple[int, ...] = ()) -> list[int]:
    """The steps that can't be reached; `seen` has the states before and after each step, structure first letter."""
    instructions = pa.table({"trajectory_id": ["a"], "instruction_id": ["i"], "path": [indices]})
    steps = pa.Table.from_pylist(
        [{"trajectory_id": "a", "step_index": step, "continuous": step not in broken} for step in seen]
    )
    states = pa.Table.from_pylist(
        [
            {"trajectory_id": "a", "step_index": step, "side": side, "structure": state[0], "content": state}
            for step, both in seen.items()
            for side, state in zip(("before", "after"), both, strict=True)
        ]
    )
    return unreachable(instructions, steps, states)["step_index"].to_list()


def test_a_path_that_leads_on_without_what_it_leaves_out_can_be_reached() -> None:
    assert path([0, 1], {0: ("a1", "b1"), 1: ("b1", "c1")}) == []
    assert path([0, 3], {0: ("a1", "b1"), 1: ("b1", "c1"), 2: ("c1", "b1"), 3: ("b1", "d1")}) == []


def test_after_a_gap_that_changed_something_the_rest_cannot_be_reached() -> None:
    seen = {0: ("a1", "b1"), 1: ("b1", "c1"), 2: ("c1", "d1"), 3: ("d1", "e1")}
    assert path([0, 2, 3], seen) == [2, 3]
    assert path([0, 2, 3], {**seen, 2: ("b2", "d1")}) == [], "other words in the same structure are no break"


def test_a_jump_between_two_steps_is_a_gap_only_where_the_recording_says_so() -> None:
    seen = {0: ("a1", "b1"), 1: ("c1", "d1")}
    assert path([0, 1], seen) == []
    assert path([0, 1], seen, broken=(1,)) == [1]


def test_a_state_that_is_not_known_breaks_nothing() -> None:
    assert path([0, 2], {0: ("a1", "b1")}) == []
