"""The step verifier: was this step good, neutral or harmful for the goal? (STEVE; its box and its three verdicts)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from labelers.askers.asking import Aim, PromptedAsker, aims, compared
from labelers.backend import Opinions
from labelers.model.requests import Request
from labelers.prompting import fenced, told
from labelers.rulings import Ruling
from schemas.episodes import Episode
from schemas.opinions import Call, Instruction, Label

HISTORY = 8
"""Steps before that are told: STEVE's verifier saw none, and was worst late in a trajectory."""


class StepVerifier(PromptedAsker):
    """Gives every step of a goal's run a verdict."""

    prompt_name: ClassVar[str] = "verify"
    fields: ClassVar[Mapping[str, type]] = {"reason": str, "verdict": str}
    choices: ClassVar[Mapping[str, Sequence[Any]]] = {"verdict": ("good", "neutral", "harmful", "abstain")}
    decidable: ClassVar[bool] = True

    def requests(self, episode: Episode, instructions: Sequence[Instruction]) -> Iterator[Request]:
        """A question a step of each goal, goal after goal, but for the steps that are decided."""
        for _, _, found in self._questions(episode, instructions):
            if isinstance(found, Request):
                yield found

    def read(self, episode: Episode, instructions: Sequence[Instruction], answers: Mapping[str, Call]) -> Opinions:
        """A label a step and goal; one that was not answered abstains."""
        labels: list[Label] = []
        asked = answered = decided = 0
        for goal, place, found in self._questions(episode, instructions):
            index = episode.steps[place].step.step_index
            if isinstance(found, Ruling):
                decided += 1
                labels.append(self.ruled(episode, found, subject="step", instruction=goal.instruction, step=index))
                continue
            asked += 1
            call = answers[found.digest]
            if call.status != "ok" or call.answer is None:
                labels.append(self.unanswered(episode, call, subject="step", instruction=goal.instruction, step=index))
                continue
            answered += 1
            said = self.parse(call.answer)
            labels.append(
                self.label(
                    episode,
                    said["verdict"],
                    said["reason"],
                    call=call,
                    subject="step",
                    step=index,
                    instruction=goal.instruction,
                )
            )
        return Opinions((), (*labels, self.seen(episode, asked, answered, decided)), {}, decided)

    def _questions(
        self, episode: Episode, instructions: Sequence[Instruction]
    ) -> Iterator[tuple[Aim, int, Request | Ruling]]:
        """Each step of each goal with what is asked about it, or what is decided of it."""
        places = {one.step.step_index: place for place, one in enumerate(episode.steps)}
        for goal in aims(episode, instructions):
            for index in range(goal.first_step, goal.last_step + 1):
                if (place := places.get(index)) is not None:
                    ruling = self._rulings.on_step(index, given_goal=goal.instruction is None)
                    yield goal, place, ruling or self._request(episode, goal, place)

    def _request(self, episode: Episode, goal: Aim, place: int) -> Request:
        one = episode.steps[place]
        earlier = [
            told(before.step.step_index, before)
            for before in episode.steps[max(0, place - HISTORY) : place]
            if before.step.step_index >= goal.first_step
        ]
        lines = [
            f"goal: {goal.text}",
            "earlier steps:",
            *(earlier or ["none"]),
            "this step:",
            told(one.step.step_index, one),
        ]
        text = "Judge the last step. The pictures show the screen before and after it.\n\n" + fenced(lines)
        return self.ask(episode, text, compared(one))
