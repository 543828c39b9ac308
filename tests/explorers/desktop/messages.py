"""Values and messages of D-Bus for the tests of the wire and of the connection."""

import random
import struct
from typing import Any

from hypothesis import strategies as st
from jeepney.low_level import Endianness, parse_signature

from explorers.desktop.bus import Bus

TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=20)
PATHS = st.lists(st.text("abcXYZ019_", min_size=1, max_size=8), max_size=4).map(lambda parts: "/" + "/".join(parts))
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "s": TEXTS,
    "o": PATHS,
    "b": st.booleans(),
    "g": st.sampled_from(["", "s", "a(so)", "a{sv}"]),
    "i": st.integers(-(2**31), 2**31 - 1),
    "u": st.integers(0, 2**32 - 1),
    "n": st.integers(-(2**15), 2**15 - 1),
    "y": st.integers(0, 255),
    "x": st.integers(-(2**63), 2**63 - 1),
    "t": st.integers(0, 2**64 - 1),
    "d": st.floats(allow_nan=False),
    "as": st.lists(TEXTS, max_size=4),
    "au": st.lists(st.integers(0, 2**32 - 1), max_size=4),
    "a(so)": st.lists(st.tuples(TEXTS, PATHS), max_size=4),
    "a{sv}": st.dictionaries(TEXTS, st.tuples(st.just("u"), st.integers(0, 2**32 - 1)), max_size=3),
    "av": st.lists(st.tuples(st.just("s"), TEXTS), max_size=3),
    "(iiii)": st.tuples(*[st.integers(-(2**31), 2**31 - 1)] * 4),
    "v": st.one_of(st.tuples(st.just("s"), TEXTS), st.tuples(st.just("d"), st.floats(allow_nan=False))),
    "a(ua(so))": st.lists(st.tuples(st.integers(0, 9), st.lists(st.tuples(TEXTS, PATHS), max_size=2)), max_size=3),
}
"""Values as jeepney takes them, by their signature."""


def body_of(signature: str, *values: Any) -> bytes:
    return bytes(parse_signature(list(f"({signature})")).serialise(values, 0, Endianness.little))


SAMPLES = {
    "v": body_of("v", ("a(so)", [(":1.1", "/a"), (":1.2", "/b")])),
    "av": body_of("av", [("s", "text"), ("d", 0.5), ("v", ("au", [1, 2, 3])), ("y", 1)]),
    "a{sv}": body_of("a{sv}", {"one": ("u", 1), "two": ("as", ["a", "b"]), "three": ("a{sv}", {"x": ("b", True)})}),
    "a(ua(so))": body_of("a(ua(so))", [(2, [(":1.1", "/a")]), (3, [(":1.1", "/b"), (":1.2", "/c")])]),
}
"""Bodies by their signature."""


def read_as(signature: str, value: Any) -> Any:
    """What a value of jeepney's is to us."""
    match signature:
        case "v":
            return value[1]
        case "au":
            return tuple(value)
        case "av":
            return [each for _, each in value]
        case "a{sv}":
            return [(key, each) for key, (_, each) in value.items()]
        case _:
            return value


def message_of(signature: str, body: bytes, *, answers: int = 1) -> bytes:
    """An answer with that body, whatever it is."""
    head = b"\x05\x01u\0" + struct.pack("<I", answers) + b"\x08\x01g\0" + bytes((len(signature),))
    head += signature.encode() + b"\0"
    fixed = struct.pack("<cBBBIII", b"l", 2, 0, 1, len(body), 77, len(head))
    return fixed + head + b"\0" * (-len(head) % 8) + body


def changed(message: bytes, dice: random.Random, *, start: int = 16) -> bytes:
    """The message with one to three of its bytes changed, from that place on."""
    data = bytearray(message)
    for _ in range(dice.randint(1, 3)):
        data[dice.randrange(start, len(data))] = dice.choice((0, 1, 2, 4, 127, 255, dice.randrange(256)))
    return bytes(data)


def unconnected() -> Bus:
    """A connection without its other end."""
    bus = object.__new__(Bus)
    bus.signals, bus._serial, bus._out, bus._in, bus._answers, bus._wanted = 0, 0, bytearray(), bytearray(), {}, set()
    return bus
