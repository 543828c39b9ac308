"""Places on a canvas that listens for presses: what is drawn on it apart from its background.

No element tells what a canvas shows. What is drawn in one piece is likely one thing to press.
"""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from schemas.records import PRESS, Box, Node, Tree
from schemas.visual import decode

PLACES_LIMIT = 40
"""Places of one canvas; of more the largest are kept."""

TILE = 8
"""Pixels: what is drawn nearer than that is one place."""

LEAST = 10
"""Pixels of the width and height of a place."""

_APART = 32
"""Of 255: how far a colour is from that of the background."""

_GRID = "abcdefghijklmnop"


def with_drawn_places(tree: Tree, image: bytes) -> Tree:
    """The tree with a nameless place below each canvas for each thing that is drawn there, if presses are listened for.

    `image` is the screenshot that the boxes are of. The path of a place is that of its canvas and where it lies on it.
    """
    wanted = [node for node in tree.nodes if node.role == "canvas" and PRESS in node.actions and node.on_screen]
    if not wanted:
        return tree
    pixels = decode(image)
    nodes: list[Node] = []
    for node in tree.nodes:
        nodes.append(node)
        if node in wanted and node.box is not None:
            nodes += [
                Node("generic", depth=node.depth + 1, box=box, path=f"{node.path} / {_where(box, node.box)}")
                for box in drawn_places(pixels, node.box)
            ]
    return replace(tree, nodes=tuple(nodes))


def drawn_places(pixels: npt.NDArray[np.uint8], box: Box) -> list[Box]:
    """The boxes of what is drawn in a box of a picture apart from its commonest colour, in the order of reading."""
    left, top = max(round(box.x), 0), max(round(box.y), 0)
    part = pixels[top : max(round(box.y + box.height), 0), left : max(round(box.x + box.width), 0), :3].astype(np.int32)
    if part.shape[0] < TILE or part.shape[1] < TILE:
        return []
    packed = part[..., 0] << 16 | part[..., 1] << 8 | part[..., 2]
    colours, counts = np.unique(packed[::2, ::2], return_counts=True)
    common = int(colours[np.argmax(counts)])
    background = np.array([common >> 16, common >> 8 & 255, common & 255])
    drawn = (np.abs(part - background) > _APART).any(axis=2)
    boxes = [_box(drawn, piece, left, top) for piece in _pieces(drawn)]
    found = [each for each in boxes if each is not None]
    whole = [each for each in found if each.width < 0.9 * part.shape[1] or each.height < 0.9 * part.shape[0]]
    largest = sorted(whole, key=lambda each: -each.width * each.height)[:PLACES_LIMIT]
    return sorted(largest, key=lambda each: (each.y, each.x))


def _pieces(drawn: npt.NDArray[np.bool_]) -> list[list[tuple[int, int]]]:
    """The tiles in which something is drawn, those that touch each other together."""
    high, wide = (-(-size // TILE) for size in drawn.shape)
    padded = np.zeros((high * TILE, wide * TILE), bool)
    padded[: drawn.shape[0], : drawn.shape[1]] = drawn
    full = padded.reshape(high, TILE, wide, TILE).any(axis=(1, 3))
    left = {(int(row), int(column)) for row, column in np.argwhere(full)}
    pieces = []
    while left:
        piece, edge = [], [left.pop()]
        while edge:
            row, column = edge.pop()
            piece.append((row, column))
            beside = {(row + down, column + across) for down in (-1, 0, 1) for across in (-1, 0, 1)} & left
            left -= beside
            edge += beside
        pieces.append(piece)
    return pieces


def _box(drawn: npt.NDArray[np.bool_], piece: list[tuple[int, int]], left: int, top: int) -> Box | None:
    """What the drawn pixels of some tiles take up; None for what is too small to be pressed."""
    rows, columns = [row for row, _ in piece], [column for _, column in piece]
    y, x = min(rows) * TILE, min(columns) * TILE
    lines, places = np.nonzero(drawn[y : (max(rows) + 1) * TILE, x : (max(columns) + 1) * TILE])
    width, height = int(places.max() - places.min()) + 1, int(lines.max() - lines.min()) + 1
    if width < LEAST or height < LEAST:
        return None
    return Box(float(left + x + places.min()), float(top + y + lines.min()), float(width), float(height))


def _where(box: Box, canvas: Box) -> str:
    """Where a box lies on its canvas, roughly and in letters: digits of a path are taken for positions in lists."""
    x, y = box.centre
    across = (x - canvas.x) / max(canvas.width, 1) * len(_GRID)
    down = (y - canvas.y) / max(canvas.height, 1) * len(_GRID)
    return "".join(_GRID[min(max(int(part), 0), len(_GRID) - 1)] for part in (across, down))
