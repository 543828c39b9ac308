"""Whether an episode did what its goal asks for, and which of its steps served it.

Success is said only where every word of the goal was understood, all that it asks for was done in its order, nothing
else was changed, and the episode ended there. Failure is said where something that it asks for certainly was not done.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from labelers.observed.opinions import IDLE_RULE, Opinion, idle
from labelers.observed.transitions import IDLE, Transition
from labelers.outcomes.fulfilment import SENDS, Progress, entered_text, list_parts
from labelers.outcomes.goals import read_goal
from labelers.outcomes.mentions import FIELDS, MARKED, is_marked, labels_of, numbered, same_value
from schemas.actions import Check, Click, Select, Type
from schemas.pages import Page, fold, quote
from schemas.redaction import MASK


@dataclass(frozen=True, slots=True)
class GoalOutcome:
    """The verdict on an episode, and those on its steps by their index, relative to its goal."""

    verdict: Opinion
    steps: dict[int, Opinion]


def judge_outcome(goal: str, transitions: Sequence[Transition]) -> GoalOutcome:
    """Whether the goal was reached, as far as rules can tell; of the recording's end it sees the last page alone."""
    progress = Progress(read_goal(goal), transitions)
    verdict = _verdict(progress, transitions)
    return GoalOutcome(verdict, _steps(progress, verdict, transitions))


def _verdict(progress: Progress, transitions: Sequence[Transition]) -> Opinion:
    if not progress.transitions:
        return Opinion("harmful", "nothing done", "no step was taken")
    for fulfilment in progress.fulfilments:
        if fulfilment.state == "unmet":
            return Opinion("harmful", "requirement unmet", fulfilment.why)
    unread = progress.goal.first_unread
    if unread is not None:
        if (
            unread < len(progress.fulfilments)
            and progress.last_press is not None
            and not progress.tried(progress.last_press)
        ):
            return Opinion("harmful", "sent too early", "it was sent before anything was done")
        return Opinion("abstain", "goal not understood", "a part of the goal is not understood")
    if not progress.fulfilments:
        return Opinion("abstain", "goal not understood", "the goal asks for nothing that is known")
    for fulfilment in progress.fulfilments:
        if fulfilment.state == "unknown":
            return Opinion("abstain", "can't be told", fulfilment.why)
    if (problem := _unfinished(progress, transitions) or _beyond(progress)) is not None:
        return Opinion("abstain", "something else", problem)
    return Opinion(
        "good",
        "all requirements met",
        "; ".join(fulfilment.why for fulfilment in progress.fulfilments if fulfilment.why),
    )


def _unfinished(progress: Progress, transitions: Sequence[Transition]) -> str | None:
    """What is still to be sent, or was done after it was."""
    if progress.last_press is not None:
        last = progress.transitions[progress.last_press]
        later = [transition for transition in transitions if transition.index > last.index]
        if any(transition.change not in IDLE for transition in later):
            return "it went on after it was sent"
        return "nothing came of it when it was sent" if later and last.change in IDLE else None
    if progress.end is not None and any(
        node.role == "button" and fold(node.name) in SENDS for node in progress.end.nodes
    ):
        return "what was entered was not sent"
    return None


def _beyond(progress: Progress) -> str | None:
    """What was changed that the goal does not ask for."""
    end = progress.end
    if end is None:
        return None
    start = progress.pages[0]
    known = {_place(start, index): start.nodes[index] for index in range(len(start.nodes))}
    wanted = _wanted(progress)
    counted = [
        numbered(end, requirement.noun, requirement.ordinal)
        for requirement in progress.goal.requirements
        if requirement.ordinal is not None and not requirement.names
    ]
    for index, node in enumerate(end.nodes):
        old = known.get(_place(end, index))
        if node.role in MARKED - {"tab"} and is_marked(node) and not (old is not None and is_marked(old)):
            labels = [fold(label) for label in (*labels_of(end, index), node.name)]
            if index not in counted and not any(fold(name) in labels for name in wanted):
                return f"{quote(node.name)} was chosen as well"
        changed = node.role in FIELDS and node.value and (old is None or old.value != node.value)
        if changed and not any(same_value(node.value or "", name) for name in wanted):
            return f"{quote((node.value or '')[:80])} was entered as well"
    return None


def _steps(progress: Progress, verdict: Opinion, transitions: Sequence[Transition]) -> dict[int, Opinion]:
    served: dict[int, str] = {}
    for fulfilment in progress.fulfilments:
        if fulfilment.state == "met":
            served.update(dict.fromkeys(fulfilment.steps, fulfilment.why))
    unmet = next((fulfilment for fulfilment in progress.fulfilments if fulfilment.state == "unmet"), None)
    opinions: dict[int, Opinion] = {}
    for place, transition in enumerate(progress.transitions):
        if place == progress.last_press and unmet is not None:
            opinion = Opinion("harmful", "sent too early", f"it was sent though {unmet.why}")
        elif place in served and (verdict.verdict == "good" or _is_sure(progress, place)):
            opinion = Opinion("good", "serves the goal", served[place])
        elif transition.change == "look" or (
            transition.change == "nothing" and transition is transitions[-1] and verdict.verdict == "abstain"
        ):
            opinion = idle(transition)  # a mark that no tree tells of, or what the last step led to beyond the page
        elif transition.change == "nothing":
            opinion = Opinion("harmful", IDLE_RULE, "the step changed nothing")
        elif (wrong := _contradiction(progress, transition)) is not None:
            opinion = Opinion("harmful", "against the goal", wrong)
        else:
            opinion = Opinion("abstain", "unclear", "whether the goal needs the step can't be told")
        opinions[transition.index] = opinion
    return opinions


def _is_sure(progress: Progress, place: int) -> bool:
    """Whether the step did its part though the whole is no success: it entered or chose what is asked for."""
    action = progress.transitions[place].step.action
    return place != progress.last_press and isinstance(action, Type | Select | Click | Check)


def _contradiction(progress: Progress, transition: Transition) -> str | None:
    """Why the step did what the goal certainly does not ask for, or None."""
    text = entered_text(transition)
    if not progress.goal.sure or not text.strip() or MASK in text:
        return None
    if any(same_value(text, name) or fold(text) == fold(name) for name in _wanted(progress)):
        return None
    return f"{quote(text[:80])} is not what the goal asks to enter"


def _wanted(progress: Progress) -> list[str]:
    names = [name for requirement in progress.goal.requirements for name in requirement.names]
    return [part for name in names for part in (name, *list_parts(name), *name.split(" and "))]


def _place(page: Page, index: int) -> tuple[str, str, str]:
    node = page.nodes[index]
    return node.role, node.path or node.id or "", node.name
