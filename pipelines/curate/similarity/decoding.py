"""Image files to pixels: faster where libvips is installed (the package `pyvips`), and the same without it."""

import struct
from types import ModuleType

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from schemas.visual import PIXEL_LIMIT, decode

try:
    import pyvips as _pyvips
except (ImportError, OSError):  # OSError: the package is there and the library is not
    _VIPS: ModuleType | None = None
else:
    _VIPS = _pyvips

BLOCKS = 4
"""Of 16 MB, that Pillow keeps for the next image: to get them from the system anew takes as long as to decode WebP."""

SIGNATURE = b"\x89PNG\r\n\x1a\n"
PLAIN = frozenset({b"IHDR", b"IDAT", b"IEND", b"sRGB", b"pHYs", b"tEXt", b"tIME"})
"""The chunks of a PNG that leave its pixels as they are, in any program."""

TRUE_COLOUR = (8, 2, 0, 0, 0)
"""Of an image's header: bits of a channel, RGB, the only compression and filter, and not interlaced."""


def keep_memory(blocks: int = BLOCKS) -> None:
    """Lets Pillow keep so many blocks of memory in this process (its own default is none)."""
    Pillow.core.set_blocks_max(blocks)  # type: ignore[attr-defined]


def has_vips() -> bool:
    """Whether libvips decodes what it can."""
    return _VIPS is not None


def decoded(data: bytes) -> NDArray[np.uint8]:
    """The pixels of an image file, as `schemas.visual.decode` gives them: height, width, RGB.

    Raises:
        SchemaError: as `decode` does.
    """
    if _VIPS is not None and _is_plain(data):
        try:
            # From top to bottom, so that no second copy is made; a warning is an error, and then Pillow decides.
            image = _VIPS.Image.pngload_buffer(data, access="sequential", fail_on="warning")
            if image.bands == 3 and image.format == "uchar":
                pixels = np.frombuffer(image.write_to_memory(), np.uint8)
                return pixels.reshape(image.height, image.width, 3)
        except _VIPS.Error:
            pass  # what is wrong with the file is Pillow's to say
    return decode(data)


def _is_plain(data: bytes) -> bool:
    """Whether a file is a PNG that all programs read alike: true colour, whole, without profiles or transparency."""
    if data[:8] != SIGNATURE or len(data) < 57 or data[12:16] != b"IHDR":
        return False
    width, height = struct.unpack(">II", data[16:24])
    if tuple(data[24:29]) != TRUE_COLOUR or not 0 < width * height <= PIXEL_LIMIT:
        return False
    place = 8
    while place + 12 <= len(data):
        kind = data[place + 4 : place + 8]
        if kind not in PLAIN:
            return False
        place += 12 + int(struct.unpack_from(">I", data, place)[0])
        if kind == b"IEND":
            return place == len(data)
    return False
