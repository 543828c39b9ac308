"""Reflective thoughts: why each step on the way to a task is taken, and whether it was right and needed (OpenCUA)."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from labelers.askers.asking import PromptedAsker, compared, refused, run_of, tasks
from labelers.askers.foresight import THOUGHT_LIMIT, what_is_wrong
from labelers.backend import Opinions
from labelers.basis import Basis
from labelers.model.requests import Request
from labelers.prompting import fenced, quoted, told
from schemas.episodes import Episode, EpisodeStep
from schemas.opinions import Call, Instruction, Label, Verdict

INCORRECT, REDUNDANT = "incorrect", "redundant"
"""The rules of the labels: a step that is neither has none."""


class ThoughtWriter(PromptedAsker):
    """Writes a thought before each step of a task's path, and a verdict on it."""

    prompt_name: ClassVar[str] = "thoughts"
    fields: ClassVar[Mapping[str, type]] = {"account": str, "correct": bool, "redundant": bool, "thought": str}
    choices: ClassVar[Mapping[str, Sequence[Any]]] = {}
    basis: ClassVar[Basis] = "tasks"

    def requests(self, episode: Episode, instructions: Sequence[Instruction]) -> Iterator[Request]:
        """A question a step on the path of each task that was not refused, task after task."""
        for _, _, request in self._questions(episode, instructions):
            yield request

    def read(self, episode: Episode, instructions: Sequence[Instruction], answers: Mapping[str, Call]) -> Opinions:
        """A label a step and task, and the thoughts before those that were right; why there is none is in the label."""
        places = {one.step.step_index: place for place, one in enumerate(episode.steps)}
        found: list[Instruction] = []
        labels: list[Label] = []
        silences: Counter[str] = Counter()
        asked = answered = 0
        for task, one, request in self._questions(episode, instructions):
            asked += 1
            call, index = answers[request.digest], one.step.step_index
            if call.status != "ok" or call.answer is None:
                labels.append(self.unanswered(episode, call, subject="step", instruction=task, step=index))
                continue
            answered += 1
            said = self.parse(call.answer)
            thought, reason = (" ".join(said[name].split()) for name in ("thought", "account"))
            why = what_is_wrong(thought, task.text, episode.steps, places[index]) if said["correct"] else INCORRECT
            if why is None:
                found.append(self._thought(episode, call, task, index, thought))
            else:
                silences[f"thought refused: {why}"] += 1
                reason = f"{reason}; thought refused: {why}: {quoted(thought[:THOUGHT_LIMIT])}"
            verdict, rule = judged(said)
            labels.append(
                self.label(
                    episode,
                    verdict,
                    reason,
                    call=call,
                    subject="step",
                    step=index,
                    instruction=task,
                    rule=rule,
                )
            )
        whole = self.seen(episode, asked, answered, instructions=instructions)
        return Opinions(tuple(found), (*labels, whole), dict(sorted(silences.items())))

    def _questions(
        self, episode: Episode, instructions: Sequence[Instruction]
    ) -> Iterator[tuple[Instruction, EpisodeStep, Request]]:
        wrong = refused(episode)
        for task in tasks(instructions):
            if task.instruction_id in wrong:
                continue
            path = run_of(episode, task.path)
            for place, one in enumerate(path):
                yield task, one, self._request(episode, task, path[:place], one)

    def _request(
        self, episode: Episode, task: Instruction, earlier: Sequence[EpisodeStep], one: EpisodeStep
    ) -> Request:
        lines = [
            f"application: {quoted(episode.trajectory.app)}",
            f"goal: {quoted(task.text)}",
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
