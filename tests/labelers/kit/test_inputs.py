from typing import get_args

import pytest

from labelers.kit.inputs import Inputs, input_key
from schemas.opinions import Instruction, Label
from tests.labelers.askers.answering import label, task
from tests.labelers.site import button, click, heading, scene, walk

HOME = scene("/", heading("Fernwood"), button("Water all"))
EPISODE = walk(HOME, click("Water all", HOME))
TASKS = [task(EPISODE, text, 0) for text in ("Water all plants.", "Water them.")]
VERDICTS = [label(EPISODE, labeler="rules"), label(EPISODE, labeler="reward/x", verdict="harmful")]
BESIDE: list[Instruction] = [
    task(EPISODE, "Give them water.", 0, kind="variant"),
    task(EPISODE, "They look dry.", 0, kind="thought", level="low"),
    task(EPISODE, "Press the button.", 0, kind="step", level="low"),
]
ASIDE: list[Label] = [
    label(EPISODE, verdict="abstain", rule="looked at"),
    label(EPISODE, subject="step", first_step=0, last_step=0),
    label(EPISODE, instruction_id=TASKS[0].instruction_id),
]


def found(inputs: Inputs, instructions: list[Instruction], labels: list[Label], labeler: str = "critic/x") -> str:
    return input_key(inputs, labeler, "d" * 32, instructions, labels)


@pytest.mark.parametrize("inputs", get_args(Inputs))
def test_the_order_and_what_is_beside_the_point_change_nothing(inputs: Inputs) -> None:
    plain = found(inputs, TASKS, VERDICTS)
    assert found(inputs, [*BESIDE, *TASKS[::-1]], [*ASIDE, *VERDICTS[::-1]]) == plain
    mine = [task(EPISODE, "Water the ferns.", 0, labeler="critic/x")]
    assert found(inputs, [*TASKS, *mine], [*VERDICTS, label(EPISODE, labeler="critic/x")]) == plain


def test_each_hangs_on_its_own() -> None:
    fewer, none = TASKS[:1], list[Label]()
    assert found("recording", fewer, none) == found("recording", TASKS, VERDICTS) == "d" * 32
    assert found("tasks", fewer, none) == found("tasks", fewer, VERDICTS) != found("tasks", TASKS, none)
    assert found("verdicts", fewer, none) == found("verdicts", TASKS, none) != found("verdicts", TASKS, VERDICTS)
