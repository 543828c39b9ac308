from dataclasses import replace
from typing import Any

import pytest

from labelers.askers.hindsight import HINDSIGHT, MISSING_STOP, HindsightSynthesizer, looked_at, missed
from labelers.askers.synthesis import LONGEST
from labelers.backend import Opinions
from labelers.kit.asker import Asker
from schemas.actions import Stop
from schemas.episodes import Episode
from schemas.opinions import Label
from tests.labelers.askers.answering import USE, answers, label, told_of
from tests.labelers.site import Act, button, click, heading, link, scene, walk

HOME = scene("/", heading("Fernwood"), link("Plants", "/plants"), shade=10)
PLANTS = scene("/plants", heading("Plants"), button("Water all"), link("Home", "/"), shade=20)
WATERED = scene("/plants", heading("Watered"), link("Home", "/"), shade=30)
ASKER = Asker(HindsightSynthesizer(), USE)
GOAL = "Water all plants in one step."
NOTHING = {"account": "It went there.", "complete_after": -1, "task": "", "until": -1}


def given(*acts: Act, success: bool | None = False, goal: str | None = GOAL, labels: tuple[Label, ...] = ()) -> Episode:
    done = acts or (click("Plants", PLANTS), click("Water all", WATERED), Act(Stop(), WATERED), click("Home", HOME))
    episode = walk(HOME, *done)
    told = replace(episode.trajectory, goal=goal, success=success, judged_by=None if success is None else "check")
    return replace(episode, trajectory=told, labels=labels)


def said(episode: Episode, **answer: Any) -> Opinions:
    return ASKER.read(episode, (), answers(ASKER, episode, (), {**NOTHING, **answer}))


def by(labeler: str, verdict: str, **fields: Any) -> Label:
    return label(walk(HOME), labeler=labeler, verdict=verdict, reason=f"{labeler} says {verdict}", **fields)


@pytest.mark.parametrize(
    ("success", "labels", "why"),
    [
        (False, (), "check says that it was not done"),
        (False, (by("human", "good"),), "check says that it was not done"),
        (True, (by("reward/x", "harmful"),), None),
        (None, (), None),
        (None, (by("reward/x", "harmful"),), "reward/x says harmful"),
        (None, (by("rules", "harmful"), by("reward/x", "abstain")), "rules says harmful"),
        (None, (by("rules", "good"), by("reward/x", "harmful")), None),
        (None, (by("rules", "good"), by("human", "harmful")), "human says harmful"),
        (None, (by("rules", "harmful"), by("human/anna", "good")), None),
        (None, (by("safety/x", "harmful"),), None),
        (None, (by("reward/x", "harmful", instruction_id="i"),), None),
    ],
)
def test_who_says_that_a_goal_was_missed(success: bool | None, labels: tuple[Label, ...], why: str | None) -> None:
    assert missed(given(success=success, labels=labels)) == why
    assert len(list(ASKER.requests(given(success=success, labels=labels), ()))) == (why is not None)
    assert missed(given(success=success, labels=labels, goal=None)) is None


def test_an_episode_that_missed_nothing_is_looked_at_and_not_asked_about() -> None:
    found = ASKER.read(given(success=True), (), {})
    assert found.instructions == ()
    assert [one.reason for one in found.labels] == ["0 of 0 questions were answered"]


def test_what_was_achieved_instead_is_a_task_on_the_steps_that_did_something() -> None:
    found = said(given(), task="Open the  plants and water all.", until=2)
    (one,) = found.instructions
    assert (one.text, one.template, one.kind, one.level) == (
        "Open the plants and water all.",
        HINDSIGHT,
        "task",
        "high",
    )
    assert (one.first_step, one.last_step, one.path) == (0, 1, (0, 1))
    assert one.evidence == "It went there."


def test_the_missing_stop_ends_the_path_of_the_goal() -> None:
    found = said(given(), complete_after=1)
    (one,) = found.instructions
    assert (one.text, one.template, one.path) == (GOAL, MISSING_STOP, (0, 1))
    both = said(given(), complete_after=1, task="Go home after watering.", until=3)
    assert [(one.template, one.path) for one in both.instructions] == [(MISSING_STOP, (0, 1)), (HINDSIGHT, (0, 1, 3))]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({"complete_after": 3}, "missing stop refused: the goal was held to be missed at the end"),
        ({"task": GOAL.lower(), "until": 1}, "hindsight refused: it is the goal that was missed"),
        ({"task": "Water.", "until": 9}, "hindsight refused: there is no such step"),
        ({"task": "Water.", "until": -7}, "hindsight refused: there is no such step"),
        ({"task": "x" * 401, "until": 1}, "hindsight refused: it is too long"),
    ],
)
def test_what_cannot_be_so_is_told_and_not_written(answer: dict[str, Any], why: str) -> None:
    found = said(given(), **answer)
    assert found.instructions == ()
    assert dict(found.silences) == {why: 1}
    (whole,) = found.labels
    assert (whole.subject, whole.verdict, whole.rule) == ("trajectory", "abstain", "looked at")
    assert why in whole.reason


def test_steps_without_effect_make_no_task() -> None:
    found = said(given(click("Plants", HOME), click("Plants", HOME, result="no target")), task="Look.", until=1)
    assert dict(found.silences) == {"hindsight refused: no step did anything until then": 1}


def test_nothing_is_an_answer() -> None:
    found = said(given())
    assert (found.instructions, dict(found.silences)) == ((), {"nothing was achieved": 1})


def test_a_leap_ends_what_is_looked_at() -> None:
    leap = given(click("Plants", PLANTS), click("Home", HOME), click("Plants", PLANTS, before=HOME))
    assert [one.step.step_index for one in looked_at(leap)] == [0, 1]
    assert '"step": 2' not in told_of(next(iter(ASKER.requests(leap, ()))))
    long = given(*(click("Plants", PLANTS) if at % 2 == 0 else click("Home", HOME) for at in range(LONGEST + 3)))
    assert len(looked_at(long)) == LONGEST


def test_a_question_without_answer_is_a_silence() -> None:
    episode = given()
    found = ASKER.read(episode, (), answers(ASKER, episode, (), None, status="refused"))
    assert dict(found.silences) == {"question refused": 1}
    assert [(one.subject, one.rule) for one in found.labels] == [("trajectory", "refused"), ("trajectory", "looked at")]
