"""Pillow's Lanczos reduction of a grey image, bit for bit, in a quarter of its time.

Pillow sums pixels times weights in whole numbers, row by row and then column by column. The rows take nearly all the
time. Here they are matrix products of small floats: each weight is split into a high and a low part, so that every sum
is a whole number below 2 ** 24 and exact in any order. The columns are left to Pillow.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

PRECISION = 22
"""Bits of Pillow's weights after the point, for images of 8 bits (`PRECISION_BITS` in its Resample.c)."""

SUPPORT = 3.0
"""Half the width of Pillow's Lanczos filter, in pixels of the smaller image."""

EXACT = 2**24
PARTS = 1 << 7
"""The low part of a weight counts up to this."""

BAND = 400
"""Pixels of a row that a group of columns needs, about: wider ones compute with too many weights of 0."""

PRODUCT = 250_000
"""Multiplications of one product; OpenBLAS spreads larger ones over threads, which cost more than they bring."""


@dataclass(frozen=True, slots=True)
class _Group:
    """Some columns of the smaller image: the pixels of a row that they need, and high and low weights side by side."""

    start: int
    end: int
    weights: NDArray[np.float32]


def reduced(grey: NDArray[np.uint8], width: int, height: int) -> Pillow.Image:
    """The grey image in the smaller size, as `Image.resize` with `LANCZOS` makes it."""
    groups = _groups(grey.shape[1], width)
    if groups is None:
        return Pillow.fromarray(grey).resize((width, height), Pillow.Resampling.LANCZOS)
    rows = len(grey)
    chunk = max(PRODUCT // max((group.end - group.start) * group.weights.shape[1] for group in groups), 1)
    whole = rows - rows % chunk
    narrow = np.empty((rows, width), np.uint8)
    pixels = grey.astype(np.float32)
    column = 0
    for group in groups:
        band = pixels[:, group.start : group.end]
        sums = np.empty((rows, group.weights.shape[1]), np.float32)
        # One product a chunk of rows; all chunks in one call.
        np.matmul(
            band[:whole].reshape(-1, chunk, band.shape[1]),
            group.weights,
            out=sums[:whole].reshape(-1, chunk, sums.shape[1]),
        )
        np.matmul(band[whole:], group.weights, out=sums[whole:])
        columns = sums.shape[1] // 2
        sums_in_units = sums[:, :columns].astype(np.int64) * PARTS + sums[:, columns:].astype(np.int64)
        sums_in_units = (sums_in_units + (1 << (PRECISION - 1))) >> PRECISION
        narrow[:, column : column + columns] = np.clip(sums_in_units, 0, 255)
        column += columns
    return Pillow.fromarray(narrow).resize((width, height), Pillow.Resampling.LANCZOS)


@lru_cache(maxsize=64)
def _groups(before: int, after: int) -> tuple[_Group, ...] | None:
    """The groups for a width, or None where the sums would not be exact or nothing is reduced."""
    if after >= before:
        return None
    weights = _weights(before, after)
    groups = []
    first = 0
    while first < after:
        start, last = weights[first][0], first
        while last + 1 < after and weights[last + 1][0] + len(weights[last + 1][1]) - start <= BAND:
            last += 1
        end = max(begin + len(row) for begin, row in weights[first : last + 1])
        matrix = np.zeros((end - start, last + 1 - first), np.int64)
        for column, (begin, row) in enumerate(weights[first : last + 1]):
            matrix[begin - start : begin - start + len(row), column] = row
        high = (matrix + PARTS // 2) // PARTS
        low = matrix - high * PARTS
        if max(255 * int(np.abs(part).sum(axis=0).max()) for part in (high, low)) >= EXACT:
            return None
        groups.append(_Group(start, end, np.concatenate([high, low], axis=1).astype(np.float32)))
        first = last + 1
    return tuple(groups)


def _weights(before: int, after: int) -> list[tuple[int, list[int]]]:
    """For each pixel of the smaller row the first pixel it needs, and the weights: Pillow's, in its order of sums."""
    scale = before / after
    reach = SUPPORT * scale
    weights = []
    for number in range(after):
        centre = (number + 0.5) * scale
        start = max(int(centre - reach + 0.5), 0)
        end = min(int(centre + reach + 0.5), before)
        values = [_lanczos((place - centre + 0.5) * (1.0 / scale)) for place in range(start, end)]
        total = 0.0
        for value in values:
            total += value
        shares = [value / total for value in values]
        weights.append((start, [int(share * (1 << PRECISION) + (-0.5 if share < 0 else 0.5)) for share in shares]))
    return weights


def _lanczos(place: float) -> float:
    return _sinc(place) * _sinc(place / SUPPORT) if -SUPPORT <= place < SUPPORT else 0.0


def _sinc(place: float) -> float:
    return math.sin(place * math.pi) / (place * math.pi) if place else 1.0
