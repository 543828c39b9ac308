"""What an application says of one of its elements, and of all of them at once, as AT-SPI puts it."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from schemas.records import Box

ITEMS = "a((so)(so)(so)iiassusau)"
"""The signature of an answer to `Cache.GetItems`; older toolkits have another, which says less."""

_WORD = struct.Struct("<I")
_PAIR = struct.Struct("<ii")
_DOUBLE = struct.Struct("<II")


class AccessibleState:
    """Bits of an accessible's states, as AT-SPI numbers them."""

    ACTIVE, CHECKED, COLLAPSED, DEFUNCT, EDITABLE, ENABLED = 1 << 1, 1 << 4, 1 << 5, 1 << 6, 1 << 7, 1 << 8
    EXPANDABLE, EXPANDED, FOCUSABLE, FOCUSED, HORIZONTAL = 1 << 9, 1 << 10, 1 << 11, 1 << 12, 1 << 14
    MODAL, MULTI_LINE, PRESSED, SELECTABLE, SELECTED, SENSITIVE = 1 << 16, 1 << 17, 1 << 20, 1 << 22, 1 << 23, 1 << 24
    SHOWING, VERTICAL, VISIBLE, MANAGES_DESCENDANTS = 1 << 25, 1 << 29, 1 << 30, 1 << 31
    REQUIRED, INVALID_ENTRY, VISITED, CHECKABLE, HAS_POPUP, READ_ONLY = (
        1 << 33, 1 << 36, 1 << 40, 1 << 41, 1 << 42, 1 << 43,
    )  # fmt: skip


@dataclass(slots=True)
class Accessible:
    """One accessible object, as its application describes it.

    `role` is a number of `Role`, or one that is none of them; `states` are the bits of `AccessibleState`, `count` says
    how many children it has by its own account. What was not asked for, because it does not apply, is None or empty.
    """

    bus: str
    path: str
    parent: str
    index: int
    count: int
    interfaces: frozenset[str]
    name: str
    role: int
    description: str
    states: int
    children: list["Accessible"] = field(default_factory=list)
    box: Box | None = None
    text: str | None = None
    value: float | None = None
    least: float | None = None
    most: float | None = None
    actions: tuple[str, ...] = ()
    label: str = ""

    def has(self, state: int) -> bool:
        """Whether it is in that state, a bit of `AccessibleState`."""
        return bool(self.states & state)

    @property
    def showing(self) -> bool:
        """Whether it is on the screen as far as its application knows."""
        return self.states & (AccessibleState.SHOWING | AccessibleState.DEFUNCT) == AccessibleState.SHOWING

    def below(self) -> Iterator["Accessible"]:
        """It and everything below it, in preorder."""
        stack = [self]
        while stack:
            each = stack.pop()
            yield each
            stack.extend(reversed(each.children))


@dataclass(slots=True)
class Application:
    """An application on the bus: its root, or None where it did not answer in time."""

    bus: str
    pid: int
    root: Accessible | None


def box_of(extents: Any) -> Box | None:
    """The box of an answer to `GetExtents`, or None for what is not on any screen."""
    x, y, width, height = extents
    # What is not mapped says the smallest number there is.
    return None if x < -(2**30) or y < -(2**30) else Box(float(x), float(y), float(width), float(height))


def states_of(words: Any) -> int:
    """The bits of an answer to `GetState`."""
    return sum(int(word) << (32 * index) for index, word in enumerate(words[:2]))


def items_by_parent(data: bytes) -> dict[str, list[Accessible]]:
    """The accessibles of an answer of the signature `ITEMS`, by the path of their parent, in their order there.

    This is a third of the time of a look at a large application, so it is written out for the one signature. What can't
    be read has none.
    """
    by_parent: dict[str, list[Accessible]] = {}
    interfaces: dict[bytes, frozenset[str]] = {}
    word = _WORD.unpack_from
    try:
        end = 8 + word(data, 0)[0]
        at = 8
        while at < end:
            at += -at % 8
            length = word(data, at)[0]
            bus = data[at + 4 : at + 4 + length]
            at += 5 + length
            at += -at % 4
            length = word(data, at)[0]
            path = data[at + 4 : at + 4 + length]
            at += 5 + length
            at += -at % 8
            at += 5 + word(data, at)[0]  # the application, which is known
            at += -at % 4
            at += 5 + word(data, at)[0]
            at += -at % 8
            at += 5 + word(data, at)[0]
            at += -at % 4
            length = word(data, at)[0]
            parent = data[at + 4 : at + 4 + length]
            at += 5 + length
            at += -at % 4
            index, count = _PAIR.unpack_from(data, at)
            at += 8
            length = word(data, at)[0]
            several = data[at + 4 : at + 4 + length]
            at += 4 + length
            has = interfaces.get(several)
            if has is None:
                has = interfaces[several] = frozenset(_texts(several))
            at += -at % 4
            length = word(data, at)[0]
            name = data[at + 4 : at + 4 + length]
            at += 5 + length
            at += -at % 4
            role = word(data, at)[0]
            at += 4
            length = word(data, at)[0]
            description = data[at + 4 : at + 4 + length]
            at += 5 + length
            at += -at % 4
            length = word(data, at)[0]
            low, high = _DOUBLE.unpack_from(data, at + 4) if length >= 8 else (0, 0)
            at += 4 + length
            by_parent.setdefault(parent.decode(), []).append(
                Accessible(
                    bus.decode(),
                    path.decode(),
                    parent.decode(),
                    index,
                    count,
                    has,
                    name.decode(errors="replace"),
                    role,
                    description.decode(errors="replace"),
                    low | high << 32,
                )
            )
    except (struct.error, UnicodeDecodeError):
        return {}
    for children in by_parent.values():
        children.sort(key=lambda each: each.index)
    return by_parent


def _texts(data: bytes) -> Iterator[str]:
    at = 0
    while at < len(data):
        at += -at % 4
        length = _WORD.unpack_from(data, at)[0]
        yield data[at + 4 : at + 4 + length].decode(errors="replace")
        at += 5 + length
