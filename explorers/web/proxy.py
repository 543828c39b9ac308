"""Our own forward proxy on loopback: all that the browser sends goes through it, and it looks where that goes.

It resolves names itself and connects to the address that it looked at, so that a name can't lead elsewhere a moment
later. Of plain requests it reads every head and forwards exactly the body that was told, so that none passes
unseen behind another; each has a connection of its own to the site. A tunnel to another host
than the site's must begin with TLS that offers HTTP/2, as Chromium's requests do and its WebSockets don't.
"""

import asyncio
import ipaddress
import socket
import struct
import threading
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from explorers.web.bodies import BodyCounter, BrokenBody, TooLarge
from explorers.web.heads import BadHead, RequestHead, authority, request_head, response_head
from explorers.web.network import Address, Refusal, Site, SiteRules, address_of, folded_host, site_of
from explorers.web.tls import offers_http2
from schemas.redaction import redact_location

_FEATURES_OFF = (
    "Prerender2",
    # A later list takes the place of an earlier one: what Playwright turns off for steady tests stays off.
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
)
_FEATURES_ON = (
    # Pages that speculation rules fetch ahead are shown without a request that anybody could stop: none is fetched.
    "PrefetchMultipleActiveSetSizeLimitForBase:prefetch_multiple_active_set_size_limit_for_base_value/0",
    # As Playwright has it.
    "CDPScreenshotNewSurface",
)
PROXY_ARGUMENTS = (
    "--disable-quic",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--dns-prefetch-disable",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    f"--disable-features={','.join(_FEATURES_OFF)}",
    f"--enable-features={','.join(_FEATURES_ON)}",
)
"""Arguments of Chromium that leave it no way around the proxy: UDP, its own names, and guesses at what comes next."""

BYPASS = "<-loopback>"
"""As `proxyBypassList` of a browser context: not even loopback is reached without the proxy."""

Resolve: TypeAlias = Callable[[str], list[str]]
"""The addresses of a host name; raises OSError where there are none. Is called in a thread of its own."""

_T = TypeVar("_T")
_ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
_PIECE = 1 << 16
_CONNECTIONS = 256
_RING = 1_000
_INTERIM = 8
_REASONS = {400: "Bad Request", 403: "Forbidden", 411: "Length Required", 413: "Content Too Large"}
_REASONS |= {431: "Request Header Fields Too Large", 502: "Bad Gateway", 504: "Gateway Timeout"}


@dataclass(frozen=True, slots=True)
class ProxyLimits:
    """Sizes in bytes, times in seconds; `response` and `total` count what is unfolded too, where it can be seen."""

    head: int = 1 << 16
    request: int = 64 << 20
    response: int = 64 << 20
    total: int = 1 << 30
    connect: float = 10.0
    idle: float = 60.0


@dataclass(frozen=True, slots=True)
class Traffic:
    """What went to a host and came from it; `sent` and `received` in bytes."""

    requests: int = 0
    sent: int = 0
    received: int = 0


class Names:
    """Host names and the addresses they led to at first: for as long as this lives, a name can't turn elsewhere."""

    def __init__(self, resolve: Resolve | None = None) -> None:
        self._resolve = resolve or _system_addresses
        self._known: dict[str, tuple[Address, ...]] = {}

    def known(self, host: str) -> tuple[Address, ...] | None:
        """The addresses, where they are known without asking."""
        address = address_of(host)
        return (address,) if address is not None else self._known.get(host)

    def ask(self, host: str) -> tuple[Address, ...]:
        """The addresses of a name; may take as long as the system does.

        Raises:
            OSError: if it has none.
        """
        known = self.known(host)
        if known is None:
            found = tuple(dict.fromkeys(ipaddress.ip_address(each.partition("%")[0]) for each in self._resolve(host)))
            known = self._known.setdefault(host, found)
        return known


