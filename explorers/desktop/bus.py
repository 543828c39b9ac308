"""A D-Bus connection that asks many things at once, and takes the answers in whichever order they come.

The wire is jeepney's where speed does not matter. A tree takes thousands of calls, so these are put together here: what
is the same in all of them is made once, and of an answer only what it says is parsed. Signals are counted, not parsed.
"""

import select
import socket
import struct
import time
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from jeepney.auth import BEGIN, Authenticator
from jeepney.low_level import Endianness, parse_signature

MESSAGE_LIMIT = 32 * 2**20
"""Bytes of one message; a larger one ends the connection."""

PENDING_LIMIT = 64 * 2**20
"""Bytes that are taken in one go before the time is looked at again."""

_FIXED = struct.Struct("<cBBBIII")
_WORD = struct.Struct("<I")
_RETURN, _ERROR, _SIGNAL = 2, 3, 4


class BusGone(Exception):
    """The other end closed the connection, or said what no bus says."""


class BusError(Exception):
    """An answer that is an error; its name is the message."""


class NoAnswer(Exception):
    """What was asked was not answered in time."""


class Bus:
    """One connection, used by one thread; the caller closes it. `signals` counts what came unasked.

    Raises:
        BusGone: if nothing listens there.
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
            authenticator = Authenticator()
            for data in authenticator:
                self._socket.sendall(data)
                authenticator.feed(self._socket.recv(1024))
            self._socket.sendall(BEGIN)
        except (OSError, ValueError) as error:
            self._socket.close()
            raise BusGone(f"no bus at {path}: {error}") from error
        self._socket.setblocking(False)
        self.name: str = self.call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "Hello")[0]

    def post(self, destination: str, path: str, interface: str, member: str, signature: str = "", *body: Any) -> int:
        """Asks, and returns the number to take the answer by."""
        self._serial += 1
        head = _head(destination, interface, member, signature)
        place = path.encode()
        fields = len(head) + 8 + len(place) + 1
        data = _body(signature, body)
        self._out += _FIXED.pack(b"l", 1, 0, 1, len(data), self._serial, fields)
        self._out += head
        self._out += b"\x01\x01o\0" + _WORD.pack(len(place)) + place
        self._out += b"\0" * (1 + -fields % 8)
        self._out += data
        self._wanted.add(self._serial)
        return self._serial

    def answer(self, serial: int, *, until: float) -> tuple[Any, ...]:
        """What was answered; `until` is a time of the monotonic clock.

        Raises:
            NoAnswer: if it was not answered by then.
            BusError: if the answer is an error.
            BusGone: if the connection ended.
        """
        while serial not in self._answers:
            if not self.pump(until):
                raise NoAnswer(serial)
        return _parsed(self._answers.pop(serial))

    def settle(self, serials: Iterable[int], *, until: float) -> bool:
        """Waits until all of these are answered, or until that time; returns whether they are."""
        missing = set(serials) - self._answers.keys()
        while missing:
            if not self.pump(until):
                return False
            missing -= self._answers.keys()
        return True

    def take(self, serial: int) -> tuple[Any, ...] | None:
        """What was answered, or None for an error and for what is not answered yet, which then never is."""
        data = self._answers.pop(serial, None)
        if data is None:
            self._wanted.discard(serial)
            return None
        try:
            return _parsed(data)
        except BusError:
            return None

    def take_raw(self, serial: int) -> bytes | None:
        """The message of an answer, or None for an error and for what is not answered yet, which then never is."""
        data = self._answers.pop(serial, None)
        self._wanted.discard(serial)
        return None if data is None or data[1] == _ERROR else data

    def drop(self, serials: Iterable[int]) -> None:
        """Has what comes for these thrown away."""
        for serial in serials:
            self._wanted.discard(serial)
            self._answers.pop(serial, None)

    def call(
        self,
        destination: str,
        path: str,
        interface: str,
        member: str,
        signature: str = "",
        *body: Any,
        seconds: float = 5.0,
    ) -> tuple[Any, ...]:
        """Asks, and waits for the answer. Raises what `answer` does."""
        serial = self.post(destination, path, interface, member, signature, *body)
        try:
            return self.answer(serial, until=time.monotonic() + seconds)
        except NoAnswer:
            self.drop((serial,))
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
        except OSError as error:
            raise BusGone(f"the bus is gone: {error}") from error
        return bool(readable or writable)

    def fileno(self) -> int:
        """The descriptor to wait on for what comes."""
        return self._socket.fileno()

    def close(self) -> None:
        """Closes the connection; may be called twice."""
        self._socket.close()

    # ---- inside

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
            order, kind, _, _, body, _, fields = _FIXED.unpack_from(buffer, position)
            if order != b"l":
                raise BusGone("the bus speaks with the other byte order")
            size = 16 + fields + -fields % 8 + body
            if size > MESSAGE_LIMIT:
                raise BusGone(f"a message of {size} bytes came, and {MESSAGE_LIMIT} are the most")
            if len(buffer) - position < size:
                break
            if kind in (_RETURN, _ERROR):
                serial = _reply_serial(buffer, position)
                if serial in self._wanted:
                    self._wanted.discard(serial)
                    self._answers[serial] = bytes(buffer[position : position + size])
            elif kind == _SIGNAL:
                self.signals += 1
            position += size
        del buffer[:position]


def _reply_serial(buffer: bytearray, start: int) -> int:
    """The number of the call that a message answers, 0 for none."""
    for code, value in _fields(buffer, start):
        if code == 5:
            return int(value)
    return 0


def _fields(buffer: bytes | bytearray, start: int) -> Iterable[tuple[int, Any]]:
    """The fields of a message's header: texts and numbers, which is all that the protocol has there."""
    position = start + 16
    end = position + _WORD.unpack_from(buffer, start + 12)[0]
    while position < end:
        position += (start - position) % 8
        code, kind = buffer[position], chr(buffer[position + 2])
        position += 4
        if kind == "u":
            position += (start - position) % 4
            yield code, _WORD.unpack_from(buffer, position)[0]
            position += 4
        elif kind == "g":
            length = buffer[position]
            yield code, bytes(buffer[position + 1 : position + 1 + length]).decode()
            position += length + 2
        elif kind in "so":
            position += (start - position) % 4
            length = _WORD.unpack_from(buffer, position)[0]
            yield code, bytes(buffer[position + 4 : position + 4 + length]).decode(errors="replace")
            position += length + 5
        else:
            raise BusGone(f"a message has a field of the kind {kind!r}")


