"""Hindsight: what an episode achieved that missed its goal, and where one went on that had reached it (NNetNav).

A task that is true of the episode from its first step to some later one; and the goal itself where it was complete
before the end: the stop is missing there, the path ends with it, and a dataset's last row says stop.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from typing import Any, ClassVar

from labelers.askers.synthesis import LONGEST, SENTENCE_LIMIT
from labelers.backend import Opinions
from labelers.kit.basis import Basis, is_on_goal
from labelers.kit.prompted import PromptedAsker
from labelers.kit.prompting import fenced, goal_line, quoted, target_box, told
from labelers.kit.questions import GOAL, HUMAN, question_of
from labelers.model.pictures import Picture
from labelers.model.requests import Request
from schemas.episodes import Episode, EpisodeStep
from schemas.opinions import Call, Instruction

HINDSIGHT, MISSING_STOP = "hindsight", "missing stop"
"""The templates of the tasks that are written."""

SCREENS = 3
"""Last steps after which the screen is shown."""


class HindsightSynthesizer(PromptedAsker):
    """Writes what was achieved instead of the goal."""

    prompt_name: ClassVar[str] = "hindsight"
    fields: ClassVar[Mapping[str, type]] = {"account": str, "complete_after": int, "task": str, "until": int}
    choices: ClassVar[Mapping[str, Sequence[Any]]] = {}
    basis: ClassVar[Basis] = "verdicts"

    def requests(self, episode: Episode, instructions: Sequence[Instruction]) -> Iterator[Request]:
        """One question about an episode that missed its goal."""
        del instructions  # they are about other things than the goal
        why = missed(episode)
        if why is not None and (part := looked_at(episode)):
            yield self._request(episode, part, why)

    def read(self, episode: Episode, instructions: Sequence[Instruction], answers: Mapping[str, Call]) -> Opinions:
        """At most two tasks; what the answer said that can't be so is told in the label on the episode."""
        requests = list(self.requests(episode, instructions))
        if not requests:
            return Opinions((), (self.seen(episode, 0, 0),), {})
        call = answers[requests[0].digest]
        if (said := self.said(call)) is None:
            label = self.unanswered(episode, call, subject="trajectory", instruction=None)
            return Opinions((), (label, self.seen(episode, 1, 0)), {f"question {call.status}": 1})
        found: list[Instruction] = []
        wrong: list[str] = []
        silences: dict[str, int] = {}
        for template, text, until in (
            (MISSING_STOP, episode.trajectory.goal or "", said["complete_after"]),
            (HINDSIGHT, said["task"], said["until"]),
        ):
            text = " ".join(text.split()) if template == HINDSIGHT else text
            if until == -1 or not text:
                continue
            path = path_until(episode, until)
            why = _refusal(episode, template, text, until, path)
            if why is not None:
                wrong.append(f"{template} refused: {why}: {quoted(text[:SENTENCE_LIMIT])} until step {until}")
                silences[f"{template} refused: {why}"] = 1
                continue
            found.append(
                self.instruction(
                    episode,
                    call,
                    text,
                    kind="task",
                    level="high",
                    steps=(path[0], path[-1]),
                    path=path,
                    evidence=" ".join(said["account"].split()),
                    template=template,
                )
            )
        reason = "; ".join([said["account"], *wrong])
        label = self.looked_at(episode, reason, call=call)
        if not found and not wrong:
            silences["nothing was achieved"] = 1
        return Opinions(tuple(found), (label,), silences)

    def _request(self, episode: Episode, part: Sequence[EpisodeStep], why: str) -> Request:
        lines = [
            f"application: {quoted(episode.trajectory.app)}",
            goal_line(episode.trajectory.goal),
            f"why it is held to be missed: {quoted(why)}",
            *(told(one.step.step_index, one) for one in part),
        ]
        pictures = []
        if part[0].before is not None and part[0].before.seen.screen is not None:
            pictures.append(Picture(part[0].before.seen.screen, mark=target_box(part[0])))
        pictures += [
            Picture(one.after.seen.screen)
            for one in part[-SCREENS:]
            if one.after is not None and one.after.seen.screen is not None
        ]
        text = "The screenshots show the screen before the first step and after each of the last ones."
        return self.ask(episode, f"{text}\n\n{fenced(lines)}", pictures)


def missed(episode: Episode) -> str | None:
    """Why the episode's goal is held to be missed; None where it has none, or nobody says so.

    The check of its task goes first, then people; of rules and models one must say so and none the contrary.
    """
    trajectory = episode.trajectory
    if trajectory.goal is None:
        return None
    if trajectory.success is not None:
        return None if trajectory.success else f"{trajectory.judged_by or 'the recording'} says that it was not done"
    verdicts = [one for one in episode.labels if is_on_goal(one)]
    people = [one for one in verdicts if one.labeler.partition("/")[0] == HUMAN]
    others = [one for one in verdicts if one not in people and question_of(one.labeler) == GOAL]
    for mine in (people, others):
        if any(one.verdict == "good" for one in mine):
            return None
        for one in mine:
            if one.verdict == "harmful":
                return one.reason
    return None


def looked_at(episode: Episode) -> tuple[EpisodeStep, ...]:
    """The steps from the first on that follow from each other, as many as are asked about; a leap ends them."""
    steps = episode.steps[:LONGEST]
    return (*steps[:1], *takewhile(lambda one: one.step.continuous, steps[1:]))


def path_until(episode: Episode, last: int) -> tuple[int, ...]:
    """The steps up to that one that did something; none where it is not among those that were looked at."""
    part = looked_at(episode)
    if last not in (one.step.step_index for one in part):
        return ()
    return tuple(one.step.step_index for one in part if one.step.step_index <= last and _did_something(one))


def _did_something(one: EpisodeStep) -> bool:
    if one.step.result != "ok" or one.step.action.ends:
        return False
    if one.before is None or one.after is None:
        return one.after is not None
    before, after = one.before.seen, one.after.seen
    return (before.screen, before.tree, before.location) != (after.screen, after.tree, after.location)


def _refusal(episode: Episode, template: str, text: str, until: int, path: Sequence[int]) -> str | None:
    """Why a task can't be what it is said to be, or None."""
    if not path:
        there = any(one.step.step_index == until for one in looked_at(episode))
        return "no step did anything until then" if there else "there is no such step"
    if len(text) > SENTENCE_LIMIT:
        return "it is too long"
    if template == MISSING_STOP and until == episode.steps[-1].step.step_index:
        return "the goal was held to be missed at the end"
    if template == HINDSIGHT and text.casefold() == (episode.trajectory.goal or "").casefold():
        return "it is the goal that was missed"
    return None
