"""What the rules decided of an episode, so that no model is asked about it: cheap first.

A rule decides where ground truth measured it: the lower bound of Wilson's interval of its precision is at least 0.9 on
the half of the kinds of task that it was not written on (docs/labeling.md, `python -m benchmarks.miniwob`). What else
the rules say stays an opinion beside the model's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from labelers.observed.opinions import IDLE_RULE, LOOK, Opinion
from labelers.rules import RulesBackend
from schemas.actions import Action, Key, Wait
from schemas.episodes import Episode
from schemas.opinions import Instruction, Label

DECIDING = f"{RulesBackend.name}{RulesBackend.version}.1"
"""The rules' version, and that of the choice which of them decide: what stands behind `+` in a labeler's version."""

SERVES, MET = "serves the goal", "all requirements met"
"""The rules that decide relative to the goal that the policy saw: a step, and the outcome."""


@dataclass(frozen=True, slots=True)
class RuleVerdicts:
    """What is decided of one episode, by the index of its steps.

    `sentences` are the steps whose low-level sentence is written, `idle` those of no effect, whatever the goal; `steps`
    and `outcome` are relative to the goal that the policy saw.
    """

    sentences: frozenset[int] = frozenset()
    idle: Mapping[int, Opinion] = field(default_factory=lambda: MappingProxyType({}))
    steps: Mapping[int, Opinion] = field(default_factory=lambda: MappingProxyType({}))
    outcome: Opinion | None = None

    @classmethod
    def of(cls, episode: Episode, instructions: Sequence[Instruction]) -> "RuleVerdicts":
        """What today's rules wrote of the episode; instructions and labels of others count for nothing."""
        unseen = {step.step.step_index for step in episode.steps if _may_serve_unseen(step.step.action)}
        idle: dict[int, Opinion] = {}
        steps: dict[int, Opinion] = {}
        outcome: Opinion | None = None
        for label in episode.labels:
            if not _is_of_rules(label):
                continue
            step = label.first_step
            if label.subject == "step" and step is not None:
                if label.rule == IDLE_RULE and step not in unseen and not label.reason.endswith(LOOK):
                    idle[step] = Opinion("neutral", IDLE_RULE, "nothing changed")
                if label.rule == SERVES and label.instruction_id is None:
                    steps[step] = Opinion("good", SERVES, label.reason)
            elif label.subject == "trajectory" and label.rule == MET:
                outcome = Opinion("good", MET, label.reason)
        sentences = (
            instruction.first_step
            for instruction in instructions
            if _is_of_rules(instruction) and instruction.level == "low"
        )
        return cls(frozenset(sentences), MappingProxyType(idle), MappingProxyType(steps), outcome)

    def on_step(self, step: int, *, given_goal: bool) -> Opinion | None:
        """What is decided of a step, relative to the goal that the policy saw or to any other."""
        return (self.steps.get(step) if given_goal else None) or self.idle.get(step)


NO_RULE_VERDICTS = RuleVerdicts()


def _may_serve_unseen(action: Action) -> bool:
    """Whether it may serve a goal though nothing changes on the screen: an answer, a text that is copied, the end."""
    return action.ends or isinstance(action, Key | Wait)


def _is_of_rules(written: Instruction | Label) -> bool:
    return (written.labeler, written.labeler_version) == (RulesBackend.name, RulesBackend.version)
