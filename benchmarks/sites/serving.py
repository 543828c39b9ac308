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
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.sites.installing import SiteError

START_SECONDS = 60.0
END_SECONDS = 10.0


@contextlib.contextmanager
def served(
    command: Sequence[str], port: int, path: str, *, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> Iterator[str]:
    """The address of `path` on a server that runs until the end of the block, in a process group of its own.

    Raises:
        SiteError: if it doesn't answer; the message ends with the server's last lines.
    """
    address = f"http://127.0.0.1:{port}{path}"
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
            problem = _wait(address, server)
            if problem:
                log.seek(0)
                raise SiteError("\n".join([problem, *log.read().splitlines()[-10:]]))
            yield address
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
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.sites.static", str(folder), "--port", str(port), *options]
    project = Path(__file__).resolve().parents[2]
    with served(command, port, path, env={"PYTHONPATH": str(project)}) as address:
        yield address


def _wait(address: str, server: "subprocess.Popen[Any]") -> str | None:
    """What went wrong until the first answer, or None; a page of an error is an answer too."""
    limit = time.monotonic() + START_SECONDS
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # no proxy reaches what runs here
    while time.monotonic() < limit:
        if server.poll() is not None:
            return f"the server of {address} ended with code {server.returncode}"
        try:
            opener.open(address, timeout=5).close()
        except urllib.error.HTTPError as error:
            return f"{address} answers {error.code}"
        except OSError:
            time.sleep(0.1)
        else:
            return None
    return f"{address} did not answer within {START_SECONDS:g} seconds"
