"""What a screen looks like: tiles of 64 pixels, compared with tolerance and never used as a key.

Browsers paint glyphs and rounded corners 1 to 3 pixels differently each time, so equal pixels are no identity.
"""

import hashlib
import io
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from schemas.errors import SchemaError
from schemas.records import Box, Screen

TILE = 64
STEP = 8

TILE_BYTES = 4
WAVE_HEIGHT = 32
WAVE = WAVE_HEIGHT * WAVE_HEIGHT
VERTICAL, HORIZONTAL = 3, 5
"""Cycles of the wave a tile: things of a page that change places by 16, 20, 24, 28, 32 ... pixels change its phase."""

TILE_STEP = 61
"""Levels of luma of one pixel: 64 ** 2 is no multiple of it, so a fill that changes by few levels changes each sum."""

TILE_TOLERANCE = (10, 5, 5, 7)
"""Steps that each sum may differ: `python -m benchmarks.curation.tiles` shows what lies on either side."""

BLANK_SHARE = 0.95
"""Of the tiles that have one look, of a blank screen or a nearly blank one."""

PIXEL_LIMIT = 64_000_000
"""Pixels of a screen; a larger one is refused before it is decoded."""

FORMATS = ("png", "webp", "jpeg")
"""The formats of screens, as `Screen.format` names them."""

_READ_AS = tuple(map(str.upper, FORMATS))

PATCH = 8
"""Pixels of the squares by which differences hang together."""

CHANGED_SHARE = 0.002
"""A tile changed when more than this share of its pixels differ by more than `STEP`: more than 8 of 4,096."""


def image_size(data: bytes) -> tuple[int, int]:
    """Width and height of an image file as it states them; its pixels are not decoded.

    Raises:
        SchemaError: if it is no image, or states more than `PIXEL_LIMIT` pixels.
    """
    try:
        with Pillow.open(io.BytesIO(data), formats=_READ_AS) as image:
            width, height = image.size
    except (OSError, ValueError, SyntaxError, Pillow.DecompressionBombError, Pillow.DecompressionBombWarning) as error:
        raise SchemaError(f"expected a PNG, WebP or JPEG image, found {len(data)} bytes that are none") from error
    if width * height > PIXEL_LIMIT:
        raise SchemaError(f"expected at most {PIXEL_LIMIT} pixels, found {width} x {height}")
    return width, height


def decode(data: bytes) -> NDArray[np.uint8]:
    """The pixels of an image file: height, width, RGB.

    Raises:
        SchemaError: if it is no image, is cut, or has more than `PIXEL_LIMIT` pixels.
    """
    try:
        with Pillow.open(io.BytesIO(data), formats=_READ_AS) as image:
            if image.width * image.height > PIXEL_LIMIT:
                raise SchemaError(f"expected at most {PIXEL_LIMIT} pixels, found {image.width} x {image.height}")
            return np.asarray(image.convert("RGB"))
    except (OSError, ValueError, SyntaxError, Pillow.DecompressionBombError, Pillow.DecompressionBombWarning) as error:
        raise SchemaError(f"expected a PNG, WebP or JPEG image, found {len(data)} bytes that are none") from error


def packed(screen: Screen) -> Screen:
    """The screen as lossless WebP with the same pixels, a third of a PNG; what is no PNG stays as it is."""
    if screen.format != "png":
        return screen
    try:
        with Pillow.open(io.BytesIO(screen.data), formats=("PNG",)) as image:
            if image.width * image.height > PIXEL_LIMIT:
                return screen
            plain = image.convert("RGBA" if image.has_transparency_data else "RGB")
    except (OSError, ValueError, SyntaxError):
        return screen  # a file that nobody can read is a fact as well
    data = io.BytesIO()
    # Of 0 a page of text has four times the bytes, above 1 a fiftieth less for a third of the time more; `exact` keeps
    # colours that are fully transparent.
    plain.save(data, "WEBP", lossless=True, quality=0, method=1, exact=True)
    return Screen(data.getvalue(), screen.width, screen.height, "webp")


