"""Instances of an environment that a manifest describes: copies that are launched here, or the one that runs already.

Each is put back between episodes as the manifest says, and is then used by one explorer at a time.
"""

import shutil
import tempfile
import threading
from collections.abc import Collection
from pathlib import Path

from explorers.core.effects import Effects
from explorers.core.launching import PORTS, PortTaken, Program, program_of
from explorers.core.resets import Reset, ResetCommand, ResetRequest, asked_of, command_of
from explorers.core.wrapping import Wrapped
from schemas.errors import ConfigurationError, DeviceLost, DeviceUnavailable
from schemas.folders import copy_folder
from schemas.keys import key
from schemas.manifest import DATA, PORT, Manifest
from schemas.protocols import Environment
from schemas.records import Observation

TRIES = 3
"""Ports on which a copy is tried, where somebody else takes one between the look and the start."""


class Instance:
    """A website as its manifest describes it, launched here where that says how; its maker closes it.

    `hosts` are other machines than this one at which a reset may be asked for.

    Raises:
        ConfigurationError: if there is no such program, or it can't be put back as the manifest says.
    """

    def __init__(self, manifest: Manifest, *, hosts: Collection[str] = ()) -> None:
        self._described = manifest
        self._hosts = hosts
        self._program: Program | None = None
        self._folder: Path | None = None
        self._port: int | None = None
        self._stopped = threading.Event()
        self._guard = threading.RLock()
        self._hook: Reset | None = None
        # What runs already may have been used before.
        self._used = self._changed = manifest.launch is None
        if manifest.launch is not None:
            program_of(manifest.launch[0], manifest.folder)
        self._reset_hook(manifest.on(1))  # refuses what can't be

    @property
    def manifest(self) -> Manifest:
        """The environment at the address of this instance, which is started where it does not run.

        Raises:
            DeviceUnavailable: if it can't be started.
        """
        if self._described.launch is None:
            return self._described
        with self._guard:
            if self._program is None or not self._program.alive:
                self._launch()
            assert self._port is not None  # it was launched
            return self._described.on(self._port)

    @property
    def puts_back(self) -> bool:
        """Whether what is changed in it can be put back."""
        return self._described.reset is not None

    def begin(self, *, always: bool) -> None:
        """Puts it back before an episode where something was changed since, or, with `always`, was done at all.

        Raises:
            DeviceUnavailable: if that fails.
        """
        here = self.manifest
        if self.puts_back and (self._changed or (always and self._used)):
            self._put_back(here)
            self._changed = False
        self._used = True

    @property
    def gone(self) -> bool:
        """Whether it was launched here, and ended by itself."""
        return self._program is not None and not self._program.alive

    def changed(self) -> None:
        """Something in it is not as it was."""
        self._changed = True

    def stop(self) -> None:
        """Ends what is waited for, from another thread, whose run is over."""
        self._stopped.set()
        if (hook := self._hook) is not None:
            hook.stop()

    def close(self) -> None:
        """Ends what was launched, and removes its folder; may be called twice."""
        self._end()
        port, self._port = self._port, None
        if port is not None:
            PORTS.give_back(port)

    # ---- inside

    def _put_back(self, here: Manifest) -> None:
        if self._described.reset == ("restore", "data"):
            self._launch()
            return
        self._hook = hook = self._reset_hook(here)
        try:
            if hook is not None and not self._stopped.is_set():
                hook()
        finally:
            self._hook = None

    def _reset_hook(self, here: Manifest) -> Reset | None:
        """The command or request that puts an instance back which is here.

        Raises:
            ConfigurationError: if that can't be done.
        """
        match here.reset:
            case ("command", text):
                return ResetCommand(tuple(self._filled(word) for word in command_of(text, "reset")))
            case ("request", text):
                method, url = asked_of(self._filled(text))
                return ResetRequest(here.address(url), method, hosts=self._hosts)
        return None

    def _filled(self, word: str) -> str:
        """A word of the manifest with this copy's port and folder in it."""
        if self._described.launch is None:
            return word
        data = "" if self._folder is None else str(self._folder / "data")
        return word.replace(PORT, str(self._port or 1)).replace(DATA, data)

    def _launch(self) -> None:
        """Starts it anew, with its data as they were: on the port that it had, which those who use it know."""
        known = self._port is not None
        for again in range(TRIES - 1, -1, -1):
            self._end()
            if self._port is None:
                self._port = PORTS.take(key("port", self._described.name))
            try:
                self._start(self._described.on(self._port))
            except PortTaken:
                if known or not again:
                    raise
                PORTS.give_back(self._port)
                self._port = None
            else:
                self._used = self._changed = False
                return

    def _start(self, here: Manifest) -> None:
        assert here.launch is not None
        try:
            self._folder = Path(tempfile.mkdtemp(prefix="hindtrace-instance-"))
            if here.data is None:
                (self._folder / "data").mkdir()
            else:
                copy_folder(here.data, self._folder / "data")
            command = [program_of(here.launch[0], here.folder), *map(self._filled, here.launch[1:])]
        except (OSError, ConfigurationError) as error:
            self._end()
            raise DeviceUnavailable(f"the data of a copy can't be made: {error}") from error
        try:
            self._program = Program(command, cwd=here.folder, folder=self._folder)
            ready = here.start if here.ready is None else here.address(here.ready)
            self._program.await_answer(ready, self._stopped)
        except BaseException:
            self._end()
            raise

    def _end(self) -> None:
        program, self._program = self._program, None
        if program is not None:
            program.end()
        folder, self._folder = self._folder, None
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


class OnInstance(Wrapped):
    """An environment of an instance, which is put back before an episode; each step that sends something changes it."""

    def __init__(self, inner: Environment, instance: Instance, *, always: bool = True) -> None:
        super().__init__(inner)
        self._instance = instance
        self._always = always

    @property
    def puts_back(self) -> bool:
        """Whether what an episode changes is put back before the next one."""
        return self._instance.puts_back or super().puts_back

    def reset(self) -> Observation:
        """Puts the instance back where that is needed, and starts an episode.

        Raises:
            DeviceUnavailable: if either fails.
        """
        self._instance.begin(always=self._always)
        return super().reset()

    def observe(self) -> Observation:
        """What is seen now.

        Raises:
            DeviceLost: if the device is gone, or the application: what its pages tell then is not what it does.
        """
        seen = super().observe()
        if self._instance.gone:
            raise DeviceLost("the launched application ended")
        return seen

    def take_effects(self) -> Effects:
        """What was done since the last call."""
        effects = super().take_effects()
        if effects.sent or effects.late or effects.requests:
            self._instance.changed()
        return effects
