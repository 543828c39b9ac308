"""What is seen of a display with its accessibility bus, and when it is at rest."""

import select
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from explorers.desktop.atspi import Registry
from explorers.desktop.bus import BusGone, NoAnswer
from explorers.desktop.display import Display, DisplaySystem, Window
from explorers.desktop.screen import screen_of
from explorers.desktop.tree import DesktopTree, build_tree, with_drawn
from explorers.pixels import can_read, shared_reader
from schemas.errors import DeviceLost
from schemas.records import Box, Screen
from schemas.redaction import KnownSecrets
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


@dataclass(frozen=True)
class DesktopLook:
    """What was seen at one moment; `hung` are the process ids of applications that did not answer.

    `pixels` are height, width, BGRX. `drawn` says that something was drawn meanwhile: tree and picture may differ.
    """

    pixels: NDArray[np.uint8]
    tree: DesktopTree
    windows: tuple[Window, ...]
    hung: tuple[int, ...]
    drawn: bool
    volatile: tuple[Box, ...] = ()

    @cached_property
    def screen(self) -> Screen:
        """The picture, packed when it is asked for: most looks of a demonstration are forgotten."""
        return screen_of(self.pixels)

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

    def second(self, main: int) -> Window | None:
        """What is left to go back to the main window: the one in use, else the topmost dialog."""
        active = self.active
        if active is not None and active.id != main and len(self.ordinary) > 1:
            return active
        return next((each for each in reversed(self.windows) if each.kind == "dialog" and each.id != main), None)

    def main(self, known: int | None) -> Window | None:
        """The application's main window: the `known` one as long as it is there, else the largest, the oldest first.

        A dialog is it only where there is nothing else: a greeting that came before it no longer is.
        """
        own = [each for each in self.ordinary if each.kind == "normal"] or list(self.ordinary)
        same = next((each for each in own if each.id == known), None)
        return same or max(own, key=lambda each: each.box.width * each.box.height, default=None)


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


def losses(system: DisplaySystem) -> tuple[type[Exception], ...]:
    """What is raised when a display of that system, or its accessibility bus, is gone."""
    return (*system.errors, BusGone, OSError)


class Watch:
    """A display and its accessibility bus, looked at by one thread; whoever made them calls `close`, which ends both.

    `known` are the secrets that were seen on it.
    `settle` bounds the wait for rest, and for applications that don't answer a look, in seconds.
    """

    _registry: Registry | None = None
    _display: Display | None = None

    def __init__(self, display: Display, registry: Registry, *, settle: float) -> None:
        self._display, self._registry, self.windows = display, registry, display.windows
        self._bound = self._patience = settle
        self._restless = False
        self.known = KnownSecrets()
        self.width, self.height = display.width, display.height

    @property
    def display(self) -> Display:
        """The display."""
        assert self._display is not None  # it was there when this was made
        return self._display

    @property
    def registry(self) -> Registry:
        """The accessibility bus."""
        assert self._registry is not None  # it was there when this was made
        return self._registry

    def read(self) -> tuple[DesktopTree, tuple[Window, ...], tuple[int, ...]]:
        """The tree, the windows, and who did not answer; without the picture.

        Raises:
            DeviceLost: if the accessibility registry does not answer.
        """
        windows = self.windows.shown()
        try:
            popups = [window for window in windows if window.kind == "popup"]
            applications = self.registry.read(until=time.monotonic() + self._patience, popups=popups)
        except NoAnswer as error:
            raise DeviceLost("the accessibility registry does not answer") from error
        hung = tuple(app.pid for app in applications if app.root is None)
        self._patience = min(0.5, self._bound) if hung else self._bound
        tree = build_tree(applications, windows, self.width, self.height, self.known)
        return tree, tuple(windows), hung

    def settled(self, *, acted: bool) -> tuple[str, DesktopLook]:
        """A look at the application at rest, and how rest came: `quiet MS` or `timeout MS`, in milliseconds.

        After an action its first effect is waited for up to `PATIENCE_SECONDS`.
        """
        began = time.monotonic()
        # One that moved all the time before is not waited for as long again.
        until = began + (min(RESTLESS_SECONDS, self._bound) if self._restless else self._bound)
        resting = Resting(began, began, began)
        while True:
            rested = self.rest(resting, until, acted=acted)
            look = self.look()
            late = time.monotonic() >= until
            self._restless = not rested or (look.drawn and late)
            if self._restless or look.hung or not look.drawn:
                look = self._with_drawn(look)
                verdict = "timeout" if self._restless or look.hung else "quiet"
                settle = f"{verdict} {round((time.monotonic() - began) * 1000)}"
                if self._restless:
                    look = replace(look, volatile=self._volatile(look.pixels))
                return settle, look
            resting.last, resting.changed = time.monotonic(), True

    def look(self) -> DesktopLook:
        """What is there at this moment, at rest or not.

        Raises:
            DeviceLost: if the accessibility registry does not answer.
        """
        self.drain()
        tree, windows, hung = self.read()
        pixels = self.display.capture()
        return DesktopLook(pixels, tree, windows, hung, drawn=self.display.drawn())

    def pump(self, seconds: float) -> bool:
        """Waits up to so long for a drawing or an event, and returns whether one came."""
        events = self.registry.events
        if self.display.drawn():
            return True
        select.select([self.display.fileno(), self.registry.bus.fileno()], [], [], seconds)
        self.registry.bus.pump(0.0)
        return self.display.drawn() or self.registry.events != events

    def drain(self) -> None:
        """Forgets what was drawn and told so far."""
        self.display.drawn()
        for _ in range(DRAIN_LIMIT):  # a flood does not end
            if not self.registry.bus.pump(0.0):
                break

    # ---- inside

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

    def _with_drawn(self, look: DesktopLook) -> DesktopLook:
        """The look with what is read of its picture where applications tell nothing, if it can be read."""
        if not look.tree.mute or not can_read():
            return look
        return replace(look, tree=with_drawn(look.tree, look.pixels, shared_reader(), self.known))

    def _volatile(self, pixels: NDArray[np.uint8]) -> tuple[Box, ...]:
        """The parts of a picture that a second one shows to move by themselves."""
        time.sleep(APART_SECONDS)
        moved = changed_tiles(pixels[..., :3], self.display.capture()[..., :3])
        return tuple(Box(float(column * TILE), float(row * TILE), float(TILE), float(TILE)) for row, column in moved)

    def close(self) -> None:
        """Ends the connections to both; may be called twice."""
        if self._registry is not None:
            self._registry.close()
        if self._display is not None:
            self._display.close()
        self._registry = self._display = None
