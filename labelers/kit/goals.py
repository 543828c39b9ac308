"""What questions are about: goals, the instructions that state one, and the steps of a run."""

from collections.abc import Sequence
from dataclasses import dataclass

from labelers.kit.inputs import is_task
from schemas.episodes import Episode, EpisodeStep
from schemas.opinions import Instruction


@dataclass(frozen=True, slots=True)
class JudgedGoal:
    """What steps `first` to `last` are judged by: an instruction, or the goal that the policy saw (None)."""

    text: str
    first_step: int
    last_step: int
    instruction: Instruction | None


def goals(episode: Episode, instructions: Sequence[Instruction]) -> list[JudgedGoal]:
    """The goal that the policy saw, if it had one, and those of the instructions that state a goal, in order."""
    stated = [JudgedGoal(task.text, task.first_step, task.last_step, task) for task in tasks(instructions)]
    seen = episode.trajectory.goal
    if seen is None or not episode.steps:
        return stated
    return [JudgedGoal(seen, episode.steps[0].step.step_index, episode.steps[-1].step.step_index, None), *stated]


def tasks(instructions: Sequence[Instruction]) -> list[Instruction]:
    """Those that state a goal of their own, in order."""
    return [instruction for instruction in instructions if is_task(instruction)]


def accepted_tasks(episode: Episode, instructions: Sequence[Instruction]) -> list[Instruction]:
    """Those of the tasks of which no label says that they are wrong."""
    refused = {
        label.instruction_id
        for label in episode.labels
        if label.subject == "instruction" and label.verdict == "harmful"
    }
    return [task for task in tasks(instructions) if task.instruction_id not in refused]


def steps_of(episode: Episode, path: Sequence[int]) -> list[EpisodeStep]:
    """The steps of a path, in order; those that the episode does not have are left out."""
    return [step for step in episode.steps if step.step.step_index in frozenset(path)]


def parts(episode: Episode, most: int) -> list[Sequence[EpisodeStep]]:
    """The steps in parts of at most so many: what lies on both sides of a border is not seen together."""
    return [episode.steps[first : first + most] for first in range(0, len(episode.steps), most)]
