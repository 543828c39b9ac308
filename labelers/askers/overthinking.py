"""The overthinking score, 0 to 10, with the pattern that weighs most (Cuadron et al., "The Danger of Overthinking").

They rate whole trajectories of agents that mend software; a lower score went with more solved tasks.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from labelers.kit.forms import Choice, Form, Text
from labelers.kit.goals import parts
from labelers.kit.prompting import goal_line, step_line, thought_line, user_turn
from labelers.kit.questionnaire import Case, Finding, Judgement, Question, Questionnaire, Reply, unanswered
from labelers.model.requests import Turn
from schemas.episodes import Episode, EpisodeStep
from schemas.opinions import Call

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


class OverthinkingJudge(Questionnaire):
    """Scores episodes whose steps hold thoughts; the others abstain and cost nothing."""

    name = question = "overthinking"
    form = Form({"reason": Text(), "score": Choice(*range(11)), "pattern": Choice(*PATTERNS)})
    pictured = False

    def questions(self, case: Case) -> Iterator[Question]:
        """One for so many steps, where one of them holds a thought."""
        for part in parts(case.episode, STEPS):
            if any(step.step.thought for step in part):
                yield Question(turn=_turn(case.episode, part), subject="trajectory")

    def findings(self, episode: Episode, replies: Sequence[Reply]) -> Iterator[Finding]:
        """One label, on the episode."""
        del episode
        if not replies:
            reason = "no step of the episode holds a thought"
            yield Judgement(verdict="abstain", reason=reason, subject="trajectory", rule=NO_THOUGHTS)
            return
        scored: list[tuple[Call | None, Mapping[str, Any]]] = []
        for reply in replies:
            if reply.fields is None:
                yield unanswered(reply)
                return
            scored.append((reply.call, reply.fields))
        call, answer = max(scored, key=lambda pair: int(pair[1]["score"]))
        score, pattern = answer["score"], answer["pattern"]
        yield Judgement(
            verdict="good" if score <= LOW else "harmful" if score >= HIGH else "neutral",
            reason=answer["reason"],
            subject="trajectory",
            score=float(score),
            rule=NOT_OVER if pattern == NONE else pattern,
            call=call,
        )


def _turn(episode: Episode, part: Sequence[EpisodeStep]) -> Turn:
    lines = [goal_line(episode.trajectory.goal), "the steps:"]
    for step in part:
        lines += [thought_line(_cut(step.step.thought or "")), step_line(step)]
    lines.append(f"the episode ended with: {episode.trajectory.ended_by}")
    return user_turn("Each thought stands before the step that it led to.", lines)


def _cut(thought: str) -> str:
    half = THOUGHT_LIMIT // 2
    return thought if len(thought) <= THOUGHT_LIMIT else f"{thought[:half]} … {thought[-half:]}"
