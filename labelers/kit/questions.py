"""What labelers answer, and who is none that is asked: verdicts are compared only among those of one question."""

GOAL = "goal"
"""Does this serve the goal, is it reached? What the rules and people say, and whoever asks a model for it."""

HUMAN = "human"
"""The labeler of people's answers; the version says whose."""

ENSEMBLE = "ensemble"
"""What the name of a labeler begins with that stands for several."""

FIRST_FAILING = "first failing step"
PROCESS = "process"
BLAMES = {
    "person": "failed by the person",
    "application": "failed by the application",
    "goal": "failed by the goal",
}
"""Rules of labels on a run that say something else than whether its goal was reached: where it failed, how it was gone
about, and who is to blame."""
