"""The graph of states that a frontier search walks: which state this is, what it is worth, how to get there."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from explorers.core.coverage import url_template
from explorers.core.memory import Memory, StateAction, StateNode, Tally, short_key
from explorers.policies.registry import Order
from schemas.identity import StateKeys, canonical_location

PLACE_STATES = 60
TEMPLATE_STATES = 600
"""States of one location and of one URL template; where there are more, the page never looks the same twice, and the
location or the template is the state."""

TEXT_STATES = 12
"""States of one structure that are told by their texts; where there are more, the texts are data."""

PRIORS: dict[str, tuple[float, float]] = {
    "link": (1.8, 2.0),
    "known": (0.1, 2.0),
    "anchor": (0.4, 2.0),
    "press": (1.0, 2.0),
    "tick": (0.2, 2.0),
    "choose": (0.4, 2.0),
    "fill": (1.2, 2.0),
    "scroll": (1.6, 2.0),
    "drag": (0.8, 2.0),
    "key": (0.6, 2.0),
    "back": (0.8, 2.0),
}
"""What is believed of a sort before any of its family was used: so many of so many uses showed something new."""

AGAIN = 0.25
"""What is left of an element's promise with each use in the same state: it mostly does the same again."""

FORM_AGAIN = 0.8
"""The same for a form, which is filled in another way each time."""

AGAIN_HERE = 0.6
"""The same with each use on the same page in another state of it: what toggles makes new states without end."""

FIRST_SCROLL = 1.5
NEXT_SCROLL = 0.9
"""Scrolling is preferred at first, because it takes as many steps again to come back to where a page was left."""

UNUSED_FAMILY = 1.4
FAMILY_FADES = 12
"""A family that was never used on pages like this is preferred; one used so often has 0.7 of its promise left."""

UNTRIED = 0.1
IDLE = 0.1
"""The least promise of what was never used in a state, and what is left of it once it changed nothing there."""

RESTART = 3
"""The moves that starting an application anew is counted as: it takes long, and what was done is gone."""

RELIABLE = 0.5
"""The part of its uses in which an edge led where it is expected to lead."""


@dataclass(frozen=True, slots=True)
class Move:
    """One move of a path: use an element, or open an address where `element` is None, and arrive at `state`."""

    element: str | None
    location: str
    state: str


