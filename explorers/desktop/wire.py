"""D-Bus on the wire, as fast as thousands of calls for a tree need it, and safe with whatever an application answers.

What is the same in many calls is made once, and of an answer only what it says is parsed, by a function that is made
once for its signature. Of D-Bus there is here what AT-SPI needs: all kinds of values are read, four are sent.
"""

import struct
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

FIXED = struct.Struct("<cBBBIII")
"""The beginning of each message: order, kind, flags, version, size of the body, number, size of the fields."""

CALL, RETURN, ERROR, SIGNAL = 1, 2, 3, 4
NESTED_LIMIT = 64
"""Arrays, structures and entries in one signature; D-Bus allows as many within each other."""

_ERROR_NAME, _REPLY_SERIAL, _SIGNATURE = 4, 5, 8
_WORD = struct.Struct("<I")
_SENT = {"i": struct.Struct("<i"), "u": struct.Struct("<I")}


class WireError(Exception):
    """A message whose header is none: no bus passes it on."""


class BusError(Exception):
    """An answer that is an error; its name is the message."""


def call_message(
    serial: int, destination: str, path: str, interface: str, member: str, signature: str, body: tuple[Any, ...]
) -> bytes:
    """The message of a call; its path comes last among the fields, because it is another one each time."""
    head, place, data = _head(destination, interface, member, signature), path.encode(), _body(signature, body)
    fields = len(head) + 8 + len(place) + 1
    return b"".join(
        (
            FIXED.pack(b"l", CALL, 0, 1, len(data), serial, fields),
            head,
            b"\x01\x01o\0",
            _WORD.pack(len(place)),
            place,
            b"\0" * (1 + -fields % 8),
            data,
        )
    )


def reply_serial(buffer: bytearray, start: int) -> int:
    """The number of the call that the message which starts there answers, 0 for none.

    Raises:
        WireError: if its header can't be read.
    """
    try:
        value = next((value for code, value in _fields(buffer, start) if code == _REPLY_SERIAL), 0)
    except (struct.error, IndexError, ValueError) as error:
        raise WireError(f"a message whose fields can't be read: {error}") from error
    return value if isinstance(value, int) else 0


def opened(data: bytes) -> tuple[str, bytes]:
    """The signature of an answer, and the bytes that it describes.

    Raises:
        BusError: if the answer is an error, or its header can't be read.
    """
    try:
        fields = dict(_fields(data, 0))
        length = _WORD.unpack_from(data, 12)[0]
    except (struct.error, IndexError, ValueError, WireError) as error:
        raise BusError(f"an answer that can't be read: {error}") from error
    if data[1] == ERROR:
        raise BusError(str(fields.get(_ERROR_NAME, "an error without a name")))
    return str(fields.get(_SIGNATURE, "")), data[16 + length + -length % 8 :]


def decoded(signature: str, body: bytes) -> list[Any]:
    """What stands in these bytes: structures are tuples, arrays are sequences, and so are dictionaries, of pairs.

    Raises:
        BusError: if it can't be read.
    """
    try:
        return list(_decoder(signature)(body, 0)[0])
    except (struct.error, IndexError, ValueError, KeyError, RecursionError) as error:
        raise BusError(f"an answer that can't be read: {error}") from error


def _fields(buffer: bytes | bytearray, start: int) -> Iterator[tuple[int, str | int]]:
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
            if position + length >= end:
                raise WireError("a message has a field that is longer than its header")
            yield code, bytes(buffer[position + 4 : position + 4 + length]).decode(errors="replace")
            position += length + 5
        else:
            raise WireError(f"a message has a field of the kind {kind!r}")


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
    """What a call says: texts, paths and numbers of four bytes, which is all that is ever asked with."""
    out = bytearray()
    for kind, value in zip(signature, body, strict=True):
        out += b"\0" * (-len(out) % 4)
        if kind in "so":
            encoded = value.encode()
            out += _WORD.pack(len(encoded)) + encoded + b"\0"
        else:
            out += _SENT[kind].pack(value)
    return bytes(out)


# ---- reading: a function for each signature, made once

Decoder = Callable[[bytes, int], tuple[Any, int]]
"""Reads a value at a place, and returns it with the place behind it, which is always a later one."""

_NUMBERS = {"y": ("<B", 1), "n": ("<h", 2), "q": ("<H", 2), "i": ("<i", 4), "u": ("<I", 4), "x": ("<q", 8)}
_NUMBERS |= {"t": ("<Q", 8), "d": ("<d", 8), "b": ("<I", 4), "h": ("<I", 4)}
_ALIGNED = {"s": 4, "o": 4, "g": 1, "a": 4, "v": 1, "(": 8, "{": 8}
_ALIGNED |= {kind: size for kind, (_, size) in _NUMBERS.items()}


@lru_cache(maxsize=256)
def _decoder(signature: str) -> Decoder:
    """What reads values of these kinds, one after another, into a list."""
    if sum(map(signature.count, "a({")) > NESTED_LIMIT:
        raise ValueError("a signature with more in each other than there may be")
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
        # One without members would take no place: an array of them would not end.
        if len(kind) < 3:
            raise ValueError("a structure without members")
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
        values = []
        while position < end:
            value, position = inner(data, position)
            values.append(value)
        return values, position

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
