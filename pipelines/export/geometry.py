"""The size at which a model sees a screenshot, and the grid on which it names places there.

A processor resizes what it is given by a rule of its own; what a model says of places is true of the picture after
that. So the size is computed here by the same rule, and either the picture is resized to it, which the processor then
leaves as it is, or it is kept and the size is told in the row.
"""

import io
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Literal, TypeAlias

from PIL import Image, UnidentifiedImageError

from schemas.actions import Point
from schemas.errors import ConfigurationError, LakeError
from schemas.records import Box

Size: TypeAlias = tuple[int, int]
"""Width and height in pixels."""

Unit: TypeAlias = Literal["pixels", "original", "fraction", "thousand", "999"]
"""What a place is counted in: pixels as the model sees them or as they were recorded, 0 to 1, 0 to 1000, 0 to 999."""

UNITS: tuple[Unit, ...] = ("pixels", "original", "fraction", "thousand", "999")
_FRACTION_DIGITS = 4
_NARROWEST = 200
"""How many times as long as wide a picture may be: the processors of Qwen refuse more."""


def _patches(factor: int) -> Callable[[Size, int, int], Size]:
    """The rule of Qwen's processors: sides are multiples of the factor, the area is between two bounds."""

    def rule(size: Size, least: int, most: int) -> Size:
        if max(size) > _NARROWEST * min(size):
            raise LakeError(f"a picture of {size[0]}x{size[1]} is more than {_NARROWEST} times as long as wide")
        sides = [max(factor, round(side / factor) * factor) for side in size]
        if sides[0] * sides[1] > most:
            over = math.sqrt(size[0] * size[1] / most)
            sides = [max(factor, math.floor(side / over / factor) * factor) for side in size]
        elif sides[0] * sides[1] < least:
            under = math.sqrt(least / (size[0] * size[1]))
            sides = [math.ceil(side * under / factor) * factor for side in size]
        return sides[0], sides[1]

    return rule


def _as_recorded(size: Size, _least: int, _most: int) -> Size:
    return size


def _openai(size: Size, _least: int, most: int) -> Size:
    """Into a square of 2048, then the shorter side to 768; a picture is not made larger."""
    scale = min(1.0, 2048 / max(size), 768 / min(size), math.sqrt(most / (size[0] * size[1])))
    return _scaled(size, scale)


_DISPLAYS: tuple[Size, ...] = ((1024, 768), (1280, 800), (1366, 768))


def _anthropic(size: Size, _least: int, most: int) -> Size:
    """To the display of about that shape that the computer tool's reference takes, else within the API's bounds."""
    for width, height in _DISPLAYS:
        if width < size[0] and abs(width / height - size[0] / size[1]) < 0.02:
            return width, height
    return _scaled(size, min(1.0, 1568 / max(size), math.sqrt(most / (size[0] * size[1]))))


def _scaled(size: Size, scale: float) -> Size:
    return size if scale >= 1 else (max(1, int(size[0] * scale)), max(1, int(size[1] * scale)))


@dataclass(frozen=True, slots=True)
class _Rule:
    shown: Callable[[Size, int, int], Size]
    least: int
    most: int
    about: str


_RULES: Mapping[str, _Rule] = MappingProxyType(
    {
        "recorded": _Rule(_as_recorded, 0, 2**62, "as it was recorded"),
        "qwen2-vl": _Rule(_patches(28), 3_136, 12_845_056, "Qwen2-VL: sides in steps of 28"),
        "qwen2.5-vl": _Rule(_patches(28), 3_136, 12_845_056, "Qwen2.5-VL: sides in steps of 28"),
        "qwen3-vl": _Rule(_patches(32), 65_536, 16_777_216, "Qwen3-VL: sides in steps of 32"),
        "ui-tars": _Rule(_patches(28), 78_400, 12_845_056, "UI-TARS 1.5: as Qwen2.5-VL, of at least 100 patches"),
        "openai": _Rule(_openai, 0, 2**62, "OpenAI: into a square of 2048, the shorter side at most 768"),
        "anthropic": _Rule(
            _anthropic, 0, 1_150_000, "Anthropic: 1024x768, 1280x800 or 1366x768, else 1568 and 1.15 MP"
        ),
    }
)
RULES = tuple(_RULES)


def rule_bounds(rule: str) -> tuple[int, int]:
    """The least and the most pixels of a rule."""
    return _RULES[rule].least, _RULES[rule].most


