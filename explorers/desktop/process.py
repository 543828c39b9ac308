"""One desktop as a process tree: who starts it, who is told of what ends, who ends it."""

import json
import os
import secrets
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from explorers.desktop import supervisor
from explorers.desktop.config import DesktopConfig
from explorers.desktop.home_files import VARIABLES, fill
from schemas.errors import DeviceLost, DeviceUnavailable

START_SECONDS = 20.0
END_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Ended:
    """A program that ended; a negative code is the number of the signal that ended it."""

    pid: int
    code: int


class DesktopProcess:
    """The programs of one desktop below a supervisor, which ends them when this process is gone; the maker closes it.

    `hidden` are folders that are empty to its programs, where this machine permits that; `shown` is what they see of
    /tmp, which is one of their own.
    `display` is the name of the display, `folder` where its files are, `inside` where its programs see them, `open`
    says what of the isolation this machine does not permit.

    Raises:
        DeviceUnavailable: if a part of it does not start.
    """

    def __init__(self, config: DesktopConfig, *, hidden: Sequence[str] = (), shown: Sequence[str] = ()) -> None:
        self._answers: list[dict[str, Any]] = []
        self.ended: list[Ended] = []
        self.folder = Path(tempfile.gettempdir(), f"hindtrace-desktop-{secrets.token_hex(8)}")
        server = config.system.server(config.width, config.height)
        environment = {**VARIABLES, **server.variables, "PATH": os.environ.get("PATH", os.defpath)}
        environment |= {"LANG": config.locale, "TZ": config.timezone}
        permit = None if config.display is None else _permit()
        if permit is not None:
            environment["XAUTHORITY"] = "{inside}/run/xauthority"  # a copy: its own place may be hidden
        order = {
            "folder": str(self.folder),
            "server": asdict(server),
            "display": config.display,
            "network": config.network,
            "hidden": list(hidden),
            "shown": [*shown, server.sockets],
            "environment": environment,
        }
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            try:
                self._process = subprocess.Popen(
                    [sys.executable, "-I", "-S", supervisor.__file__],
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                    start_new_session=True,
                )
            except OSError as error:
                self._control.close()
                raise DeviceUnavailable(f"the desktop can't be started: {error}") from error
        try:
            self._tell(order)  # first, so that it removes the folder whatever becomes of us
            self.folder.mkdir(mode=0o700)
            fill(self.folder, config.documents)
            if permit is not None:
                shutil.copyfile(permit, self.folder / "run/xauthority")
            self._tell({"filled": True})
            ready = self._answer("display", time.monotonic() + START_SECONDS)
        except (OSError, DeviceLost) as error:
            self.close()
            raise DeviceUnavailable(f"the desktop can't be started: {error}") from error
        except DeviceUnavailable:
            self.close()
            raise
        self.display: str = ready["display"]
        self.inside: str = ready["inside"]
        self.open: tuple[str, ...] = tuple(ready["open"])

    def start(
        self, command: list[str], environment: dict[str, str] | None = None, *, log: str = "application.log"
    ) -> int:
        """Starts a program in the desktop, and returns its process id; what it prints goes to that file of the folder.

        Raises:
            DeviceUnavailable: if there is no such program.
            DeviceLost: if the desktop is gone.
        """
        self._tell({"start": command, "environment": environment or {}, "log": log})
        return int(self._answer("started", time.monotonic() + START_SECONDS)["started"])

    def stop(self, pid: int) -> None:
        """Ends a program that `start` started.

        Raises:
            DeviceLost: if the desktop is gone.
        """
        self._tell({"stop": pid})

    def poll(self) -> None:
        """Takes note of what ended meanwhile, in `ended`.

        Raises:
            DeviceLost: if the desktop is gone.
        """
        while self._receive(0.0):
            pass
        for answer in self._answers:
            if "failed" in answer:
                raise DeviceLost(f"the desktop is gone: {answer['failed']}")

    def outside(self, path: str) -> str:
        """The path by which this process reaches what the programs of the desktop know by that one."""
        if self.inside != str(self.folder) and path.startswith(self.inside + "/"):
            return str(self.folder) + path[len(self.inside) :]
        return path

    def written(self) -> int:
        """How many bytes the application wrote so far."""
        with suppress(OSError):
            return (self.folder / "application.log").stat().st_size
        return 0

    def complaint(self) -> str:
        """The last line that the application wrote, or an empty text."""
        with suppress(OSError), (self.folder / "application.log").open("rb") as log:
            size = log.seek(0, os.SEEK_END)
            log.seek(max(size - supervisor.LOG_LIMIT, 0))
            lines = [line.strip() for line in log.read().decode(errors="replace").splitlines() if line.strip()]
            return lines[-1][:300] if lines else ""
        return ""

    def kill(self) -> None:
        """Has everything end now; may be called from another thread, and more than once."""
        with suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Ends everything, and returns when it is gone; may be called twice."""
        self.kill()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            # It kills in a loop, so this is a process that the kernel does not let go.
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
        self._control.close()
        if self._process.stderr is not None:
            self._process.stderr.close()
        shutil.rmtree(self.folder, ignore_errors=True)  # where the supervisor itself was killed

    # ---- inside

    def _tell(self, what: dict[str, Any]) -> None:
        try:
            self._control.sendall(json.dumps(what).encode())
        except OSError as error:
            raise DeviceLost("the desktop is gone") from error

    def _answer(self, name: str, until: float) -> dict[str, Any]:
        while True:
            for answer in self._answers:
                if name in answer or "failed" in answer:
                    self._answers.remove(answer)
                    if "failed" in answer:
                        raise DeviceUnavailable(str(answer["failed"]))
                    return answer
            if not self._receive(max(until - time.monotonic(), 0.0)):
                raise DeviceUnavailable("the desktop did not come up in time")

    def _receive(self, seconds: float) -> bool:
        try:
            readable, _, _ = select.select([self._control], [], [], seconds)
            if not readable:
                return False
            data = self._control.recv(supervisor.MESSAGE_LIMIT)
        except (OSError, ValueError) as error:
            raise DeviceLost("the desktop is gone") from error
        if not data:
            raise DeviceLost(f"the desktop is gone{self._said()}")
        message = json.loads(data)
        if "ended" in message:
            self.ended.append(Ended(message["ended"], message["code"]))
        else:
            self._answers.append(message)
        return True

    def _said(self) -> str:
        """What the supervisor wrote when it ended on its own."""
        if self._process.stderr is None or self._process.poll() is None:
            return ""
        lines = self._process.stderr.read().decode(errors="replace").strip().splitlines()
        return f": {lines[-1][:300]}" if lines else ""


def _permit() -> Path | None:
    """The file that lets a program onto somebody's display, or None where there is none."""
    file = Path(os.environ.get("XAUTHORITY") or Path.home() / ".Xauthority")
    return file if file.is_file() else None