def pixel_hash(pixels: NDArray[np.uint8]) -> str:
    """A 128-bit key of size and colours, whatever the file format."""
    digest = hashlib.blake2b(repr(pixels.shape).encode(), digest_size=16)
    digest.update(np.ascontiguousarray(pixels).data)
    return digest.hexdigest()


def tiles(pixels: NDArray[np.uint8], grey: NDArray[np.uint8] | None = None) -> bytes:
    """Four bytes a tile, row by row, to be compared by `differing`.

    These are sums over the tile: of luma, of luma times the cosine and the sine of a slanted wave, and of colour. They
    are counted in steps of about a hundred and wrap around, so a tick of twenty pixels changes them by much, wherever
    it stands, while a few pixels more or less dark at the edges of glyphs cancel out. What a tile lacks at the right
    or the bottom is as its last pixels are. `grey` is Pillow's luma of the pixels, where the caller has it.
    """
    if grey is None:
        grey = np.asarray(Pillow.fromarray(pixels).convert("L"))
    height, width = grey.shape
    rows, columns = -(-height // TILE), -(-width // TILE)
    luma = np.empty((rows, 3, columns * TILE), np.int64)
    colour = np.empty((rows, columns * TILE, 3), np.int64)
    for row in range(rows):
        part = grey[row * TILE : (row + 1) * TILE]
        # Whole numbers below 2 ** 24 are exact in this type, in any order of addition.
        luma[row, :, :width] = _weights(len(part), VERTICAL).astype(np.float32) @ part.astype(np.float32)
        strip = pixels[row * TILE : (row + 1) * TILE]
        sums = strip.reshape(len(strip), -1).sum(axis=0, dtype=np.uint16).reshape(width, 3).astype(np.int64)
        colour[row, :width] = sums + (TILE - len(strip)) * strip[-1].astype(np.int64)
    luma[:, :, width:] = luma[:, :, width - 1 : width]
    colour[:, width:] = colour[:, width - 1 : width]
    plain, cosine, sine = luma.reshape(rows, 3, columns, TILE).transpose(1, 0, 2, 3)
    along, aslant, across = _weights(TILE, HORIZONTAL)
    red, green, blue = colour.reshape(rows, columns, TILE, 3).sum(axis=2).transpose(2, 0, 1)
    features = (
        plain @ along // WAVE,
        (cosine @ aslant - sine @ across) // WAVE + plain @ along // (3 * WAVE),
        (cosine @ across + sine @ aslant) // WAVE + plain @ along // (7 * WAVE),
        (3 * red - green - 2 * blue) // 2 + plain @ along // (11 * WAVE),
    )
    return np.stack([(values // TILE_STEP).astype(np.uint8) for values in features], axis=-1).tobytes()


def differing(before: bytes, after: bytes, ignored: Iterable[int] = ()) -> tuple[int, ...]:
    """The numbers of the tiles that differ beyond the tolerance, in reading order, but for those ignored.

    Screens of different size differ in every tile; ones with as many tiles in another shape are for the caller to know.
    """
    if len(before) != len(after):
        return tuple(range(max(len(before), len(after)) // TILE_BYTES))
    apart = (np.frombuffer(before, np.uint8) - np.frombuffer(after, np.uint8)).view(np.int8).astype(np.int16)
    changed: NDArray[np.bool_] = np.any(np.abs(apart.reshape(-1, TILE_BYTES)) > TILE_TOLERANCE, axis=1)
    left_out = [number for number in ignored if 0 <= number < len(changed)]
    changed[left_out] = False
    return tuple(np.flatnonzero(changed).tolist())


def tiles_of(boxes: Iterable[Box], width: int, height: int) -> frozenset[int]:
    """The numbers of the tiles that the boxes touch, on a screen of that size in pixels."""
    rows, columns = -(-height // TILE), -(-width // TILE)
    touched: set[int] = set()
    for box in boxes:
        top, left = max(int(max(box.y, 0)) // TILE, 0), max(int(max(box.x, 0)) // TILE, 0)
        bottom, right = min(box.y + box.height, height), min(box.x + box.width, width)
        if bottom <= box.y or right <= box.x or bottom <= 0 or right <= 0:
            continue
        for row in range(top, min(-(-int(np.ceil(bottom)) // TILE), rows)):
            touched.update(range(row * columns + left, row * columns + min(-(-int(np.ceil(right)) // TILE), columns)))
    return frozenset(touched)


def is_blank(codes: bytes) -> bool:
    """Whether almost all tiles of a screen are alike, as on blank ones: these are not merged by their looks."""
    words = np.frombuffer(codes, np.uint32)
    if not len(words):
        return True
    counts = np.unique(words, return_counts=True)[1]
    return bool(counts.max() >= BLANK_SHARE * len(words))


def _weights(length: int, cycles: int) -> NDArray[np.int64]:
    """One, cosine and sine of so many cycles a tile, as whole numbers; the last counts for those that are missing."""
    turn = 2 * np.pi * cycles * np.arange(TILE) / TILE
    whole = np.rint(WAVE_HEIGHT * np.stack([np.ones(TILE), np.cos(turn), np.sin(turn)])).astype(np.int64)
    weights: NDArray[np.int64] = whole[:, :length].copy()
    weights[:, -1] += whole[:, length:].sum(axis=1)
    return weights


def changed_tiles(
    before: NDArray[np.uint8],
    after: NDArray[np.uint8],
    *,
    volatile: Iterable[Box] = (),
    pointers: Iterable[tuple[float, float]] = (),
) -> tuple[tuple[int, int], ...]:
    """The (row, column) of each tile that differs beyond the tolerance outside the volatile boxes, in reading order.

    What differs at a pointer, and all that differs right beside that, is left out: what lies under a pointer is drawn
    otherwise while it does. Screens of different size differ in every tile.
    """
    if before.shape != after.shape:
        height, width = after.shape[:2]
        return tuple((row, column) for row in range(-(-height // TILE)) for column in range(-(-width // TILE)))
    difference = np.abs(before.astype(np.int16) - after.astype(np.int16))
    different: NDArray[np.bool_] = np.asarray(difference.max(axis=2) > STEP)
    patch = _patch(different, pointers)
    for box in volatile:
        top, left = max(int(box.y), 0), max(int(box.x), 0)
        different[top : max(int(box.y + box.height) + 1, 0), left : max(int(box.x + box.width) + 1, 0)] = False
    for row, column in patch:
        different[row * PATCH : (row + 1) * PATCH, column * PATCH : (column + 1) * PATCH] = False
    counts = _by_square(different, TILE)
    return tuple((int(row), int(column)) for row, column in np.argwhere(counts > CHANGED_SHARE * TILE * TILE))


def _patch(different: NDArray[np.bool_], pointers: Iterable[tuple[float, float]]) -> set[tuple[int, int]]:
    """The (row, column) of the squares that hang together by differences with one at a pointer or beside it."""
    points = [(int(y) // PATCH, int(x) // PATCH) for x, y in pointers]
    if not points:
        return set()
    marked = {(int(row), int(column)) for row, column in np.argwhere(_by_square(different, PATCH) > 0)}
    patch: set[tuple[int, int]] = set()
    waiting = [near for point in points for near in _around(point) if near in marked]
    while waiting:
        square = waiting.pop()
        if square not in patch:
            patch.add(square)
            waiting += [near for near in _around(square) if near in marked and near not in patch]
    return patch


def _around(square: tuple[int, int]) -> list[tuple[int, int]]:
    row, column = square
    return [(row + down, column + right) for down in (-1, 0, 1) for right in (-1, 0, 1)]


def _by_square(different: NDArray[np.bool_], size: int) -> NDArray[np.int64]:
    """How many pixels differ in each square of that size."""
    height, width = different.shape
    rows, columns = -(-height // size), -(-width // size)
    padded = np.pad(different, ((0, rows * size - height), (0, columns * size - width)))
    return np.asarray(padded.reshape(rows, size, columns, size).sum(axis=(1, 3)), dtype=np.int64)
