import io

import imagehash
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from pipelines.curate.similarity.fingerprints import RULES_VERSION, fingerprint, fingerprints
from pipelines.curate.similarity.resizing import reduced
from schemas.visual import decode, pixel_hash, tiles
from tests.pipelines.recorded import PAGES, screenshot


def png(image: Image.Image) -> bytes:
    sink = io.BytesIO()
    image.save(sink, "PNG")
    return sink.getvalue()


@pytest.mark.parametrize("place", sorted(PAGES))
def test_hashes_are_those_of_imagehash_on_the_file(place: str) -> None:
    data = screenshot(place)
    found = fingerprint("x", data)
    image = Image.open(io.BytesIO(data))
    assert found.phash64 == str(imagehash.phash(image))
    assert found.phash256 == str(imagehash.phash(image, hash_size=16))
    assert found.dhash64 == str(imagehash.dhash(image))
    assert (found.pixels, found.tiles) == (pixel_hash(decode(data)), tiles(decode(data)))
    assert (found.rules_version, found.error) == (RULES_VERSION, None)


@pytest.mark.parametrize("colour", ["white", "black", "#777777"])
def test_a_blank_screen_has_a_hash_too(colour: str) -> None:
    image = Image.new("RGB", (300, 200), colour)
    assert fingerprint("x", png(image)).phash64 == str(imagehash.phash(image))


def test_the_format_of_the_file_does_not_change_the_pixels() -> None:
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8))
    sink = io.BytesIO()
    image.save(sink, "WEBP", lossless=True)
    assert fingerprint("a", png(image)).pixels == fingerprint("b", sink.getvalue()).pixels


@pytest.mark.parametrize("data", [b"", b"no image", screenshot("/")[:200]])
def test_what_cannot_be_decoded_says_why_and_has_no_hash(data: bytes) -> None:
    found = fingerprint("x", data)
    assert found.error is not None
    assert {found.pixels, found.phash64, found.phash256, found.dhash64, found.tiles} == {None}


DRAWN = {
    "noise": lambda chance, shape: chance.integers(0, 256, shape, dtype=np.uint8),
    "blank": lambda chance, shape: np.full(shape, chance.integers(256), np.uint8),
    "bars": lambda chance, shape: np.repeat(chance.integers(0, 2, (shape[0], 1), dtype=np.uint8) * 255, shape[1], 1),
    "columns": lambda chance, shape: np.repeat(chance.integers(0, 2, (1, shape[1]), dtype=np.uint8) * 255, shape[0], 0),
    "symmetric": lambda chance, shape: _mirrored(chance.integers(0, 256, shape, dtype=np.uint8)),
    "sparse": lambda chance, shape: (chance.random(shape) < 0.02).astype(np.uint8) * np.uint8(255),
}
"""Kinds of grey images; in all but the first, medians tie."""


def _mirrored(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    half = np.maximum(pixels, pixels[:, ::-1])
    return np.maximum(half, half[::-1])


@pytest.mark.parametrize("kind", sorted(DRAWN))
@given(seed=st.integers(0, 2**32 - 1), width=st.integers(1, 700), height=st.integers(1, 200))
@settings(max_examples=8, deadline=None)
def test_hashes_are_those_of_imagehash_bit_for_bit(kind: str, seed: int, width: int, height: int) -> None:
    image = Image.fromarray(DRAWN[kind](np.random.default_rng(seed), (height, width)))
    found = fingerprint("x", png(image))
    assert found.phash64 == str(imagehash.phash(image))
    assert found.phash256 == str(imagehash.phash(image, hash_size=16))
    assert found.dhash64 == str(imagehash.dhash(image))


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "1", "LA"])
def test_hashes_of_files_of_any_mode_are_those_of_imagehash(mode: str) -> None:
    image = Image.fromarray(np.random.default_rng(2).integers(0, 256, (90, 120, 3), dtype=np.uint8)).convert(mode)
    assert fingerprint("x", png(image)).phash256 == str(imagehash.phash(image, hash_size=16))


@pytest.mark.parametrize("width", [33, 100, 640, 1366, 1920, 2560, 3840])
@pytest.mark.parametrize("size", [(32, 32), (64, 64), (9, 8), (200, 3)])
def test_a_reduced_image_is_that_of_pillow(width: int, size: tuple[int, int]) -> None:
    chance = np.random.default_rng(width)
    for grey in (
        chance.integers(0, 256, (61, width), dtype=np.uint8),
        chance.choice([0, 255], (5, width)).astype("u1"),
    ):
        wanted = Image.fromarray(grey).resize(size, Image.Resampling.LANCZOS)
        assert np.array_equal(np.asarray(reduced(grey, *size)), np.asarray(wanted))


def test_the_screens_come_back_in_their_order_whatever_the_threads_do() -> None:
    images = [(str(number), png(Image.new("L", (number + 1, 300 - number * 20), number))) for number in range(12)]
    found = fingerprints([*images, ("bad", b"x")])
    assert [one.screen for one in found] == [*(name for name, _ in images), "bad"]
    assert found[:-1] == [fingerprint(name, data) for name, data in images]
