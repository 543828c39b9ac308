"""The policies that do the tasks, without a browser."""

import re
from datetime import UTC, datetime
from random import Random
from typing import Any, cast

import pytest

from benchmarks.miniwob.collecting import _sabotage
from benchmarks.miniwob.policies import AREA, Anywhere, Fault, Sabotage, SabotagedPolicy, ScriptedPolicy
from benchmarks.miniwob.task import HEIGHT, WIDTH, TaskEnvironment
from schemas.actions import Action, Click, Stop, Type
from schemas.records import Box, Node, Observation, Screen, Tree

NODES = (
    Node("textbox", "Name", box=Box(10, 40, 100, 20), flags=("editable",)),
    Node("textbox", "City", box=Box(10, 70, 100, 20), flags=("editable",)),
    Node("button", "Submit", box=Box(10, 100, 60, 20)),
    Node("button", "Cancel", box=Box(80, 100, 60, 20)),
)
MOVES = ({"op": "type", "x": 60, "y": 50, "text": "Ida"}, {"op": "click", "x": 40, "y": 110})


class Page:
    """Answers an expression that is a number with the move of that number."""

    def ask(self, expression: str) -> Any:
        found = re.search(r"return (\d+);", expression)
        assert found is not None
        return dict(MOVES[int(found[1])])


def seen(*nodes: Node) -> Observation:
    screen = Screen(b"", WIDTH, HEIGHT)
    return Observation(screen, Tree("web", nodes), "http://x/", "x", (), None, datetime(2026, 1, 1, tzinfo=UTC))


def walked(policy: ScriptedPolicy, seed: int = 0) -> list[Action]:
    policy.begin(seed=seed)
    choices = iter(lambda: policy.choose(seen(*NODES)), None)
    return [choice.action for choice in choices if choice is not None]


def sabotaged(fault: Fault, step: int, seed: int = 0) -> tuple[list[Action], bool]:
    policy = SabotagedPolicy(cast(TaskEnvironment, Page()), ("0", "1"), Sabotage(fault, step))
    return walked(policy, seed), policy.did


def test_a_script_does_its_moves_and_says_then_that_it_is_done() -> None:
    policy = ScriptedPolicy(cast(TaskEnvironment, Page()), ("0", "1"))
    first, second, last = walked(policy)
    assert isinstance(first, Type)
    assert (first.text, first.clear) == ("Ida", True)
    assert isinstance(second, Click)
    assert last == Stop()
    policy = ScriptedPolicy(cast(TaskEnvironment, Page()), ("1",))
    choice = policy.choose(seen(*NODES))
    assert choice is not None
    assert choice.target is not None
    assert choice.target.name == "Submit", "the element around the point"


def test_a_fault_is_one_step_of_the_script() -> None:
    right, _ = sabotaged("wrong value", 7)
    assert sabotaged("stop early", 1) == ([right[0], Stop()], True)
    assert sabotaged("leave out", 0) == ([right[1], Stop()], True)
    (value, *rest), did = sabotaged("wrong value", 0)
    assert isinstance(value, Type)
    assert (value.text != "Ida", rest, did) == (True, right[1:], True)
    (element, *_), did = sabotaged("wrong element", 0)
    assert isinstance(element, Type)
    assert (element.text, element.point != right[0].point, did) == ("Ida", True, True)  # type: ignore[union-attr]
    more, did = sabotaged("one more", 1)
    assert ([more[0], *more[2:]], did) == (right, True)


def test_a_fault_that_can_not_be_done_leaves_the_script_as_it_is() -> None:
    right, did = sabotaged("wrong value", 1)
    assert ([type(action) for action in right], did) == ([Type, Click, Stop], False)


@pytest.mark.parametrize("steps", [0, 1, 2, 5])
def test_no_sabotage_leaves_nothing_done(steps: int) -> None:
    for seed in range(50):
        found = _sabotage(Random(seed), steps)
        assert 0 <= found.step < max(steps, 1)
        assert found.fault not in ("stop early", "leave out") or steps > 1
        assert found.fault != "stop early" or found.step > 0


def test_the_random_walk_clicks_anywhere_where_there_is_nothing_else() -> None:
    policy, page = Anywhere(), seen(Node("text", "Nothing here", box=Box(5, 5, 80, 10)))

    def points(count: int) -> list[tuple[float, float]]:
        policy.begin(seed=1)
        choices = [policy.choose(page) for _ in range(count)]
        clicks = [choice.action.point for choice in choices if choice and isinstance(choice.action, Click)]
        return [(point.x or 0, point.y or 0) for point in clicks]

    found = points(20)
    assert len(set(found)) == len(found) == 20
    assert all(0 <= x <= AREA[0] and 0 <= y <= AREA[1] for x, y in found)
    assert points(20) == found
