"""A D-Bus connection that asks many things at once, and takes the answers in whichever order they come.

A tree takes thousands of calls: they are posted together, and signals are counted, not parsed. Answers are kept as they
came and read when they are taken, because applications make them: one that can't be read is that call's error alone.
"""

import os
import select
import socket
import time
from collections.abc import Iterable
from typing import Any

from explorers.desktop.wire import (
    ERROR,
    FIXED,
    RETURN,
    SIGNAL,
    BusError,
    WireError,
    call_message,
    decoded,
    opened,
    reply_serial,
)

MESSAGE_LIMIT = 32 * 2**20
"""Bytes of one message; a larger one ends the connection."""

PENDING_LIMIT = 64 * 2**20
"""Bytes that are taken in one go before the time is looked at again."""

DAEMON = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")
"""The bus itself: its name, its path and its interface."""


class BusGone(Exception):
    """The other end closed the connection, or said what no bus says."""


class NoAnswer(Exception):
    """What was asked was not answered in time."""


class Bus:
    """One connection, used by one thread; the caller closes it. `signals` counts what came unasked.

    Raises:
        BusGone: if nothing listens there, or it is no bus.
    """

    def __init__(self, path: str, *, seconds: float = 5.0) -> None:
        self.signals = 0
        self._serial = 0
        self._out = bytearray()
        self._in = bytearray()
        self._answers: dict[int, bytes] = {}
        self._wanted: set[int] = set()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(seconds)
        try:
            self._socket.connect(path)
            self._socket.sendall(b"\0AUTH EXTERNAL %s\r\n" % str(os.getuid()).encode().hex().encode())
            if not self._socket.recv(1024).startswith(b"OK "):
                raise BusGone(f"the bus at {path} lets nobody in")
            self._socket.sendall(b"BEGIN\r\n")
        except (OSError, BusGone) as error:
            self._socket.close()
            raise BusGone(f"no bus at {path}: {error}") from error
        self._socket.setblocking(False)
        try:
            self.call(*DAEMON, "Hello", seconds=seconds)
        except (BusError, BusGone, NoAnswer) as error:
            self._socket.close()
            raise BusGone(f"the bus at {path} does not say hello: {error}") from error

    def post(self, destination: str, path: str, interface: str, member: str, signature: str = "", *body: Any) -> int:
        """Asks, and returns the number to take the answer by."""
        self._serial += 1
        self._out += call_message(self._serial, destination, path, interface, member, signature, body)
        self._wanted.add(self._serial)
        return self._serial

    def answer(self, serial: int, *, until: float) -> list[Any]:
        """What was answered; `until` is a time of the monotonic clock.

        Raises:
            NoAnswer: if it was not answered by then.
            BusError: if the answer is an error, or can't be read.
            BusGone: if the connection ended.
        """
        while serial not in self._answers:
            if not self.pump(until):
                raise NoAnswer(serial)
        return decoded(*opened(self._answers.pop(serial)))

    def settle(self, serials: Iterable[int], *, until: float) -> bool:
        """Waits until all of these are answered, or until that time; returns whether they are."""
        missing = set(serials) - self._answers.keys()
        while missing:
            if not self.pump(until):
                return False
            missing -= self._answers.keys()
        return True

    def take(self, serial: int) -> list[Any] | None:
        """What was answered, or None for an error and for what can't be read.

        None also for what is not answered yet, which then never is.
        """
        try:
            return decoded(*opened(self._taken(serial)))
        except BusError:
            return None

    def take_bytes(self, serial: int, signature: str) -> bytes | None:
        """What was answered, not read yet; None as for `take`, and for an answer of another signature."""
        try:
            answered, body = opened(self._taken(serial))
        except BusError:
            return None
        return body if answered == signature else None

    def call(
        self,
        destination: str,
        path: str,
        interface: str,
        member: str,
        signature: str = "",
        *body: Any,
        seconds: float = 5.0,
    ) -> list[Any]:
        """Asks, and waits for the answer. Raises what `answer` does."""
        serial = self.post(destination, path, interface, member, signature, *body)
        try:
            return self.answer(serial, until=time.monotonic() + seconds)
        except NoAnswer:
            self._wanted.discard(serial)
            raise

    def pump(self, until: float) -> bool:
        """Sends and takes what can be; waits for something to come until that time, and returns whether it did.

        Raises:
            BusGone: if the connection ended.
        """
        wait = max(until - time.monotonic(), 0.0)
        waiting = [self._socket] if self._out else []
        readable, writable, _ = select.select([self._socket], waiting, [], wait)
        try:
            if writable:
                del self._out[: self._socket.send(self._out)]
            if readable:
                self._receive()
        except BlockingIOError:
            pass
        except (OSError, WireError) as error:
            raise BusGone(f"the bus is gone: {error}") from error
        return bool(readable or writable)

    def fileno(self) -> int:
        """The descriptor to wait on for what comes."""
        return self._socket.fileno()

    def close(self) -> None:
        """Closes the connection; may be called twice."""
        self._socket.close()

    # ---- inside

    def _taken(self, serial: int) -> bytes:
        self._wanted.discard(serial)
        try:
            return self._answers.pop(serial)
        except KeyError:
            raise BusError("no answer yet") from None

    def _receive(self) -> None:
        taken = 0
        while taken < PENDING_LIMIT:
            try:
                data = self._socket.recv(2**18)
            except BlockingIOError:
                break
            if not data:
                raise BusGone("the bus closed the connection")
            taken += len(data)
            self._in += data
            if len(data) < 2**18:
                break
        position, buffer = 0, self._in
        while len(buffer) - position >= 16:
            order, kind, _, _, body, _, fields = FIXED.unpack_from(buffer, position)
            if order != b"l":
                raise BusGone("the bus speaks with the other byte order")
            size = 16 + fields + -fields % 8 + body
            if size > MESSAGE_LIMIT:
                raise BusGone(f"a message of {size} bytes came, and {MESSAGE_LIMIT} are the most")
            if len(buffer) - position < size:
                break
            if kind in (RETURN, ERROR):
                serial = reply_serial(buffer, position)
                if serial in self._wanted:
                    self._wanted.discard(serial)
                    self._answers[serial] = bytes(buffer[position : position + size])
            elif kind == SIGNAL:
                self.signals += 1
            position += size
        del buffer[:position]


def socket_path(address: str) -> str | None:
    """The path of a bus's socket in its address, None where it has none."""
    parts = address.partition(";")[0].removeprefix("unix:").split(",")
    return next((part[5:] for part in parts if part.startswith("path=")), None)
