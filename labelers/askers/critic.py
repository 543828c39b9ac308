"""The critic of instructions: is the sentence true of its steps, feasible, concrete, natural? (OS-Genesis, NNetNav)."""

from collections.abc import Iterator, Mapping
from typing import Any

from labelers.kit.forms import Choice, Form, Text
from labelers.kit.goals import steps_of, tasks
from labelers.kit.prompting import app_line, as_json, step_line, user_turn
from labelers.kit.questionnaire import Case, Judgement, Question, Questionnaire
from labelers.kit.screenshots import after, before
from labelers.model.requests import Turn
from schemas.episodes import Episode
from schemas.opinions import Instruction, Verdict

CRITERIA = ("true", "feasible", "concrete", "natural")
"""In the order in which the first that fails is named."""

OPINIONS = ("yes", "no", "unclear")


class InstructionCritic(Questionnaire):
    """Says of each instruction that states a goal whether it is fit to be a task."""

    name = question = "critic"
    form = Form({"account": Text(), **dict.fromkeys(sorted(CRITERIA), Choice(*OPINIONS))})
    inputs = "tasks"

    def questions(self, case: Case) -> Iterator[Question]:
        """One an instruction, whoever wrote it."""
        for task in tasks(case.instructions):
            yield Question(turn=_turn(case.episode, task), read=_criticism, subject="instruction", instruction=task)


def _criticism(question: Question, answer: Mapping[str, Any]) -> Iterator[Judgement]:
    """Harmful by the first criterion that fails, abstaining where one is unclear."""
    verdict, rule = judged(answer)
    yield question.judged(verdict, answer["account"], rule=rule)


def _turn(episode: Episode, task: Instruction) -> Turn:
    run = steps_of(episode, task.path)
    lines = [
        app_line(episode),
        f"sentence: {as_json(task.text)}",
        *([] if task.answer is None else [f"answer that it asks for: {as_json(task.answer)}"]),
        "the steps that it claims:",
        *map(step_line, run),
    ]
    text = "Check the sentence. The screenshots show the screen before the first and after the last of the steps."
    return user_turn(text, lines, [*before(run[0]), *after(run[-1])] if run else [])


def judged(answer: Mapping[str, Any]) -> tuple[Verdict, str | None]:
    """The verdict of an answer, and the criterion that decides it."""
    for opinion, verdict, words in (("no", "harmful", "not {}"), ("unclear", "abstain", "unclear whether {}")):
        for name in CRITERIA:
            if answer[name] == opinion:
                return verdict, words.format(name)  # type: ignore[return-value]
    return "good", None
