"""A fresh browser context with its tabs: nothing in it is left of an earlier episode."""

import time
from dataclasses import dataclass
from typing import Any

from explorers.web.devtools import CallFailed, Devtools, first_line
from explorers.web.episode import StorageState
from explorers.web.frames import WORLD
from explorers.web.tab import Tab, TabSetup
from explorers.web.warming import NextContext
from schemas.redaction import redact_location

TAB_LIMIT = 8
"""Tabs of an episode; a page that opens more has them closed."""

BLANK_SECONDS = 0.3
"""How long a tab that was opened with nothing in it is waited for to lead somewhere."""

_BLANK = ("", "about:blank")
_PERMISSIONS = (
    "geolocation", "notifications", "camera", "microphone", "midi", "clipboard-read", "clipboard-write", "push",
    "persistent-storage", "idle-detection", "local-fonts", "storage-access", "window-management",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class OpenedTab:
    """A tab that opened, and where it leads; `opener` is the tab whose page opened it, None where a person did."""

    target: str
    url: str
    opener: str | None = None


class BrowserContext:
    """A browser context on a connection of its own; the caller disposes of it.

    `made` is what it is made of, and was perhaps made beforehand.
    """

    def __init__(self, devtools: Devtools, setup: TabSetup, made: NextContext) -> None:
        self.tabs: list[Tab] = []
        self.current = 0
        self._devtools = devtools
        self._setup = setup
        self._opened: list[str] = []
        self._known: set[str] = set()
        self._creating = False
        self.id, target = made.take()
        self._known.add(target)
        devtools.listen(self._event)
        pages = {"discover": True, "filter": [{"type": "page"}]}
        calls = [
            devtools.post("Target.setDiscoverTargets", pages),
            devtools.post(
                "Browser.setDownloadBehavior", {"behavior": "deny", "browserContextId": self.id, "eventsEnabled": True}
            ),
        ]
        for name in _PERMISSIONS:
            setting = {"permission": {"name": name}, "setting": "denied", "browserContextId": self.id}
            devtools.tell("Browser.setPermission", setting)
        self._enter(target)
        devtools.wait(*calls)

    @property
    def tab(self) -> Tab:
        """The tab that is acted in."""
        return self.tabs[self.current]

    def fill(self, storage: StorageState) -> str | None:
        """Sets the cookies, and has the next document fill its local storage; returns the id of the script for that."""
        if storage.cookies:
            cookies = {"cookies": list(storage.cookies), "browserContextId": self.id}
            try:
                self._devtools.call("Storage.setCookies", cookies)
            except CallFailed as error:
                raise CallFailed(f"the browser refuses a cookie of the storage state: {first_line(error)}") from error
        if storage.script is None:
            return None
        # In the world of our own, where the page's scripts can't read what it holds.
        script = {"source": storage.script, "worldName": WORLD}
        answer = self._devtools.call("Page.addScriptToEvaluateOnNewDocument", script, session=self.tab.session)
        return str(answer["identifier"])

    def filled(self, script: str) -> None:
        """Ends that: what the page does with its storage from now on is its own."""
        # A document without scripts of its own runs none of ours before it is asked something.
        self._devtools.call("Runtime.evaluate", {"expression": "0"}, session=self.tab.session)
        removed = {"identifier": script}
        self._devtools.tell("Page.removeScriptToEvaluateOnNewDocument", removed, session=self.tab.session)

    def open(self) -> Tab:
        """Opens an empty tab and goes on there."""
        target_setup = {
            "url": "about:blank",
            "browserContextId": self.id,
            "width": self._setup.config.width,
            "height": self._setup.config.height,
        }
        self._creating = True
        try:
            target = self._devtools.call("Target.createTarget", target_setup)["targetId"]
        finally:
            self._creating = False
        return self._enter(target)

    def focus(self, index: int) -> None:
        """Goes on in the tab of that index."""
        self.current = index
        self._devtools.call("Target.activateTarget", {"targetId": self.tab.target})

    def close_tab(self) -> None:
        """Closes the tab, and goes on in the one before it."""
        tab = self.tabs.pop(self.current)
        tab.forget()
        self.current = max(self.current - 1, 0)
        self._devtools.tell("Target.closeTarget", {"targetId": tab.target})
        if self.tabs:
            self.focus(self.current)

    def discard(self, tab: Tab, current: int) -> None:
        """Closes a tab that was looked at aside, and goes on in the one of that index, whatever happened in it."""
        self.tabs.remove(tab)
        self.current = current
        tab.forget()
        self._devtools.tell("Target.closeTarget", {"targetId": tab.target})
        self._devtools.tell("Target.activateTarget", {"targetId": self.tab.target})

    def take_opened(self, seconds: float) -> list[OpenedTab]:
        """The tabs that pages opened since the last call, with where they lead: that is waited for so long in sum."""
        opened_tabs = []
        until = time.monotonic() + seconds
        soon = min(until, time.monotonic() + BLANK_SECONDS)
        while self._opened:
            target = self._opened.pop(0)
            url, opener = "", None
            while True:
                try:
                    info = self._devtools.call("Target.getTargetInfo", {"targetId": target})["targetInfo"]
                except CallFailed:
                    break  # it closed itself
                url, opener = str(info.get("url", "")), info.get("openerId")
                if url not in _BLANK or time.monotonic() >= (soon if self._opens_blank(opener) else until):
                    break
                self._devtools.pump(0.02)
            for tab in self.tabs:
                tab.loading.tab_opened()
            opened_tabs.append(OpenedTab(target, url, opener))
        return opened_tabs

    def adopt(self, opened: OpenedTab) -> bool:
        """Goes on in a tab that a page opened; False where there are too many, or it is gone."""
        if len(self.tabs) >= TAB_LIMIT:
            return False
        try:
            self._enter(opened.target)
        except CallFailed:
            return False
        return True

    def refuse(self, opened: OpenedTab) -> None:
        """Closes a tab that a page opened."""
        self._devtools.tell("Target.closeTarget", {"targetId": opened.target})

    def drop_closed(self) -> bool:
        """Forgets tabs that closed themselves; returns whether the current one did. The last one is kept."""
        moved = False
        for tab in [tab for tab in self.tabs if tab.closed]:
            if len(self.tabs) == 1:
                break
            index = self.tabs.index(tab)
            moved = moved or index == self.current
            del self.tabs[index]
            tab.forget()
            if index <= self.current:
                self.current = max(self.current - 1, 0)
        if moved:
            self.focus(self.current)
            self.tab.note("the tab closed itself")
        return moved

    def titles(self) -> list[str]:
        """The titles of all tabs in order."""
        calls = [self._devtools.post("Target.getTargetInfo", {"targetId": tab.target}) for tab in self.tabs]
        return [str(answer["targetInfo"].get("title", ""))[:200] for answer in self._devtools.wait(*calls)]

    def dispose(self) -> None:
        """Closes all tabs, and forgets cookies and storage."""
        for tab in self.tabs:
            tab.forget()
        self.tabs.clear()
        self._devtools.unlisten(self._event)
        self._devtools.tell("Target.disposeBrowserContext", {"browserContextId": self.id})

    def _opens_blank(self, opener: str | None) -> bool:
        """Whether the page of a tab opened its last one with nothing in it, to write into it itself."""
        return any(tab.target == opener and tab.loading.opens in _BLANK for tab in self.tabs)

    def _enter(self, target: str) -> Tab:
        self._known.add(target)
        self.tabs.append(Tab(self._devtools, target, self._setup))
        self.current = len(self.tabs) - 1
        return self.tab

    def _event(self, method: str, params: dict[str, Any], _session: str | None) -> None:
        if method == "Target.targetCreated":
            info = params["targetInfo"]
            if info.get("browserContextId") == self.id and info["targetId"] not in self._known:
                self._known.add(info["targetId"])
                if self._creating:
                    return  # our own
                if len(self.tabs) + len(self._opened) < TAB_LIMIT:
                    self._opened.append(info["targetId"])
                    return
                self._devtools.tell("Target.closeTarget", {"targetId": info["targetId"]})
                if self.tabs:
                    self.tab.loading.tab_opened()
                    self.tab.note(f"more than {TAB_LIMIT} tabs: closed another")
        elif method == "Browser.downloadWillBegin" and self.tabs:
            self.tab.note(f"download of {params['suggestedFilename'][:200]} refused")


def redacted(url: str) -> str:
    """A URL as a notice may hold it."""
    return (redact_location(url) or "")[:400]
