"""Tests of explorers.web.proxy against servers on loopback."""

import gzip
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from explorers.web.names import Names
from explorers.web.network import SiteRules
from explorers.web.proxy import LoopbackProxy, ProxyLimits


@dataclass
class Listener:
    """A server on loopback that answers every connection with the same bytes; `heard` is what it was sent."""

    port: int
    heard: list[bytes] = field(default_factory=list)
    accepted: int = 0


@contextmanager
def listening(answer: bytes = b"", *, address: str = "127.0.0.1", bodies: bool = False) -> Iterator[Listener]:
    door = socket.create_server((address, 0))
    door.settimeout(0.05)
    listener = Listener(door.getsockname()[1])
    closing = threading.Event()

    def serve() -> None:
        while not closing.is_set():
            try:
                connection, _ = door.accept()
            except TimeoutError:
                continue
            listener.accepted += 1
            with connection:
                connection.settimeout(5)
                data = connection.recv(1 << 16)
                while bodies and not data.endswith(b"end"):
                    data += connection.recv(1 << 16)
                listener.heard.append(data)
                connection.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener
    finally:
        closing.set()
        thread.join()
        door.close()


@contextmanager
def proxied(start: str, **rest: object) -> Iterator[LoopbackProxy]:
    named = rest.pop("named", ())
    proxy = LoopbackProxy(SiteRules(start, named), **rest)  # type: ignore[arg-type]
    try:
        yield proxy
    finally:
        proxy.close()


def ask(proxy: LoopbackProxy, *parts: bytes) -> bytes:
    """What the proxy answers until it closes the connection; a reset is told as such."""
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as client:
        for part in parts:
            client.sendall(part)
        answer = b""
        try:
            while data := client.recv(1 << 16):
                answer += data
        except ConnectionResetError:
            answer += b"<reset>"
        return answer


def get(url: str, method: str = "GET") -> bytes:
    return f"{method} {url} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


HELLO = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nKeep-Alive: timeout=5\r\n\r\nhello"


def test_a_request_to_the_site_is_passed_on() -> None:
    with listening(HELLO) as site, proxied(f"http://127.0.0.1:{site.port}/") as proxy:
        answer = ask(proxy, get(f"http://127.0.0.1:{site.port}/a?b=c"))
        assert answer == b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"
        assert site.heard[0].startswith(b"GET /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:")
        assert proxy.take_refusals() == ()


def test_a_body_is_passed_on_exactly_as_long_as_it_was_announced() -> None:
    with listening(HELLO, bodies=True) as site, proxied(f"http://127.0.0.1:{site.port}/") as proxy:
        url = f"http://127.0.0.1:{site.port}/"
        head = f"POST {url} HTTP/1.1\r\nContent-Length: 7\r\n\r\n".encode()
        assert ask(proxy, head, b"some", b"end" + get(url, "DELETE")).endswith(b"hello")
        assert site.heard[0].endswith(b"\r\n\r\nsomeend")
        assert site.accepted == 1
        assert len(site.heard) == 1


def test_on_one_connection_every_request_is_looked_at() -> None:
    with listening(HELLO) as site, listening(HELLO) as other, proxied(f"http://127.0.0.1:{site.port}/") as proxy:
        own, away = (
            f"GET http://127.0.0.1:{port}/ HTTP/1.1\r\nProxy-Connection: keep-alive\r\n\r\n".encode()
            for port in (site.port, other.port)
        )
        answer = ask(proxy, own + own + away + own)
        first = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
        assert answer.startswith(first + first + b"HTTP/1.1 403 ")
        assert (site.accepted, other.accepted) == (2, 0)


