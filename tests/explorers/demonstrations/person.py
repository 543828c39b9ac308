"""A person before a display: moves the mouse and presses keys by xdotool, and remembers what was done."""

import os
import subprocess
import threading
import time
from collections.abc import Callable
from typing import Any

from Xlib.display import Display

from explorers.demonstrations import DemonstrationConfig, record
from explorers.demonstrations.glances import Glance
from explorers.desktop.x11.keyboard import X11Keyboard
from schemas.actions import Action, Click, DoubleClick, Drag, Key, Modifier, Point, RightClick, Type
from schemas.recordings import Recording, read_trace
from schemas.records import Node

PAUSE = 0.3
"""Seconds after each action, and for which nothing more must be seen to change; a person takes longer."""

REST_MOST = 4.0
"""Seconds after which the person goes on all the same."""
LOOKS = 5
"""On a busy machine a look takes long, and so does everything else: so many times as long as one the person waits."""

WAIT = 20.0
_SYMBOLS = {"Control": "ctrl", "Shift": "shift", "Alt": "alt", "Enter": "Return", "ArrowDown": "Down"}


class Person:
    """Acts on the display of a stage whose looks are kept in `last`; `done` is what was performed.

    `origin` is where the pixels of the stage begin on the display.
    """

    def __init__(self, stage: Any, display: Callable[[], str]) -> None:
        self.stage = stage
        self.done: list[Action] = []
        self.origin = (0, 0)
        self.problem: BaseException | None = None
        self._display = display

    def demonstrate(self, perform: "Callable[[Person], None]", traces: Any, **more: Any) -> Recording:
        """Records what is performed until the stop key."""

        def act() -> None:
            try:
                perform(self)
            except BaseException as error:  # noqa: BLE001 - it is raised again where the test waits
                self.problem = error
            self.tool("key", "ctrl+alt+q")

        thread = threading.Thread(target=act)
        config = DemonstrationConfig(goal="Show it", seconds=90, **more)
        try:
            done = record(self.stage, traces, config, ready=thread.start)
        finally:
            if thread.ident is not None:
                thread.join()
        if self.problem is not None:
            raise self.problem
        return read_trace(done.path)

    def find(self, role: str, name: str) -> Node:
        """The element, waited for until it is on the screen and quiet."""
        until = time.monotonic() + WAIT
        while time.monotonic() < until:
            last: Glance | None = self.stage.last
            for node in () if last is None else reversed(last.nodes):
                if (node.role, node.name) == (role, name) and node.on_screen and not node.has("covered"):
                    return node
            time.sleep(0.02)
        raise AssertionError(f"no {role} {name!r} came: {last and [(n.role, n.name) for n in last.nodes]}")

    def rest(self) -> None:
        """Waits until what was done is seen, and nothing more comes of it."""
        done = time.monotonic()
        while (now := time.monotonic()) < done + REST_MOST:
            last: Glance | None = self.stage.last
            seen = last is not None and last.began >= done and last.quiet
            if last is not None and seen and now - last.ended >= max(PAUSE, LOOKS * (last.ended - last.began)):
                return
            time.sleep(0.02)

    def await_focus(self, role: str) -> None:
        """Waits until an element of that role is seen to have the focus, as a person does before the next key."""
        until = time.monotonic() + WAIT
        while time.monotonic() < until:
            last: Glance | None = self.stage.last
            if last is not None and last.focused is not None and last.focused.role == role:
                return
            time.sleep(0.02)
        raise AssertionError(f"no {role} got the focus")

    def click(self, node: Node, *, held: Modifier | None = None) -> None:
        self._press(node, *([f"keydown {_SYMBOLS[held]}"] if held else []), "click 1")
        if held:
            self.tool("keyup", _SYMBOLS[held])
        self.done.append(Click(self._point(node), (held,) if held else None))

    def double_click(self, node: Node) -> None:
        self._press(node, "click --repeat 2 --delay 60 1")
        self.done.append(DoubleClick(self._point(node)))

    def right_click(self, node: Node) -> None:
        self._press(node, "click 3")
        self.done.append(RightClick(self._point(node)))

    def drag(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        (x, y), (right, bottom) = (self._screen(*place) for place in (start, end))
        self.tool(
            *f"mousemove {x} {y} mousedown 1 mousemove {(x + right) // 2} {(y + bottom) // 2} sleep 0.05".split(),
            *f"mousemove {right} {bottom} sleep 0.05 mouseup 1".split(),
        )
        self.rest()
        self.done.append(Drag(self._place(*start), self._place(*end)))

    def wheel(self, node: Node, notches: int) -> None:
        """Turns the wheel down; how far that scrolls is the application's."""
        self._press(node, f"click --repeat {notches} --delay 20 5")
        time.sleep(0.6)

    def type(self, text: str) -> None:
        """Types text by keys; what the layout lacks is put on spare ones all at once, as xdotool does not."""
        display = Display(self._display())
        try:
            keyboard = X11Keyboard(display, shared=False)
            keyboard.prepare(text)
            time.sleep(PAUSE)
            keyboard.type(text, pace=0.02)
        finally:
            display.close()
        self.rest()
        self.done.append(Type(text))

    def key(self, keys: str) -> None:
        self.tool("key", "+".join(_SYMBOLS.get(name, name) for name in keys.split("+")))
        self.rest()
        self.done.append(Key(keys))

    def tool(self, *words: str) -> None:
        environment = {**os.environ, "DISPLAY": self._display()}
        subprocess.run(["xdotool", *words], env=environment, check=True, timeout=30)

    # ---- inside

    def _press(self, node: Node, *commands: str) -> None:
        x, y = self._screen(*_middle(node))
        self.tool("mousemove", str(x), str(y), "sleep", "0.05", *(word for each in commands for word in each.split()))
        self.rest()

    def _screen(self, x: int, y: int) -> tuple[int, int]:
        return x + self.origin[0], y + self.origin[1]

    def _point(self, node: Node) -> Point:
        return self._place(*_middle(node))

    def _place(self, x: int, y: int) -> Point:
        setting = self.stage.setting
        return Point.on(x, y, width=setting.width, height=setting.height)


def _middle(node: Node) -> tuple[int, int]:
    assert node.box is not None
    x, y = node.box.centre
    return int(x), int(y)
