"""Tests of explorers.core.safety.addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorers.core.safety.addresses import denied_word, ends_session

SHOP = "http://shop.example"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/logout"),
        ("POST", "/users/sign_out"),
        ("GET", "/session/out"),
        ("GET", "/out"),
        ("POST", "/auth/logout.php"),
        ("GET", "/realms/a/protocol/openid-connect/logout?next=1"),
        ("GET", "/doku.php?id=start&do=logout"),
        ("GET", "/accounts/logoff/"),
        ("GET", "/connect/endsession"),
        ("DELETE", "/api/session"),
        ("GET", "/j_spring_security_logout"),
        ("GET", "/doLogout.do"),
        ("POST", "/user/logmeout"),
        ("GET", "/adfs/ls/?wa=wsignout1.0"),
        ("GET", "/saml2/slo"),
        ("GET", "/session/end"),
        ("POST", "/sessions/close"),
        ("GET", "/panel?do=loggaut"),
        ("GET", "/abmelden.php"),
        ("GET", "/users/7/impersonate"),
        ("delete", "/auth/tokens/"),
    ],
)
def test_a_request_that_ends_the_session_is_told_by_its_address(method: str, path: str) -> None:
    assert ends_session(method, SHOP + path)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/login?next=/logout"),
        ("GET", "/wiki/Exit"),
        ("GET", "/blog/how-to-log-out-of-a-site"),
        ("GET", "/checkout"),
        ("POST", "/api/session"),
        ("DELETE", "/api/books/7"),
        ("GET", "/logouts-of-the-year-2024-in-review"),
        ("GET", "/catalogoutput"),
        ("GET", "/dialogoffers"),
        ("GET", "/parts/slo"),
        ("POST", "/rooms/7/close"),
        ("GET", "/"),
    ],
)
def test_other_requests_do_not(method: str, path: str) -> None:
    assert ends_session(method, SHOP + path) is None


def test_a_denied_word_is_one_of_the_path_or_the_query() -> None:
    assert denied_word(f"{SHOP}/books/7/delete") == "delete"
    assert denied_word(f"{SHOP}/cart?action=removeItem") == "remove"
    assert denied_word(f"{SHOP}/account/exit") == "exit"
    assert denied_word(f"{SHOP}/books/7") is None
    assert denied_word(f"{SHOP}/del/7") == "del"
    assert denied_word(f"{SHOP}/list?op=rm") == "rm"
    assert denied_word(f"{SHOP}/books/drop/") == "drop"
    assert denied_word(f"{SHOP}/articles/rio-del-mar") is None
    assert denied_word(f"{SHOP}/drop-shadow") is None


@given(st.text(max_size=60))
def test_every_address_has_an_answer(text: str) -> None:
    for location in (text, f"{SHOP}/{text}", f"http://[{text}"):
        denied_word(location)
        ends_session("GET", location)
