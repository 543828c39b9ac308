"""What a hand does with the mouse of a display."""

import time

from explorers.demonstrations.events import Button
from explorers.desktop.display import Display

NOTCH = 60.0
"""Pixels that a notch of the wheel is taken for where nothing tells."""

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
        self._display.move_pointer(x, y)
        self._display.flush()

    def click(self, x: int, y: int, *, button: Button = "left", times: int = 1, seconds: float = 0.0) -> None:
        """Presses and releases a button, held for so long."""
        self._part(x, y)
        self.move(x, y)
        for _ in range(times):
            self._display.press_button(button, down=True)
            if seconds > 0:
                self._display.flush()
                time.sleep(seconds)
            self._display.press_button(button, down=False)
            self._display.flush()
        self._last = (x, y, time.monotonic())

    def drag(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        """Presses, moves in steps that an application can follow, and releases."""
        self._part(*start)
        self.move(*start)
        self._display.press_button("left", down=True)
        for step in range(1, _DRAG_STEPS + 1):
            self._display.flush()
            time.sleep(_DRAG_PAUSE)
            share = step / _DRAG_STEPS
            x, y = (round(a + (b - a) * share) for a, b in zip(start, end, strict=True))
            self._display.move_pointer(x, y)
        self._display.flush()
        time.sleep(_DRAG_PAUSE)
        self._display.press_button("left", down=False)
        self._display.flush()
        self._last = (*end, time.monotonic())

    def turn(self, across: int, down: int) -> None:
        """Turns the wheel where the pointer is, by so many notches."""
        self._display.turn_wheel(across, down)
        self._display.flush()

    def _part(self, x: int, y: int) -> None:
        """Waits until a press there is no part of a double click."""
        last_x, last_y, when = self._last
        if abs(x - last_x) <= NEAR and abs(y - last_y) <= NEAR:
            time.sleep(max(when + APART_SECONDS - time.monotonic(), 0.0))
