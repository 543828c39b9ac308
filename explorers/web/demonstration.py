"""A site in a browser that a person uses: what is done in its pages, and in the browser around them.

Pages tell through `listen.js`. What has no event in a page is read off the browser: addresses that were typed, the
buttons of the history, tabs.
"""

import os
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from typing import Any, TypeVar

from explorers.demonstrations.events import Event, Moved, OptionChosen, Pressed, Struck, Told
from explorers.demonstrations.glances import Glance
from explorers.web.activity import Activity
from explorers.web.browser import SharedBrowser
from explorers.web.config import WebConfig
from explorers.web.devtools import CallFailed, Devtools, DevtoolsError, Gone
from explorers.web.extraction import STILL, Map, joined
from explorers.web.following import TabFollower
from explorers.web.frames import is_transient
from explorers.web.glances import PATIENCE_SECONDS, Glances
from explorers.web.person import InvalidMessage, event_of, is_shown, read_message
from explorers.web.session import WebSession
from explorers.web.tab import BINDING, Tab
from schemas.errors import DeviceLost, DeviceUnavailable
from schemas.records import Platform, Setting

CLOSED = "the browser was closed"
ANSWER_SECONDS = 5.0
FRAME_DEPTH = 5

WINDOW_FRAME = (40, 160)
"""Pixels that a window is wider and higher than the page in it, at most."""

POPUP_SECONDS = 30.0
"""How long a list or a calendar of the browser's own may be open; taking a picture closes it, so none is taken."""

_T = TypeVar("_T")
_CLOSING = frozenset({"Enter", "Escape", "Tab"})
_LISTENER = files("explorers.web").joinpath("listen.js").read_text("utf-8")


class _Interrupted(DevtoolsError):
    """A dialog opened: the page answers no question until the person closed it."""


