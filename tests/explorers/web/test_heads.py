"""Tests of explorers.web.heads, bodies and tls."""

import gzip
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorers.web.bodies import BodyCounter, BrokenBody, TooLarge
from explorers.web.heads import BadHead, authority, request_head, response_head, values
from explorers.web.tls import offers_http2

TOKEN = st.text("abcXYZ-019", min_size=1, max_size=12)
VALUE = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=20)


def lines(*each: str) -> bytes:
    return "\r\n".join((*each, "", "")).encode("latin-1")


@given(st.sampled_from(["GET", "POST", "CONNECT", "M-SEARCH"]), st.lists(st.tuples(TOKEN, VALUE), max_size=6))
def test_a_plain_head_is_read_and_what_is_forwarded_is_read_the_same(method: str, pairs: list[tuple[str, str]]) -> None:
    target = "a.example:443" if method == "CONNECT" else "http://a.example:8000/b?c=d"
    head = request_head(lines(f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in pairs)))
    assert (head.method, head.target, head.headers, head.length) == (method, target, tuple(pairs), 0)
    if method != "CONNECT":
        again = head.forwarded()
        assert again.startswith(f"{method} /b?c=d HTTP/1.1\r\nHost: a.example:8000\r\n".encode())
        assert again.endswith(b"\r\nConnection: close\r\n\r\n")
        assert again.count(b"\r\n\r\n") == 1


@given(st.binary(max_size=200))
def test_rubbish_is_refused_as_a_head_and_nothing_else(data: bytes) -> None:
    for read in (request_head, lambda each: response_head(each, method="GET")):
        for each in (data, data + b"\r\n\r\n", b"GET http://a/ HTTP/1.1\r\n" + data + b"\r\n\r\n"):
            with suppress(BadHead):
                read(each)


@given(st.binary(max_size=60), st.integers(0, 60))
def test_no_byte_makes_two_requests_of_one(data: bytes, at: int) -> None:
    """Whatever stands between, one head goes out, and the length in it is the one that was told."""
    whole = b"POST http://a.example/x HTTP/1.1\r\nA: b\r\nContent-Length: 5\r\n"
    at = min(at, len(whole))
    try:
        head = request_head(whole[:at] + data + whole[at:] + b"\r\n")
    except BadHead:
        return
    out = head.forwarded()
    assert out.count(b"\r\n\r\n") == 1
    told = [line for line in out.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    assert told == ([f"content-length: {head.length}".encode()] if told else [])
    assert b"transfer-encoding" not in out.lower()


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (lines("POST http://a/ HTTP/1.1", "Content-Length: 5", "Transfer-Encoding: chunked"), 411),
        (lines("POST http://a/ HTTP/1.1", "Transfer-Encoding: chunked"), 411),
        (lines("POST http://a/ HTTP/1.1", "Content-Length: 5", "Content-Length: 6"), 400),
        (lines("POST http://a/ HTTP/1.1", "Content-Length: 5, 5"), 400),
        (lines("POST http://a/ HTTP/1.1", "Content-Length: +5"), 400),
        (lines("POST http://a/ HTTP/1.1", "Content-Length: 0x5"), 400),
        (lines("POST http://a/ HTTP/1.1", "Content-Length : 5"), 400),
        (lines("GET http://a/ HTTP/1.1", "A: b", " folded"), 400),
        (lines("GET http://a/ HTTP/1.1", "A: b\rC: d"), 400),
        (lines("GET http://a/ HTTP/1.1", "A: b\nC: d"), 400),
        (lines("GET http://a/ HTTP/1.1", "A: b\0"), 400),
        (lines("GET http://a/ HTTP/1.1", "Host: a", "Host: b"), 400),
        (lines("GET http://a/ HTTP/1.1", *(f"A{n}: b" for n in range(201))), 431),
        (lines("GET /path HTTP/1.1", "Host: a"), 400),
        (lines("GET https://a/ HTTP/1.1"), 400),
        (lines("GET http:// HTTP/1.1"), 400),
        (lines("GET http:///a HTTP/1.1"), 400),
        (lines("GET http://a/ HTTP/2.0"), 400),
        (lines("GET  http://a/ HTTP/1.1"), 400),
        (lines("GET http://a/ b HTTP/1.1"), 400),
        (lines("CONNECT a.example HTTP/1.1"), 400),
        (lines("CONNECT http://a.example:443 HTTP/1.1"), 400),
        (lines("CONNECT a.example:443 HTTP/1.1", "Content-Length: 5"), 400),
        (b"GET http://a/ HTTP/1.1\n\n", 400),
        (b"", 400),
    ],
)
def test_what_two_readers_could_take_for_different_things_is_refused(head: bytes, status: int) -> None:
    with pytest.raises(BadHead) as caught:
        request_head(head)
    assert caught.value.status == status


