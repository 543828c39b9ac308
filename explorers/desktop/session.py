"""One episode's desktop with the application in it: how it comes up, starts again and ends."""

import os
import shutil
import time
from collections.abc import Callable, Sequence

from explorers.desktop.atspi import connect
from explorers.desktop.bus import socket_path
from explorers.desktop.config import DesktopConfig
from explorers.desktop.display import Window
from explorers.desktop.pointer import Pointer
from explorers.desktop.process import DesktopProcess, Ended
from explorers.desktop.watch import RESTLESS_SECONDS, DesktopLook, Resting, Watch, active_window, losses
from explorers.desktop.workspace import EpisodeHome
from schemas.errors import DeviceLost, DeviceUnavailable
from schemas.records import Box

STEADY_PART, STEADY_SECONDS = 0.2, 1.5
"""For which part of the time until its window came, and at most how long, an application has to be the same."""

END_SECONDS = 0.5
"""How long after its last window an application is waited for to end, and to say whether it crashed."""

STOP_SECONDS = 3.0
"""How long an application that is started anew may take to end, with its windows, on a machine that is busy."""

BLIND_SECONDS = 1.5
"""How long a window stays alone on the screen until its application is taken for one without accessibility."""

TITLE_HEIGHT, BORDER = 24.0, 2.0
"""Pixels above and beside a window for what the window manager draws there."""

BRING_LIMIT = 3
"""How often a window is moved onto the screen: it may refuse."""

NEVER_SECONDS = 8.0
"""How long an application is waited for that is never the same twice."""

BLANK_SECONDS = 6.0
"""The same of a window in which nothing is drawn yet."""

PRIVATE = ("/home", "/root", "/media", "/mnt")
"""Folders that are empty to an application, unless it lives in one of them or is given a path there."""


