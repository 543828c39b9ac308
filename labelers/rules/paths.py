"""Runs of steps and the loop-erased path through each: what of a walk was needed to get from its start to its end."""

from collections.abc import Iterator
from dataclasses import dataclass

from labelers.observed.transitions import Transition
from schemas.actions import Check, Scroll, Select, Type, Wait
from schemas.identity import canonical_location
from schemas.pages import heading_parts

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
    """The run without what was typed and then written over, and without steps round to a link that was in sight before.

    What is left was not walked like that: whether it can be done so is seen when it is proven.
    """
    path = [each for each, later in zip(run.path, (*run.path[1:], None), strict=True) if not _written_over(each, later)]
    for at in range(len(path) - 1, 0, -1):
        if at >= len(path):
            continue
        earlier = next((first for first in range(at) if _has_link(path[first], path[at])), None)
        if earlier is not None:
            del path[earlier:at]
    return run if len(path) == len(run.path) else RunPath(path[0].index, run.last, tuple(path))


def begins(run: RunPath, transitions: tuple[Transition, ...]) -> bool:
    """Whether the run begins where the episode did, or with a link that was there as well."""
    return run.path[0].state == transitions[0].state or _has_link(transitions[0], run.path[0])


def _written_over(transition: Transition, later: Transition | None) -> bool:
    """Whether the next step types into the same field anew."""
    if later is None or transition.node is None or later.node is None:
        return False
    typed = isinstance(transition.step.action, Type) and isinstance(later.step.action, Type)
    if not typed or not later.step.action.clear or transition.step.action.submit:  # type: ignore[union-attr]
        return False
    places = [(each.role, each.name, each.id, each.path) for each in (transition.node, later.node)]
    return places[0] == places[1]


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
    """The run without its loops: when a state comes again, all since its first time is cut.

    None if a state in it is unknown.
    """
    path: list[Transition] = []
    for transition in run:
        if transition.state is None or transition.next_state is None:
            return None
        path.append(transition)
        for position, earlier in enumerate(path):
            if earlier.state == transition.next_state:
                del path[position:]
                break
    return tuple(path)


def _joined(transition: Transition, following: Transition) -> bool:
    return following.step.continuous and transition.next_state is not None and transition.next_state == following.state
