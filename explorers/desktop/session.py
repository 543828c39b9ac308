"""One episode's desktop with the application in it: what is seen of it, and when it is at rest."""

import os
import select
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from mss.exception import ScreenShotError
from mss.screenshot import ScreenShot
from Xlib.display import Display
from Xlib.error import ConnectionClosedError, DisplayError, XError

from explorers.desktop.atspi import Registry, connect
from explorers.desktop.bus import BusGone, NoAnswer
from explorers.desktop.keyboard import Keyboard
from explorers.desktop.pointer import Pointer
from explorers.desktop.process import DesktopProcess, Ended
from explorers.desktop.screen import Eyes
from explorers.desktop.tree import DesktopTree, build_tree
from explorers.desktop.windows import Window, Windows
from explorers.desktop.workspace import Home
from schemas.errors import ConfigurationError, DeviceLost, DeviceUnavailable
from schemas.records import Box, Screen
from schemas.visual import TILE, changed_tiles

QUIET_SECONDS = 0.025
"""Without a drawing and an event for so long, the application is at rest."""

PATIENCE_SECONDS = 0.06
"""How long the first effect of an action is waited for; a text changes 2 to 5 ms after a click (measured).

On a busy machine that is too short, but an application that answers a look has come to what it was told before it.
"""

RESTLESS_SECONDS = 1.0
"""After so long of drawing without an event, something moves by itself and is not waited for."""

APART_SECONDS = 0.15
STEADY_PART, STEADY_SECONDS = 0.2, 1.5
"""For which part of the time until its window came, and at most how long, an application has to be the same."""

END_SECONDS = 0.5
"""How long after its last window an application is waited for to end, and to say whether it crashed."""

DRAIN_LIMIT = 40
BLIND_SECONDS = 1.5
"""How long a window stays alone on the screen until its application is taken for one without accessibility."""

PRIVATE = ("/home", "/root", "/media", "/mnt")
"""Folders that are empty to an application, unless it lives in one of them or is given a path there."""

GONE = (BusGone, ConnectionClosedError, ScreenShotError, BrokenPipeError, ConnectionResetError)
"""What is raised when the desktop, or a part of it, is gone."""


