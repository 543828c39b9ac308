"""Runs and their loop-erased paths."""

import dataclasses
import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelers.observed.transitions import Transition, transitions_of
from labelers.rules.paths import (
    PATH_LIMIT,
    RUN_LIMIT,
    RunPath,
    erase_loops,
    from_the_start,
    of_one_window,
    runs,
    tightened,
)
from schemas.actions import Action, Back, Click, Forward, Home, Open, Point, Reload, Wait
from tests.labelers.site import HOME, ORDERS, Act, Scene, click, field, heading, link, scene, table, typed, walk

_BLUEPRINT = transitions_of(walk(HOME, Act(Wait(), HOME)))[0]

STATES = st.lists(st.sampled_from("abcdef"), min_size=2, max_size=20)


def readings_of(
    states: str | list[str], actions: dict[int, Action] | None = None, gaps: tuple[int, ...] = ()
) -> tuple[Transition, ...]:
    """Steps from each state to the next, a `?` for one unknown; `gaps` are steps that don't continue."""
    return tuple(
        dataclasses.replace(
            _BLUEPRINT,
            step=dataclasses.replace(
                _BLUEPRINT.step,
                step_index=index,
                action=(actions or {}).get(index, Click(Point(1, 1))),
                continuous=index > 0 and index not in gaps,
            ),
            state=None if states[index] == "?" else states[index],
            next_state=None if states[index + 1] == "?" else states[index + 1],
        )
        for index in range(len(states) - 1)
    )


def erased(states: str | list[str]) -> tuple[str, ...]:
    path = erase_loops(readings_of(states))
    assert path is not None
    return tuple(str(one.index) for one in path)


def oracle(states: list[str]) -> list[int]:
    """From where one stands, take the last step that ever left this state, and go on from where it led."""
    here, at, path = states[0], 0, []
    while here != states[-1] or here in states[at:-1]:
        leaving = [index for index in range(at, len(states) - 1) if states[index] == here]
        if not leaving or (states[-1] == here):
            break
        path.append(leaving[-1])
        at = leaving[-1] + 1
        here = states[at]
    return path


@pytest.mark.parametrize(
    ("states", "path"),
    [
        ("abc", "01"),
        ("aab", "1"),
        ("abab", "2"),
        ("abcbd", "03"),
        ("abcabd", "34"),
        ("abcdbe", "04"),
        ("aba", ""),
        ("abcba", ""),
        ("aaaa", ""),
        ("abcdcbe", "05"),
    ],
)
def test_a_loop_is_cut_where_its_state_came_first(states: str, path: str) -> None:
    assert "".join(erased(states)) == path


@given(STATES)
def test_erasure_equals_leaving_each_state_for_the_last_time(states: list[str]) -> None:
    path = erase_loops(readings_of(states))
    assert path is not None
    assert [one.index for one in path] == oracle(states)


@given(STATES)
def test_a_path_joins_the_first_state_with_the_last_and_no_state_comes_twice(states: list[str]) -> None:
    path = erase_loops(readings_of(states))
    assert path is not None
    if states[0] == states[-1]:
        assert path == ()
        return
    assert (path[0].state, path[-1].next_state) == (states[0], states[-1])
    assert all(one.next_state == two.state for one, two in itertools.pairwise(path))
    visited = [one.state for one in path] + [path[-1].next_state]
    assert len(set(visited)) == len(visited)


@given(STATES)
def test_erasing_a_path_changes_nothing(states: list[str]) -> None:
    path = erase_loops(readings_of(states))
    assert path is not None
    assert erase_loops(path) == path


def test_a_state_that_is_unknown_leaves_no_path() -> None:
    assert erase_loops(readings_of("ab?d")) is None
    assert [(run.first, run.last) for run in runs(readings_of("ab?de"))] == [(0, 0), (3, 3)]


def spans(
    states: str | list[str], actions: dict[int, Action] | None = None, gaps: tuple[int, ...] = ()
) -> list[tuple[int, int, str]]:
    found = runs(readings_of(states, actions, gaps))
    return [(run.first, run.last, "".join(str(one.index) for one in run.path)) for run in found]


def test_every_stretch_that_goes_forward_is_a_run() -> None:
    assert spans("abc") == [(0, 0, "0"), (1, 1, "1"), (0, 1, "01")]


def test_of_the_runs_with_one_path_the_longest_stays() -> None:
    assert spans("abac") == [(0, 0, "0"), (1, 1, "1"), (0, 2, "2"), (1, 2, "12")]


def test_a_run_ends_with_a_step_that_its_path_needs() -> None:
    assert [span for span in spans("abb") if span[1] == 1] == []


def test_a_run_does_not_leap_over_a_gap() -> None:
    assert spans("abc", gaps=(1,)) == [(0, 0, "0"), (1, 1, "1")]


