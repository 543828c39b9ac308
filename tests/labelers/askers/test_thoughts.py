from dataclasses import replace
from typing import Any

import pytest

from labelers.askers import ThoughtWriter
from labelers.backend import Opinions
from schemas.keys import parse_json
from tests.labelers.askers.answering import USE, answers, label, task
from tests.labelers.site import button, click, heading, link, scene, walk

HOME = scene("/", heading("Fernwood"), link("Plants", "/plants"), shade=10)
PLANTS = scene("/plants", heading("Plants"), button("Water all"), link("Home", "/"), shade=20)
EPISODE = walk(HOME, click("Plants", PLANTS), click("Home", HOME), click("Plants", PLANTS), click("Water all", PLANTS))
TASK = task(EPISODE, "Give all plants water.", 0, 2, 3)
ASKER = ThoughtWriter(USE)
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
