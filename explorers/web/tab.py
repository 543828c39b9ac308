"""One tab: its frames, what it says besides its content, and whether something is under way in it."""

import time
from dataclasses import dataclass, field
from typing import Any

from explorers.web.devtools import Closed, Devtools, DevtoolsError, Hung
from explorers.web.frames import Frame, is_transient

SLOW_REQUEST_SECONDS = 2.0
"""A request older than this is a long poll or a stream, and not waited for; nor is a tab or a navigation that does not
come after it was asked for."""

QUIET_MS = 20
"""No change for so long after a load, and for two frames, is rest."""

RESTLESS_SECONDS = 1.5
"""A page that is loaded and still changes after so long has a clock or an animation: it is not waited for."""

DIALOG_LIMIT = 20
"""Of one step; a page that opens more has its script ended."""

NOTICES = 10
"""That an observation tells in full; of those beyond, the number."""

_UNWAITED = frozenset({"EventSource", "WebSocket", "Media", "Ping", "Prefetch", "Preflight", "CSPViolationReport"})


@dataclass(frozen=True, slots=True)
class View:
    """The screen that a tab draws, and where it believes to be; sizes in pixels."""

    width: int
    height: int
    locale: str
    timezone: str
    user_agent: str


@dataclass(slots=True)
class _Pending:
    """Requests by session and id with their begin, in seconds of `time.monotonic`."""

    requests: dict[tuple[str, str], float] = field(default_factory=dict)
    navigation: float | None = None
    opening: float | None = None
    loading: bool = False


