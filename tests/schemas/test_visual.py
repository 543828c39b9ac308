"""Tests of schemas.visual."""

import io
import random
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from schemas import visual
from schemas.errors import SchemaError
from schemas.records import Box
from schemas.visual import STEP, TILE, changed_tiles, decode, differing, is_blank, pixel_hash, tiles, tiles_of
from tests.schemas.samples import png

Pixels = NDArray[np.uint8]

CODES = "82c389795f75c4947478cc96045625d16cc9f1ac9988cc99c39bce9de24b8e1424106a0301006d0008fe7400e24b8e14"
"""Of a small page: another code under the same version of the rules would compare with none that is stored."""


def page(width: int = 200, height: int = 150) -> Pixels:
    """White, with a grey bar at the top and lines of dark text below."""
    pixels = np.full((height, width, 3), 255, np.uint8)
    pixels[:20] = 220
    pixels[30::12, 10:-10] = 40
    return pixels


def encoded(pixels: Pixels, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    Pillow.fromarray(pixels).save(file, kind, **options)
    return file.getvalue()


def draw_checkbox(pixels: Pixels, x: int, y: int, *, ticked: bool) -> Pixels:
    """A box of 16 pixels with a border; ticked, it is filled as browsers do."""
    drawn = pixels.copy()
    drawn[y : y + 16, x : x + 16] = 118
    drawn[y + 1 : y + 15, x + 1 : x + 15] = (0, 117, 255) if ticked else 255
    return drawn


def draw_tick(pixels: Pixels, x: int, y: int) -> Pixels:
    """A thin tick, two pixels wide, in a box of 16."""
    drawn = pixels.copy()
    for step in range(10):
        drawn[y + 13 - step, x + 4 + step : x + 6 + step] = 0
    return drawn


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "1", "LA", "I;16"])
def test_a_png_of_any_mode_is_decoded_to_rgb(mode: str) -> None:
    file = io.BytesIO()
    Pillow.new(mode, (5, 3)).save(file, "PNG")
    found = decode(file.getvalue())
    assert found.shape == (3, 5, 3)
    assert found.dtype == np.uint8


def test_lossless_formats_have_one_pixel_hash_and_jpeg_another() -> None:
    drawn = page()
    hashes = {pixel_hash(decode(encoded(drawn, "PNG"))), pixel_hash(decode(encoded(drawn, "WEBP", lossless=True)))}
    assert hashes == {pixel_hash(drawn)}
    assert pixel_hash(decode(encoded(drawn, "JPEG", quality=60))) not in hashes


def test_a_pixel_hash_counts_the_shape_and_every_pixel() -> None:
    drawn = page()
    other = drawn.copy()
    other[-1, -1, 2] ^= 1
    assert len({pixel_hash(drawn), pixel_hash(other), pixel_hash(drawn.reshape(200, 150, 3))}) == 3
    assert pixel_hash(np.asfortranarray(drawn)) == pixel_hash(drawn)
    assert pixel_hash(np.zeros((1, 1, 3), np.uint8)) == "33424db7cc454b0e3484cfe921f9f8ae"


