"""Tests of schemas.redaction."""

from dataclasses import replace
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.actions import ACTIONS, Action, Answer, Click, Invoke, Key, NewTab, Open, Point, Select, Type, Upload
from schemas.records import Node, Task
from schemas.redaction import (
    MASK,
    KnownSecrets,
    is_secret,
    redact_action,
    redact_location,
    redact_task,
    redact_tree,
)
from tests.schemas.samples import tree, values

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
    flags = node.flags if node.has("password") else ("secret",)
    assert redact_tree(tree(PLAIN, node)) == tree(PLAIN, replace(node, value=MASK, flags=flags))
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


@pytest.mark.parametrize("action", [Click(Point(1, 1)), Key("Enter"), Type("", clear=True)])
def test_an_action_that_says_nothing_secret_stays(action: Action) -> None:
    assert redact_action(action, PASSWORD) is action
    assert redact_action(Select("Visa", Point(1, 1)), PLAIN) == Select("Visa", Point(1, 1))


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


@pytest.mark.parametrize(
    "node",
    [
        Node("textbox", "Passwort", "x", flags=("editable",)),
        Node("textbox", "Field", "x", id="user_pin"),
        Node("spinbutton", "One-time code", "x"),
        Node("combobox", "API key", "x", options=("x", "y")),
        Node("gridcell", "Password", "x", flags=("editable",)),
        Node("document", "Private key", "x", flags=("editable", "multiline")),
        Node("textbox", "SMS code", "x"),
        Node("textbox", "otp", "x"),
        Node("textbox", "Verification code", "x"),
    ],
)
def test_a_field_is_secret_by_its_name_whatever_its_kind(node: Node) -> None:
    (_, redacted) = redact_tree(tree(replace(node, depth=1))).nodes
    assert redacted.value == MASK
    assert redacted.has("secret")
    assert set(redacted.options) <= {MASK}
    assert redact_action(Type(SECRET), node) == Type(MASK)


@pytest.mark.parametrize(
    "node",
    [
        Node("searchbox", "Search for a password", "x", flags=("editable",)),
        Node("combobox", "Password policy", "x", options=("x", "y")),
        Node("combobox", "Token of the build", "x", options=("x", "y")),
        Node("spinbutton", "Password length", "12"),
        Node("textbox", "API key name", "x"),
        Node("checkbox", "Show password", "x"),
        Node("button", "Password", "x"),
    ],
)
def test_what_only_speaks_of_secrets_is_none(node: Node) -> None:
    assert redact_tree(tree(node)) == tree(node)


def test_a_field_without_a_name_is_called_by_what_stands_before_it() -> None:
    label, field = Node("text", "PIN", depth=1), Node("textbox", "", "4821", depth=1)
    assert redact_tree(tree(label, field)).nodes[2].value == MASK
    assert redact_tree(tree(label, Node("button", "Go", depth=1), field)).nodes[3].value == "4821"
    row = (Node("row", depth=1), Node("cell", "Password", depth=2), Node("cell", depth=2), replace(field, depth=3))
    assert redact_tree(tree(*row)).nodes[4].value == MASK


def test_what_is_shown_under_the_name_of_a_secret_is_masked() -> None:
    shown = (
        Node("term", "API key", depth=1),
        Node("definition", "8f3a9c2b1", depth=1),
        Node("cell", "build 7", depth=1, column="Name"),
        Node("cell", "8f3a9c2b2", depth=1, column="Token"),
        Node("heading", "Recovery codes", depth=1),
        Node("list", depth=1),
        Node("listitem", depth=2),
        Node("text", "ABCD-1234", depth=3),
        Node("listitem", depth=2),
        Node("text", "EFGH-5678", depth=3),
        Node("text", "Password", depth=1),
        Node("text", "2024-01-01", depth=1),
    )
    names = [node.name for node in redact_tree(tree(*shown)).nodes[1:]]
    assert names == [
        "API key",
        MASK,
        "build 7",
        MASK,
        "Recovery codes",
        "",
        "",
        MASK,
        "",
        MASK,
        "Password",
        "2024-01-01",
    ]


ACTIONS_WITH_TEXT: list[tuple[Action, Action]] = [
    (Type("take ghp_16C7e42F292c6912E7710"), Type(f"take {MASK}")),
    (Select("ghp_16C7e42F292c6912E7710", Point(1, 1)), Select(MASK, Point(1, 1))),
    (Answer("The password is S3cret9"), Answer(f"The password is {MASK}")),
    (NewTab("https://me:pw@a/reset/S3cret9"), NewTab(redact_location("https://a/reset/S3cret9"))),
    (NewTab(None), NewTab(None)),
    (Open("https://a/?code=S3cret9"), Open(redact_location("https://a/?code=S3cret9") or "")),
    (Upload(("ghp_16C7e42F292c6912E7710",), Point(1, 1)), Upload((MASK,), Point(1, 1))),
    (Invoke("press ghp_16C7e42F292c6912E7710", Point(1, 1)), Invoke(f"press {MASK}", Point(1, 1))),
]


@pytest.mark.parametrize(("action", "redacted"), ACTIONS_WITH_TEXT)
def test_every_text_of_an_action_is_looked_through(action: Action, redacted: Action) -> None:
    assert redact_action(action, PLAIN) == redacted


