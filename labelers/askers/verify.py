"""The step verifier: was this step good, neutral or harmful for the goal? (STEVE; its box and its three verdicts)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from labelers.askers.asking import Aim, ModelUse, PromptedAsker, aims, compared
from labelers.backend import Opinions
from labelers.basis import Basis
from labelers.context import Context
from labelers.model.requests import Request
from labelers.prompting import as_json, fenced, in_short, told
from labelers.rulings import Ruling
from schemas.episodes import Episode
from schemas.opinions import Call, Instruction, Label

HISTORY = 8
"""Steps before that are told: STEVE's verifier saw none, and was worst late in a trajectory."""

EARLIER = 24
"""Steps before those that are told in few words, the last of them; without context none are."""


class StepVerifier(PromptedAsker):
    """Gives every step of a goal's run a verdict.

    With `context` it tells what the steps before changed, what the fields held at the goal's start and when they were
    last seen, and what the goal still lacks: a late step hangs on what is on the screen no more.
    """

    prompt_name: ClassVar[str] = "verify"
    fields: ClassVar[Mapping[str, type]] = {"reason": str, "verdict": str}
    choices: ClassVar[Mapping[str, Sequence[Any]]] = {"verdict": ("good", "neutral", "harmful", "abstain")}
    basis: ClassVar[Basis] = "tasks"
    decidable: ClassVar[bool] = True

    def __init__(self, use: ModelUse, *, context: bool = True) -> None:
        super().__init__(use)
        self._context = context

    @property
    def version(self) -> str:
        """That of the prompt, of how its answers are read, and whether it goes without context."""
        version, plus, decides = super().version.partition("+")
        return version + ("" if self._context else "-bare") + plus + decides

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
        return Opinions(
            (), (*labels, self.seen(episode, asked, answered, decided, instructions=instructions)), {}, decided
        )

    def _questions(
        self, episode: Episode, instructions: Sequence[Instruction]
    ) -> Iterator[tuple[Aim, int, Request | Ruling]]:
        """Each step of each goal with what is asked about it, or what is decided of it."""
        context = Context(episode) if self._context else None
        places = {one.step.step_index: place for place, one in enumerate(episode.steps)}
        for goal in aims(episode, instructions):
            for index in range(goal.first_step, goal.last_step + 1):
                if (place := places.get(index)) is not None:
                    ruling = self._rulings.on_step(index, given_goal=goal.instruction is None)
                    yield goal, place, ruling or self._request(episode, goal, place, context)

    def _request(self, episode: Episode, goal: Aim, place: int, context: Context | None) -> Request:
        one = episode.steps[place]
        run = [at for at in range(place) if episode.steps[at].step.step_index >= goal.first_step]
        earlier = [self._told(episode, at, context) for at in run[-HISTORY:]]
        lines = [f"goal: {goal.text}"]
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
