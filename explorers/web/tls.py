"""The first message of TLS: whether it offers HTTP/2.

Chromium offers HTTP/2 in every request by https, and never when it opens a WebSocket.
"""

from io import BytesIO

_HANDSHAKE = 0x16
_CLIENT_HELLO = 1
_ALPN = 16


def offers_http2(record: bytes) -> bool:
    """Whether the bytes are a ClientHello that offers HTTP/2; anything that can't be read does not."""
    if len(record) < 6 or record[0] != _HANDSHAKE or record[1] != 3 or record[5] != _CLIENT_HELLO:
        return False
    # RFC 8446, section 4.1.2; RFC 7301
    message = BytesIO(record[9:])
    try:
        _take(message, 2 + 32)  # version, random
        _vector(message, 1)  # session id
        _vector(message, 2)  # cipher suites
        _vector(message, 1)  # compression
        extensions = BytesIO(_vector(message, 2))
        while _number(extensions, 2) != _ALPN:
            _vector(extensions, 2)
        names = _vector(BytesIO(_vector(extensions, 2)), 2)
        stream, offered = BytesIO(names), []
        while stream.tell() < len(names):
            offered.append(_vector(stream, 1))
    except EOFError:
        return False
    return b"h2" in offered


def _take(stream: BytesIO, size: int) -> bytes:
    """The next bytes; raises EOFError if there are not so many."""
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data


def _number(stream: BytesIO, size: int) -> int:
    return int.from_bytes(_take(stream, size), "big")


def _vector(stream: BytesIO, size: int) -> bytes:
    """The next bytes, whose length comes first in so many bytes."""
    return _take(stream, _number(stream, size))
