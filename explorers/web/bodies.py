"""How large a body becomes in the browser: compressed bytes are inflated on the way, and counted."""

import re
import zlib
from collections.abc import Iterator

_STEP = 1 << 18
_SIZE = re.compile(rb"([0-9a-fA-F]{1,15})[ \t]*(?:;[^\r\n]*)?")


class TooLarge(Exception):
    """A body grew beyond its limit."""


class BrokenBody(Exception):
    """A body is not what its head says."""


class BodyCounter:
    """Counts the bytes of one body as they pass, both as they come and as they unfold.

    Raises:
        TooLarge: on `feed`, when either count is above the limit.
        BrokenBody: on `feed`, if the chunks or the compression are none.
    """

    def __init__(self, encoding: str, limit: int, *, chunked: bool) -> None:
        self.received = 0
        self.inflated = 0
        self._limit = limit
        self._chunks = _Chunks() if chunked else None
        layers = [part.strip() for part in encoding.split(",") if part.strip() != "identity"]
        if len(layers) > 1:
            raise BrokenBody("the answer is compressed more than once")
        self._inflater = _Inflater() if layers else None

    @property
    def ended(self) -> bool:
        """Whether the last chunk has passed, and the empty line after it."""
        return self._chunks is not None and self._chunks.ended

    def feed(self, data: bytes) -> None:
        """Counts what came."""
        self.received += len(data)
        if self.received > self._limit:
            raise TooLarge(f"more than {self._limit} bytes")
        if self._inflater is None and self._chunks is None:
            return
        for part in self._chunks.feed(data) if self._chunks is not None else (data,):
            if self._inflater is None:
                continue
            for size in self._inflater.feed(part):
                self.inflated += size
                if self.inflated > self._limit:
                    raise TooLarge(f"more than {self._limit} bytes")


class _Inflater:
    """Unfolds gzip, zlib, or what some servers call deflate, and keeps nothing of it."""

    def __init__(self) -> None:
        self._engine = zlib.decompressobj(47)
        self._first = True

    def feed(self, data: bytes) -> Iterator[int]:
        left = data
        while left:
            try:
                out = self._engine.decompress(left, _STEP)
            except zlib.error as error:
                if not self._first:
                    raise BrokenBody("the answer is not compressed as it says") from error
                self._first, self._engine = False, zlib.decompressobj(-15)
                continue
            self._first = False
            yield len(out)
            if self._engine.eof:
                # A second member follows, or rubbish, which browsers ignore.
                left = self._engine.unused_data
                if not left.startswith(b"\x1f\x8b"):
                    return
                self._engine = zlib.decompressobj(47)
            else:
                left = self._engine.unconsumed_tail


class _Chunks:
    """Takes the chunks of a body apart."""

    def __init__(self) -> None:
        self.ended = False
        self._left = 0
        self._line = b""
        self._within = False
        self._trailing = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data and not self.ended:
            if self._left:
                part, data = data[: self._left], data[self._left :]
                self._left -= len(part)
                yield part
                continue
            line, newline, data = data.partition(b"\n")
            self._line += line
            if len(self._line) > 4096:
                raise BrokenBody("the answer's chunks are none")
            if not newline:
                return
            self._take(self._line.removesuffix(b"\r"))
            self._line = b""

    def _take(self, line: bytes) -> None:
        if self._trailing:
            # What comes after the last chunk are trailers, which nobody reads, and an empty line.
            self.ended = not line
            return
        if self._within:
            self._within = False
            if line:
                raise BrokenBody("the answer's chunks are none")
            return
        size = _SIZE.fullmatch(line)
        if size is None:
            raise BrokenBody("the answer's chunks are none")
        self._left = int(size[1], 16)
        self._within = True
        self._trailing = self._left == 0