@given(st.integers(1, 140), st.integers(1, 140))
def test_tiles_of_one_colour_are_alike_whole_or_begun(width: int, height: int) -> None:
    found = tiles(np.full((height, width, 3), (255, 128, 7), np.uint8))
    assert found == tiles(np.full((TILE, TILE, 3), (255, 128, 7), np.uint8)) * (-(-width // TILE) * -(-height // TILE))


@given(st.integers(0, 2**32 - 1), st.integers(1, 3), st.integers(1, 3), st.sampled_from(["L", "RGB"]))
@settings(max_examples=10)
def test_tiles_are_those_of_each_part_by_itself(seed: int, rows: int, columns: int, mode: str) -> None:
    shape = (rows * TILE, columns * TILE, 3 if mode == "RGB" else 1)
    drawn = np.broadcast_to(np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8), (*shape[:2], 3))
    drawn = np.ascontiguousarray(drawn)
    parts = (
        drawn[row * TILE : (row + 1) * TILE, column * TILE : (column + 1) * TILE]
        for row in range(rows)
        for column in range(columns)
    )
    assert tiles(drawn) == b"".join(tiles(np.ascontiguousarray(part)) for part in parts)
    assert tiles(drawn, np.asarray(Pillow.fromarray(drawn).convert("L"))) == tiles(drawn)


def test_the_codes_of_tiles_stay_what_they_are() -> None:
    drawn = draw_checkbox(page(), 20, 20, ticked=True)
    assert tiles(drawn).hex() == CODES


def test_any_other_shade_of_grey_is_another_tile() -> None:
    greys = [tiles(np.full((TILE, TILE, 3), shade, np.uint8)) for shade in range(256)]
    assert not [(one, other) for one in range(256) for other in range(one) if not differing(greys[one], greys[other])]


def test_a_sum_may_wrap_around() -> None:
    assert differing(bytes((250, 0, 0, 0)), bytes((4, 0, 0, 0))) == ()
    assert differing(bytes((250, 0, 0, 0)), bytes((5, 0, 0, 0))) == (0,)
    assert differing(bytes((5, 0, 0, 0)), bytes((250, 0, 0, 0))) == (0,)


def test_tiles_of_the_screens_differ_where_they_are_not_ignored() -> None:
    one, other = page(), draw_checkbox(draw_checkbox(page(), 20, 20, ticked=True), 150, 100, ticked=True)
    assert differing(tiles(one), tiles(one)) == ()
    assert differing(tiles(one), tiles(other)) == (0, 6)
    assert differing(tiles(one), tiles(other), [6, 99, -1]) == (0,)
    assert differing(tiles(one), tiles(other)[:-4]) == tuple(range(12))


@pytest.mark.parametrize(("x", "y"), [(20, 20), (TILE - 8, 20), (20, TILE - 8), (TILE - 8, TILE - 8), (184, 134)])
def test_tiles_see_a_ticked_checkbox_of_16_pixels_wherever_it_stands(x: int, y: int) -> None:
    empty, filled = (draw_checkbox(page(), x, y, ticked=ticked) for ticked in (False, True))
    assert differing(tiles(empty), tiles(filled))
    assert differing(tiles(empty), tiles(draw_tick(empty, x, y)))


def written(text: str, colour: str = "#222222") -> Pixels:
    image = Pillow.fromarray(page(320, 200))
    ImageDraw.Draw(image).text((70, 82), text, fill=colour, font=ImageFont.load_default(14))
    return np.asarray(image)


def test_tiles_see_a_digit_that_is_typed_and_one_upside_down() -> None:
    for digit in "0123456789":
        assert differing(tiles(written("12")), tiles(written("12" + digit))), digit
    assert differing(tiles(written("16")), tiles(written("19")))


def test_tiles_see_a_red_line_of_error_and_a_word_that_turns_red() -> None:
    assert differing(tiles(written("")), tiles(written("Enter a valid address", "#d00000")))
    assert differing(tiles(written("Saved", "#707070")), tiles(written("Saved", "#d03030")))


@pytest.mark.parametrize("seed", range(5))
def test_tiles_forgive_one_to_three_pixels_of_each_glyph(seed: int) -> None:
    before = written("Enter a valid address")
    after, chance = before.astype(np.int16), random.Random(seed)
    for left in range(70, 220, 8):  # a glyph is about eight pixels wide
        dark = np.argwhere(before[84:98, left : left + 8, 0] < 200)
        for row, column in chance.sample(dark.tolist(), min(len(dark), chance.randint(1, 3))):
            after[84 + row, left + column] += chance.randint(-32, 32)
    assert differing(tiles(before), tiles(after.clip(0, 255).astype(np.uint8))) == ()


@pytest.mark.parametrize(
    ("box", "found"),
    [
        (Box(0, 0, 64, 64), {0}),
        (Box(63, 0, 2, 1), {0, 1}),
        (Box(63.5, 63.5, 1, 1), {0, 1, 4, 5}),
        (Box(-9, -9, 10, 10), {0}),
        (Box(190, 100, 500, 500), {6, 7, 10, 11}),
        (Box(-1e300, -1e300, 2e300, 2e300), set(range(12))),
        (Box(200, 0, 5, 5), set()),
        (Box(0, 150, 5, 5), set()),
        (Box(-20, 5, 10, 5), set()),
        (Box(5, 5, 0, 5), set()),
        (Box(5, 5, -3, 5), set()),
    ],
)
def test_a_box_touches_tiles(box: Box, found: set[int]) -> None:
    assert tiles_of([box], 200, 150) == found
    assert tiles_of([], 200, 150) == frozenset()


def test_a_screen_is_blank_when_almost_all_of_it_looks_alike() -> None:
    blank = np.full((1080, 1920, 3), 250, np.uint8)
    assert is_blank(tiles(blank))
    blank[500:520, 800:1100] = 30
    assert is_blank(tiles(blank))
    for top in range(40, 1000, 60):
        blank[top : top + 14, 300:700] = 30
    assert not is_blank(tiles(blank))
    assert is_blank(b"")


def test_a_screen_is_unchanged_to_itself() -> None:
    assert changed_tiles(page(), page()) == ()


@pytest.mark.parametrize(("x", "y"), [(20, 20), (TILE - 8, 20), (20, TILE - 8), (TILE - 8, TILE - 8), (184, 134)])
def test_a_ticked_checkbox_of_16_pixels_is_seen_wherever_it_stands(x: int, y: int) -> None:
    before, after = (draw_checkbox(page(), x, y, ticked=ticked) for ticked in (False, True))
    found = changed_tiles(before, after)
    assert (y // TILE, x // TILE) in found
    assert set(found) <= {(row, column) for row in range(3) for column in range(4)}
    assert changed_tiles(after, before) == found


def test_a_thin_tick_in_a_box_is_seen() -> None:
    assert changed_tiles(page(), draw_tick(page(), 80, 80)) == ((1, 1),)


def test_noise_of_a_few_pixels_in_each_corner_is_forgiven() -> None:
    before, after = page(), page()
    for x, y in ((0, 0), (60, 0), (0, 60), (130, 100)):
        after[y, x : x + 2] = 0
    assert changed_tiles(before, after) == ()


def test_a_slight_change_of_shade_is_forgiven_and_a_larger_one_is_not() -> None:
    dark = np.full((TILE, TILE, 3), 100, np.uint8)
    assert changed_tiles(dark, dark + np.uint8(STEP)) == changed_tiles(dark + np.uint8(STEP), dark) == ()
    assert changed_tiles(dark, dark + np.uint8(STEP + 1)) == ((0, 0),)
    blue = dark.copy()
    blue[..., 2] += STEP + 1
    assert changed_tiles(dark, blue) == ((0, 0),)


@given(st.integers(0, 30))
def test_a_tile_changes_with_the_ninth_pixel(count: int) -> None:
    before, after = (np.zeros((TILE, TILE, 3), np.uint8) for _ in range(2))
    after.reshape(-1, 3)[random.Random(count).sample(range(TILE * TILE), count)] = 255
    assert (changed_tiles(before, after) == ()) == (count <= 8)


def test_a_clock_is_masked_and_what_stands_beside_it_is_not() -> None:
    before, after = page(), page()
    after[4:16, 150:190] = 0
    clock = Box(149.5, 3.5, 40.3, 12.3)  # its edges lie within pixels, and those are masked too
    assert changed_tiles(before, after) == ((0, 2),)
    assert changed_tiles(before, after, volatile=[clock]) == ()
    assert changed_tiles(before, draw_checkbox(after, 132, 2, ticked=True), volatile=[clock]) == ((0, 2),)


@pytest.mark.parametrize(
    "box",
    [Box(-50, -50, 20, 20), Box(900, 900, 5, 5), Box(50, 50, -20, -20), Box(1e300, -1e300, 1, 1), Box(0, 0, 0, -1)],
)
def test_a_box_off_the_screen_masks_nothing(box: Box) -> None:
    after = draw_checkbox(page(), 80, 80, ticked=True)
    assert changed_tiles(page(), after, volatile=[box]) == changed_tiles(page(), after) != ()


def test_a_box_larger_than_the_screen_masks_it_all() -> None:
    assert changed_tiles(page(), 255 - page(), volatile=[Box(-1e9, -1e9, 1e300, 1e300)]) == ()


def test_screens_of_different_size_differ_in_every_tile() -> None:
    found = changed_tiles(page(200, 150), page(200, 151))
    assert found == tuple((row, column) for row in range(3) for column in range(4))


def test_an_image_with_too_many_pixels_is_refused_before_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visual, "PIXEL_LIMIT", 11)
    with pytest.raises(SchemaError, match="expected at most 11 pixels, found 4 x 3"):
        decode(png(size=(4, 3)))
    assert decode(png(size=(11, 1))).shape == (1, 11, 3)


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [9_000, 10_000, 20_000, 2**31 - 1])
def test_a_bomb_is_refused_whether_pillow_warns_or_raises(side: int) -> None:
    with pytest.raises(SchemaError):
        decode(png_header(side, side))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x89PNG\r\n\x1a\n",
        b"<svg/>",
        b"GIF89a" + bytes(20),
        b"BM" + bytes(60),
        png_header(0, 0),
        png_header(5, 5),
    ],
    ids=lambda data: repr(data[:8]),
)
def test_what_is_no_whole_png_webp_or_jpeg_is_refused(data: bytes) -> None:
    with pytest.raises(SchemaError):
        decode(data)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "JPEG"])
