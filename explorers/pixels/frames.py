"""Words that stand in the middle of a frame, or of a ground of its own: buttons, by how they are drawn."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from explorers.pixels.columns import ALIKE
from explorers.pixels.reader import Word
from schemas.records import Box

WIDEST, HIGHEST = 160, 48
"""Pixels from a word to the edges at its sides, and to those above and below it, at most."""

HALO = 2
"""Pixels around a word that are still of its letters, and at least between it and an edge."""

OFF, OFF_PART = 8, 0.1
"""By how much the two sides differ at most, in pixels and with that part of both; what is written in a field, or in a
row, stands at its left."""

CLOSED = 0.85
"""The part of an edge that has to be drawn, and of the ground inside of it that has to be free."""


def with_frames(words: Sequence[Word], pixels: NDArray[np.uint8]) -> list[Word]:
    """The words, those in the middle of a frame as large as it; pixels are height, width and at least three colours."""
    found = []
    for word in words:
        frame = _frame(word.box, pixels[..., :3]) if word.text else None
        found.append(word if frame is None else replace(word, box=frame, framed=True))
    return found


def _frame(box: Box, pixels: NDArray[np.uint8]) -> Box | None:
    """What is inside of the frame around a word, or None where there is none."""
    left, top = int(box.x), int(box.y)
    right, bottom = int(box.x + box.width), int(box.y + box.height)
    low, first = max(top - HIGHEST - 2, 0), max(left - WIDEST - 2, 0)
    part = pixels[low : bottom + HIGHEST + 2, first : right + WIDEST + 2].astype(np.int16)
    left, right, top, bottom = left - first - HALO, right - first + HALO, top - low - HALO, bottom - low + HALO
    if left < 1 or top < 1 or right >= part.shape[1] or bottom >= part.shape[0]:
        return None
    plain = np.abs(part - _ground(part[top:bottom, left:right])).max(axis=2) <= ALIKE
    across, down = (top + bottom) // 2, (left + right) // 2
    sides = (_run(plain[across, :left][::-1]), _run(plain[across, right:]))
    heights = (_run(plain[:top, down][::-1]), _run(plain[bottom:, down]))
    if None in sides or None in heights:
        return None
    (before, after), (above, below) = sides, heights
    assert before is not None and after is not None and above is not None and below is not None  # noqa: PT018
    if any(abs(one - other) > OFF + OFF_PART * (one + other) for one, other in ((before, after), (above, below))):
        return None
    x, y, end_x, end_y = left - before, top - above, right + after, bottom + below
    wide, high = _middle(x, end_x, (end_y - y) // 2), _middle(y, end_y, end_y - y)
    inside = [plain[y, wide], plain[end_y - 1, wide], plain[high, x], plain[high, end_x - 1]]
    around = [plain[y - 1, wide], plain[end_y, wide], plain[high, x - 1], plain[high, end_x]]
    if 0 in (before, after, above, below):  # it touches a line: it is underlined, or part of a table
        return None
    if any(line.mean() < CLOSED for line in inside) or any(line.mean() > 1 - CLOSED for line in around):
        return None
    return Box(float(x + first), float(y + low), float(end_x - x), float(end_y - y))


def _ground(around: NDArray[np.int16]) -> NDArray[np.int16]:
    """The colour that most of what surrounds a word has."""
    edge = np.concatenate([around[0], around[-1], around[:, 0], around[:, -1]])
    colours, counts = np.unique(edge, axis=0, return_counts=True)
    return np.asarray(colours[counts.argmax()])


def _run(plain: NDArray[np.bool_]) -> int | None:
    """How many from the beginning on are of the ground, None where nothing ends it."""
    return None if plain.all() else int(np.argmin(plain))


def _middle(begin: int, end: int, corner: int) -> slice:
    """An edge without what may be round of it: as much as that at each end, but no more than leaves a fifth."""
    corner = min(corner, 2 * (end - begin) // 5)
    return slice(begin + corner, end - corner)
