"""What a step changed on the screen, shown for fewer tokens: a small whole, and the part that changed at full size.

A request knows a comparison by its recipe alone. Which form it takes follows from the pixels of both screens, when it
is sent: the same for the same screens, whoever draws it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from labelers.model.pictures import LONGEST, Picture, corners, most_tokens, patch_tokens, tile_tokens
from schemas.records import Box
from schemas.visual import TILE, changed_tiles

REDUCED = 512
"""Pixels of the longer side of the small whole: one tile of OpenAI's."""

AROUND = 32
"""Pixels that are shown around what changed, and around a target that lies elsewhere."""

CAPTION_TOKENS = 60
"""An upper bound of the tokens of one caption: it has at most twice as many characters."""

MOST_SHOWN = 4

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Comparison:
    """The screens before and after a step, the target of its action marked in the first, in pixels of that screen."""

    before: str
    after: str
    mark: Box | None = None
    longest: int = LONGEST


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture, and the words that stand before it: they hold nothing but numbers of what was recorded."""

    caption: str
    picture: Picture


def shown(comparison: Comparison, before: Pixels, after: Pixels) -> tuple[Shown, ...]:
    """The pictures of a comparison: both screens whole, or what is cheaper by every rule that counts pictures."""
    whole = (
        Shown("The screen before:", Picture(comparison.before, comparison.mark, longest=comparison.longest)),
        Shown("The screen after:", Picture(comparison.after, longest=comparison.longest)),
    )
    if before.shape != after.shape:
        return whole
    height, width = before.shape[:2]
    candidates = (
        pieces for pieces in _in_parts(comparison, before, after) if _at_full_size(pieces, comparison.longest)
    )
    cheapest = min(candidates, key=lambda pieces: _cost(pieces, width, height), default=whole)
    pairs = zip(_cost(cheapest, width, height), _cost(whole, width, height), strict=True)
    return cheapest if all(less < more for less, more in pairs) else whole


def most_tokens_of(comparison: Comparison) -> int:
    """An upper bound of what a comparison costs: what both whole screens do, and the captions."""
    return 2 * most_tokens(Picture(comparison.before, longest=comparison.longest)) + MOST_SHOWN * CAPTION_TOKENS


def sizes_of(pieces: Sequence[Shown], width: int, height: int) -> list[tuple[int, int]]:
    """The width and height of each picture, where both screens have that size."""
    return [_size(piece.picture, width, height) for piece in pieces]


def _in_parts(comparison: Comparison, before: Pixels, after: Pixels) -> Iterator[tuple[Shown, ...]]:
    """The forms with a small whole: what changed and the target in one part, or each by itself."""
    height, width = before.shape[:2]
    whole = Shown(
        f"The whole screen before, made smaller (it has {width} x {height} pixels):",
        Picture(comparison.before, comparison.mark, longest=min(REDUCED, comparison.longest)),
    )
    same = comparison.before == comparison.after
    changed = None if same else _bounds(changed_tiles(before, after), width, height)
    mark = None if comparison.mark is None else _inside(comparison.mark, width, height)
    target = None if mark is None else _padded(mark, width, height)
    if changed is None:
        if target is None:
            yield (replace(whole, caption=f"{whole.caption[:-1]}; nothing changed on it:"),)
        else:
            caption = f"Nothing changed on the screen. The part around the target, {_place(target)}:"
            yield whole, Shown(caption, _part(comparison.before, comparison.mark, target))
        return
    region = _padded(changed, width, height)
    together = region if target is None else _union(region, target)
    yield whole, *_both(comparison, together)
    if target is not None and together != region:
        yield (
            whole,
            Shown(f"The target, {_place(target)}, before:", _part(comparison.before, comparison.mark, target)),
            *_both(comparison, region),
        )


def _both(comparison: Comparison, region: Box) -> tuple[Shown, Shown]:
    return (
        Shown(f"The part that changed, {_place(region)}, before:", _part(comparison.before, comparison.mark, region)),
        Shown("The same part after:", _part(comparison.after, None, region)),
    )


def _part(screen: str, mark: Box | None, crop: Box) -> Picture:
    return Picture(screen, mark, crop, longest=round(max(crop.width, crop.height)))


def _at_full_size(pieces: Sequence[Shown], longest: int) -> bool:
    """Whether no part is larger than a picture may be."""
    return all(piece.picture.longest <= longest for piece in pieces)


def _cost(pieces: Sequence[Shown], width: int, height: int) -> tuple[int, int]:
    """What the pictures cost by each of the rules."""
    sizes = sizes_of(pieces, width, height)
    rules: tuple[Callable[[int, int], int], ...] = (tile_tokens, patch_tokens)
    tiled, patched = (sum(rule(*size) for size in sizes) for rule in rules)
    return tiled, patched


def _size(picture: Picture, width: int, height: int) -> tuple[int, int]:
    """The width and height of the picture of a screen of that size."""
    if picture.crop is not None:
        width, height = round(picture.crop.width), round(picture.crop.height)
    scale = min(1.0, picture.longest / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _bounds(tiles: Sequence[tuple[int, int]], width: int, height: int) -> Box | None:
    """The box around tiles, in pixels of the screen; None around none."""
    if not tiles:
        return None
    top, bottom = min(row for row, _ in tiles), max(row for row, _ in tiles) + 1
    left, right = min(column for _, column in tiles), max(column for _, column in tiles) + 1
    return _box(left * TILE, top * TILE, min(right * TILE, width), min(bottom * TILE, height))


def _inside(box: Box, width: int, height: int) -> Box | None:
    """The part of a box that lies on the screen, in whole pixels; None if none does."""
    sides = corners(box)
    left, top = max(0, int(sides[0])), max(0, int(sides[1]))
    right, bottom = min(width, int(np.ceil(sides[2]))), min(height, int(np.ceil(sides[3])))
    return None if left >= right or top >= bottom else _box(left, top, right, bottom)


def _padded(box: Box, width: int, height: int) -> Box:
    right, bottom = min(width, box.x + box.width + AROUND), min(height, box.y + box.height + AROUND)
    return _box(max(0, box.x - AROUND), max(0, box.y - AROUND), right, bottom)


def _union(one: Box, other: Box) -> Box:
    corners = [(box.x, box.y, box.x + box.width, box.y + box.height) for box in (one, other)]
    lefts, tops, rights, bottoms = zip(*corners, strict=True)
    return _box(min(lefts), min(tops), max(rights), max(bottoms))


def _box(left: float, top: float, right: float, bottom: float) -> Box:
    return Box(left, top, right - left, bottom - top)


def _place(box: Box) -> str:
    numbers = (box.x, box.y, box.x + box.width, box.y + box.height)
    left, top, right, bottom = (round(number) for number in numbers)
    return f"x {left} to {right}, y {top} to {bottom}"
