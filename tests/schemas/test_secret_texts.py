"""Secrets in texts and in addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.secret_texts import MASK, looks_secret, named_address, redact_location, redact_text, secrets_in

SHAPES = [
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    "WyJkZW1vIl0.Gg939msTCL21dvJruuK8GbO3KXA",
    "WyJkZW1vIl0.aw4Oow.fVUje8rCHP6iAYquUzU5N4RKGRc",
    "hello:1k4pKq:Vd6Y0zXn0zXq8Wm2bZ5cM3tQk1uR7sT9vX2yB4dF6hJ",
    "sk-proj-4b1d0Qx7Zr9LmN2pT6",
    "sk_live_4b1d0Qx7Zr9LmN2p",
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "github_pat_11ABCDEFG0abcdefghij",
    "glpat-1234567890abcdefghij",
    "xoxb-1234567890-abcdefghij",
    "AKIAIOSFODNN7EXAMPLE",
    "AIzaSyA1234567890abcdefghijklmnopqrstuv",
    "hf_1234567890abcdefghij",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----",
    "$2b$12$abcdefghijklmnopqrstuvABCDEFGHIJKLMNOPQRSTUV012345678",
    "Bearer 4b1d0Qx7Zr9LmN2pT6",
]


@pytest.mark.parametrize("key", SHAPES)
def test_a_key_is_told_by_its_shape_wherever_it_stands(key: str) -> None:
    for text in (key, f"Take {key} with you", f'"{key}"', f"({key})"):
        redacted = redact_text(text)
        assert key not in redacted
        assert MASK in redacted
        assert redact_text(redacted) == redacted
    assert "Take" in redact_text(f"Take {key} with you")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Your new password is S3cret-9. Keep it.", f"Your new password is {MASK}. Keep it."),
        ("API key: 8f3a9c2b1", f"API key: {MASK}"),
        ("Ihr Passwort lautet S3cret9", f"Ihr Passwort lautet {MASK}"),
        ("Your one-time code is 482193", f"Your one-time code is {MASK}"),
        ('{"password": "hunter"}', f'{{"password": "{MASK}"}}'),
        ("Token S3cret9", f"Token {MASK}"),
        ("PIN 4821", f"PIN {MASK}"),
        ("The token S3cret9a was created.", f"The token {MASK} was created."),
        ("Set-Cookie: session=S3cret9a1; Path=/", f"Set-Cookie: session={MASK}; Path=/"),
        ("--password=S3cret-9 --user=ann", f"--password={MASK} --user=ann"),
        ("See http://a/reset/S3cret-9, soon", f"See {redact_location('http://a/reset/S3cret-9')}, soon"),
    ],
)
def test_what_is_said_to_be_a_secret_is_masked(text: str, expected: str) -> None:
    assert redact_text(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", "Password: required", "PIN: 4 digits", "Token expires: 2024-01-01", "Order 4821 is 5 items",
        "Keyboard shortcuts: 12", "und/oder (1/2)", "Is this a/b test?", "key = value", "sk-learn-contrib-package",
        "Basic knowledge of bearers", "Section 3: secrets of the trade", "commit 16c7e42f292c6912e7710c838347ae178b4a",
        "Tokens 4096", "Password policy 2024", "a token for ann42 today", "PIN 4 digits, 2 tries", "session=open",
        "app.3f9c12ab45de67f8901234567890abcdef.js", "org.example.LibrarySettingsActivityForTablets2",
    ],
)  # fmt: skip
def test_other_texts_stay(text: str) -> None:
    assert redact_text(text) == text


@pytest.mark.parametrize(
    "address",
    [
        "https://a/x?code=S3cret", "https://a/x#/in?code=S3cret", "https://a/x?q=1&state=S3cret-state&ticket=S3cret",
        "https://a/reset/S3cret-1", "https://a/password/reset/MQ/S3cret-1/", "https://a/verify?x=1#SAMLResponse=S3cret",
        "https://a/;jsessionid=S3cret", "https://a/?next=https%3A%2F%2Fann%3AS3cret%40a%2F",
        "https://a/?next=https%3A%2F%2Fa%2F%3Ftoken%3DS3cret", "https://a/?next=/b?token=S3cret",
        'https://a/?data={"password":"S3cret"}', "blob:https://ann:S3cret@a/x", "/reset/S3cret-1", "https://ann:S3cret@a/",
        "https://a/verify-email/S3cret-1", "https://a/magic-link/S3cret-1", "https://a/reset-password?id=5&h=S3cret1a",
        "https://a/#/reset?x=S3cret1a", "https://a/in?t=S3cret1a7b8c9d0e1f2", "https://a/?logintoken=S3cret",
        "?sesskey=S3cret",
        "https://a/services/T0AB/B0AB/S3cret7b8c9d0e1f2a3b4", "https://a/webhooks/42/S3cret7b8c9d0e1f2a3b4",
        "https://a/u/S3cret7b8c9d0e1f2a3b4/unsubscribe",
        "//ann:S3cret@a/x", "https://a/invite/S3cret-1/accept", "https://a/?user%5Bpin%5D=S3cret", "?access_key=S3cret",
    ],
)  # fmt: skip
def test_what_an_address_carries_is_masked_and_the_rest_stays(address: str) -> None:
    redacted = redact_location(address)
    assert redacted is not None
    assert "S3cret" not in redacted
    assert redact_location(redacted) == redacted
    assert "S3cret" not in redact_text(f"Go to {address} now")
    start = address.partition("?")[0].partition("S3cret")[0].partition("ann")[0]
    assert redacted.startswith(start)


@pytest.mark.parametrize(
    "address",
    [
        "https://a/reset/", "https://a/reset/done/", "https://a/reset/MQ/set-password/", "https://a/verify/step-2",
        "https://a/shop?state=CA&q=river", "https://a/issues?state=closed&key=1", "https://a/books/3f9c12/chapters/4",
        "https://a/items/550e8400-e29b-41d4-a716-446655440000", "https://a/?page=2&sort=price#top", "com.example/.Main",
        "https://a/in?t=42&s=harbour", "https://a/list?s=the-glass-harbour-2024", "https://a/services/mail/settings",
        "Inbox - mail", "notes.txt > Save as", "https://a/?code=", "https://a/preset/abc123", "https://a/passwords",
    ],
)  # fmt: skip
def test_an_address_without_a_secret_stays_as_it_was_written(address: str) -> None:
    assert redact_location(address) == address
    assert secrets_in(address) == ()


@pytest.mark.parametrize(
    "text",
    ["http://ann:S3cret/pw@a/", "http://ann:S3cret#pw@a/", "ann:S3cret@a:9", "http://ann:S3cret@[::1/", "S3cret@a"],
)
def test_what_was_given_as_an_address_is_named_without_its_secrets(text: str) -> None:
    assert "S3cret" not in named_address(text)


def test_what_was_taken_out_is_told_decoded() -> None:
    assert secrets_in("https://ann:p%40ss@a/reset/S3cret-1?code=S%203cret") == ("p@ss", "S3cret-1", "S 3cret")


@given(st.text(st.characters()), st.text(st.characters()), st.text(st.characters()))
def test_any_text_and_any_address_can_be_redacted_and_twice_is_once(path: str, query: str, text: str) -> None:
    for address in (f"http://a/{path}?{query}", f"http://a/reset/{path}?next={query}#{text}", path):
        once = redact_location(address)
        assert redact_location(once) == once
    assert redact_text(redact_text(text)) == redact_text(text)


@pytest.mark.parametrize(
    "text", ["S3cret-9", "4821", "482 193", "ABCD-1234 EFGH-5678", "AbcdefghIJKL", "DE44 5001 0517 5407"]
)
def test_what_can_be_a_secret(text: str) -> None:
    assert looks_secret(text)


@pytest.mark.parametrize(
    "text", ["", "42", "2024-01-01", "10:32", "12.50", "required", "Forgot it?", "3 of 5 keys", MASK]
)
def test_what_can_be_none(text: str) -> None:
    assert not looks_secret(text)
