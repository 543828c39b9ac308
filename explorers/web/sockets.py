"""A WebSocket that the thread which waits for it reads itself: a reader's thread costs two switches a message."""

import math
import select
import socket
import time
from collections import deque
from contextlib import suppress
from urllib.parse import urlsplit

from websockets.client import ClientProtocol
from websockets.exceptions import WebSocketException
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

_PIECE = 1 << 18
_DATA = (Opcode.TEXT, Opcode.BINARY, Opcode.CONT)


class MessageSocket:
    """A connection to a WebSocket server of this machine; used by one thread, and closed from any.

    Raises:
        OSError: if nobody answers there within so many seconds, and says yes.
    """

    def __init__(self, url: str, *, seconds: float) -> None:
        parts = urlsplit(url)
        self._protocol = ClientProtocol(parse_uri(url), max_size=None)
        self._messages: deque[bytes] = deque()
        self._parts: list[bytes] = []
        self._socket = socket.create_connection((parts.hostname or "", parts.port or 80), seconds)
        try:
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._poll = select.poll()
            self._poll.register(self._socket, select.POLLIN)
            self._protocol.send_request(self._protocol.connect())
            self._flush()
            until = time.monotonic() + seconds
            while self._protocol.state is State.CONNECTING and self._protocol.handshake_exc is None:
                self._receive(until)
            if self._protocol.handshake_exc is not None:
                raise ConnectionError(str(self._protocol.handshake_exc))
        except BaseException:
            self._socket.close()
            raise

    def send(self, text: bytes) -> None:
        """Sends a message, which must be UTF-8.

        Raises:
            OSError: if the connection is over.
        """
        try:
            self._protocol.send_text(text)
        except WebSocketException as error:
            raise ConnectionError("the connection is over") from error
        self._flush()

    def receive(self, until: float | None) -> bytes:
        """The next message; None waits for ever, else until that time of `time.monotonic`.

        Raises:
            TimeoutError: if none came by then.
            OSError: if the connection is over.
        """
        while not self._messages:
            self._receive(until)
        return self._messages.popleft()

    def close(self) -> None:
        """Ends the connection; whoever waits for it is told. May be called twice."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _receive(self, until: float | None) -> None:
        """Takes what comes next."""
        if self._socket.fileno() < 0:
            raise ConnectionError("the connection is over")
        left = None if until is None else max(until - time.monotonic(), 0.0)
        if not self._poll.poll(None if left is None else math.ceil(left * 1000)):
            raise TimeoutError
        data = self._socket.recv(_PIECE)
        if not data:
            raise ConnectionError("the connection is over")
        self._protocol.receive_data(data)
        for event in self._protocol.events_received():
            if isinstance(event, Frame) and event.opcode in _DATA:
                self._parts.append(bytes(event.data))
                if event.fin:
                    self._messages.append(self._parts[0] if len(self._parts) == 1 else b"".join(self._parts))
                    self._parts = []
        self._flush()
        if self._protocol.state not in (State.CONNECTING, State.OPEN) and not self._messages:
            raise ConnectionError("the connection is over")

    def _flush(self) -> None:
        """Sends what is to be sent, answers to pings too."""
        for data in self._protocol.data_to_send():
            if data:
                self._socket.sendall(data)
