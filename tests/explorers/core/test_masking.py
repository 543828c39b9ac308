import io
from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from explorers.core.masking import COLOUR, MARGIN, learn_typed, mask_screen, masked, secret_boxes
from schemas.actions import Point, Select, Type
from schemas.records import Box, Node, Observation, Raw, Screen, Tree
from schemas.redaction import MASK, KnownSecrets
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


def observed(*nodes: Node, screen: Screen | None = None) -> Observation:
    return Observation(
        screen=screen,
        tree=Tree("fake", nodes),
        location="http://ann:S3cret1@a/reset/S3cret2",
        title="Hello S3cret3",
        windows=("Hello S3cret3", "b"),
        scroll=None,
        time=datetime(2026, 1, 1, tzinfo=UTC),
        notice="alert: the password is S3cret4",
        raw=(Raw("answer", b"{}"),),
    )


def test_addresses_titles_and_notices_are_redacted_with_or_without_a_picture() -> None:
    known = KnownSecrets(["S3cret3"])
    for screen in (None, drawn()):
        seen = masked(observed(screen=screen), known)
        assert "S3cret" not in repr(replace(seen, screen=None))
        assert seen.windows == (f"Hello {MASK}", "b")
        assert seen.screen == screen
        assert seen.raw == (Raw("answer", b"{}"),)


def test_what_the_tree_says_in_place_of_a_secret_is_painted_over() -> None:
    spot = Box(5, 5, 20, 10)
    for node in (Node("text", f"it is {MASK}", box=spot), Node("combobox", "Key", MASK, box=spot)):
        screen = masked(observed(node, screen=drawn()), KnownSecrets()).screen
        assert screen is not None
        assert (decode(screen.data)[5:15, 5:25] == COLOUR).all()
    for node in (Node("text", MASK + MASK, box=spot), Node("text", MASK, box=spot, flags=("offscreen",))):
        assert masked(observed(node, screen=drawn()), KnownSecrets()).screen == drawn()


def test_more_boxes_are_painted_over_and_nothing_raw_is_kept_then() -> None:
    seen = masked(observed(screen=drawn()), KnownSecrets(), boxes=[Box(5, 5, 20, 10)])
    assert seen.screen is not None
    assert (decode(seen.screen.data)[5:15, 5:25] == COLOUR).all()
    assert seen.raw == ()


def test_what_is_entered_into_a_secret_field_is_known_before_it_is_seen_again() -> None:
    field = Node("textbox", "Password", "", flags=("editable", "focused", "password"), box=Box(5, 5, 20, 10))
    for action in (Type("S3cret9"), Type("S3cret9", Point(10, 10)), Select("S3cret9", Point(10, 10))):
        known = KnownSecrets()
        learn_typed(known, observed(field), action)
        assert known.texts == ("S3cret9",)
    known = KnownSecrets()
    learn_typed(known, observed(replace(field, name="Search", flags=("focused",))), Type("S3cret9"))
    learn_typed(known, None, Type("S3cret9"))
    assert known.texts == ()
