import itertools

import pytest

from labelers.askers.critic import CRITERIA, OPINIONS, InstructionCritic, judged
from labelers.kit.asker import Asker
from schemas.opinions import Label
from tests.labelers.askers.answering import USE, answers, task, told_of
from tests.labelers.site import button, click, heading, link, scene, walk

HOME = scene("/", heading("Fernwood"), link("Plants", "/plants"), shade=10)
PLANTS = scene("/plants", heading("Plants"), button("Water all"), link("Home", "/"), shade=20)
EPISODE = walk(HOME, click("Plants", PLANTS), click("Water all", PLANTS), click("Home", HOME))
TASK = task(EPISODE, "Open the plants and go back home.", 0, 2)
CRITIC = Asker(InstructionCritic(), USE)


def said(**changes: str) -> Label:
    answer = {"account": "It went there and back.", **dict.fromkeys(CRITERIA, "yes"), **changes}
    label, _ = CRITIC.read(EPISODE, [TASK], answers(CRITIC, EPISODE, [TASK], answer)).labels
    return label


def test_it_is_shown_the_steps_that_the_sentence_claims_and_no_others() -> None:
    (request,) = CRITIC.requests(EPISODE, [TASK])
    text = told_of(request)
    assert [text.count(f'{{"step": {step}') for step in range(3)] == [1, 0, 1]
    assert text.endswith("[picture shade 10, marked]\n[picture shade 10]\n")


def test_only_tasks_are_judged() -> None:
    variant = task(EPISODE, "Go and come back.", kind="variant", parent_id=TASK.instruction_id)
    step = task(EPISODE, "Click Plants.", 0, kind="step", level="low")
    assert len(list(CRITIC.requests(EPISODE, [TASK, variant, step]))) == 1


def test_the_label_is_on_the_instruction_and_names_what_failed() -> None:
    good = said()
    assert (good.subject, good.verdict, good.rule) == ("instruction", "good", None)
    assert (good.instruction_id, good.first_step) == (TASK.instruction_id, None)
    assert (said(feasible="no").verdict, said(feasible="no").rule) == ("harmful", "not feasible")
    assert (said(natural="unclear").verdict, said(natural="unclear").rule) == ("abstain", "unclear whether natural")


def test_one_failure_is_enough_and_no_doubt_outweighs_it() -> None:
    for opinions in itertools.product(OPINIONS, repeat=len(CRITERIA)):
        verdict, rule = judged(dict(zip(CRITERIA, opinions, strict=True)))
        if "no" in opinions:
            assert (verdict, rule) == ("harmful", f"not {CRITERIA[opinions.index('no')]}")
        elif "unclear" in opinions:
            assert (verdict, rule) == ("abstain", f"unclear whether {CRITERIA[opinions.index('unclear')]}")
        else:
            assert (verdict, rule) == ("good", None)


def test_a_question_without_answer_abstains() -> None:
    found = CRITIC.read(EPISODE, [TASK], answers(CRITIC, EPISODE, [TASK], "no", status="malformed"))
    label, whole = found.labels
    assert (label.subject, label.verdict, label.rule) == ("instruction", "abstain", "malformed")
    assert whole.reason == "0 of 1 questions were answered"


@pytest.mark.parametrize("wrong", ["maybe", "", True])
def test_an_opinion_is_one_of_three(wrong: object) -> None:
    fields = dict.fromkeys(CRITERIA, '"yes"') | {"true": "true" if wrong is True else f'"{wrong}"'}
    text = ", ".join(f'"{name}": {value}' for name, value in fields.items())
    assert CRITIC.check(f'{{"account": "", {text}}}') is not None
