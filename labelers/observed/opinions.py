"""A verdict with the rule that gave it, and the one on a step of no effect, whatever the goal."""

from dataclasses import dataclass

from labelers.observed.transitions import Transition
from schemas.opinions import Verdict

IDLE_RULE = "nothing changed"
"""The rule of every label that calls a step one of no effect."""

LOOK = " but how the element looks that has the focus or the pointer"
"""Ends the reason of a step of no effect where pixels did change, of what has the focus or the pointer."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """A verdict, the rule that gave it, and why in words."""

    verdict: Verdict
    rule: str
    reason: str


def idle(transition: Transition) -> Opinion:
    """The opinion on a step of no effect."""
    but = LOOK if transition.change == "look" else ""
    return Opinion("neutral", IDLE_RULE, f"the step did what it says, and nothing changed{but}")