def test_a_damaged_image_is_decoded_or_refused_and_nothing_else(kind: str) -> None:
    data, chance = encoded(page(), kind), random.Random(1)
    refused = 0
    for _ in range(300):
        damaged = bytearray(data)
        for _ in range(3):
            damaged[chance.randrange(min(len(data), 200))] = chance.randrange(256)
        try:
            assert decode(bytes(damaged[: chance.randrange(len(data) // 2, len(data))])).ndim == 3
        except SchemaError:
            refused += 1
    assert refused > 100


def test_what_hangs_together_with_a_pointer_is_left_out_and_the_rest_is_not() -> None:
    before = page()
    hovered = before.copy()
    hovered[40:80, 20:180] -= 30
    assert changed_tiles(before, hovered)
    assert changed_tiles(before, hovered, pointers=[(100, 60)]) == ()
    assert changed_tiles(before, hovered, pointers=[(100, 130), (0, 0)]) == changed_tiles(before, hovered)
    elsewhere = hovered.copy()
    elsewhere[110:130, 150:170] = 0
    assert changed_tiles(before, elsewhere, pointers=[(100, 60)]) == ((1, 2), (2, 2))


def test_a_box_inside_of_what_a_pointer_shows_does_not_cut_it_off() -> None:
    before = page()
    hovered = before.copy()
    hovered[40:80, 20:180] -= 30
    assert changed_tiles(before, hovered, volatile=[Box(80, 50, 40, 20)], pointers=[(100, 60)]) == ()


@pytest.mark.parametrize("pointer", [(-50.0, -50.0), (1e9, 1e9), (199.9, 149.9)])
def test_a_pointer_off_the_screen_shows_nothing(pointer: tuple[float, float]) -> None:
    before = page()
    after = before.copy()
    after[40:80, 20:120] = 0
    assert changed_tiles(before, after, pointers=[pointer]) == changed_tiles(before, after)
