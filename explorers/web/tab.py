"""One tab: its frames, its history, what is under way in it, and what it says besides its content."""

import time
from dataclasses import dataclass, field
from typing import Any

from explorers.core.timings import part
from explorers.web.config import WebConfig
from explorers.web.devtools import CallFailed, Closed, Devtools
from explorers.web.extraction import FRAMES, SECRETS
from explorers.web.frame_tree import FrameTree
from explorers.web.frames import WORLD, WebFrame
from explorers.web.history import TabHistory
from explorers.web.loading import Loading
from explorers.web.notices import Notices
from explorers.web.scripts import DocumentScripts, PageScripts
from explorers.web.sending import Sockets
from schemas.redaction import KnownSecrets

BINDING = "hindtraceTell"
"""The binding by which a listener tells; pages can't see it."""

# A frame with a process of its own waits until it is prepared: its first document must not be ahead of our script.
# Workers wait as well, whether they are attached to or not: they are attached to, and let go at once.
_ATTACHED = [{"type": "iframe"}, {"type": "worker"}]
_AUTO = {"autoAttach": True, "waitForDebuggerOnStart": True, "flatten": True, "filter": _ATTACHED}
# Bodies are never asked for, so the browser need not keep them.
_NETWORK = {"maxTotalBufferSize": 0, "maxResourceBufferSize": 0}
_CHILD: tuple[tuple[str, dict[str, Any]], ...] = (
    ("Page.enable", {}),
    ("DOM.enable", {}),
    ("Network.enable", _NETWORK),
    ("Target.setAutoAttach", _AUTO),
)


@dataclass(frozen=True, slots=True)
class TabSetup:
    """The screen that a tab draws, what it is told of itself, the address of its home, and the secrets `known` so far.

    With a `listener`, a person sits before it: that script tells what is done in each document, through the binding
    `BINDING` of our own world, and dialogs and choices of files are left to the person. `steady` is what pages ask for
    all the time, as far as it is known.
    """

    start: str
    config: WebConfig
    user_agent: str
    scripts: PageScripts
    known: KnownSecrets
    listener: str | None = None
    steady: set[str] = field(default_factory=set)

    @property
    def child_calls(self) -> tuple[tuple[str, dict[str, Any]], ...]:
        """What prepares a session: methods and parameters."""
        script = {"source": SECRETS, "worldName": WORLD, "runImmediately": True}
        if self.listener is None:
            return (*_CHILD, ("Page.addScriptToEvaluateOnNewDocument", script))
        script["source"] = FRAMES + SECRETS + self.listener
        return (
            *_CHILD,
            ("Runtime.enable", {}),  # else no binding is told
            ("Runtime.addBinding", {"name": BINDING, "executionContextName": WORLD}),
            ("Page.addScriptToEvaluateOnNewDocument", script),
        )

    @property
    def tab_calls(self) -> tuple[tuple[str, dict[str, Any]], ...]:
        """What prepares the session of a tab."""
        config, alone = self.config, self.listener is None
        size = {"width": config.width, "height": config.height, "deviceScaleFactor": config.scale, "mobile": False}
        return (
            *self.child_calls,
            ("Inspector.enable", {}),
            ("Emulation.setDeviceMetricsOverride", size),
            # Before a person, a tab knows which window is in front.
            ("Emulation.setFocusEmulationEnabled", {"enabled": alone}),
            ("Emulation.setUserAgentOverride", {"userAgent": self.user_agent, "acceptLanguage": config.locale}),
            ("Page.setInterceptFileChooserDialog", {"enabled": alone}),
        )

    @property
    def process_calls(self) -> tuple[tuple[str, dict[str, Any]], ...]:
        """What prepares the process of a tab, once: a tab that `window.open` made has that of the page around it."""
        return (
            ("Emulation.setLocaleOverride", {"locale": self.config.locale}),
            ("Emulation.setTimezoneOverride", {"timezoneId": self.config.timezone}),
        )


