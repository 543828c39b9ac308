"""What is done to an input: bytes changed, cut and repeated, JSON with hostile values; all of it by a seed."""

import copy
import json
from collections.abc import Iterator
from random import Random
from typing import Any

HOSTILE: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1,
    2**31,
    -(2**31),
    2**53 + 1,
    2**63,
    -(2**63) - 1,
    10**400,
    0.1,
    -1e20,
    1e300,
    5e-324,
    float("nan"),
    float("inf"),
    "",
    "x",
    "\0",
    "\ud83d",
    "\u202eabc\u0000",
    "x" * 25_000,
    "../../../etc/passwd",
    "a/b",
    "<image>",
    "<|im_end|>",
    "'; drop table steps; --",
    "9" * 5_000,
    "1970-01-01T00:00:00Z",
    "9999-12-31T23:59:59-23:59",
    [],
    {},
    [[[[[[]]]]]],
    ["x"] * 2_000,
    {"kind": "click"},
)
"""What stands in the place of a value."""

_SIGNS = (b"\0", b"\n", b'"', b"\\", b"{", b"}", b"\r\n", b"\xff", b"\xed\xa0\xbd")
_BYTES = (*_SIGNS, b"[" * 5_000, b"1e999", b"NaN", b"PK\5\6")


def flipped(data: bytes, chance: Random) -> bytes:
    """With one bit turned."""
    changed = bytearray(data)
    changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def changed_bytes(data: bytes, chance: Random) -> bytes:
    """With a few changes of bytes: turned bits, bytes put in, parts cut out, said twice or swapped."""
    for _ in range(chance.choice((1, 1, 1, 2, 5))):
        if not data:
            return chance.choice(_BYTES)
        start = chance.randrange(len(data))
        end = min(len(data), start + chance.choice((1, 1, 4, 40, 4_000)))
        match chance.randrange(7):
            case 0 | 1:
                data = flipped(data, chance)
            case 2:
                data = data[:start] + chance.choice(_BYTES) + data[start:]
            case 3:
                data = data[:start] + data[end:]
            case 4:
                data = data[:end] + data[start:]
            case 5:
                data = data[:start]
            case _:
                data = data[:start] + chance.randbytes(end - start) + data[end:]
    return data


def changed_json(value: Any, chance: Random) -> Any:
    """With one value in it another: hostile, gone, said twice under another name, or from elsewhere in it."""
    value = copy.deepcopy(value)
    places = list(_places(value))
    if not places:
        return chance.choice(HOSTILE)
    holder, name = chance.choice(places)
    match chance.randrange(8):
        case 0:
            del holder[name]
        case 1:
            other, its = chance.choice(places)
            holder[name] = copy.deepcopy(other[its])
        case 2 if isinstance(holder, dict):
            holder[f"{name}_"] = holder.pop(name)
        case 3 if isinstance(holder, list):
            holder.insert(name, copy.deepcopy(holder[name]))
        case _:
            holder[name] = copy.deepcopy(chance.choice(HOSTILE))
    return value


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every value in it by what holds it and its name there."""
    names: Any = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for name in names:
        yield value, name
        yield from _places(value[name])


def as_bytes(value: Any) -> bytes:
    """JSON as careless programs write it: with numbers that are none, and halves of characters."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def changed_text(text: bytes, chance: Random) -> bytes:
    """A text of JSON, changed as JSON or as bytes."""
    if chance.random() < 0.6:
        return as_bytes(changed_json(json.loads(text), chance))
    return changed_bytes(text, chance)
