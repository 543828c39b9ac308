"""A program that is launched and serves on a port of this machine: started, waited for, and ended with all it started.

It ends with this process, in whatever way that ends: a guard stands above it.
"""

import contextlib
import http.client
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from explorers.core import guard
from schemas.errors import ConfigurationError, DeviceUnavailable

READY_SECONDS = 60.0
"""How long a program may take until it answers."""

STOP_SECONDS = guard.END_SECONDS + 5.0

TOLD_LINES, TOLD = 10, 2_000
"""Lines and characters of its last words that are told when it does not get ready."""

LEAST_ERROR = 400
"""Of the statuses of HTTP: what answers with one is not ready yet."""

_POLL_SECONDS, _ANSWER_SECONDS = 0.05, 5.0
_FIRST_PORT, _PORTS = 20_000, 12_000
"""Below those that kernels give out by themselves."""

_LISTENS = "0A"
"""The state of a socket that listens, in the tables of the kernel."""


class PortTaken(DeviceUnavailable):
    """Somebody else answers where the program was to."""


class Ports:
    """Ports of this machine that are given out once at a time; may be used by several threads."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._given: set[int] = set()

    def take(self, wanted: str) -> int:
        """A port that is free now: the same from run to run for the same text, where it is.

        Raises:
            DeviceUnavailable: if there is none.
        """
        first = int(wanted[:8], 16) % _PORTS
        with self._guard:
            for number in range(_PORTS):
                port = _FIRST_PORT + (first + number) % _PORTS
                if port not in self._given and _is_free(port):
                    self._given.add(port)
                    return port
        raise DeviceUnavailable("no port is free on 127.0.0.1")

    def give_back(self, port: int) -> None:
        """It may be taken again."""
        with self._guard:
            self._given.discard(port)


PORTS = Ports()


def program_of(word: str, folder: Path) -> str:
    """Where the program of a launch lies: below that folder where it is a path, else where programs are looked for.

    Those that are installed beside Hindtrace are found first.

    Raises:
        ConfigurationError: if there is none.
    """
    found = shutil.which(str(folder / word)) if os.sep in word else shutil.which(word, path=_path())
    if found is None:
        raise ConfigurationError(f"launch: expected a program to start, found {word[:80]!r}: install it")
    return found


class Program:
    """A program that runs since it was made, in the folder `cwd`; `folder` is its own, and is removed when it is ended.

    Raises:
        DeviceUnavailable: if it can't be started.
    """

    def __init__(self, command: Sequence[str], *, cwd: Path, folder: Path) -> None:
        self._folder = folder
        try:
            self._guard = subprocess.Popen(
                [sys.executable, "-I", "-S", guard.__file__, str(folder), *command],
                cwd=cwd,
                env={**os.environ, "PATH": _path()},
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            raise DeviceUnavailable(f"{command[0]} can't be started: {error.strerror}") from error

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._guard.poll() is None

    def await_answer(self, address: str, stopped: threading.Event) -> None:
        """Waits until it answers there.

        Raises:
            PortTaken: if somebody else does.
            DeviceUnavailable: if it does not in time, or ends; the message ends with its last words.
        """
        port = urlsplit(address).port or 80
        until = time.monotonic() + READY_SECONDS
        problem = f"{address} did not answer within {READY_SECONDS:g} seconds"
        while time.monotonic() < until and not stopped.is_set():
            code = self._guard.poll()
            if code is not None:
                problem = f"the launched program ended with code {code} before {address} answered"
                break
            if _listens_below(self._guard.pid, port) and (status := _status(address)) is not None:
                if status < LEAST_ERROR:
                    return
                problem = f"{address} answered with HTTP {status} for {READY_SECONDS:g} seconds"
            stopped.wait(_POLL_SECONDS)
        if stopped.is_set():
            problem = "the launch was stopped"
        said = "\n".join([problem, *self._last_lines()])[:TOLD]
        if not stopped.is_set() and _listens(port) and not _listens_below(self._guard.pid, port):
            raise PortTaken(said)
        raise DeviceUnavailable(said)

    def end(self) -> None:
        """Ends it, with all that it started, and returns when it is gone; may be called twice."""
        assert self._guard.stdin is not None  # it is a pipe
        with contextlib.suppress(OSError):
            self._guard.stdin.close()
        try:
            self._guard.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._guard.kill()  # the kernel ends what it started
            self._guard.wait()
        shutil.rmtree(self._folder, ignore_errors=True)  # where it ended before its guard was asked

    # ---- inside

    def _last_lines(self) -> list[str]:
        try:
            with (self._folder / "log").open("rb") as log:
                log.seek(max(0, log.seek(0, os.SEEK_END) - guard.KEPT))
                lines = log.read().decode(errors="replace").strip().splitlines()
        except OSError:
            return []
        return ["".join(filter(str.isprintable, line)) for line in lines[-TOLD_LINES:]]


def _path() -> str:
    """Where programs are looked for: beside the interpreter, then where everybody looks."""
    return os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])


def _is_free(port: int) -> bool:
    with socket.socket() as probe, contextlib.suppress(OSError):
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        return True
    return False


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _status(address: str) -> int | None:
    """The status with which an address of this machine answers, asked directly and by no proxy; None without one."""
    parts = urlsplit(address)
    assert parts.hostname is not None  # it was checked
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname, parts.port, timeout=_ANSWER_SECONDS)
    try:
        connection.request("GET", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def _listens_below(pid: int, port: int) -> bool:
    """Whether a process below that one listens on the port; true where the system does not tell."""
    tables = [table for name in ("tcp", "tcp6") if (table := Path("/proc/net", name)).exists()]
    if not tables:
        return True
    lines = (line.split() for table in tables for line in table.read_text().splitlines()[1:])
    sockets = {f"socket:[{parts[9]}]" for parts in lines if parts[3] == _LISTENS and parts[1].endswith(f":{port:04X}")}
    return bool(sockets) and any(_has_open(each, sockets) for each in _below(pid))


def _below(pid: int) -> set[int]:
    """The numbers of the processes below one."""
    parents: dict[int, int] = {}
    for place in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            # The name, in brackets, may hold anything.
            parents[int(place.parent.name)] = int(place.read_text(errors="replace").rpartition(")")[2].split()[1])
    found: set[int] = set()
    grown = {pid}
    while grown:
        grown = {child for child, parent in parents.items() if parent in grown} - found
        found |= grown
    return found


def _has_open(pid: int, names: set[str]) -> bool:
    with contextlib.suppress(OSError):
        for file in Path("/proc", str(pid), "fd").iterdir():
            with contextlib.suppress(OSError):
                if os.readlink(file) in names:
                    return True
    return False
