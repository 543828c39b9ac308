"""A desktop on which a person shows something: one that is there, or a new one with an application in it."""

import os
import shlex
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from explorers.demonstrations.events import Event
from explorers.demonstrations.glances import Glance
from explorers.desktop.atspi import Registry, connect
from explorers.desktop.bus import BusGone, NoAnswer, socket_path
from explorers.desktop.config import DesktopConfig
from explorers.desktop.display import EventSource
from explorers.desktop.environment import DesktopEnvironment, observation_of, setting_of
from explorers.desktop.session import Session
from explorers.desktop.watch import PATIENCE_SECONDS, QUIET_SECONDS, DesktopLook, Watch, losses
from explorers.desktop.wire import BusError
from schemas.errors import ConfigurationError, DeviceLost, DeviceUnavailable
from schemas.personal import redact_personal
from schemas.records import Observation, Platform, Setting

RESTLESS_SECONDS = 0.4
"""How long a display may move until it is looked at all the same."""

ADDRESS = "AT_SPI_BUS_ADDRESS"
WHOLE = "desktop"
"""What is used where no application is named."""


class DesktopStage:
    """A display with what is on it; with a `command` a new home, and a display of its own unless one is named.

    `app` is what the application of the command is called, by default its program.

    Raises:
        ConfigurationError: if there is neither a display nor a command, or one of them can't be.
    """

    def __init__(self, config: DesktopConfig, *, command: str | None = None, app: str | None = None) -> None:
        if config.display is None and command is None:
            raise ConfigurationError("expected a display or an application to record on, found neither")
        self._environment = None if command is None else DesktopEnvironment(command, config=config, app=app)
        self._command = command
        self._config = config
        self._watch: Watch | None = None
        self._session: Session | None = None
        self._listener: EventSource | None = None
        self._dirty: float | None = 0.0
        self._changed = 0.0
        self._looked = 0.0

    @property
    def platform(self) -> Platform:
        """The kind of interface."""
        return "desktop"

    @property
    def app(self) -> str:
        """The program that is used, or that it is the whole desktop."""
        return WHOLE if self._environment is None else self._environment.app

    @property
    def start(self) -> str:
        """The command that it begins with."""
        return self._command or WHOLE

    @property
    def display(self) -> str:
        """The name of the display; known after `open`."""
        return self._session.process.display if self._session is not None else str(self._config.display)

    @property
    def setting(self) -> Setting:
        """The display system and its screen."""
        return setting_of(self._config, self._watch)

    @property
    def over(self) -> str | None:
        """That the application ended, or None."""
        session = self._session
        if session is None:
            return None
        session.process.poll()
        return "the application ended" if session.ended() else None

    def open(self) -> Glance:
        """Starts it, and returns what is seen first.

        Raises:
            DeviceUnavailable: if there is no such display, or it has no RECORD extension or no accessibility bus.
        """
        if self._command is None:
            self._listener = self._config.system.listen(self.display)
            self._watch = self._attach()
        else:
            self._watch = self._session = Session(shlex.split(self._command), self._config)
            self._listener = self._config.system.listen(self.display)
        with self._lost():
            self._watch.settled(acted=False)
            while (glance := self.look(since=time.monotonic())) is None:
                time.sleep(QUIET_SECONDS)
        return glance

    def listen(self, seconds: float) -> Sequence[Event]:
        """What the person did since the last call; waits up to so long for something.

        Raises:
            DeviceLost: if the display is gone.
        """
        assert self._listener is not None  # it was opened
        return self._listener.take(seconds)

    def look(self, *, since: float | None) -> Glance | None:
        """What is seen now, if something was drawn or told since the last look, or that one began before `since`.

        Raises:
            DeviceLost: if the display or its accessibility bus is gone.
        """
        watch = self._watch
        assert watch is not None  # it was opened
        with self._lost():
            changed = watch.pump(0.0)
            now = time.monotonic()
            if changed:
                self._changed = now
                self._dirty = self._dirty or now
            if self._dirty is None and (since is None or self._looked >= since):
                return None
            patient = since is None or self._changed >= since or now - since >= PATIENCE_SECONDS
            quiet = patient and now - self._changed >= QUIET_SECONDS
            if not quiet and (self._dirty is None or now - max(self._dirty, self._looked) < RESTLESS_SECONDS):
                return None
            look = watch.look()
            ended = time.monotonic()
            if look.drawn:
                self._changed, self._dirty = ended, self._dirty or ended
                if quiet and ended - max(self._dirty, self._looked) < RESTLESS_SECONDS:
                    return None  # tree and picture may be of two moments
            else:
                self._dirty = None
            self._looked = now
            return self._glance(look, now, ended, quiet=quiet and not look.drawn and not look.hung)

    def close(self) -> None:
        """Ends what was started, and leaves a display that was there as it is; may be called twice."""
        if self._listener is not None:
            self._listener.close()
        if self._watch is not None:
            self._watch.close()
        self._listener = self._watch = self._session = None

    # ---- inside

    def _attach(self) -> Watch:
        display = self._config.system.open(self.display, shared=True, every_window=True)
        try:
            address = os.environ.get(ADDRESS) or display.accessibility_bus()
            return Watch(display, _registry(address), settle=self._config.settle)
        except (BusGone, NoAnswer, BusError) as error:
            display.close()
            raise DeviceUnavailable(
                f"the display {self.display} has no accessibility bus, which tells what is on the screen: install "
                f"at-spi2-core, turn accessibility on in the settings, and record from within the session ({error})"
            ) from error

    def _glance(self, look: DesktopLook, began: float, ended: float, *, quiet: bool) -> Glance:
        assert self._listener is not None
        assert self._watch is not None
        known = self._watch.known
        when = datetime.now(UTC)
        active = next((window for window in reversed(look.windows) if window.active), None)

        main = None if self._session is None else self._session.main_of(look).id

        def make() -> Observation:
            personal = self._config.redact_personal
            return observation_of(look, known, self.start, self.app, main, personal=personal, when=when)

        tree = look.tree.tree
        return Glance(
            began=began,
            ended=ended,
            quiet=quiet,
            tree=redact_personal(tree)[0] if self._config.redact_personal else tree,
            title=None if active is None else active.title,
            location=None,
            pointer=self._listener.pointer,
            make=make,
            picture=lambda: look.pixels[..., :3],
        )

    @contextmanager
    def _lost(self) -> Iterator[None]:
        try:
            yield
        except losses(self._config.system) as error:
            raise DeviceLost(f"the display is gone: {error}" if str(error) else "the display is gone") from error


def _registry(address: str | None) -> Registry:
    """The accessibility bus at that address, else that of the session.

    Raises:
        BusGone: if there is none, or it does not answer.
    """
    if address is not None and (place := socket_path(address)) is not None and Path(place).exists():
        return Registry(place)
    session = socket_path(os.environ.get("DBUS_SESSION_BUS_ADDRESS", ""))
    if session is None:
        raise BusGone("neither AT_SPI_BUS_ADDRESS nor DBUS_SESSION_BUS_ADDRESS names a socket that is there")
    return connect(session, str)[0]