@pytest.mark.parametrize("kind", ACTIONS)
@given(st.data())
def test_every_kind_of_action_can_be_redacted(kind: type[Action], data: st.DataObject) -> None:
    action = data.draw(values(kind))
    assert type(redact_action(action, None)) is kind
    assert type(redact_action(action, PASSWORD)) is kind


def test_what_was_typed_into_a_secret_field_is_hidden_from_then_on() -> None:
    known = KnownSecrets()
    assert known.hide(f"Hello {SECRET}") == f"Hello {SECRET}"
    known.learn_typed(Type(SECRET), PLAIN, ())
    known.learn_typed(Click(Point(1, 1)), PASSWORD, ())
    assert known.texts == ()
    known.learn_typed(Type(SECRET), PASSWORD, ())
    assert known.hide(f"Hello {SECRET}, {SECRET}s") == f"Hello {MASK}, {SECRET}s"
    assert redact_action(Type(f"it is {SECRET}"), PLAIN, known) == Type(f"it is {MASK}")
    assert redact_action(Answer(SECRET), None, known) == Answer(MASK)


def test_what_a_secret_field_held_is_hidden_wherever_the_tree_or_an_address_shows_it() -> None:
    known = KnownSecrets()
    echo = Node("text", f"You entered {SECRET}.", depth=1)
    link = Node("link", "On", depth=1, href=f"http://a/?said={SECRET}", id=SECRET)
    redacted = known.redact_tree(tree(echo, PASSWORD, link))
    assert SECRET not in repr(redacted)
    assert known.hide_location(f"http://a/{SECRET}/x") == f"http://a/{quote(MASK)}/x"
    assert known.hide(quote("p@ss word")) == "p%40ss%20word"
    known.learn("p@ss word")
    assert known.hide(f"{quote('p@ss word')} or {quote_plus('p@ss word')}") == f"{MASK} or {MASK}"


def test_what_a_text_says_to_be_a_secret_is_hidden_where_it_stands_alone() -> None:
    said, number = Node("text", "Token S3cret9a"), Node("text", "PIN 4821")
    shown = KnownSecrets().redact_tree(tree(said, Node("link", "Copy S3cret9a"), number, Node("link", "Order 4821")))
    assert [node.name for node in shown.nodes[1:]] == [f"Token {MASK}", f"Copy {MASK}", f"PIN {MASK}", "Order 4821"]
    label = tree(Node("text", "Token"), Node("status"), Node("text", "S3cret9a", depth=1))
    assert redact_tree(label).nodes[-1].name == MASK


def test_a_description_is_held_to_the_same_rules() -> None:
    [shown] = redact_tree(tree(Node("button", "?", description="Token: S3cret9a"))).nodes[1:]
    assert shown.description == f"Token: {MASK}"


def test_what_the_page_said_before_it_was_typed_is_no_secret() -> None:
    known = KnownSecrets()
    link = Node("link", "Chapter 7 of the book", depth=1)
    known.learn_typed(Type("Chapter 7"), replace(PASSWORD, flags=("secret",)), (link,))
    field = replace(PASSWORD, value="Chapter 7")
    assert known.redact_tree(tree(link, field)).nodes[1:] == (link, replace(field, value=MASK))


@pytest.mark.parametrize("text", ["", "abc", "admin", "Password", "••••••", "  ", "sign-in", "Back from sign-in"])
def test_an_everyday_word_is_hidden_in_its_field_alone(text: str) -> None:
    known = KnownSecrets([text])
    assert known.texts == ()
    assert known.hide(f"the {text} of the page") == f"the {text} of the page"


def test_a_field_that_was_one_for_a_password_stays_one_at_its_place() -> None:
    known = KnownSecrets()
    field = Node("textbox", "Word", "••••", depth=1, id="word", path="#word", flags=("editable", "password"))
    shown = replace(field, value="S3cret9", flags=("editable",))
    assert known.redact_tree(tree(shown), place="a").nodes[1].value == "S3cret9"
    known.redact_tree(tree(field), place="a")
    later = known.redact_tree(tree(shown), place="a").nodes[1]
    assert (later.value, later.has("secret")) == (MASK, True)
    assert known.redact_tree(tree(shown), place="b").nodes[1].value != "S3cret9"  # by now it is known by its text
    assert KnownSecrets().redact_tree(tree(shown), place="b").nodes[1].value == "S3cret9"


def test_long_texts_and_many_secrets_are_bounded() -> None:
    known = KnownSecrets(f"S3cret-{number}" for number in range(1000))
    assert 100 <= len(known.texts) < 1000
    key = "-----S3cret-----" + "a1b2" * 500
    known = KnownSecrets([key])
    assert known.hide(f"no option {key[:80]!r} there") == f"no option '{MASK} there"  # a message cuts what it quotes
    for text in ("a=1&" + "x" * 100_000, "sk-" * 30_000, "?" * 100_000):
        assert redact_location(f"http://a/?{text}")


def test_a_task_is_written_down_without_its_secrets() -> None:
    task = Task(
        task_id="t",
        text="Sign in. The password is S3cret9",
        platform="web",
        app=None,
        start="http://me:S3cret9@a/?token=S3cret9",
        setup='{"token": "S3cret9"}',
        check=None,
        template=None,
        source="given",
        instruction_id=None,
        trajectory_id=None,
    )
    assert "S3cret9" not in repr(redact_task(task))
    assert redact_task(replace(task, text="Sign in", start="http://a/", setup=None)).text == "Sign in"
