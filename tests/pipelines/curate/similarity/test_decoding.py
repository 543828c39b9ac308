"""Tests of pipelines.curate.similarity.decoding: with libvips or without it, a file has the same pixels or none."""

import io
import random
import struct
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from pipelines.curate.similarity import decoding
from pipelines.curate.similarity.decoding import decoded
from schemas.errors import SchemaError
from schemas.visual import decode


def png(seed: int, mode: str = "RGB", **options: object) -> bytes:
    chance = np.random.default_rng(seed)
    pixels = chance.integers(0, 256, (int(chance.integers(1, 60)), int(chance.integers(1, 80)), 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(file, "PNG", **options)
    return file.getvalue()


def result(decoder: Callable[[bytes], np.ndarray], data: bytes) -> tuple[tuple[int, ...], bytes] | None:
    try:
        pixels = decoder(data)
    except SchemaError:
        return None
    return pixels.shape, pixels.tobytes()


def damaged(data: bytes, chance: random.Random) -> bytes:
    """The file cut, with bytes changed, with others behind it, or with changed pixels and a sum that fits."""
    changed = bytearray(data)
    match chance.randrange(5):
        case 0:
            return data
        case 1:
            return data[: chance.randrange(len(data))]
        case 2:
            for _ in range(chance.randint(1, 3)):
                changed[chance.randrange(len(changed))] = chance.randrange(256)
        case 3:
            changed += bytes(chance.randint(1, 30))
        case _:
            start = data.index(b"IDAT")
            (size,) = struct.unpack(">I", data[start - 4 : start])
            changed[start + 4 + chance.randrange(size)] = chance.randrange(256)
            end = start + 4 + size
            changed[end : end + 4] = struct.pack(">I", zlib.crc32(bytes(changed[start:end])))
    return bytes(changed)


@pytest.mark.parametrize("seed", range(4))
def test_a_file_has_the_same_pixels_with_and_without_libvips(seed: int) -> None:
    if not decoding.has_vips():
        pytest.skip("no libvips: pip install pyvips[binary]")
    chance = random.Random(seed)
    for number in range(60):
        mode = chance.choice(["RGB", "RGB", "RGBA", "L", "P", "LA", "1"])
        data = damaged(png(1_000 * seed + number, mode, compress_level=chance.choice([0, 1, 6])), chance)
        assert result(decoded, data) == result(decode, data)


class Refusing:
    """A libvips that can read nothing."""

    class Error(Exception):
        """As that of pyvips."""

    class Image:
        """As that of pyvips."""

        @staticmethod
        def pngload_buffer(*_: object, **__: object) -> object:
            raise Refusing.Error


class Claiming(Refusing):
    """A libvips that claims to have read a picture of two pixels."""

    class Image:
        """As that of pyvips."""

        bands, format, width, height = 3, "uchar", 2, 1

        @classmethod
        def pngload_buffer(cls, *_: object, **__: object) -> "Claiming.Image":
            return cls()

        def write_to_memory(self) -> bytes:
            return bytes(range(6))


def test_what_libvips_refuses_pillow_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    data = png(3)
    monkeypatch.setattr(decoding, "_VIPS", Refusing)
    assert result(decoded, data) == result(decode, data) is not None
    assert result(decoded, data[:-20]) == result(decode, data[:-20])


def with_chunk(data: bytes, kind: bytes, body: bytes) -> bytes:
    chunk = struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return data[:33] + chunk + data[33:]


def test_only_a_plain_png_of_true_colour_goes_to_libvips(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "_VIPS", Claiming)
    data = png(3)
    assert decoded(data).tolist() == decoded(with_chunk(data, b"sRGB", b"\0")).tolist() == [[[0, 1, 2], [3, 4, 5]]]
    others = [
        *(png(3, mode) for mode in ("RGBA", "L", "P", "LA", "1")),
        with_chunk(data, b"tRNS", bytes(6)),
        with_chunk(data, b"gAMA", bytes((0, 0, 177, 143))),
        data + b"more",
        data[:-12],
        data[:40],
        b"",
    ]
    for other in others:
        assert result(decoded, other) == result(decode, other)


def test_pillow_keeps_memory_when_it_is_told_to() -> None:
    before = Image.core.get_blocks_max()
    try:
        decoding.keep_memory(3)
        assert Image.core.get_blocks_max() == 3
    finally:
        decoding.keep_memory(before)
