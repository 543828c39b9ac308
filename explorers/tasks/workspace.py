"""What the set-up and the check of a task may touch: the home of an episode, and commands that run in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from schemas.conditions import MakeFolder, Preparation, Remove, RunCommand, WriteFile
from schemas.errors import DeviceUnavailable

READ_LIMIT = 4 * 2**20
"""Bytes of a file or of what a command prints that are looked at."""

TOLD = 200
"""Characters of a failed command's last line that the reason holds."""


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended: its exit code, None if it took too long, and the first `READ_LIMIT` bytes it printed."""

    code: int | None
    output: bytes

    @property
    def last_line(self) -> str:
        """The last line that it printed, for a message."""
        lines = self.output.decode(errors="replace").strip().splitlines()
        return "".join(filter(str.isprintable, lines[-1]))[:TOLD] if lines else ""


class Workspace(Protocol):
    """The home of an episode; every path is relative to it, and none that leads out of it is followed.

    Raises:
        DeviceLost: if the episode's device is gone.
        DeviceUnavailable: if what is asked for can't be done.
    """

    def exists(self, path: str) -> bool:
        """Whether a file or a folder is there."""

    def read(self, path: str) -> bytes | None:
        """A file's first `READ_LIMIT` bytes; None where no file is."""

    def write(self, path: str, data: bytes) -> None:
        """Writes a file, and makes the folders above it."""

    def make_folder(self, path: str) -> None:
        """Makes a folder, and those above it."""

    def remove(self, path: str) -> None:
        """Removes a file or a whole folder, if it is there."""

    def run(self, arguments: Sequence[str], seconds: float) -> Ran:
        """Runs a program in the home, as confined as the application is, and ends it after so long."""


def prepare(workspace: Workspace, steps: Sequence[Preparation]) -> None:
    """Does the steps of a set-up, in their order.

    Raises:
        DeviceUnavailable: if one of them fails; the text says which.
    """
    for number, step in enumerate(steps, 1):
        try:
            _do(workspace, step)
        except DeviceUnavailable as error:
            raise DeviceUnavailable(f"step {number} of the task's set-up failed: {error}") from error


def _do(workspace: Workspace, step: Preparation) -> None:
    match step:
        case WriteFile(path, text):
            workspace.write(path, text.encode())
        case MakeFolder(path):
            workspace.make_folder(path)
        case Remove(path):
            workspace.remove(path)
        case RunCommand(arguments, seconds):
            ran = workspace.run(arguments, seconds)
            if ran.code is None:
                raise DeviceUnavailable(f"{arguments[0]} took longer than {seconds:g} s")
            if ran.code != 0:
                said = f": {ran.last_line}" if ran.last_line else ""
                raise DeviceUnavailable(f"{arguments[0]} ended with code {ran.code}{said}")
