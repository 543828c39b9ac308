"""A thin client of the adb server: one connection and one script a call.

adbutils opens a second connection for each call and waits twice 10 ms in closing them, 21 ms in all; what is done at
every step goes through here, in one round trip. Devices, files and installs stay with adbutils (`provisioning.py`).
"""

import http.client
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

CONNECT_SECONDS = 3.0
ANSWER_LIMIT = 64 * 2**20
"""Bytes of an answer: a screenshot of a large tablet and its tree have under 20 MB."""

SAID_LIMIT = 16_384
"""Bytes that are kept of what a running program writes."""


class AdbError(Exception):
    """The device can't be asked: no server, no such device, the connection broke, the answer took too long."""


class AdbTimeout(AdbError):
    """The answer took too long; the device may be doing what it was asked to."""


class Adb:
    """One device, by its serial; no connection is kept between calls. An `interrupted` one is of no further use."""

    def __init__(self, serial: str) -> None:
        self.serial = serial
        self.interrupted = False
        self._server: socket.socket | None = None

    def interrupt(self) -> None:
        """Ends the call that another thread waits in, and refuses all that follow."""
        self.interrupted = True
        if self._server is not None:
            with suppress(OSError):
                self._server.shutdown(socket.SHUT_RDWR)

    def run(self, script: str, *, seconds: float) -> bytes:
        """What the script writes, as bytes; both streams are one.

        Raises:
            AdbError: if the device can't be asked, or the answer broke off.
        """
        until = time.monotonic() + seconds
        with self._service(f"exec:{script}", until) as server:
            return _rest(server, until)

    def post(self, port: int, path: str, body: bytes | None, *, seconds: float) -> bytes:
        """What an HTTP server on the device answers; without a body it is only asked.

        Raises:
            AdbError: if nothing listens there, or it does not answer as a server does.
        """
        until = time.monotonic() + seconds
        with self._service(f"tcp:{port}", until) as server:
            return _http(server, path, body, until)

    def begin(self, script: str) -> "Running":
        """Starts what goes on until its connection is closed.

        Raises:
            AdbError: if the device can't be asked.
        """
        if self.interrupted:
            raise AdbError("interrupted")
        until = time.monotonic() + CONNECT_SECONDS
        server = _connected(until)
        try:
            _ask(server, f"host:transport:{self.serial}", until)
            _ask(server, f"shell:{script}", until)  # with a terminal: it ends when that is closed
        except AdbError:
            server.close()
            raise
        server.setblocking(False)
        return Running(server)

    def state(self) -> str:
        """What the server says of it: device, offline, unauthorized, ..., or absent.

        Raises:
            AdbError: if there is no server.
        """
        until = time.monotonic() + CONNECT_SECONDS
        with _connected(until) as server:
            try:
                _ask(server, f"host-serial:{self.serial}:get-state", until)
                return _block(server, until)
            except AdbTimeout:
                raise
            except AdbError as error:
                said = str(error)
                return next((state for state in ("unauthorized", "offline", "authorizing") if state in said), "absent")

    @contextmanager
    def _service(self, name: str, until: float) -> Iterator[socket.socket]:
        """A connection to a service of the device, which `interrupt` ends."""
        with _connected(until) as server:
            self._server = server
            if self.interrupted:
                raise AdbError("interrupted")
            try:
                _ask(server, f"host:transport:{self.serial}", until)
                _ask(server, name, until)
                yield server
            finally:
                self._server = None


class Running:
    """A program on the device that goes on until `close`."""

    def __init__(self, server: socket.socket) -> None:
        self._server = server
        self._said = bytearray()
        self._ended = False

    @property
    def ended(self) -> bool:
        """Whether it ended by itself, or its connection broke."""
        while not self._ended:
            try:
                more = self._server.recv(1 << 16)
            except BlockingIOError:
                return False
            except OSError:
                more = b""
            self._ended = not more
            self._said = (self._said + more)[-SAID_LIMIT:]
        return True

    @property
    def said(self) -> str:
        """The last of what it wrote."""
        return self._said.decode("utf-8", "replace")

    def close(self) -> None:
        """Ends it; may be called twice."""
        self._ended = True
        self._server.close()


