"""Runs of steps and the loop-erased path through each: what of a walk was needed to get from its start to its end."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from labelers.observed.transitions import Transition
from schemas.actions import Check, Scroll, Select, Type, Wait
from schemas.identity import canonical_location
from schemas.pages import heading_parts
from schemas.records import Node

RUN_LIMIT = 40
"""Steps of a run."""

PATH_LIMIT, FORM_LIMIT = 8, 12
"""Steps of a path, and how many more may fill fields and scroll: longer ones are no plain task any more."""

_LISTED = frozenset({"row", "table", "grid", "treegrid", "article"})
"""What holds what differs from page to page: the same name at the same place may be another thing's."""


@dataclass(frozen=True, slots=True)
class RunPath:
    """Steps `first` to `last`, and the path: those that lead from the first state to the last without a loop."""

    first: int
    last: int
    path: tuple[Transition, ...]


def runs(transitions: tuple[Transition, ...]) -> Iterator[RunPath]:
    """Every run whose loop-erased path ends with its last step, is at most `PATH_LIMIT` long and goes forward only.

    In order of the last step; of the runs with one path, the longest that `RUN_LIMIT` allows, because the loops that
    it holds are what went wrong on the way.
    """
    for last in range(len(transitions)):
        longest: dict[tuple[int, ...], RunPath] = {}
        for first in range(last, max(-1, last - RUN_LIMIT), -1):
            if first < last and not _joined(transitions[first], transitions[first + 1]):
                break
            path = erase_loops(transitions[first : last + 1])
            if path is None or not path or path[-1].index != last or _is_long(path):
                continue
            if any(transition.step.action.history or isinstance(transition.step.action, Wait) for transition in path):
                continue
            longest[tuple(transition.index for transition in path)] = RunPath(first, last, path)
        yield from longest.values()


def from_the_start(run: RunPath, transitions: tuple[Transition, ...]) -> RunPath | None:
    """The run begun where the episode began, by the fewest of its steps before that lead to where the run starts.

    None where none do, or where it would be no path without a loop.
    """
    goal, first = run.path[0].state, run.path[0].index
    start = transitions[0].state
    if goal is None or start is None or goal == start:
        return None
    ways: dict[str, tuple[Transition, ...]] = {start: ()}
    for transition in transitions[:first]:
        here, there = transition.state, transition.next_state
        if here not in ways or there is None or not _leads(transition):
            continue
        if there not in ways or len(ways[there]) > len(ways[here]) + 1:
            ways[there] = (*ways[here], transition)
    path = (*ways.get(goal, ()), *run.path)
    if goal not in ways or _is_long(path) or erase_loops(path) != path:
        return None
    return RunPath(path[0].index, run.last, path)


def tightened(run: RunPath) -> RunPath:
    """The run without what was of no use: what was written over or refused, scrolls past nothing, ways round to a link.

    What is left was not walked like that: whether it can be done so is seen when it is proven.
    """
    path = [
        each
        for at, each in enumerate(run.path)
        if not any(needless(each, run.path[at + 1 :]) for needless in (_was_refused, _written_over, _was_in_sight))
    ]
    for at in range(len(path) - 1, 0, -1):
        if at >= len(path):
            continue
        earlier = next((first for first in range(at) if _has_link(path[first], path[at])), None)
        if earlier is not None:
            del path[earlier:at]
    return run if len(path) == len(run.path) else RunPath(path[0].index, run.last, tuple(path))


def without(run: RunPath, steps: Collection[int]) -> RunPath:
    """The run without the steps of its path that have these indexes, which were walked but may not be needed."""
    path = tuple(each for each in run.path if each.index not in steps)
    return RunPath(path[0].index, run.last, path)


def begins(run: RunPath, transitions: tuple[Transition, ...]) -> bool:
    """Whether the run begins where the episode did, or with a link that was there as well."""
    return run.path[0].state == transitions[0].state or _has_link(transitions[0], run.path[0])


def _written_over(transition: Transition, later: Sequence[Transition]) -> bool:
    """Whether a later step types into the same field anew, before anything was sent that was taken."""
    action, node = transition.step.action, transition.node
    if not isinstance(action, Type) or action.submit or node is None:
        return False
    for each in later:
        typed, other = each.step.action, each.node
        if isinstance(typed, Type) and other is not None and _place(other) == _place(node):
            return typed.clear
        if any(request.method != "GET" for request in each.step.requests or ()) and not _was_refused(each, later):
            return False
    return False


