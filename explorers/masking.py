"""Painting over what must not be seen in a screenshot: secrets always, personal data on request."""

import io
import math
from collections.abc import Iterable

from PIL import Image

from schemas.records import Box, Screen, Tree
from schemas.redaction import is_secret

COLOUR = (128, 128, 128)
MARGIN = 1
"""Pixels around a box that are painted too: boxes are fractions, and glyphs lean over their edges."""


def secret_boxes(tree: Tree) -> tuple[Box, ...]:
    """The boxes of the fields on the screen that hold a secret; an empty field hides nothing."""
    return tuple(
        node.box
        for node in tree.nodes
        if node.value and node.box is not None and "offscreen" not in node.flags and is_secret(node)
    )


def mask_screen(screen: Screen, boxes: Iterable[Box]) -> Screen:
    """The screen with flat boxes in place of what was drawn there, in the same lossless format.

    The same object where no box is on it. A JPEG, which can't be changed without loss, becomes a PNG.
    """
    areas = [area for box in boxes if (area := _area(box, screen.width, screen.height)) is not None]
    if not areas:
        return screen
    with Image.open(io.BytesIO(screen.data), formats=("PNG", "WEBP", "JPEG")) as image:
        painted = image.convert("RGBA" if image.mode in ("RGBA", "LA", "PA") else "RGB")
    # The image may have more pixels than the screen has units.
    wide, high = painted.width / screen.width, painted.height / screen.height
    for left, top, right, bottom in areas:
        scaled = (math.floor(left * wide), math.floor(top * high), math.ceil(right * wide), math.ceil(bottom * high))
        painted.paste((*COLOUR, 255)[: len(painted.getbands())], scaled)
    data = io.BytesIO()
    if screen.format == "webp":
        # With `exact`, colours under full transparency stay as they are; method 0 is the fastest of the lossless ones.
        painted.save(data, "WEBP", lossless=True, quality=0, method=0, exact=True)
        return Screen(data.getvalue(), screen.width, screen.height, "webp")
    painted.save(data, "PNG", compress_level=1)
    return Screen(data.getvalue(), screen.width, screen.height, "png")


def _area(box: Box, width: int, height: int) -> tuple[int, int, int, int] | None:
    """The pixels of a box that are on the screen: left, top, right and bottom, the last two not included."""
    left = max(math.floor(box.x) - MARGIN, 0)
    top = max(math.floor(box.y) - MARGIN, 0)
    right = min(math.ceil(box.x + box.width) + MARGIN, width)
    bottom = min(math.ceil(box.y + box.height) + MARGIN, height)
    return (left, top, right, bottom) if left < right and top < bottom else None
