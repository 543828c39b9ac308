# ruff: noqa: RUF001 - an apostrophe of the other kind
import pytest

from schemas.folding import folded, parted


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("LOG-OUT", "log out"),
        ("Se déconnecter!", "se deconnecter"),
        ("SİL", "sil"),
        ("l’API", "l'api"),
        ("pass\u00adword", "password"),
        ("", ""),
    ],
)
def test_case_accents_and_punctuation_do_not_count(text: str, expected: str) -> None:
    assert folded(text) == expected
    assert folded(folded(text)) == expected


@pytest.mark.parametrize(("text", "words"), [("deleteItem", "delete item"), ("user[password]", "user password")])
def test_an_id_is_parted_into_words(text: str, words: str) -> None:
    assert parted(text) == words
