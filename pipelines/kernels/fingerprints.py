"""Images to fingerprints: each distinct image is decoded once."""

from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor

import imagehash
from PIL import Image as Pillow

from schemas.choices import Fingerprint
from schemas.errors import SchemaError
from schemas.visual import decode, pixel_hash, tiles

RULES_VERSION = "f1"
THREADS = 2


def fingerprint(screen: str, data: bytes) -> Fingerprint:
    """What an image looks like; where it can't be decoded, why."""
    try:
        pixels = decode(data)
    except SchemaError as error:
        return Fingerprint(screen, RULES_VERSION, None, None, None, None, None, str(error)[:200])
    grey = Pillow.fromarray(pixels).convert("L")
    return Fingerprint(
        screen=screen,
        rules_version=RULES_VERSION,
        pixels=pixel_hash(pixels),
        phash64=str(imagehash.phash(grey, hash_size=8)),
        phash256=str(imagehash.phash(grey, hash_size=16)),
        dhash64=str(imagehash.dhash(grey, hash_size=8)),
        tiles=tiles(pixels),
        error=None,
    )


def fingerprints(images: Iterable[tuple[str, bytes]]) -> list[Fingerprint]:
    """The fingerprints in the order of the images; decoding lets go of the interpreter, so two go on at a time."""
    with ThreadPoolExecutor(max_workers=THREADS) as pool:
        pending: deque[Future[Fingerprint]] = deque()
        found = []
        for screen, data in images:
            pending.append(pool.submit(fingerprint, screen, data))
            if len(pending) > 2 * THREADS:
                found.append(pending.popleft().result())
        return [*found, *(one.result() for one in pending)]
