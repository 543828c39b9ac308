import pyarrow as pa
import pytest

from pipelines.curate.roles.gates import Seen, outside, resized, unreachable, untyped
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
    seen = Seen({"t": Tree("web", tuple(nodes))}, {}, {})
    assert untyped(steps, seen) == (frozenset({("a", 3)}) if lost else frozenset())


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


def touched(*points: tuple[float | None, float | None, float | None, float | None], platform: str = "web") -> pa.Table:
    """A step on the screen `s`, at points of pixels and fractions."""
    places = [dict(zip(("x", "y", "fx", "fy"), point, strict=True)) for point in points]
    kind = pa.struct([(name, pa.float64()) for name in ("x", "y", "fx", "fy")])
    action = pa.struct([("kind", pa.string()), ("point", kind), ("start", kind), ("end", kind)])
    names = ("point",) if len(places) < 2 else ("start", "end")
    row = {
        "trajectory_id": "a",
        "step_index": 3,
        "platform": platform,
        "before": {"screen": "s"},
        "action": {"kind": "click", **dict(zip(names, places, strict=False))},
    }
    schema = pa.schema(
        [
            ("trajectory_id", pa.string()),
            ("step_index", pa.int32()),
            ("platform", pa.string()),
            ("before", pa.struct([("screen", pa.string())])),
            ("action", action),
        ]
    )
    return pa.Table.from_pylist([row, {**row, "step_index": 4, "before": None}], schema=schema)


@pytest.mark.parametrize(
    ("screen", "recording", "platform", "lost"),
    [
        ((800, 600), (800, 600), "web", False),
        ((400, 300), (800, 600), "web", True),
        ((1600, 1200), (800, 600), "web", True),
        ((800, 599), (800, 600), "web", True),
        ((600, 800), (800, 600), "web", True),
        ((600, 800), (800, 600), "desktop", True),
        ((600, 800), (800, 600), "android", False),
        ((300, 400), (800, 600), "android", True),
        ((400, 300), (0, 0), "android", False),
    ],
)
def test_a_picture_of_another_size_than_the_recording_is_named(
    screen: tuple[int, int], recording: tuple[int, int], platform: str, lost: bool
) -> None:
    seen = Seen({}, {"s": screen}, {"a": recording})
    steps = touched((10, 10, None, None), platform=platform)
    assert resized(steps, seen) == (frozenset({("a", 3)}) if lost else frozenset())
    assert resized(steps, Seen({}, {}, {"a": recording})) == frozenset(), "of a screen that is missing nothing is said"


@pytest.mark.parametrize(
    ("points", "lost"),
    [
        ([(399.4, 299.4, None, None)], False),
        ([(0, 0, 0, 0)], False),
        ([(400, 10, None, None)], True),
        ([(399.6, 10, None, None)], True),
        ([(10, 300, None, None)], True),
        ([(-1, 10, None, None)], True),
        ([(200, 150, 0.5, 0.5)], False),
        ([(200, 150, 0.25, 0.25)], True),
        ([(200, 150, 0.503, 0.5)], False),
        ([(None, None, 0.5, 0.5)], False),
        ([(10, 10, None, None), (390, 290, None, None)], False),
        ([(10, 10, None, None), (410, 290, None, None)], True),
        ([(10, -5, None, None), (390, 290, None, None)], True),
        ([], False),
    ],
)
def test_a_point_beside_its_picture_is_named(
    points: list[tuple[float | None, float | None, float | None, float | None]], lost: bool
) -> None:
    seen = Seen({}, {"s": (400, 300)}, {"a": (400, 300)})
    assert outside(touched(*points), seen) == (frozenset({("a", 3)}) if lost else frozenset())
