"""One tab: evaluating in it, and knowing when it came to rest."""

import time
from contextlib import suppress
from typing import Any

from playwright.sync_api import CDPSession, Dialog, Download, Error, Page, Request

WORLD = "hindtrace"
QUIET_MS = 100
"""No change of the document for so long is rest; a click commits its navigation after 48 to 65 ms (measured)."""

LOADED_QUIET_MS = 20
"""The same once a navigation was seen to end: there is none left to wait for."""

SLOW_REQUEST_SECONDS = 2.0
"""A request older than this is a long poll or a stream, and not waited for."""

POLL_MS = 4
RESTLESS_SECONDS = 1.5
"""A page that is loaded and still changes after so long has a clock or an animation: it is not waited for."""

_REST = """
(limit, still) => new Promise((resolve) => {
  const began = performance.now();
  let last = began, frames = 0;
  const observer = new MutationObserver(() => { last = performance.now(); });
  observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  const done = (verdict) => { observer.disconnect(); resolve(verdict); };
  const look = () => {
    const now = performance.now();
    const loaded = document.readyState === "complete";
    if (loaded && frames >= 2 && now - last >= still) done("quiet");
    else if (now - began >= limit) done(loaded ? "restless" : "loading");
    else setTimeout(look, 5);
  };
  const frame = () => { frames += 1; if (frames < 2) requestAnimationFrame(frame); };
  requestAnimationFrame(frame);
  setTimeout(() => { frames = 2; }, 100);
  look();
})
"""

_TRANSIENT = (
    "context was destroyed",
    "Cannot find context",
    "Inspected target navigated or closed",
    "No frame for given id",
    "No frame with given id",
    "Unable to capture screenshot",
    "Frame was detached",
    "is navigating",
    "Argument should belong",
)


def is_transient(error: Error) -> bool:
    """Whether the page was only between two documents: worth another try."""
    return any(part in str(error) for part in _TRANSIENT)


