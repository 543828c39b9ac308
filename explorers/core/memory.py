"""What explorers of one site remember: what did nothing, where everything leads, what was tried.

Everything in it is a count that only grows or a fact by key, so that the memories of several explorers add up. Keys
are short hashes: no text of a page is kept, but the locations of states that can be opened.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

COUNTS_LIMIT = 50_000
STATES_LIMIT = 5_000
ACTIONS_LIMIT = 300
EDGES_LIMIT = 50_000
"""Entries of a memory; those that come later are not taken up, and counted in `Knowledge.left_out`."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How often something was used: without any effect, with one, leading off the site, and showing something new.

    `fresh` counts a part of `alive`; `away` is counted beside the other two.
    """

    dead: int = 0
    alive: int = 0
    away: int = 0
    fresh: int = 0

    @property
    def tries(self) -> int:
        """How often it was used."""
        return self.dead + self.alive

    def __add__(self, other: "Tally") -> "Tally":
        """The sum."""
        return Tally(self.dead + other.dead, self.alive + other.alive, self.away + other.away, self.fresh + other.fresh)


NEVER = Tally()


@dataclass(frozen=True, slots=True, order=True)
class StateAction:
    """Something that can be used in a state: its element, its family, its sort (see the frontier), where it leads.

    `goal` is the place that its link names, or empty.
    """

    element: str
    family: str
    sort: str
    goal: str = ""


@dataclass(frozen=True, slots=True)
class StateNode:
    """A node of the graph: where it is, whether opening that address leads to it, and what can be used there.

    `template` is the key of the location with ids replaced, `depth` the fewest known steps from a start.
    """

    location: str
    template: str
    opens: bool
    depth: int
    actions: tuple[StateAction, ...]


@dataclass(slots=True)
class Knowledge:
    """What one explorer knows, or several together."""

    counts: dict[str, Tally] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    states: dict[str, StateNode] = field(default_factory=dict)
    edges: dict[str, dict[str, dict[str, int]]] = field(default_factory=dict)
    left_out: int = 0
    edge_count: int = 0

    def count(self, name: str, tally: Tally) -> None:
        """Adds to the tally of that name."""
        if name in self.counts or len(self.counts) < COUNTS_LIMIT:
            self.counts[name] = self.counts.get(name, NEVER) + tally
        else:
            self.left_out += 1

    def visit(self, place: str, times: int = 1) -> None:
        """Counts visits of a place."""
        if place in self.places or len(self.places) < COUNTS_LIMIT:
            self.places[place] = self.places.get(place, 0) + times
        else:
            self.left_out += 1

    def take_state(self, name: str, state: StateNode) -> None:
        """Remembers a state; of one that is known already the fewest steps, and the longer list of actions."""
        known = self.states.get(name)
        if known is None and len(self.states) >= STATES_LIMIT:
            self.left_out += 1
            return
        state = replace(state, actions=state.actions[:ACTIONS_LIMIT])
        if known is not None:
            fuller = max(known, state, key=lambda each: (len(each.actions), each.actions, each.location, each.template))
            state = replace(fuller, opens=known.opens and state.opens, depth=min(known.depth, state.depth))
        self.states[name] = state

    def take_edge(self, state: str, element: str, to: str, times: int = 1) -> None:
        """Counts that an element of a state led to another state."""
        results = self.edges.setdefault(state, {}).setdefault(element, {})
        if to not in results:
            if self.edge_count >= EDGES_LIMIT:
                self.left_out += 1
                return
            self.edge_count += 1
        results[to] = results.get(to, 0) + times

    def add(self, other: "Knowledge") -> None:
        """Adds all that another knows."""
        for name, tally in other.counts.items():
            self.count(name, tally)
        for place, times in other.places.items():
            self.visit(place, times)
        for name, state in other.states.items():
            self.take_state(name, state)
        for state_name, elements in other.edges.items():
            for element, results in elements.items():
                for to, times in results.items():
                    self.take_edge(state_name, element, to, times)


class Memory:
    """The memory of one explorer, in the process; `explorer` names it among others that share theirs."""

    def __init__(self, explorer: str = "") -> None:
        self.explorer = explorer
        self.own = Knowledge()
        self.others = Knowledge()
        self.notes: list[str] = []

    def problems(self) -> list[str]:
        """What could not be read, written or remembered, in words."""
        left_out = self.own.left_out + self.others.left_out
        full = [f"the memory is full: {left_out} entries were left out"] if left_out else []
        return [*self.notes, *full]

    def share(self) -> None:
        """Gives to others what this one knows, and takes what they know; alone, nothing to do."""

    def count(self, name: str, *, dead: int = 0, alive: int = 0, away: int = 0, fresh: int = 0) -> None:
        """Adds to the tally of an element or a family."""
        self.own.count(name, Tally(dead, alive, away, fresh))

    def tally(self, name: str) -> Tally:
        """What is known of an element or a family."""
        return self.own.counts.get(name, NEVER) + self.others.counts.get(name, NEVER)

    def is_dead(self, name: str) -> bool:
        """Whether an element was used and never did anything."""
        tally = self.tally(name)
        return tally.dead > 0 and tally.alive == 0

    def visit(self, place: str) -> None:
        """Counts a visit of a place."""
        self.own.visit(place)

    def visits(self, place: str) -> int:
        """How often a place was visited."""
        return self.own.places.get(place, 0) + self.others.places.get(place, 0)

    def take_state(self, name: str, state: StateNode) -> None:
        """Remembers a state."""
        self.own.take_state(name, state)

    def state(self, name: str) -> StateNode | None:
        """What is known of a state."""
        own, others = self.own.states.get(name), self.others.states.get(name)
        if own is None or others is None:
            return own or others
        return replace(own, opens=own.opens and others.opens, depth=min(own.depth, others.depth))

    def states(self) -> Iterator[tuple[str, StateNode]]:
        """All states, the own ones first, in the order in which they were met."""
        for name in [*self.own.states, *(name for name in self.others.states if name not in self.own.states)]:
            state = self.state(name)
            if state is not None:
                yield name, state

    def take_edge(self, state: str, element: str, to: str) -> None:
        """Counts that an element of a state led to another state."""
        self.own.take_edge(state, element, to)

    def results(self, state: str, element: str) -> Mapping[str, int]:
        """Where an element of a state led, and how often."""
        own = self.own.edges.get(state, {}).get(element, {})
        others = self.others.edges.get(state, {}).get(element, {})
        if not own or not others:
            return own or others
        return {to: own.get(to, 0) + others.get(to, 0) for to in sorted({*own, *others})}

    def used(self, state: str) -> list[str]:
        """The elements of a state that were used there."""
        own, others = self.own.edges.get(state, {}), self.others.edges.get(state, {})
        return [*own, *(element for element in others if element not in own)]


@lru_cache(maxsize=100_000)
def short_key(*parts: str) -> str:
    """The 64-bit key of what a memory counts, as 16 hexadecimal digits.

    Of plain texts alone, which is several times faster than `schemas.keys.key`: it is asked for each element.
    """
    return hashlib.blake2b(json.dumps(parts).encode(), digest_size=8).hexdigest()
