"""Keys and chords that do more than write."""

_ALIASES = {
    "ctrl": "control",
    "controlormeta": "control",
    "cmd": "meta",
    "command": "meta",
    "super": "meta",
    "win": "meta",
    "os": "meta",
    "option": "alt",
    "del": "delete",
    "return": "enter",
    "numpadenter": "enter",
    " ": "space",
}


def chord_of(keys: str) -> frozenset[str]:
    """The keys of a chord without regard to their order and spelling: `Control+w`, `ctrl+W`."""
    parts = ["+" if part == "" else part for part in keys.removesuffix("++").split("+")] if keys != "+" else ["+"]
    return frozenset(_ALIASES.get(part.casefold(), part.casefold()) for part in parts)


CLOSING = frozenset(
    chord_of(keys)
    for keys in (
        "Alt+F4",
        "Alt+F2",
        "Control+w",
        "Control+q",
        "Control+F4",
        "Control+Shift+w",
        "Control+Shift+q",
        "Meta+q",
        "Meta+w",
        "Meta+l",
        "Control+Alt+Delete",
        "Control+Alt+Backspace",
        "Control+Alt+l",
        "Control+Alt+t",
        "Shift+Delete",
        "Control+Shift+Delete",
        "Power",
        "Sleep",
    )
)
"""They close or quit what is explored, lock the device, open a terminal or delete for good."""
