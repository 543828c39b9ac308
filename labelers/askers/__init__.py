"""The labelers that ask a model, a file and a prompt each: what was done, whether that is so, how well it was done."""

from functools import cache
from pkgutil import resolve_name
from typing import TYPE_CHECKING, cast

from labelers.kit.questions import ENSEMBLE, GOAL

if TYPE_CHECKING:
    from labelers.kit.questionnaire import Questionnaire

ASKERS = (
    "synthesis:TaskSynthesizer",
    "verify:StepVerifier",
    "reward:RewardJudge",
    "milestones:MilestoneJudge",
    "hindsight:HindsightSynthesizer",
    "critic:InstructionCritic",
    "checker:TaskChecker",
    "variants:TaskRephraser",
    "thoughts:ThoughtWriter",
    "safety:SafetyJudge",
    "overthinking:OverthinkingJudge",
    "behaviour:BehaviourTagger",
    "handbook:HandbookNamer",
    "pairwise:PairwiseJudge",
)
"""Their modules and classes, in the order in which one needs what another wrote.

By name, so that whoever only lists them, such as the command line, need not import what they are made of.
"""

NAMES = tuple(entry.partition(":")[0] for entry in ASKERS)


@cache
def questionnaire(name: str) -> "type[Questionnaire]":
    """The class of a labeler, by what stands before the model in its name."""
    entry = ASKERS[NAMES.index(name)]
    return cast("type[Questionnaire]", resolve_name(f"{__name__}.{entry}"))


def question_of(labeler: str) -> str:
    """The question that a labeler answers, by its name; that of an ensemble stands after its rule."""
    kind, *rest = labeler.split("/")
    if kind == ENSEMBLE:
        return rest[1] if len(rest) > 1 else GOAL
    return questionnaire(kind).question if kind in NAMES else GOAL


def own_questions() -> tuple[str, ...]:
    """The labelers that answer a question of their own, by what stands before the model in their names, sorted."""
    return tuple(name for name in sorted(NAMES) if questionnaire(name).question != GOAL)


def without_verdicts() -> tuple[str, ...]:
    """Those that name or write things and give no verdicts, sorted."""
    return tuple(name for name in sorted(NAMES) if not questionnaire(name).gives_verdicts)
