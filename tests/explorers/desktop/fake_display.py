"""A display system without a display: one module is all that a second one takes."""

import os
import select
import sys
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorers.demonstrations.events import Button, Event
from explorers.desktop.display import Server, Window
from schemas.actions import Modifier
from schemas.errors import ConfigurationError
from schemas.records import Box

WAITS = "import os, sys, time; os.write(int(sys.argv[1]), b'7\\n'); time.sleep(600)"


class FakeDisplay:
    """Two windows, and the pixel in the corner, which is another one after each input; `done` is what was asked for."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.done: list[tuple[Any, ...]] = []
        self._inputs = 0
        self.windows = self.keyboard = self
        self._shown = [
            Window(1, "Main", Box(0, 0, width, height), None, "normal", active=True),
            Window(2, "Other", Box(40, 40, 200, 100), None, "dialog", active=False),
        ]
        self._reading, self._writing = os.pipe()
        self._open = True

    def _do(self, *what: Any) -> None:
        self.done.append(what)
        self._inputs += 1
        os.write(self._writing, b".")

    def fileno(self) -> int:
        return self._reading

    def drawn(self) -> bool:
        drawn = bool(select.select([self._reading], [], [], 0)[0])
        if drawn:
            os.read(self._reading, 4096)
        return drawn

    def capture(self) -> NDArray[np.uint8]:
        pixels = np.zeros((self.height, self.width, 4), np.uint8)
        pixels[0, 0, :3] = self._inputs % 256
        return pixels

    def move_pointer(self, x: int, y: int) -> None:
        self._do("pointer", x, y)

    def press_button(self, button: Button, *, down: bool) -> None:
        self._do(button, down)

    def turn_wheel(self, across: int, down: int) -> None:
        self._do("wheel", across, down)

    def flush(self) -> None:
        """Nothing waits."""

    def accessibility_bus(self) -> str | None:
        return None

    def shown(self) -> list[Window]:
        return list(self._shown)

    def focus(self, id: int) -> None:
        self._shown = [replace(window, active=window.id == id) for window in self._shown]
        self._do("focus", id)

    def maximize(self, id: int, *, on: bool) -> None:
        self._do("maximize", id, on)

    def move(self, id: int, x: int, y: int) -> None:
        self._do("move", id, x, y)

    def close(self, id: int | None = None) -> None:
        """Of a window, or of the display itself."""
        if id is not None:
            self._shown = [window for window in self._shown if window.id != id]
            self._do("close", id)
        elif self._open:
            self._open = False
            os.close(self._reading)
            os.close(self._writing)

    def press(self, keys: str) -> bool:
        self._do("press", keys)
        return True

    def hold(self, names: Sequence[Modifier], *, down: bool) -> None:
        self._do("hold", tuple(names), down)

    def enterable(self, text: str) -> str:
        return text

    def type(self, text: str, *, pace: float) -> None:  # noqa: ARG002
        self._do("type", text)


class FakeEvents:
    """What is put into `came`."""

    pointer: tuple[float, float] | None = None

    def __init__(self) -> None:
        self.came: deque[Event] = deque()

    def take(self, seconds: float) -> list[Event]:  # noqa: ARG002
        events = list(self.came)
        self.came.clear()
        return events

    def close(self) -> None:
        """Nothing runs."""


class FakeSystem:
    """Displays called `fake:7`; `display` is the one that was opened last."""

    engine = "Fake"
    errors: tuple[type[Exception], ...] = ()
    display: FakeDisplay
    events: FakeEvents

    def check(self, name: str) -> None:
        if not name.startswith("fake:"):
            raise ConfigurationError(f"expected a fake display, found {name!r}")

    def server(self, width: int, height: int) -> Server:
        self._size = width, height
        return Server(
            command=(sys.executable, "-c", WAITS, "{ready}"),
            manager=("sleep", "600"),
            name="fake:{}",
            variables={"FAKE_DISPLAY": "{display}"},
            sockets="/tmp/.fake",
            left=("/tmp/.fake/{}",),
        )

    def open(self, name: str, *, shared: bool, every_window: bool) -> FakeDisplay:  # noqa: ARG002
        self.check(name)
        self.display = FakeDisplay(*self._size)
        return self.display

    def listen(self, name: str) -> FakeEvents:
        self.check(name)
        self.events = FakeEvents()
        return self.events
