"""What hangs together: connected components over ids, and stars around a representative."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray


class Components:
    """Disjoint sets of numbers from 0 to `count` - 1, joined one by one; the least of a set stands for it."""

    def __init__(self, count: int) -> None:
        self._parent = np.arange(count, dtype=np.int64)

    def join(self, left: int, right: int) -> None:
        """Makes one set of the two."""
        first, second = self.find(left), self.find(right)
        if first != second:
            self._parent[max(first, second)] = min(first, second)

    def join_all(self, members: Sequence[int]) -> None:
        """Makes one set of all that they are in."""
        for member in members[1:]:
            self.join(members[0], member)

    def find(self, member: int) -> int:
        """The least number of its set."""
        parent = self._parent
        root = member
        while parent[root] != root:
            root = int(parent[root])
        while parent[member] != root:
            parent[member], member = root, int(parent[member])
        return int(root)

    def roots(self) -> NDArray[np.int64]:
        """For each number the least one of its set."""
        roots = self._parent
        while True:
            above = roots[roots]
            if (above == roots).all():
                return above
            roots = above


def stars(edges: Iterable[tuple[str, str, float]], *, within: float) -> Mapping[str, tuple[str, float]]:
    """For each id that is like a lower one, the lowest that represents itself, and how far that is.

    Unlike with components nothing is drawn in by way of others: a member is within the distance of what stands for it.
    `edges` are undirected.
    """
    near: dict[str, list[tuple[str, float]]] = {}
    for left, right, distance in edges:
        if distance <= within and left != right:
            low, high = sorted((left, right))
            near.setdefault(high, []).append((low, distance))
    stands_for: dict[str, tuple[str, float]] = {}
    for name in sorted(near):
        own = [(low, distance) for low, distance in sorted(near[name]) if low not in stands_for]
        if own:
            stands_for[name] = own[0]
    return stands_for
