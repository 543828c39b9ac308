"""Reverse task synthesis by a model: what did this step, or these steps in a row, accomplish? (OS-Genesis, App. C).

One question a step gives its low-level sentence and, where there is one, the goal that it reaches alone; one a window
of steps in a row, and one for the whole episode, give the goal that they reach together.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from labelers.backend import Opinions
from labelers.kit.prompted import PromptedAsker, before_and_after, compared
from labelers.kit.prompting import fenced, told
from labelers.model.requests import Request
from schemas.episodes import Episode, EpisodeStep
from schemas.opinions import Call, Instruction

WINDOW = 4
"""Steps of a window (NNetNav relabels every fourth step)."""

LONGEST = 25
"""Steps of an episode that is asked about as a whole."""

SENTENCE_LIMIT = 400
"""Characters of a sentence; a longer one is no instruction (as with the rules)."""


class TaskSynthesizer(PromptedAsker):
    """Writes instructions of both levels."""

    prompt_name: ClassVar[str] = "synthesis"
    fields: ClassVar[Mapping[str, type]] = {"low": str, "high": str, "kind": str, "reason": str}
    choices: ClassVar[Mapping[str, Sequence[Any]]] = {"kind": ("find", "go", "change", "none")}
    decidable: ClassVar[bool] = True

    def requests(self, episode: Episode, instructions: Sequence[Instruction]) -> Iterator[Request]:
        """A question a step, but for those whose sentence is written, a window and an episode."""
        del instructions  # it writes the first
        for first, last in spans(episode.steps):
            if not self._is_written(episode, first, last):
                yield self._request(episode, first, last)

    def read(self, episode: Episode, instructions: Sequence[Instruction], answers: Mapping[str, Call]) -> Opinions:
        """The instructions that the answers hold; the same goal for the same steps is written once."""
        del instructions
        found: dict[str, Instruction] = {}
        silences: dict[str, int] = {}
        asked = answered = decided = 0
        for first, last in spans(episode.steps):
            if self._is_written(episode, first, last):
                decided += 1
                continue
            asked += 1
            call = answers[self._request(episode, first, last).digest]
            if (said := self.said(call)) is None:
                reason = f"question {call.status}"
                silences[reason] = silences.get(reason, 0) + 1
                continue
            answered += 1
            for one in self._instructions(episode, call, said, first, last):
                found[one.instruction_id] = one
        seen = self.seen(episode, asked, answered, decided)
        return Opinions(tuple(found.values()), (seen,), dict(sorted(silences.items())), decided)

    def _is_written(self, episode: Episode, first: int, last: int) -> bool:
        return first == last and episode.steps[first].step.step_index in self._rulings.sentences

    def _request(self, episode: Episode, first: int, last: int) -> Request:
        part = episode.steps[first : last + 1]
        app = episode.trajectory.app
        count = "This is one step." if first == last else f"These are {len(part)} steps in a row."
        text = f"{count} The pictures show the screen before the first and after the last of them.\n\n"
        lines = [f"application: {app}", *(told(one.step.step_index, one) for one in part)]
        pictures = compared(part[0]) if first == last else before_and_after(part[0], part[-1])
        return self.ask(episode, text + fenced(lines), pictures)

    def _instructions(
        self, episode: Episode, call: Call, said: Mapping[str, Any], first: int, last: int
    ) -> Iterator[Instruction]:
        steps = (episode.steps[first].step.step_index, episode.steps[last].step.step_index)
        low, high, reason = (" ".join(said[name].split()) for name in ("low", "high", "reason"))
        if first == last and 0 < len(low) <= SENTENCE_LIMIT:
            yield self.instruction(
                episode, call, low, kind="step", level="low", steps=steps, evidence=None, template="step"
            )
        if said["kind"] != "none" and 0 < len(high) <= SENTENCE_LIMIT:
            yield self.instruction(
                episode, call, high, kind="task", level="high", steps=steps, evidence=reason, template=said["kind"]
            )


def spans(steps: Sequence[EpisodeStep]) -> Iterator[tuple[int, int]]:
    """First and last place of what is asked about: each step, each window that moves on by half, the whole episode.

    A span has no gap: every step but its first began with what was seen after the one before.
    """
    for place in range(len(steps)):
        yield place, place
    for first in range(0, len(steps) - WINDOW + 1, WINDOW // 2):
        if _joined(steps, first, first + WINDOW - 1):
            yield first, first + WINDOW - 1
    if WINDOW < len(steps) <= LONGEST and _joined(steps, 0, len(steps) - 1):
        yield 0, len(steps) - 1


def _joined(steps: Sequence[EpisodeStep], first: int, last: int) -> bool:
    return all(one.step.continuous for one in steps[first + 1 : last + 1])
