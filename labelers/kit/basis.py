"""What a labeler's questions hang on besides the recording: where that has changed, it looks at the episode again."""

from collections.abc import Iterable
from typing import Literal

from schemas.keys import key
from schemas.opinions import Instruction, Label

Basis = Literal["recording", "tasks", "verdicts"]
"""Nothing else; the tasks that others found in the episode; what others say of its goal."""

LOOKED_AT = "looked at"
"""The rule of the label on an episode that says so; its `input` is what the questions hung on."""


def is_task(one: Instruction) -> bool:
    """Whether it states a goal of its own: other phrasings of one and thoughts on the way to it do not."""
    return one.level == "high" and one.kind == "task"


def is_on_goal(one: Label) -> bool:
    """Whether it says of the goal that the policy saw whether it was reached."""
    return one.subject == "trajectory" and one.instruction_id is None and one.verdict in ("good", "harmful")


def basis_of(
    basis: Basis, labeler: str, digest: str, instructions: Iterable[Instruction], labels: Iterable[Label]
) -> str:
    """What the questions of a labeler about an episode with that digest hang on, as one key.

    What it wrote itself does not count, else it would look for ever.
    """
    found: list[str] = []
    if basis == "tasks":
        found = [one.instruction_id for one in instructions if is_task(one) and one.labeler != labeler]
    elif basis == "verdicts":
        found = [one.label_id for one in labels if is_on_goal(one) and one.labeler != labeler]
    return digest if basis == "recording" else key(LOOKED_AT, digest, sorted(found))
