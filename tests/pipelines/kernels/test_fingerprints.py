import io

import imagehash
import numpy as np
import pytest
from PIL import Image

from pipelines.kernels.fingerprints import RULES_VERSION, fingerprint
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