def _was_refused(transition: Transition, later: Sequence[Transition]) -> bool:
    """Whether a press sent a form that the page refused, and fields of it were filled anew."""
    node, before, after = transition.node, transition.before, transition.after
    if node is None or node.role != "button" or before is None or after is None or not transition.step.action.presses:
        return False
    wrong = set(after.errors) - set(before.errors) or (transition.change != "content" and not transition.step.requests)
    following = next((each for each in later if each.index > transition.index), None)
    field = None if following is None else following.node
    return (
        bool(wrong)
        and following is not None
        and isinstance(following.step.action, Type | Select | Check)
        and field is not None
        and any(_place(each)[:3] == _place(field)[:3] for each in before.nodes)
    )


def _was_in_sight(transition: Transition, later: Sequence[Transition]) -> bool:
    """Whether a scroll on the way through a form brought nothing in sight that is filled or pressed next."""
    following = next((each for each in later if not isinstance(each.step.action, Scroll)), None)
    if not isinstance(transition.step.action, Scroll) or following is None or following.node is None:
        return False
    node, before = following.node, transition.before
    return before is not None and any(
        (each.role, each.name, each.id) == (node.role, node.name, node.id)
        and each.on_screen
        and not each.has("covered")
        for each in before.nodes
    )


def _place(node: Node) -> tuple[str, str, str | None, str | None]:
    return node.role, node.name, node.id, None if node.id else node.path


def of_one_window(run: RunPath, transitions: tuple[Transition, ...]) -> RunPath | None:
    """The run on a desktop without what was entered in other windows than that of its last step.

    None where it does not begin with the application as it opens: nothing else can be begun with there.
    """
    if run.path[0].state != transitions[0].state:
        return None
    window = _window(run.path[-1])
    path = tuple(
        each for each in run.path if _window(each) == window or not isinstance(each.step.action, Type | Select | Check)
    )
    return RunPath(path[0].index, run.last, path)


def _window(transition: Transition) -> str:
    """The window that a step was taken in: the end of its title, which a document stands before."""
    parts = heading_parts("" if transition.before is None else transition.before.title)
    return parts[-1] if parts else ""


def _has_link(earlier: Transition, later: Transition) -> bool:
    """Whether the page before the earlier step has the very link that the later one pressed, or it in the same menu.

    The links of a menu that stands on each page may carry where one is: the same name at the same place, in no row.
    """
    node, before, page = later.node, earlier.before, later.before
    if node is None or node.role != "link" or node.href is None or before is None or page is None:
        return False
    place, box = canonical_location(node.href), node.box
    listed = later.target is None or page.ancestor(later.target, _LISTED) is not None
    return any(
        canonical_location(link.href) == place or (not listed and link.box == box is not None)
        for link in before.nodes
        if link.role == "link" and link.href is not None
        if link.name == node.name and link.on_screen and not link.has("covered")
    )


def _is_long(path: tuple[Transition, ...]) -> bool:
    filling = sum(isinstance(each.step.action, Type | Select | Scroll | Check) for each in path)
    return len(path) - min(filling, FORM_LIMIT) > PATH_LIMIT


def _leads(transition: Transition) -> bool:
    return (
        transition.change == "content"
        and transition.step.result == "ok"
        and not transition.step.action.history
        and not isinstance(transition.step.action, Wait)
    )


def erase_loops(run: tuple[Transition, ...]) -> tuple[Transition, ...] | None:
    """The run without its loops: when a state comes again, all since its first time is cut, but what filled a form.

    What was sent is no loop: the screen may look as before, what lies behind it does not. None if a state is unknown.
    """
    path: list[Transition] = []
    for transition in run:
        if transition.state is None or transition.next_state is None:
            return None
        path.append(transition)
        for position, earlier in enumerate(path):
            if earlier.state == transition.next_state and not _sends_a_form(path[position:]):
                del path[position:]
                break
    return tuple(path)


def _sends_a_form(loop: Sequence[Transition]) -> bool:
    """Whether something was entered and then sent that asks for more than reading."""
    entered = False
    for each in loop:
        entered = entered or isinstance(each.step.action, Type | Select | Check)
        if entered and any(request.method != "GET" for request in each.step.requests or ()):
            return True
    return False


def _joined(transition: Transition, following: Transition) -> bool:
    return following.step.continuous and transition.next_state is not None and transition.next_state == following.state
