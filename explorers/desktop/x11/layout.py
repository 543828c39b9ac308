"""What the keys of an X display enter, read the other way round: from a key and its modifiers to a text or a name."""

import unicodedata
from collections.abc import Sequence
from types import MappingProxyType

from Xlib import XK, X
from Xlib.display import Display

from explorers.desktop.x11.keyboard import NAMED
from schemas.actions import Modifier

_CHARSETS = MappingProxyType(
    {
        1: "iso8859-2", 2: "iso8859-3", 3: "iso8859-4", 4: "shift_jis", 5: "iso8859-6", 6: "koi8-u", 7: "iso8859-7",
        0xC: "iso8859-8", 0xD: "tis-620", 0x13: "iso8859-15",
    }
)  # fmt: skip
"""The character sets that X's older numbers are taken from, by their second byte."""

_DEAD = dict(
    zip(
        range(0xFE50, 0xFE5D),
        "\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u030a\u030b\u030c\u0327\u0328",
        strict=True,
    )
)
_ALONE = MappingProxyType(
    dict(
        zip(
            "\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u030a\u030b\u030c\u0327\u0328",
            "`\u00b4^~\u00af\u02d8\u02d9\u00a8\u00b0\u02dd\u02c7\u00b8\u02db",
            strict=True,
        )
    )
)
"""What a dead key enters when space, or the same key, comes after it."""

_NAMES = {
    int(XK.string_to_keysym(symbol)): name
    for name, symbol in NAMED.items()
    if name not in (" ", "Space", "ControlOrMeta")
}
_NAMES |= {
    int(XK.string_to_keysym(symbol)): name
    for symbol, name in {
        "KP_Enter": "Enter", "Control_R": "Control", "Alt_R": "Alt", "Shift_R": "Shift",
        "Super_R": "Meta", "Meta_L": "Meta", "Meta_R": "Meta", "Num_Lock": "NumLock", "Scroll_Lock": "ScrollLock",
    }.items()
}  # fmt: skip
_NAMES |= {0xFE03: "AltGraph", 0xFF7E: "AltGraph", 0xFE20: "Tab"}  # ISO_Level3_Shift, Mode_switch, ISO_Left_Tab
_KEYPAD = {
    0xFF95 + place: name
    for place, name in enumerate(
        ("Home", "ArrowLeft", "ArrowUp", "ArrowRight", "ArrowDown", "PageUp", "PageDown", "End")
    )
}
_KEYPAD |= {0xFF9E: "Insert", 0xFF9F: "Delete"}
_LEVEL3, _SWITCH, _NUM_LOCK, _META = 0xFE03, 0xFF7E, 0xFF7F, frozenset({0xFFEB, 0xFFEC, 0xFFE7, 0xFFE8})
_ALT = frozenset({0xFFE9, 0xFFEA})


class Layout:
    """The layout of one display, as it was read last; `put` and `read` change it."""

    def __init__(self, display: Display) -> None:
        self._display = display
        self._rows: dict[int, Sequence[int]] = {}
        self._dead = ""
        self.read()

    def read(self) -> None:
        """Reads it anew."""
        info = self._display.display.info
        low, high = info.min_keycode, info.max_keycode
        self._rows = dict(enumerate(self._display.get_keyboard_mapping(low, high - low + 1), start=low))
        self._masks = {"level3": 0, "number": 0, "alt": 0, "meta": 0}
        for index, codes in enumerate(self._display.get_modifier_mapping()):
            symbols = {symbol for code in codes if code for symbol in self._rows.get(code, ())}
            bit = 1 << index
            if index < 3:
                continue  # Shift, Lock and Control are what they are
            if symbols & {_LEVEL3, _SWITCH}:
                self._masks["level3"] |= bit
            if _NUM_LOCK in symbols:
                self._masks["number"] |= bit
            if symbols & _ALT:
                self._masks["alt"] |= bit
            elif symbols & _META:
                self._masks["meta"] |= bit

    def put(self, first: int, rows: Sequence[Sequence[int]]) -> None:
        """Takes note of what a program put on keys."""
        self._rows.update(enumerate(rows, start=first))

    def held(self, state: int) -> tuple[Modifier, ...]:
        """The modifiers that are down, by an event's state."""
        modifiers: list[Modifier] = []
        if state & X.ControlMask:
            modifiers.append("Control")
        if state & self._masks["alt"]:
            modifiers.append("Alt")
        if state & X.ShiftMask:
            modifiers.append("Shift")
        if state & self._masks["meta"]:
            modifiers.append("Meta")
        return tuple(modifiers)

    def symbol(self, code: int, state: int) -> int:
        """X's number for what a key stands for under these modifiers, or 0."""
        row = [*self._rows.get(code, ()), *([0] * 8)]
        group = (state >> 13) & 3
        shift, lock = bool(state & X.ShiftMask), bool(state & X.LockMask)
        first = 2 if group == 1 and (row[2] or row[3]) else 0
        if state & self._masks["level3"]:
            third = row[4 if first == 0 else 6 : 6 if first == 0 else 8]
            if third[0]:
                return third[1] if shift and third[1] else third[0]
        plain, shifted = row[first], row[first + 1] or row[first]
        if state & self._masks["number"] and 0xFF80 <= shifted <= 0xFFBD:
            return plain if shift else shifted
        if lock and not shift and _is_letter(shifted):
            return shifted
        if lock and shift and _is_letter(shifted):
            return plain
        return shifted if shift else plain

    def entered(self, symbol: int) -> str | None:
        """The text or the name of a key that went down; dead keys wait for the next one. None for nothing yet."""
        if symbol in _DEAD:
            mark, self._dead = self._dead, _DEAD[symbol]
            if mark == self._dead:
                self._dead = ""
                return _ALONE[mark]
            return None
        name = name_of(symbol)
        if name in ("Shift", "AltGraph", "CapsLock", "Control", "Alt", "Meta"):
            return name
        mark, self._dead = self._dead, ""
        if not mark or name is None or len(name) != 1:
            return name
        if name == " ":
            return _ALONE[mark]
        composed = unicodedata.normalize("NFC", name + mark)
        return composed if len(composed) == 1 else name


def name_of(symbol: int) -> str | None:
    """The character that X's number stands for, else the web's name of the key; None for one that has neither."""
    if symbol in _NAMES:
        return _NAMES[symbol]
    if symbol in _KEYPAD:
        return _KEYPAD[symbol]
    if 0xFFAA <= symbol <= 0xFFB9:
        return chr(symbol - 0xFF80)
    if symbol == 0xFFBD:
        return "="
    if symbol == 0x20AC:
        return "€"
    if 0x20 <= symbol < 0x7F or 0xA0 <= symbol <= 0xFF:
        return chr(symbol)
    if 0x1000100 <= symbol <= 0x110FFFF:
        return chr(symbol - 0x1000000)
    charset = _CHARSETS.get(symbol >> 8)
    if charset is not None:
        try:
            return bytes([symbol & 0xFF]).decode(charset)
        except UnicodeDecodeError:
            return None
    return None


def _is_letter(symbol: int) -> bool:
    name = name_of(symbol)
    return name is not None and len(name) == 1 and name.isalpha()
