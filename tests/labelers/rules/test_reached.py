"""The goal that an episode was given, as an instruction."""

from dataclasses import replace

import pytest

from labelers.backend import Opinions
from labelers.observed.graph import TransitionGraph
from labelers.rules import RulesBackend
from schemas.actions import Answer, Stop
from schemas.episodes import Episode
from schemas.opinions import Instruction
from tests.labelers.site import Act, button, click, link, scene, walk

SHOP = scene("/", link("Cart"), link("Help"), button("Copy"))
CART = scene("/cart", link("Shop"), button("Empty"))
GOAL = "Put everything in order"
STOP = Act(Stop(), None)
STEPS = (click("Copy", SHOP), click("Cart", CART), click("Shop", SHOP), click("Cart", CART))


def told(*acts: Act, **facts: object) -> tuple[Opinions, list[Instruction]]:
    episode = walk(SHOP, *acts)
    known = {"goal": GOAL, "policy": "model", "ended_by": "stop", "success": None, **facts}
    episode = Episode(replace(episode.trajectory, **known), episode.steps, episode.screen)  # type: ignore[arg-type]
    found = RulesBackend()(episode, TransitionGraph([]))
    return found, [one for one in found.instructions if one.template == "goal"]


def test_a_goal_that_the_check_says_was_reached_is_the_instruction_of_the_path_to_it() -> None:
    found, (one,) = told(*STEPS, STOP, success=True, judged_by="check")
    assert (one.text, one.level, one.kind) == (GOAL, "high", "task")
    assert (one.path, one.first_step, one.last_step) == ((1,), 1, 1) or one.path == (3,)
    assert one.evidence == "check says that it was done"
    labels = [label for label in found.labels if label.instruction_id == one.instruction_id]
    assert [label.first_step for label in labels] == list(range(one.first_step, one.last_step + 1))
    assert "good" in {label.verdict for label in labels}


def test_what_a_person_did_is_needed_even_where_it_leaves_no_trace() -> None:
    _, (one,) = told(*STEPS, STOP, policy="human")
    assert one.path == (0, 1, 2, 3)
    assert one.evidence == "a person did it, and ended the recording"


@pytest.mark.parametrize(
    "facts",
    [
        {"goal": None, "success": True},
        {"success": False, "judged_by": "check"},
        {"success": None},
        {"policy": "human", "ended_by": "killed"},
        {"policy": "human", "success": False},
    ],
)
def test_a_goal_that_nobody_says_was_reached_is_no_instruction(facts: dict[str, object]) -> None:
    assert told(*STEPS, STOP, **facts)[1] == []


def test_an_answer_that_was_right_is_the_answer() -> None:
    _, (one,) = told(click("Cart", CART), Act(Answer("7 lamps"), None), success=True, judged_by="check")
    assert (one.answer, one.path) == ("7 lamps", (0,))


def test_where_nothing_was_done_there_is_no_instruction() -> None:
    assert told(STOP, success=True, judged_by="check")[1] == []
