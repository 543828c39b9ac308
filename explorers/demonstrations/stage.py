"""What a demonstration is given on: a screen that is looked at while somebody else acts on it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from explorers.demonstrations.events import Event
from schemas.records import Box, Node, Observation, Platform, Setting, Tree
from schemas.visual import TILE, changed_tiles

SAME_SHARE = 0.15
"""Part of a screen's tiles that may differ between two pictures of one tree: a caret, what the pointer is over."""

BARE_SHARE, BARE = 0.01, 3
"""The same where the tree has no more than so many elements: there the pixels alone tell what changes."""

_NUDGE = 3.0


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
        found = [node for node in self.nodes if node.has("focused")]
        fields = [node for node in found if node.has("editable") or node.has("password")]
        return next(reversed(fields or found), None)

    def same_as(self, other: "Glance") -> bool:
        """Whether both show one state, whatever the focus, the caret and the pointer do."""
        if self is other:
            return True
        if (self.title, self.location) != (other.title, other.location) or len(self.nodes) != len(other.nodes):
            return False
        if not all(map(_alike, self.nodes, other.nodes)):
            return False
        one, two = self.pixels, other.pixels
        if one is None or two is None or one.shape != two.shape:
            return one is two
        changed = list(changed_tiles(one, two))
        share = SAME_SHARE if len(self.nodes) > BARE else BARE_SHARE
        return len(changed) <= max(share * (one.size / 3) / TILE**2, 1.0)


class Stage(Protocol):
    """A device under somebody's hands; used by one thread."""

    @property
    def platform(self) -> Platform:
        """The kind of interface."""

    @property
    def app(self) -> str:
        """What is used: a site's host and port, a command."""

    @property
    def start(self) -> str:
        """Where it begins: a URL, a command."""

    @property
    def setting(self) -> Setting:
        """The engine and its screen; known after `open`."""

    @property
    def over(self) -> str | None:
        """Why nothing more can be done on it, such as that its window was closed; None while something can."""

    def open(self) -> Glance:
        """Starts it, and returns what is seen first.

        Raises:
            DeviceUnavailable: if it can't be started, or can't be listened to.
        """

    def listen(self, seconds: float) -> Sequence[Event]:
        """What the person did since the last call, in order; waits up to so long for something to happen.

        Raises:
            DeviceLost: if the device is gone.
        """

    def look(self, *, since: float | None) -> Glance | None:
        """What is seen now, if it changed since the last look, or that one began before `since`.

        None while it is not at rest; but what moves for long is looked at all the same.

        Raises:
            DeviceLost: if the device is gone.
        """

    def close(self) -> None:
        """Gives everything back; may be called twice."""


def _alike(one: Node, other: Node) -> bool:
    if (one.role, one.name, one.value, one.depth) != (other.role, other.name, other.value, other.depth):
        return False
    if _kept(one) != _kept(other):
        return False
    return one.box is other.box or (one.box is not None and other.box is not None and _near(one.box, other.box))


def _kept(node: Node) -> frozenset[Any]:
    """The flags that the pointer and the focus don't change; a menu's items are selected by passing over them."""
    gone = {"focused"} | ({"selected", "expanded", "collapsed"} if node.role.startswith("menuitem") else set())
    return frozenset(node.flags) - gone


def _near(one: Box, other: Box) -> bool:
    pairs = zip((one.x, one.y, one.width, one.height), (other.x, other.y, other.width, other.height), strict=True)
    return all(abs(a - b) <= _NUDGE for a, b in pairs)
