"""Step verdicts: was the step good for that instruction? Three-valued, with a reason in words, and silent in doubt."""

from labelers.observed.graph import TransitionGraph
from labelers.observed.opinions import IDLE_RULE, Opinion
from labelers.observed.transitions import Transition
from labelers.rules.effects import new_errors, same_address
from labelers.rules.paths import RunPath
from schemas.actions import Back, Type
from schemas.pages import quote
from schemas.records import is_page

SEARCH_LIMIT = 6
"""Known actions that the search for another way to the goal looks ahead."""


def judge_steps(run: RunPath, transitions: tuple[Transition, ...], graph: TransitionGraph) -> tuple[Opinion, ...]:
    """One opinion for each step of the run, relative to the instruction that the run's path accomplished."""
    places = {transition.state: position for position, transition in enumerate(run.path)}
    needed = {transition.index for transition in run.path}
    goal = run.path[-1].next_state
    return tuple(
        _on_path(transition)
        if transition.index in needed
        else _off_path(transition, places, goal, run, transitions, graph)
        for transition in transitions[run.first : run.last + 1]
    )


def _on_path(transition: Transition) -> Opinion:
    if isinstance(transition.step.action, Type) and not transition.step.action.submit:
        return Opinion("good", "typed value visible", f"{_what(transition)} filled the field, and the goal needs it")
    why = f"{_what(transition)} changed the page, and the way to the goal needs it"
    return Opinion("good", "effect matches the target", why)


def _off_path(
    transition: Transition,
    places: dict[str | None, int],
    goal: str | None,
    run: RunPath,
    transitions: tuple[Transition, ...],
    graph: TransitionGraph,
) -> Opinion:
    """A step that the erasure cut. It is harmful only where the right way was open and it did not serve it."""
    position = places.get(transition.state)
    if position is None:
        return Opinion("abstain", "off the path", "the step was taken where the way to the goal had been left before")
    if transition.step.result == "crashed" or transition.after is None:
        return Opinion("abstain", "unseen", "what the step led to was not seen")
    if transition.change == "nothing":
        return Opinion("harmful", IDLE_RULE, f"{_what(transition)} changed nothing")
    if errors := new_errors(transition):
        return Opinion("harmful", "error shown", f"{_what(transition)} led to an error: {quote(errors[0][:120])}")
    seen = transition.step.after
    if transition.step.result == "refused" or (seen is not None and not is_page(seen.content_type)):
        return Opinion("harmful", "left the app", f"{_what(transition)} left the pages of the site")
    if transition.change != "content" or transition.next_state is None or goal is None:
        return Opinion("abstain", "unclear", "what the step changed is not in the tree")
    left = len(run.path) - position
    if transition.next_state in places:
        return Opinion("abstain", "another step of the path", "the step led to a later page of the way as well")
    if graph.distance(transition.next_state, goal, limit=min(left, SEARCH_LIMIT)) is not None:
        return Opinion("abstain", "another way", "from where the step led the goal is known to be no farther")
    back = next(
        (
            later.index
            for later in transitions[transition.index + 1 : run.last + 1]
            if later.next_state == transition.state
        ),
        None,
    )
    if back is None:
        return Opinion("abstain", "unclear", "the step was not taken back")
    if same_address(transition.before, transition.after):
        why = f"{_what(transition)} brought the goal no nearer and was undone by step {back + 1}"
        return Opinion("harmful", "undone later", why)
    return Opinion(
        "harmful", "loop", f"{_what(transition)} led away from the goal, and step {back + 1} came back to the same page"
    )


def _what(transition: Transition) -> str:
    """What was done, as the subject of a sentence."""
    match transition.step.action:
        case Back():
            return "going back"
        case Type():
            name, on = "typing", "into"
        case other:
            name, on = f"the {type(other).__name__.lower()}", "on"
    node = transition.node
    return f"{name} {on} {quote(node.name[:80])}" if node is not None and node.name.strip() else name