@dataclass(frozen=True, slots=True)
class DesktopConfig:
    """How an application is explored; sizes in pixels, times in seconds.

    `settle` bounds the wait for rest, `start` the wait for the first window, `step` a whole look or action; an
    application that does not answer for `hang` is ended. `pace` is the time between two keys; None finds out what the
    application can follow. `documents` is a folder to copy into each episode's home. `display` is a display that is
    there already, which has a size of its own and is shared with whoever uses it; None makes one for each episode.
    """

    width: int = 1280
    height: int = 720
    locale: str = "C.UTF-8"
    timezone: str = "UTC"
    settle: float = 4.0
    start: float = 30.0
    step: float = 30.0
    hang: float = 8.0
    pace: float | None = None
    network: bool = False
    documents: Path | None = None
    display: str | None = None
    redact_personal: bool = False

    def __post_init__(self) -> None:
        """Refuses sizes and times that can't work."""
        if not (100 <= self.width <= 10_000 and 100 <= self.height <= 10_000):
            raise ConfigurationError(f"expected a screen of 100 to 10000 pixels, found {self.width} x {self.height}")
        if min(self.settle, self.start, self.step, self.hang) <= 0 or (self.pace is not None and self.pace < 0):
            raise ConfigurationError("expected times above zero seconds")


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen at one moment; `hung` are the process ids of applications that did not answer."""

    screen: Screen
    tree: DesktopTree
    windows: tuple[Window, ...]
    hung: tuple[int, ...] = ()
    volatile: tuple[Box, ...] = ()

    @property
    def active(self) -> Window | None:
        """The window in use, or None."""
        return active_window(self.windows)

    @property
    def ordinary(self) -> tuple[Window, ...]:
        """The windows that are no menus, the oldest first."""
        return tuple(
            sorted((each for each in self.windows if each.kind in ("normal", "dialog")), key=lambda each: each.id)
        )

    @property
    def popup(self) -> bool:
        """Whether a menu or the like is open."""
        return any(window.kind == "popup" for window in self.windows)

    def second(self, first: int) -> Window | None:
        """The window that goes back to the first when it is closed: the one in use, else the topmost dialog."""
        active = self.active
        if active is not None and active.id != first and len(self.ordinary) > 1:
            return active
        return next((each for each in reversed(self.windows) if each.kind == "dialog" and each.id != first), None)


@dataclass(slots=True)
class _Resting:
    """How long nothing happened; the times are of the monotonic clock."""

    began: float
    last: float
    event: float
    changed: bool = field(default=False)


def active_window(windows: Sequence[Window]) -> Window | None:
    """The window that has the focus, else the topmost that is no menu."""
    ordinary = [window for window in windows if window.kind in ("normal", "dialog")]
    return next((window for window in ordinary if window.active), ordinary[-1] if ordinary else None)


class Session:
    """An application on a desktop; used by one thread but for `kill`, and closed by its maker.

    `prepare` is done in the home before the application starts.

    Raises:
        DeviceUnavailable: if the desktop or the application does not start, or can't be prepared.
    """

    def __init__(
        self, command: Sequence[str], config: DesktopConfig, prepare: Callable[[Home], None] = lambda _home: None
    ) -> None:
        self._config = config
        self._command = list(command)
        self._registry: Registry | None = None
        self._display: Display | None = None
        self._eyes: Eyes | None = None
        self._patience = config.settle
        self._restless = False
        self.process = DesktopProcess(
            width=config.width,
            height=config.height,
            locale=config.locale,
            timezone=config.timezone,
            network=config.network,
            display=config.display,
            documents=config.documents,
            hidden=[folder for folder in PRIVATE if not any(folder in word for word in _words(command))],
            shown=_shown(_words(command)),
        )
        try:
            self._display = Display(self.process.display)
            screen = self._display.screen()
            self.width, self.height = int(screen.width_in_pixels), int(screen.height_in_pixels)
            self._registry, self._address = connect(
                self.process.outside(f"{self.process.inside}/run/bus"), self.process.outside
            )
            self.windows = Windows(self._display)
            self.keyboard = Keyboard(self._display, shared=config.display is not None)
            self.pointer = Pointer(self._display)
            if config.display is None:
                self.pointer.move(self.width - 1, self.height - 1)  # nothing is under it there
            self._eyes = Eyes(self._display)
            self.home = Home(self.process)
            prepare(self.home)
            self.pid, self.first = self._start()
        except (*GONE, XError, DisplayError, DeviceLost) as error:
            self.close()
            raise DeviceUnavailable(f"the desktop can't be started: {error}") from error
        except DeviceUnavailable:
            self.close()
            raise

    @property
    def registry(self) -> Registry:
        """The accessibility bus."""
        assert self._registry is not None  # it was there when the session was
        return self._registry

    @property
    def outside_address(self) -> str:
        """The accessibility bus's address for a program outside of the desktop."""
        place = self._address.removeprefix("unix:path=").partition(",")[0]
        return f"unix:path={self.process.outside(place)}"

    def restart(self) -> None:
        """Ends the application and starts it anew, in the home as it is.

        Raises:
            DeviceLost: if it does not come up.
        """
        self.process.stop(self.pid)
        try:
            self.pid, self.first = self._start()
        except DeviceUnavailable as error:
            raise DeviceLost(str(error)) from error

    def _told(self) -> tuple[DesktopTree, tuple[Window, ...], tuple[int, ...]]:
        """The tree, the windows, and who did not answer."""
        windows = self.windows.shown()
        try:
            found = self.registry.read(until=time.monotonic() + self._patience)
        except NoAnswer as error:
            raise DeviceLost("the accessibility registry does not answer") from error
        hung = tuple(app.pid for app in found if app.root is None)
        self._patience = min(0.5, self._config.settle) if hung else self._config.settle
        return build_tree(found, windows, self.width, self.height), tuple(windows), hung

    def settled(self, *, acted: bool) -> tuple[str, Look]:
        """A look at the application at rest, and how rest came: `quiet MS` or `timeout MS`, in milliseconds.

        After an action its first effect is waited for up to `PATIENCE_SECONDS`.
        """
        assert self._eyes is not None
        began = time.monotonic()
        # One that moved all the time before is not waited for as long again.
        until = began + (min(RESTLESS_SECONDS, self._config.settle) if self._restless else self._config.settle)
        resting = _Resting(began, began, began)
        while True:
            rested = self._rest(resting, until, acted=acted)
            self.drain()
            tree, windows, hung = self._told()
            shot = self._eyes.grab()
            drawn = self._drawn()  # then tree and picture may be of two moments
            late = time.monotonic() >= until
            self._restless = not rested or (drawn and late)
            if self._restless or hung or not drawn:
                verdict = "timeout" if self._restless or hung else "quiet"
                volatile = self._volatile(shot) if self._restless else ()
                return f"{verdict} {_ms(began)}", Look(self._eyes.picture(shot), tree, windows, hung, volatile)
            resting.last, resting.changed = time.monotonic(), True

    def pump(self, seconds: float) -> bool:
        """Waits up to so long for a drawing or an event, and returns whether one came."""
        assert self._display is not None
        events = self.registry.events
        if self._drawn():
            return True
        select.select([self._display.fileno(), self.registry.bus], [], [], seconds)
        self.registry.bus.pump(0.0)
        return self._drawn() or self.registry.events != events

    def drain(self) -> None:
        """Forgets what was drawn and told so far."""
        self._drawn()
        for _ in range(DRAIN_LIMIT):  # a flood does not end
            if not self.registry.bus.pump(0.0):
                break

    def changed(self) -> bool:
        """Whether something was drawn or told since the last look."""
        return self.pump(0.0)

    def crash(self, *, wait: bool = False) -> Ended | None:
        """The application's end, if it ended and not by itself; waited for a moment where its windows are gone.

        Raises:
            DeviceLost: if the desktop is gone.
        """
        until = time.monotonic() + END_SECONDS
        self.process.poll()
        while wait and not self.ended() and time.monotonic() < until:
            time.sleep(0.01)
            self.process.poll()
        return next((each for each in self.process.ended if each.pid == self.pid and each.code != 0), None)

    def ended(self) -> bool:
        """Whether the application that was started ended by itself."""
        return any(each.pid == self.pid for each in self.process.ended)

    def kill(self) -> None:
        """Has everything end now; may be called from another thread."""
        self.process.kill()

    def close(self) -> None:
        """Ends everything; may be called twice."""
        if self._registry is not None:
            self._registry.close()
        with suppress(*GONE, XError, OSError):
            if self._eyes is not None:
                self._eyes.close()
        with suppress(*GONE, XError, OSError):
            if self._display is not None:
                self._display.close()
        self._registry = self._display = self._eyes = None
        self.process.close()

    # ---- inside

    def _start(self) -> tuple[int, Window]:
        """Starts the application; its process id and its first window."""
        self.pid = self.process.start(self._command, {"AT_SPI_BUS_ADDRESS": self._address})
        return self.pid, self._await_window()

    def _drawn(self) -> bool:
        assert self._eyes is not None
        return self._eyes.look_for_damage()

    def _rest(self, resting: _Resting, until: float, *, acted: bool) -> bool:
        """Waits for rest, and returns whether it came."""
        while True:
            events = self.registry.events
            if self.pump(QUIET_SECONDS / 2):
                now = time.monotonic()
                resting.last, resting.changed = now, True
                if self.registry.events != events:
                    resting.event = now
            now = time.monotonic()
            patient = not acted or resting.changed or now - resting.began >= PATIENCE_SECONDS
            if patient and now - resting.last >= QUIET_SECONDS:
                return True
            if now >= until or (now - resting.event >= RESTLESS_SECONDS and resting.changed):
                return False

    def _volatile(self, shot: ScreenShot) -> tuple[Box, ...]:
        """The parts of what was grabbed that a second picture shows to move by themselves."""
        assert self._eyes is not None
        time.sleep(APART_SECONDS)
        before, after = (
            np.frombuffer(each.raw, np.uint8).reshape(each.height, each.width, 4)[..., :3]
            for each in (shot, self._eyes.grab())
        )
        moved = changed_tiles(before, after)
        return tuple(Box(float(column * TILE), float(row * TILE), float(TILE), float(TILE)) for row, column in moved)

    def _await_window(self) -> Window:
        """The application's first window, once it and its tree are there and at rest.

        Raises:
            DeviceUnavailable: if none comes.
        """
        began = time.monotonic()
        until = began + self._config.start
        last: object = None
        lasts = 0.0
        since: float | None = None
        while True:
            self.pump(0.05)
            crash = self.crash()
            if crash is not None:
                raise DeviceUnavailable(f"the application ended: {_how(crash)}{self._said()}")
            now = time.monotonic()
            if now > until:
                raise DeviceUnavailable(f"no window came within {self._config.start:g} s{self._said()}")
            if not self.windows.shown():
                continue
            since = since or now
            self._rest(_Resting(now, now, now), min(until, now + RESTLESS_SECONDS), acted=False)
            tree, windows, _ = self._told()
            active = active_window(windows)
            told = any(source is not None for source in tree.sources)
            # A toolkit tells its tree a moment after its window came; some never do.
            if active is None or (not told and now - since < BLIND_SECONDS):
                continue
            shape = (windows, tree.tree)
            now = time.monotonic()
            # One that takes long to show its window takes long to fill it, with pauses.
            if shape == last and now - lasts >= min(STEADY_PART * (since - began), STEADY_SECONDS):
                return active
            if shape != last:
                last, lasts = shape, now

    def _said(self) -> str:
        said = self.process.complaint()
        return f": {said}" if said else ""


def _words(command: Sequence[str]) -> list[str]:
    """The words of a command, and where its program lies."""
    found = shutil.which(command[0]) or command[0]
    return [found, os.path.realpath(found), *command[1:]]


def _shown(words: Sequence[str]) -> list[str]:
    """What lies in /tmp, which is another one to an application, and is named by its command: the uppermost folders."""
    paths = (os.path.normpath(word).split("/") for word in words if word.startswith("/tmp/") and os.path.exists(word))
    return sorted({f"/tmp/{parts[2]}" for parts in paths if len(parts) > 2 and not parts[2].startswith(".X")})


def _how(ended: Ended) -> str:
    return f"by signal {-ended.code}" if ended.code < 0 else f"with code {ended.code}"


def _ms(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
