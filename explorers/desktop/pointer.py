"""The mouse of an X display through XTEST."""

import time

from Xlib import X
from Xlib.display import Display
from Xlib.ext import xtest

LEFT, MIDDLE, RIGHT, UP, DOWN, BEFORE, AFTER = range(1, 8)
"""X's buttons; the last four are the wheel's."""

APART_SECONDS = 0.42
"""Two presses at one place within less are a double click to GTK and Qt, whose limit is 400 ms."""

NEAR = 6
_DRAG_STEPS = 12
_DRAG_PAUSE = 0.012


class Pointer:
    """The pointer of one display."""

    def __init__(self, display: Display) -> None:
        self._display = display
        self._last = (-1_000, -1_000, 0.0)

    def move(self, x: int, y: int) -> None:
        """Moves without pressing."""
        xtest.fake_input(self._display, X.MotionNotify, x=x, y=y)
        self._display.sync()

    def click(self, x: int, y: int, *, button: int = LEFT, times: int = 1, seconds: float = 0.0) -> None:
        """Presses and releases a button, held for so long."""
        self._part(x, y)
        self.move(x, y)
        for _ in range(times):
            xtest.fake_input(self._display, X.ButtonPress, button)
            if seconds > 0:
                self._display.sync()
                time.sleep(seconds)
            xtest.fake_input(self._display, X.ButtonRelease, button)
            self._display.sync()
        self._last = (x, y, time.monotonic())

    def drag(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        """Presses, moves in steps that an application can follow, and releases."""
        self._part(*start)
        self.move(*start)
        xtest.fake_input(self._display, X.ButtonPress, LEFT)
        for step in range(1, _DRAG_STEPS + 1):
            self._display.sync()
            time.sleep(_DRAG_PAUSE)
            share = step / _DRAG_STEPS
            x, y = (round(a + (b - a) * share) for a, b in zip(start, end, strict=True))
            xtest.fake_input(self._display, X.MotionNotify, x=x, y=y)
        self._display.sync()
        time.sleep(_DRAG_PAUSE)
        xtest.fake_input(self._display, X.ButtonRelease, LEFT)
        self._display.sync()
        self._last = (*end, time.monotonic())

    def notches(self, button: int, count: int) -> None:
        """Turns the wheel where the pointer is."""
        for _ in range(count):
            xtest.fake_input(self._display, X.ButtonPress, button)
            xtest.fake_input(self._display, X.ButtonRelease, button)
        self._display.sync()

    def _part(self, x: int, y: int) -> None:
        """Waits until a press there is no part of a double click."""
        last_x, last_y, when = self._last
        if abs(x - last_x) <= NEAR and abs(y - last_y) <= NEAR:
            time.sleep(max(when + APART_SECONDS - time.monotonic(), 0.0))
