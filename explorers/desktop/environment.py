"""An application as an environment: a desktop of its own for each episode."""

import shlex
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from explorers.core.masking import learn_typed, masked
from explorers.desktop.actions import DesktopContext, perform
from explorers.desktop.config import DesktopConfig
from explorers.desktop.home_files import check_documents
from explorers.desktop.session import Session
from explorers.desktop.text_entry import TypingPace
from explorers.desktop.watch import DesktopLook, Watch, losses
from explorers.pixels import can_read
from explorers.tasks.workspace import Workspace
from schemas.actions import Action
from schemas.errors import ConfigurationError, DeviceLost
from schemas.records import Observation, Outcome, Platform, Setting
from schemas.redaction import KnownSecrets
from schemas.trees import clip


class DesktopEnvironment:
    """An application under exploration; every reset makes a new desktop, whose end nothing of it survives.

    `prepare` is done in each new home before the application starts, and refuses by raising `DeviceUnavailable`. `app`
    is what the application is called, by default its program.

    Raises:
        ConfigurationError: if the command names no program, or the system is none that can be explored.
    """

    def __init__(
        self,
        command: str,
        *,
        config: DesktopConfig | None = None,
        prepare: Callable[[Workspace], None] = lambda _home: None,
        app: str | None = None,
    ) -> None:
        self._config = config or DesktopConfig()
        self._prepare = prepare
        try:
            self._command = shlex.split(command)
        except ValueError as error:
            raise ConfigurationError(f"expected a command, found {command[:80]!r}: {error}") from error
        if not self._command or shutil.which(self._command[0]) is None:
            raise ConfigurationError(
                f"expected a program to explore, found {command[:80]!r}: install it, or give its path"
            )
        if self._config.documents is not None:
            check_documents(self._config.documents)
        self._start = command
        self._program = Path(self._command[0]).name
        self._app = app or self._program
        self._session: Session | None = None
        self._seen: Observation | None = None
        self._look: DesktopLook | None = None
        self._last: Observation | None = None
        self._restless = False
        self._hung: float | None = None
        self._notes: list[str] = []
        self._told_blind = False
        self._typing = TypingPace(self._config.pace or 0.0, fixed=self._config.pace is not None)

    @property
    def platform(self) -> Platform:
        """The kind of interface."""
        return "desktop"

    @property
    def app(self) -> str:
        """The application that is explored."""
        return self._app

    @property
    def start(self) -> str:
        """The command that an episode begins with."""
        return self._start

    @property
    def setting(self) -> Setting:
        """The display system and its screen."""
        return setting_of(self._config, self._session)

    @property
    def workspace(self) -> Workspace | None:
        """The home of the running episode, or None without one."""
        return None if self._session is None else self._session.home

    def reset(self) -> Observation:
        """Starts the application on a new desktop.

        Raises:
            DeviceUnavailable: if it, or a part of the desktop, does not start.
        """
        self.close()
        self._hung, self._notes, self._told_blind = None, [], False
        self._session = session = Session(self._command, self._config, self._prepare)
        self._notes += session.process.open
        with self._within(session):
            self._seen, _ = self._settle(session, acted=False)
        return self._seen

    def observe(self) -> Observation:
        """What is seen now.

        Raises:
            DeviceLost: if the desktop is gone.
        """
        session = self._running
        with self._within(session):
            seen, self._seen = self._seen, None
            if seen is not None and (self._restless or not session.pump(0.0)):
                return replace(seen, time=datetime.now(UTC))
            return self._settle(session, acted=False)[0]

    def act(self, action: Action) -> Outcome:
        """Does the action and waits for rest.

        Raises:
            UnsupportedAction: for an action that a desktop doesn't have.
            DeviceLost: if the desktop is gone.
        """
        if action.ends:
            return Outcome("ok")
        session = self._running
        with self._within(session):
            if self._hung is not None and time.monotonic() - self._hung >= self._config.hang:
                return Outcome("crashed", message=f"the application did not answer for {self._config.hang:g} s")
            look = self._look
            assert look is not None  # a reset looked
            self._seen = None
            session.drain()
            written = session.process.written()
            learn_typed(session.known, self._last, action)
            outcome = perform(action, DesktopContext(session, look, self._typing))
            if outcome.result != "ok":
                return outcome
            self._seen, settle = self._settle(session, acted=True)
            crash = session.crash(wait=not self._seen.windows)
            # A question that is answered by an exit code ends without a word; who fails says why.
            if crash is not None and (crash.code < 0 or session.process.written() > written):
                how = f"by signal {-crash.code}" if crash.code < 0 else f"with code {crash.code}"
                return Outcome("crashed", settle=settle, message=f"the application ended {how}")
            if self._hung is not None:
                return Outcome("timeout", settle=settle, message="the application does not answer")
            return Outcome("ok", settle=settle, message=outcome.message)

    def close(self) -> None:
        """Ends the desktop; may be called twice."""
        session, self._session = self._session, None
        self._seen = self._look = None
        if session is not None:
            session.close()

    def kill(self) -> None:
        """Takes the desktop away; may be called from another thread, whose run is over."""
        session = self._session
        if session is not None:
            session.kill()

    # ---- inside

    @property
    def _running(self) -> Session:
        if self._session is None:
            raise DeviceLost("no desktop is there: reset comes first")
        return self._session

    @contextmanager
    def _within(self, session: Session) -> Iterator[None]:
        """Ends a desktop on which something takes longer than a step may, and says what is gone."""
        late = threading.Timer(self._config.step, session.kill)
        late.daemon = True
        late.start()
        try:
            yield
        except losses(self._config.system) as error:
            raise DeviceLost(f"the desktop is gone: {error}" if str(error) else "the desktop is gone") from error
        finally:
            late.cancel()

    def _settle(self, session: Session, *, acted: bool) -> tuple[Observation, str]:
        settle, look = session.settled(acted=acted)
        if session.bring_in(look):
            settle, look = session.settled(acted=True)
        self._look = look
        self._restless = settle.startswith("timeout") and not look.hung
        self._hung = (self._hung or time.monotonic()) if look.hung else None
        self._last = self._observation(session, look)
        return self._last, settle

    def _observation(self, session: Session, look: DesktopLook) -> Observation:
        if look.tree.mute and not self._told_blind and not can_read():
            self._told_blind = True
            self._notes.append("what tells nothing of itself is not read from the picture: install hindtrace[pixels]")
        notes, self._notes = self._notes, []
        return observation_of(
            look,
            session.known,
            self._start,
            self._program,
            session.main_of(look).id,
            notes,
            personal=self._config.redact_personal,
        )


