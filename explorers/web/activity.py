"""What a person did, in the order of time, and what may have followed from it."""

import time
from collections import deque

from explorers.demonstrations.events import Event, Lifted, Moved, Struck, Told
from schemas.actions import Action

CAUSE_SECONDS = 0.7
"""How long after something was done in a page a step in the history is taken for what that led to."""

_INERT = frozenset({"", "Alt", "Control", "Meta", "Shift"})


class Activity:
    """The events that nobody took yet: what pages told, and what was read off the browser."""

    def __init__(self) -> None:
        self._events: deque[Event] = deque()
        self._acted = 0.0
        self._chord = 0.0

    def __len__(self) -> int:
        return len(self._events)

    def add(self, event: Event) -> bool:
        """Adds what a page told; returns whether it is something that may lead to anything."""
        self._events.append(event)
        inert = isinstance(event, Struck) and event.key in _INERT
        if inert:
            self._chord = event.time
        acts = not (inert or isinstance(event, Moved | Lifted))
        if acts:
            self._acted = max(self._acted, event.time)
        return acts

    def insert(self, action: Action, when: float | None = None) -> None:
        """Puts what was done before that which pages told later: it takes longer to be read off the browser."""
        now = time.monotonic()
        event = Told(now if when is None else when, action, now)
        place = len(self._events)
        while place and self._events[place - 1].time > event.time:
            place -= 1
        self._events.insert(place, event)

    def caused(self, when: float) -> bool:
        """Whether something was done in a page just before that time, and no key of a chord was pressed since."""
        return when - self._acted < CAUSE_SECONDS and self._chord < self._acted

    def take(self) -> list[Event]:
        """The events since the last call, in the order of time."""
        events = list(self._events)
        self._events.clear()
        return events