class Tab:
    """A page under exploration; `target` is its id in the browser and that of its main frame.

    `unreachable` is the address in whose place the browser shows an error page, `failure` why the last navigation
    failed; `came` counts requests, and loads that ended.
    """

    def __init__(self, devtools: Devtools, target: str, view: View) -> None:
        self.target = target
        self.crashed = False
        self.closed = False
        self.unreachable: str | None = None
        self.failure: str | None = None
        self.came = 0
        self.session: str = devtools.call("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        self.frame = Frame(devtools, self.session, target)
        self.children: dict[str, Frame] = {}
        self._devtools = devtools
        self._notices: list[str] = []  # each once; the traffic of a step bounds them
        self._dialogs = 0
        self._unmarked: list[tuple[str, Frame]] = []
        self._pending = _Pending()
        devtools.listen(self._event)
        self._calls = [devtools.post(method, params, session=self.session) for method, params in _set_up(view)]
        self._calls.append(devtools.post("Page.getNavigationHistory", session=self.session))
        self._first = 0

    def prepare(self) -> None:
        """Waits for the set-up that making it began."""
        *_, history = self._devtools.wait(*self._calls)
        self._calls = []
        self._first = history["currentIndex"]

    def forget(self) -> None:
        """Stops listening: the tab is over for us."""
        self._devtools.unlisten(self._event)

    # ---- what it said

    def note(self, text: str) -> None:
        """Adds to what is said with the next observation."""
        if text[:500] not in self._notices:
            self._notices.append(text[:500])

    def take_notices(self) -> str | None:
        """What was said since the last call, oldest first, or None."""
        said, more = self._notices[:NOTICES], len(self._notices) - NOTICES
        if more > 0:
            said.append(f"and {more} more")
        self._notices.clear()
        self._dialogs = 0
        return "; ".join(said) or None

    # ---- whether it is at rest

    def expect_navigation(self) -> None:
        """Has the next wait include a navigation that was just asked for."""
        self._pending.navigation = time.monotonic()

    def opened(self) -> None:
        """Ends the wait for a tab that this one opens."""
        self._pending.opening = None

    @property
    def busy(self) -> bool:
        """Whether a document, a request or a new tab is on its way."""
        now = time.monotonic()
        pending = self._pending
        if pending.loading:
            return True
        for since in (pending.navigation, pending.opening):
            if since is not None and now - since < SLOW_REQUEST_SECONDS:
                return True
        return any(now - since < SLOW_REQUEST_SECONDS for since in pending.requests.values())

    def wait_while_busy(self, until: float) -> None:
        """Handles events until nothing is on its way, or that time of `time.monotonic`."""
        while self.busy and not self.gone and (left := until - time.monotonic()) > 0:
            self._devtools.pump(min(left, 0.25))

    @property
    def gone(self) -> bool:
        """Whether there is nothing to look at any more."""
        return self.crashed or self.closed

    def rest(self, until: float) -> str:
        """Waits until nothing loads, nothing changes and two frames were drawn; in seconds of `time.monotonic`.

        Returns `quiet`, `restless` for a page that goes on changing, or `timeout`.
        """
        began = time.monotonic()
        while (left := until - time.monotonic()) > 0 and not self.gone:
            self.wait_while_busy(until)
            try:
                verdict = self.frame.evaluate(f"hindtrace.rest({min(left, 0.5) * 1000:.0f}, {QUIET_MS})")
            except Hung:
                raise
            except DevtoolsError as error:
                if self.gone or not is_transient(error):
                    raise
                self._devtools.pump(0.01)
                continue
            if verdict == "quiet" and not self.busy:
                return "quiet"
            if verdict == "restless" and not self.busy and time.monotonic() - began >= RESTLESS_SECONDS:
                return "restless"
        return "timeout"

    # ---- its frames

    def marked_children(self) -> list[Frame]:
        """The frames of other processes, each known to the world of the document that holds it."""
        while self._unmarked:
            parent, child = self._unmarked.pop()
            holder = self.frame if parent == self.session else self.children.get(parent)
            if holder is None or child.session not in self.children:
                continue
            try:
                holder.mark(child)
            except (Closed, Hung):
                raise
            except DevtoolsError:
                continue  # the frame left its document meanwhile
        return list(self.children.values())

    # ---- its history

    def history(self) -> tuple[int, list[dict[str, Any]]]:
        """The index of the present entry, and all entries."""
        found = self._devtools.call("Page.getNavigationHistory", session=self.session)
        return found["currentIndex"], found["entries"]

    def can_go_back(self, history: dict[str, Any]) -> bool:
        """Whether there is a page before this one since the tab was opened, by an answer of the browser's."""
        return bool(history["currentIndex"] > self._first)

    def has_past(self) -> bool:
        """The same, asked for now."""
        return self.history()[0] > self._first

    def begin_history(self) -> None:
        """Forgets the history so far."""
        self._first = self.history()[0]

    def go(self, step: int) -> bool:
        """One entry back (-1) or forward (1) in the history; False where there is none."""
        current, entries = self.history()
        wanted = current + step
        if not self._first <= wanted < len(entries):
            return False
        self._devtools.call("Page.navigateToHistoryEntry", {"entryId": entries[wanted]["id"]}, session=self.session)
        self.expect_navigation()
        return True

    # ---- events

    def _event(self, method: str, params: dict[str, Any], session: str | None) -> None:
        if method == "Target.detachedFromTarget":
            self._detached(params["sessionId"])
        elif session == self.session:
            handler = _HANDLERS.get(method)
            if handler is not None:
                handler(self, params)
            self._network(method, params, self.session)
            self._attached(method, params, self.session)
        elif session in self.children:
            if method == "Page.frameNavigated" and params["frame"]["id"] == self.children[session].id:
                self.children[session].forget()
            elif method == "Page.javascriptDialogOpening":
                self._dialog(params, session)
            self._network(method, params, session)
            self._attached(method, params, session)

    def _attached(self, method: str, params: dict[str, Any], parent: str) -> None:
        if method != "Target.attachedToTarget":
            return
        session, info = params["sessionId"], params["targetInfo"]
        if info["type"] != "iframe":
            self._devtools.tell("Target.detachFromTarget", {"sessionId": session}, session=parent)
            return
        child = Frame(self._devtools, session, info["targetId"])
        self.children[session] = child
        self._unmarked.append((parent, child))
        for name, given in _CHILD:
            self._devtools.tell(name, given, session=session)

    def _detached(self, session: str) -> None:
        if session == self.session:
            self.closed = True
        elif self.children.pop(session, None) is not None:
            self._drop_requests(session)

    def _network(self, method: str, params: dict[str, Any], session: str) -> None:
        if method == "Network.requestWillBeSent":
            if params.get("type") not in _UNWAITED:
                self._pending.requests[session, params["requestId"]] = time.monotonic()
                self.came += 1
        elif method in ("Network.loadingFinished", "Network.loadingFailed"):
            self._pending.requests.pop((session, params["requestId"]), None)
            if method == "Network.loadingFailed" and params.get("type") == "Document" and session == self.session:
                self.failure = params.get("errorText")

    def _drop_requests(self, session: str) -> None:
        for key in [key for key in self._pending.requests if key[0] == session]:
            del self._pending.requests[key]

    def _dialog(self, params: dict[str, Any], session: str) -> None:
        kind = params["type"]
        self.note(f"{kind}: {' '.join(params['message'].split())[:500]}".rstrip(": "))
        accept = kind in ("alert", "beforeunload")
        self._devtools.tell("Page.handleJavaScriptDialog", {"accept": accept}, session=session)
        self._dialogs += 1
        if self._dialogs == DIALOG_LIMIT:
            self.note(f"more than {DIALOG_LIMIT} dialogs: the script was ended")
        if self._dialogs >= DIALOG_LIMIT:
            self._devtools.tell("Runtime.terminateExecution", session=session)

    def _opening_dialog(self, params: dict[str, Any]) -> None:
        self._dialog(params, self.session)

    def _requested(self, params: dict[str, Any]) -> None:
        if params["frameId"] == self.target and params.get("disposition", "currentTab") == "currentTab":
            self.expect_navigation()

    def _started(self, params: dict[str, Any]) -> None:
        if params["frameId"] == self.target:
            self._pending.loading = True
            self._pending.navigation = None

    def _stopped(self, params: dict[str, Any]) -> None:
        if params["frameId"] == self.target:
            self._pending.loading = False
            self._pending.navigation = None
            self.came += 1

    def _committed(self, params: dict[str, Any]) -> None:
        frame = params["frame"]
        if frame["id"] == self.target:
            self.frame.forget()
            self._drop_requests(self.session)
            self.unreachable = frame.get("unreachableUrl")
            if self.unreachable is None:
                self.failure = None

    def _moved(self, params: dict[str, Any]) -> None:
        if params["frameId"] == self.target:
            self._pending.navigation = None
            self.came += 1

    def _window(self, _params: dict[str, Any]) -> None:
        self._pending.opening = time.monotonic()

    def _crash(self, _params: dict[str, Any]) -> None:
        self.crashed = True
        self.note("the tab crashed")

    def _chooser(self, _params: dict[str, Any]) -> None:
        self.note("a file was asked for")


_HANDLERS = {
    "Page.javascriptDialogOpening": Tab._opening_dialog,
    "Page.frameRequestedNavigation": Tab._requested,
    "Page.frameStartedLoading": Tab._started,
    "Page.frameStoppedLoading": Tab._stopped,
    "Page.frameNavigated": Tab._committed,
    "Page.navigatedWithinDocument": Tab._moved,
    "Page.windowOpen": Tab._window,
    "Page.fileChooserOpened": Tab._chooser,
    "Inspector.targetCrashed": Tab._crash,
}

_AUTO = {"autoAttach": True, "waitForDebuggerOnStart": False, "flatten": True}
# Bodies are never asked for, so the browser need not keep them.
_NETWORK = {"maxTotalBufferSize": 0, "maxResourceBufferSize": 0}
_CHILD: tuple[tuple[str, dict[str, Any]], ...] = (
    ("Page.enable", {}),
    ("DOM.enable", {}),
    ("Network.enable", _NETWORK),
    ("Target.setAutoAttach", _AUTO),
)


def _set_up(view: View) -> tuple[tuple[str, dict[str, Any]], ...]:
    size = {"width": view.width, "height": view.height, "deviceScaleFactor": 1, "mobile": False}
    return (
        *_CHILD,
        ("Inspector.enable", {}),
        ("Emulation.setDeviceMetricsOverride", size),
        ("Emulation.setFocusEmulationEnabled", {"enabled": True}),
        ("Emulation.setLocaleOverride", {"locale": view.locale}),
        ("Emulation.setTimezoneOverride", {"timezoneId": view.timezone}),
        ("Emulation.setUserAgentOverride", {"userAgent": view.user_agent, "acceptLanguage": view.locale}),
        ("Page.setInterceptFileChooserDialog", {"enabled": True}),
    )
