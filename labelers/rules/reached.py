"""The goal that an episode was given, as the instruction that its steps accomplished, where somebody says they did."""

from labelers.observed.transitions import IDLE, Transition
from labelers.outcomes.outcome import GoalOutcome
from labelers.rules.paths import RunPath, erase_loops
from labelers.rules.tasks import TaskSentence
from schemas.actions import Answer
from schemas.records import Trajectory

TEMPLATE = "goal"
HUMAN = "human"
"""The policy of recordings of what a person does."""


def reached_goal(
    trajectory: Trajectory, transitions: tuple[Transition, ...], outcome: GoalOutcome | None
) -> tuple[RunPath, TaskSentence] | None:
    """The run and the task of a goal that was reached; None where there is none, or nobody says so.

    That it was reached is said by the check of its task, by a person who ended the recording, or by the rules. What a
    person did is needed, whether or not it shows: a copy leaves no trace on the screen. Of other walks the loops are
    not.
    """
    evidence = _reached(trajectory, outcome)
    if trajectory.goal is None or evidence is None:
        return None
    done = tuple(transition for transition in transitions if not transition.step.action.ends)
    path: tuple[Transition, ...] | None
    if trajectory.policy == HUMAN:
        path = tuple(transition for transition in done if transition.step.result == "ok")
    else:
        path = erase_loops(done)
        if path is None:  # what lies between is not known everywhere
            path = tuple(transition for transition in done if transition.change not in IDLE)
    if not path:
        return None
    answers = [transition.step.action.text for transition in transitions if isinstance(transition.step.action, Answer)]
    answer = answers[-1] if answers else None
    run = RunPath(path[0].index, path[-1].index, path)
    return run, TaskSentence(trajectory.goal, answer, evidence, TEMPLATE)


def _reached(trajectory: Trajectory, outcome: GoalOutcome | None) -> str | None:
    """Who says that the goal was reached, or None."""
    if trajectory.success is not None:
        return f"{trajectory.judged_by or 'the recording'} says that it was done" if trajectory.success else None
    if trajectory.policy == HUMAN and trajectory.ended_by == "stop":
        return "a person did it, and ended the recording"
    if outcome is not None and outcome.verdict.verdict == "good":
        return outcome.verdict.reason
    return None
