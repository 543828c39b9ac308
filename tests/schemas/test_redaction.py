"""Tests of schemas.redaction."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.actions import Action, Click, Open, Point, Select, Type
from schemas.records import Node
from schemas.redaction import MASK, is_secret, redact_action, redact_location, redact_tree
from tests.schemas.samples import tree

SECRET = "hunter2"
PASSWORD = Node("textbox", "Password", value=SECRET, depth=1, flags=("password",))
CARD = Node("textbox", "Card number", value="4111 1111", depth=1)
PLAIN = Node("textbox", "Search", value="river", depth=1)


@pytest.mark.parametrize(
    "node",
    [
        PASSWORD,
        replace(PASSWORD, flags=(), field="password"),
        replace(PASSWORD, name="Code", flags=("secret",)),
        CARD,
        replace(CARD, name="CVC"),
        replace(CARD, name="Security code"),
        replace(CARD, name="", id="cc-number"),
        replace(CARD, role="spinbutton", name="cc num"),
    ],
)
def test_what_a_secret_field_holds_is_masked_in_the_tree_and_in_what_is_typed(node: Node) -> None:
    assert is_secret(node)
    assert redact_tree(tree(PLAIN, node)) == tree(PLAIN, replace(node, value=MASK))
    assert redact_action(Type(SECRET, Point(1, 1), submit=True), node) == Type(MASK, Point(1, 1), submit=True)


@pytest.mark.parametrize("node", [PLAIN, replace(CARD, name="Card"), replace(CARD, role="text", name="Card number 7")])
def test_what_another_field_holds_stays(node: Node) -> None:
    assert redact_tree(tree(node)) == tree(node)
    assert redact_action(Type("river"), node) == Type("river")


def test_text_typed_where_nothing_is_known_stays() -> None:
    assert redact_action(Type("river"), None) == Type("river")


@pytest.mark.parametrize("value", ["", None])
def test_an_empty_secret_field_stays_empty_so_that_typing_into_it_shows(value: str | None) -> None:
    assert redact_tree(tree(replace(PASSWORD, value=value))) == tree(replace(PASSWORD, value=value))
    assert redact_action(Type(SECRET), replace(CARD, value=value)) == Type(MASK)


@pytest.mark.parametrize("action", [Click(Point(1, 1)), Select("Visa", Point(1, 1))])
def test_an_action_that_says_nothing_secret_stays(action: Action) -> None:
    assert redact_action(action, PASSWORD) is action


@pytest.mark.parametrize(
    "name",
    [
        "token",
        "access_token",
        "accessToken",
        "csrf-token",
        "password",
        "new_passwd",
        "pwd",
        "client_secret",
        "clientSecret",
        "api_key",
        "apikey",
        "x-api-key",
        "X-Amz-Signature",
        "X-Amz-Credential",
        "sig",
        "jwt",
        "auth",
        "session",
        "session_id",
        "sessionid",
        "PHPSESSID",
        "user[password]",
        "user%5Bpassword%5D",
        "auth.token",
    ],
)
def test_a_secret_in_an_address_is_masked_in_query_and_fragment(name: str) -> None:
    for address in (
        "https://a/x?q=1&{}={}&r=%FF+",
        "https://a/x?{}={}",
        "https://a/#{}={}&q=1",
        "https://a/#/in?{}={}",
    ):
        found = redact_location(address.format(name, SECRET))
        assert found is not None
        assert SECRET not in found
        assert found.startswith("https://a/")
        assert f"{name}=" in found
        assert redact_location(found) == found
    assert "q=1&" in (redact_location(f"https://a/x?q=1&{name}=1&r=%FF+") or "")


@pytest.mark.parametrize(
    "location",
    [
        None,
        "",
        "about:blank",
        "mailto:me@example.org",
        "com.example/.Main",
        "Inbox (3) - Mail?",
        "https://a/",
        "https://a/x?b=%FF&a=+&c",
        "https://a/token=1/x",
        "https://a/?tokens=3&author=me&signatures=2&sort=password",
        "https://a/#top",
        "#top",
    ],
)
def test_a_location_without_a_secret_stays_as_it_was_written(location: str | None) -> None:
    assert redact_location(location) == location


def test_user_name_and_password_are_cut_off() -> None:
    assert redact_location(f"https://me:{SECRET}@a:8443/x?y=1#z") == "https://a:8443/x?y=1#z"
    assert redact_location(f"//me:p@{SECRET}@a/x") == "//a/x"


def test_of_an_address_that_cannot_be_taken_apart_the_scheme_is_kept() -> None:
    assert redact_location(f"http://me:{SECRET}@[a/?token={SECRET}") == "http:" + MASK


def test_links_and_opened_addresses_are_redacted_too() -> None:
    link = Node("link", "Log out", depth=1, href=f"/logout?csrf_token={SECRET}")
    (_, found) = redact_tree(tree(link)).nodes
    assert found.href is not None
    assert SECRET not in found.href
    assert redact_action(Open(f"https://me:{SECRET}@a/"), None) == Open("https://a/")
    assert redact_action(Open("Calculator"), None) == Open("Calculator")


@given(st.text(st.characters()), st.text(st.characters()))
def test_any_address_can_be_redacted_and_twice_is_once(path: str, query: str) -> None:
    once = redact_location(f"http://a/{path}?{query}")
    assert redact_location(once) == once
