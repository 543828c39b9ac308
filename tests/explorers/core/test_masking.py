import io
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from explorers.core.masking import COLOUR, MARGIN, mask_screen, secret_boxes
from schemas.records import Box, Node, Screen, Tree
from schemas.visual import decode

WIDTH, HEIGHT = 60, 40


def drawn(format: Literal["png", "webp", "jpeg"] = "png", mode: str = "RGB") -> Screen:
    pixels = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, len(mode)), dtype=np.uint8)
    data = io.BytesIO()
    Image.fromarray(pixels, mode).save(data, format, **({"lossless": True, "exact": True} if format == "webp" else {}))
    return Screen(data.getvalue(), WIDTH, HEIGHT, format)


NUMBERS = st.floats(-100, 100, allow_nan=False)
BOXES = st.builds(Box, NUMBERS, NUMBERS, st.floats(0, 80), st.floats(0, 80))


@given(st.lists(BOXES, max_size=3), st.sampled_from(["png", "webp"]))
def test_the_boxes_are_flat_and_every_other_pixel_is_the_same(boxes: list[Box], format: Literal["png", "webp"]) -> None:
    screen = drawn(format)
    masked = mask_screen(screen, boxes)
    assert (masked.width, masked.height, masked.format) == (WIDTH, HEIGHT, format)
    before, after = decode(screen.data), decode(masked.data)
    inside = np.zeros((HEIGHT, WIDTH), dtype=bool)
    near = np.zeros((HEIGHT, WIDTH), dtype=bool)
    for box in boxes:
        for y in range(HEIGHT):
            for x in range(WIDTH):
                across = box.x < x + 1 and x < box.x + box.width
                inside[y, x] |= across and box.y < y + 1 and y < box.y + box.height
                wide = box.x - MARGIN - 1 < x + 1 and x < box.x + box.width + MARGIN + 1
                near[y, x] |= wide and box.y - MARGIN - 1 < y + 1 and y < box.y + box.height + MARGIN + 1
    assert (after[inside] == COLOUR).all()
    assert (after[~near] == before[~near]).all()


def test_without_a_box_on_the_screen_nothing_is_done() -> None:
    screen = drawn()
    assert mask_screen(screen, ()) is screen
    assert mask_screen(screen, [Box(100, 100, 5, 5), Box(-50, -50, 10, 10)]) is screen


def test_a_jpeg_becomes_a_png_because_it_would_lose_what_it_had() -> None:
    screen = drawn("jpeg")
    masked = mask_screen(screen, [Box(0, 0, 5, 5)])
    assert masked.format == "png"
    assert (decode(masked.data)[20:] == decode(screen.data)[20:]).all()


def test_transparency_stays() -> None:
    with Image.open(io.BytesIO(mask_screen(drawn("webp", "RGBA"), [Box(0, 0, 5, 5)]).data)) as image:
        assert image.mode == "RGBA"


def test_an_image_of_more_pixels_than_units_is_masked_in_its_pixels() -> None:
    small = Screen(drawn().data, WIDTH // 2, HEIGHT // 2, "png")
    pixels = decode(mask_screen(small, [Box(10, 10, 5, 5)]).data)
    assert (pixels[20:30, 20:30] == COLOUR).all()


@pytest.mark.parametrize(
    ("node", "hidden"),
    [
        (Node("textbox", "Password", "••••", flags=("password",), box=Box(1, 1, 5, 5)), True),
        (Node("textbox", "Code", "123", flags=("secret",), box=Box(1, 1, 5, 5)), True),
        (Node("textbox", "Card number", "4111", box=Box(1, 1, 5, 5)), True),
        (Node("textbox", "Password", "", flags=("password",), box=Box(1, 1, 5, 5)), False),
        (Node("textbox", "Password", "••••", flags=("offscreen", "password"), box=Box(1, 1, 5, 5)), False),
        (Node("textbox", "Password", "••••", flags=("password",)), False),
        (Node("textbox", "Name", "Ada", box=Box(1, 1, 5, 5)), False),
    ],
)
def test_the_fields_that_hold_a_secret_are_painted_over(node: Node, hidden: bool) -> None:
    assert secret_boxes(Tree("fake", (Node("form"), node))) == ((node.box,) if hidden else ())
