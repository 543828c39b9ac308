"""One tab: its frames, what it says besides its content, and whether something is under way in it."""

import time
from dataclasses import dataclass, field
from typing import Any

from explorers.web.devtools import Closed, Devtools, DevtoolsError, Hung
from explorers.web.frames import WORLD, Frame, is_transient
from explorers.web.scripts import NO_SCRIPTS, DocumentScripts, PageScripts

SLOW_REQUEST_SECONDS = 2.0
"""A request older than this is a long poll or a stream, and not waited for; nor is a tab or a navigation that does not
come after it was asked for."""

QUIET_MS = 20
"""No change for so long after a load, and for two frames, is rest."""

RESTLESS_SECONDS = 1.5
"""A page that is loaded and still changes after so long has a clock or an animation: it is not waited for."""

DIALOG_LIMIT = 20
"""Of one step; a page that opens more has its script ended."""

FRAME_LIMIT = 200
"""Frames of a tab that are looked into."""

NOTICES = 10
"""That an observation tells in full; of those beyond, the number."""

TELL = "hindtraceTell"
"""The binding by which a listener tells; pages can't see it."""

_UNWAITED = frozenset({"EventSource", "WebSocket", "Media", "Ping", "Prefetch", "Preflight", "CSPViolationReport"})


@dataclass(frozen=True, slots=True)
class View:
    """The screen that a tab draws, and where it believes to be; sizes in pixels.

    With a `listener`, a person sits before it: that script tells what is done in each document, through the binding
    `TELL` of our own world, and dialogs and choices of files are left to the person. `hidden` is a CSS selector list
    of what is taken off each page.
    """

    width: int
    height: int
    locale: str
    timezone: str
    user_agent: str
    scripts: PageScripts = NO_SCRIPTS
    listener: str | None = None
    hidden: str = ""


@dataclass(slots=True)
class _Pending:
    """What is on its way since when, in seconds of `time.monotonic`.

    Requests by id, with the session that began them: one that begins in the page may end in a frame's own process.
    """

    requests: dict[str, tuple[str, float]] = field(default_factory=dict)
    navigation: float | None = None
    opening: float | None = None
    loading: dict[str, float] = field(default_factory=dict)


