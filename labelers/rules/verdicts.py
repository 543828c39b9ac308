"""Step verdicts: was the step good for that instruction? Three-valued, with a reason in words, and silent in doubt."""

from dataclasses import dataclass

from labelers.rules.effects import new_errors, quote, same_address
from labelers.rules.paths import Run
from labelers.rules.readings import Reading
from labelers.transitions import TransitionGraph
from schemas.actions import Back, Type
from schemas.opinions import Verdict
from schemas.records import is_page

IDLE_RULE = "nothing changed"
"""The rule of every label that calls a step one of no effect."""

LOOK = " but how the element looks that has the focus or the pointer"
"""Ends the reason of a step of no effect where pixels did change, of what has the focus or the pointer."""

SEARCH_LIMIT = 6
"""Known actions that the search for another way to the goal looks ahead."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """A verdict, the rule that gave it, and why in words."""

    verdict: Verdict
    rule: str
    reason: str


def idle(reading: Reading) -> Opinion:
    """The opinion on a step of no effect."""
    but = LOOK if reading.change == "look" else ""
    return Opinion("neutral", IDLE_RULE, f"the step did what it says, and nothing changed{but}")


def judge_steps(run: Run, readings: tuple[Reading, ...], graph: TransitionGraph) -> tuple[Opinion, ...]:
    """One opinion for each step of the run, relative to the instruction that the run's path accomplished."""
    places = {reading.state: position for position, reading in enumerate(run.path)}
    needed = {reading.index for reading in run.path}
    goal = run.path[-1].next_state
    return tuple(
        _on_path(reading) if reading.index in needed else _off_path(reading, places, goal, run, readings, graph)
        for reading in readings[run.first : run.last + 1]
    )


def _on_path(reading: Reading) -> Opinion:
    if isinstance(reading.step.action, Type) and not reading.step.action.submit:
        return Opinion("good", "typed value visible", f"{_what(reading)} filled the field, and the goal needs it")
    why = f"{_what(reading)} changed the page, and the way to the goal needs it"
    return Opinion("good", "effect matches the target", why)


def _off_path(
    reading: Reading,
    places: dict[str | None, int],
    goal: str | None,
    run: Run,
    readings: tuple[Reading, ...],
    graph: TransitionGraph,
) -> Opinion:
    """A step that the erasure cut. It is harmful only where the right way was open and it did not serve it."""
    position = places.get(reading.state)
    if position is None:
        return Opinion("abstain", "off the path", "the step was taken where the way to the goal had been left before")
    if reading.step.result == "crashed" or reading.after is None:
        return Opinion("abstain", "unseen", "what the step led to was not seen")
    if reading.change == "nothing":
        return Opinion("harmful", IDLE_RULE, f"{_what(reading)} changed nothing")
    if errors := new_errors(reading):
        return Opinion("harmful", "error shown", f"{_what(reading)} led to an error: {quote(errors[0][:120])}")
    seen = reading.step.after
    if reading.step.result == "refused" or (seen is not None and not is_page(seen.content_type)):
        return Opinion("harmful", "left the app", f"{_what(reading)} left the pages of the site")
    if reading.change != "content" or reading.next_state is None or goal is None:
        return Opinion("abstain", "unclear", "what the step changed is not in the tree")
    left = len(run.path) - position
    if reading.next_state in places:
        return Opinion("abstain", "another step of the path", "the step led to a later page of the way as well")
    if graph.distance(reading.next_state, goal, limit=min(left, SEARCH_LIMIT)) is not None:
        return Opinion("abstain", "another way", "from where the step led the goal is known to be no farther")
    back = next(
        (one.index for one in readings[reading.index + 1 : run.last + 1] if one.next_state == reading.state), None
    )
    if back is None:
        return Opinion("abstain", "unclear", "the step was not taken back")
    if same_address(reading):
        why = f"{_what(reading)} brought the goal no nearer and was undone by step {back + 1}"
        return Opinion("harmful", "undone later", why)
    return Opinion(
        "harmful", "loop", f"{_what(reading)} led away from the goal, and step {back + 1} came back to the same page"
    )


def _what(reading: Reading) -> str:
    """What was done, as the subject of a sentence."""
    match reading.step.action:
        case Back():
            return "going back"
        case Type():
            name, on = "typing", "into"
        case other:
            name, on = f"the {type(other).__name__.lower()}", "on"
    node = reading.node
    return f"{name} {on} {quote(node.name[:80])}" if node is not None and node.name.strip() else name
