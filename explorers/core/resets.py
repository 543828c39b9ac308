"""What brings an application back to its beginning before each episode: a command, a request, a copy of a folder.

A hook that fails is a start that failed: the episode is recorded with the reason, and the next one tries again.
"""

import http.client
import os
import re
import selectors
import shlex
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol, TypeAlias
from urllib.parse import urlsplit

from explorers.core.safety.policy import is_loopback
from explorers.core.wrapping import Wrapped
from schemas.errors import ConfigurationError, DeviceUnavailable
from schemas.protocols import Environment
from schemas.records import Observation
from schemas.redaction import redact_location
from schemas.secret_texts import named_address

SECONDS = 60.0
"""How long a hook may take unless told otherwise."""

MARKER = ".hindtrace-copy"
"""The file in a copied folder that says it was made here, and may be replaced."""

TOLD = 300
"""Characters of a command's last line of output that the reason holds."""

_KEPT = 4_096
_POLL_SECONDS = 0.05
Method: TypeAlias = Literal["GET", "POST"]
_METHOD = re.compile(r"(GET|POST) +(\S.*)", re.DOTALL)


class Reset(Protocol):
    """Something done before each episode."""

    def __call__(self) -> None:
        """Does it.

        Raises:
            DeviceUnavailable: if it fails, or takes too long.
        """

    def stop(self) -> None:
        """Ends it from another thread, as soon as it can."""


class ResettingEnvironment(Wrapped):
    """An environment with what is done before each of its episodes, in that order."""

    def __init__(self, inner: Environment, resets: Sequence[Reset]) -> None:
        super().__init__(inner)
        self._resets = tuple(resets)

    @property
    def puts_back(self) -> bool:
        """Whether what an episode changes is put back before the next one: where a reset is declared."""
        return bool(self._resets) or super().puts_back

    def reset(self) -> Observation:
        """Resets the application, and starts an episode.

        Raises:
            DeviceUnavailable: if either fails.
        """
        for each in self._resets:
            each()
        return super().reset()


