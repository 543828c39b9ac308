"""Keys by their names on the web, as the browser wants to be told of them."""

from dataclasses import dataclass
from string import ascii_uppercase
from types import MappingProxyType

MODIFIERS = MappingProxyType({"Alt": 1, "Control": 2, "Meta": 4, "Shift": 8})
"""The bits of `Input.dispatchKeyEvent`."""

_NAMED = {
    "Backspace": 8, "Tab": 9, "Enter": 13, "Shift": 16, "Control": 17, "Alt": 18, "Pause": 19, "CapsLock": 20,
    "Escape": 27, "Space": 32, "PageUp": 33, "PageDown": 34, "End": 35, "Home": 36, "ArrowLeft": 37, "ArrowUp": 38,
    "ArrowRight": 39, "ArrowDown": 40, "Insert": 45, "Delete": 46, "Meta": 91, "ContextMenu": 93,
    **{f"F{number}": 111 + number for number in range(1, 13)},
}  # fmt: skip
_TEXTS = {"Enter": "\r", "Tab": "", "Space": " "}
# The characters of a US keyboard that are no letters or digits: key code, code, plain and shifted.
_SIGNS = (
    (186, "Semicolon", ";:"), (187, "Equal", "=+"), (188, "Comma", ",<"), (189, "Minus", "-_"), (190, "Period", ".>"),
    (191, "Slash", "/?"), (192, "Backquote", "`~"), (219, "BracketLeft", "[{"), (220, "Backslash", "\\|"),
    (221, "BracketRight", "]}"), (222, "Quote", "'\""),
)  # fmt: skip
_SHIFTED_DIGITS = ")!@#$%^&*("


@dataclass(frozen=True, slots=True)
class KeyStroke:
    """A key: its name, its place on the keyboard, its code, and the text that it enters, "" for none."""

    key: str
    code: str
    number: int
    text: str
    shift: bool = False


def _all() -> dict[str, KeyStroke]:
    strokes = {}
    for name, number in _NAMED.items():
        key = " " if name == "Space" else name
        code = f"{name}Left" if name in MODIFIERS else name
        strokes[name] = KeyStroke(key, code, number, _TEXTS.get(name, ""))
    strokes[" "] = strokes["Space"]
    letters = [(65 + place, f"Key{letter}", letter.lower(), letter) for place, letter in enumerate(ascii_uppercase)]
    digits = [(48 + digit, f"Digit{digit}", str(digit), _SHIFTED_DIGITS[digit]) for digit in range(10)]
    signs = [(number, code, pair[0], pair[1]) for number, code, pair in _SIGNS]
    for number, code, plain, shifted in (*letters, *digits, *signs):
        strokes[plain] = KeyStroke(plain, code, number, plain)
        strokes[shifted] = KeyStroke(shifted, code, number, shifted, shift=True)
    return strokes


_STROKES = MappingProxyType(_all())


def stroke(name: str) -> KeyStroke | None:
    """The key of that name or character, or None for one that a US keyboard lacks."""
    return _STROKES.get(name)


def chord(keys: str) -> tuple[tuple[str, ...], KeyStroke] | None:
    """The modifiers of a chord such as `Control+a`, and its last key; None if a name in it is unknown.

    >>> chord("Control+Shift+z")[0]
    ('Control', 'Shift')
    """
    plus = keys == "+" or keys.endswith("++")
    *held, last = [*keys[:-1].split("+"), "+"] if plus else keys.split("+")
    held = ["Control" if name == "ControlOrMeta" else name for name in held if name]
    key = stroke("Control" if last == "ControlOrMeta" else last)
    if key is None or any(name not in MODIFIERS for name in held):
        return None
    return tuple(held), key
