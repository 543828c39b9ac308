"""The step verifier: was this step good, neutral or harmful for the goal? (STEVE; its box and its three verdicts)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from labelers.kit.context import EpisodeContext
from labelers.kit.forms import Choice, Form, Text
from labelers.kit.goals import JudgedGoal, goals
from labelers.kit.prompting import as_json, goal_line, short_step_line, step_line, thought_line, user_turn
from labelers.kit.questionnaire import Case, Judgement, Question, Questionnaire
from labelers.kit.questions import GOAL
from labelers.kit.screenshots import compared
from labelers.model.requests import Turn
from schemas.episodes import Episode

HISTORY = 8
"""Steps before that are told: STEVE's verifier saw none, and was worst late in a trajectory."""

THOUGHT_LIMIT = 600
"""Characters of the agent's own thought."""

EARLIER = 24
"""Steps before those that are told in few words, the last of them; without context none are."""


@dataclass(frozen=True)
class StepVerifier(Questionnaire):
    """Gives every step of a goal's run a verdict.

    With `context` it tells what the steps before changed, what the fields held at the goal's start and when they were
    last seen, and what the goal still lacks: a late step hangs on what is on the screen no more.
    """

    name = "verify"
    question = GOAL
    form = Form({"reason": Text(), "verdict": Choice("good", "neutral", "harmful", "abstain")})
    inputs = "tasks"
    decidable = True

    context: bool = True

    @property
    def variant(self) -> str:
        """Whether it goes without context."""
        return "" if self.context else "-bare"

    def questions(self, case: Case) -> Iterator[Question]:
        """One a step of each goal, goal after goal."""
        context = EpisodeContext(case.episode) if self.context else None
        places = {step.step.step_index: place for place, step in enumerate(case.episode.steps)}
        for goal in goals(case.episode, case.instructions):
            for index in range(goal.first_step, goal.last_step + 1):
                if (place := places.get(index)) is not None:
                    by_rule = case.decided.on_step(index, given_goal=goal.instruction is None)
                    yield Question(
                        turn=None if by_rule else _turn(case.episode, goal, place, context),
                        read=_verdict,
                        subject="step",
                        step=index,
                        instruction=goal.instruction,
                        decided=by_rule,
                    )


def _verdict(question: Question, answer: Mapping[str, Any]) -> Iterator[Judgement]:
    yield question.judged(answer["verdict"], answer["reason"])


def _turn(episode: Episode, goal: JudgedGoal, place: int, context: EpisodeContext | None) -> Turn:
    run = [at for at in range(place) if episode.steps[at].step.step_index >= goal.first_step]

    def line(at: int) -> str:
        return step_line(episode.steps[at], () if context is None else context.changes(at))

    lines = [goal_line(goal.text)]
    if context is not None:
        first = run[0] if run else place
        lacking = as_json(context.lacking(goal.text, first, place))
        lines += [
            f"fields at the goal's start: {as_json(context.start(first))}",
            f"fields as last seen before this step: {as_json(context.last_seen(first, place))}",
            f"named by the goal, not yet in a field or acted on: {lacking}",
            *(short_step_line(episode.steps[at]) for at in run[:-HISTORY][-EARLIER:]),
        ]
    lines += ["earlier steps:", *([line(at) for at in run[-HISTORY:]] or ["none"]), "this step:", line(place)]
    if thought := episode.steps[place].step.thought:
        lines += ["what was thought before this step:", thought_line(thought[:THOUGHT_LIMIT])]
    text = "Judge the last step. The pictures show the screen before and after it."
    return user_turn(text, lines, compared(episode.steps[place]))
