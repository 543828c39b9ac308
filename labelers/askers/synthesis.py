"""Reverse task synthesis by a model: what did this step, or these steps in a row, accomplish? (OS-Genesis, App. C).

One question a step gives its low-level sentence and, where there is one, the goal that it reaches alone; one a window
of steps in a row, and one for the whole episode, give the goal that they reach together.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from labelers.kit.forms import Choice, Form, Text
from labelers.kit.prompting import step_line, user_turn
from labelers.kit.questionnaire import Case, Finding, Question, Questionnaire, Sentence, Silence
from labelers.kit.questions import GOAL
from labelers.kit.screenshots import after, before, compared
from labelers.kit.written import no_sentence
from labelers.model.requests import Turn
from schemas.episodes import Episode, EpisodeStep

WINDOW = 4
"""Steps of a window (NNetNav relabels every fourth step)."""

LONGEST = 25
"""Steps of an episode that is asked about as a whole."""

SENTENCE_LIMIT = 400
"""Characters of a sentence; a longer one is no instruction (as with the rules)."""


class TaskSynthesizer(Questionnaire):
    """Writes instructions of both levels."""

    name = "synthesis"
    question = GOAL
    form = Form(
        {
            "low": Text(SENTENCE_LIMIT, least=0),
            "high": Text(SENTENCE_LIMIT, least=0),
            "kind": Choice("find", "go", "change", "none"),
            "reason": Text(),
        }
    )
    decidable = True

    def questions(self, case: Case) -> Iterator[Question]:
        """One a step, but for those whose sentence is written, a window and an episode."""
        for first, last in spans(case.episode.steps):
            part = case.episode.steps[first : last + 1]
            written = first == last and part[0].step.step_index in case.decided.sentences
            turn = None if written else _turn(case.episode, part)
            yield Question(turn=turn, read=partial(_sentences, part), counted=True)


def _turn(episode: Episode, part: Sequence[EpisodeStep]) -> Turn:
    alone = len(part) == 1
    count = "This is one step." if alone else f"These are {len(part)} steps in a row."
    text = f"{count} The pictures show the screen before the first and after the last of them."
    lines = [f"application: {episode.trajectory.app}", *map(step_line, part)]
    return user_turn(text, lines, compared(part[0]) if alone else [*before(part[0]), *after(part[-1])])


def _sentences(part: Sequence[EpisodeStep], _: Question, answer: Mapping[str, Any]) -> Iterator[Finding]:
    """The instructions that an answer holds; what stands in the place of one and is none is counted."""
    first, last = part[0].step.step_index, part[-1].step.step_index
    low, high, reason = (" ".join(answer[name].split()) for name in ("low", "high", "reason"))
    if len(part) == 1 and (why := no_sentence(low, most=SENTENCE_LIMIT)) is not None:
        yield Silence(f"low-level sentence refused: {why}")
    elif len(part) == 1:
        yield Sentence(text=low, kind="step", level="low", first_step=first, last_step=last, template="step")
    if answer["kind"] == "none" or not high:
        return
    if (why := no_sentence(high, most=SENTENCE_LIMIT)) is not None:
        yield Silence(f"task refused: {why}")
    else:
        yield Sentence(
            text=high,
            kind="task",
            level="high",
            first_step=first,
            last_step=last,
            evidence=reason,
            template=answer["kind"],
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
    return all(step.step.continuous for step in steps[first + 1 : last + 1])
