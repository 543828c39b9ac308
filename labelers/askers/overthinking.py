"""The overthinking score, 0 to 10, with the pattern that weighs most (Cuadron et al., "The Danger of Overthinking").

They rate whole trajectories of agents that mend software; a lower score went with more solved tasks.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from labelers.backend import Opinions
from labelers.kit.prompted import PromptedAsker
from labelers.kit.prompting import fenced, goal_line, told
from labelers.model.requests import Request
from schemas.episodes import Episode, EpisodeStep
from schemas.opinions import Call, Instruction, Label, Verdict

NONE = "none"
PATTERNS = (NONE, "analysis paralysis", "rogue actions", "premature disengagement")

NO_THOUGHTS, NOT_OVER = "no thoughts", "no overthinking"
"""The rules of a label that abstains without a question, and of one that found no pattern."""

LOW, HIGH = 3, 8
"""The highest score that is good, and the lowest that is harmful."""

STEPS = 40
"""Steps of one question; of a longer episode the part with the highest score counts."""

THOUGHT_LIMIT = 1_500
"""Characters of a thought; of a longer one the beginning and the end, where it decides."""


class OverthinkingJudge(PromptedAsker):
    """Scores episodes whose steps hold thoughts; the others abstain and cost nothing."""

    prompt_name: ClassVar[str] = "overthinking"
    fields: ClassVar[Mapping[str, type]] = {"reason": str, "score": int, "pattern": str}
    choices: ClassVar[Mapping[str, Sequence[Any]]] = {"score": tuple(range(11)), "pattern": PATTERNS}

    def requests(self, episode: Episode, instructions: Sequence[Instruction]) -> Iterator[Request]:
        """A question for so many steps of an episode with thoughts."""
        del instructions
        for part in _parts(episode):
            yield self._request(episode, part)

    def read(self, episode: Episode, instructions: Sequence[Instruction], answers: Mapping[str, Call]) -> Opinions:
        """One label, on the episode."""
        del instructions
        parts = list(_parts(episode))
        if not parts:
            reason = "no step of the episode holds a thought"
            label = self.label(episode, "abstain", reason, call=None, subject="trajectory", rule=NO_THOUGHTS)
            return Opinions((), (label,), {})
        said: list[tuple[Call, dict[str, Any]]] = []
        for part in parts:
            call = answers[self._request(episode, part).digest]
            if (found := self.said(call)) is None:
                silent = self.unanswered(episode, call, subject="trajectory", instruction=None)
                return Opinions((), (silent,), {})
            said.append((call, found))
        return Opinions((), (self._label(episode, *max(said, key=lambda one: int(one[1]["score"]))),), {})

    def _label(self, episode: Episode, call: Call, said: Mapping[str, Any]) -> Label:
        score, pattern = said["score"], said["pattern"]
        verdict: Verdict = "good" if score <= LOW else "harmful" if score >= HIGH else "neutral"
        rule = NOT_OVER if pattern == NONE else pattern
        return self.label(
            episode, verdict, said["reason"], call=call, subject="trajectory", score=float(score), rule=rule
        )

    def _request(self, episode: Episode, part: Sequence[EpisodeStep]) -> Request:
        lines = [goal_line(episode.trajectory.goal), "the steps:"]
        for one in part:
            thought = json.dumps({"thought": _cut(one.step.thought or "")}, ensure_ascii=False)
            lines += [thought, told(one.step.step_index, one)]
        lines.append(f"the episode ended with: {episode.trajectory.ended_by}")
        return self.ask(episode, "Each thought stands before the step that it led to.\n\n" + fenced(lines), ())


def _parts(episode: Episode) -> Iterator[Sequence[EpisodeStep]]:
    """The parts of an episode that are asked about: those with a thought."""
    for first in range(0, len(episode.steps), STEPS):
        part = episode.steps[first : first + STEPS]
        if any(one.step.thought for one in part):
            yield part


def _cut(thought: str) -> str:
    half = THOUGHT_LIMIT // 2
    return thought if len(thought) <= THOUGHT_LIMIT else f"{thought[:half]} … {thought[-half:]}"
