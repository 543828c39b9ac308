"""What is left to accomplish in each known state, and the ways there."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from explorers.core.memory import Memory, StateAction, StateNode, short_key
from explorers.policies.registry import Order
from explorers.policies.state_graph import Move, StateGraph, used_at

WORTH: Mapping[str, float] = MappingProxyType(
    {
        "form": 3.0,
        "page": 1.6,
        "search": 1.5,
        "menu": 1.4,
        "tab": 1.3,
        "query": 1.2,
        "order": 1.2,
        "fill": 1.1,
        "entry": 1.3,
        "press": 1.0,
        "choose": 1.0,
        "tick": 0.9,
        "drag": 0.9,
        "scroll": 0.5,
        "key": 0.8,
        "anchor": 0.6,
        "row": 0.6,
        "option": 0.3,
        "back": 0.3,
    }
)
"""What it is worth to accomplish something of that sort for the first time: a form kept, a page seen, a menu opened."""

DONE = 0.04
"""What is left of it each time that this very thing was done."""

SIBLINGS: Mapping[str, float] = MappingProxyType(
    {
        "form": 0.35,
        "search": 0.6,
        "page": 0.3,
        "query": 0.3,
        "order": 0.6,
        "row": 0.6,
        "anchor": 0.6,
        "tick": 0.6,
        "option": 0.6,
        "choose": 0.6,
        "fill": 0.7,
        "drag": 0.6,
        "scroll": 0.75,
    }
)
"""What is left with each other thing of its family that was done: a second row, a further page of a pager."""

ALIKE = 0.97
"""The same for what stands beside each other and is called otherwise: buttons of a bar, entries of a menu."""

SCROLLED = 0.6
"""The same for each time that this place was scrolled before."""

SOUGHT = 0.5
"""What is left of a state's worth each time that an episode set out for it."""

KIN_MOST = 12
_AGAIN = frozenset({"form", "search", "scroll", "back"})
"""Sorts that are done again in another way, so that only the family counts."""


class GoalGraph(StateGraph):
    """The graph of states with what is left to accomplish in each.

    What an element did in one state it is expected to do in the next: a menu is opened by its button, whatever was
    written meanwhile.
    """

    most = max(WORTH.values())

    def __init__(self, memory: Memory, order: Order) -> None:
        super().__init__(memory, order)
        self.sought: Counter[str] = Counter()
        self._leads: dict[str, Counter[str]] = {}

    def begin(self) -> None:
        """A new episode: each state may be set out for again, and what others learned is taken in."""
        for name in self.sought:
            self._worth.pop(name, None)
        self.sought.clear()
        self._leads.clear()
        for name, _ in self._memory.states():
            for element in self._memory.used(name):
                self._leads.setdefault(element, Counter()).update(self._memory.results(name, element))

    def led(self, element: str, to: str) -> None:
        """Remembers that an element led to a state, wherever it was used."""
        self._leads.setdefault(element, Counter())[to] += 1

    def promise(self, state_action: StateAction, name: str, state: StateNode) -> float:
        """What is left to accomplish with something: less where it was done, or others of its family were."""
        sort, memory = state_action.sort, self._memory
        worth = WORTH.get(sort, WORTH["press"])
        if sort not in _AGAIN:
            worth *= DONE ** min(memory.tally(goal_key(state_action)).tries, 2)
        worth *= SIBLINGS.get(sort, ALIKE) ** min(memory.tally(kin_key(state_action)).tries, KIN_MOST)
        if state_action.goal and memory.visits(state_action.goal) > 0:
            worth *= DONE
        if sort == "scroll":
            worth *= SCROLLED ** memory.tally(used_at(state.location, state_action.element)).tries
        if sort == "back" and memory.results(name, state_action.element):
            worth *= DONE
        return worth

    def worth(self, name: str) -> float:
        """What the best of a state's goals is worth to this episode."""
        return super().worth(name) * SOUGHT ** self.sought[name]

    def path(self, here: str, least: float, may_open: Callable[[str], bool], *, hopeful: bool = False) -> list[Move]:
        """The path to the state whose best goal is worth most for the steps it takes; it counts as set out for."""
        moves = super().path(here, least, may_open, hopeful=hopeful)
        if moves:
            self.sought[moves[-1].state] += 1
        return moves

    def _edges(self, name: str, *, first: bool, hopeful: bool) -> Iterator[tuple[str, str]]:
        yield from super()._edges(name, first=first, hopeful=hopeful)
        state = self._memory.state(name) if first else None
        if state is None:
            return
        used = {*self._memory.used(name)}
        for each in state.actions:
            if each.element in self._leads and each.element not in used and (name, each.element) not in self._broken:
                leads = self._leads[each.element]
                yield each.element, max(leads, key=lambda to: (leads[to], to))


def goal_key(state_action: StateAction) -> str:
    """The name under which it is counted that a thing was done."""
    return short_key("goal", state_action.element)


def kin_key(state_action: StateAction) -> str:
    """The name under which it is counted what of a family was done."""
    return short_key("goals", state_action.sort, state_action.family)