class StateGraph:
    """The graph in a memory, as one explorer sees it; it lasts for the run."""

    most = 1.0
    """What a state may promise of which nothing is known yet."""

    def __init__(self, memory: Memory, order: Order) -> None:
        self._memory = memory
        self._order = order
        self.start: str | None = None
        """The state that this episode began with, where starting the application anew leads there."""
        self._at_place: dict[str, set[str]] = {}
        self._at_template: dict[str, set[str]] = {}
        self._said: dict[str, set[str]] = {}
        self._worth: dict[str, float] = {}
        self._met: dict[str, int] = {}
        self._kept: dict[str, float] = {}
        self._broken: set[tuple[str, str | None]] = set()

    def state_of(self, keys: StateKeys, location: str | None, *, texts: bool = False) -> str:
        """The name of a state: its structure, or less where the structure never repeats.

        With `texts` it is what the screen says, for as long as that does not go on changing: an app's screen has no
        address, and two dialogs or two pages of a pager may have one structure.
        """
        structure = short_key("state", keys.structure)
        if texts:
            said = self._said.setdefault(structure, set())
            if keys.content in said or len(said) < TEXT_STATES:
                said.add(keys.content)
                structure = short_key("state", keys.content)
        place = place_of(location)
        template = url_template(location)
        at_place = self._at_place.setdefault(place, set())
        at_template = self._at_template.setdefault(template, set())
        if structure in at_place or structure in at_template:
            return structure
        if len(at_template) >= TEMPLATE_STATES:
            return short_key("state", "template", template)
        at_template.add(structure)
        if len(at_place) >= PLACE_STATES:
            at_template.discard(structure)
            return short_key("state", place)
        at_place.add(structure)
        return structure

    def arrive(self, name: str, state: StateNode) -> None:
        """Remembers a state that was reached."""
        self._memory.take_state(name, state)
        self._met[name] = len(self._met)
        self._worth[name] = self.worth(name)

    def promise(self, state_action: StateAction, name: str, state: StateNode) -> float:
        """How likely an element shows something new when it is used in that state, with what makes it preferable.

        Where no addresses lead elsewhere, what was never used here is worth a try whatever its family did, and what
        left everything as it was is hardly worth another.
        """
        promise = self._likely(state_action, name, state)
        if "://" in state.location:
            return promise
        results = self._memory.results(name, state_action.element)
        if not results:
            return max(promise, UNTRIED)
        return promise * IDLE if set(results) == {name} else promise

    def _likely(self, state_action: StateAction, name: str, state: StateNode) -> float:
        memory = self._memory
        sort = state_action.sort
        if state_action.goal and memory.visits(state_action.goal) > 0:
            sort = "known"
        if sort == "known":
            return PRIORS[sort][0] / PRIORS[sort][1] * AGAIN ** sum(memory.results(name, state_action.element).values())
        family = believed(memory.tally(short_key(sort, state_action.family)), *PRIORS[sort])
        element = memory.tally(state_action.element)
        promise = believed(element, family * 1.5, 1.5)
        used_here = sum(memory.results(name, state_action.element).values())
        promise *= (FORM_AGAIN if sort == "fill" else AGAIN) ** used_here
        at_place = memory.tally(used_at(state.location, state_action.element)).tries
        if sort == "scroll":
            return promise * FIRST_SCROLL * NEXT_SCROLL**at_place
        if sort not in ("fill", "link"):
            promise *= AGAIN_HERE ** max(0, at_place - used_here)
        if element.tries and not element.alive:
            promise *= 0.3
        uses = memory.tally(short_key("here", state.template, state_action.family)).tries
        promise *= UNUSED_FAMILY if uses == 0 else (1 + uses / FAMILY_FADES) ** -0.5
        return promise / 2 if sort == "fill" else promise  # filling takes a step, and sending another

    def worth(self, name: str) -> float:
        """What the best of a state's elements promises."""
        state = self._memory.state(name)
        if state is None:
            return 0.0
        best = max((self.promise(state_action, name, state) for state_action in state.actions), default=0.0)
        best *= self._kept.get(name, 1.0)
        return best / (1 + state.depth) if self._order == "breadth" else best

    def note_best(self, name: str, best: float) -> None:
        """Tells what the best of a state promises now that it is looked at: what could not be used keeps no promise."""
        self._kept.pop(name, None)
        expected = self.worth(name)
        self._kept[name] = min(best / expected, 1.0) if expected > 0 else 1.0
        self._worth[name] = min(best, expected)

    def path(self, here: str, least: float, may_open: Callable[[str], bool], *, hopeful: bool = False) -> list[Move]:
        """The path to the state that promises most for the steps it takes, if that is more than `least`; else none.

        The clicks that are known, or one address opened where that is shorter. Of equals the last met is taken in
        depth first order, the first met in breadth first. A `hopeful` path takes every edge that ever led there.
        """
        paths = self._paths(here, may_open, hopeful=hopeful)
        best: tuple[float, int, str] | None = None
        sign = 1 if self._order == "depth" else -1
        bounds = sorted(
            (
                (self._worth.get(name, self.most) / (1 + cost), sign * self._met.get(name, 0), name)
                for name, (cost, _) in paths.items()
            ),
            reverse=True,
        )
        for bound, met, name in bounds:
            if best is not None and bound < best[0]:
                break
            if name == here:
                continue
            self._worth[name] = self.worth(name)
            value = (self._worth[name] / (1 + paths[name][0]), met, name)
            if value[0] > least and (best is None or value > best):
                best = value
        return [] if best is None else _moves(paths, best[2])

    def broke(self, move: Move, came_from: str) -> None:
        """Remembers that a move did not lead where it was expected to."""
        self._broken.add((came_from, move.element))
        if move.element is None:
            state = self._memory.state(move.state)
            if state is not None:
                self._memory.take_state(move.state, replace(state, opens=False))

    def _paths(
        self, here: str, may_open: Callable[[str], bool], *, hopeful: bool
    ) -> dict[str, tuple[int, tuple[str, Move] | None]]:
        """For each state that can be reached its number of moves, and the last of them with where it begins."""
        paths: dict[str, tuple[int, tuple[str, Move] | None]] = {here: (0, None)}
        queue: deque[str] = deque()
        self._spread(here, paths, queue, hopeful=hopeful)
        if self.start is not None and self.start not in paths and (state := self._memory.state(self.start)) is not None:
            paths[self.start] = (RESTART, (here, Move(None, state.location, self.start)))
            queue.append(self.start)
        for name, state in self._memory.states():
            if state.opens and name not in paths and may_open(state.location):
                paths[name] = (1 if "://" in state.location else RESTART, (here, Move(None, state.location, name)))
                queue.append(name)
        while queue:
            self._spread(queue.popleft(), paths, queue, hopeful=hopeful)
        return paths

    def _spread(
        self, name: str, paths: dict[str, tuple[int, tuple[str, Move] | None]], queue: "deque[str]", *, hopeful: bool
    ) -> None:
        cost = paths[name][0]
        for element, to in self._edges(name, first=cost == 0, hopeful=hopeful):
            if to not in paths:
                paths[to] = (cost + 1, (name, Move(element, "", to)))
                queue.append(to)

    def _edges(self, name: str, *, first: bool, hopeful: bool) -> Iterator[tuple[str, str]]:  # noqa: ARG002
        """Where the elements of a state lead that were used in it; `first` says that it is the one at hand."""
        for element in self._memory.used(name):
            results = self._memory.results(name, element)
            often = max(results, key=lambda each: (results[each], each))
            reliable = (name, element) not in self._broken and results[often] >= RELIABLE * sum(results.values())
            for to in sorted(results) if hopeful else [often] * reliable:
                yield element, to


def used_at(location: str, element: str) -> str:
    """The name under which the uses of an element on one page are counted."""
    return short_key("at", place_of(location), element)


@lru_cache(maxsize=50_000)
def place_of(location: str | None) -> str:
    """The key of a place: of two addresses that differ in nothing that counts it is the same."""
    return short_key("place", canonical_location(location))


def believed(tally: Tally, fresh: float, uses: float) -> float:
    """The part of uses that showed something new, of those counted and those believed beforehand."""
    return (tally.fresh + fresh) / (tally.tries + uses)


def _moves(paths: dict[str, tuple[int, tuple[str, Move] | None]], name: str) -> list[Move]:
    moves: list[Move] = []
    last = paths[name][1]
    while last is not None:
        moves.append(last[1])
        last = paths[last[0]][1]
    return moves[::-1]