class WebStage:
    """A site that a person uses; without `visible` the browser has no window, and is driven by a program.

    `app` is the host and port of the site unless it is given, `start` the URL where it begins; `over` says that the
    browser was closed.

    Raises:
        ConfigurationError: if the start is no http or https URL.
    """

    platform: Platform = "web"

    def __init__(
        self, start: str, *, config: WebConfig | None = None, visible: bool = True, app: str | None = None
    ) -> None:
        self._visible = visible
        self._browser = SharedBrowser(visible=visible)
        self._session = WebSession(start, config, self._browser, listener=_LISTENER)
        self.app, self.start = app or self._session.app, self._session.shown_start
        self._glances = Glances(self._session)
        self._activity = Activity()
        self._follower = TabFollower(
            self._session, self._activity, changed=self._glances.mark_changed, listener=self._heard
        )
        self._messages: deque[tuple[Tab, str, object]] = deque()
        self._ahead = time.monotonic() - time.time()
        self._pointer: tuple[float, float] | None = None
        self._dialog = False
        self._popup: float | None = None
        self.over: str | None = None

    @property
    def setting(self) -> Setting:
        """The browser and its screen; known after `open`."""
        return self._session.setting

    def open(self) -> Glance:
        """Opens the site in a new window, and returns what is seen first.

        Raises:
            DeviceUnavailable: if there is no display or browser, or the site can't be opened.
        """
        if self._visible and not os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
            raise DeviceUnavailable("a visible browser needs a display: run this in a graphical session")
        self._glances.observer.open_start()
        self._session.devtools.listen(self._heard)
        self._guarded(self._begin)
        until = time.monotonic() + self._session.config.settle
        while (glance := self.look(since=time.monotonic() - PATIENCE_SECONDS)) is None and time.monotonic() < until:
            self.listen(0.05)
        if glance is None:
            raise DeviceUnavailable(f"{self.start} can't be seen")
        return glance

    def listen(self, seconds: float) -> Sequence[Event]:
        """What the person did since the last call, in the order of time; waits up to so long for something.

        Raises:
            DeviceLost: if the browser is gone.
        """
        if self.over is None:
            self._guarded(lambda devtools: self._listen(devtools, seconds))
        events = self._activity.take()
        for event in events:
            if isinstance(event, Moved | Pressed):
                self._pointer = (event.x, event.y)
        return events

    def look(self, *, since: float | None) -> Glance | None:
        """What is seen now, if it changed since the last look, or that one began before `since`.

        Raises:
            DeviceLost: if the browser is gone.
        """
        if not self._follower.knows_front:
            return None  # another tab is in front; one that is hidden draws nothing
        if self._dialog or self.over or (self._popup and time.monotonic() - self._popup < POPUP_SECONDS):
            return None
        return self._guarded(lambda _: self._glances.look(since, pointer=self._pointer))

    def close(self) -> None:
        """Ends the browser; may be called twice."""
        self._session.close()
        self._browser.close()

    # ---- inside

    def _guarded(self, work: Callable[[Devtools], _T]) -> _T | None:
        """Passes over what only interrupts: a dialog, a document that goes, a tab that hangs, a browser that closed."""
        try:
            with self._session.limited(ANSWER_SECONDS) as devtools:
                return work(devtools)
        except (Gone, DeviceLost) as error:
            if not self._visible:
                raise DeviceLost("the browser is gone") from error
            self.over = CLOSED
        except DevtoolsError as error:
            tab = self._session.tab
            if not (isinstance(error, _Interrupted) or is_transient(error) or tab.gone):
                tab.note("the page does not answer")
            self._glances.mark_changed()
        return None

    def _begin(self, devtools: Devtools) -> None:
        """Makes the window as large as the page and what is around it, and forgets what happened so far."""
        if self._visible:
            config = self._session.config
            window = devtools.call("Browser.getWindowForTarget", {"targetId": self._session.tab.target})
            width, height = config.width + WINDOW_FRAME[0], config.height + WINDOW_FRAME[1]
            bounds = {"left": 0, "top": 0, "width": width, "height": height}
            devtools.tell("Browser.setWindowBounds", {"windowId": window["windowId"], "bounds": bounds})
        self._follower.forget()
        self._activity.take()

    def _listen(self, devtools: Devtools, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self._messages and not self._activity and (left := until - time.monotonic()) > 0:
            devtools.pump(left)
        while devtools.pump(0.0):
            pass
        if not self._dialog:
            while self._messages:
                self._read(*self._messages.popleft())
            self._follower.follow()
            if self._follower.closed:
                self.over = CLOSED

    def _heard(self, method: str, params: dict[str, Any], session: str | None) -> None:
        tab = self._session.tab_of(session)
        if tab is None:
            return
        histories = self._follower.histories
        match method:
            case "Runtime.bindingCalled" if params.get("name") == BINDING:
                self._messages.append((tab, str(session), params.get("payload")))
            case "Page.javascriptDialogOpening":
                self._dialog = True
                raise _Interrupted("a dialog opened")
            case "Page.javascriptDialogClosed":
                self._dialog = False
                self._glances.mark_changed()
                tab.note("the dialog was accepted" if params.get("result") else "the dialog was dismissed")
            case "Page.frameRequestedNavigation" if params.get("frameId") == tab.target:
                histories.request(tab.target)
            case "Page.frameNavigated" if params["frame"]["id"] == tab.target:
                histories.commit(tab.target, time.monotonic())
            case "Page.navigatedWithinDocument" if params.get("frameId") == tab.target:
                histories.commit(tab.target, time.monotonic(), within=True)

    def _read(self, tab: Tab, session: str, payload: object) -> None:
        """Makes an event of what a page told."""
        try:
            message = read_message(payload)
            if is_shown(message):
                self._follower.show(tab, by_page=message.get("came") is not True)
                return
            self._follower.act_in(tab)
            event = self._event(message, tab, session)
        except InvalidMessage as error:
            tab.note(f"what was done was left out: {error}")
            return
        except CallFailed:
            tab.note("what was done in a frame was left out: it is gone")
            return
        if isinstance(event, Pressed):
            self._popup = time.monotonic() if message.get("popup") is True else None
        elif isinstance(event, OptionChosen | Told) or (isinstance(event, Struck) and event.key in _CLOSING):
            self._popup = None
        if self._activity.add(event):
            self._follower.settle_focus(event.time)

    def _event(self, message: Mapping[str, Any], tab: Tab, session: str) -> Event:
        """The event of a message, where it lies in a frame of a process of its own with that frame's place."""
        place = self._place(tab, session) if message.get("apart") is True else STILL
        config = self._session.config
        return event_of(message, ahead=self._ahead, place=place, size=(config.width, config.height))

    def _place(self, tab: Tab, session: str) -> Map:
        """How the uppermost frame of a process lies in the page.

        Raises:
            InvalidMessage: if it can't be said.
        """
        place = STILL
        for _ in range(FRAME_DEPTH):
            frames = tab.frames.of_session(session)
            root = next((f for f in frames if f.parent and f.parent.session != session), None)
            if root is None or root.parent is None:
                if session == tab.session and place is not STILL:
                    return place
                break
            place = joined(root.parent.place_of(root), place)
            session = root.parent.session
        raise InvalidMessage("it was in a frame whose place is unknown")
