"""A display of X11: its picture, whether something was drawn on it, and its mouse through XTEST."""

from contextlib import suppress
from types import MappingProxyType
from typing import Any

import mss
import numpy as np
from mss.exception import ScreenShotError
from numpy.typing import NDArray
from Xlib import X
from Xlib.display import Display
from Xlib.error import ConnectionClosedError, XError
from Xlib.ext import damage, xtest

from explorers.demonstrations.events import Button
from explorers.desktop.display import Keyboard, Windows
from explorers.desktop.x11.keyboard import X11Keyboard
from explorers.desktop.x11.windows import X11Windows

ERRORS: tuple[type[Exception], ...] = (XError, ConnectionClosedError, ScreenShotError, OSError)
"""What is raised when a display, or a window on it, is gone."""

BUTTONS: MappingProxyType[Button, int] = MappingProxyType({"left": 1, "middle": 2, "right": 3})
MANAGER_SECONDS = 10.0
"""How long a window manager may take to start, on a display of our own."""

UP, DOWN, BEFORE, AFTER = range(4, 8)
"""The buttons that X has for the wheel."""


class X11Display:
    """A display where an X server listens, with its keyboard and its windows."""

    def __init__(self, name: str, *, shared: bool, every_window: bool) -> None:
        self._display = Display(name)
        self._camera: mss.MSS | None = None
        try:
            screen = self._display.screen()
            self.width, self.height = int(screen.width_in_pixels), int(screen.height_in_pixels)
            windows = X11Windows(self._display, every=every_window)
            if not shared and not every_window and windows.await_manager(MANAGER_SECONDS):
                windows = X11Windows(self._display, every=every_window)  # what it made meanwhile is no window of theirs
            self.windows: Windows = windows
            self.keyboard: Keyboard = X11Keyboard(self._display, shared=shared)
            self._camera = mss.MSS(display=self._display.get_display_name())
            self._damage: Any = None
            if self._display.has_extension("DAMAGE"):
                self._display.damage_query_version()
                self._damage = screen.root.damage_create(damage.DamageReportNonEmpty)
            self._display.sync()
        except BaseException:
            self.close()
            raise

    def fileno(self) -> int:
        """The descriptor of its connection."""
        return int(self._display.fileno())

    def drawn(self) -> bool:
        """Whether something was drawn since the last call, by the DAMAGE extension; never without it."""
        drawn = False
        for _ in range(self._display.pending_events()):
            event = self._display.next_event()
            drawn = drawn or event.type == self._display.extension_event.DamageNotify
        if drawn:
            self._display.damage_subtract(self._damage, X.NONE, X.NONE)
            self._display.flush()
        return drawn

    def capture(self) -> NDArray[np.uint8]:
        """The pixels: height, width, BGRX."""
        assert self._camera is not None  # it was there when this was made
        shot = self._camera.grab(self._camera.monitors[0])
        return np.frombuffer(shot.raw, np.uint8).reshape(shot.height, shot.width, 4)

    def move_pointer(self, x: int, y: int) -> None:
        """Has the pointer go there."""
        xtest.fake_input(self._display, X.MotionNotify, x=x, y=y)

    def press_button(self, button: Button, *, down: bool) -> None:
        """Presses or releases a button."""
        xtest.fake_input(self._display, X.ButtonPress if down else X.ButtonRelease, BUTTONS[button])

    def turn_wheel(self, across: int, down: int) -> None:
        """Presses the wheel's buttons so many times."""
        for count, backward, forward in ((down, UP, DOWN), (across, BEFORE, AFTER)):
            for _ in range(abs(count)):
                for kind in (X.ButtonPress, X.ButtonRelease):
                    xtest.fake_input(self._display, kind, forward if count > 0 else backward)

    def flush(self) -> None:
        """Waits until the server has done what it was asked."""
        self._display.sync()

    def accessibility_bus(self) -> str | None:
        """What the root window says."""
        root = self._display.screen().root
        address = root.get_full_text_property(self._display.intern_atom("AT_SPI_BUS"))
        return None if address is None else str(address)

    def close(self) -> None:
        """Ends the connection; may be called twice."""
        with suppress(*ERRORS):
            if self._camera is not None:
                self._camera.close()
        with suppress(*ERRORS):
            self._display.close()
