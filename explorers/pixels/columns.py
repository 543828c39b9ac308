"""How far elements reach whose words stand below each other: the rows of menus and lists are wider than their words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from explorers.pixels.reader import Word
from schemas.records import Box

ROWS = 3
"""Words below each other from which on they are rows."""

ALIGNED, APART = 3.0, 3.5
"""Pixels by which their edges differ at most, and how far apart they are at most, in heights of a word."""

ALIKE = 14
"""How much two colours of one ground differ at most, of 255."""

CAPTION_GAP, CAPTION_OFF = 14.0, 12.0
"""Pixels between a picture and the word below it that names it, and between their middles."""


def with_rows(words: Sequence[Word], pixels: NDArray[np.uint8]) -> list[Word]:
    """The words, those of rows as wide as the free ground around them; pixels are height, width, RGB."""
    free = {word: _free(word.box, pixels) for word in words if word.text}
    rows = _stacked(free, lambda box: box.x) | _stacked(free, lambda box: box.x + box.width)
    return [replace(word, box=free[word]) if word in rows else word for word in words]


def with_pictures(words: Sequence[Word]) -> list[Word]:
    """The words, with the picture above a word that is its caption put to it."""
    pictures = [word for word in words if not word.text]
    taken: set[int] = set()
    found = []
    for word in words:
        if not word.text:
            continue
        for index, picture in enumerate(pictures):
            gap = word.box.y - picture.box.y - picture.box.height
            off = abs(word.box.centre[0] - picture.box.centre[0])
            if index not in taken and 0 <= gap <= CAPTION_GAP and off <= CAPTION_OFF and picture.box.height >= 16:
                taken.add(index)
                left = min(word.box.x, picture.box.x)
                right = max(word.box.x + word.box.width, picture.box.x + picture.box.width)
                bottom = word.box.y + word.box.height
                word = replace(word, box=Box(left, picture.box.y, right - left, bottom - picture.box.y))
                break
        found.append(word)
    return [*found, *(picture for index, picture in enumerate(pictures) if index not in taken)]


def _stacked(free: Mapping[Word, Box], edge: Callable[[Box], float]) -> set[Word]:
    """The words below each other whose free ground ends at one edge, where there are at least `ROWS`."""
    columns: list[list[Word]] = []
    for word in sorted(free, key=lambda word: (word.box.y, word.box.x)):
        for column in columns:
            last = column[-1]
            gap = word.box.y - last.box.y - last.box.height
            if abs(edge(free[last]) - edge(free[word])) <= ALIGNED and 0 <= gap <= APART * max(last.box.height, 8):
                column.append(word)
                break
        else:
            columns.append([word])
    return {word for column in columns if len(column) >= ROWS for word in column}


def _free(box: Box, pixels: NDArray[np.uint8]) -> Box:
    """The box with the ground to its left and right, as far as it has one colour and nothing is drawn on it."""
    top, bottom = int(box.y), int(box.y + box.height)
    left, right = int(box.x), int(box.x + box.width)
    band = pixels[top:bottom].astype(np.int16)
    ground = pixels[max(top - 1, 0), max(left - 1, 0)].astype(np.int16)
    plain = (np.abs(band - ground).max(axis=2) <= ALIKE).all(axis=0)
    before, after = plain[:left][::-1], plain[right:]
    to_left = len(before) if before.all() else int(np.argmin(before))
    to_right = len(after) if after.all() else int(np.argmin(after))
    return Box(float(left - to_left), box.y, float(right - left + to_left + to_right), box.height)
