"""Images to fingerprints: each distinct image is decoded once."""

from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor

import imagehash
import numpy as np
from PIL import Image as Pillow

from pipelines.curate.similarity.decoding import decoded, keep_memory
from pipelines.curate.similarity.resizing import reduced
from schemas.choices import Fingerprint
from schemas.errors import SchemaError
from schemas.visual import pixel_hash, tiles

RULES_VERSION = "f2"
THREADS = 2


def fingerprint(screen: str, data: bytes) -> Fingerprint:
    """What an image looks like; where it can't be decoded, why."""
    try:
        pixels = decoded(data)
    except SchemaError as error:
        return Fingerprint(screen, RULES_VERSION, None, None, None, None, None, str(error)[:200])
    grey = np.asarray(Pillow.fromarray(pixels).convert("L"))
    return Fingerprint(
        screen=screen,
        rules_version=RULES_VERSION,
        pixels=pixel_hash(pixels),
        # Given an image of the size to which it reduces, imagehash leaves it as it is.
        phash64=str(imagehash.phash(reduced(grey, 32, 32), hash_size=8)),
        phash256=str(imagehash.phash(reduced(grey, 64, 64), hash_size=16)),
        dhash64=str(imagehash.dhash(reduced(grey, 9, 8), hash_size=8)),
        tiles=tiles(pixels, grey),
        error=None,
    )


def fingerprints(images: Iterable[tuple[str, bytes]]) -> list[Fingerprint]:
    """The fingerprints in the order of the images; decoding lets go of the interpreter, so two go on at a time."""
    keep_memory()
    with ThreadPoolExecutor(max_workers=THREADS) as pool:
        pending: deque[Future[Fingerprint]] = deque()
        done = []
        for screen, data in images:
            pending.append(pool.submit(fingerprint, screen, data))
            if len(pending) > 2 * THREADS:
                done.append(pending.popleft().result())
        return [*done, *(future.result() for future in pending)]
