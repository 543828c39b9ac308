"""Which words are buttons, by what is drawn around them."""

import numpy as np
import pytest
from numpy.typing import NDArray

from explorers.pixels.frames import with_frames
from explorers.pixels.nodes import nodes_of
from explorers.pixels.reader import Word
from schemas.records import Box


def sheet() -> NDArray[np.uint8]:
    """A white picture with a word of 30 by 10 pixels at (105, 55)."""
    pixels = np.full((200, 300, 3), 255, np.uint8)
    pixels[55:65, 105:135:2] = 0
    return pixels


WORD = Word("Open", Box(105.0, 55.0, 30.0, 10.0), "open")


def framed(pixels: NDArray[np.uint8]) -> Box | None:
    (word,) = with_frames([WORD], pixels)
    return word.box if word.framed else None


def outlined(left: int, top: int, right: int, bottom: int) -> NDArray[np.uint8]:
    pixels = sheet()
    pixels[[top, bottom], left : right + 1] = 0
    pixels[top : bottom + 1, [left, right]] = 0
    return pixels


def test_a_word_in_the_middle_of_an_outline_is_as_large_as_it() -> None:
    assert framed(outlined(89, 47, 150, 72)) == Box(90.0, 48.0, 60.0, 24.0)


def test_a_word_on_a_ground_of_its_own_is_as_large_as_it_round_corners_or_not() -> None:
    pixels = np.full((200, 300, 3), 255, np.uint8)
    pixels[48:72, 90:150] = 210
    pixels[[48, 48, 71, 71], [90, 149, 90, 149]] = 255
    pixels[55:65, 105:135:2] = 0
    assert framed(pixels) == Box(90.0, 48.0, 60.0, 24.0)


@pytest.mark.parametrize(
    "pixels",
    [sheet(), outlined(89, 47, 260, 72), outlined(89, 64, 150, 110), outlined(10, 5, 231, 190)],
    ids=["plain ground", "a field, at its left", "a line below it", "a window"],
)
def test_a_word_that_stands_otherwise_is_no_button(pixels: NDArray[np.uint8]) -> None:
    assert framed(pixels) is None
    assert [node.role for node in nodes_of([WORD], depth=0, above="")] == ["generic"]


def test_what_is_framed_is_a_button() -> None:
    (button,) = nodes_of(with_frames([WORD], outlined(89, 47, 150, 72)), depth=0, above="")
    assert (button.role, button.name, button.box) == ("button", "Open", Box(90.0, 48.0, 60.0, 24.0))