class Tab:
    """A page under exploration; `target` is its id in the browser and that of its main frame, which is `frame`.

    `looked` is when it was seen last, in milliseconds since 1970 by the clock of its document.

    Raises:
        Closed: if it is gone before it is set up.
    """

    def __init__(self, devtools: Devtools, target: str, setup: TabSetup) -> None:
        self.target = target
        self.looked = 0.0
        self.crashed = False
        self.closed = False
        self.session: str = devtools.call("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        self.frame = WebFrame(devtools, self.session, target, hidden=", ".join(setup.config.hidden))
        self.frames = FrameTree(devtools, self.frame, self._prepare_child)
        self.loading = Loading(self.frames, setup.steady)
        self.notices = Notices(devtools, answers=setup.listener is None)
        self.sockets = Sockets()
        self.history = TabHistory(devtools, self.session)
        self.devtools = devtools
        self.setup = setup
        self._handlers = {
            **self.frames.handlers,
            **self.loading.handlers,
            **self.notices.handlers,
            **self.sockets.handlers,
            "Inspector.targetCrashed": self._target_crashed,
        }
        devtools.listen(self._event)
        calls = [devtools.post(method, params, session=self.session) for method, params in setup.tab_calls]
        calls += [devtools.post("Page.getFrameTree", session=self.session), self.history.post()]
        shared = [devtools.post(method, params, session=self.session) for method, params in setup.process_calls]
        self._scripts = DocumentScripts(devtools, self.session, setup.scripts, frame=target)
        try:
            *_, tree, history = devtools.wait(*calls)
            for call in shared:
                _wait_unless_done(devtools, call)
        except Closed:
            self.forget()
            raise
        self.frames.add_below(tree["frameTree"])
        self.loading.loaders.update(_loaders(tree["frameTree"]))
        self.history.first = history["currentIndex"]

    def forget(self) -> None:
        """Stops listening: the tab is over for us."""
        self.devtools.unlisten(self._event)
        self._scripts.forget()

    def note(self, text: str) -> None:
        """Adds to what is said with the next observation."""
        self.notices.note(text)

    @property
    def busy(self) -> bool:
        """Whether a document, a request or a new tab is on its way."""
        return self.loading.busy

    @part("loading")
    def wait_while_busy(self, until: float) -> None:
        """Handles events until nothing is on its way, or that time of `time.monotonic`."""
        while self.busy and not self.gone and (left := until - time.monotonic()) > 0:
            self.devtools.pump(min(left, 0.25))

    @property
    def gone(self) -> bool:
        """Whether there is nothing to look at any more."""
        return self.crashed or self.closed

    def expect_navigation(self) -> None:
        """Has the next wait include a navigation that was just asked for."""
        self.loading.expect_navigation()

    def go(self, step: int) -> bool:
        """One entry back (-1) or forward (1) in the history; False where there is none."""
        gone = self.history.go(step)
        if gone:
            self.expect_navigation()
        return gone

    # ---- events

    def _event(self, method: str, params: dict[str, Any], session: str | None) -> None:
        if method == "Target.detachedFromTarget":
            self._detached(params["sessionId"])
        elif session is not None and self.frames.has_session(session):
            handler = self._handlers.get(method)
            if handler is not None:
                handler(params, session)
                self._scripts.on_event(method, params)

    def _prepare_child(self, session: str) -> None:
        for method, params in self.setup.child_calls:
            self.devtools.tell(method, params, session=session)
        self._scripts.for_child(session)

    def _detached(self, session: str) -> None:
        if session == self.session:
            self.closed = True
        elif self.frames.detach(session):
            self.loading.drop_requests(session)

    def _target_crashed(self, _params: dict[str, Any], session: str) -> None:
        self.crashed = self.crashed or session == self.session
        self.note("the tab crashed" if session == self.session else "a frame crashed")


def _wait_unless_done(devtools: Devtools, call: int) -> None:
    """Waits for a call of which the browser may say that another tab of the process made it."""
    try:
        devtools.wait(call)
    except CallFailed as error:
        if "override is already in effect" not in str(error):
            raise


def _loaders(tree: dict[str, Any]) -> set[str]:
    """The ids of the documents in a tree of frames."""
    below = (each for child in tree.get("childFrames", ()) for each in _loaders(child))
    return {tree["frame"]["loaderId"], *below}
