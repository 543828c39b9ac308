"""Pictures for a prompt: a recipe that a request is known by, and its pixels made when it is sent."""

import io
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw

from schemas.errors import SchemaError
from schemas.records import Box

RENDERING = "1"
"""Changes when the same recipe gives other pixels."""

LONGEST = 1280
"""Pixels of a picture's longer side."""

MARK = (230, 0, 0)
MARK_WIDTH = 3
FARTHEST = 100_000
"""Pixels from the origin beyond which nothing of a screen lies."""

MARGIN = 4
"""Pixels between a target and the line around it, so that the line hides nothing of it."""


@dataclass(frozen=True, slots=True)
class Picture:
    """How a picture is made of a screen: the part `crop`, a red line around `mark`, both in the screen's pixels.

    It is made smaller until its longer side has at most `longest` pixels, and never larger.
    """

    screen: str
    mark: Box | None = None
    crop: Box | None = None
    longest: int = LONGEST


def paint(picture: Picture, pixels: NDArray[np.uint8]) -> bytes:
    """The picture of a decoded screen as a PNG; the same bytes for the same recipe, pixels and imaging library.

    Raises:
        SchemaError: if the part lies outside of the screen.
    """
    image = Pillow.fromarray(pixels)
    if picture.mark is not None:
        left, top, right, bottom = _corners(picture.mark)
        outline = (left - MARGIN, top - MARGIN, right + MARGIN, bottom + MARGIN)
        if outline[0] <= outline[2] and outline[1] <= outline[3]:
            ImageDraw.Draw(image).rectangle(outline, outline=MARK, width=MARK_WIDTH)
    if picture.crop is not None:
        left, top, right, bottom = _corners(picture.crop)
        part = (max(left, 0), max(top, 0), min(right, image.width), min(bottom, image.height))
        if part[0] >= part[2] or part[1] >= part[3]:
            raise SchemaError(f"expected a part of a screen of {image.width} x {image.height}, found {picture.crop}")
        image = image.crop(part)
    scale = picture.longest / max(image.size)
    if scale < 1:
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        image = image.resize(size, Pillow.Resampling.LANCZOS)
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=1)
    return file.getvalue()


def most_tokens(picture: Picture) -> int:
    """An upper bound of what the picture costs, by the dearer of two rules for its largest size."""
    width = height = picture.longest
    if picture.crop is not None:
        scale = min(1.0, picture.longest / max(picture.crop.width, picture.crop.height, 1))
        width, height = max(1, ceil(picture.crop.width * scale)), max(1, ceil(picture.crop.height * scale))
    return max(85 + 170 * ceil(width / 512) * ceil(height / 512), patch_tokens(width, height))


def tile_tokens(width: int, height: int) -> int:
    """What a picture costs by OpenAI's rule for high detail, as published for GPT-4o and GPT-4.1.

    It is made smaller until it fits into 2048 x 2048 pixels, then until its shorter side has at most 768; 85 tokens,
    and 170 for each tile of 512 x 512 pixels. (GPT-4o mini counts 33 times as many, for a price that many times lower.)
    """
    scale = min(1.0, 2048 / max(width, height))
    scale = min(scale, 768 / min(width, height))
    return 85 + 170 * ceil(width * scale / 512) * ceil(height * scale / 512)


def patch_tokens(width: int, height: int) -> int:
    """What a picture costs where each 28 x 28 pixels are a token, as with Qwen2.5-VL."""
    return ceil(width / 28) * ceil(height / 28)


def _corners(box: Box) -> tuple[int, int, int, int]:
    left, top, right, bottom = corners(box)
    return round(left), round(top), round(right), round(bottom)


def corners(box: Box) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of a box as far as they can matter: a recording may say any number."""
    left, top, right, bottom = (
        min(max(number, -FARTHEST), FARTHEST) for number in (box.x, box.y, box.x + box.width, box.y + box.height)
    )
    return left, top, right, bottom
