"""The keyboard of an X display through XTEST: chords by the web's names, and text in any script.

A character that the layout lacks is put on a spare key before it is pressed. An application reads the layout when it
gets to the news of it, not when that was sent: so all characters of a text are put there at once, and what is there is
not taken away while it may still be needed.
"""

import time
from collections.abc import Iterable
from types import MappingProxyType

from Xlib import XK, X
from Xlib.display import Display
from Xlib.ext import xtest

MODIFIERS = MappingProxyType(
    {"Alt": "Alt_L", "Control": "Control_L", "ControlOrMeta": "Control_L", "Meta": "Super_L", "Shift": "Shift_L"}
)
NAMED = MappingProxyType(
    {
        "Enter": "Return", "Backspace": "BackSpace", "Tab": "Tab", "Escape": "Escape", "Space": "space", " ": "space",
        "Delete": "Delete", "Insert": "Insert", "Home": "Home", "End": "End", "PageUp": "Prior", "PageDown": "Next",
        "ArrowLeft": "Left", "ArrowRight": "Right", "ArrowUp": "Up", "ArrowDown": "Down", "ContextMenu": "Menu",
        "CapsLock": "Caps_Lock", "Pause": "Pause", "PrintScreen": "Print",
        **{f"F{number}": f"F{number}" for number in range(1, 13)},
        **MODIFIERS,
    }
)  # fmt: skip
_TYPED = MappingProxyType({"\n": "Return", "\r": "Return", "\t": "Tab"})
_SPARE_FROM = 181
"""On a display of our own, the keys from here on: multimedia keys of the usual layout, which nothing here needs."""

REMAPPED_SECONDS = 0.15
"""How long an application may take to read a layout, before the keys of an earlier text are given others."""


def keysym(character: str) -> int | None:
    """X's number for a character, or None for one that no key enters."""
    code = ord(character)
    if character in _TYPED:
        return int(XK.string_to_keysym(_TYPED[character]))
    if code < 0x20 or 0x7F <= code < 0xA0 or 0xD800 <= code < 0xE000:
        return None
    return code if code < 0x100 else 0x1000000 | code


def split_chord(keys: str) -> tuple[tuple[str, ...], str]:
    """The held keys of a chord, and its last one.

    >>> split_chord("Control++")
    (('Control',), '+')
    """
    plus = keys == "+" or keys.endswith("++")
    *held, last = [*keys[:-1].split("+"), "+"] if plus else keys.split("+")
    return tuple(name for name in held if name), last


