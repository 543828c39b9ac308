"""Other phrasings of a task: exact, casual and terse, each of which asks for the same."""

from collections.abc import Iterator, Mapping
from functools import partial

from labelers.askers.synthesis import SENTENCE_LIMIT
from labelers.kit.forms import Form, Text
from labelers.kit.goals import accepted_tasks
from labelers.kit.prompting import app_line, as_json, user_turn
from labelers.kit.questionnaire import Case, Finding, Question, Questionnaire, Sentence, Silence
from labelers.kit.written import no_sentence, words_in
from labelers.model.requests import Turn
from labelers.paraphrases import what_changed
from schemas.episodes import Episode
from schemas.opinions import Instruction

STYLES = ("exact", "casual", "terse")

REFUSED = "variant refused"
"""The rule of the label that tells which phrasings changed what is asked for."""


class TaskRephraser(Questionnaire):
    """Writes variants of each task that was not refused."""

    name = question = "variants"
    form = Form(dict.fromkeys(STYLES, Text(SENTENCE_LIMIT, least=0)))
    gives_verdicts = False
    pictured = False
    inputs = "tasks"

    def questions(self, case: Case) -> Iterator[Question]:
        """One a task, of its words alone: the same task anywhere in an application is asked about once."""
        for task in accepted_tasks(case.episode, case.instructions):
            yield Question(
                turn=_turn(case.episode, task), read=partial(_variants, task), subject="instruction", instruction=task
            )


def _turn(episode: Episode, task: Instruction) -> Turn:
    lines = [
        app_line(episode),
        f"task: {as_json(task.text)}",
        *([] if task.answer is None else ["it asks for an answer, which is not told here"]),
    ]
    return user_turn("Rephrase the task.", lines)


def _variants(task: Instruction, question: Question, answer: Mapping[str, str]) -> Iterator[Finding]:
    """The variants that ask for the same; a label on the task tells which do not, in their own words."""
    kept, wrong = sorted_out(task, answer)
    for style, text in kept.items():
        yield Sentence(
            text=text,
            kind="variant",
            level=task.level,
            first_step=task.first_step,
            last_step=task.last_step,
            path=task.path,
            answer=task.answer,
            template=style,
            parent=task,
        )
    if wrong:
        reason = "; ".join(f"{style}: {why}: {as_json(text)}" for style, (why, text) in wrong.items())
        yield question.judged("abstain", reason, rule=REFUSED)
    for why, _ in wrong.values():
        yield Silence(f"{REFUSED}: {why}")


def sorted_out(task: Instruction, answer: Mapping[str, str]) -> tuple[dict[str, str], dict[str, tuple[str, str]]]:
    """By style the phrasings of a task that ask for the same, and those that do not, each with what it changed.

    What is empty was left out on purpose, and is neither.
    """
    kept: dict[str, str] = {}
    wrong: dict[str, tuple[str, str]] = {}
    known = {_folded(task.text)}
    for style in STYLES:
        text = " ".join(answer[style].split())
        if not text:
            continue
        why = _no_phrasing(task.text, text) or what_changed(task.text, text, answer=task.answer)
        if len(text) > SENTENCE_LIMIT:
            wrong[style] = ("it is too long", text[:SENTENCE_LIMIT])
        elif why is not None:
            wrong[style] = (why, text)
        elif _folded(text) in known:
            wrong[style] = ("it is no other phrasing", text)
        else:
            known.add(_folded(text))
            kept[style] = text
    return kept, wrong


def _no_phrasing(task: str, text: str) -> str | None:
    """Why a text is no phrasing of any task, or None: one word of the task may stand for it, as in a search box."""
    why = no_sentence(text, most=SENTENCE_LIMIT)
    return why if why is None or not words_in(text) or not words_in(text) <= words_in(task) else None


def _folded(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())
