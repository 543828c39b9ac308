"""The critic of instructions: is the sentence true of its steps, feasible, concrete, natural? (OS-Genesis, NNetNav)."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from labelers.backend import Opinions
from labelers.kit.one_by_one import OneByOne, Question
from labelers.kit.prompted import before_and_after, run_of, tasks
from labelers.kit.prompting import fenced, quoted, told
from labelers.model.requests import Request
from schemas.episodes import Episode
from schemas.opinions import Call, Instruction, Verdict

CRITERIA = ("true", "feasible", "concrete", "natural")
"""In the order in which the first that fails is named."""

OPINIONS = ("yes", "no", "unclear")


class InstructionCritic(OneByOne):
    """Says of each instruction that states a goal whether it is fit to be a task."""

    prompt_name: ClassVar[str] = "critic"
    fields: ClassVar[Mapping[str, type]] = {"account": str, **dict.fromkeys(sorted(CRITERIA), str)}
    choices: ClassVar[Mapping[str, Sequence[Any]]] = dict.fromkeys(CRITERIA, OPINIONS)

    def questions(self, episode: Episode, instructions: Sequence[Instruction]) -> Iterator[Question]:
        """One an instruction, whoever wrote it."""
        for one in tasks(instructions):
            yield Question(self._request(episode, one), partial(self._heard, episode, one), "instruction", one)

    def _heard(self, episode: Episode, one: Instruction, call: Call, said: Mapping[str, Any]) -> Opinions:
        """A label: harmful by the first criterion that fails, abstaining where one is unclear."""
        verdict, rule = judged(said)
        label = self.label(
            episode, verdict, said["account"], call=call, subject="instruction", instruction=one, rule=rule
        )
        return Opinions((), (label,), {})

    def _request(self, episode: Episode, one: Instruction) -> Request:
        run = run_of(episode, one.path)
        lines = [
            f"application: {quoted(episode.trajectory.app)}",
            f"sentence: {quoted(one.text)}",
            *([] if one.answer is None else [f"answer that it asks for: {quoted(one.answer)}"]),
            "the steps that it claims:",
            *(told(step.step.step_index, step) for step in run),
        ]
        text = "Check the sentence. The screenshots show the screen before the first and after the last of the steps."
        return self.ask(episode, f"{text}\n\n{fenced(lines)}", before_and_after(run[0], run[-1]) if run else [])


def judged(said: Mapping[str, Any]) -> tuple[Verdict, str | None]:
    """The verdict of an answer, and the criterion that decides it."""
    for opinion, verdict, words in (("no", "harmful", "not {}"), ("unclear", "abstain", "unclear whether {}")):
        for name in CRITERIA:
            if said[name] == opinion:
                return verdict, words.format(name)  # type: ignore[return-value]
    return "good", None