def server_address() -> tuple[str, int]:
    """Where the adb server listens, by the variables that adb itself reads.

    Raises:
        AdbError: if the port is no number.
    """
    port = os.environ.get("ANDROID_ADB_SERVER_PORT", "5037")
    if not port.isdecimal():
        raise AdbError(f"expected a port in ANDROID_ADB_SERVER_PORT, found {port[:20]!r}")
    return os.environ.get("ANDROID_ADB_SERVER_HOST", "127.0.0.1"), int(port)


def _connected(until: float) -> socket.socket:
    host, port = server_address()
    try:
        server = socket.create_connection((host, port), timeout=min(CONNECT_SECONDS, _left(until)))
    except OSError as error:
        raise AdbError(f"no adb server answers on port {port}: run 'adb start-server'") from error
    server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return server


def _ask(server: socket.socket, service: str, until: float) -> None:
    data = service.encode()
    if len(data) > 0xFFFF:
        raise AdbError(f"expected a script of at most {0xFFFF} bytes, found {len(data)}")
    try:
        server.settimeout(_left(until))
        server.sendall(b"%04x" % len(data) + data)
    except OSError as error:
        raise AdbError("the adb server hung up") from error
    status = _exactly(server, 4, until)
    if status == b"FAIL":
        raise AdbError(_block(server, until))
    if status != b"OKAY":
        raise AdbError(f"expected OKAY from the adb server, found {status!r}")


def _block(server: socket.socket, until: float) -> str:
    length = _exactly(server, 4, until)
    with suppress(ValueError):
        return _exactly(server, int(length, 16), until).decode("utf-8", "replace")
    raise AdbError(f"expected a length from the adb server, found {length!r}")


def _exactly(server: socket.socket, size: int, until: float) -> bytes:
    data = bytearray()
    while len(data) < size:
        more = _receive(server, size - len(data), until)
        if not more:
            raise AdbError("the adb server hung up")
        data += more
    return bytes(data)


def _rest(server: socket.socket, until: float) -> bytes:
    data = bytearray()
    while more := _receive(server, 1 << 18, until):
        data += more
        if len(data) > ANSWER_LIMIT:
            raise AdbError(f"expected an answer of at most {ANSWER_LIMIT} bytes, found more")
    return bytes(data)


def _http(server: socket.socket, path: str, body: bytes | None, until: float) -> bytes:
    """One request, after which the server closes the connection."""
    lines = [f"{'GET' if body is None else 'POST'} {path} HTTP/1.1", "Host: localhost", "Connection: close"]
    # Without this line it packs its answers, and keeps what it needs for that for ever (NanoHTTPD #492).
    lines += ["Accept-Encoding: identity", "Content-Type: application/json", f"Content-Length: {len(body or b'')}"]
    try:
        server.settimeout(_left(until))
        server.sendall("\r\n".join([*lines, "", ""]).encode() + (body or b""))
        answer = http.client.HTTPResponse(server)
        answer.begin()
        data = answer.read(ANSWER_LIMIT + 1)
    except TimeoutError as error:
        raise AdbTimeout("the device did not answer in time") from error
    except (OSError, http.client.HTTPException) as error:
        raise AdbError(f"no HTTP server answers there: {type(error).__name__}") from error
    if answer.status != http.client.OK or len(data) > ANSWER_LIMIT:
        raise AdbError(f"the HTTP server on the device answered {answer.status}, {len(data)} bytes")
    return data


def _receive(server: socket.socket, size: int, until: float) -> bytes:
    try:
        server.settimeout(_left(until))
        return server.recv(size)
    except TimeoutError as error:
        raise AdbTimeout("the device did not answer in time") from error
    except OSError as error:
        raise AdbError("the adb server hung up") from error


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise AdbTimeout("the device did not answer in time")
    return left