class X11Keyboard:
    """The keys of one display; `shared` says that it is somebody's, whose multimedia keys stay as they are."""

    def __init__(self, display: Display, *, shared: bool) -> None:
        self._display = display
        low, high = display.display.info.min_keycode, display.display.info.max_keycode
        self._keys: dict[int, tuple[int, bool]] = {}
        self._spare: list[int] = []
        mapping = display.get_keyboard_mapping(low, high - low + 1)
        self._width = len(mapping[0])
        # Whatever is put on one of these still counts as Alt, Meta or Super.
        modifiers = {code for row in display.get_modifier_mapping() for code in row}
        for code, symbols in enumerate(mapping, start=low):
            if code not in modifiers and (not any(symbols) or (not shared and code >= _SPARE_FROM)):
                self._spare.append(code)
                continue
            for level in (0, 1):
                if level < len(symbols) and symbols[level]:
                    self._keys.setdefault(int(symbols[level]), (code, level == 1))
        self._borrowed: dict[int, int] = {}
        self._changed = 0.0

    def press(self, keys: str) -> bool:
        """Presses a chord such as `Control+a`; returns whether there are keys of these names."""
        held, last = split_chord(keys)
        names = [*held, last]
        codes = []
        for index, name in enumerate(names):
            if index < len(names) - 1 and name not in MODIFIERS:
                return False
            symbol = self._symbol(name)
            if symbol is None:
                return False
            if symbol not in self._keys:
                self.prepare([name])
            code, shifted = self._keys[symbol]
            if shifted and "Shift" not in held:
                codes.append(self._keys[int(XK.string_to_keysym("Shift_L"))][0])
            codes.append(code)
        for code in codes:
            xtest.fake_input(self._display, X.KeyPress, code)
        for code in reversed(codes):
            xtest.fake_input(self._display, X.KeyRelease, code)
        self._display.sync()
        return True

    def hold(self, names: Iterable[str], *, down: bool) -> None:
        """Presses or releases modifiers."""
        for name in names:
            code, _ = self._keys[int(XK.string_to_keysym(MODIFIERS[name]))]
            xtest.fake_input(self._display, X.KeyPress if down else X.KeyRelease, code)
        self._display.sync()

    def chunks(self, text: str) -> list[str]:
        """The text in pieces that the layout can hold one at a time; what no key enters is left out."""
        pieces: list[str] = []
        piece: list[str] = []
        foreign: set[int] = set()
        for character in text:
            symbol = keysym(character)
            if symbol is None:
                continue
            if symbol not in self._keys or symbol in self._borrowed.values():
                if symbol not in foreign and len(foreign) == len(self._spare):
                    pieces.append("".join(piece))
                    piece, foreign = [], set()
                foreign.add(symbol)
            piece.append(character)
        return [*pieces, "".join(piece)] if piece else pieces

    def enterable(self, text: str) -> str:
        """The text without what no key enters."""
        return "".join(character for character in text if keysym(character) is not None)

    def type(self, text: str, *, pace: float) -> None:
        """Enters the text in pieces, with so many seconds between two keys; what no key enters is left out."""
        for number, piece in enumerate(self.chunks(text)):
            if number:
                time.sleep(REMAPPED_SECONDS)
            self.prepare(piece)
            self._enter(piece, pace)

    def prepare(self, text: Iterable[str]) -> None:
        """Puts what the layout lacks of a piece on spare keys."""
        symbols = dict.fromkeys(symbol for each in text if (symbol := self._symbol(each)) is not None)
        lacking = [symbol for symbol in symbols if symbol not in self._keys]
        if not lacking:
            return
        free = [code for code in self._spare if code not in self._borrowed]
        if len(free) < len(lacking):
            wanted = set(symbols)
            for code in [code for code, symbol in self._borrowed.items() if symbol not in wanted]:
                self._keys.pop(self._borrowed.pop(code), None)
                free.append(code)
            # Whoever still has to read what was typed with them would read other characters.
            time.sleep(max(self._changed + REMAPPED_SECONDS - time.monotonic(), 0.0))
        for symbol, code in zip(lacking, sorted(free), strict=False):
            self._borrowed[code] = symbol
            self._keys[symbol] = (code, False)
        self._write({code for code, symbol in self._borrowed.items() if symbol in lacking})
        self._display.sync()
        self._changed = time.monotonic()

    # ---- inside

    def _enter(self, text: str, pace: float) -> None:
        """Enters characters that are on keys, with so many seconds between two of them."""
        shift = self._keys[int(XK.string_to_keysym("Shift_L"))][0]
        for character in text:
            symbol = keysym(character)
            if symbol is None:
                continue
            code, shifted = self._keys[symbol]
            if shifted:
                xtest.fake_input(self._display, X.KeyPress, shift)
            xtest.fake_input(self._display, X.KeyPress, code)
            xtest.fake_input(self._display, X.KeyRelease, code)
            if shifted:
                xtest.fake_input(self._display, X.KeyRelease, shift)
            if pace > 0:
                self._display.sync()
                time.sleep(pace)
        self._display.sync()
        self._changed = time.monotonic()

    def _symbol(self, name: str) -> int | None:
        if name in NAMED:
            return int(XK.string_to_keysym(NAMED[name]))
        return keysym(name) if len(name) == 1 else None

    def _write(self, codes: set[int]) -> None:
        """Tells the server what is on these keys; neighbours in one request, because each is told to every program."""
        run: list[int] = []
        for code in sorted(codes):
            if run and code != run[-1] + 1:
                self._write_run(run)
                run = []
            run.append(code)
        if run:
            self._write_run(run)

    def _write_run(self, run: list[int]) -> None:
        # Twice, so that shift makes no difference.
        rows = [([self._borrowed[code]] * 2 + [0] * self._width)[: self._width] for code in run]
        self._display.change_keyboard_mapping(run[0], rows)
