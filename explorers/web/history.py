"""The history of a tab, as the browser keeps it."""

from typing import Any

from explorers.web.devtools import Devtools


class TabHistory:
    """The entries of a tab's history; those from before it was opened, or before `begin`, can't be gone back to."""

    def __init__(self, devtools: Devtools, session: str) -> None:
        self.first = 0
        self._devtools = devtools
        self._session = session

    def post(self) -> int:
        """Asks for the history; fetch the answer with `Devtools.wait`."""
        return self._devtools.post("Page.getNavigationHistory", session=self._session)

    def read(self) -> tuple[int, list[dict[str, Any]]]:
        """The index of the present entry, and all entries."""
        answer = self._devtools.wait(self.post())[0]
        return answer["currentIndex"], answer["entries"]

    def begin(self) -> None:
        """Forgets the history so far."""
        self.first = self.read()[0]

    def has_past(self) -> bool:
        """Whether there is a page before this one."""
        return self.read()[0] > self.first

    def go(self, step: int) -> bool:
        """One entry back (-1) or forward (1); False where there is none."""
        current, entries = self.read()
        wanted = current + step
        if not self.first <= wanted < len(entries):
            return False
        entry = {"entryId": entries[wanted]["id"]}
        self._devtools.call("Page.navigateToHistoryEntry", entry, session=self._session)
        return True
