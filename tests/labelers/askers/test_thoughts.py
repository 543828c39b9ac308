from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelers.askers.thoughts import THOUGHT_LIMIT, ThoughtWriter, what_is_wrong
from labelers.backend import Opinions
from labelers.kit.asker import Asker
from schemas.actions import Click, Point
from schemas.keys import parse_json
from tests.labelers.askers.answering import USE, answers, label, task
from tests.labelers.site import button, click, field, heading, link, scene, typed, walk

HOME = scene("/", heading("Fernwood"), link("Plants", "/plants"), shade=10)
PLANTS = scene("/plants", heading("Plants"), button("Water all"), link("Home", "/"), shade=20)
EPISODE = walk(HOME, click("Plants", PLANTS), click("Home", HOME), click("Plants", PLANTS), click("Water all", PLANTS))
TASK = task(EPISODE, "Give all plants water.", 0, 2, 3)
ASKER = Asker(ThoughtWriter(), USE)
GOOD = {"account": "It helps.", "correct": True, "redundant": False, "thought": "Nothing is done yet, so I go on."}


def said(**changes: Any) -> Opinions:
    return ASKER.read(EPISODE, [TASK], answers(ASKER, EPISODE, [TASK], {**GOOD, **changes}))


def test_every_step_of_the_path_has_a_thought_and_a_verdict() -> None:
    found = said()
    assert [(one.kind, one.level, one.path, one.parent_id) for one in found.instructions] == [
        ("thought", "low", (step,), TASK.instruction_id) for step in TASK.path
    ]
    *steps, whole = found.labels
    assert [(one.first_step, one.verdict, one.rule) for one in steps] == [(step, "good", None) for step in TASK.path]
    assert {one.instruction_id for one in steps} == {TASK.instruction_id}
    assert whole.reason == "3 of 3 questions were answered"
    ids = [one.instruction_id for one in found.instructions]
    assert len(set(ids)) == len(ids)


def test_the_same_thought_for_two_tasks_is_two() -> None:
    other = task(EPISODE, "Water all.", 3)
    found = ASKER.read(EPISODE, [TASK, other], answers(ASKER, EPISODE, [TASK, other], GOOD))
    assert len({one.instruction_id for one in found.instructions}) == 4


@pytest.mark.parametrize(
    ("flags", "verdict", "rule"),
    [
        ({"redundant": True}, "neutral", "redundant"),
        ({"correct": False}, "harmful", "incorrect"),
        ({"correct": False, "redundant": True}, "harmful", "incorrect"),
    ],
)
def test_the_flags_are_a_verdict_on_the_step(flags: dict[str, bool], verdict: str, rule: str) -> None:
    found = said(**flags)
    assert {(one.verdict, one.rule) for one in found.labels[:-1]} == {(verdict, rule)}
    assert len(found.instructions) == (3 if flags.get("correct", True) else 0)


def test_a_thought_that_cannot_stand_is_told_with_its_reason() -> None:
    found = said(thought="I press Water all.")
    assert [one.path for one in found.instructions] == [(2,), (3,)], "it was seen before the second of them"
    assert dict(found.silences) == {"thought refused: it names what comes later": 1}
    assert found.labels[0].reason == ('It helps.; thought refused: it names what comes later: "I press Water all."')
    assert found.labels[0].verdict == "good"


def test_a_question_tells_no_later_step() -> None:
    for request, step in zip(ASKER.requests(EPISODE, [TASK]), TASK.path, strict=True):
        lines = [line for line in request.turns[1].text.splitlines() if line.startswith('{"step"')]
        assert [parse_json(line.encode())["step"] for line in lines] == [one for one in TASK.path if one <= step]
        assert [picture.mark is not None for picture in request.turns[1].pictures] == [True]


def test_tasks_that_were_refused_are_passed_over() -> None:
    judged = label(EPISODE, subject="instruction", verdict="harmful", instruction_id=TASK.instruction_id)
    assert list(ASKER.requests(replace(EPISODE, labels=(judged,)), [TASK])) == []


def test_a_question_without_answer_abstains() -> None:
    found = ASKER.read(EPISODE, [TASK], answers(ASKER, EPISODE, [TASK], None, status="failed"))
    assert found.instructions == ()
    assert [(one.subject, one.verdict, one.first_step) for one in found.labels[:-1]] == [
        ("step", "abstain", step) for step in TASK.path
    ]


FIRST_PAGE = scene("/", heading("Fernwood"), link("Plants", "/plants"), field("Find"), title="Start", shade=10)
SECOND_PAGE = scene(
    "/plants", heading("All your plants"), button("Water all"), field("Amount"), title="Greenhouse", shade=20
)
WATERING = walk(
    FIRST_PAGE, click("Plants", SECOND_PAGE), typed("3 litres", "Amount", SECOND_PAGE), click("Water all", SECOND_PAGE)
)
GOAL = "Water the ferns."
WORDS = st.text(st.characters(categories=("Ll", "Zs")), max_size=40)


def wrong(thought: str, place: int = 0, goal: str = GOAL) -> str | None:
    return what_is_wrong(thought, goal, WATERING.steps, place)


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
    steps = [replace(one, step=replace(one.step, action=Click(Point(210.4, 87.0)))) for one in WATERING.steps]
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
