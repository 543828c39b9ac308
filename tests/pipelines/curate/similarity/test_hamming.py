"""Tests of pipelines.curate.similarity.hamming: every pair that brute force finds, and no other."""

import random

import imagehash
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from pipelines.curate.similarity import hamming
from pipelines.curate.similarity.hamming import Codes, codes_of, degenerate, pairs


def brute(codes: Codes, distance: int) -> set[tuple[int, int, int]]:
    found = set()
    for index in range(len(codes)):
        apart = np.bitwise_count(codes[index + 1 :] ^ codes[index])
        found |= {(index, index + 1 + int(other), int(apart[other])) for other in np.flatnonzero(apart <= distance)}
    return found


def drawn(seed: int, count: int, words: int, share: float) -> Codes:
    """Codes with that share of bits set: the fewer, the more of them are alike."""
    bits = np.random.default_rng(seed).random((count, 64 * words)) < share
    return np.packbits(bits, axis=1).view(">u8").astype(np.uint64).reshape(count, words)


@pytest.mark.parametrize("share", [0.02, 0.1, 0.2, 0.5])
@given(
    seed=st.integers(0, 2**32 - 1),
    count=st.integers(1, 150),
    distance=st.sampled_from([0, 1, 2, 3, 4, 6, 8, 16, 40, 63]),
)
@settings(max_examples=6, deadline=None)
def test_the_pairs_are_those_of_brute_force_each_once(share: float, seed: int, count: int, distance: int) -> None:
    codes = drawn(seed, count, 1, share)[:, 0]
    codes = codes[np.sort(np.unique(codes, return_index=True)[1])]
    left, right, apart = pairs(codes, distance)
    found = list(zip(np.minimum(left, right).tolist(), np.maximum(left, right).tolist(), apart.tolist(), strict=True))
    assert len(found) == len(set(found))
    assert set(found) == brute(codes, distance)


def test_a_family_that_differs_in_its_last_bits_only_is_found_whole() -> None:
    codes = np.arange(600, dtype=np.uint64) | np.uint64(0xABCDEF << 40)
    assert len(pairs(codes, 2)[0]) == len(brute(codes, 2))


def test_no_codes_and_one_code_make_no_pair() -> None:
    for count in (0, 1):
        assert [len(part) for part in pairs(drawn(0, count, 1, 0.5)[:, 0], 3)] == [0, 0, 0]


@pytest.mark.parametrize("distance", [-1, 64])
def test_a_distance_that_no_codes_have_is_refused(distance: int) -> None:
    with pytest.raises(ValueError, match="from 0 to 63"):
        pairs(drawn(0, 3, 1, 0.5)[:, 0], distance)


def test_more_pairs_than_can_be_held_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hamming, "PAIR_LIMIT", 1_000)
    with pytest.raises(OverflowError, match="at most 1000 pairs, found more at distance 8"):
        pairs(np.arange(256, dtype=np.uint64), 8)


def test_codes_are_read_from_hexadecimal_as_imagehash_writes_it() -> None:
    grey = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 60), dtype=np.uint8))
    for side in (8, 16):
        one = imagehash.phash(grey, hash_size=side)
        assert np.unpackbits(codes_of(pa.array([str(one)])).astype(">u8").view(np.uint8)).tolist() == (
            one.hash.flatten().astype(int).tolist()
        )
    chunked = pa.chunked_array([["00" * 8], ["ff" * 8, "01" * 8]])
    assert codes_of(chunked)[:, 0].tolist() == [0, 2**64 - 1, 0x0101010101010101]
    assert codes_of(pa.array([], pa.string())).shape == (0, 1)


@pytest.mark.parametrize("texts", [["00" * 8, None], ["00" * 8, "00" * 7], ["00" * 5], [""], ["zz" * 8]])
def test_what_is_no_code_is_refused(texts: list[str | None]) -> None:
    with pytest.raises(ValueError, match="expected"):
        codes_of(pa.array(texts, pa.string()))


def image_of(kind: str) -> Image.Image:
    image = Image.new("RGB", (320, 240), "white" if kind != "black" else "black")
    pen = ImageDraw.Draw(image)
    chance = random.Random(kind)
    match kind:
        case "grey":
            image.paste("#707070", (0, 0, 320, 240))
        case "bars":
            for top in range(10, 240, 37):
                pen.rectangle((0, top, 320, top + 9), fill="#3050a0")
        case "columns":
            for left in range(10, 320, 51):
                pen.rectangle((left, 0, left + 9, 240), fill="#3050a0")
        case "page":
            for _ in range(30):
                left, top = chance.randrange(300), chance.randrange(220)
                pen.rectangle((left, top, left + chance.randrange(60), top + 8), fill="#203040")
    return image


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [("white", True), ("black", True), ("grey", True), ("bars", True), ("columns", True), ("page", False)],
)
@pytest.mark.parametrize("hashed", [imagehash.phash, imagehash.dhash])
@pytest.mark.parametrize("side", [8, 16])
def test_blank_screens_and_bars_say_nothing_and_a_page_does(kind: str, wanted: bool, hashed: object, side: int) -> None:
    code = codes_of(pa.array([str(hashed(image_of(kind), hash_size=side))]))  # type: ignore[operator]
    assert degenerate(code).tolist() == [wanted]


def test_random_codes_say_something() -> None:
    for words in (1, 4):
        assert not degenerate(drawn(3, 5_000, words, 0.5)).any()
