"""Which question a labeler answers: verdicts are compared, counted and voted on only among those of one question."""

GOAL = "goal"
"""Does this serve the goal, is it reached? What the rules, people and all labelers that are not named here say."""

APART = ("behaviour", "handbook", "overthinking", "pairwise", "safety")
"""Labelers, by what stands before the model in their names, that answer a question of their own."""


def question_of(labeler: str) -> str:
    """The question that a labeler answers, by its name."""
    kind = labeler.partition("/")[0]
    return kind if kind in APART else GOAL
