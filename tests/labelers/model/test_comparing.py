import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow

from labelers.model.comparing import (
    CAPTION_TOKENS,
    MOST_SHOWN,
    REDUCED,
    Comparison,
    Pixels,
    Shown,
    most_tokens_of,
    shown,
    sizes_of,
)
from labelers.model.gallery import Gallery
from labelers.model.pictures import LONGEST, patch_tokens, tile_tokens
from schemas.records import Box, Screen

WIDTH, HEIGHT = 1280, 720
MARK = Box(600, 300, 80, 20)
WHOLE = ["The screen before:", "The screen after:"]


def pixels(*boxes: tuple[int, int, int, int], width: int = WIDTH, height: int = HEIGHT) -> Pixels:
    """A white screen with black boxes: left, top, right, bottom."""
    found = np.full((height, width, 3), 255, np.uint8)
    for left, top, right, bottom in boxes:
        found[top:bottom, left:right] = 0
    return found


def pieces(after: Pixels, mark: Box | None = MARK, before: Pixels | None = None) -> tuple[Shown, ...]:
    return shown(Comparison("b", "a", mark), pixels() if before is None else before, after)


def captions(found: tuple[Shown, ...]) -> list[str]:
    return [one.caption for one in found]


def crops(found: tuple[Shown, ...]) -> list[Box | None]:
    return [one.picture.crop for one in found]


def test_a_small_change_is_a_small_whole_and_the_part_before_and_after() -> None:
    whole, before, after = pieces(pixels((640, 320, 700, 380)))
    assert (whole.picture.longest, whole.picture.mark, whole.picture.crop) == (REDUCED, MARK, None)
    assert before.picture.crop == after.picture.crop == Box(568, 268, 168, 148)  # tile 10/5 and the target, 32 around
    assert (before.picture.screen, before.picture.mark) == ("b", MARK)
    assert (after.picture.screen, after.picture.mark) == ("a", None)
    assert before.caption == "The part that changed, x 568 to 736, y 268 to 416, before:"


def test_no_change_shows_the_target_and_says_so() -> None:
    for found in (pieces(pixels()), shown(Comparison("s", "s", MARK), pixels(), pixels())):
        _, target = found
        assert target.picture.crop == Box(568, 268, 144, 84)
        assert target.caption.startswith("Nothing changed on the screen.")
    (whole,) = pieces(pixels(), None)
    assert whole.caption.endswith("nothing changed on it:")
    (whole,) = pieces(pixels(), Box(-50, 9_000, 10, 10))  # a target that is not on the screen
    assert whole.caption.endswith("nothing changed on it:")


def test_a_change_everywhere_and_in_far_corners_shows_both_screens_whole() -> None:
    assert captions(pieces(pixels((0, 0, WIDTH, HEIGHT)))) == WHOLE
    assert captions(pieces(pixels((0, 0, 64, 64), (1216, 656, 1280, 720)))) == WHOLE


def test_a_target_far_from_the_change_is_a_part_of_its_own() -> None:
    whole, target, before, after = pieces(pixels((1200, 640, 1260, 700)), Box(10, 10, 40, 20))
    assert target.picture.crop == Box(0, 0, 82, 62)
    assert target.caption == "The target, x 0 to 82, y 0 to 62, before:"
    assert before.picture.crop == after.picture.crop == Box(1120, 608, 160, 112)
    assert whole.picture.mark == Box(10, 10, 40, 20)


def test_screens_of_different_size_are_shown_whole() -> None:
    assert captions(pieces(pixels(width=1024))) == WHOLE


def test_a_screen_that_is_small_is_shown_whole() -> None:
    before, after = pixels(width=160, height=210), pixels((10, 10, 60, 60), width=160, height=210)
    assert captions(pieces(after, None, before)) == WHOLE


def test_a_part_that_would_be_made_smaller_is_none() -> None:
    wide = pixels((0, 0, 1900, 60), width=1920, height=1080)
    assert captions(pieces(wide, None, pixels(width=1920, height=1080))) == WHOLE


def test_openais_rule_for_high_detail() -> None:
    assert tile_tokens(1024, 1024) == 765
    assert tile_tokens(2048, 4096) == 1105
    assert tile_tokens(512, 300) == 255


box = st.builds(
    lambda left, top, width, height: (left, top, min(left + width, 1400), min(top + height, 900)),
    st.integers(0, 1399),
    st.integers(0, 899),
    st.integers(1, 400),
    st.integers(1, 400),
)


@given(st.lists(box, max_size=2), st.one_of(st.none(), box), st.integers(200, 1400), st.integers(200, 900))
def test_every_form_is_within_the_bound_and_its_parts_on_the_screen(
    boxes: list[tuple[int, int, int, int]], target: tuple[int, int, int, int] | None, width: int, height: int
) -> None:
    mark = None if target is None else Box(target[0], target[1], target[2] - target[0], target[3] - target[1])
    comparison = Comparison("b", "a", mark)
    found = shown(comparison, pixels(width=width, height=height), pixels(*boxes, width=width, height=height))
    assert 1 <= len(found) <= MOST_SHOWN
    assert all(len(one.caption) <= 2 * CAPTION_TOKENS for one in found)
    tokens = sum(tile_tokens(*size) for size in sizes_of(found, width, height))
    assert tokens <= most_tokens_of(comparison)
    for crop in crops(found):
        if crop is not None:
            assert 0 <= crop.x < crop.x + crop.width <= width
            assert 0 <= crop.y < crop.y + crop.height <= height
            assert max(crop.width, crop.height) <= LONGEST
    whole = 2 * tile_tokens(*(round(side * min(1.0, LONGEST / max(width, height))) for side in (width, height)))
    assert tokens <= whole
    assert patch_tokens(width, height) > 0


def png(of: Pixels) -> bytes:
    file = io.BytesIO()
    Pillow.fromarray(of).save(file, "PNG")
    return file.getvalue()


class Shelf:
    """Two screens, and how often each was taken."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self._data = {"b": png(pixels()), "a": png(pixels((640, 320, 700, 380)))}

    def __call__(self, name: str) -> Screen:
        self.taken.append(name)
        return Screen(self._data[name], WIDTH, HEIGHT)


def test_the_same_comparison_gives_the_same_bytes_and_no_screen_is_decoded_twice() -> None:
    shelf = Shelf()
    gallery = Gallery(shelf)
    drawn = gallery.draw(Comparison("b", "a", MARK))
    assert drawn == Gallery(Shelf()).draw(Comparison("b", "a", MARK))
    assert gallery.draw(Comparison("b", "a", MARK)) is drawn
    gallery.draw(Comparison("b", "a"))
    assert sorted(shelf.taken) == ["a", "b"]
    sizes = [Pillow.open(io.BytesIO(image)).size for _, image in drawn]
    assert sizes == [(512, 288), (168, 148), (168, 148)]


def test_a_gallery_keeps_no_more_than_it_may() -> None:
    shelf = Shelf()
    gallery = Gallery(shelf, pixels_kept=WIDTH * HEIGHT * 3, drawn_kept=1)
    for _ in range(2):
        gallery.draw(Comparison("b", "a"))
    assert len(shelf.taken) > 2


def test_a_screen_that_is_missing_is_told_each_time() -> None:
    gallery = Gallery(Shelf())
    for _ in range(2):
        with pytest.raises(KeyError, match="none"):
            gallery.draw(Comparison("b", "none"))