class Tab:
    """A page under exploration.

    `notices` gathers what it said besides its content, oldest first. `unreachable` is the address in whose place the
    browser shows an error page, and `failure` why the last navigation failed.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.notices: list[str] = []
        self.crashed = False
        self.loading = False
        self._navigated = False
        self._opening: float | None = None
        self.unreachable: str | None = None
        self.failure: str | None = None
        self._world: int | None = None
        self._requests: dict[Request, float] = {}
        page.on("crash", self._crash)
        page.on("dialog", self._dialog)
        page.on("download", self._download)
        page.on("request", self._begin)
        page.on("requestfinished", self._finish)
        page.on("requestfailed", self._fail)
        self._session: CDPSession = page.context.new_cdp_session(page)
        self._session.send("Page.enable")
        tree = self._session.send("Page.getFrameTree")
        self._frame: str = tree["frameTree"]["frame"]["id"]
        self._session.on("Page.frameStartedLoading", self._started)
        self._session.on("Page.frameStoppedLoading", self._stopped)
        self._session.on("Page.frameNavigated", self._committed)
        self._session.on("Page.windowOpen", self._open)
        self._first = self._history()[0]

    def evaluate(self, expression: str) -> Any:
        """The value of an expression in a world of our own; waits for a promise."""
        if self._world is None:
            made = self._session.send("Page.createIsolatedWorld", {"frameId": self._frame, "worldName": WORLD})
            self._world = made["executionContextId"]
        try:
            answer = self._session.send(
                "Runtime.evaluate",
                {"expression": expression, "contextId": self._world, "returnByValue": True, "awaitPromise": True},
            )
        except Error:
            self._world = None
            raise
        if "exceptionDetails" in answer:
            detail = answer["exceptionDetails"]
            text = detail.get("exception", {}).get("description") or detail.get("text", "")
            raise Error(f"the script failed: {text[:300]}")
        return answer["result"].get("value")

    def rest(self, seconds: float) -> str:
        """Waits until nothing loads, nothing changes and two frames were drawn; returns `quiet MS` or `timeout MS`."""
        began = time.monotonic()
        try:
            return self._rest(began, seconds)
        finally:
            self._navigated = False

    def _rest(self, began: float, seconds: float) -> str:
        while True:
            left = seconds - (time.monotonic() - began)
            if left <= 0:
                return f"timeout {round(seconds * 1000)}"
            if self.crashed:
                return "crashed"
            if self._busy():
                self.page.wait_for_timeout(POLL_MS)
                continue
            try:
                still = LOADED_QUIET_MS if self._navigated else QUIET_MS
                verdict = self.evaluate(f"({_REST})({min(left, 0.5) * 1000:.0f}, {still})")
            except Error as error:
                if not is_transient(error):
                    raise
                self.page.wait_for_timeout(10)
                continue
            spent = time.monotonic() - began
            if verdict == "quiet" and not self._busy():
                return f"quiet {round(spent * 1000)}"
            if verdict == "restless" and not self._busy() and spent >= RESTLESS_SECONDS:
                return f"timeout {round(spent * 1000)}"

    def opened(self) -> None:
        """Ends the wait for a tab that this one opens."""
        self._opening = None

    def can_go_back(self) -> bool:
        """Whether there is a page before this one in the tab's history since it was opened."""
        return self._history()[0] > self._first

    def begin_history(self) -> None:
        """Forgets the history so far."""
        self._first = self._history()[0]

    def go(self, step: int) -> bool:
        """One entry back (-1) or forward (1) in the history; False where there is none."""
        current, entries = self._history()
        wanted = current + step
        if not self._first <= wanted < len(entries):
            return False
        self._session.send("Page.navigateToHistoryEntry", {"entryId": entries[wanted]["id"]})
        return True

    def take_notices(self) -> str | None:
        """What was said since the last call, or None."""
        said = "; ".join(self.notices[:10])[:2000]
        self.notices.clear()
        return said or None

    def _history(self) -> tuple[int, list[dict[str, Any]]]:
        found = self._session.send("Page.getNavigationHistory")
        return found["currentIndex"], found["entries"]

    def _busy(self) -> bool:
        now = time.monotonic()
        if self._opening is not None and now - self._opening < SLOW_REQUEST_SECONDS:
            return True
        return self.loading or any(now - began < SLOW_REQUEST_SECONDS for began in self._requests.values())

    def _started(self, event: dict[str, Any]) -> None:
        if event.get("frameId") == self._frame:
            self.loading = True

    def _stopped(self, event: dict[str, Any]) -> None:
        if event.get("frameId") == self._frame:
            self.loading = False
            self._navigated = True

    def _committed(self, event: dict[str, Any]) -> None:
        frame = event.get("frame", {})
        if frame.get("id") == self._frame:
            self._world = None
            self.unreachable = frame.get("unreachableUrl")

    def _open(self, _event: dict[str, Any]) -> None:
        self._opening = time.monotonic()

    def _begin(self, request: Request) -> None:
        if request.resource_type not in ("eventsource", "websocket", "media", "ping"):
            self._requests[request] = time.monotonic()

    def _finish(self, request: Request) -> None:
        self._requests.pop(request, None)

    def _fail(self, request: Request) -> None:
        self._finish(request)
        if request.is_navigation_request():
            self.failure = request.failure

    def _crash(self, _page: Page) -> None:
        self.crashed = True
        self.notices.append("the tab crashed")

    def _dialog(self, dialog: Dialog) -> None:
        self.notices.append(f"{dialog.type}: {' '.join(dialog.message.split())[:500]}".rstrip(": "))
        with suppress(Error):
            if dialog.type in ("alert", "beforeunload"):
                dialog.accept()
            else:
                dialog.dismiss()

    def _download(self, download: Download) -> None:
        self.notices.append(f"download of {download.suggested_filename[:200]} refused")
        with suppress(Error):
            download.cancel()