class Session(Watch):
    """An application on a desktop; used by one thread but for `kill`, and closed by its maker.

    `prepare` is done in the home before the application starts.

    Raises:
        DeviceUnavailable: if the desktop or the application does not start, or can't be prepared.
    """

    def __init__(
        self, command: Sequence[str], config: DesktopConfig, prepare: Callable[[EpisodeHome], None] = lambda _home: None
    ) -> None:
        self._config = config
        self._command = list(command)
        self._brought: dict[int, int] = {}
        self.process = DesktopProcess(
            config,
            hidden=[folder for folder in PRIVATE if not any(folder in word for word in _words(command))],
            shown=_shown(_words(command)),
        )
        lost: tuple[type[Exception], ...] = (*losses(config.system), DeviceLost)
        try:
            shared = config.display is not None
            self._display = display = config.system.open(self.process.display, shared=shared, every_window=False)
            self._registry, self._address = connect(
                self.process.outside(f"{self.process.inside}/run/bus"), self.process.outside
            )
            super().__init__(display, self._registry, settle=config.settle)
            self.keyboard = display.keyboard
            self.pointer = Pointer(display)
            if not shared:
                self.pointer.move(self.width - 1, self.height - 1)  # nothing is under it there
            self.home = EpisodeHome(self.process)
            prepare(self.home)
            self.pid, self.main = self._start()
        except lost as error:
            self.close()
            raise DeviceUnavailable(f"the desktop can't be started: {error}") from error
        except DeviceUnavailable:
            self.close()
            raise

    @property
    def outside_address(self) -> str:
        """The accessibility bus's address for a program outside of the desktop."""
        return f"unix:path={self.process.outside(socket_path(self._address) or '')}"

    def restart(self) -> None:
        """Ends the application and starts it anew, in the home as it is.

        Raises:
            DeviceLost: if it does not come up.
        """
        before = {window.id for window in self.windows.shown()}
        self.process.stop(self.pid)
        self._await_end(before)
        self._brought.clear()  # a display gives the numbers of windows again
        try:
            self.pid, self.main = self._start()
        except DeviceUnavailable as error:
            raise DeviceLost(str(error)) from error

    def main_of(self, look: DesktopLook) -> Window:
        """The application's main window in a look, the last one known where none is open."""
        self.main = look.main(self.main.id) or self.main
        return self.main

    def bring_in(self, look: DesktopLook) -> bool:
        """Moves windows onto the screen: a new one whole, one that was there if its middle lies outside.

        Returns whether any was moved. What is larger than the screen is made to fill it.
        """
        moved = False
        for window in look.ordinary:
            new, tries = window.id not in self._brought, self._brought.setdefault(window.id, 0)
            if (self._shows(window.box) if new else self._shows(Box(*window.box.centre, 0, 0))) or tries == BRING_LIMIT:
                continue
            self._brought[window.id] += 1
            moved = True
            if window.box.width > self.width or window.box.height > self.height:
                self.windows.maximize(window.id, on=True)
                continue
            # The corner is that of what the window manager draws around the window.
            right, low = self.width - window.box.width - BORDER, self.height - window.box.height - TITLE_HEIGHT
            x, y = window.box.x - BORDER, window.box.y - TITLE_HEIGHT
            self.windows.move(window.id, int(max(min(x, right), 0.0)), int(max(min(y, low), 0.0)))
        return moved

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
        super().close()
        self.process.close()

    # ---- inside

    def _draws(self, window: Window) -> bool:
        """Whether something is drawn in a window: it has more than one colour."""
        left, top, right, bottom = _edges(window.box)
        inside = self.display.capture()[max(top, 0) : bottom, max(left, 0) : right, :3]
        return inside.size > 0 and bool((inside != inside[0, 0]).any())

    def _shows(self, box: Box) -> bool:
        """Whether the screen holds all of it."""
        return box.x >= 0 and box.y >= 0 and box.x + box.width <= self.width and box.y + box.height <= self.height

    def _start(self) -> tuple[int, Window]:
        """Starts the application; its process id and its first window."""
        self.pid = self.process.start(self._command, {"AT_SPI_BUS_ADDRESS": self._address})
        return self.pid, self._await_window()

    def _await_end(self, before: set[int]) -> None:
        """Waits, for a while, until the application ended and none of its windows is there.

        One that runs only once hands over to what is still there, and ends; and an old window is taken for a new one.
        """
        until = time.monotonic() + STOP_SECONDS
        while time.monotonic() < until:
            self.pump(0.02)
            self.process.poll()
            ended = any(each.pid == self.pid for each in self.process.ended)
            if ended and not any(window.id in before for window in self.windows.shown()):
                return

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
            shown = self.windows.shown()
            if now > until and active_window(shown) is None:
                raise DeviceUnavailable(f"no window came within {self._config.start:g} s{self._said()}")
            if not shown:
                continue
            since = since or now
            self.rest(Resting(now, now, now), min(until, now + RESTLESS_SECONDS), acted=False)
            tree, windows, _ = self.read()
            active = active_window(windows)
            accessible = any(source is not None for source in tree.sources)
            # A toolkit tells its tree a moment after its window came, and some never do; none draws nothing for long.
            patience = 0.0 if accessible or active is None else BLIND_SECONDS if self._draws(active) else BLANK_SECONDS
            if active is None or now - since < patience:
                continue
            shape = (windows, tree.tree)
            now = time.monotonic()
            # One that takes long to show its window takes long to fill it, with pauses.
            steady = shape == last and now - lasts >= min(STEADY_PART * (since - began), STEADY_SECONDS)
            # Some are never the same twice: a list of what runs, a clock.
            if steady or now - since >= NEVER_SECONDS or now > until:
                return active
            if shape != last:
                last, lasts = shape, now

    def _said(self) -> str:
        said = self.process.complaint()
        return f": {said}" if said else ""


def _edges(box: Box) -> tuple[int, int, int, int]:
    return int(box.x), int(box.y), int(box.x + box.width), int(box.y + box.height)


def _words(command: Sequence[str]) -> list[str]:
    """The words of a command, and where its program lies."""
    program = shutil.which(command[0]) or command[0]
    return [program, os.path.realpath(program), *command[1:]]


def _shown(words: Sequence[str]) -> list[str]:
    """What lies in /tmp, which is another one to an application, and is named by its command: the uppermost folders."""
    paths = (os.path.normpath(word).split("/") for word in words if word.startswith("/tmp/") and os.path.exists(word))
    return sorted({f"/tmp/{parts[2]}" for parts in paths if len(parts) > 2 and not parts[2].startswith(".X")})


def _how(ended: Ended) -> str:
    return f"by signal {-ended.code}" if ended.code < 0 else f"with code {ended.code}"
