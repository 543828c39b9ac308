from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelers.askers.foresight import THOUGHT_LIMIT, what_is_wrong
from schemas.actions import Click, Point
from tests.labelers.site import button, click, field, heading, link, scene, typed, walk

HOME = scene("/", heading("Fernwood"), link("Plants", "/plants"), field("Find"), title="Start", shade=10)
PLANTS = scene(
    "/plants", heading("All your plants"), button("Water all"), field("Amount"), title="Greenhouse", shade=20
)
EPISODE = walk(HOME, click("Plants", PLANTS), typed("3 litres", "Amount", PLANTS), click("Water all", PLANTS))
GOAL = "Water the ferns."
WORDS = st.text(st.characters(categories=("Ll", "Zs")), max_size=40)


def wrong(thought: str, place: int = 0, goal: str = GOAL) -> str | None:
    return what_is_wrong(thought, goal, EPISODE.steps, place)


@pytest.mark.parametrize(
    ("thought", "why"),
    [
        ("I see a link to Plants. Nothing is done yet, so I open it first.", None),
        ("There are 1,250 plants in 3 rooms, from 9:30 on.", None),
        ("", "it is empty"),
        ("x" * (THOUGHT_LIMIT + 1), "it is too long"),
        ("I click at (120, 45).", "it names a place in pixels"),
        ("I click at [120; 45].", "it names a place in pixels"),
        ("I click at x=120.", "it names a place in pixels"),
        ("It is 30 px to the right.", "it names a place in pixels"),
        ("I take the coordinates of it.", "it names a place in pixels"),
        ("The screenshot shows a link.", "it speaks of the recording"),
        ("The red line is around Plants.", "it speaks of the recording"),
        ("I open Plants, and do step 2 then.", "it names a later step"),
        ("After step 0 I open Plants.", None),
        ("I open Plants, where I press Water all.", "it names what comes later"),
        ("I open Plants to type 3 litres.", "it names what comes later"),
        ("I open Plants to see the greenhouse.", "it names what comes later"),
        ("I open Plants to see all your plants.", "it names what comes later"),
    ],
)
def test_what_no_thought_before_the_first_step_may_hold(thought: str, why: str | None) -> None:
    assert wrong(thought) == why


def test_what_was_seen_is_known_then() -> None:
    assert wrong("I press Water all.", place=2) is None
    assert wrong("I see Water all, and do step 1.", place=1) is None
    assert wrong("I will press Water all.", goal="Press Water all.") is None
    assert wrong("I type 3 litres.", place=1) is None


def test_the_place_of_the_action_is_no_pair_of_words() -> None:
    steps = [replace(one, step=replace(one.step, action=Click(Point(210.4, 87.0)))) for one in EPISODE.steps]
    assert what_is_wrong("I click where 210 meets 87.", GOAL, steps, 0) == "it names a place in pixels"
    assert what_is_wrong("I order 210 ferns.", GOAL, steps, 0) is None


@given(WORDS, WORDS, st.sampled_from(["Water all", "3 litres", "Greenhouse"]), st.booleans())
def test_what_comes_later_is_found_wherever_it_stands(before: str, after: str, name: str, small: bool) -> None:
    said = name.lower() if small else name
    assert wrong(f"{before}. {said}! {after}") == "it names what comes later"


@given(WORDS, st.integers(0, 99_999), st.integers(0, 99_999), WORDS)
def test_a_place_is_found_wherever_it_stands(before: str, x: int, y: int, after: str) -> None:
    assert wrong(f"{before}({x}, {y}){after}") == "it names a place in pixels"
    assert wrong(f"{before} x: {x} {after}") == "it names a place in pixels"


@given(st.text(), st.integers(0, 2))
def test_every_thought_is_judged(thought: str, place: int) -> None:
    why = wrong(thought, place)
    assert why is None or why.startswith("it ")
    if len(thought) > THOUGHT_LIMIT or not thought:
        assert why is not None
