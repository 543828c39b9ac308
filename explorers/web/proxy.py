"""Our own forward proxy on loopback: all that the browser sends goes through it, and it looks where that goes.

It resolves names itself and connects to the address that it looked at, so that a name can't lead elsewhere a moment
later. Of plain requests it reads every head and forwards exactly the body that was told, so that none passes
unseen behind another; each has a connection of its own to the site. A tunnel to another host
than the site's must begin with TLS that offers HTTP/2, as Chromium's requests do and its WebSockets don't.
"""

import asyncio
import socket
import struct
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeAlias, TypeVar

from explorers.web.bodies import BodyCounter, BrokenBody, TooLarge
from explorers.web.heads import BadHead, RequestHead, ResponseHead, authority, request_head, response_head
from explorers.web.loop import SharedLoop
from explorers.web.names import Names
from explorers.web.network import NOT_PUT_BACK, Address, Refusal, Site, SiteRules, folded_host, site_of
from explorers.web.tls import offers_http2
from schemas.redaction import redact_location

BYPASS = "<-loopback>"
"""As `proxyBypassList` of a browser context: not even loopback is reached without the proxy."""

_T = TypeVar("_T")
_Streams: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]
_ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
_PIECE = 1 << 16
_CONNECTIONS = 256
_RING = 1_000
_INTERIM = 8


@dataclass(frozen=True, slots=True)
class ProxyLimits:
    """Sizes in bytes, times in seconds; `response` and `total` count what is unfolded too, where it can be seen."""

    head: int = 1 << 16
    request: int = 64 << 20
    response: int = 64 << 20
    total: int = 1 << 30
    connect: float = 10.0
    idle: float = 60.0