def _parsed(data: bytes) -> tuple[Any, ...]:
    fields = dict(_fields(data, 0))
    if data[1] == _ERROR:
        raise BusError(fields.get(4, "an error without a name"))
    signature = fields.get(8, "")
    if not signature:
        return ()
    length = _WORD.unpack_from(data, 12)[0]
    body = data[16 + length + -length % 8 :]
    try:
        return tuple(_decoder(signature)(body, 0)[0])
    except (struct.error, IndexError, ValueError, KeyError, RecursionError) as error:
        raise BusError(f"an answer that can't be read: {error}") from error


# ---- what is the same in many calls, made once


@lru_cache(maxsize=4096)
def _head(destination: str, interface: str, member: str, signature: str) -> bytes:
    """The fields of a call's header but its path, which comes after them."""
    out = bytearray()
    for code, text in ((6, destination), (2, interface), (3, member)):
        out += b"\0" * (-len(out) % 8)
        encoded = text.encode()
        out += bytes((code, 1)) + b"s\0" + _WORD.pack(len(encoded)) + encoded + b"\0"
    if signature:
        out += b"\0" * (-len(out) % 8)
        out += b"\x08\x01g\0" + bytes((len(signature),)) + signature.encode() + b"\0"
    out += b"\0" * (-len(out) % 8)
    return bytes(out)


@lru_cache(maxsize=1024)
def _body(signature: str, body: tuple[Any, ...]) -> bytes:
    if not signature:
        return b""
    kind = parse_signature(list(f"({signature})"))
    return bytes(kind.serialise(body, 0, Endianness.little))


