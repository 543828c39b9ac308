"""Behaviour tags: where steps show planning, verification, error recovery or adaptive search (behaviour priming).

A tag is no verdict: its label abstains, its rule is the tag.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from labelers.kit.forms import STEP, Choice, Form, ListForm, Text
from labelers.kit.goals import parts
from labelers.kit.prompting import goal_line, step_line, thought_line, user_turn
from labelers.kit.questionnaire import Case, Finding, Judgement, Question, Questionnaire, Silence
from labelers.model.requests import Turn
from schemas.episodes import Episode, EpisodeStep

TAGS = ("planning", "verification", "error recovery", "adaptive search")

STEPS = 25
"""Steps of one question."""

SPANS = 3 * STEPS
"""Most spans of an answer."""

THOUGHT_LIMIT = 400
"""Characters of a thought."""


class BehaviourTagger(Questionnaire):
    """Names what steps and spans of steps show."""

    name = question = "behaviour"
    form = ListForm("spans", Form({"first": STEP, "last": STEP, "tag": Choice(*TAGS), "reason": Text()}), SPANS)
    gives_verdicts = False
    pictured = False

    def questions(self, case: Case) -> Iterator[Question]:
        """One for so many steps."""
        for part in parts(case.episode, STEPS):
            yield Question(turn=_turn(case.episode, part), read=partial(_tags, part))


def _turn(episode: Episode, part: Sequence[EpisodeStep]) -> Turn:
    lines = [goal_line(episode.trajectory.goal), "the steps:"]
    for step in part:
        lines += [thought_line(step.step.thought[:THOUGHT_LIMIT])] if step.step.thought else []
        lines.append(step_line(step))
    return user_turn("A thought stands before the step that it led to.", lines)


def _tags(part: Sequence[EpisodeStep], _: Question, answer: Mapping[str, Any]) -> Iterator[Finding]:
    """A label a tag and step or span; the same tag on the same steps is written once."""
    for span in answer["spans"]:
        first, last, tag = span["first"], span["last"], span["tag"]
        if part[0].step.step_index <= first <= last <= part[-1].step.step_index:
            yield Judgement(
                verdict="abstain",
                reason=span["reason"],
                subject="step" if first == last else "span",
                step=first,
                last_step=last,
                rule=tag,
                apart=(last, tag),
            )
        else:
            yield Silence("tag on steps that were not shown")