@dataclass(frozen=True, slots=True)
class Frame:
    """A screenshot as a model sees it: the size recorded, the size shown, and what the far edges are called."""

    recorded: Size
    shown: Size
    grid: tuple[float, float]
    digits: int

    def place(self, point: Point) -> tuple[float, float]:
        """The point on the grid, rounded to it."""
        return tuple(self._rounded(part * far) for part, far in zip(self._parts(point), self.grid, strict=True))  # type: ignore[return-value]

    def point(self, x: float, y: float) -> Point:
        """The point at that place of the grid, in pixels as they were recorded."""
        width, height = self.recorded
        return Point.on(x * width / self.grid[0], y * height / self.grid[1], width=width, height=height)

    def sides(self, box: Box) -> list[float]:
        """Left, top, right and bottom on the grid, each rounded outwards: a point in the box is told as one in it."""
        across, down = (far / side for far, side in zip(self.grid, self.recorded, strict=True))
        low = (box.x * across, box.y * down)
        high = ((box.x + box.width) * across, (box.y + box.height) * down)
        return [*(self._rounded(side, math.floor) for side in low), *(self._rounded(side, math.ceil) for side in high)]

    def reach(self, point: Point, pixels: float) -> list[float]:
        """The sides of the square around a point that reaches so many recorded pixels to each side."""
        x, y = (part * side for part, side in zip(self._parts(point), self.recorded, strict=True))
        return self.sides(Box(x - pixels, y - pixels, 2 * pixels, 2 * pixels))

    def centre(self) -> Point:
        """The middle of the screen."""
        width, height = self.recorded
        return Point.on(width / 2, height / 2, width=width, height=height)

    def _parts(self, point: Point) -> tuple[float, float]:
        """The point as a fraction of the recorded width and height."""
        width, height = self.recorded
        x, y = point.pixel(width, height)
        return x / width, y / height

    def _rounded(self, value: float, by: Callable[[float], int] = round) -> float:
        if not self.digits:
            return by(value)
        scale = 10**self.digits
        return by(round(value * scale, 6)) / scale


@dataclass(frozen=True, slots=True)
class Geometry:
    """By which rule a picture is resized, in what places are counted, and whether the picture itself is `kept`."""

    rule: str = "recorded"
    unit: Unit = "pixels"
    kept: bool = False
    least: int | None = None
    most: int | None = None

    def frame(self, recorded: Size) -> Frame:
        """What a screenshot of that size is to the model.

        Raises:
            LakeError: if the processor refuses such a picture.
        """
        rule = _RULES[self.rule]
        shown = rule.shown(
            recorded,
            rule.least if self.least is None else self.least,
            rule.most if self.most is None else self.most,
        )
        grids: Mapping[Unit, tuple[float, float]] = {
            "pixels": shown,
            "original": recorded,
            "fraction": (1.0, 1.0),
            "thousand": (1000, 1000),
            "999": (999, 999),
        }
        return Frame(recorded, shown, grids[self.unit], _FRACTION_DIGITS if self.unit == "fraction" else 0)

    def resizes(self, frame: Frame) -> bool:
        """Whether the picture in the dataset is another than the recorded one."""
        return not self.kept and frame.shown != frame.recorded

    def __str__(self) -> str:
        """As `--geometry` takes it."""
        bounds = [f"{name}={value}" for name in ("least", "most") if (value := getattr(self, name)) is not None]
        return ",".join([self.rule, self.unit, *(["kept"] if self.kept else []), *bounds])

    @property
    def about(self) -> str:
        """What it does, for people."""
        size = _RULES[self.rule].about
        places = {
            "pixels": "places in pixels of that size",
            "original": "places in pixels as recorded",
            "fraction": "places from 0 to 1",
            "thousand": "places from 0 to 1000",
            "999": "places from 0 to 999",
        }[self.unit]
        return (
            f"{size}; {'the pictures are left as recorded' if self.kept else 'the pictures have that size'}; {places}"
        )


def geometry_of(text: str, default: Geometry) -> Geometry:
    """The geometry of `RULE[,UNIT][,kept][,least=N][,most=N]`; what it doesn't say is as in `default`.

    Raises:
        ConfigurationError: if it is none.
    """
    found = default
    for part in text.split(","):
        name, _, value = part.strip().partition("=")
        if name in RULES and not value:
            found = replace(found, rule=name)
        elif name == "kept" and not value:
            found = replace(found, kept=True)
        elif name in ("least", "most") and value.isascii() and value.isdigit() and 0 < len(value) < 12 and int(value):
            found = replace(found, least=int(value)) if name == "least" else replace(found, most=int(value))
        else:
            units = [unit for unit in UNITS if unit == name and not value]
            if not units:
                raise ConfigurationError(
                    f"--geometry {text!r}: expected a rule ({', '.join(RULES)}), a unit ({', '.join(UNITS)}), "
                    "kept, least=PIXELS or most=PIXELS, joined by commas"
                )
            found = replace(found, unit=units[0])
    if found.least is not None and found.most is not None and found.least > found.most:
        raise ConfigurationError(f"--geometry {text!r}: expected a least size below the most")
    return found


@lru_cache(maxsize=64)
def resized(data: bytes, size: Size) -> bytes:
    """The picture at that size, as PNG.

    Raises:
        LakeError: if it can't be read.
    """
    try:
        with Image.open(io.BytesIO(data)) as image:
            shown = image.convert("RGB").resize(size, Image.Resampling.BICUBIC)
    except (OSError, ValueError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise LakeError(f"expected a picture of the lake to resize, found {error}") from error
    sink = io.BytesIO()
    shown.save(sink, "PNG", compress_level=6)
    return sink.getvalue()