# ---- reading: a function for each signature, made once

Decoder = Callable[[bytes, int], tuple[Any, int]]
_NUMBERS = {"y": ("<B", 1), "n": ("<h", 2), "q": ("<H", 2), "i": ("<i", 4), "u": ("<I", 4), "x": ("<q", 8)}
_NUMBERS |= {"t": ("<Q", 8), "d": ("<d", 8), "b": ("<I", 4), "h": ("<I", 4)}
_ALIGNED = {"s": 4, "o": 4, "g": 1, "a": 4, "v": 1, "(": 8, "{": 8}
_ALIGNED |= {kind: size for kind, (_, size) in _NUMBERS.items()}


@lru_cache(maxsize=256)
def _decoder(signature: str) -> Decoder:
    """What reads values of these kinds, one after another, into a list."""
    return _sequence([_single(kind) for kind in _split(signature)])


def _split(signature: str) -> list[str]:
    kinds, rest = [], signature
    while rest:
        length = _length(rest)
        kinds.append(rest[:length])
        rest = rest[length:]
    return kinds


def _length(signature: str) -> int:
    if signature[0] == "a":
        return 1 + _length(signature[1:])
    if signature[0] in "({":
        depth = 0
        for index, each in enumerate(signature):
            depth += (each in "({") - (each in ")}")
            if depth == 0:
                return index + 1
        raise ValueError("a signature that does not end")
    return 1


def _single(kind: str) -> Decoder:
    first = kind[0]
    if first in "so":
        return _text
    if first == "g":
        return _signature
    if first == "v":
        return _variant
    if first == "a":
        return _array(kind[1:])
    if first in "({":
        return _struct(_sequence([_single(each) for each in _split(kind[1:-1])]))
    return _number(first)


def _number(kind: str) -> Decoder:
    code, size = _NUMBERS[kind]
    unpack = struct.Struct(code).unpack_from

    def read(data: bytes, position: int) -> tuple[Any, int]:
        position += -position % size
        return unpack(data, position)[0], position + size

    return read


def _text(data: bytes, position: int) -> tuple[str, int]:
    position += -position % 4
    end = position + 4 + _WORD.unpack_from(data, position)[0]
    if end >= len(data):
        raise ValueError("a text that is longer than its message")
    return data[position + 4 : end].decode(errors="replace"), end + 1


def _signature(data: bytes, position: int) -> tuple[str, int]:
    end = position + 1 + data[position]
    return data[position + 1 : end].decode(), end + 1


def _variant(data: bytes, position: int) -> tuple[Any, int]:
    signature, position = _signature(data, position)
    (value,), position = _decoder(signature)(data, position)
    return value, position


def _array(kind: str) -> Decoder:
    aligned = _ALIGNED[kind[0]]
    if kind == "u":

        def read_words(data: bytes, position: int) -> tuple[Any, int]:
            position += -position % 4
            size = _WORD.unpack_from(data, position)[0]
            return struct.unpack_from(f"<{size // 4}I", data, position + 4), position + 4 + size

        return read_words
    inner = _single(kind)

    def read(data: bytes, position: int) -> tuple[Any, int]:
        position += -position % 4
        size = _WORD.unpack_from(data, position)[0]
        position += 4
        position += -position % aligned
        end = position + size
        if end > len(data):
            raise ValueError("an array that is longer than its message")
        found = []
        while position < end:
            value, position = inner(data, position)
            found.append(value)
        return found, position

    return read


def _struct(inner: Decoder) -> Decoder:
    def read(data: bytes, position: int) -> tuple[Any, int]:
        values, position = inner(data, position + -position % 8)
        return tuple(values), position

    return read


def _sequence(decoders: list[Decoder]) -> Decoder:
    def read(data: bytes, position: int) -> tuple[Any, int]:
        values = []
        for decode in decoders:
            value, position = decode(data, position)
            values.append(value)
        return values, position

    return read