class LoopbackProxy:
    """A proxy with rules, counts and refusals of its own, on a free port of 127.0.0.1; the caller closes it.

    One for each browser context tells their traffic apart; all of a process share one thread.
    """

    def __init__(self, rules: SiteRules, *, limits: ProxyLimits | None = None, names: Names | None = None) -> None:
        self._rules = rules
        self._limits = limits or ProxyLimits()
        self._names = names or Names()
        self._refusals: deque[Refusal] = deque(maxlen=_RING)
        self._failures: deque[str] = deque(maxlen=_RING)
        self._requests: Counter[str] = Counter()
        self._sent: Counter[str] = Counter()
        self._received: Counter[str] = Counter()
        self._spent = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = _Loop.shared()
        self._server: asyncio.Server | None = self._loop.run(self._open())
        self.port: int = self._server.sockets[0].getsockname()[1]

    @property
    def server(self) -> str:
        """As `proxyServer` of a browser context."""
        return f"http://127.0.0.1:{self.port}"

    def take_refusals(self) -> tuple[Refusal, ...]:
        """What was refused since the last call, oldest first; of very many the newest."""
        return tuple(_taken(self._refusals))

    def take_failures(self) -> tuple[str, ...]:
        """Why hosts gave no answer since the last call, oldest first; the browser got 502 or 504 instead."""
        return tuple(_taken(self._failures))

    def traffic(self) -> dict[str, Traffic]:
        """What went to each host and port, and came from it, in the order of their names."""
        requests = dict(self._requests)
        return {host: Traffic(requests[host], self._sent[host], self._received[host]) for host in sorted(requests)}

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
            while True:
                head = await self._request(reader)
                if head.method == "CONNECT":
                    await self._tunnel(head, reader, writer)
                    return
                if not await self._pass(head, reader, writer):
                    return
        except BadHead as error:
            if error.status in (502, 504):
                self._failures.append(str(error))
            await self._answer(writer, error.status, str(error))
        except _Refused as refused:
            self._refusals.append(refused.refusal)
            await self._answer(writer, 403, refused.refusal.reason)

    async def _request(self, reader: asyncio.StreamReader) -> RequestHead:
        try:
            async with asyncio.timeout(self._limits.idle):
                data = await reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError:
            raise BadHead(431, f"expected a head of at most {self._limits.head} bytes") from None
        return request_head(data)

    async def _pass(self, head: RequestHead, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One plain request and its answer; returns whether another may follow on the browser's connection."""
        site = site_of(head.target)
        if site is None:
            raise BadHead(400, "expected the address of a host")
        self._check(self._rules.refuses(head.method, head.target), head)
        if head.length > self._limits.request:
            raise _refused(head, f"the request has {head.length} bytes")
        self._check_total(head)
        above, below = await self._connect(site, await self._addresses(site, head))
        try:
            self._requests[str(site)] += 1
            data = head.forwarded()
            below.write(data)
            self._sent[str(site)] += len(data) + head.length
            await self._body(reader, below, head.length)
            return await self._respond(head, site, above, writer)
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

    async def _respond(
        self, head: RequestHead, site: Site, above: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        answer = None
        for _ in range(_INTERIM):
            try:
                async with asyncio.timeout(self._limits.idle):
                    data = await _until_empty_line(above)
            except TimeoutError:
                raise BadHead(504, f"{site} does not answer") from None
            except (OSError, EOFError, asyncio.LimitOverrunError) as error:
                raise BadHead(502, f"{site} gives no answer") from error
            self._count(site, len(data))
            answer = response_head(data, method=head.method)
            if answer.status >= 200:
                break
        if answer is None or answer.status < 200:
            raise BadHead(502, f"{site} does not come to its answer")
        try:
            counter = BodyCounter(answer.encoding, self._limits.response, chunked=answer.chunked)
        except BrokenBody as error:
            raise BadHead(502, str(error)) from error
        left = answer.length
        goes_on = head.goes_on and left is not None
        writer.write(answer.forwarded(last=not goes_on))
        inflated = 0
        try:
            while left != 0 and not counter.ended:
                data = await self._read(above, _PIECE if left is None else min(left, _PIECE))
                if not data:
                    break
                counter.feed(data)
                self._count(site, len(data))
                self._spent += max(0, counter.inflated - inflated - len(data))
                inflated = counter.inflated
                if left is not None:
                    left -= len(data)
                self._check_total(head)
                writer.write(data)
                await writer.drain()
        except (TooLarge, BrokenBody, _Refused) as error:
            reason = f"more than {self._limits.response} bytes" if isinstance(error, TooLarge) else str(error)
            self._refusals.append(_refused(head, f"cut: {reason}").refusal)
            _reset(writer)
            return False
        if left or (answer.chunked and not counter.ended):
            _reset(writer)
            return False
        if not goes_on:
            await self._finish(writer)
        return goes_on

    async def _tunnel(self, head: RequestHead, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, port = authority(head.target)
        name = folded_host(host)
        if name is None:
            raise BadHead(400, "expected a host and a port")
        site = Site(name, port)
        own = self._rules.is_start(site)
        if not own:
            self._check(self._rules.refuses_host(site), head)
            if port != 443 and not self._rules.is_named(site):
                raise _refused(head, "a tunnel to another host goes to port 443 only")
        self._check_total(head)
        addresses = await self._addresses(site, head)
        hello = b""
        if own:
            above, below = await self._connect(site, addresses)
            writer.write(_ESTABLISHED)
        else:
            # What the browser wants shows in its first bytes, before which the host hears nothing.
            writer.write(_ESTABLISHED)
            await writer.drain()
            hello = await self._hello(reader)
            if not offers_http2(hello):
                self._refusals.append(_refused(head, f"a socket goes to {self._rules.site} only").refusal)
                _reset(writer)
                return
            try:
                above, below = await self._connect(site, addresses)
            except BadHead:
                _reset(writer)
                return
        try:
            self._requests[str(site)] += 1
            self._sent[str(site)] += len(hello)
            below.write(hello)
            await self._relay(head, site, (reader, writer), (above, below))
        finally:
            below.transport.abort()

    async def _hello(self, reader: asyncio.StreamReader) -> bytes:
        """The first TLS record, or as much of something else as shows that it is none."""
        async with asyncio.timeout(self._limits.idle):
            start = await reader.read(5)
            while 0 < len(start) < 5:
                more = await reader.read(5 - len(start))
                if not more:
                    return start
                start += more
            if start[:2] != b"\x16\x03":
                return start
            return start + await reader.readexactly(int.from_bytes(start[3:5], "big"))

    async def _relay(
        self,
        head: RequestHead,
        site: Site,
        browser: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        host: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        """Carries bytes both ways until one end is done; neither browsers nor their hosts close one half of TLS."""

        async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, counts: Counter[str]) -> None:
            while data := await reader.read(_PIECE):
                counts[str(site)] += len(data)
                self._spent += len(data)
                self._check_total(head)
                writer.write(data)
                await writer.drain()

        ways = [
            asyncio.create_task(carry(browser[0], host[1], self._sent)),
            asyncio.create_task(carry(host[0], browser[1], self._received)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            ended = await asyncio.gather(*ways, return_exceptions=True)
        for each in ended:
            if isinstance(each, _Refused):
                self._refusals.append(each.refusal)
                _reset(browser[1])

    async def _addresses(self, site: Site, head: RequestHead) -> list[Address]:
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
            raise _refused(head, next(filter(None, reasons), f"{site} has no address"))
        return allowed

    async def _connect(self, site: Site, addresses: list[Address]) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
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
        head = f"HTTP/1.1 {status} {_REASONS[status]}\r\nContent-Type: text/plain; charset=utf-8\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode("latin-1") + body)
        await self._finish(writer)

    async def _finish(self, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(self._limits.idle):
            await writer.drain()
            writer.close()
            await writer.wait_closed()

    def _check(self, reason: str | None, head: RequestHead) -> None:
        if reason is not None:
            raise _refused(head, reason)

    def _check_total(self, head: RequestHead) -> None:
        if self._spent > self._limits.total:
            raise _refused(head, f"more than {self._limits.total} bytes in all")

    def _count(self, site: Site, size: int) -> None:
        self._received[str(site)] += size
        self._spent += size


class _Refused(Exception):
    """A request that is against the rules."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal


def _taken(ring: deque[_T]) -> Iterator[_T]:
    with suppress(IndexError):
        while True:
            yield ring.popleft()


def _refused(head: RequestHead, reason: str) -> _Refused:
    return _Refused(Refusal(head.method, redact_location(head.target) or "", "proxy", reason))


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


def _system_addresses(host: str) -> list[str]:
    return [str(found[4][0]) for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]


class _Loop:
    """An event loop in a thread of its own, for as long as somebody uses it."""

    _lock = threading.Lock()
    _current: "_Loop | None" = None

    def __init__(self) -> None:
        self._users = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="hindtrace-proxy", daemon=True)
        self._thread.start()

    @classmethod
    def shared(cls) -> "_Loop":
        """The one of this process, with one more user."""
        with cls._lock:
            if cls._current is None or not cls._current._thread.is_alive():
                cls._current = cls()
            cls._current._users += 1
            return cls._current

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """The result of a coroutine that ran in the loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def release(self) -> None:
        """One user less; the last one ends the thread."""
        with _Loop._lock:
            self._users -= 1
            if self._users:
                return
            _Loop._current = None
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        self._loop.run_forever()
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()
