"""Which elements lie under others, by a sweep over the screen: thousands would take their square otherwise."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

from schemas.records import Box


@dataclass(frozen=True, slots=True)
class Layer:
    """A box with its place in the order of drawing; what is drawn from `end` on lies over its middle."""

    box: Box
    order: int
    end: int


def covered(layers: Sequence[Layer]) -> list[bool]:
    """For each layer whether another one of an order of at least its `end` holds its middle, edges included.

    Boxes are taken up from left to right, and each is kept at the parts of a tree over the heights that are asked for.
    There the box that is drawn last lies on top of a heap, and those that ended to the left are thrown away.
    """
    heights = sorted({layer.box.centre[1] for layer in layers})
    size = len(heights)
    tree: list[list[tuple[int, float]]] = [[] for _ in range(2 * size)]
    waiting = sorted(layers, key=lambda layer: layer.box.x)
    found = [False] * len(layers)
    taken = 0
    for number in sorted(range(len(layers)), key=lambda number: layers[number].box.centre[0]):
        x, y = layers[number].box.centre
        while taken < len(waiting) and waiting[taken].box.x <= x:
            _put(tree, size, waiting[taken], heights)
            taken += 1
        at = bisect_left(heights, y) + size
        last = -1
        while at >= 1:
            heap = tree[at]
            while heap and heap[0][1] < x:
                heappop(heap)
            last = max(last, -heap[0][0]) if heap else last
            at //= 2
        found[number] = last >= layers[number].end
    return found


def _put(tree: list[list[tuple[int, float]]], size: int, layer: Layer, heights: Sequence[float]) -> None:
    """Keeps a box at the fewest parts of the tree that make up the heights it holds."""
    box = layer.box
    low = bisect_left(heights, box.y) + size
    high = bisect_right(heights, box.y + box.height) + size
    kept = (-layer.order, box.x + box.width)
    while low < high:
        if low % 2:
            heappush(tree[low], kept)
            low += 1
        if high % 2:
            high -= 1
            heappush(tree[high], kept)
        low //= 2
        high //= 2
