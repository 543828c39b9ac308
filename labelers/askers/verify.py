"""The step verifier: was this step good, neutral or harmful for the goal? (STEVE; its box and its three verdicts)."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from labelers.backend import Opinions
from labelers.kit.context import Context
from labelers.kit.one_by_one import OneByOne, Question
from labelers.kit.prompted import Aim, ModelUse, aims, compared
from labelers.kit.prompting import as_json, fenced, goal_line, in_short, told
from labelers.model.requests import Request
from schemas.episodes import Episode
from schemas.opinions import Call, Instruction

HISTORY = 8
"""Steps before that are told: STEVE's verifier saw none, and was worst late in a trajectory."""

EARLIER = 24
"""Steps before those that are told in few words, the last of them; without context none are."""


class StepVerifier(OneByOne):
    """Gives every step of a goal's run a verdict.

    With `context` it tells what the steps before changed, what the fields held at the goal's start and when they were
    last seen, and what the goal still lacks: a late step hangs on what is on the screen no more.
    """

    prompt_name: ClassVar[str] = "verify"
    fields: ClassVar[Mapping[str, type]] = {"reason": str, "verdict": str}
    choices: ClassVar[Mapping[str, Sequence[Any]]] = {"verdict": ("good", "neutral", "harmful", "abstain")}
    decidable: ClassVar[bool] = True

    def __init__(self, use: ModelUse, *, context: bool = True) -> None:
        super().__init__(use)
        self._context = context

    @property
    def version(self) -> str:
        """That of the prompt, of how its answers are read, and whether it goes without context."""
        version, plus, decides = super().version.partition("+")
        return version + ("" if self._context else "-bare") + plus + decides

    def questions(self, episode: Episode, instructions: Sequence[Instruction]) -> Iterator[Question]:
        """One a step of each goal, goal after goal."""
        context = Context(episode) if self._context else None
        places = {one.step.step_index: place for place, one in enumerate(episode.steps)}
        for goal in aims(episode, instructions):
            about = goal.instruction
            for index in range(goal.first_step, goal.last_step + 1):
                if (place := places.get(index)) is not None:
                    ruling = self._rulings.on_step(index, given_goal=about is None)
                    asked = ruling or self._request(episode, goal, place, context)
                    yield Question(asked, partial(self._heard, episode, about, index), "step", about, index)

    def _heard(
        self, episode: Episode, about: Instruction | None, index: int, call: Call, said: Mapping[str, Any]
    ) -> Opinions:
        label = self.label(
            episode, said["verdict"], said["reason"], call=call, subject="step", step=index, instruction=about
        )
        return Opinions((), (label,), {})

    def _request(self, episode: Episode, goal: Aim, place: int, context: Context | None) -> Request:
        one = episode.steps[place]
        run = [at for at in range(place) if episode.steps[at].step.step_index >= goal.first_step]
        earlier = [self._told(episode, at, context) for at in run[-HISTORY:]]
        lines = [goal_line(goal.text)]
        if context is not None:
            first = run[0] if run else place
            lacking = as_json(context.lacking(goal.text, first, place))
            lines += [
                f"fields at the goal's start: {as_json(context.start(first))}",
                f"fields as last seen before this step: {as_json(context.last_seen(first, place))}",
                f"named by the goal, not yet in a field or acted on: {lacking}",
                *(in_short(episode.steps[at]) for at in run[:-HISTORY][-EARLIER:]),
            ]
        lines += ["earlier steps:", *(earlier or ["none"]), "this step:", self._told(episode, place, context)]
        text = "Judge the last step. The pictures show the screen before and after it.\n\n" + fenced(lines)
        return self.ask(episode, text, compared(one))

    def _told(self, episode: Episode, place: int, context: Context | None) -> str:
        one = episode.steps[place]
        return told(one.step.step_index, one, () if context is None else context.changes(place))
