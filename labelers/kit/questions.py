"""Which question a labeler answers: verdicts are compared, counted and voted on only among those of one question."""

GOAL = "goal"
"""Does this serve the goal, is it reached? What the rules, people and all labelers that are not named here say."""

APART = ("behaviour", "critic", "handbook", "hindsight", "overthinking", "pairwise", "safety", "variants")
"""Labelers, by what stands before the model in their names, that answer a question of their own."""

TAGS = ("behaviour", "handbook", "hindsight", "variants")
"""Those that name or write things and give no verdicts."""

HUMAN = "human"
"""The labeler of people's answers; the version says whose."""

ENSEMBLE = "ensemble"


def question_of(labeler: str) -> str:
    """The question that a labeler answers, by its name; that of an ensemble stands after its rule."""
    kind, *rest = labeler.split("/")
    if kind == ENSEMBLE:
        return rest[1] if len(rest) > 1 else GOAL
    return kind if kind in APART else GOAL
