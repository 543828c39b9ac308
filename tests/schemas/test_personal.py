"""Tests of schemas.personal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.personal import (
    ACCOUNT,
    CARD,
    EMAIL,
    PHONE,
    redact_personal,
    redact_personal_location,
    redact_personal_text,
)
from schemas.records import Box, Node, Tree


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Write to ada.l+x@mail.example.org.", f"Write to {EMAIL}."),
        ("<jürgen@bücher.example>", f"<{EMAIL}>"),
        ("Call +49 30 1234567 now", f"Call {PHONE} now"),
        ("+1 (555) 010-9999", PHONE),
        ("030/1234567", PHONE),
        ("Tel. (030) 123 45 67", f"Tel. {PHONE}"),
        ("555-010-9999", PHONE),
        ("DE89 3704 0044 0532 0130 00", ACCOUNT),
        ("IBAN GB82WEST12345698765432!", f"IBAN {ACCOUNT}!"),
        ("4111 1111 1111 1111", CARD),
        ("Card 5500-0000-0000-0004,", f"Card {CARD},"),
        ("378282246310005", CARD),
    ],
)
def test_what_is_personal_is_replaced(text: str, found: str) -> None:
    assert redact_personal_text(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Ada Lovelace",
        "user@host",
        "@ada",
        "2026-11-21",
        "21.11.2026 14:00",
        "2026-11-21 10:15:00",
        "4111 1111 1111 1112",
        "0000 0000 0000 0000",
        "DE00 3704 0044 0532 0130 00",
        "1,234,567.89",
        "192.168.100.200",
        "v1.2.3-4",
        "10 of 2500",
        "Order 12345678",
        "3.14159265358979",
    ],
)
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert redact_personal_text(text) == text


@given(st.text(st.sampled_from("a@.-+ 0123456789DE()/é\n"), max_size=60))
def test_redacting_twice_is_redacting_once(text: str) -> None:
    once = redact_personal_text(text)
    assert redact_personal_text(once) == once


@pytest.mark.parametrize(
    ("location", "found"),
    [
        ("http://a/u?mail=ada%40mail.example&page=2", "http://a/u?mail=%E2%9F%A8e-mail%E2%9F%A9&page=2"),
        ("http://a/ada@mail.example/x", "http://a/%E2%9F%A8e-mail%E2%9F%A9/x"),
        ("mailto:ada@mail.example?subject=x", "mailto:%E2%9F%A8e-mail%E2%9F%A9"),
        ("tel:+49301234567", "tel:%E2%9F%A8phone%E2%9F%A9"),
        ("http://a/b?c=%20d", "http://a/b?c=%20d"),
        ("http://[", "http://["),
        ("", ""),
        (None, None),
    ],
)
def test_addresses_are_looked_at_decoded(location: str | None, found: str | None) -> None:
    assert redact_personal_location(location) == found


def test_a_tree_tells_where_it_was_drawn() -> None:
    mail, box = "ada@mail.example", Box(1, 2, 3, 4)
    plain = Node("text", "Hello", box=box)
    nodes = (
        plain,
        Node("text", f"Mail {mail}", box=box),
        Node("textbox", "Mail", mail, box=Box(5, 6, 7, 8)),
        Node("combobox", "To", "x", options=("x", mail)),
        Node("link", "Write", href=f"mailto:{mail}", box=box),
    )
    tree, boxes = redact_personal(Tree("fake", nodes))
    assert mail not in repr(tree)
    assert tree.nodes[0] is plain
    assert boxes == (box, Box(5, 6, 7, 8)), "an address that is not shown needs no paint"
    same = Tree("fake", (plain,))
    assert redact_personal(same) == (same, ())
    assert redact_personal(same)[0] is same