@pytest.mark.parametrize(
    "request_",
    [
        "GET http://127.0.0.1:{other}/ HTTP/1.1\r\n\r\n",
        "GET http://localhost:{other}/ HTTP/1.1\r\n\r\n",
        "GET http://127.1:{other}/ HTTP/1.1\r\n\r\n",
        "GET http://2130706433:{other}/ HTTP/1.1\r\n\r\n",
        "GET http://[::ffff:127.0.0.1]:{other}/ HTTP/1.1\r\n\r\n",
        "GET http://rebinding.example:{other}/ HTTP/1.1\r\n\r\n",
        "POST http://rebinding.example:{other}/ HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
        "GET http://169.254.169.254/latest/meta-data/ HTTP/1.1\r\n\r\n",
        "GET http://127.0.0.1:{own}/ HTTP/1.1\r\n\r\n",
        "CONNECT 127.0.0.1:{other} HTTP/1.1\r\n\r\n",
        "CONNECT localhost:{other} HTTP/1.1\r\n\r\n",
        "CONNECT rebinding.example:{other} HTTP/1.1\r\n\r\n",
        "CONNECT rebinding.example:443 HTTP/1.1\r\n\r\n",
        "CONNECT 169.254.169.254:80 HTTP/1.1\r\n\r\n",
    ],
)
def test_nothing_reaches_another_port_of_this_machine_under_any_name(request_: str) -> None:
    names = Names(lambda _: ["127.0.0.1"])
    with listening(HELLO) as site, listening(HELLO) as other:
        with proxied(f"http://127.0.0.1:{site.port}/", names=names) as proxy:
            answer = ask(proxy, request_.format(other=other.port, own=proxy.port).encode())
            assert answer.startswith(b"HTTP/1.1 403 Forbidden\r\n")
            (refusal,) = proxy.take_refusals()
            assert refusal.kind == "proxy"
        assert (site.accepted, other.accepted) == (0, 0)


def test_a_name_keeps_the_address_that_it_had_at_first() -> None:
    told = iter([["127.0.0.1"], ["127.0.0.2"]])
    names = Names(lambda _: next(told))
    assert [str(each) for each in names.ask("a.example")] == ["127.0.0.1"]
    assert names.ask("a.example") == names.known("a.example")


def test_a_site_of_an_own_network_is_explored_under_its_name() -> None:
    names = Names(lambda _: ["127.0.0.1"])
    with listening(HELLO) as site, proxied(f"http://wiki.example:{site.port}/", names=names) as proxy:
        assert ask(proxy, get(f"http://wiki.example:{site.port}/")).endswith(b"hello")
        assert b"Host: wiki.example:" in site.heard[0]


@pytest.mark.parametrize(
    "head",
    [
        b"POST http://127.0.0.1:1/ HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET http://127.0.0.1:1/ HTTP/1.1\r\nA: b\r\n folded\r\n\r\n",
        b"GET http://127.0.0.1:1/ HTTP/1.1\nA: b\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET http://127.0.0.1:1/ HTTP/1.1\r\nA: " + b"b" * 70_000 + b"\r\n\r\n",
    ],
)
def test_a_head_that_could_be_read_in_two_ways_is_answered_and_goes_nowhere(head: bytes) -> None:
    with proxied("http://127.0.0.1:1/") as proxy:
        assert ask(proxy, head)[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 411", b"HTTP/1.1 431")


def test_a_site_that_is_not_there_is_said_to_be_so() -> None:
    with proxied("http://127.0.0.1:1/") as proxy:
        assert ask(proxy, get("http://127.0.0.1:1/")).startswith(b"HTTP/1.1 502 ")


@pytest.mark.parametrize("answer", [b"", b"hello", b"HTTP/1.1 101 X\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n" * 9])
def test_an_answer_that_is_none_is_said_to_be_so(answer: bytes) -> None:
    with listening(answer) as site, proxied(f"http://127.0.0.1:{site.port}/") as proxy:
        assert ask(proxy, get(f"http://127.0.0.1:{site.port}/")).startswith(b"HTTP/1.1 502 ")


def test_an_answer_after_an_early_hint_is_the_answer() -> None:
    hint = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    with listening(hint + HELLO) as site, proxied(f"http://127.0.0.1:{site.port}/") as proxy:
        assert ask(proxy, get(f"http://127.0.0.1:{site.port}/")).startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\n\r\n" + bytes(3_000),
        b"HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n" + bytes(3_000),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nbb8\r\n" + bytes(3_000) + b"\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(bytes(100_000)),
    ],
)
def test_an_answer_beyond_the_limit_is_cut_so_that_it_shows(answer: bytes) -> None:
    limits = ProxyLimits(response=1_000)
    with listening(answer) as site, proxied(f"http://127.0.0.1:{site.port}/", limits=limits) as proxy:
        assert ask(proxy, get(f"http://127.0.0.1:{site.port}/")).endswith(b"<reset>")
        (refusal,) = proxy.take_refusals()
        assert refusal.reason == "cut: more than 1000 bytes"