@dataclass(frozen=True, slots=True)
class ResetCommand:
    """Runs a program with its arguments, without a shell; an exit code other than 0 is a failure.

    What it prints is thrown away, but for the last line of a failure. It has no input; what it leaves running must not
    write to its output.

    Raises:
        ConfigurationError: if there is no such program, or no time.
    """

    arguments: tuple[str, ...]
    seconds: float = SECONDS
    _stopped: threading.Event = field(default_factory=threading.Event, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuses what can't be run."""
        _check_seconds(self.seconds)
        if not self.arguments or shutil.which(self.arguments[0]) is None:
            program = f"{self.arguments[0]!r}" if self.arguments else "nothing"
            raise ConfigurationError(f"expected a program that resets the application, found {program}")

    def __call__(self) -> None:
        """Runs it, and ends all its processes if it takes too long."""
        name = Path(self.arguments[0]).name
        try:
            process = subprocess.Popen(
                self.arguments,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise DeviceUnavailable(f"the reset by {name} can't be run: {error.strerror}") from error
        with process:
            ended, output = self._watch(process)
            if not ended:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
        if not ended:
            why = "was stopped" if self._stopped.is_set() else f"took longer than {self.seconds:g} seconds"
            raise DeviceUnavailable(f"the reset by {name} {why}")
        if process.returncode != 0:
            said = f": {output}" if output else ""
            raise DeviceUnavailable(f"the reset by {name} failed with code {process.returncode}{said}")

    def stop(self) -> None:
        """Ends the program."""
        self._stopped.set()

    def _watch(self, process: "subprocess.Popen[bytes]") -> tuple[bool, str]:
        """Whether it ended in time, and the last line that it printed."""
        assert process.stdout is not None
        until = time.monotonic() + self.seconds
        tail = b""
        os.set_blocking(process.stdout.fileno(), False)
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            listening = True
            while time.monotonic() < until and not self._stopped.is_set():
                ended = process.poll() is not None  # asked first, so that what it printed last is read
                if listening:
                    for _ in selector.select(0 if ended else _POLL_SECONDS):
                        part = process.stdout.read(65_536)
                        tail = (tail + (part or b""))[-_KEPT:]
                        listening = bool(part)
                elif not ended:
                    self._stopped.wait(_POLL_SECONDS)
                if ended:
                    lines = tail.decode(errors="replace").strip().splitlines()
                    return True, "".join(filter(str.isprintable, lines[-1]))[:TOLD] if lines else ""
        return False, ""


@dataclass(frozen=True, slots=True)
class ResetRequest:
    """Asks a URL; any answer from 200 to 399 is success, and a redirect is not followed.

    The host must be this machine, or one of `hosts`, each with its port or without.

    Raises:
        ConfigurationError: for another URL or method, or no time.
    """

    url: str
    method: Method = "POST"
    seconds: float = SECONDS
    hosts: Collection[str] = ()

    def __post_init__(self) -> None:
        """Refuses what must not be asked."""
        _check_seconds(self.seconds)
        shown = named_address(self.url)
        try:
            parts = urlsplit(self.url)
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise ConfigurationError(f"expected a URL that resets the application, found {shown!r}") from error
        if parts.scheme not in ("http", "https") or not host:
            raise ConfigurationError(f"expected an http or https URL that resets the application, found {shown!r}")
        if self.method not in ("GET", "POST"):
            raise ConfigurationError(f"expected GET or POST, found {self.method!r}")
        if "@" in parts.netloc or any(not character.isprintable() or character == " " for character in self.url):
            raise ConfigurationError("expected a URL without a user, blanks and control characters")
        if not (is_loopback(host) or host in self.hosts or f"{host}:{port}" in self.hosts):
            raise ConfigurationError(f"{host} is not this machine: name it with --allow-host to reset there")

    def __call__(self) -> None:
        """Asks it."""
        parts = urlsplit(self.url)
        assert parts.hostname is not None  # it was checked
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname, parts.port, timeout=self.seconds)
        # A time limit of a socket begins anew with each byte: this one is for all of it.
        timer = threading.Timer(self.seconds, _hang_up, [connection])
        timer.daemon = True
        until = time.monotonic() + self.seconds
        timer.start()
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        shown = redact_location(self.url)
        try:
            connection.request(self.method, path, headers={"Content-Length": "0"} if self.method == "POST" else {})
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            if time.monotonic() >= until:
                raise DeviceUnavailable(f"the reset by {shown} took longer than {self.seconds:g} seconds") from error
            why = str(error) or type(error).__name__
            raise DeviceUnavailable(f"the reset by {shown} failed: {why[:TOLD]}") from error
        finally:
            timer.cancel()
            connection.close()
        if not 200 <= status < 400:
            raise DeviceUnavailable(f"the reset by {shown} failed: HTTP {status}")

    def stop(self) -> None:
        """Nothing: its time limit ends it."""


@dataclass(frozen=True, slots=True)
class ResetCopy:
    """Replaces a folder by a copy of another, which is made beside it first and then moved there whole.

    The folder that is replaced must be one that was made here before, which its file `MARKER` tells, or not be there.
    A program that keeps files of it open goes on with the old ones.

    Raises:
        ConfigurationError: if there is no source, or the destination is not one to be replaced.
    """

    source: Path
    destination: Path

    def __post_init__(self) -> None:
        """Refuses what must not be replaced."""
        source, destination = self._places
        if not source.is_dir():
            raise ConfigurationError(f"expected a folder to copy, found none at {self.source}")
        if source.is_relative_to(destination) or destination.is_relative_to(source):
            raise ConfigurationError(f"expected two folders apart, found {self.source} and {self.destination}")
        if destination in (Path(destination.anchor), Path.home().resolve()) or Path.cwd().is_relative_to(destination):
            raise ConfigurationError(f"expected a folder that may be replaced, found {self.destination}")
        if not destination.parent.is_dir():
            raise ConfigurationError(f"expected a folder to put the copy in, found none at {destination.parent}")
        self._check(destination, ConfigurationError)

    def __call__(self) -> None:
        """Copies it."""
        source, destination = self._places
        self._check(destination, DeviceUnavailable)
        # Beside it, so that moving it is a rename; what a killed reset left there is removed.
        fresh, old = (destination.with_name(f".{destination.name}.hindtrace-{part}") for part in ("new", "old"))
        try:
            for left in (fresh, old):
                if left.exists():
                    shutil.rmtree(left)
            shutil.copytree(source, fresh, symlinks=True)
            (fresh / MARKER).write_text("A copy made before an episode; it is replaced before the next one.\n")
            if destination.exists():
                destination.rename(old)
            fresh.rename(destination)
        except (OSError, shutil.Error) as error:
            if old.exists() and not destination.exists():
                old.rename(destination)
            why = error.strerror if isinstance(error, OSError) and error.strerror else "not all of it can be copied"
            raise DeviceUnavailable(f"the reset of {self.destination} failed: {why}") from error
        finally:
            for left in (fresh, old):
                shutil.rmtree(left, ignore_errors=True)

    def stop(self) -> None:
        """Nothing: half a copy helps no one."""

    @property
    def _places(self) -> tuple[Path, Path]:
        return self.source.expanduser().resolve(), self.destination.expanduser().resolve()

    def _check(self, destination: Path, error: type[ConfigurationError | DeviceUnavailable]) -> None:
        if destination.exists() and not (destination / MARKER).is_file():
            raise error(
                f"{self.destination} was not made by a reset, and is left alone: remove it, or name a folder that is "
                "not there yet"
            )


def command_of(text: str, named: str) -> tuple[str, ...]:
    """The program and the arguments that a text says; `named` is where it was said.

    Raises:
        ConfigurationError: if it is no command, such as one with an open quotation.
    """
    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        raise ConfigurationError(f"{named}: expected a command, found {text[:80]!r}: {error}") from error


def asked_of(text: str) -> tuple[Method, str]:
    """The method and the URL of a text such as `GET http://...`; POST where it says none."""
    asked = _METHOD.fullmatch(text)
    return ("POST", text) if asked is None else ("GET" if asked[1] == "GET" else "POST", asked[2])


def _check_seconds(seconds: float) -> None:
    if not 0 < seconds < 86_400:
        raise ConfigurationError(f"expected a time limit above zero and below a day, found {seconds} seconds")


def _hang_up(connection: http.client.HTTPConnection) -> None:
    """Ends a connection under the thread that reads from it."""
    if connection.sock is not None:
        with suppress(OSError):
            connection.sock.shutdown(2)
