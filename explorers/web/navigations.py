"""What a person did in a browser by its history: addresses that were typed, the buttons back, forward and reload.

Nothing tells it. After each document that a tab went to, its history is compared with what it was before.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

from explorers.web.devtools import DevtoolsError
from explorers.web.tab import Tab
from schemas.actions import Action, Back, Forward, Open, Reload

_TYPED = frozenset({"typed", "generated", "keyword", "keyword_generated", "auto_bookmark", "start_page"})


class Histories:
    """The histories of all tabs as they were last, and the documents that tabs went to since."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, list[int]]] = {}
        self._committed: dict[str, tuple[float, bool]] = {}
        self._requested: set[str] = set()

    def request(self, target: str) -> None:
        """A page asked for the next document of a tab."""
        self._requested.add(target)

    def commit(self, target: str, when: float, *, within: bool = False) -> None:
        """A tab went to another document, or to another place `within` the one that it shows."""
        asked = not within and target in self._requested
        if not within:
            self._requested.discard(target)
        # A page may go on a thousand times before anybody looks: what comes last is kept.
        self._committed[target] = (when, asked or self._committed.get(target, (0.0, False))[1])

    def remember(self, tab: Tab) -> None:
        """Takes the history of a tab as it is for what is known of it."""
        with suppress(DevtoolsError):
            self._read(tab)

    def forget(self) -> None:
        """Forgets where tabs went to."""
        self._committed.clear()

    def follow(
        self, tabs: Sequence[Tab], front: Tab, caused: Callable[[float], bool]
    ) -> Iterator[tuple[float, Action]]:
        """What the person did in the tab in front, and when; `caused` says that something was done in a page just then.

        Raises:
            DevtoolsError: if a history could not be read; it is read at the next call.
        """
        while self._committed:
            target = next(iter(self._committed))
            tab = next((each for each in tabs if each.target == target), None)
            if tab is None or tab.gone:
                del self._committed[target]
                continue
            known, ids = self._known.get(target, (0, []))
            now, entries = self._read(tab)
            when, requested = self._committed.pop(target)
            if requested or tab is not front:
                continue
            action = _navigation(known, ids, now, entries, caused=caused(when))
            if action is not None:
                yield when, action

    def _read(self, tab: Tab) -> tuple[int, list[dict[str, Any]]]:
        now, entries = tab.history.read()
        self._known[tab.target] = (now, [entry["id"] for entry in entries])
        return now, entries


def _navigation(known: int, ids: list[int], now: int, entries: list[dict[str, Any]], *, caused: bool) -> Action | None:
    """What the person did in the browser for it to be where it is now, or None if a page brought it there."""
    entry = entries[now]
    if entry["id"] not in ids:
        return Open(str(entry["url"])) if entry.get("transitionType") in _TYPED else None
    if caused:
        return None
    step = now - known
    if step == 0:
        return Reload() if entry.get("transitionType") == "reload" else None
    return Back() if step == -1 else Forward() if step == 1 else Open(str(entry["url"]))
