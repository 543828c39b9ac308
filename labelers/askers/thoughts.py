"""Reflective thoughts: why each step on the way to a task is taken, and whether it was right and needed (OpenCUA)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from labelers.kit.forms import Flag, Form, Text
from labelers.kit.goals import accepted_tasks, steps_of
from labelers.kit.prompting import app_line, as_json, goal_line, step_line, user_turn
from labelers.kit.questionnaire import Case, Finding, Question, Questionnaire, Sentence, Silence
from labelers.kit.questions import GOAL
from labelers.kit.screenshots import compared
from labelers.kit.written import no_sentence
from labelers.model.requests import Turn
from labelers.paraphrases import holds
from schemas.actions import Select, Type, point_of
from schemas.episodes import Episode, EpisodeStep, Moment
from schemas.opinions import Instruction, Verdict

INCORRECT, REDUNDANT = "incorrect", "redundant"
"""The rules of the labels: a step that is neither has none."""

THOUGHT_LIMIT = 600
"""Characters of a thought: two to four sentences."""

SHORTEST_NAME = 4
"""Letters of a name that is looked for: shorter ones are words that anybody uses."""

_NUMBER = r"-?\d{1,5}(?:\.\d+)?"
_PLACE = re.compile(
    rf"[(\[]\s*{_NUMBER}\s*[,;]\s*{_NUMBER}\s*[)\]]|\b[xy]\s*[=:]\s*{_NUMBER}|{_NUMBER}\s*(?:px\b|pixels?\b)|\bcoordinates?\b",
    re.IGNORECASE,
)
_STEP = re.compile(r"\bsteps?\s+(?:number\s+)?(\d+)", re.IGNORECASE)
_RECORDING = re.compile(
    r"\b(?:recording|recorded|screenshots?|(?:first|second|other) picture|red (?:line|box|frame|rectangle))\b",
    re.IGNORECASE,
)


class ThoughtWriter(Questionnaire):
    """Writes a thought before each step of a task's path, and a verdict on it."""

    name = "thoughts"
    question = GOAL
    form = Form({"account": Text(), "correct": Flag(), "redundant": Flag(), "thought": Text(THOUGHT_LIMIT)})
    inputs = "tasks"

    def questions(self, case: Case) -> Iterator[Question]:
        """One a step on the path of each task that was not refused, task after task."""
        places = {step.step.step_index: place for place, step in enumerate(case.episode.steps)}
        for task in accepted_tasks(case.episode, case.instructions):
            path = steps_of(case.episode, task.path)
            for done, step in enumerate(path):
                index = step.step.step_index
                yield Question(
                    turn=_turn(case.episode, task, path[:done], step),
                    read=partial(_thought, case.episode.steps, places[index]),
                    subject="step",
                    step=index,
                    instruction=task,
                )


def _turn(episode: Episode, task: Instruction, earlier: Sequence[EpisodeStep], step: EpisodeStep) -> Turn:
    lines = [
        app_line(episode),
        goal_line(task.text),
        "earlier steps:",
        *([step_line(before) for before in earlier] or ["none"]),
        "this step:",
        step_line(step),
    ]
    text = "Judge this step, and write the thought before it. The pictures show the screen before and after it."
    return user_turn(text, lines, compared(step))


def _thought(
    steps: Sequence[EpisodeStep], place: int, question: Question, answer: Mapping[str, Any]
) -> Iterator[Finding]:
    """A verdict, and the thought before a step that was right; why there is none is in the verdict's reason."""
    task, index = question.instruction, steps[place].step.step_index
    assert task is not None
    thought, reason = (" ".join(answer[name].split()) for name in ("thought", "account"))
    why = what_is_wrong(thought, task.text, steps, place) if answer["correct"] else INCORRECT
    if why is not None:
        reason = f"{reason}; thought refused: {why}: {as_json(thought[:THOUGHT_LIMIT])}"
        yield Silence(f"thought refused: {why}")
    else:
        yield Sentence(
            text=thought,
            kind="thought",
            level="low",
            first_step=index,
            last_step=index,
            template="thought",
            parent=task,
        )
    verdict, rule = judged(answer)
    yield question.judged(verdict, reason, rule=rule)


def judged(answer: Mapping[str, Any]) -> tuple[Verdict, str | None]:
    """The verdict of an answer's flags, and the rule."""
    if not answer["correct"]:
        return "harmful", INCORRECT
    return ("neutral", REDUNDANT) if answer["redundant"] else ("good", None)


def what_is_wrong(thought: str, goal: str, steps: Sequence[EpisodeStep], place: int) -> str | None:
    """Why the thought before the step at that place can't stand, or None; `steps` are all of the episode.

    It must not hold what nobody could have thought then, nor what no thought should hold.
    """
    step = steps[place]
    if not thought:
        return "it is empty"
    if len(thought) > THOUGHT_LIMIT:
        return "it is too long"
    if _PLACE.search(thought) or _names_the_point(thought, step):
        return "it names a place in pixels"
    if _RECORDING.search(thought):
        return "it speaks of the recording"
    if any(int(number) > step.step.step_index for number in _STEP.findall(thought)):
        return "it names a later step"
    known = " ".join(_known(goal, steps[: place + 1])).casefold()
    said = thought.casefold()
    for name in _later(steps, place):
        if len(name) >= SHORTEST_NAME and name not in known and holds(said, name):
            return "it names what comes later"
    return no_sentence(thought, most=THOUGHT_LIMIT)


def _names_the_point(thought: str, step: EpisodeStep) -> bool:
    """Whether both numbers of the action's place stand in the thought."""
    point = point_of(step.step.action)
    if point is None or point.x is None or point.y is None:
        return False
    numbers = re.findall(r"\d+", thought)
    return str(round(point.x)) in numbers and str(round(point.y)) in numbers


def _known(goal: str, steps: Sequence[EpisodeStep]) -> Iterator[str]:
    """What can be known before the last of the steps: the goal, what was seen and done, and what is about to be."""
    yield goal
    for step in steps:
        yield from _meant(step)
        yield from _seen(step.before)


def _later(steps: Sequence[EpisodeStep], place: int) -> Iterator[str]:
    """What only later shows, in small letters: what is acted on and entered, titles, and sentences on the next page."""
    for step in steps[place + 1 :]:
        yield from (name.casefold() for name in _meant(step))
    for step in steps[place:]:
        if step.after is not None and step.after.seen.title:
            yield step.after.seen.title.strip().casefold()
    after = steps[place].after
    if after is not None and after.tree is not None:
        yield from (node.name.strip().casefold() for node in after.tree.nodes if len(node.name.split()) > 1)


def _meant(step: EpisodeStep) -> Iterator[str]:
    """The words of an action: its element's name, and what it enters."""
    if step.step.target is not None:
        yield step.step.target.name.strip()
    match step.step.action:
        case Type(text=text):
            yield text.strip()
        case Select(option=option):
            yield option.strip()


def _seen(moment: Moment | None) -> Iterator[str]:
    if moment is None:
        return
    yield from filter(None, (moment.seen.title, moment.seen.location))
    for node in () if moment.tree is None else moment.tree.nodes:
        yield node.name
        if node.value:
            yield node.value
        yield from node.options
