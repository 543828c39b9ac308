"""What is true once a task is done, read from its words alone: never from the path, its end or what its writer claims.

Where what is read here and what the writer claims differ on a walk, `prove` does not believe the task (proof.md, Two
claims). What is told besides the words is what anybody knows who stands before the application: the screen at the
start, and what its lists and their columns are called.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from labelers.kit.context import lists_line, outline
from labelers.kit.forms import Choice, Form, ListForm, Text
from labelers.kit.goals import accepted_tasks, steps_of
from labelers.kit.prompting import app_line, as_json, user_turn
from labelers.kit.questionnaire import Case, Finding, Question, Questionnaire, Sentence, Silence
from labelers.model.requests import Turn
from schemas.condition_words import in_words
from schemas.conditions import Answered, Condition, TaskCheck
from schemas.episodes import Episode, Moment
from schemas.opinions import Instruction
from schemas.pages import fold
from schemas.screen_conditions import (
    Called,
    Cell,
    Counts,
    EveryRow,
    HasRow,
    Says,
    ScreenCondition,
    Shows,
    SortedBy,
    Tells,
)

TEMPLATE = "check"
VALUE_LIMIT = 200
MOST_CONDITIONS = 6
UNREAD = "check refused"
"""The rule of the label that tells why a task has none."""

_DIRECTIONS = {"ascending": False, "descending": True}


class TaskChecker(Questionnaire):
    """Reads a check from the words of each task that was not refused."""

    name = question = "checker"
    form = ListForm(
        "conditions",
        Form(
            {
                "when": Choice("end", "before"),
                "kind": Choice(
                    "page",
                    "record",
                    "row",
                    "first row",
                    "every row",
                    "sorted",
                    "rows",
                    "text",
                    "no text",
                    "field",
                    "on",
                    "off",
                ),
                "name": Text(VALUE_LIMIT, least=0),
                "value": Text(VALUE_LIMIT, least=0),
            }
        ),
        MOST_CONDITIONS,
    )
    gives_verdicts = False
    pictured = False
    inputs = "tasks"

    def questions(self, case: Case) -> Iterator[Question]:
        """One a task that starts on a screen with a tree."""
        lists = lists_line(case.episode)
        for task in accepted_tasks(case.episode, case.instructions):
            start = next((step.before for step in steps_of(case.episode, task.path[:1])), None)
            if start is not None and start.tree is not None:
                yield Question(
                    turn=_turn(case.episode, task, start, lists),
                    read=partial(_check, task, start),
                    subject="instruction",
                    instruction=task,
                )


def _turn(episode: Episode, task: Instruction, start: Moment, lists: str) -> Turn:
    assert start.tree is not None
    lines = [
        app_line(episode),
        f"task: {as_json(task.text)}",
        *([] if task.answer is None else ["it asks for an answer, which is not told here"]),
        lists,
        f"the screen at the start: {as_json(start.seen.title or '')}",
        *(as_json(line) for line in outline(start.tree)),
    ]
    return user_turn("Say what is true once this task is done.", lines)


def _check(task: Instruction, start: Moment, question: Question, answer: Mapping[str, Any]) -> Iterator[Finding]:
    """The check, as an instruction that stands for its task; or a label that tells why there is none."""
    why, ends, passed = None, list[Condition](), list[tuple[ScreenCondition, ...]]()
    for row in answer["conditions"]:
        condition = _condition(row["kind"], row["name"].strip(), row["value"].strip())
        if row["kind"] != "sorted" and not _is_given(row["value"], task.text, start):
            condition = "a value that neither the words nor the start give"
        if isinstance(condition, str):
            why = why or condition
        elif row["when"] == "end":
            ends += condition
        else:
            passed.append(condition)
    if why is None and not ends:
        why = "nothing is said of the end"
    if why is not None:
        yield question.judged("abstain", why, rule=UNREAD)
        yield Silence(f"{UNREAD}: {why}")
        return
    if task.answer is not None:
        ends.append(Answered(task.answer))
    check = TaskCheck(tuple(dict.fromkeys(ends)), (), tuple(passed))
    yield Sentence(
        text="; ".join(map(in_words, check.conditions)),
        kind="check",
        level="low",
        first_step=task.first_step,
        last_step=task.last_step,
        path=task.path,
        template=TEMPLATE,
        parent=task,
        claim=check,
    )


def _is_given(value: str, text: str, start: Moment) -> bool:
    """Whether a value stands in the task or names something at its start: a weak model repeats its prompt instead."""
    assert start.tree is not None
    wanted = fold(value)
    return wanted in fold(text) or any(wanted == fold(node.name) for node in start.tree.nodes)


def _condition(kind: str, name: str, value: str) -> tuple[ScreenCondition, ...] | str:
    """The conditions that a line of an answer stands for, or why it stands for none."""
    if not value and kind not in ("on", "off"):
        return f"{kind} without a value"
    if not name and kind in ("every row", "sorted", "field", "on", "off"):
        return f"{kind} without a name"
    match kind:
        case "page":
            return (Called(value),)
        case "record":
            return (Tells(value),)
        case "row" | "first row":
            return (HasRow((Cell(value, name or None),), first=kind == "first row"),)
        case "every row":
            return (EveryRow(name, value),)
        case "sorted":
            if value.casefold() not in _DIRECTIONS:
                return "sorted in no direction"
            return (SortedBy(name, _DIRECTIONS[value.casefold()]),)
        case "rows":
            return (Counts(int(value)),) if value.isascii() and value.isdecimal() else "rows without a number"
        case "text" | "no text":
            return (Says(value, negated=kind == "no text"),)
        case "field":
            return (Shows(name=name, value=value),)
        case _:
            ticked = Shows(name=name, flag="checked", negated=kind == "off")
            return (ticked,) if kind == "on" else (Shows(name=name), ticked)
