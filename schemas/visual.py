"""What a screen looks like: tiles of 64 pixels, compared with tolerance and never used as a key.

Browsers paint rounded corners 1 to 3 pixels differently each time, so equal pixels are no identity; a tile's mean
colour in steps of 8 forgives that.
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
PIXEL_LIMIT = 64_000_000
"""Pixels of a screen; a larger one is refused before it is decoded."""

PATCH = 8
"""Pixels of the squares by which differences hang together."""

CHANGED_SHARE = 0.002
"""A tile changed when more than this share of its pixels differ by more than `STEP`: more than 8 of 4,096."""


def decode(data: bytes) -> NDArray[np.uint8]:
    """The pixels of an image file: height, width, RGB.

    Raises:
        SchemaError: if it is no image, is cut, or has more than `PIXEL_LIMIT` pixels.
    """
    try:
        with Pillow.open(io.BytesIO(data), formats=("PNG", "WEBP", "JPEG")) as image:
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
    # As fast as its fastest method and a third smaller; `exact` keeps colours that are fully transparent.
    plain.save(data, "WEBP", lossless=True, quality=0, method=4, exact=True)
    return Screen(data.getvalue(), screen.width, screen.height, "webp")


def pixel_hash(pixels: NDArray[np.uint8]) -> str:
    """A 128-bit key of size and colours, whatever the file format."""
    digest = hashlib.blake2b(repr(pixels.shape).encode(), digest_size=16)
    digest.update(np.ascontiguousarray(pixels).data)
    return digest.hexdigest()


def tiles(pixels: NDArray[np.uint8]) -> bytes:
    """One byte triple a tile, row by row: the mean colour in steps of `STEP`."""
    height, width, _ = pixels.shape
    rows, columns = -(-height // TILE), -(-width // TILE)
    padded = np.pad(pixels, ((0, rows * TILE - height), (0, columns * TILE - width), (0, 0)), mode="edge")
    # Whole rows first, in 16 bits: 64 * 255 fits, and it is ten times as fast as one sum over both axes.
    columns_of_sums = padded.reshape(rows, TILE, -1).sum(axis=1, dtype=np.uint16)
    sums = columns_of_sums.reshape(rows, columns, TILE, 3).sum(axis=2, dtype=np.uint32)
    return bytes((sums // (TILE * TILE * STEP)).astype(np.uint8).tobytes())


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
    found: set[tuple[int, int]] = set()
    waiting = [near for point in points for near in _around(point) if near in marked]
    while waiting:
        square = waiting.pop()
        if square not in found:
            found.add(square)
            waiting += [near for near in _around(square) if near in marked and near not in found]
    return found


def _around(square: tuple[int, int]) -> list[tuple[int, int]]:
    row, column = square
    return [(row + down, column + right) for down in (-1, 0, 1) for right in (-1, 0, 1)]


def _by_square(different: NDArray[np.bool_], size: int) -> NDArray[np.int64]:
    """How many pixels differ in each square of that size."""
    height, width = different.shape
    rows, columns = -(-height // size), -(-width // size)
    padded = np.pad(different, ((0, rows * size - height), (0, columns * size - width)))
    return np.asarray(padded.reshape(rows, size, columns, size).sum(axis=(1, 3)), dtype=np.int64)
