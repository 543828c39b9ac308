"""The home of a desktop's episode as a workspace: its files from outside, its commands where the application runs."""

import os
import shutil
import stat
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath

from explorers.desktop.process import DesktopProcess
from explorers.tasks.workspace import READ_LIMIT, Ran
from schemas.errors import DeviceUnavailable

_LOG = "command.log"
_POLL_SECONDS = 0.01


class EpisodeHome:
    """The home below a desktop's folder. Its application may be hostile: no link is followed, no pipe is waited for."""

    def __init__(self, process: DesktopProcess) -> None:
        self._process = process
        self._root = process.folder / "agent"

    def exists(self, path: str) -> bool:
        """Whether a file or a folder is there; a link counts as what it is."""
        place = self._place(path)
        return place is not None and os.path.lexists(place)

    def read(self, path: str) -> bytes | None:
        """A file's first bytes; None where no file is."""
        place = self._place(path)
        if place is None:
            return None
        try:
            descriptor = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return None
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            return None
        with os.fdopen(descriptor, "rb") as file:
            return file.read(READ_LIMIT)

    def write(self, path: str, data: bytes) -> None:
        """Writes a file, and makes the folders above it.

        Raises:
            DeviceUnavailable: if the disk refuses, or something else is there.
        """
        place = self._made(path)
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            with os.fdopen(os.open(place, flags, 0o644), "wb") as file:
                file.write(data)
        except OSError as error:
            raise DeviceUnavailable(f"{path} can't be written: {error.strerror}") from error

    def make_folder(self, path: str) -> None:
        """Makes a folder, and those above it.

        Raises:
            DeviceUnavailable: if the disk refuses, or something else is there.
        """
        try:
            self._made(path).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DeviceUnavailable(f"{path} can't be made: {error.strerror}") from error

    def remove(self, path: str) -> None:
        """Removes a file or a whole folder, if it is there.

        Raises:
            DeviceUnavailable: if the disk refuses.
        """
        place = self._made(path)
        try:
            if place.is_dir() and not place.is_symlink():
                shutil.rmtree(place)
            else:
                place.unlink(missing_ok=True)
        except OSError as error:
            raise DeviceUnavailable(f"{path} can't be removed: {error.strerror}") from error

    def run(self, arguments: Sequence[str], seconds: float) -> Ran:
        """Runs a program in the home, confined as the application is.

        Raises:
            DeviceUnavailable: if there is no such program.
            DeviceLost: if the desktop is gone.
        """
        log = self._process.folder / _LOG
        with suppress(FileNotFoundError):
            log.unlink()
        pid = self._process.start(list(arguments), log=_LOG)
        until = time.monotonic() + seconds
        code: int | None = None
        while True:
            self._process.poll()
            ended = next((each for each in self._process.ended if each.pid == pid), None)
            if ended is not None:
                code = ended.code
                break
            if time.monotonic() > until:
                self._process.stop(pid)
                break
            time.sleep(_POLL_SECONDS)
        with suppress(OSError), log.open("rb") as file:
            return Ran(code, file.read(READ_LIMIT))
        return Ran(code, b"")

    # ---- inside

    def _place(self, path: str) -> Path | None:
        """Where it lies, or None where a link stands in the way."""
        place = self._root
        *folders, name = PurePosixPath(path).parts
        for folder in folders:
            place /= folder
            if place.is_symlink():
                return None
        return place / name

    def _made(self, path: str) -> Path:
        place = self._place(path)
        if place is None:
            raise DeviceUnavailable(f"{path} lies behind a link, which is not followed")
        return place
