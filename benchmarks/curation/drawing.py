"""Screens that look like pages of applications: text, fields, buttons and a picture; drawn from a seed."""

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFont

WORDS = (
    "account",
    "settings",
    "order",
    "customer",
    "revenue",
    "status",
    "report",
    "invoice",
    "search",
    "open",
    "total",
)


def screen(seed: int, width: int = 1920, height: int = 1080) -> Image.Image:
    """A page with a bar, a menu, a table of text and a smooth picture."""
    chance = np.random.default_rng(seed)
    image = Image.new("RGB", (width, height), "#f6f7f9")
    pen = ImageDraw.Draw(image)
    fonts = [ImageFont.load_default(size) for size in (13, 14, 18)]
    pen.rectangle((0, 0, width, 48), fill=tuple(int(one) for one in chance.integers(20, 160, 3)))
    pen.rectangle((0, 48, 220, height), fill="#e9ebef")
    for top in range(64, height - 30, 34):
        pen.text((16, top), _words(chance, 2), font=fonts[1], fill="#2a3342")
    for top in range(70, height - 30, int(chance.integers(22, 34))):
        if chance.random() < 0.1:
            pen.rounded_rectangle((250, top, 250 + int(chance.integers(60, 300)), top + 20), 4, fill="#1769d2")
        for left in range(250, width - 120, int(chance.integers(120, 260))):
            pen.text((left, top), _words(chance, 2), font=fonts[int(chance.integers(2))], fill="#1b1f24")
    side = int(min(width, height) // 3)
    grid = chance.normal(128, 50, (9, 12, 3)).clip(0, 255).astype(np.uint8)
    picture = np.asarray(Image.fromarray(grid).resize((side * 4 // 3, side), Image.Resampling.BICUBIC)).astype(np.int16)
    grain = chance.integers(-3, 4, picture.shape[:2])[..., None]
    image.paste(Image.fromarray((picture + grain).clip(0, 255).astype(np.uint8)), (width - side * 4 // 3 - 20, 120))
    return image


def png(image: Image.Image) -> bytes:
    """The image as a PNG, as browsers write it."""
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def webp(image: Image.Image) -> bytes:
    """The image as lossless WebP, as traces hold it."""
    file = io.BytesIO()
    image.save(file, "WEBP", lossless=True, quality=0, method=4, exact=True)
    return file.getvalue()


def _words(chance: np.random.Generator, count: int) -> str:
    return " ".join(WORDS[int(number)] for number in chance.integers(0, len(WORDS), count))
