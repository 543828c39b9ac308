"""The first message of TLS: whether it offers HTTP/2.

Chromium offers HTTP/2 in every request by https, and never when it opens a WebSocket.
"""

_HANDSHAKE = 0x16
_CLIENT_HELLO = 1
_ALPN = 16


def offers_http2(record: bytes) -> bool:
    """Whether the bytes are a ClientHello that offers HTTP/2; anything that can't be read does not."""
    try:
        return b"h2" in _protocols(record)
    except (IndexError, ValueError):
        return False


def _protocols(record: bytes) -> list[bytes]:
    """The protocols that a ClientHello offers by ALPN (RFC 8446, section 4.1.2; RFC 7301)."""
    if len(record) < 6 or record[0] != _HANDSHAKE or record[1] != 3 or record[5] != _CLIENT_HELLO:
        raise ValueError("no ClientHello")
    reader = _Reader(record[9:])
    reader.take(2 + 32)  # version, random
    reader.vector(1)  # session id
    reader.vector(2)  # cipher suites
    reader.vector(1)  # compression
    extensions = _Reader(reader.vector(2))
    while extensions.left:
        kind = extensions.number(2)
        body = extensions.vector(2)
        if kind == _ALPN:
            names = _Reader(_Reader(body).vector(2))
            found = []
            while names.left:
                found.append(names.vector(1))
            return found
    return []


class _Reader:
    """Bytes that are taken from the front."""

    def __init__(self, data: bytes) -> None:
        self.left = data

    def take(self, size: int) -> bytes:
        """The next bytes.

        Raises:
            ValueError: if there are not so many.
        """
        if len(self.left) < size:
            raise ValueError("the message ends too early")
        taken, self.left = self.left[:size], self.left[size:]
        return taken

    def number(self, size: int) -> int:
        """The next number of so many bytes."""
        return int.from_bytes(self.take(size), "big")

    def vector(self, size: int) -> bytes:
        """The next bytes, whose length comes first in so many bytes."""
        return self.take(self.number(size))
