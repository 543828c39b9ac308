"""Hindsight: what an episode achieved that missed its goal, and where one went on that had reached it (NNetNav).

A task that is true of the episode from its first step to some later one; and the goal itself where it was complete
before the end: the stop is missing there, the path ends with it, and a dataset's last row says stop.
"""

from collections.abc import Iterator, Sequence
from itertools import takewhile

from labelers.askers import question_of
from labelers.askers.synthesis import LONGEST, SENTENCE_LIMIT
from labelers.kit.forms import STEP_OR_NONE, Form, Text
from labelers.kit.inputs import is_on_goal
from labelers.kit.prompting import app_line, as_json, goal_line, step_line, user_turn
from labelers.kit.questionnaire import Case, Finding, LookedAt, Question, Questionnaire, Reply, Sentence, Silence
from labelers.kit.questions import GOAL, HUMAN
from labelers.kit.screenshots import after, before
from labelers.kit.written import no_sentence
from labelers.model.requests import Turn
from schemas.episodes import Episode, EpisodeStep

HINDSIGHT, MISSING_STOP = "hindsight", "missing stop"
"""The templates of the tasks that are written."""

SCREENS = 3
"""Last steps after which the screen is shown."""


class HindsightSynthesizer(Questionnaire):
    """Writes what was achieved instead of the goal."""

    name = question = "hindsight"
    form = Form(
        {
            "account": Text(),
            "complete_after": STEP_OR_NONE,
            "task": Text(SENTENCE_LIMIT, least=0),
            "until": STEP_OR_NONE,
        }
    )
    gives_verdicts = False
    inputs = "verdicts"

    def questions(self, case: Case) -> Iterator[Question]:
        """One about an episode that missed its goal."""
        why = missed(case.episode)
        if why is not None and (part := looked_at(case.episode)):
            yield Question(turn=_turn(case.episode, part, why), subject="trajectory", counted=True)

    def findings(self, episode: Episode, replies: Sequence[Reply]) -> Iterator[Finding]:
        """At most two tasks; what the answer said that can't be so is told in the label on the episode."""
        if not replies or replies[0].fields is None:
            yield from super().findings(episode, replies)
            return
        answer, call = replies[0].fields, replies[0].call
        written, wrong = 0, []
        for template, text, until in (
            (MISSING_STOP, episode.trajectory.goal or "", answer["complete_after"]),
            (HINDSIGHT, " ".join(answer["task"].split()), answer["until"]),
        ):
            if until == -1 or not text:
                continue
            path = path_until(episode, until)
            why = _refusal(episode, template, text, until, path)
            if why is not None:
                wrong.append(f"{template} refused: {why}: {as_json(text[:SENTENCE_LIMIT])} until step {until}")
                yield Silence(f"{template} refused: {why}")
                continue
            written += 1
            yield Sentence(
                text=text,
                kind="task",
                level="high",
                first_step=path[0],
                last_step=path[-1],
                path=path,
                evidence=" ".join(answer["account"].split()),
                template=template,
                call=call,
            )
        if not written and not wrong:
            yield Silence("nothing was achieved")
        yield LookedAt("; ".join([answer["account"], *wrong]), call)


def _turn(episode: Episode, part: Sequence[EpisodeStep], why: str) -> Turn:
    lines = [
        app_line(episode),
        goal_line(episode.trajectory.goal),
        f"why it is held to be missed: {as_json(why)}",
        *map(step_line, part),
    ]
    pictures = [*before(part[0]), *(picture for step in part[-SCREENS:] for picture in after(step))]
    text = "The screenshots show the screen before the first step and after each of the last ones."
    return user_turn(text, lines, pictures)


def missed(episode: Episode) -> str | None:
    """Why the episode's goal is held to be missed; None where it has none, or nobody says so.

    The check of its task goes first, then people; of rules and models one must say so and none the contrary.
    """
    trajectory = episode.trajectory
    if trajectory.goal is None:
        return None
    if trajectory.success is not None:
        return None if trajectory.success else f"{trajectory.judged_by or 'the recording'} says that it was not done"
    verdicts = [label for label in episode.labels if is_on_goal(label)]
    people = [label for label in verdicts if label.labeler.partition("/")[0] == HUMAN]
    others = [label for label in verdicts if label not in people and question_of(label.labeler) == GOAL]
    for labels in (people, others):
        if any(label.verdict == "good" for label in labels):
            return None
        for label in labels:
            if label.verdict == "harmful":
                return label.reason
    return None


def looked_at(episode: Episode) -> tuple[EpisodeStep, ...]:
    """The steps from the first on that follow from each other, as many as are asked about; a leap ends them."""
    steps = episode.steps[:LONGEST]
    return (*steps[:1], *takewhile(lambda step: step.step.continuous, steps[1:]))


def path_until(episode: Episode, last: int) -> tuple[int, ...]:
    """The steps up to that one that did something; none where it is not among those that were looked at."""
    part = looked_at(episode)
    if last not in (step.step.step_index for step in part):
        return ()
    return tuple(step.step.step_index for step in part if step.step.step_index <= last and _did_something(step))


def _did_something(step: EpisodeStep) -> bool:
    if step.step.result != "ok" or step.step.action.ends:
        return False
    if step.before is None or step.after is None:
        return step.after is not None
    seen, then = step.before.seen, step.after.seen
    return (seen.screen, seen.tree, seen.location) != (then.screen, then.tree, then.location)


def _refusal(episode: Episode, template: str, text: str, until: int, path: Sequence[int]) -> str | None:
    """Why a task can't be what it is said to be, or None."""
    if not path:
        there = any(step.step.step_index == until for step in looked_at(episode))
        return "no step did anything until then" if there else "there is no such step"
    if len(text) > SENTENCE_LIMIT:
        return "it is too long"
    if template == HINDSIGHT and (why := no_sentence(text, most=SENTENCE_LIMIT)) is not None:
        return why
    if template == MISSING_STOP and until == episode.steps[-1].step.step_index:
        return "the goal was held to be missed at the end"
    if template == HINDSIGHT and text.casefold() == (episode.trajectory.goal or "").casefold():
        return "it is the goal that was missed"
    return None
