"""The graph of known transitions."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelers.observed.graph import TransitionGraph, edges
from schemas.actions import (
    Action,
    Back,
    Check,
    Click,
    Forward,
    Home,
    Hover,
    Invoke,
    Key,
    MiddleClick,
    Open,
    Point,
    Reload,
    Upload,
    Wait,
)
from tests.labelers.site import BLANK, HOME, ORDERS, Act, back, click, plant, plants, scrolled, typed, walk

EDGES = st.lists(st.tuples(st.sampled_from("abcdefg"), st.sampled_from("abcdefg")), max_size=24)


def oracle(edges: list[tuple[str, str]], start: str, goal: str, limit: int) -> int | None:
    """Grows the set of what is reached, an action at a time."""
    reached = {start}
    for length in range(limit + 1):
        if goal in reached:
            return length
        reached |= {there for here, there in edges if here in reached}
    return None


@given(EDGES, st.sampled_from("abcdefg"), st.sampled_from("abcdefg"), st.integers(0, 8))
def test_the_distance_is_the_fewest_actions(edges: list[tuple[str, str]], start: str, goal: str, limit: int) -> None:
    assert TransitionGraph(edges).distance(start, goal, limit=limit) == oracle(edges, start, goal, limit)


@given(EDGES, st.randoms(use_true_random=False))
def test_neither_the_order_nor_the_number_of_edges_matters(edges: list[tuple[str, str]], random: object) -> None:
    shuffled = [*edges, *edges]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    for start in "abg":
        for goal in "acg":
            assert TransitionGraph(edges).distance(start, goal, limit=5) == TransitionGraph(iter(shuffled)).distance(
                start, goal, limit=5
            )


def test_a_way_is_one_way() -> None:
    graph = TransitionGraph([("a", "b")])
    assert graph.distance("a", "b", limit=3) == 1
    assert graph.distance("b", "a", limit=3) is None
    assert graph.distance("x", "y", limit=3) is None


def test_a_state_is_no_step_from_itself_even_if_nobody_was_there() -> None:
    assert TransitionGraph([]).distance("a", "a", limit=0) == 0


def test_actions_on_pages_are_ways() -> None:
    episode = walk(HOME, click("Plants", plants()), typed("fern", "Search plants", plants(holds="fern")))
    states = [step.before.keys.content for step in episode.steps if step.before and step.before.keys]
    assert [start for start, _ in edges(episode)] == states
    assert len(set(edges(episode))) == 2


@pytest.mark.parametrize("action", [Back(), Forward(), Home(), Open("x"), Reload(), Wait()])
def test_history_and_addresses_are_no_ways(action: Action) -> None:
    assert list(edges(walk(HOME, Act(action, ORDERS)))) == []


AT = Point(1, 1)


@pytest.mark.parametrize(
    "action", [Click(AT), Hover(AT), Key("Enter"), Check(AT), MiddleClick(AT), Upload(("a",), AT), Invoke("open", AT)]
)
def test_what_is_done_on_the_page_is_a_way(action: Action) -> None:
    assert len(list(edges(walk(HOME, Act(action, ORDERS))))) == 1


def test_what_failed_or_was_not_seen_or_changed_nothing_is_no_way() -> None:
    assert list(edges(walk(HOME, click("Plants", plants(), result="timeout")))) == []
    assert list(edges(walk(HOME, click("Plants", None)))) == []
    assert list(edges(walk(HOME, click("Plants", BLANK)))) == []
    assert list(edges(walk(HOME, click("Plants", HOME)))) == []
    assert list(edges(walk(plants(), scrolled(dataclasses.replace(plants(), scroll=1))))) == []


def test_a_step_after_a_gap_is_a_way_of_its_own() -> None:
    episode = walk(HOME, click("Plants", plants()), click("Plants", plants(), before=plant("11")), back(HOME))
    assert len(list(edges(episode))) == 2
