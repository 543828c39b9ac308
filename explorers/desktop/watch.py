"""What is seen of an X display with its accessibility bus, and when it is at rest."""

import select
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np
from mss.exception import ScreenShotError
from mss.screenshot import ScreenShot
from numpy.typing import NDArray
from Xlib.display import Display
from Xlib.error import ConnectionClosedError, XError

from explorers.desktop.atspi import Registry
from explorers.desktop.bus import BusGone, NoAnswer
from explorers.desktop.screen import Eyes
from explorers.desktop.tree import DesktopTree, build_tree
from explorers.desktop.windows import Window, Windows
from schemas.errors import DeviceLost
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
DRAIN_LIMIT = 40

GONE = (BusGone, ConnectionClosedError, ScreenShotError, BrokenPipeError, ConnectionResetError)
"""What is raised when the desktop, or a part of it, is gone."""


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


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What was there at one moment; `drawn` says that something was drawn meanwhile: tree and picture may differ."""

    shot: ScreenShot
    tree: DesktopTree
    windows: tuple[Window, ...]
    hung: tuple[int, ...]
    drawn: bool

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """Height, width, BGR."""
        return pixels_of(self.shot)


@dataclass(slots=True)
class Resting:
    """How long nothing happened; the times are of the monotonic clock."""

    began: float
    last: float
    event: float
    changed: bool = field(default=False)


def active_window(windows: Sequence[Window]) -> Window | None:
    """The window that has the focus, else the topmost that is no menu."""
    ordinary = [window for window in windows if window.kind in ("normal", "dialog")]
    return next((window for window in ordinary if window.active), ordinary[-1] if ordinary else None)


def pixels_of(shot: ScreenShot) -> NDArray[np.uint8]:
    """The pixels of what was grabbed: height, width, BGR."""
    return np.frombuffer(shot.raw, np.uint8).reshape(shot.height, shot.width, 4)[..., :3]


class Watch:
    """A display and its accessibility bus, looked at by one thread; whoever made them calls `close`, which ends both.

    `settle` bounds the wait for rest, and for applications that don't answer a look, in seconds.
    """

    _registry: Registry | None = None
    _display: Display | None = None
    _eyes: Eyes | None = None

    def __init__(self, display: Display, registry: Registry, windows: Windows, *, settle: float) -> None:
        self._display, self._registry, self.windows = display, registry, windows
        self._bound = self._patience = settle
        self._restless = False
        screen = display.screen()
        self.width, self.height = int(screen.width_in_pixels), int(screen.height_in_pixels)
        self._eyes = Eyes(display)

    @property
    def registry(self) -> Registry:
        """The accessibility bus."""
        assert self._registry is not None  # it was there when this was made
        return self._registry

    def told(self) -> tuple[DesktopTree, tuple[Window, ...], tuple[int, ...]]:
        """The tree, the windows, and who did not answer; without the picture.

        Raises:
            DeviceLost: if the accessibility registry does not answer.
        """
        windows = self.windows.shown()
        try:
            found = self.registry.read(until=time.monotonic() + self._patience)
        except NoAnswer as error:
            raise DeviceLost("the accessibility registry does not answer") from error
        hung = tuple(app.pid for app in found if app.root is None)
        self._patience = min(0.5, self._bound) if hung else self._bound
        return build_tree(found, windows, self.width, self.height), tuple(windows), hung

    def settled(self, *, acted: bool) -> tuple[str, Look]:
        """A look at the application at rest, and how rest came: `quiet MS` or `timeout MS`, in milliseconds.

        After an action its first effect is waited for up to `PATIENCE_SECONDS`.
        """
        began = time.monotonic()
        # One that moved all the time before is not waited for as long again.
        until = began + (min(RESTLESS_SECONDS, self._bound) if self._restless else self._bound)
        resting = Resting(began, began, began)
        while True:
            rested = self.rest(resting, until, acted=acted)
            found = self.glimpse()
            late = time.monotonic() >= until
            self._restless = not rested or (found.drawn and late)
            if self._restless or found.hung or not found.drawn:
                verdict = "timeout" if self._restless or found.hung else "quiet"
                return f"{verdict} {_ms(began)}", self.look_of(found, restless=self._restless)
            resting.last, resting.changed = time.monotonic(), True

    def glimpse(self) -> "Glimpse":
        """What is there at this moment, at rest or not; its picture is not packed.

        Raises:
            DeviceLost: if the accessibility registry does not answer.
        """
        assert self._eyes is not None
        self.drain()
        tree, windows, hung = self.told()
        shot = self._eyes.grab()
        return Glimpse(shot, tree, windows, hung, drawn=self._drawn())

    def look_of(self, found: "Glimpse", *, restless: bool = False) -> Look:
        """The same with its picture packed, and what a second picture shows to move by itself if it was not at rest."""
        assert self._eyes is not None
        volatile = self._volatile(found.shot) if restless else ()
        return Look(self._eyes.picture(found.shot), found.tree, found.windows, found.hung, volatile)

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

    # ---- inside

    def _drawn(self) -> bool:
        assert self._eyes is not None
        return self._eyes.look_for_damage()

    def rest(self, resting: Resting, until: float, *, acted: bool) -> bool:
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
        moved = changed_tiles(pixels_of(shot), pixels_of(self._eyes.grab()))
        return tuple(Box(float(column * TILE), float(row * TILE), float(TILE), float(TILE)) for row, column in moved)

    def close(self) -> None:
        """Ends the connections to both; may be called twice."""
        if self._registry is not None:
            self._registry.close()
        with suppress(*GONE, XError, OSError):
            if self._eyes is not None:
                self._eyes.close()
        with suppress(*GONE, XError, OSError):
            if self._display is not None:
                self._display.close()
        self._registry = self._display = self._eyes = None


def _ms(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
