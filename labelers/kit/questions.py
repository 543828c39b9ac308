"""Which question a labeler answers: verdicts are compared, counted and voted on only among those of one question."""

from labelers.askers import NAMES, questionnaire

GOAL = "goal"
"""Does this serve the goal, is it reached? What the rules and people say, and whoever asks a model for it."""

HUMAN = "human"
"""The labeler of people's answers; the version says whose."""

ENSEMBLE = "ensemble"


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
