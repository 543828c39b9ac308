"""A site in a browser that a person uses: what is done in its pages, and in the browser around them.

Pages tell through `listen.js`. What has no event in a page is read off the browser: addresses that were typed, the
buttons of the history, tabs.
"""

import os
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib.resources import files
from typing import Any

from explorers.demonstrations.events import Chosen, Event, Lifted, Moved, Pressed, Struck, Told
from explorers.demonstrations.stage import Glance
from explorers.web.browser import SharedBrowser
from explorers.web.context import redacted
from explorers.web.devtools import Devtools, DevtoolsError, Gone, Hung
from explorers.web.environment import WebConfig, WebEnvironment
from explorers.web.extraction import Status
from explorers.web.frames import is_transient
from explorers.web.history import Histories
from explorers.web.look import look
from explorers.web.person import Untrue, event_of, is_shown, read_message
from explorers.web.tab import TELL, Tab
from schemas.actions import Action, CloseTab, FocusTab, NewTab
from schemas.errors import DeviceLost, DeviceUnavailable
from schemas.records import Observation
from schemas.visual import decode

CLOSED = "the browser was closed"
ANSWER_SECONDS = 5.0
FRAME_DEPTH = 5

ASK_SECONDS = 0.08
"""Between two questions whether something changed."""

PATIENCE_SECONDS = 0.1
RESTLESS_SECONDS = 0.5
CAUSE_SECONDS = 0.7
"""How long after something was done in a page a step in the history is taken for what that led to."""

FRAME = (40, 160)
"""Pixels that a window is wider and higher than the page in it, at most."""

SHOWN_SECONDS = 0.6
"""How long a tab that comes to the front waits for the news that another one was closed."""

FOCUS_SECONDS = 2.0
"""How long the news that a tab was closed may take after another one came to the front."""

POPUP_SECONDS = 30.0
"""How long a list or a calendar of the browser's own may be open; taking a picture closes it, so none is taken."""

_CLOSING = frozenset({"Enter", "Escape", "Tab"})
_INERT = frozenset({"", "Alt", "Control", "Meta", "Shift"})
_LISTENER = files("explorers.web").joinpath("listen.js").read_text("utf-8")


class _Interrupted(DevtoolsError):
    """A dialog opened: the page answers no question until the person closed it."""


