import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow

from labelers.model.comparing import Comparison, shown
from labelers.model.pictures import MARGIN, MARK, Picture, most_tokens, paint
from schemas.errors import SchemaError
from schemas.records import Box, Screen
from schemas.visual import decode
from tests.schemas.samples import png


def screen(width: int = 200, height: int = 100) -> Screen:
    return Screen(png((255, 255, 255), (width, height)), width, height)


def drawn(picture: Picture, seen: Screen) -> Pillow.Image:
    return Pillow.open(io.BytesIO(paint(picture, decode(seen.data))))


def test_the_target_has_a_red_line_around_it_that_hides_nothing_of_it() -> None:
    image = drawn(Picture("s", mark=Box(50, 40, 30, 20)), screen())
    assert image.size == (200, 100)
    assert image.getpixel((50 - MARGIN, 50)) == MARK
    assert {image.getpixel((x, y)) for x in range(50, 81) for y in range(40, 61)} == {(255, 255, 255)}


def test_a_part_is_cut_out_and_what_lies_beyond_the_screen_is_no_part() -> None:
    assert drawn(Picture("s", crop=Box(150, 80, 100, 100)), screen()).size == (50, 20)
    with pytest.raises(SchemaError, match="200 x 100"):
        drawn(Picture("s", crop=Box(200, 0, 10, 10)), screen())


def test_a_picture_is_made_smaller_and_never_larger() -> None:
    assert drawn(Picture("s", longest=50), screen()).size == (50, 25)
    assert drawn(Picture("s", longest=5000), screen()).size == (200, 100)
    assert drawn(Picture("s", longest=1), screen(300, 2)).size == (1, 1)


def test_the_same_recipe_gives_the_same_bytes() -> None:
    picture = Picture("s", mark=Box(1, 1, 5, 5), crop=Box(0, 0, 60, 60), longest=30)
    pixels = decode(screen().data)
    assert paint(picture, pixels) == paint(picture, pixels.copy())


def test_what_is_no_image_is_refused() -> None:
    with pytest.raises(SchemaError):
        drawn(Picture("s"), Screen(b"no image", 1, 1))


@given(st.integers(1, 3000), st.floats(1, 4000), st.floats(1, 4000))
def test_the_bound_of_tokens_covers_both_rules_and_falls_with_the_size(
    longest: int, width: float, height: float
) -> None:
    whole, part = Picture("s", longest=longest), Picture("s", crop=Box(0, 0, width, height), longest=longest)
    assert 85 < most_tokens(part) <= most_tokens(whole)
    assert most_tokens(whole) >= (longest // 28) ** 2


@pytest.mark.parametrize(
    "box",
    [
        Box(-1e20, 5, 10, 10),
        Box(1e20, 5, 10, 10),
        Box(-(2.0**32), -(2.0**32), 2.0**32, 2.0**32),
        Box(5, 5, -10, -10),
        Box(5, 5, -1e20, 4),
        Box(-1e300, 0, 1e308, 1e308),
        Box(1e308, 0, 1e308, 1),
    ],
)
def test_a_target_that_lies_nowhere_near_is_drawn_as_far_as_it_is_there(box: Box) -> None:
    pixels = np.zeros((60, 80, 3), np.uint8)
    assert Pillow.open(io.BytesIO(paint(Picture("s", box), pixels))).size == (80, 60)
    for piece in shown(Comparison("a", "b", box), pixels, pixels):
        paint(piece.picture, pixels)
