"""Starting a server on loopback, waiting for its answer, and ending it with all its processes."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.sites.installing import SiteError

START_SECONDS = 60.0
END_SECONDS = 10.0
TRIES = 3
"""Ports that are tried."""

LISTENS = "0A"
"""The state of a socket that listens, in the tables of the kernel."""


class _Taken(SiteError):
    """Somebody else answers where the server was to."""


@contextlib.contextmanager
def served(
    command: Callable[[int], Sequence[str]],
    path: str,
    *,
    port: int = 0,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> Iterator[str]:
    """The address of `path` on a server that runs until the end of the block, in a process group of its own.

    `command` is what starts it on a port: on the one that is wanted where that is free, else on another one. A port may
    be taken between the look and the start, so what answers there is ours only if one of our processes listens.

    Raises:
        SiteError: if it doesn't answer; the message ends with the server's last lines.
    """
    with contextlib.ExitStack() as running:
        for again in range(TRIES - 1, -1, -1):
            try:
                chosen = free_port(port)
                address = f"http://127.0.0.1:{chosen}{path}"
                running.enter_context(_started(command(chosen), chosen, address, cwd, env))
            except _Taken:
                port = 0
                if not again:
                    raise
            else:
                yield address
                return


@contextlib.contextmanager
def _started(
    command: Sequence[str], port: int, address: str, cwd: Path | None, env: Mapping[str, str] | None
) -> Iterator[None]:
    """Runs the server until the end of the block.

    Raises:
        SiteError: if it doesn't answer, `_Taken` if somebody else does.
    """
    with tempfile.TemporaryFile("w+", errors="replace") as log:
        server = subprocess.Popen(
            command,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            problem = _wait(address, port, server)
            if problem:
                log.seek(0)
                said = "\n".join([problem, *log.read().splitlines()[-10:]])
                taken = _listens(port) and not listens_in(server.pid, port)
                raise _Taken(said) if taken else SiteError(said)
            yield
        finally:
            end(server)


def end(process: "subprocess.Popen[Any]") -> None:
    """Ends a process that leads its own group: politely first, then all that is left of the group."""
    with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
        process.terminate()
        process.wait(END_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def clean_up_when_terminated() -> None:
    """Has SIGTERM end this process as Ctrl-C does, with what it started."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def free_port(wanted: int = 0) -> int:
    """A port that is free on 127.0.0.1 now: the wanted one where it is.

    Raises:
        SiteError: if there is none.
    """
    for port in (wanted, 0):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise SiteError("no port is free on 127.0.0.1")


@contextlib.contextmanager
def static_files(folder: Path, path: str, *options: str) -> Iterator[str]:
    """The address of `path` below a folder that is served by a process of its own."""
    command = [sys.executable, "-m", "benchmarks.sites.static", str(folder), *options, "--port"]
    project = Path(__file__).resolve().parents[2]
    with served(lambda port: [*command, str(port)], path, env={"PYTHONPATH": str(project)}) as address:
        yield address


def listens_in(session: int, port: int) -> bool:
    """Whether a process of the session of that number listens on the port; true where the system does not tell."""
    tables = [Path(f"/proc/net/{name}") for name in ("tcp", "tcp6")]
    if not any(table.exists() for table in tables):
        return True
    lines = (line.split() for table in tables if table.exists() for line in table.read_text().splitlines()[1:])
    sockets = {f"socket:[{parts[9]}]" for parts in lines if parts[3] == LISTENS and parts[1].endswith(f":{port:04X}")}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended, or is somebody else's
            if os.getsid(int(process.name)) == session and any(
                os.readlink(file) in sockets for file in (process / "fd").iterdir()
            ):
                return True
    return False


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _wait(address: str, port: int, server: "subprocess.Popen[Any]") -> str | None:
    """What went wrong until its first answer, or None; a page of an error is an answer too. Nobody else is asked."""
    limit = time.monotonic() + START_SECONDS
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # no proxy reaches what runs here
    while time.monotonic() < limit:
        if server.poll() is not None:
            return f"the server of {address} ended with code {server.returncode}"
        if not listens_in(server.pid, port):
            time.sleep(0.1)
            continue
        try:
            opener.open(address, timeout=5).close()
        except urllib.error.HTTPError as error:
            return f"{address} answers {error.code}"
        except OSError:
            time.sleep(0.1)
        else:
            return None
    return f"{address} did not answer within {START_SECONDS:g} seconds"