def test_a_step_that_claims_to_continue_from_another_state_is_a_gap() -> None:
    first, second = readings_of("abc")
    leap = dataclasses.replace(second, state="x")
    assert [(run.first, run.last) for run in runs((first, leap))] == [(0, 0), (1, 1)]


@pytest.mark.parametrize("travel", [Back(), Forward(), Home(), Open("http://fernwood.test/"), Reload(), Wait()])
def test_a_path_with_a_leap_in_the_history_or_an_address_is_none(travel: Action) -> None:
    assert spans("abcd", {1: travel}) == [(0, 0, "0"), (2, 2, "2")]


def test_a_step_back_that_the_erasure_cuts_does_not_hinder() -> None:
    assert (0, 2, "2") in spans("abac", {1: Back()})


def test_paths_and_runs_have_their_limits() -> None:
    states = [f"s{n}" for n in range(40)]
    found = list(runs(readings_of(states)))
    assert max(len(run.path) for run in found) == PATH_LIMIT
    looped = ["a", *"bababababababababa", "c"]
    lengths = [run.last - run.first + 1 for run in runs(readings_of(looped))]
    assert max(lengths) <= RUN_LIMIT


@given(STATES, st.sets(st.integers(1, 18)))
def test_runs_come_in_order_and_no_path_twice(states: list[str], gaps: set[int]) -> None:
    found = list(runs(readings_of(states, gaps=tuple(gaps))))
    assert [run.last for run in found] == sorted(run.last for run in found)
    paths = [tuple(one.index for one in run.path) for run in found]
    assert len(set(paths)) == len(paths)
    for run in found:
        assert run.first <= run.path[0].index
        assert run.path[-1].index == run.last
        assert not any(step in gaps for step in range(run.first + 1, run.last + 1))


def test_a_run_is_begun_where_the_episode_began_by_the_fewest_of_its_steps() -> None:
    steps = tuple(dataclasses.replace(step, change="content") for step in readings_of("abcbd"))
    run = RunPath(3, 3, steps[3:])
    begun = from_the_start(run, steps)
    assert begun is not None
    assert [step.index for step in begun.path] == [0, 3]
    assert from_the_start(RunPath(0, 0, steps[:1]), steps) is None, "it begins there"


def test_a_link_that_an_earlier_page_had_is_pressed_there() -> None:
    def walked(*, sight: bool = True) -> tuple[int, ...]:
        orders = link("Orders") if sight else link("Orders", flags=("offscreen",))
        start = scene("/", heading("Home"), link("Plants"), orders)
        between = scene("/plants", heading("Plants"), link("Orders"))
        steps = transitions_of(walk(start, click("Plants", between), click("Orders", ORDERS)))
        return tuple(step.index for step in tightened(RunPath(0, 1, steps)).path)

    assert walked() == (1,)
    assert walked(sight=False) == (0, 1), "it is not in sight there"


def test_a_menu_that_stands_on_each_page_leads_on_from_any_though_its_links_say_where_one_is() -> None:
    def page(at: str, *parts: Any) -> Scene:
        return scene(f"/{at}", link("Graph", f"/graph/{at}"), heading(at), *parts)

    steps = transitions_of(walk(page("log"), click("Graph", page("tags")), click("Graph", page("graph"))))
    assert [step.index for step in tightened(RunPath(0, 1, steps)).path] == [1]
    row = [table(("name", "do"), [("Moss", link("Edit", f"/edit/{number}"))]) for number in (1, 2)]
    steps = transitions_of(walk(page("log", row[0]), click("Graph", page("tags", row[1])), click("Edit", page("edit"))))
    assert [step.index for step in tightened(RunPath(0, 1, steps)).path] == [0, 1], "the Edit of another row"


def test_what_is_written_over_is_not_typed_first() -> None:
    pages = [scene("/f", heading("Find"), field("Search", held)) for held in ("", "a", "moss")]
    steps = transitions_of(walk(pages[0], typed("a", "Search", pages[1]), typed("moss", "Search", pages[2])))
    assert [step.index for step in tightened(RunPath(0, 1, steps)).path] == [1]


def test_on_a_desktop_a_run_begins_as_the_application_opens_and_keeps_to_one_window() -> None:
    main = scene("/", field("Text", ""), title="Untitled - Notes")
    held = scene("/", field("Text", "x"), title="*Untitled - Notes")
    found = [scene("/f", field("Search for", value), title="Find") for value in ("", "moss")]
    steps = transitions_of(
        walk(main, typed("x", "Text", held), click("Text", found[0]), typed("moss", "Search for", found[1]))
    )
    run = of_one_window(RunPath(0, 2, steps), steps)
    assert run is not None
    assert [step.index for step in run.path] == [1, 2]
    assert of_one_window(RunPath(1, 2, steps[1:]), steps) is None
