"""The trajectory reward, 1 to 5, with the outcome and the first failing step (OS-Genesis, section 3.3 and App. F).

OS-Genesis shows its judge the screens before the last three actions; ours sees the final state as well.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from labelers.backend import Opinions
from labelers.kit.one_by_one import OneByOne, Question
from labelers.kit.prompted import Aim, aims
from labelers.kit.prompting import fenced, goal_line, target_box, told
from labelers.model.pictures import Picture
from labelers.model.requests import Request
from schemas.episodes import Episode
from schemas.opinions import Call, Instruction, Subject, Verdict

SCREENS = 3
"""Last steps whose screens are shown."""


class RewardJudge(OneByOne):
    """Scores how well the steps of a goal's run reach it; what the rules decided has no score."""

    prompt_name: ClassVar[str] = "reward"
    fields: ClassVar[Mapping[str, type]] = {"reason": str, "score": int, "success": bool, "first_failing_step": int}
    choices: ClassVar[Mapping[str, Sequence[Any]]] = {"score": (1, 2, 3, 4, 5)}
    decidable: ClassVar[bool] = True

    def questions(self, episode: Episode, instructions: Sequence[Instruction]) -> Iterator[Question]:
        """One a goal, on its whole run; the run of the goal that the policy saw is the trajectory."""
        for goal in aims(episode, instructions):
            subject: Subject = "trajectory" if goal.instruction is None else "span"
            ruling = self._rulings.outcome if goal.instruction is None else None
            asked = ruling or self._request(episode, goal)
            yield Question(asked, partial(self._heard, episode, goal, subject), subject, goal.instruction)

    def _heard(self, episode: Episode, goal: Aim, subject: Subject, call: Call, said: Mapping[str, Any]) -> Opinions:
        """A label on the run, and one on the step at which it failed, where one is named."""
        label = partial(self.label, episode, call=call, instruction=goal.instruction)
        verdict: Verdict = "good" if said["success"] else "harmful"
        reason, failing = said["reason"], said["first_failing_step"]
        labels = [label(verdict, reason, subject=subject, score=float(said["score"]), rule="outcome")]
        if goal.first_step <= failing <= goal.last_step and not said["success"]:
            labels.append(label("harmful", reason, subject="step", step=failing, rule="first failing step"))
        return Opinions((), tuple(labels), {})

    def _request(self, episode: Episode, goal: Aim) -> Request:
        run = [one for one in episode.steps if goal.first_step <= one.step.step_index <= goal.last_step]
        pictures = [
            Picture(one.before.seen.screen, mark=target_box(one))
            for one in run[-SCREENS:]
            if one.before is not None and one.before.seen.screen is not None
        ]
        if run and run[-1].after is not None and run[-1].after.seen.screen is not None:
            pictures.append(Picture(run[-1].after.seen.screen))
        lines = [goal_line(goal.text), *(told(one.step.step_index, one) for one in run)]
        text = "The screenshots show the screens of the last steps; the last one is the final state.\n\n"
        return self.ask(episode, text + fenced(lines), pictures)
