"""What a labeler's questions depend on besides the recording: where that has changed, it looks at the episode again."""

from collections.abc import Iterable
from typing import Literal

from schemas.keys import key
from schemas.opinions import Instruction, Label

Inputs = Literal["recording", "tasks", "verdicts"]
"""Nothing else; the tasks that others wrote of the episode; what others say of its goal."""

LOOKED_AT = "looked at"
"""The rule of the label on an episode that says so; its `input` is the key of what the questions depended on."""


def is_task(instruction: Instruction) -> bool:
    """Whether it states a goal of its own: other phrasings of one and thoughts on the way to it do not."""
    return instruction.level == "high" and instruction.kind == "task"


def is_on_goal(label: Label) -> bool:
    """Whether it says of the goal that the policy saw whether it was reached."""
    return label.subject == "trajectory" and label.instruction_id is None and label.verdict in ("good", "harmful")


def input_key(
    inputs: Inputs, labeler: str, digest: str, instructions: Iterable[Instruction], labels: Iterable[Label]
) -> str:
    """What the questions of a labeler about an episode with that digest depend on, as one key.

    What it wrote itself does not count, else it would look for ever.
    """
    ids: list[str] = []
    if inputs == "tasks":
        ids = [
            instruction.instruction_id
            for instruction in instructions
            if is_task(instruction) and instruction.labeler != labeler
        ]
    elif inputs == "verdicts":
        ids = [label.label_id for label in labels if is_on_goal(label) and label.labeler != labeler]
    return digest if inputs == "recording" else key(LOOKED_AT, digest, sorted(ids))
