"""The trajectory reward, 1 to 5, with the outcome and the first failing step (OS-Genesis, section 3.3 and App. F).

OS-Genesis shows its judge the screens before the last three actions; ours sees the final state as well.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from labelers.kit.forms import STEP_OR_NONE, Choice, Flag, Form, Text
from labelers.kit.goals import JudgedGoal, goals
from labelers.kit.prompting import goal_line, step_line, user_turn
from labelers.kit.questionnaire import Case, Judgement, Question, Questionnaire
from labelers.kit.questions import BLAMES, FIRST_FAILING, GOAL, PROCESS
from labelers.kit.screenshots import after, before
from labelers.model.requests import Turn
from schemas.episodes import Episode
from schemas.opinions import Verdict

SCREENS = 3
"""Last steps whose screens are shown."""


class RewardJudge(Questionnaire):
    """Scores how well the steps of a goal's run reach it; what the rules decided has no score."""

    name = "reward"
    question = GOAL
    form = Form(
        {
            "reason": Text(),
            "success": Flag(),
            "score": Choice(1, 2, 3, 4, 5),
            "process": Choice(1, 2, 3, 4, 5),
            "first_failing_step": STEP_OR_NONE,
            "blame": Choice(*BLAMES, "nobody"),
        }
    )
    inputs = "tasks"
    decidable = True

    def questions(self, case: Case) -> Iterator[Question]:
        """One a goal, on its whole run; the run of the goal that the policy saw is the trajectory."""
        for goal in goals(case.episode, case.instructions):
            by_rule = case.decided.outcome if goal.instruction is None else None
            yield Question(
                turn=None if by_rule else _turn(case.episode, goal),
                read=partial(_reward, goal),
                subject="trajectory" if goal.instruction is None else "span",
                instruction=goal.instruction,
                decided=by_rule,
            )


def _reward(goal: JudgedGoal, question: Question, answer: Mapping[str, Any]) -> Iterator[Judgement]:
    """The outcome with its score; how it was gone about, with another; and where and by whom it failed, if it did.

    A run that could not be done is no bad example of the person's: what the application or the goal is to blame for
    says nothing of how it was gone about (Universal Verifier: failures that can and that can't be helped, apart).
    """
    reason, failing = answer["reason"], answer["first_failing_step"]
    verdict: Verdict = "good" if answer["success"] else "harmful"
    yield question.judged(verdict, reason, score=float(answer["score"]), rule="outcome")
    yield question.judged("abstain", reason, score=float(answer["process"]), rule=PROCESS, apart=(PROCESS,))
    if not answer["success"] and answer["blame"] != "nobody":
        yield question.judged("abstain", reason, rule=BLAMES[answer["blame"]], apart=("blame",))
    if goal.first_step <= failing <= goal.last_step and not answer["success"]:
        yield question.judged("harmful", reason, subject="step", step=failing, rule=FIRST_FAILING)


def _turn(episode: Episode, goal: JudgedGoal) -> Turn:
    run = [step for step in episode.steps if goal.first_step <= step.step.step_index <= goal.last_step]
    pictures = [picture for step in run[-SCREENS:] for picture in before(step)]
    pictures += [picture for step in run[-1:] for picture in after(step)]
    text = "The screenshots show the screens of the last steps; the last one is the final state."
    return user_turn(text, [goal_line(goal.text), *map(step_line, run)], pictures)