class LoopbackProxy:
    """A proxy with rules, limits and refusals of its own, on a free port of 127.0.0.1; the caller closes it.

    One for each browser context tells their refusals apart; all of a process share one thread.
    """

    def __init__(self, rules: SiteRules, *, limits: ProxyLimits | None = None, names: Names | None = None) -> None:
        self._rules = rules
        self._limits = limits or ProxyLimits()
        self._names = names or Names()
        self._refusals: deque[Refusal] = deque(maxlen=_RING)
        self._failures: deque[str] = deque(maxlen=_RING)
        self._spent = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = SharedLoop.shared()
        self._server: asyncio.Server | None = self._loop.run(self._open())
        self.port: int = self._server.sockets[0].getsockname()[1]

    @property
    def server(self) -> str:
        """As `proxyServer` of a browser context."""
        return f"http://127.0.0.1:{self.port}"

    def take_refusals(self) -> tuple[Refusal, ...]:
        """What was refused since the last call, oldest first; of very many the newest."""
        return _taken(self._refusals)

    def take_failures(self) -> tuple[str, ...]:
        """Why hosts gave no answer since the last call, oldest first; the browser got 502 or 504 instead."""
        return _taken(self._failures)

    def close(self) -> None:
        """Ends all connections; may be called twice."""
        if self._server is not None:
            server, self._server = self._server, None
            self._loop.run(self._shut(server))
            self._loop.release()

    # ---- inside, in the thread of the loop

    async def _open(self) -> asyncio.Server:
        return await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=self._limits.head, backlog=_CONNECTIONS)

    async def _shut(self, server: asyncio.Server) -> None:
        server.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            if len(self._tasks) <= _CONNECTIONS:
                await self._serve(reader, writer)
        except (OSError, EOFError, TimeoutError, asyncio.CancelledError):
            # The browser went away, was too slow, or is being closed: nobody waits for an answer.
            writer.transport.abort()
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            goes_on = True
            while goes_on:
                head = await self._request(reader)
                try:
                    if head.method == "CONNECT":
                        goes_on = await self._tunnel(head, reader, writer)
                    else:
                        goes_on = await self._forward(head, reader, writer)
                except _Refused as refused:
                    self._refusals.append(
                        Refusal(head.method, redact_location(head.target) or "", "proxy", str(refused))
                    )
                    if refused.begun:
                        _reset(writer)
                    else:
                        await self._answer(writer, 403, str(refused))
                    return
        except BadHead as error:
            if error.status in (502, 504):
                self._failures.append(str(error))
            await self._answer(writer, error.status, str(error))

    async def _request(self, reader: asyncio.StreamReader) -> RequestHead:
        try:
            async with asyncio.timeout(self._limits.idle):
                data = await reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError:
            raise BadHead(431, f"expected a head of at most {self._limits.head} bytes") from None
        return request_head(data)

    async def _forward(self, head: RequestHead, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One plain request and its answer; returns whether another may follow on the browser's connection."""
        site = site_of(head.target)
        if site is None:
            raise BadHead(400, "expected the address of a host")
        _check(self._rules.refuses(head.method, head.target))
        if head.length > self._limits.request:
            raise _Refused(f"the request has {head.length} bytes")
        self._check_total()
        above, below = await self._connect(site, await self._addresses(site))
        try:
            below.write(head.forwarded())
            await self._body(reader, below, head.length)
            answer = await self._response(head.method, site, above)
            return await self._deliver(answer, above, writer, goes_on=head.goes_on)
        finally:
            below.transport.abort()

    async def _body(self, reader: asyncio.StreamReader, below: asyncio.StreamWriter, length: int) -> None:
        while length:
            data = await self._read(reader, min(length, _PIECE))
            if not data:
                raise EOFError
            length -= len(data)
            below.write(data)
            await below.drain()

    async def _response(self, method: str, site: Site, above: asyncio.StreamReader) -> ResponseHead:
        """The head of the site's answer, after those that only say that it comes."""
        for _ in range(_INTERIM):
            try:
                async with asyncio.timeout(self._limits.idle):
                    data = await _until_empty_line(above)
            except TimeoutError:
                raise BadHead(504, f"{site} does not answer") from None
            except (OSError, EOFError, asyncio.LimitOverrunError) as error:
                raise BadHead(502, f"{site} gives no answer") from error
            self._spent += len(data)
            answer = response_head(data, method=method)
            if answer.status >= 200:
                return answer
        raise BadHead(502, f"{site} does not come to its answer")

    async def _deliver(
        self, answer: ResponseHead, above: asyncio.StreamReader, writer: asyncio.StreamWriter, *, goes_on: bool
    ) -> bool:
        """Gives the browser the answer as it comes; returns whether its connection is of further use."""
        try:
            counter = BodyCounter(answer.encoding, self._limits.response, chunked=answer.chunked)
        except BrokenBody as error:
            raise BadHead(502, str(error)) from error
        left = answer.length
        goes_on = goes_on and left is not None
        writer.write(answer.forwarded(last=not goes_on))
        try:
            while left != 0 and not counter.ended:
                data = await self._read(above, _PIECE if left is None else min(left, _PIECE))
                if not data:
                    break
                inflated = counter.inflated
                counter.feed(data)
                self._spent += max(len(data), counter.inflated - inflated)
                if left is not None:
                    left -= len(data)
                self._check_total()
                writer.write(data)
                await writer.drain()
        except (TooLarge, BrokenBody, _Refused) as error:
            raise _Refused(f"cut: {error}", begun=True) from error
        if left or (answer.chunked and not counter.ended):
            _reset(writer)
            return False
        if not goes_on:
            await self._finish(writer)
        return goes_on

    async def _tunnel(self, head: RequestHead, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """All that goes on in a tunnel; returns False, as nothing may follow it."""
        host, port = authority(head.target)
        name = folded_host(host)
        if name is None:
            raise BadHead(400, "expected a host and a port")
        site = Site(name, port)
        own = self._rules.is_start(site)
        unwatched = own and not self._rules.reads_only
        if not own:
            _check(self._rules.refuses_host(site))
            if port != 443 and not self._rules.is_named(site):
                raise _Refused("a tunnel to another host goes to port 443 only")
        self._check_total()
        addresses = await self._addresses(site)
        first = b""
        if unwatched:
            above, below = await self._connect(site, addresses)
            writer.write(_ESTABLISHED)
        else:
            # What the browser wants shows in its first bytes, before which the host hears nothing.
            writer.write(_ESTABLISHED)
            await writer.drain()
            first = await self._first_record(reader)
            if not offers_http2(first):
                raise _Refused(NOT_PUT_BACK if own else f"a socket goes to {self._rules.site} only", begun=True)
            try:
                above, below = await self._connect(site, addresses)
            except BadHead:
                _reset(writer)
                return False
        try:
            below.write(first)
            await self._relay((reader, writer), (above, below))
        finally:
            below.transport.abort()
        return False

    async def _first_record(self, reader: asyncio.StreamReader) -> bytes:
        """The first TLS record, or as much of something else as shows that it is none."""
        async with asyncio.timeout(self._limits.idle):
            try:
                start = await reader.readexactly(5)
            except asyncio.IncompleteReadError as error:
                return error.partial
            if start[:2] != b"\x16\x03":
                return start
            return start + await reader.readexactly(int.from_bytes(start[3:5], "big"))

    async def _relay(self, browser: _Streams, host: _Streams) -> None:
        """Carries bytes both ways until one end is done; neither browsers nor their hosts close one half of TLS."""

        async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while data := await reader.read(_PIECE):
                self._spent += len(data)
                self._check_total(begun=True)
                writer.write(data)
                await writer.drain()

        directions = [
            asyncio.create_task(carry(browser[0], host[1])),
            asyncio.create_task(carry(host[0], browser[1])),
        ]
        try:
            await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in directions:
                each.cancel()
            ends = await asyncio.gather(*directions, return_exceptions=True)
        for end in ends:
            if isinstance(end, _Refused):
                raise end

    async def _addresses(self, site: Site) -> list[Address]:
        """Those addresses of a site that may be connected to.

        Raises:
            BadHead: if the name leads nowhere.
            _Refused: if none may be.
        """
        addresses = self._names.known(site.host)
        if addresses is None:
            try:
                async with asyncio.timeout(self._limits.connect):
                    addresses = await asyncio.get_running_loop().run_in_executor(None, self._names.ask, site.host)
            except TimeoutError:
                raise BadHead(504, f"{site.host} is not found in time") from None
            except OSError as error:
                raise BadHead(502, f"{site.host} is not found") from error
        reasons = [self._rules.refuses_address(site, address) for address in addresses]
        allowed = [each for each, reason in zip(addresses, reasons, strict=True) if reason is None]
        if not allowed:
            raise _Refused(next(filter(None, reasons), f"{site} has no address"))
        return allowed

    async def _connect(self, site: Site, addresses: list[Address]) -> _Streams:
        """A connection to the first of the addresses that takes one; raises BadHead if none does."""
        failure: OSError | None = None
        try:
            async with asyncio.timeout(self._limits.connect):
                for address in addresses:
                    try:
                        return await asyncio.open_connection(str(address), site.port, limit=self._limits.head)
                    except OSError as error:
                        failure = error
        except TimeoutError:
            raise BadHead(504, f"{site} can't be reached in time") from None
        raise BadHead(502, f"{site} can't be reached") from failure

    async def _read(self, reader: asyncio.StreamReader, most: int) -> bytes:
        async with asyncio.timeout(self._limits.idle):
            return await reader.read(most)

    async def _answer(self, writer: asyncio.StreamWriter, status: int, reason: str) -> None:
        body = reason.encode()
        head = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: text/plain; charset=utf-8\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode("latin-1") + body)
        await self._finish(writer)

    async def _finish(self, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(self._limits.idle):
            await writer.drain()
            writer.close()
            await writer.wait_closed()

    def _check_total(self, *, begun: bool = False) -> None:
        if self._spent > self._limits.total:
            raise _Refused(f"more than {self._limits.total} bytes in all", begun=begun)


class _Refused(Exception):
    """What the browser asks is against the rules; `begun` says that an answer is under way, and can only be cut."""

    def __init__(self, reason: str, *, begun: bool = False) -> None:
        super().__init__(reason)
        self.begun = begun


def _check(reason: str | None) -> None:
    if reason is not None:
        raise _Refused(reason)


def _taken(ring: deque[_T]) -> tuple[_T, ...]:
    return tuple(ring.popleft() for _ in range(len(ring)))


async def _until_empty_line(reader: asyncio.StreamReader) -> bytes:
    """The bytes of a head; some servers end their lines with a bare LF."""
    data = b""
    while True:
        line = await reader.readuntil(b"\n")
        data += line
        if line in (b"\n", b"\r\n") and len(data) > 2:
            return data
        if len(data) > _PIECE:
            raise EOFError


def _reset(writer: asyncio.StreamWriter) -> None:
    """Ends a connection so that the other side sees that it was cut, and does not take what came for the whole."""
    with suppress(OSError):
        # The socket's own end would be an orderly one; with no time to linger it is a reset.
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
