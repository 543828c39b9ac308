"""Where something is drawn on a picture that may be a word: what stands out from the plain ground around it.

Interfaces draw text in one colour on another, so that no model is needed to find it. Long straight lines, the borders
of fields, buttons and tables, are no text, and part what they stand between.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

GROUND = 21
"""Pixels of the square whose median is the ground: twice as wide as the strokes of a large letter."""

ASIDE = 5
"""Pixels by which the ground is looked at beside a place as well: text keeps that far from the edge of its own."""

STROKE = 5
"""Pixels of the square in which something changes wherever a line is drawn."""

CONTRAST = 28
"""How far from its ground, of 255, something is drawn."""

LINE_LENGTH, LINE_HEIGHT = 26, 20
"""Pixels from which on a straight stroke, across or down, is a line and no part of a letter."""

WORD_GAP = 8
"""Pixels between two words of one label; what lies further apart is another label."""

SPACE, MOST_SPACE = 0.85, 12
"""How wide a space is that wide letters leave: of their height, and in pixels."""

NEAR_PARTS = 200
"""Parts before one, from left to right, among which its line is looked for."""

OUTLINE_WIDTH, OUTLINE_HEIGHT, OUTLINE_PART, HOLE_PART = 20, 14, 0.3, 0.4
"""Pixels of a border around something, which part of its box it fills at most, and surrounds at least."""

TALL = 64
THIN = 4
"""Pixels of height above which something is no line of text, and up to which it is a dot, an accent or a dash."""

LEAST_BAR = 4
"""Pixels of width of a dash that stands alone."""

DOT_GAP, BAR_GAP = 3, 5
"""Pixels between a letter and its dot, and between the bars of an equals sign."""


class Segment(NamedTuple):
    """A part of a picture, in pixels; right and lower edge excluded."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """In pixels."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """In pixels."""
        return self.bottom - self.top

    def joined(self, other: "Segment") -> "Segment":
        """The smallest part that holds both."""
        return Segment(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )


def segments(pixels: NDArray[np.uint8]) -> list[Segment]:
    """The parts of a picture (height, width, RGB) that may be lines of text or signs, from the top left on."""
    import cv2

    grey = cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY)
    # Where two grounds meet, the median is of one of them: a little further it is of the other, and on the plain part
    # of either nothing changes.
    step = cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > CONTRAST
    drawn = cv2.dilate(step.astype(np.uint8), np.ones((STROKE, STROKE), np.uint8))
    ground = cv2.copyMakeBorder(cv2.medianBlur(grey, GROUND), ASIDE, ASIDE, ASIDE, ASIDE, cv2.BORDER_REPLICATE)
    height, width = grey.shape
    for right, low in ((0, 0), (ASIDE, 0), (-ASIDE, 0), (0, ASIDE), (0, -ASIDE)):
        moved = ground[ASIDE + low : ASIDE + low + height, ASIDE + right : ASIDE + right + width]
        drawn &= (cv2.absdiff(grey, moved) > CONTRAST).astype(np.uint8)
    across = cv2.morphologyEx(drawn, cv2.MORPH_OPEN, np.ones((1, LINE_LENGTH), np.uint8))
    down = cv2.morphologyEx(drawn, cv2.MORPH_OPEN, np.ones((LINE_HEIGHT, 1), np.uint8))
    walls = down | _outlines(drawn)
    letters = drawn & ~(across | walls) & 1
    words = cv2.morphologyEx(letters, cv2.MORPH_CLOSE, np.ones((1, WORD_GAP), np.uint8)) & ~walls & 1
    _, _, found, _ = cv2.connectedComponentsWithStats(words, connectivity=8)
    parts = [
        Segment(left, top, left + width, top + height)
        for left, top, width, height, _ in found[1:].tolist()
        if height <= TALL
    ]
    return sorted(_in_lines(_with_dots(parts), walls), key=lambda part: (part.top, part.left))


def _outlines(drawn: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What is drawn around something else: the border of a button, round or not."""
    import cv2

    count, labels, found, _ = cv2.connectedComponentsWithStats(drawn, connectivity=8)
    left, top = found[:, 0], found[:, 1]
    right, bottom = left + found[:, 2], top + found[:, 3]
    chosen = np.zeros(count, np.uint8)
    large = (found[:, 2] >= OUTLINE_WIDTH) & (found[:, 3] >= OUTLINE_HEIGHT)
    for index in np.flatnonzero(large & (found[:, 4] <= OUTLINE_PART * found[:, 2] * found[:, 3])):
        inside = (left > left[index]) & (right < right[index]) & (top > top[index]) & (bottom < bottom[index])
        if inside[1:].any():
            shape = labels[top[index] : bottom[index], left[index] : right[index]] == index
            chosen[index] = _hole(shape) >= HOLE_PART * shape.size
    chosen[0] = 0
    return np.asarray(chosen[labels], np.uint8)