class Tab:
    """A page under exploration; `target` is its id in the browser and that of its main frame.

    `unreachable` is the address in whose place the browser shows an error page, `failure` why the last navigation
    failed; `came` counts requests, and loads that ended; `documents` those that its main frame took on.
    """

    def __init__(self, devtools: Devtools, target: str, view: View) -> None:
        self.target = target
        self.crashed = False
        self.closed = False
        self.unreachable: str | None = None
        self.failure: str | None = None
        self.came = 0
        self.documents = 0
        self.session: str = devtools.call("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        self.frame = Frame(devtools, self.session, target, hidden=view.hidden)
        self._frames: dict[str, Frame] = {target: self.frame}
        self._inner: dict[
            str, str
        ] = {}  # sessions of frames with processes of their own, and the session of each parent
        self._devtools = devtools
        self._view = view
        self._notices: list[str] = []  # each once; the traffic of a step bounds them
        self._dialogs = 0
        self._unmarked: list[Frame] = []
        self._pending = _Pending()
        devtools.listen(self._event)
        self._calls = [devtools.post(method, params, session=self.session) for method, params in _set_up(view)]
        self._calls.append(devtools.post("Page.getFrameTree", session=self.session))
        self._calls.append(devtools.post("Page.getNavigationHistory", session=self.session))
        self._scripts = DocumentScripts(devtools, self.session, view.scripts)
        self._first = 0

    def prepare(self) -> None:
        """Waits for the set-up that making it began."""
        *_, tree, history = self._devtools.wait(*self._calls)
        self._calls = []
        self._know(tree["frameTree"].get("childFrames", ()), self.frame)
        self._first = history["currentIndex"]

    def forget(self) -> None:
        """Stops listening: the tab is over for us."""
        self._devtools.unlisten(self._event)
        self._scripts.forget()

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
        if self.target in pending.loading:
            return True
        requests = (since for _, since in pending.requests.values())
        began = (pending.navigation, pending.opening, *pending.loading.values(), *requests)
        return any(since is not None and now - since < SLOW_REQUEST_SECONDS for since in began)

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

    @property
    def sessions(self) -> tuple[str, ...]:
        """Its own session, and those of frames with processes of their own."""
        return (self.session, *self._inner)

    @property
    def frames(self) -> tuple[str, ...]:
        """The ids of its frames, its own first."""
        return tuple(self._frames)

    def frame_of(self, id: str) -> Frame | None:
        """The frame of that id, if it is there."""
        return self._frames.get(id)

    def mark_frames(self) -> None:
        """Tells the worlds of the documents which of their iframes holds which frame.

        Raises:
            Closed: if the tab is gone.
            Hung: if it doesn't answer.
        """
        while self._unmarked:
            child = self._unmarked.pop()
            if child.id not in self._frames or child.parent is None:
                continue
            try:
                child.parent.mark(child)
            except (Closed, Hung):
                raise
            except DevtoolsError:
                continue  # the frame left its document meanwhile, and is not looked for

    def _know(self, trees: Any, parent: Frame) -> None:
        for tree in trees:
            self._add_frame(tree["frame"]["id"], parent, parent.session)
            self._know(tree.get("childFrames", ()), self._frames[tree["frame"]["id"]])

    def _add_frame(self, id: str, parent: Frame, session: str) -> None:
        if id in self._frames or len(self._frames) >= FRAME_LIMIT:
            return
        self._frames[id] = Frame(self._devtools, session, id, parent)
        self._unmarked.append(self._frames[id])

    def _drop_frame(self, id: str) -> None:
        gone = self._frames.pop(id, None)
        self._pending.loading.pop(id, None)
        if gone is not None:
            for below in [frame.id for frame in self._frames.values() if frame.parent is gone]:
                self._drop_frame(below)

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
        elif session is not None and (session == self.session or session in self._inner):
            handler = _HANDLERS.get(method)
            if handler is not None:
                handler(self, params, session)

    def _attached(self, params: dict[str, Any], parent: str) -> None:
        session, info = params["sessionId"], params["targetInfo"]
        frame = self._frames.get(info["targetId"])
        if info["type"] != "iframe" or frame is None:
            self._devtools.tell("Target.detachFromTarget", {"sessionId": session}, session=parent)
            return
        self._inner[session] = parent
        frame.move(session)
        for name, given in (*_CHILD, *_listening(self._view)):
            self._devtools.tell(name, given, session=session)
        self._scripts.for_child(session)

    def _detached(self, session: str) -> None:
        if session == self.session:
            self.closed = True
            return
        parent = self._inner.pop(session, None)
        if parent is not None:
            self._drop_requests(session)
            for frame in self._frames.values():
                if frame.session == session:
                    frame.move(parent)

    def _asked(self, params: dict[str, Any], session: str) -> None:
        if params.get("type") not in _UNWAITED:
            self._pending.requests[params["requestId"]] = (session, time.monotonic())
            self.came += 1

    def _answered(self, params: dict[str, Any], _session: str) -> None:
        self._pending.requests.pop(params["requestId"], None)

    def _failed(self, params: dict[str, Any], session: str) -> None:
        self._answered(params, session)
        if params.get("type") == "Document" and session == self.session:
            self.failure = params.get("errorText")

    def _drop_requests(self, session: str) -> None:
        for id in [id for id, (began_in, _) in self._pending.requests.items() if began_in == session]:
            del self._pending.requests[id]

    def _dialog(self, params: dict[str, Any], session: str) -> None:
        kind = params["type"]
        self.note(f"{kind}: {' '.join(params['message'].split())[:500]}".rstrip(": "))
        if self._view.listener is not None:
            return  # the person answers
        accept = kind in ("alert", "beforeunload")
        self._devtools.tell("Page.handleJavaScriptDialog", {"accept": accept}, session=session)
        self._dialogs += 1
        if self._dialogs == DIALOG_LIMIT:
            self.note(f"more than {DIALOG_LIMIT} dialogs: the script was ended")
        if self._dialogs >= DIALOG_LIMIT:
            self._devtools.tell("Runtime.terminateExecution", session=session)

    def _requested(self, params: dict[str, Any], _session: str) -> None:
        if params["frameId"] in self._frames and params.get("disposition", "currentTab") == "currentTab":
            self.expect_navigation()

    def _started(self, params: dict[str, Any], _session: str) -> None:
        if params["frameId"] in self._frames:
            self._pending.loading[params["frameId"]] = time.monotonic()
            self._pending.navigation = None

    def _stopped(self, params: dict[str, Any], _session: str) -> None:
        if self._pending.loading.pop(params["frameId"], None) is not None:
            self._pending.navigation = None
            self.came += 1
        if params["frameId"] == self.target:
            self._scripts.renew()

    def _committed(self, params: dict[str, Any], session: str) -> None:
        found = params["frame"]
        frame = self._frames.get(found["id"])
        if frame is not None:
            frame.forget()
        if found["id"] == self.target:
            self.documents += 1
            if found["url"] != "about:blank":  # a new tab's first document, whose event may come or not
                self._scripts.used = True
            self._drop_requests(session)
            self.unreachable = found.get("unreachableUrl")
            if self.unreachable is None:
                self.failure = None

    def _moved(self, params: dict[str, Any], _session: str) -> None:
        if params["frameId"] == self.target:
            self._pending.navigation = None
            self.came += 1

    def _frame_came(self, params: dict[str, Any], session: str) -> None:
        parent = self._frames.get(params["parentFrameId"])
        if parent is not None:
            self._add_frame(params["frameId"], parent, session)

    def _frame_left(self, params: dict[str, Any], _session: str) -> None:
        if params.get("reason") != "swap":
            self._drop_frame(params["frameId"])

    def _window(self, _params: dict[str, Any], _session: str) -> None:
        self._pending.opening = time.monotonic()

    def _crash(self, _params: dict[str, Any], session: str) -> None:
        if session == self.session:
            self.crashed = True
            self.note("the tab crashed")
        else:
            self.note("a frame crashed")

    def _chooser(self, _params: dict[str, Any], _session: str) -> None:
        self.note("a file was asked for")


_HANDLERS = {
    "Page.javascriptDialogOpening": Tab._dialog,
    "Page.frameRequestedNavigation": Tab._requested,
    "Page.frameStartedLoading": Tab._started,
    "Page.frameStoppedLoading": Tab._stopped,
    "Page.frameNavigated": Tab._committed,
    "Page.navigatedWithinDocument": Tab._moved,
    "Page.frameAttached": Tab._frame_came,
    "Page.frameDetached": Tab._frame_left,
    "Page.windowOpen": Tab._window,
    "Page.fileChooserOpened": Tab._chooser,
    "Inspector.targetCrashed": Tab._crash,
    "Network.requestWillBeSent": Tab._asked,
    "Network.loadingFinished": Tab._answered,
    "Network.loadingFailed": Tab._failed,
    "Target.attachedToTarget": Tab._attached,
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


def _listening(view: View) -> tuple[tuple[str, dict[str, Any]], ...]:
    """What has a session tell what a person does in its documents."""
    if view.listener is None:
        return ()
    script = {"source": view.listener, "worldName": WORLD, "runImmediately": True}
    return (
        ("Runtime.enable", {}),  # else no binding is told
        ("Runtime.addBinding", {"name": TELL, "executionContextName": WORLD}),
        ("Page.addScriptToEvaluateOnNewDocument", script),
    )


def _set_up(view: View) -> tuple[tuple[str, dict[str, Any]], ...]:
    size = {"width": view.width, "height": view.height, "deviceScaleFactor": 1, "mobile": False}
    alone = view.listener is None
    return (
        *_CHILD,
        *_listening(view),
        ("Inspector.enable", {}),
        ("Emulation.setDeviceMetricsOverride", size),
        # Before a person, a tab knows which window is in front.
        ("Emulation.setFocusEmulationEnabled", {"enabled": alone}),
        ("Emulation.setLocaleOverride", {"locale": view.locale}),
        ("Emulation.setTimezoneOverride", {"timezoneId": view.timezone}),
        ("Emulation.setUserAgentOverride", {"userAgent": view.user_agent, "acceptLanguage": view.locale}),
        ("Page.setInterceptFileChooserDialog", {"enabled": alone}),
    )
