"""Which keys a text needs, without a display."""

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from Xlib import XK, X

from explorers.desktop.x11 import keyboard as module
from explorers.desktop.x11.keyboard import X11Keyboard, keysym, split_chord


class FakeDisplay:
    """Keys 8 to 255: letters and digits, shift, control, and 20 that are free; remembers what was pressed on which."""

    def __init__(self) -> None:
        self.display = SimpleNamespace(info=SimpleNamespace(min_keycode=8, max_keycode=255))
        self.mapping = {code: [XK.string_to_keysym("F35")] * 4 for code in range(8, 256)}
        for code, character in enumerate("abcdefghijklmnopqrstuvwxyz", start=20):
            self.mapping[code] = [ord(character), ord(character.upper()), 0, 0]
        for code, name in enumerate(("Shift_L", "Control_L", "Return", "Tab", "space", "Delete"), start=60):
            self.mapping[code] = [XK.string_to_keysym(name), 0, 0, 0]
        for code in range(100, 120):
            self.mapping[code] = [0, 0, 0, 0]
        self.down: set[int] = set()
        self.typed: list[int] = []
        self.requests = 0

    def get_keyboard_mapping(self, first: int, count: int) -> list[list[int]]:
        return [self.mapping[code] for code in range(first, first + count)]

    def get_modifier_mapping(self) -> list[list[int]]:
        return [[60], [61], [119]]

    def change_keyboard_mapping(self, first: int, rows: list[list[int]]) -> None:
        self.requests += 1
        for code, row in enumerate(rows, start=first):
            self.mapping[code] = list(row)

    def sync(self) -> None:
        """Does nothing."""

    def fake_input(self, kind: int, code: int) -> None:
        if kind == X.KeyRelease:
            self.down.discard(code)
            return
        self.down.add(code)
        if code not in (60, 61):
            self.typed.append(self.mapping[code][1 if 60 in self.down else 0])


@pytest.fixture
def display(monkeypatch: pytest.MonkeyPatch) -> FakeDisplay:
    made = FakeDisplay()
    fake = SimpleNamespace(fake_input=lambda target, kind, code: target.fake_input(kind, code))
    monkeypatch.setattr(module, "xtest", fake)
    monkeypatch.setattr(module, "REMAPPED_SECONDS", 0.0)
    return made


def type_all(display: Any, text: str, keyboard: X11Keyboard | None = None) -> X11Keyboard:
    keyboard = keyboard or X11Keyboard(display, shared=True)
    keyboard.type(text, pace=0.0)
    return keyboard


@given(texts=st.lists(st.text(max_size=60), max_size=4))
def test_every_character_that_a_key_can_enter_is_pressed_once_and_in_order(texts: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "REMAPPED_SECONDS", 0.0)
        fake = SimpleNamespace(fake_input=lambda target, kind, code: target.fake_input(kind, code))
        patch.setattr(module, "xtest", fake)
        display = FakeDisplay()
        keyboard: X11Keyboard | None = None
        for text in texts:
            keyboard = type_all(display, text, keyboard)
    expected = [symbol for text in texts for each in text if (symbol := keysym(each)) is not None]
    assert display.typed == expected
    assert not display.down


def test_a_text_of_more_foreign_letters_than_free_keys_comes_in_pieces(display: FakeDisplay) -> None:
    keyboard = X11Keyboard(display, shared=True)
    text = "".join(chr(0x430 + number) for number in range(30))
    assert [len(chunk) for chunk in keyboard.chunks(text)] == [19, 11], "one of the twenty is a modifier"


def test_the_letters_of_a_text_are_put_on_neighbouring_keys_in_one_request(display: FakeDisplay) -> None:
    type_all(display, "Привет")
    assert display.requests == 1


def test_what_no_key_enters_is_left_out() -> None:
    assert [keysym(each) for each in ("\x00", "\x7f", "\ud800")] == [None] * 3
    assert keysym("\n") == keysym("\r") == XK.string_to_keysym("Return")
    assert keysym("é") == 0xE9
    assert keysym("😀") == 0x101F600


@pytest.mark.parametrize(
    ("keys", "held", "last"),
    [
        ("a", (), "a"),
        ("Control+a", ("Control",), "a"),
        ("Control+Shift+z", ("Control", "Shift"), "z"),
        ("+", (), "+"),
        ("Control++", ("Control",), "+"),
    ],
)
def test_a_chord_is_its_held_keys_and_its_last(keys: str, held: tuple[str, ...], last: str) -> None:
    assert split_chord(keys) == (held, last)


def test_a_chord_of_unknown_keys_is_not_pressed(display: FakeDisplay) -> None:
    keyboard = X11Keyboard(display, shared=True)
    assert keyboard.press("Control+Delete")
    assert not keyboard.press("Hyper+a")
    assert not keyboard.press("NoSuchKey")
    assert not display.down
