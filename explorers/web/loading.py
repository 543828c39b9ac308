"""What is on its way in a tab: documents, requests, and tabs that it opens."""

import time
from typing import Any

from explorers.web.frame_tree import FrameTree
from explorers.web.traffic import Traffic

SLOW_REQUEST_SECONDS = 2.0
"""A request older than this is a long poll or a stream, and not waited for; nor is a tab or a navigation that does not
come after it was asked for."""

KEPT = 20_000
"""Documents and requests of a tab that are remembered."""

_UNWAITED = frozenset({"EventSource", "WebSocket", "Media", "Ping", "Prefetch", "Preflight", "CSPViolationReport"})


class Loading:
    """What a tab waits for, since when in seconds of `time.monotonic`.

    What is known to be asked for all the time is not waited for: `traffic`, which knows it, keeps it in `steady`.
    `unreachable` is the address in whose place the browser shows an error page, `failure` why the last navigation
    failed, `status` the HTTP status of its last document; `came` counts requests, and loads that ended; `documents`
    those that the main frame took on; `posted` is whether its document was asked for by sending something, `opens` what
    the last tab that it opened was opened with. `loaders` are the ids of the documents that came in any frame,
    `senders` those of the documents that asked for more than GET does, by request.
    """

    def __init__(self, frames: FrameTree, steady: set[str]) -> None:
        self.traffic = Traffic(steady)
        self.unreachable: str | None = None
        self.failure: str | None = None
        self.status: int | None = None
        self.came = 0
        self.documents = 0
        self.posted = False
        self.opens = ""
        self._posting = False
        self.loaders: set[str] = set()
        self.senders: dict[str, str] = {}
        self._frames = frames
        # By id, with the session that began them: one that begins in the page may end in a frame's own process.
        self._requests: dict[str, tuple[str, float]] = {}
        self._documents: dict[str, float] = {}
        self._navigation: float | None = None
        self._tab: float | None = None
        self.handlers = {
            "Page.frameRequestedNavigation": self._navigation_requested,
            "Page.frameStartedLoading": self._started,
            "Page.frameStoppedLoading": self._stopped,
            "Page.frameNavigated": self._navigated,
            "Page.navigatedWithinDocument": self._moved,
            "Page.frameDetached": self._frame_detached,
            "Page.windowOpen": self._tab_opens,
            "Network.requestWillBeSent": self._request_sent,
            "Network.responseReceived": self._answered,
            "Network.loadingFinished": self._request_ended,
            "Network.loadingFailed": self._request_failed,
        }

    def expect_navigation(self) -> None:
        """Has the next wait include a navigation that was just asked for."""
        self._navigation = time.monotonic()

    def tab_opened(self) -> None:
        """Ends the wait for a tab that this one opens."""
        self._tab = None

    @property
    def busy(self) -> bool:
        """Whether a document, a request or a new tab is on its way."""
        if self._frames.main.id in self._documents:
            return True
        now = time.monotonic()
        requests = (since for _, since in self._requests.values())
        began = (self._navigation, self._tab, *self._documents.values(), *requests)
        return any(since is not None and now - since < SLOW_REQUEST_SECONDS for since in began)

    def drop_requests(self, session: str) -> None:
        """Forgets the requests that began in a session whose document is over."""
        for id in [id for id, (began_in, _) in self._requests.items() if began_in == session]:
            del self._requests[id]

    # ---- events

    def _request_sent(self, params: dict[str, Any], session: str) -> None:
        if params["request"]["method"] != "GET" and len(self.senders) < KEPT:
            self.senders[params["requestId"]] = params.get("loaderId", "")
        if params.get("type") == "Document" and params.get("frameId") == self._frames.main.id:
            self._posting = params["request"]["method"] != "GET"
        if params.get("type") not in _UNWAITED and self.traffic.began(params):
            self._requests[params["requestId"]] = (session, time.monotonic())
            self.came += 1

    def _answered(self, params: dict[str, Any], _session: str) -> None:
        self.traffic.answering(params)
        if params.get("type") == "Document" and params.get("frameId") == self._frames.main.id:
            self.status = params["response"].get("status")

    def _request_ended(self, params: dict[str, Any], _session: str) -> None:
        self.traffic.ended(params)
        self._requests.pop(params["requestId"], None)

    def _request_failed(self, params: dict[str, Any], session: str) -> None:
        self._request_ended(params, session)
        if params.get("type") == "Document" and session == self._frames.main.session:
            self.failure = params.get("errorText")

    def _navigation_requested(self, params: dict[str, Any], _session: str) -> None:
        if self._frames.get(params["frameId"]) and params.get("disposition", "currentTab") == "currentTab":
            self.expect_navigation()

    def _started(self, params: dict[str, Any], _session: str) -> None:
        if self._frames.get(params["frameId"]):
            self._documents[params["frameId"]] = time.monotonic()
            self._navigation = None

    def _stopped(self, params: dict[str, Any], _session: str) -> None:
        if self._documents.pop(params["frameId"], None) is not None:
            self._navigation = None
            self.came += 1

    def _navigated(self, params: dict[str, Any], session: str) -> None:
        committed = params["frame"]
        if len(self.loaders) < KEPT:
            self.loaders.add(committed["loaderId"])
        frame = self._frames.get(committed["id"])
        if frame is not None:
            frame.forget()
        if committed["id"] == self._frames.main.id:
            self._frames.main.prepare()
            self.documents += 1
            self.traffic.moved(committed["loaderId"])
            self.posted, self._posting = self._posting, False
            self.drop_requests(session)
            self.unreachable = committed.get("unreachableUrl")
            if self.unreachable is None:
                self.failure = None

    def _moved(self, params: dict[str, Any], _session: str) -> None:
        if params["frameId"] == self._frames.main.id:
            self._navigation = None
            self.came += 1
            self.traffic.moved(None)

    def _frame_detached(self, params: dict[str, Any], _session: str) -> None:
        if params.get("reason") != "swap":
            for id in self._frames.drop(params["frameId"]):
                self._documents.pop(id, None)

    def _tab_opens(self, params: dict[str, Any], _session: str) -> None:
        self._tab = time.monotonic()
        self.opens = params.get("url", "")
