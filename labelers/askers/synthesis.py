"""Reverse task synthesis by a model: what did this step, or these steps in a row, accomplish? (OS-Genesis, App. C).

One question a step gives its low-level sentence and, where there is one, the goal that it reaches alone; one a window
of steps in a row, and one for the whole episode, give the goal that they reach together.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from labelers.kit.context import EpisodeContext, lists_line
from labelers.kit.forms import Choice, Form, Text
from labelers.kit.prompting import app_line, step_line, user_turn
from labelers.kit.questionnaire import Case, Finding, Question, Questionnaire, Sentence, Silence
from labelers.kit.questions import GOAL
from labelers.kit.screenshots import after, before, compared
from labelers.kit.written import no_sentence
from labelers.model.requests import Turn
from schemas.conditions import Answered, Condition, TaskCheck
from schemas.episodes import EpisodeStep, Moment
from schemas.screen_conditions import At, Parameter, Says, place_of

WINDOW = 4
"""Steps of a window (NNetNav relabels every fourth step)."""

LONGEST = 25
"""Steps of an episode that is asked about as a whole."""

SENTENCE_LIMIT = 400
"""Characters of a sentence; a longer one is no instruction (as with the rules)."""


VALUE_LIMIT = 200
"""Characters of an answer, and of what is quoted from a screen."""


class TaskSynthesizer(Questionnaire):
    """Writes instructions of both levels."""

    name = "synthesis"
    question = GOAL
    form = Form(
        {
            "low": Text(SENTENCE_LIMIT, least=0),
            "high": Text(SENTENCE_LIMIT, least=0),
            "kind": Choice("find", "go", "change", "none"),
            "answer": Text(VALUE_LIMIT, least=0),
            "shown": Text(VALUE_LIMIT, least=0),
            "reason": Text(),
        }
    )
    decidable = True

    def questions(self, case: Case) -> Iterator[Question]:
        """One a step, but for those whose sentence is written, a window and an episode."""
        context, lists = EpisodeContext(case.episode), lists_line(case.episode)
        for first, last in spans(case.episode.steps):
            part = case.episode.steps[first : last + 1]
            written = first == last and part[0].step.step_index in case.decided.sentences
            told = [step_line(step, context.changes(first + place)) for place, step in enumerate(part)]
            turn = None if written else _turn(part, [app_line(case.episode), lists, *told])
            yield Question(turn=turn, read=partial(_sentences, part), counted=True)


def _turn(part: Sequence[EpisodeStep], lines: Sequence[str]) -> Turn:
    alone = len(part) == 1
    count = "This is one step." if alone else f"These are {len(part)} steps in a row."
    text = f"{count} The pictures show the screen before the first and after the last of them."
    return user_turn(text, lines, compared(part[0]) if alone else [*before(part[0]), *after(part[-1])])


def _sentences(part: Sequence[EpisodeStep], _: Question, answer: Mapping[str, Any]) -> Iterator[Finding]:
    """The instructions that an answer holds; what stands in the place of one and is none is counted."""
    first, last = part[0].step.step_index, part[-1].step.step_index
    low, high, said, shown, reason = (" ".join(answer[name].split()) for name in _TEXTS)
    if len(part) == 1 and (why := no_sentence(low, most=SENTENCE_LIMIT)) is not None:
        yield Silence(f"low-level sentence refused: {why}")
    elif len(part) == 1:
        yield Sentence(text=low, kind="step", level="low", first_step=first, last_step=last, template="step")
    if answer["kind"] == "none" or not high:
        return
    if (why := no_sentence(high, most=SENTENCE_LIMIT)) is not None:
        yield Silence(f"task refused: {why}")
        return
    start, end = part[0].before, part[-1].after
    if said and end is not None and (page := end.page) is not None and not page.says(said):
        yield Silence("task refused: its answer is not on the screen")
        return
    claim = _claim(start, end, said, shown)
    if isinstance(claim, str):
        yield Silence(f"nothing claimed: {claim}")
    yield Sentence(
        text=high,
        kind="task",
        level="high",
        first_step=first,
        last_step=last,
        answer=said or None,
        evidence=reason,
        template=answer["kind"],
        claim=None if isinstance(claim, str) else claim,
    )


_TEXTS = ("low", "high", "answer", "shown", "reason")


def _claim(start: Moment | None, end: Moment | None, answer: str, shown: str) -> TaskCheck | str:
    """What is true at the end and was not at the start, by what the model quotes and by the address; or why nothing."""
    before, after = (None if moment is None else moment.page for moment in (start, end))
    if before is None or after is None:
        return "a screen has no tree"
    conditions: list[Condition] = []
    if shown and not after.says(shown):
        return "what is quoted is not on the screen"
    if shown and not before.says(shown):
        conditions.append(Says(shown))
    was, place = place_of(before.location), place_of(after.location)
    if place is not None and place != was:
        parameters = [Parameter(name, value) for name, value in place[1]]
        conditions.append(At(place[0], tuple(parameters)))
    if not conditions:
        return "nothing is true that was not true before"
    return TaskCheck((*conditions, *([Answered(answer)] if answer else [])))


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
