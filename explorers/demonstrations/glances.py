"""What is seen of a device under somebody's hands between two moments, and which element is at a place of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorers.core.safety.scene import PRESSED
from schemas.actions import Action, Key, Type, point_of
from schemas.records import Box, Node, Observation, Tree
from schemas.visual import TILE, changed_tiles

SAME_SHARE = 0.15
"""Part of a screen's tiles that may differ between two pictures of one tree: a caret, what the pointer is over."""

BARE_SHARE, BARE = 0.01, 3
"""The same where the tree has no more than so many elements: there the pixels alone tell what changes."""

_NUDGE = 3.0
_USED = PRESSED | {
    "combobox", "listbox", "slider", "spinbutton", "textbox", "searchbox", "gridcell", "columnheader"}  # fmt: skip


@dataclass
class Glance:
    """What was seen between two times of `time.monotonic`; `quiet` says that it was at rest.

    `pointer` is where the pointer was, in pixels. Most glances are looked at and forgotten: their picture is packed
    when the observation is asked for.
    """

    began: float
    ended: float
    quiet: bool
    tree: Tree | None
    title: str | None
    location: str | None
    pointer: tuple[float, float] | None
    make: Callable[[], Observation] = field(repr=False)
    picture: Callable[[], NDArray[np.uint8] | None] = field(repr=False)

    @cached_property
    def observation(self) -> Observation:
        """As it may be recorded."""
        return self.make()

    @cached_property
    def pixels(self) -> NDArray[np.uint8] | None:
        """Height, width, three colours; None where nothing could be seen."""
        return self.picture()

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The elements of its tree."""
        return () if self.tree is None else self.tree.nodes

    @cached_property
    def focused(self) -> Node | None:
        """The innermost element that has the focus, one that takes text before one that does not."""
        holders = [node for node in self.nodes if node.has("focused")]
        fields = [node for node in holders if node.has("editable") or node.has("password")]
        return next(reversed(fields or holders), None)

    def same_as(self, other: "Glance") -> bool:
        """Whether both show one state, whatever the focus, the caret and the pointer do."""
        if self is other:
            return True
        if (self.title, self.location) != (other.title, other.location) or len(self.nodes) != len(other.nodes):
            return False
        if not all(map(_alike, self.nodes, other.nodes)):
            return False
        before, after = self.pixels, other.pixels
        if before is None or after is None or before.shape != after.shape:
            return before is after
        changed = list(changed_tiles(before, after))
        share = SAME_SHARE if len(self.nodes) > BARE else BARE_SHARE
        return len(changed) <= max(share * (before.size / 3) / TILE**2, 1.0)

    def at(self, x: float, y: float) -> Node | None:
        """The innermost field or pressable element at a pixel, else the innermost one."""
        inside = [
            node
            for node in self.nodes
            if node.box is not None
            and node.box.contains(x, y)
            and not node.has("covered")
            and not node.has("offscreen")
        ]
        used = [node for node in inside if node.role in _USED or node.has("editable") or node.has("password")]
        return next(reversed(used or inside), None)

    def meant_by(self, action: Action) -> Node | None:
        """The element that an action was meant for: at its point, else the one in focus for what is typed."""
        spot = point_of(action)
        if spot is None:
            return self.focused if isinstance(action, Type | Key) else None
        return None if spot.x is None or spot.y is None else self.at(spot.x, spot.y)

    def shows(self, node: Node) -> bool:
        """Whether the element is there, wherever it lies."""
        return any((each.role, each.name, each.path) == (node.role, node.name, node.path) for each in self.nodes)

    def opened_by_passing(self, later: "Glance") -> bool:
        """Whether what changed until a later look is a menu that opened because the pointer came over its item."""
        if later.pointer is None:
            return False
        over = self.at(*later.pointer)
        return (
            over is not None and (over.role.startswith("menuitem") or over.has("haspopup")) and not self.same_as(later)
        )


def _alike(old: Node, new: Node) -> bool:
    if (old.role, old.name, old.value, old.depth) != (new.role, new.name, new.value, new.depth):
        return False
    if _kept(old) != _kept(new):
        return False
    return old.box is new.box or (old.box is not None and new.box is not None and _near(old.box, new.box))


def _kept(node: Node) -> frozenset[Any]:
    """The flags that the pointer and the focus don't change; a menu's items are selected by passing over them."""
    gone = {"focused"} | ({"selected", "expanded", "collapsed"} if node.role.startswith("menuitem") else set())
    return frozenset(node.flags) - gone


def _near(old: Box, new: Box) -> bool:
    pairs = zip((old.x, old.y, old.width, old.height), (new.x, new.y, new.width, new.height), strict=True)
    return all(abs(a - b) <= _NUDGE for a, b in pairs)
