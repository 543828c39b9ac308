"""Keys read under a layout, without a display."""

from types import SimpleNamespace
from typing import Any

import pytest
from Xlib import XK

from explorers.desktop.x11.layout import Layout, name_of

SHIFT, LOCK, CONTROL, ALT, NUM, LEVEL3, SECOND = 1, 2, 4, 8, 16, 128, 1 << 13
A, Q, ACUTE, SEVEN, ALT_L, SHIFT_L, NUM_LOCK, ALT_GR, EXTRA = 38, 24, 21, 79, 64, 50, 77, 108, 90


def symbol(name: str) -> int:
    return int(XK.string_to_keysym(name))


ROWS: dict[int, list[int]] = {
    A: [ord("a"), ord("A"), 0x6C6, 0x6E6],  # in the second group Cyrillic ef
    Q: [ord("q"), ord("Q"), ord("q"), ord("Q"), ord("@"), 0x7D9],
    ACUTE: [0xFE51, 0xFE50],
    SEVEN: [symbol("KP_Home"), symbol("KP_7")],
    ALT_L: [symbol("Alt_L")],
    SHIFT_L: [symbol("Shift_L")],
    NUM_LOCK: [symbol("Num_Lock")],
    ALT_GR: [0xFE03],
}


@pytest.fixture
def layout() -> Layout:
    display: Any = SimpleNamespace(
        display=SimpleNamespace(info=SimpleNamespace(min_keycode=8, max_keycode=120)),
        get_keyboard_mapping=lambda first, count: [ROWS.get(code, [0, 0]) for code in range(first, first + count)],
        get_modifier_mapping=lambda: [[SHIFT_L], [66], [37], [ALT_L], [NUM_LOCK], [], [], [ALT_GR]],
    )
    return Layout(display)


@pytest.mark.parametrize(
    ("code", "state", "text"),
    [
        (A, 0, "a"),
        (A, SHIFT, "A"),
        (A, LOCK, "A"),
        (A, LOCK | SHIFT, "a"),
        (A, SECOND, "ф"),
        (A, SECOND | SHIFT, "Ф"),
        (Q, LEVEL3, "@"),
        (SEVEN, NUM, "7"),
        (SEVEN, 0, "Home"),
        (SEVEN, NUM | SHIFT, "Home"),
    ],
)
def test_a_key_enters_what_the_layout_says(layout: Layout, code: int, state: int, text: str) -> None:
    assert name_of(layout.symbol(code, state)) == text


def test_modifiers_are_read_off_the_state_and_altgr_is_none(layout: Layout) -> None:
    assert layout.held(CONTROL | ALT | SHIFT | NUM | LEVEL3 | LOCK) == ("Control", "Alt", "Shift")


def entered(layout: Layout, *symbols: int) -> list[str | None]:
    return [layout.entered(each) for each in symbols]


def test_dead_keys_wait_for_the_next_one(layout: Layout) -> None:
    acute, grave = 0xFE51, 0xFE50
    assert entered(layout, acute, ord("e")) == [None, "é"]
    assert entered(layout, acute, symbol("Shift_L"), ord("E")) == [None, "Shift", "É"]
    assert entered(layout, grave, ord(" ")) == [None, "`"]
    assert entered(layout, acute, acute) == [None, "\u00b4"]
    assert entered(layout, acute, ord("x"), ord("e")) == [None, "x", "e"]
    assert entered(layout, acute, symbol("Return")) == [None, "Enter"]


def test_what_a_program_puts_on_a_key_counts_from_then_on(layout: Layout) -> None:
    layout.put(EXTRA, [[0x1000000 | ord("字")] * 2])
    assert name_of(layout.symbol(EXTRA, 0)) == "字"
    layout.read()
    assert layout.symbol(EXTRA, 0) == 0


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (0x20AC, "€"), (0x1EA, "ę"), (0x7EB, "λ"), (0xCE0, "א"), (0x13BD, "œ"), (0xFFAB, "+"),
        (0xFFB5, "5"), (0xFF8D, "Enter"), (0xFE20, "Tab"), (0xFFEB, "Meta"), (0x20, " "), (0x1008FF11, None),
    ],
)  # fmt: skip
def test_the_numbers_of_x_have_names(number: int, name: str | None) -> None:
    assert name_of(number) == name
