"""What the codes of tiles see and what they forgive: small edits on one side, a browser's jitter on the other.

    python -m benchmarks.curation.tiles
    python -m benchmarks.curation.tiles --images FOLDER

Edits are drawn at random places of screens, drawn ones or those of a folder; an edit is seen when a tile differs beyond
the tolerance. Jitter changes 1 to 3 pixels at each edge of the size of a glyph, everywhere on the screen, by up to so
many levels. Ends with 1 if a bar is missed.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from benchmarks.curation.drawing import screen
from benchmarks.curation.measuring import Bar, finish
from benchmarks.tables import table
from schemas.visual import TILE_TOLERANCE, differing, tiles

INKS = ("#111111", "#222222", "#333333", "#555555", "#777777")
AMPLITUDES = (16, 32, 64)
GLYPH = 12
CERTAIN = ("checkbox filled", "checkbox ticked, 2 pixels", "checkbox ticked, 1 pixel", "digit typed", "red error line",
           "word turns red", "radio button moves")  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=Path, metavar="FOLDER", help="of PNG files, instead of drawn screens")
    parser.add_argument("--screens", type=int, default=12)
    parser.add_argument("--edits", type=int, default=10, help="of each kind on each screen (default: 10)")
    given = parser.parse_args(arguments)
    if given.images:
        paths = sorted(given.images.rglob("*.png"))
        images = [Image.open(path).convert("RGB") for path in paths[:: max(len(paths) // given.screens, 1)]]
    else:
        images = [screen(seed, *((1920, 1080), (1280, 720), (1366, 768))[seed % 3]) for seed in range(given.screens)]
    chance = np.random.default_rng(0)
    seen: dict[str, list[bool]] = defaultdict(list)
    strongest: dict[str, list[int]] = defaultdict(list)
    flagged: dict[int, list[float]] = defaultdict(list)
    for image in images:
        plain = code(image)
        for amplitude in AMPLITUDES:
            changed = code(jittered(image, amplitude, chance))
            flagged[amplitude].append(len(differing(plain, changed)) / (len(plain) // 4))
        for _ in range(given.edits):
            for name, before, after in edits(image, chance):
                first, second = code(before), code(after)
                seen[name].append(bool(differing(first, second)))
                strongest[name].append(beyond(first, second))
    rows = [
        (name, f"{np.mean(found):.1%}", f"{min(strongest[name])} %", f"{np.median(strongest[name]):.0f} %")
        for name, found in seen.items()
    ]
    print(table(("edit", "seen", "least, of the tolerance", "median"), rows) + "\n")
    rows = [
        (f"up to {amplitude} levels", f"{np.mean(shares):.3%}", f"{np.mean([share == 0 for share in shares]):.0%}")
        for amplitude, shares in flagged.items()
    ]
    print(table(("jitter of every glyph", "tiles that differ", "screens without one"), rows) + "\n")
    bars = [
        Bar("edits seen that have to be", float(np.mean([np.mean(seen[name]) for name in CERTAIN])), 1.0),
        Bar("tiles that differ by jitter of 32 levels", float(np.mean(flagged[32])), 0.002, least=False),
    ]
    measured = {
        "images": len(images),
        "seen": {name: float(np.mean(found)) for name, found in seen.items()},
        "jittered tiles that differ": {amplitude: float(np.mean(shares)) for amplitude, shares in flagged.items()},
    }
    return finish("tiles", bars, measured, ("pillow", "numpy"))


def code(image: Image.Image) -> bytes:
    """The tiles of an image."""
    return tiles(np.asarray(image))


def beyond(before: bytes, after: bytes) -> int:
    """The largest difference of a sum, in percent of its tolerance."""
    apart = (np.frombuffer(before, np.uint8) - np.frombuffer(after, np.uint8)).view(np.int8).astype(int)
    return int((100 * np.abs(apart.reshape(-1, 4)) / np.array(TILE_TOLERANCE)).max())


def jittered(image: Image.Image, amplitude: int, chance: np.random.Generator) -> Image.Image:
    """The image with 1 to 3 pixels changed at the edges in each field of the size of a glyph."""
    pixels = np.asarray(image).astype(np.int16)
    luma = np.asarray(image.convert("L")).astype(np.int16)
    edge = np.zeros(luma.shape, np.bool_)
    across, down = np.abs(np.diff(luma, axis=1)) > 24, np.abs(np.diff(luma, axis=0)) > 24
    edge[:, 1:] |= across
    edge[:, :-1] |= across
    edge[1:] |= down
    edge[:-1] |= down
    rows, columns = (chance.permutation(np.argwhere(edge)).T if edge.any() else np.empty((2, 0), np.int64)).astype(int)
    order = np.argsort(rows // GLYPH * luma.shape[1] + columns // GLYPH, kind="stable")
    rows, columns = rows[order], columns[order]
    fields = rows // GLYPH * luma.shape[1] + columns // GLYPH
    starts = np.flatnonzero(np.concatenate([[True], fields[1:] != fields[:-1]]))
    lengths = np.diff(starts, append=len(fields))
    chosen = np.arange(len(fields)) - np.repeat(starts, lengths) < np.repeat(
        chance.integers(1, 4, len(starts)), lengths
    )
    shift = chance.integers(-amplitude, amplitude + 1, (int(chosen.sum()), 1))
    pixels[rows[chosen], columns[chosen]] += shift.astype(np.int16)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def edits(image: Image.Image, chance: np.random.Generator) -> Iterator[tuple[str, Image.Image, Image.Image]]:
    """Each kind of edit by its name, with the screen before and after it."""
    font = ImageFont.load_default(int(chance.choice([13, 14, 16])))
    ink = INKS[int(chance.integers(len(INKS)))]
    number, digit = str(chance.integers(10, 99)), int(chance.integers(10))
    other = (digit + int(chance.integers(1, 10))) % 10

    def box(pen: ImageDraw.ImageDraw, x: int, y: int) -> None:
        pen.rectangle((x, y, x + 24, y + 24), fill="white")
        pen.rounded_rectangle((x + 4, y + 4, x + 19, y + 19), 2, fill="white", outline="#767676")

    def filled(pen: ImageDraw.ImageDraw, x: int, y: int) -> None:
        box(pen, x, y)
        pen.rounded_rectangle((x + 4, y + 4, x + 19, y + 19), 2, fill="#0075ff")
        pen.line((x + 7, y + 12, x + 10, y + 15, x + 16, y + 8), fill="white", width=2)

    def ticked(width: int):
        def draw(pen: ImageDraw.ImageDraw, x: int, y: int) -> None:
            box(pen, x, y)
            pen.line((x + 7, y + 12, x + 10, y + 15, x + 16, y + 8), fill="#222222", width=width)

        return draw

    def text(words: str, colour: str = ink):
        def draw(pen: ImageDraw.ImageDraw, x: int, y: int) -> None:
            pen.rectangle((x, y, x + 200, y + 22), fill="white")
            pen.text((x + 4, y + 2), words, font=font, fill=colour)

        return draw

    def radio(chosen: int):
        def draw(pen: ImageDraw.ImageDraw, x: int, y: int) -> None:
            pen.rectangle((x, y, x + 20, y + 60), fill="white")
            for row in range(2):
                pen.ellipse((x + 2, y + 4 + 28 * row, x + 17, y + 19 + 28 * row), outline="#555555")
            pen.ellipse((x + 6, y + 8 + 28 * chosen, x + 13, y + 15 + 28 * chosen), fill="#0075ff")

        return draw

    kinds = {
        "checkbox filled": (box, filled),
        "checkbox ticked, 2 pixels": (box, ticked(2)),
        "checkbox ticked, 1 pixel": (box, ticked(1)),
        "digit typed": (text(number), text(f"{number}{digit}")),
        "red error line": (text(""), text("Enter a valid address", "#d00000")),
        "word turns red": (text("Saved", "#707070"), text("Saved", "#d03030")),
        "radio button moves": (radio(0), radio(1)),
        "1 becomes l": (text(f"{number}1"), text(f"{number}l")),
        "6 becomes 9": (text(f"{number}6"), text(f"{number}9")),
        "digit becomes another": (text(f"{number}{digit}"), text(f"{number}{other}")),
    }
    for name, drawings in kinds.items():
        place = int(chance.integers(0, image.width - 200)), int(chance.integers(0, image.height - 60))
        both = []
        for draw in drawings:
            copy = image.copy()
            draw(ImageDraw.Draw(copy), *place)
            both.append(copy)
        yield name, both[0], both[1]


if __name__ == "__main__":
    raise SystemExit(main())