def test_what_is_meant_for_one_hop_goes_no_further() -> None:
    head = request_head(
        lines(
            "GET http://me:secret@a.example/ HTTP/1.1",
            "Host: b.example",
            "Connection: keep-alive, X-Own, Content-Length",
            "X-Own: 1",
            "Proxy-Authorization: Basic x",
            "Upgrade: websocket",
            "Accept-Encoding: gzip, deflate, br, zstd",
            "Content-Length: 3",
            "Cookie: a=b",
        )
    )
    assert head.forwarded() == lines(
        "GET / HTTP/1.1",
        "Host: a.example",
        "Content-Length: 3",
        "Cookie: a=b",
        "Accept-Encoding: gzip, deflate",
        "Connection: close",
    )


@pytest.mark.parametrize("target", ["a:0", "a:65536", "a", "a:b", "[::1]"])
def test_a_tunnel_needs_a_host_and_a_port(target: str) -> None:
    with pytest.raises(BadHead):
        authority(target)
    assert authority("[::1]:443") == ("[::1]", 443)


def test_an_answer_is_read_even_with_bare_line_ends() -> None:
    head = response_head(b"HTTP/1.0 200 OK\nA: b\nConnection: keep-alive\n\n", method="GET")
    assert (head.status, head.length, head.chunked) == (200, None, False)
    assert head.forwarded() == lines("HTTP/1.1 200 OK", "A: b", "Connection: close")
    assert values(head.headers, "a") == ["b"]


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)])
def test_an_answer_without_a_body_has_none_whatever_it_tells(method: str, status: int) -> None:
    assert response_head(lines(f"HTTP/1.1 {status} X", "Content-Length: 9"), method=method).length == 0


@pytest.mark.parametrize(
    "head",
    [
        lines("HTTP/1.1 101 Switching", "Upgrade: websocket"),
        lines("HTTP/1.1 200 OK", "Content-Length: 5", "Transfer-Encoding: chunked"),
        lines("HTTP/1.1 200 OK", "Content-Length: 5", "Content-Length: 6"),
        lines("HTTP/1.1 200 OK", "Transfer-Encoding: gzip, chunked"),
        lines("HTTP/1.1 200 OK", "Content-Encoding: br"),
        lines("HTTP/1.1 200 OK", "A: b", " folded"),
        lines("ICY 200 OK"),
        b"HTTP/1.1 200 OK\r\nA: \0\r\n\r\n",
    ],
)
def test_an_answer_that_could_be_read_in_two_ways_is_not_forwarded(head: bytes) -> None:
    with pytest.raises(BadHead) as caught:
        response_head(head, method="GET")
    assert caught.value.status == 502


def chunked(data: bytes, size: int) -> bytes:
    parts = [data[at : at + size] for at in range(0, len(data), size)]
    return b"".join(b"%x;name=value\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def raw_deflate(data: bytes) -> bytes:
    engine = zlib.compressobj(wbits=-15)
    return engine.compress(data) + engine.flush()


ENCODINGS = {"identity": bytes, "gzip": gzip.compress, "deflate": zlib.compress, "raw": raw_deflate}


@given(
    st.binary(min_size=1, max_size=3_000),
    st.sampled_from(sorted(ENCODINGS)),
    st.booleans(),
    st.integers(1, 700),
    st.integers(1, 700),
)
def test_a_body_is_counted_as_it_unfolds(data: bytes, how: str, chunks: bool, size: int, piece: int) -> None:
    body = ENCODINGS[how](data)
    sent = chunked(body, size) if chunks else body
    counter = BodyCounter("deflate" if how == "raw" else how, 1 << 20, chunked=chunks)
    for at in range(0, len(sent), piece):
        assert not counter.ended
        counter.feed(sent[at : at + piece])
    assert counter.received == len(sent)
    assert counter.inflated == (0 if how == "identity" else len(data))
    assert counter.ended is chunks


def test_a_bomb_is_stopped_long_before_it_is_unfolded() -> None:
    bomb = gzip.compress(bytes(20_000_000))
    counter = BodyCounter("gzip", 1_000_000, chunked=False)
    with pytest.raises(TooLarge):
        counter.feed(bomb)
    assert counter.inflated < 2_000_000


def test_a_body_of_more_bytes_than_the_limit_is_stopped() -> None:
    counter = BodyCounter("identity", 10, chunked=False)
    counter.feed(bytes(10))
    with pytest.raises(TooLarge):
        counter.feed(b"x")


@pytest.mark.parametrize("body", [b"no size\r\n", b"2\r\nabc\r\n", b"-1\r\n", b"a" * 5_000])
def test_chunks_that_are_none_are_refused(body: bytes) -> None:
    with pytest.raises(BrokenBody):
        BodyCounter("identity", 1 << 20, chunked=True).feed(body)


def test_a_body_that_is_not_compressed_as_it_says_is_refused() -> None:
    with pytest.raises(BrokenBody):
        BodyCounter("gzip", 1 << 20, chunked=False).feed(b"plain text that is no gzip at all")
    with pytest.raises(BrokenBody):
        BodyCounter("gzip, gzip", 1 << 20, chunked=False)


@given(st.binary(max_size=300))
def test_bytes_that_are_no_hello_offer_nothing(data: bytes) -> None:
    assert not offers_http2(data)
    assert not offers_http2(b"\x16\x03\x01" + len(data).to_bytes(2, "big") + b"\x01" + data)
