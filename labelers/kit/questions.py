"""What labelers answer, and who is none that is asked: verdicts are compared only among those of one question."""

GOAL = "goal"
"""Does this serve the goal, is it reached? What the rules and people say, and whoever asks a model for it."""

HUMAN = "human"
"""The labeler of people's answers; the version says whose."""

ENSEMBLE = "ensemble"
"""What the name of a labeler begins with that stands for several."""