def _hole(shape: NDArray[np.bool_]) -> int:
    """Pixels of the largest part of a shape's box that the shape surrounds."""
    import cv2

    empty = np.pad(~shape, 1, constant_values=True).astype(np.uint8)
    _, labels, found, _ = cv2.connectedComponentsWithStats(empty, connectivity=4)
    found[[0, labels[0, 0]], 4] = 0
    return int(found[:, 4].max())


def _in_lines(parts: Sequence[Segment], walls: NDArray[np.uint8]) -> list[Segment]:
    """The parts, with those put together that are words of one line: as far apart as words, and no wall between."""
    lines: list[Segment] = []
    for part in sorted(parts):
        for index in range(len(lines) - 1, max(len(lines) - NEAR_PARTS, 0) - 1, -1):
            if _follows(lines[index], part, walls):
                lines[index] = lines[index].joined(part)
                break
        else:
            lines.append(part)
    return lines


def _follows(line: Segment, part: Segment, walls: NDArray[np.uint8]) -> bool:
    top, bottom = max(line.top, part.top), min(line.bottom, part.bottom)
    gap, low, high = part.left - line.right, *sorted((line.height, part.height))
    if bottom - top < 0.7 * low or high > 2 * max(low, THIN) or gap > min(SPACE * high, MOST_SPACE):
        return False
    between = walls[top:bottom, line.right : part.left]
    return gap <= 0 or not bool((between.mean(axis=0) > 0.5).any())


def _with_dots(parts: Sequence[Segment]) -> list[Segment]:
    """The parts, with dots and accents put to their letters, and bars above each other to one sign."""
    whole = [part for part in parts if part.height > THIN]
    by_rows: dict[int, list[int]] = {}
    for index, part in enumerate(whole):
        for row in range((part.top - DOT_GAP) // TALL, (part.bottom + DOT_GAP) // TALL + 1):
            by_rows.setdefault(row, []).append(index)
    bars: list[Segment] = []
    for thin in sorted((part for part in parts if part.height <= THIN), key=lambda part: (part.top, part.left)):
        near = next((index for index in by_rows.get(thin.top // TALL, ()) if _belongs(thin, whole[index])), None)
        if near is not None:
            whole[near] = whole[near].joined(thin)
            continue
        above = next((index for index, bar in enumerate(bars) if _stacked(bar, thin)), None)
        if above is None:
            bars.append(thin)
        else:
            bars[above] = bars[above].joined(thin)
    return [part for part in (*whole, *bars) if part.width >= 2 and (part.height > THIN or part.width >= LEAST_BAR)]


def _shared(one: Segment, other: Segment) -> int:
    return min(one.right, other.right) - max(one.left, other.left)


def _belongs(dot: Segment, letter: Segment) -> bool:
    gap = max(dot.top, letter.top) - min(dot.bottom, letter.bottom)
    return -1 <= gap <= DOT_GAP and _shared(dot, letter) >= 0.6 * min(dot.width, letter.width)


def _stacked(above: Segment, below: Segment) -> bool:
    near = 0 <= below.top - above.bottom <= BAR_GAP and below.bottom - above.top <= LINE_HEIGHT
    return near and _shared(above, below) >= 0.6 * max(above.width, below.width)