def setting_of(config: DesktopConfig, watch: Watch | None) -> Setting:
    """The display system and its screen: as it is, or as it will be where there is none yet."""
    return Setting(
        engine=config.system.engine,
        engine_version="AT-SPI 2",
        width=config.width if watch is None else watch.width,
        height=config.height if watch is None else watch.height,
        scale=1.0,
        locale=config.locale,
        simulated=False,
    )


def observation_of(
    look: DesktopLook,
    known: KnownSecrets,
    start: str,
    app: str,
    main: int | None,
    notes: Sequence[str] = (),
    *,
    personal: bool = False,
    when: datetime | None = None,
) -> Observation:
    """What a look says, as it may be recorded; `main` is the id of the window that needs no name.

    `when` is its time, if it was not taken just now.
    """
    active, ordinary = look.active, look.ordinary
    said = list(notes)
    if look.hung:
        said.append("the application does not answer")
    if not ordinary:
        said.append("no window is open")
    away = active is not None and active.id != main
    location = start if not away or active is None else f"{start} > {active.title or active.kind}"
    return masked(
        Observation(
            screen=look.screen,
            tree=look.tree.tree,
            location=clip(location),
            title=None if active is None else active.title or app,
            windows=tuple(window.title or app for window in ordinary),
            scroll=look.tree.scroll,
            time=when or datetime.now(UTC),
            can_go_back=look.popup or (main is not None and look.second(main) is not None),
            notice="; ".join(said) or None,
            volatile=look.volatile,
        ),
        known,
        personal=personal,
    )
