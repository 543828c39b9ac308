"""Runs of steps and the loop-erased path through each: what of a walk was needed to get from its start to its end."""

from collections.abc import Iterator
from dataclasses import dataclass

from labelers.observed.transitions import Transition
from schemas.actions import Wait

RUN_LIMIT = 25
"""Steps of a run."""

PATH_LIMIT = 8
"""Steps of a path: longer ones are no plain task any more."""


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
            if path is None or not path or path[-1].index != last or len(path) > PATH_LIMIT:
                continue
            if any(transition.step.action.history or isinstance(transition.step.action, Wait) for transition in path):
                continue
            longest[tuple(transition.index for transition in path)] = RunPath(first, last, path)
        yield from longest.values()


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
