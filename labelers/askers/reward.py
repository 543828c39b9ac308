"""The trajectory reward, 1 to 5, with the outcome and the first failing step (OS-Genesis, section 3.3 and App. F).

OS-Genesis shows its judge the screens before the last three actions; ours sees the final state as well.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from labelers.askers.asking import Aim, PromptedAsker, aims
from labelers.backend import Opinions
from labelers.basis import Basis
from labelers.model.pictures import Picture
from labelers.model.requests import Request
from labelers.prompting import fenced, target_box, told
from labelers.rulings import Ruling
from schemas.episodes import Episode
from schemas.opinions import Call, Instruction, Label, Subject, Verdict

SCREENS = 3
"""Last steps whose screens are shown."""


class RewardJudge(PromptedAsker):
    """Scores how well the steps of a goal's run reach it."""

    prompt_name: ClassVar[str] = "reward"
    fields: ClassVar[Mapping[str, type]] = {"reason": str, "score": int, "success": bool, "first_failing_step": int}
    choices: ClassVar[Mapping[str, Sequence[Any]]] = {"score": (1, 2, 3, 4, 5)}
    basis: ClassVar[Basis] = "tasks"
    decidable: ClassVar[bool] = True

    def requests(self, episode: Episode, instructions: Sequence[Instruction]) -> Iterator[Request]:
        """A question a goal, but for one whose outcome is decided."""
        for goal in aims(episode, instructions):
            if self._ruling(goal) is None:
                yield self._request(episode, goal)

    def read(self, episode: Episode, instructions: Sequence[Instruction], answers: Mapping[str, Call]) -> Opinions:
        """A label a goal on its whole run, and one on the step at which it failed, where one is named.

        The run of the goal that the policy saw is the trajectory. What the rules decided has no score.
        """
        labels: list[Label] = []
        goals = aims(episode, instructions)
        answered = decided = 0
        for goal in goals:
            subject: Subject = "trajectory" if goal.instruction is None else "span"
            if (ruling := self._ruling(goal)) is not None:
                decided += 1
                labels.append(self.ruled(episode, ruling, subject=subject, instruction=goal.instruction))
                continue
            call = answers[self._request(episode, goal).digest]
            if call.status != "ok" or call.answer is None:
                labels.append(self.unanswered(episode, call, subject=subject, instruction=goal.instruction))
                continue
            answered += 1
            said = self.parse(call.answer)
            verdict: Verdict = "good" if said["success"] else "harmful"
            labels.append(
                self.label(
                    episode,
                    verdict,
                    said["reason"],
                    call=call,
                    subject=subject,
                    instruction=goal.instruction,
                    score=float(said["score"]),
                    rule="outcome",
                )
            )
            if goal.first_step <= said["first_failing_step"] <= goal.last_step and not said["success"]:
                labels.append(
                    self.label(
                        episode,
                        "harmful",
                        said["reason"],
                        call=call,
                        subject="step",
                        step=said["first_failing_step"],
                        instruction=goal.instruction,
                        rule="first failing step",
                    )
                )
        labels.append(self.seen(episode, len(goals) - decided, answered, decided, instructions=instructions))
        return Opinions((), tuple(labels), {}, decided)

    def _ruling(self, goal: Aim) -> Ruling | None:
        return self._rulings.outcome if goal.instruction is None else None

    def _request(self, episode: Episode, goal: Aim) -> Request:
        run = [one for one in episode.steps if goal.first_step <= one.step.step_index <= goal.last_step]
        pictures = [
            Picture(one.before.seen.screen, mark=target_box(one))
            for one in run[-SCREENS:]
            if one.before is not None and one.before.seen.screen is not None
        ]
        if run and run[-1].after is not None and run[-1].after.seen.screen is not None:
            pictures.append(Picture(run[-1].after.seen.screen))
        lines = [f"goal: {goal.text}", *(told(one.step.step_index, one) for one in run)]
        text = "The screenshots show the screens of the last steps; the last one is the final state.\n\n"
        return self.ask(episode, text + fenced(lines), pictures)
