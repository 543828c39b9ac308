from dataclasses import replace
from typing import Any

import pytest

from labelers.askers.milestones import MOST, MilestoneJudge
from labelers.kit.asker import Asker
from schemas.opinions import Label
from tests.labelers.askers.answering import USE, answers, task
from tests.labelers.site import button, click, field, heading, scene, typed, walk

HOME = scene("/", heading("Fernwood"), field("Search"), button("Go"), shade=10)
TYPED = scene("/", heading("Fernwood"), field("Search", "fern"), button("Go"), shade=20)
FOUND = scene("/?q=fern", heading("2 results"), field("Search", "fern"), button("Go"), shade=30)
EPISODE = walk(HOME, typed("fern", "Search", TYPED), click("Go", FOUND))
TASK = task(EPISODE, 'Search for "fern".')
ASKER = Asker(MilestoneJudge(), USE)
FILLED = {"milestone": "the search says fern", "step": 0, "evidence": "fern"}
LISTED = {"milestone": "the results are shown", "step": 1, "evidence": "2 results"}


def said(*milestones: dict[str, Any]) -> list[Label]:
    found = ASKER.read(EPISODE, [TASK], answers(ASKER, EPISODE, [TASK], {"milestones": list(milestones)}))
    return list(found.labels)[:-1]


def test_a_run_that_shows_each_of_its_milestones_is_good_and_so_are_their_steps() -> None:
    filled, listed, run = said(FILLED, LISTED)
    assert [(one.subject, one.first_step, one.verdict, one.rule) for one in (filled, listed)] == [
        ("step", 0, "good", "milestone"),
        ("step", 1, "good", "milestone"),
    ]
    assert (run.subject, run.verdict, run.rule) == ("span", "good", "milestones")
    assert listed.reason == "the results are shown: '2 results'"
    assert {one.instruction_id for one in (filled, listed, run)} == {TASK.instruction_id}


@pytest.mark.parametrize(
    ("other", "verdict", "rule"),
    [
        ({"step": -1, "evidence": ""}, "harmful", "milestone missed"),
        ({"step": 7}, "harmful", "milestone missed"),
        ({"evidence": "3 results"}, "abstain", "milestone not shown"),
        ({"evidence": ""}, "abstain", "milestone not shown"),
        ({"evidence": "fern"}, "abstain", "milestone not shown"),  # it stood there before
        ({"step": 0}, "abstain", "milestone not shown"),
    ],
)
def test_what_is_missed_decides_and_what_is_not_shown_decides_nothing(
    other: dict[str, Any], verdict: str, rule: str
) -> None:
    filled, run = said(FILLED, {**LISTED, **other})
    assert filled.rule == "milestone"
    assert (run.verdict, run.rule) == (verdict, rule)
    assert "the results are shown" in run.reason
    assert filled.first_step == 0


def test_two_milestones_of_one_step_are_one_label() -> None:
    step, _ = said(LISTED, {**LISTED, "milestone": "two are found"})
    assert step.reason == "the results are shown: '2 results'; two are found: '2 results'"


def test_no_milestone_and_too_many_decide_nothing() -> None:
    (none,) = said()
    assert (none.verdict, none.rule) == ("abstain", "no milestone")
    (many,) = said(*[LISTED] * (MOST + 1))
    assert many.verdict == "abstain"


def test_the_goal_that_the_policy_saw_is_judged_too() -> None:
    aimed = replace(EPISODE, trajectory=replace(EPISODE.trajectory, goal="Find ferns."))
    assert len(list(ASKER.requests(aimed, [TASK]))) == 2
