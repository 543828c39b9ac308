"""Tests of explorers.web.sending."""

import json

import pytest

from explorers.web.sending import Sockets, asks_more, sent

URL = "http://shop.example/do"


@pytest.mark.parametrize("method", ["POST", "put", "PATCH", "DELETE", "BREW"])
def test_what_is_no_safe_method_asks_for_more_than_reading(method: str) -> None:
    assert asks_more(method, "Fetch", "")


@pytest.mark.parametrize("method", ["GET", "head", "OPTIONS", "SEARCH", "QUERY", "PROPFIND"])
def test_the_safe_methods_read(method: str) -> None:
    assert not asks_more(method, "Fetch", "x")


def test_what_the_browser_asks_by_itself_is_nobodys() -> None:
    assert not asks_more("POST", "CSPViolationReport", "x")


@pytest.mark.parametrize(
    ("body", "more"),
    [
        ({"query": "{ books { title } }"}, False),
        ({"query": "query Books { books }", "variables": {"a": 1}}, False),
        ([{"query": "{ a }"}, {"query": "fragment F on A { b } query Q { a }"}], False),
        ({"query": "mutation { pay }"}, True),
        ({"query": "query A { a } mutation B { pay }"}, True),
        ([{"query": "{ a }"}, {"query": "mutation { pay }"}], True),
        ({"query": 7}, True),
        ({"query": "pay everybody"}, True),
        ({"query": "query"}, True),
        ({"query": "{ a }", "mutation": "pay"}, True),
        ([], True),
        ({"extensions": {"persistedQuery": {}}}, True),
    ],
)
def test_a_graphql_body_of_queries_alone_reads(body: object, more: bool) -> None:
    assert asks_more("POST", "Fetch", json.dumps(body)) is more


def test_a_body_that_is_none_asks_for_more() -> None:
    assert asks_more("POST", "Fetch", '{"query": ')


def test_requests_that_differ_in_numbers_and_ids_alone_are_alike() -> None:
    def likeness(url: str, body: str) -> str:
        return sent("POST", url, body).likeness

    assert likeness(f"{URL}?at=1", '{"t": 1733000000}') == likeness(f"{URL}?at=22", '{"t": 1733000099}')
    assert likeness(URL, "0f8fad5b-d9cb-469f-a165-70867728950e") == likeness(
        URL, "7c9e6679-7425-40de-944b-e07fc1f90ae7"
    )
    assert likeness(URL, "like") != likeness(URL, "pay")


def test_what_was_sent_is_told_without_secrets() -> None:
    assert "hunter2" not in sent("POST", f"{URL}?token=hunter2#x", "hunter2").what


def test_messages_on_a_socket_are_told_once_and_the_protocol_s_own_are_not() -> None:
    sockets = Sockets()
    told = sockets.handlers
    told["Network.webSocketCreated"]({"requestId": "1", "url": "ws://shop.example/live"}, "s")
    for opcode in (1, 2, 9, 10):
        message = {"opcode": opcode, "payloadData": "x"}
        told["Network.webSocketFrameSent"]({"requestId": "1", "response": message}, "s")
    told["Network.webSocketClosed"]({"requestId": "1"}, "s")
    assert [each.what for each in sockets.take()] == ["SEND ws://shop.example/live"] * 2
    assert sockets.take() == ()