class WebStage(WebEnvironment):
    """A site that a person uses; without `visible` the browser has no window, and is driven by a program.

    Raises:
        ConfigurationError: if the start is no http or https URL.
    """

    def __init__(self, start: str, *, config: WebConfig | None = None, visible: bool = True) -> None:
        self._shared = SharedBrowser(visible=visible)
        super().__init__(start, config=config, browser=self._shared)
        self._visible = visible
        self._listener = _LISTENER
        self._events: deque[Event] = deque()
        self._messages: deque[tuple[Tab, str, object]] = deque()
        self._ahead = time.monotonic() - time.time()
        self._pointer: tuple[float, float] | None = None
        self._dialog = False
        self._popup: float | None = None
        self._notes: list[tuple[float, str]] = []
        self._dirty: float | None = 0.0
        self._looked = 0.0
        self._asked = 0.0
        self._did = 0.0
        self._shown: list[tuple[float, Tab, bool]] = []
        self._born: tuple[float, Tab] | None = None
        self._histories = Histories()
        self._closed_at = 0.0
        self._chord = 0.0
        self._focus: tuple[float, FocusTab] | None = None
        self._left: Tab | None = None
        self._over: str | None = None

    @property
    def over(self) -> str | None:
        """That the browser was closed, or None."""
        return self._over

    @property
    def devtools_url(self) -> str:
        """Where the browser is reached by another program; known after `open`."""
        assert self._running is not None
        return self._running.url

    def open(self) -> Glance:
        """Opens the site in a new window, and returns what is seen first.

        Raises:
            DeviceUnavailable: if there is no display or browser, or the site can't be opened.
        """
        if self._visible and not os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
            raise DeviceUnavailable("a visible browser needs a display: run this in a graphical session")
        self.reset()
        devtools = self._connection
        devtools.listen(self._heard)
        with self._guarded():
            if self._visible:
                self._fit(devtools)
            self._histories.remember(self._tab)
            self._events.clear()
            self._histories.forget()
            self._shown.clear()
        until = time.monotonic() + self._config.settle
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
        if self._over is None:
            with self._guarded():
                devtools = self._connection
                until = time.monotonic() + seconds
                while not self._messages and not self._events and (left := until - time.monotonic()) > 0:
                    devtools.pump(left)
                while devtools.pump(0.0):
                    pass
                if not self._dialog:
                    self._read()
                    self._browse()
        found = list(self._events)
        self._events.clear()
        for event in found:
            if isinstance(event, Moved | Pressed):
                self._pointer = (event.x, event.y)
        return found

    def look(self, *, since: float | None) -> Glance | None:
        """What is seen now, if it changed since the last look, or that one began before `since`.

        Raises:
            DeviceLost: if the browser is gone.
        """
        now = time.monotonic()
        if self._shown:
            return None  # another tab is in front; one that is hidden draws nothing
        if self._dialog or self._over is not None or (self._popup and now - self._popup < POPUP_SECONDS):
            return None
        with self._guarded():
            return self._look(since)
        return None

    # ---- looking

    def _look(self, since: float | None) -> Glance | None:
        now = time.monotonic()
        tab = self._tab
        if tab.gone:
            return None
        if tab.busy:
            self._dirty = self._dirty or now
        elif now - self._asked >= ASK_SECONDS:
            self._asked = now
            if not self._unchanged():
                self._dirty = self._dirty or now
        if self._dirty is None and (since is None or self._looked >= since):
            return None
        restless = self._dirty is not None and now - max(self._dirty, self._looked) >= RESTLESS_SECONDS
        if (tab.busy or (since is not None and now - since < PATIENCE_SECONDS)) and not restless:
            return None
        began = time.monotonic()
        seen = look(self._connection, tab, self._config.mode)
        still = seen.still and not tab.busy
        if not still and not restless:
            self._dirty = self._dirty or began
            return None
        self._known, self._changes = seen.status.effects, seen.status.changes
        observation = self._observation(seen)
        ended = time.monotonic()
        if observation.notice:
            self._notes.append((ended, observation.notice))
        self._dirty = None if still else began
        self._looked = began
        return Glance(
            began=began,
            ended=ended,
            quiet=still,
            tree=observation.tree,
            title=observation.title,
            location=observation.location,
            pointer=self._pointer,
            make=lambda: self._noted(observation, ended),
            picture=lambda: None if observation.screen is None else decode(observation.screen.data),
        )

    def _noted(self, observation: Observation, ended: float) -> Observation:
        """The observation with all that was said up to it and not recorded yet."""
        said = dict.fromkeys(note for when, note in self._notes if when <= ended)
        self._notes = [(when, note) for when, note in self._notes if when > ended]
        return replace(observation, notice="; ".join(said) or None)

    def _unchanged(self) -> bool:
        try:
            return Status.of(self._tab.frame.evaluate("hindtrace.status()")).changes == self._changes
        except (Gone, _Interrupted):
            raise
        except DevtoolsError:
            return False

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Passes over what only interrupts: a dialog, a document that goes, a tab that hangs, a browser that closed."""
        try:
            devtools = self._connection
            with self._within(devtools):
                devtools.deadline = time.monotonic() + ANSWER_SECONDS
                yield
        except (Gone, DeviceLost) as error:
            if not self._visible:
                raise DeviceLost("the browser is gone") from error
            self._over = CLOSED
        except DevtoolsError as error:
            if not (isinstance(error, _Interrupted) or is_transient(error) or self._tab.gone):
                self._tab.note("the page does not answer")
            self._dirty = self._dirty or time.monotonic()

    def _fit(self, devtools: Devtools) -> None:
        """Makes the window as large as the page and what is around it."""
        window = devtools.call("Browser.getWindowForTarget", {"targetId": self._tab.target})
        bounds = {
            "left": 0,
            "top": 0,
            "width": self._config.width + FRAME[0],
            "height": self._config.height + FRAME[1],
        }
        devtools.tell("Browser.setWindowBounds", {"windowId": window["windowId"], "bounds": bounds})

    # ---- listening

    def _heard(self, method: str, params: dict[str, Any], session: str | None) -> None:
        context = self._context
        if context is None:
            return
        tab = next((each for each in context.tabs if session in each.sessions), None)
        if tab is None:
            return
        now = time.monotonic()
        match method:
            case "Runtime.bindingCalled" if params.get("name") == TELL:
                self._messages.append((tab, str(session), params.get("payload")))
            case "Page.javascriptDialogOpening":
                self._dialog = True
                raise _Interrupted("a dialog opened")
            case "Page.javascriptDialogClosed":
                self._dialog = False
                self._dirty = self._dirty or now
                tab.note("the dialog was accepted" if params.get("result") else "the dialog was dismissed")
            case "Page.frameRequestedNavigation" if params.get("frameId") == tab.target:
                self._histories.request(tab.target)
            case "Page.frameNavigated" if params["frame"]["id"] == tab.target:
                self._histories.commit(tab.target, now)
            case "Page.navigatedWithinDocument" if params.get("frameId") == tab.target:
                self._histories.commit(tab.target, now, within=True)

    def _read(self) -> None:
        """Makes events of what pages told, where it lies in a frame of a process of its own with that frame's place."""
        while self._messages:
            tab, session, payload = self._messages.popleft()
            try:
                message = read_message(payload)
                if is_shown(message):
                    if tab is self._tab and not self._shown:
                        continue  # a new document of the tab that is in front
                    now = time.monotonic()
                    self._shown.append((now, tab, message.get("came") is not True or self._brought(tab, now)))
                    continue
                if tab is not self._tab:
                    now = time.monotonic()
                    self._shown.append((now, tab, self._brought(tab, now)))  # whoever acts in a tab looks at it
                    self._follow_shown(now)
                offset = self._offset(tab, session) if message.get("apart") is True else (0.0, 0.0)
                size = (self._config.width, self._config.height)
                event = event_of(message, ahead=self._ahead, offset=offset, size=size)
            except Untrue as error:
                tab.note(f"what was done was left out: {error}")
                continue
            except (Gone, Hung, _Interrupted):
                raise
            except DevtoolsError:
                tab.note("what was done in a frame was left out: it is gone")
                continue
            self._events.append(event)
            if isinstance(event, Pressed):
                self._popup = time.monotonic() if message.get("popup") is True else None
            elif isinstance(event, Chosen | Told) or (isinstance(event, Struck) and event.key in _CLOSING):
                self._popup = None
            if not isinstance(event, Moved | Lifted) and not (isinstance(event, Struck) and event.key in _INERT):
                self._did = max(self._did, event.time)
                if self._focus is not None and self._focus[0] < event.time:
                    self._settle_focus()
            elif isinstance(event, Struck):
                self._chord = event.time

    def _offset(self, tab: Tab, session: str) -> tuple[float, float]:
        """Where the uppermost frame of a process lies in the page.

        Raises:
            Untrue: if it can't be said.
        """
        x = y = 0.0
        for _ in range(FRAME_DEPTH):
            frames = [frame for id in tab.frames if (frame := tab.frame_of(id)) is not None]
            root = next((f for f in frames if f.session == session and f.parent and f.parent.session != session), None)
            if root is None or root.parent is None:
                if session == tab.session and (x or y):
                    return x, y
                break
            devtools, session = self._connection, root.parent.session
            owner = devtools.call("DOM.getFrameOwner", {"frameId": root.id}, session=session)
            given = {"backendNodeId": owner["backendNodeId"]}
            content = devtools.call("DOM.getBoxModel", given, session=session)["model"]["content"]
            x, y = x + float(content[0]), y + float(content[1])
        raise Untrue("it was in a frame whose place is unknown")

    # ---- the browser around the page

    def _browse(self) -> None:
        """Reads off the browser what was done in it: tabs first, then the addresses of the one in front."""
        context = self._tabs
        for opened in context.take_opened(time.monotonic() + 1.3):
            by_person = opened.opener is None
            plain = opened.url.startswith(("chrome://", "about:")) or opened.url == ""
            if not plain and self._leaves(opened.url) is not None:
                self._tab.note(f"closed a new tab: {redacted(opened.url)}")
                context.refuse(opened)
                continue
            current = context.current
            if not context.adopt(opened):
                continue
            new, context.current = context.tabs[-1], current
            self._histories.remember(new)
            self._connection.unlisten(self._heard)
            self._connection.listen(self._heard)  # after the tab's own
            if by_person:
                self._tell(NewTab())
                context.current = len(context.tabs) - 1
            else:
                self._born = (time.monotonic(), new)
                self._tab.note(f"a new tab opened: {redacted(opened.url)}")
            self._dirty = self._dirty or time.monotonic()
        closed = [tab for tab in context.tabs if tab.closed]
        if closed:
            self._drop(closed)
        if self._over is None:
            self._follow_shown(time.monotonic() - SHOWN_SECONDS)
            if self._focus is not None and time.monotonic() - self._focus[0] > FOCUS_SECONDS:
                self._settle_focus()
            if not self._shown:  # else it is not known yet which tab is in front
                for when, action in self._histories.follow(context.tabs, self._tab, self._caused):
                    self._tell(action, when)

    def _drop(self, closed: list[Tab]) -> None:
        """Forgets tabs that were closed; the one that comes to the front then says so itself."""
        context, current = self._tabs, self._tab
        left = [tab for tab in context.tabs if not tab.closed]
        if not left:
            self._over = CLOSED
            return
        now = time.monotonic()
        if current.closed or self._left in closed:
            # The other tab may have come to the front before the news of this one.
            when = now if self._focus is None else self._focus[0]
            if self._focus is not None or not self._caused(now):
                self._tell(CloseTab(), when)
            self._closed_at, self._focus, self._left = when, None, None
        index = max(context.current - 1, 0)
        for tab in closed:
            tab.forget()
        context.tabs[:] = left
        context.current = min(index, len(left) - 1) if current.closed else left.index(current)
        self._dirty = self._dirty or now

    def _follow_shown(self, until: float) -> None:
        """Goes on in the tab that came to the front before that time."""
        context = self._tabs
        later = [each for each in self._shown if each[0] > until]
        for when, tab, caused in self._shown:
            if when > until or tab not in context.tabs or tab is self._tab:
                continue
            self._settle_focus()
            self._left = self._tab
            context.current = context.tabs.index(tab)
            self._dirty = self._dirty or time.monotonic()
            if abs(when - self._closed_at) > CAUSE_SECONDS and not caused:
                self._focus = (when, FocusTab(context.current))
        self._shown = later

    def _settle_focus(self) -> None:
        """Tells that another tab was chosen, now that it is known that none was closed."""
        focus, self._focus = self._focus, None
        self._left = None
        if focus is not None:
            self._tell(focus[1], focus[0])

    def _brought(self, tab: Tab, when: float) -> bool:
        """Whether a page brought that tab to the front: by what was done in it, or because it opened it just now."""
        born, new = self._born or (0.0, None)
        return self._caused(when) or (tab is new and when - born < CAUSE_SECONDS)

    def _caused(self, when: float) -> bool:
        """Whether something was done in a page just before that time, and no key of a chord was pressed since."""
        return when - self._did < CAUSE_SECONDS and self._chord < self._did

    def _tell(self, action: Action, when: float | None = None) -> None:
        """Puts what was done before that which pages told later: it takes longer to be read off the browser."""
        now = time.monotonic()
        told = Told(now if when is None else when, action, now)
        place = len(self._events)
        while place and self._events[place - 1].time > told.time:
            place -= 1
        self._events.insert(place, told)
