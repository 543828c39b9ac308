"""Reflective thoughts: why each step on the way to a task is taken, and whether it was right and needed (OpenCUA)."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from labelers.askers.foresight import THOUGHT_LIMIT, what_is_wrong
from labelers.backend import Opinions
from labelers.kit.one_by_one import OneByOne, Question
from labelers.kit.prompted import compared, refused, run_of, tasks
from labelers.kit.prompting import fenced, goal_line, quoted, told
from labelers.model.requests import Request
from schemas.episodes import Episode, EpisodeStep
from schemas.opinions import Call, Instruction, Verdict

INCORRECT, REDUNDANT = "incorrect", "redundant"
"""The rules of the labels: a step that is neither has none."""


class ThoughtWriter(OneByOne):
    """Writes a thought before each step of a task's path, and a verdict on it."""

    prompt_name: ClassVar[str] = "thoughts"
    fields: ClassVar[Mapping[str, type]] = {"account": str, "correct": bool, "redundant": bool, "thought": str}
    choices: ClassVar[Mapping[str, Sequence[Any]]] = {}

    def questions(self, episode: Episode, instructions: Sequence[Instruction]) -> Iterator[Question]:
        """One a step on the path of each task that was not refused, task after task."""
        wrong = refused(episode)
        places = {one.step.step_index: place for place, one in enumerate(episode.steps)}
        for task in tasks(instructions):
            if task.instruction_id in wrong:
                continue
            path = run_of(episode, task.path)
            for done, one in enumerate(path):
                request, index = self._request(episode, task, path[:done], one), one.step.step_index
                yield Question(request, partial(self._heard, episode, task, places[index]), "step", task, index)

    def _heard(self, episode: Episode, task: Instruction, place: int, call: Call, said: Mapping[str, Any]) -> Opinions:
        """A label, and the thought before a step that was right; why there is none is in the label."""
        index = episode.steps[place].step.step_index
        thought, reason = (" ".join(said[name].split()) for name in ("thought", "account"))
        why = what_is_wrong(thought, task.text, episode.steps, place) if said["correct"] else INCORRECT
        if why is not None:
            reason = f"{reason}; thought refused: {why}: {quoted(thought[:THOUGHT_LIMIT])}"
        verdict, rule = judged(said)
        label = self.label(episode, verdict, reason, call=call, subject="step", step=index, instruction=task, rule=rule)
        if why is not None:
            return Opinions((), (label,), {f"thought refused: {why}": 1})
        return Opinions((self._thought(episode, call, task, index, thought),), (label,), {})

    def _request(
        self, episode: Episode, task: Instruction, earlier: Sequence[EpisodeStep], one: EpisodeStep
    ) -> Request:
        lines = [
            f"application: {quoted(episode.trajectory.app)}",
            goal_line(task.text),
            "earlier steps:",
            *([told(before.step.step_index, before) for before in earlier] or ["none"]),
            "this step:",
            told(one.step.step_index, one),
        ]
        text = "Judge this step, and write the thought before it. The pictures show the screen before and after it."
        return self.ask(episode, f"{text}\n\n{fenced(lines)}", compared(one))

    def _thought(self, episode: Episode, call: Call, task: Instruction, index: int, text: str) -> Instruction:
        return self.instruction(
            episode,
            call,
            text,
            kind="thought",
            level="low",
            steps=(index, index),
            evidence=None,
            template="thought",
            parent=task,
        )


def judged(said: Mapping[str, Any]) -> tuple[Verdict, str | None]:
    """The verdict of an answer's flags, and the rule."""
    if not said["correct"]:
        return "harmful", INCORRECT
    return ("neutral", REDUNDANT) if said["redundant"] else ("good", None)
