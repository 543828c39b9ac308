import string

import pytest

from explorers.web.keys import chord, stroke


@pytest.mark.parametrize("character", string.digits + string.ascii_letters + string.punctuation + " ")
def test_every_character_of_a_us_keyboard_has_a_key_that_enters_it(character: str) -> None:
    found = stroke(character)
    assert found is not None
    assert found.text == character
    assert found.key == character
    assert found.shift == (character.isupper() or character in '~!@#$%^&*()_+{}|:"<>?')


@pytest.mark.parametrize("character", ["é", "ß", "中", "🙂", "NoSuchKey", ""])
def test_what_no_key_has_is_none(character: str) -> None:
    assert stroke(character) is None


@pytest.mark.parametrize(
    ("keys", "held", "last"),
    [
        ("Enter", (), "Enter"),
        ("Control+a", ("Control",), "a"),
        ("ControlOrMeta+Shift+z", ("Control", "Shift"), "z"),
        ("Control++", ("Control",), "+"),
        ("+", (), "+"),
        ("F5", (), "F5"),
        ("Shift", (), "Shift"),
    ],
)
def test_a_chord_is_its_modifiers_and_its_last_key(keys: str, held: tuple[str, ...], last: str) -> None:
    found = chord(keys)
    assert found is not None
    assert found[0] == held
    assert found[1].key == last


@pytest.mark.parametrize("keys", ["", "Hyper+a", "Control+NoSuchKey", "a+b", "Control+"])
def test_a_chord_of_unknown_names_is_none(keys: str) -> None:
    assert chord(keys) is None
