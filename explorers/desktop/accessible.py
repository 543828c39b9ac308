"""What an application says of one of its elements, and of all of them at once, as AT-SPI puts it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from schemas.records import Box

ITEMS = "a((so)(so)(so)iiassusau)"
"""The signature of an answer to `Cache.GetItems`; older toolkits have another, which says less."""


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


def items_by_parent(items: Iterable[Any]) -> dict[str, list[Accessible]]:
    """The accessibles of an answer to `Cache.GetItems`, by the path of their parent, in their order there."""
    children: dict[str, list[Accessible]] = {}
    for (bus, path), _, (_, parent), index, count, interfaces, name, role, description, states in items:
        accessible = Accessible(
            bus, path, parent, index, count, frozenset(interfaces), name, role, description, states_of(states)
        )
        children.setdefault(parent, []).append(accessible)
    for siblings in children.values():
        siblings.sort(key=lambda each: each.index)
    return children
