"""A judge by milestones with their evidence: which states must a run reach, and where does it show them? (OS-Themis).

A model names them and quotes, word for word, what shows each; that the words stand there is looked up here, not
believed. One that is named and not reached is a miss, one whose evidence stands nowhere decides nothing: OS-Themis'
critics are precise, not complete, which is the right side for data.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from labelers.kit.context import EpisodeContext
from labelers.kit.forms import STEP_OR_NONE, Form, ListForm, Text
from labelers.kit.goals import JudgedGoal, goals
from labelers.kit.prompting import app_line, goal_line, step_line, user_turn
from labelers.kit.questionnaire import Case, Judgement, Question, Questionnaire
from labelers.kit.questions import GOAL
from labelers.kit.screenshots import after, before
from labelers.model.requests import Turn
from schemas.episodes import Episode, EpisodeStep, Moment
from schemas.pages import fold

MOST = 8
"""Milestones of a run."""

QUOTE_LIMIT = 200
REACHED, UNSHOWN, MISSED, NONE = "milestones", "milestone not shown", "milestone missed", "no milestone"
MILESTONE = "milestone"
"""The rule of the labels on the steps that reached one."""


class MilestoneJudge(Questionnaire):
    """Says of a goal's run which milestones it reached, and from them whether the goal."""

    name = "milestones"
    question = GOAL
    form = ListForm(
        "milestones",
        Form({"milestone": Text(QUOTE_LIMIT), "step": STEP_OR_NONE, "evidence": Text(QUOTE_LIMIT, least=0)}),
        MOST,
    )
    inputs = "tasks"

    def questions(self, case: Case) -> Iterator[Question]:
        """One a goal, on its whole run."""
        context = EpisodeContext(case.episode)
        places = {step.step.step_index: place for place, step in enumerate(case.episode.steps)}
        for goal in goals(case.episode, case.instructions):
            run = [place for index, place in places.items() if goal.first_step <= index <= goal.last_step]
            if run:
                steps = [case.episode.steps[place] for place in run]
                told = [step_line(case.episode.steps[place], context.changes(place)) for place in run]
                yield Question(
                    turn=_turn(case.episode, goal, steps, told),
                    read=partial(_judged, steps),
                    subject="trajectory" if goal.instruction is None else "span",
                    instruction=goal.instruction,
                )


def _turn(episode: Episode, goal: JudgedGoal, steps: Sequence[EpisodeStep], told: Sequence[str]) -> Turn:
    text = "Name the milestones. The pictures show the screen before the first and after the last step."
    return user_turn(text, [app_line(episode), goal_line(goal.text), *told], [*before(steps[0]), *after(steps[-1])])


def _judged(steps: Sequence[EpisodeStep], question: Question, answer: Mapping[str, Any]) -> Iterator[Judgement]:
    """The run by its milestones, and each step that reached one."""
    missed, unshown = [], []
    shown: dict[int, list[str]] = {}
    for row in answer["milestones"]:
        name, evidence = (" ".join(row[part].split()) for part in ("milestone", "evidence"))
        step = next((step for step in steps if step.step.step_index == row["step"]), None)
        if step is None:
            missed.append(name)
        elif not _stands(step.after, evidence) or _stands(step.before, evidence):
            unshown.append(name)
        else:
            shown.setdefault(row["step"], []).append(f"{name}: {evidence!r}")
    for index, names in sorted(shown.items()):
        yield question.judged("good", "; ".join(names), subject="step", step=index, rule=MILESTONE)
    if missed:
        yield question.judged("harmful", f"not reached: {'; '.join(missed)}", rule=MISSED)
    elif unshown:
        yield question.judged("abstain", f"its evidence is not on the screen: {'; '.join(unshown)}", rule=UNSHOWN)
    elif shown:
        yield question.judged("good", f"reached by steps {', '.join(map(str, sorted(shown)))}", rule=REACHED)
    else:
        yield question.judged("abstain", "no milestone was named", rule=NONE)


def _stands(moment: Moment | None, evidence: str) -> bool:
    """Whether the words stand on a screen: in a name, a field, the title. What stood there before shows nothing."""
    page = None if moment is None else moment.page
    if page is None or not evidence:
        return False
    texts = [page.title, *(text for node in page.nodes for text in (node.name, node.value or ""))]
    return any(f" {fold(evidence)} " in f" {fold(text)} " for text in texts)