def test_after_so_many_bytes_in_all_nothing_more_is_loaded() -> None:
    limits = ProxyLimits(total=len(HELLO) - 1)
    with listening(HELLO) as site, proxied(f"http://127.0.0.1:{site.port}/", limits=limits) as proxy:
        url = f"http://127.0.0.1:{site.port}/"
        ask(proxy, get(url))
        assert ask(proxy, get(url)).startswith(b"HTTP/1.1 403 ")
        assert site.accepted == 1


def test_an_answer_that_breaks_off_is_not_taken_for_whole() -> None:
    part = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"
    with listening(part) as site, proxied(f"http://127.0.0.1:{site.port}/") as proxy:
        assert ask(proxy, get(f"http://127.0.0.1:{site.port}/")).endswith(b"<reset>")


def test_a_site_that_never_answers_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with proxied(f"http://127.0.0.1:{port}/", limits=ProxyLimits(idle=0.2)) as proxy:
            assert ask(proxy, get(f"http://127.0.0.1:{port}/")).startswith(b"HTTP/1.1 504 ")


def test_a_client_that_never_asks_is_given_up() -> None:
    with proxied("http://127.0.0.1:1/", limits=ProxyLimits(idle=0.2)) as proxy:
        assert ask(proxy, b"GET http") in (b"", b"<reset>")


def test_a_tunnel_to_the_site_carries_anything() -> None:
    with listening(b"pong") as site, proxied(f"http://127.0.0.1:{site.port}/") as proxy:
        connect = f"CONNECT 127.0.0.1:{site.port} HTTP/1.1\r\n\r\n".encode()
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as client:
            client.sendall(connect)
            assert client.recv(100) == b"HTTP/1.1 200 Connection established\r\n\r\n"
            client.sendall(b"ping")
            assert client.recv(100) == b"pong"
        assert site.heard == [b"ping"]


def client_hello(*protocols: str) -> bytes:
    context = ssl.create_default_context()
    if protocols:
        context.set_alpn_protocols(list(protocols))
    coming, going = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(coming, going, server_hostname="cdn.example")
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    return going.read()


@pytest.mark.parametrize(
    ("first", "passed"),
    [
        (client_hello("h2", "http/1.1"), True),
        (client_hello("http/1.1"), False),
        (client_hello(), False),
        (b"GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n", False),
        (b"\x16\x03\x01\x00\x05hello", False),
    ],
)
def test_a_tunnel_to_another_host_begins_with_the_hello_of_a_request(first: bytes, passed: bool) -> None:
    with listening(b"pong", address="127.0.0.1") as other:
        # Named with its port, so that an address of this machine may stand for one on the internet.
        named = (f"cdn.example:{other.port}",)
        names = Names(lambda _: ["127.0.0.1"])
        with proxied("http://127.0.0.1:1/", named=named, names=names) as proxy:
            with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as client:
                client.sendall(f"CONNECT cdn.example:{other.port} HTTP/1.1\r\n\r\n".encode())
                assert client.recv(100).startswith(b"HTTP/1.1 200 ")
                # In two parts, as a network may deliver it.
                client.sendall(first[:3])
                client.sendall(first[3:])
                try:
                    answer = client.recv(100)
                except ConnectionResetError:
                    answer = b""
            assert answer == (b"pong" if passed else b"")
            assert other.heard == ([first] if passed else [])
            assert other.accepted == passed
            assert [each.reason for each in proxy.take_refusals()] == (
                [] if passed else ["a socket goes to 127.0.0.1:1 only"]
            )


def test_a_proxy_is_closed_twice_and_the_next_one_starts_anew() -> None:
    def threads() -> int:
        return sum(each.name == "hindtrace-proxy" for each in threading.enumerate())

    before = threads()  # of a browser that other tests share
    for _ in range(2):
        proxy = LoopbackProxy(SiteRules("http://127.0.0.1:1/"))
        other = LoopbackProxy(SiteRules("http://127.0.0.1:1/"))
        proxy.close()
        proxy.close()
        assert ask(other, get("http://127.0.0.1:2/")).startswith(b"HTTP/1.1 403 ")
        other.close()
    assert threads() == before
