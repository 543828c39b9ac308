"""What the steps in a browser did: what was sent because of them, and whether what held the session is still there."""

import re
from collections import Counter
from collections.abc import Iterable

import orjson

from explorers.core.effects import Effects, may_cause
from explorers.web.devtools import CallFailed
from explorers.web.sending import Sent
from explorers.web.session import WebSession
from schemas.actions import Action
from schemas.personal import redact_personal_text
from schemas.records import Request

_HOLDS = re.compile(r"sess|sid\b|auth|token|jwt|login|logged|remember|user|identity", re.IGNORECASE)
_GUARDS = re.compile(r"csrf|xsrf", re.IGNORECASE)
_MISSING = "(s) => (s[location.origin] || []).filter((n) => !localStorage.getItem(n)).map((n) => 'entry ' + n)"
_HABITS = 10_000
QUIET_TIMES = 3
"""Steps without a press in which a request is seen that belongs to none: a heartbeat, a poll."""

_TOLD = 5
"""Requests of one step that are told."""

_METHODS = 20
"""Methods of one step that are told apart: a page may make up as many as it likes."""


class EffectLog:
    """Collects what a session's pages send, and tells it to the step that it belongs to.

    What the scripts of a document send before anything is done in it is the document's own, whatever led to it. What
    pages send so, or while they are loaded, or `QUIET_TIMES` while nothing was pressed, is their habit: the same again
    says nothing of the element that was pressed meanwhile.
    """

    def __init__(self, session: WebSession) -> None:
        self._session = session
        self._habits: set[str] = set()
        self._late: tuple[Sent, ...] = ()
        self._quiet: Counter[str] = Counter()
        self._loads = self._presses = False
        self._held: frozenset[str] = frozenset()
        self._used: set[str] = set()

    def begin(self) -> None:
        """An episode began: what its start sent is a habit, and what holds its session is what is there now."""
        self._late, self._loads, self._presses, self._used = (), False, True, set()
        self._learn(self._session.take_sent())
        self._held = self._holding()

    def before(self) -> None:
        """A step begins: what comes until now belongs to what was done before."""
        self._late = (*self._late, *self._take())
        self._used = self._session.documents
        self._loads, self._presses = False, True

    def done(self, action: Action) -> None:
        """What was done in this step."""
        self._loads = action.history
        self._presses = may_cause(action)

    def take(self, language: str | None) -> Effects:
        """What was done since the last call."""
        now = self._take()
        if self._loads:
            self._learn(now)
        elif not self._presses and len(self._quiet) < _HABITS:
            self._quiet.update({each.likeness for each in now})
            self._learn(each for each in now if self._quiet[each.likeness] >= QUIET_TIMES)
        late, self._late = self._late, ()
        holding = self._holding()
        unheld, self._held = bool(self._held - holding), holding & self._held
        came, went = self._unusual(now), self._unusual(late)
        return Effects(
            self._told(each for each in came if not each.stopped),
            self._told(each for each in went if not each.stopped),
            language,
            unheld,
            (*_counted(went, late=True), *_counted(came, late=False)),
            self._told(each for each in (*went, *came) if each.stopped),
        )

    def _take(self) -> tuple[Sent, ...]:
        """What was sent since the last call, without what documents sent by themselves."""
        requests = self._session.take_sent()
        senders = {each: self._session.sender_of(each) for each in requests}
        own = [each for each, sender in senders.items() if sender is not None and sender not in self._used]
        self._learn(own)
        return tuple(each for each in requests if each not in own)

    def _learn(self, requests: Iterable[Sent]) -> None:
        for each in requests:
            # What destroys though it reads is asked for again by going back, and is nobody's habit.
            if len(self._habits) < _HABITS and not each.what.startswith("GET "):
                self._habits.add(each.likeness)

    def _unusual(self, requests: Iterable[Sent]) -> tuple[Sent, ...]:
        return tuple(each for each in requests if each.likeness not in self._habits)

    def _told(self, requests: Iterable[Sent]) -> tuple[str, ...]:
        told = dict.fromkeys(each.what for each in requests)
        hidden = tuple(map(self._session.known.hide, tuple(told)[:_TOLD]))
        return tuple(map(redact_personal_text, hidden)) if self._session.config.redact_personal else hidden

    def _holding(self) -> frozenset[str]:
        """The cookies and entries of local storage, of those that the episode began with, that hold a session."""
        storage = self._session.config.episode.storage
        if storage is None:
            return frozenset()
        wanted = {
            f"cookie {each['name']}"
            for each in storage.cookies
            if (each.get("httpOnly") or _HOLDS.search(each["name"])) and not _GUARDS.search(each["name"])
        }
        holding = wanted & {f"cookie {name}" for name in self._session.cookie_names()} if wanted else set()
        stored = {
            origin: sorted(name for name, _ in items if _HOLDS.search(name)) for origin, items in storage.local.items()
        }
        if any(stored.values()):
            try:
                lost = self._session.tab.frame.evaluate(f"({_MISSING})({orjson.dumps(stored).decode()})")
            except CallFailed:
                lost = []  # a document without storage says nothing of it
            holding |= {f"entry {name}" for names in stored.values() for name in names} - set(lost)
        return frozenset(holding)


def _counted(requests: Iterable[Sent], *, late: bool) -> tuple[Request, ...]:
    """How many there are of each method, in the order in which they were first sent."""
    counts: Counter[str] = Counter()
    for each in requests:
        if not each.stopped:
            counts[each.method if each.method in counts or len(counts) < _METHODS else "OTHER"] += 1
    return tuple(Request(method, count, late) for method, count in counts.items())
