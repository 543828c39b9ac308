"""The fingerprints of a screen of 1920 x 1080 against imagehash, bit for bit the same.

    python -m benchmarks.curation.screens
    python -m benchmarks.curation.screens --images FOLDER

From the bytes of the file: the 64-bit pHash, and all that a fingerprint holds. Ends with 1 if a hash differs or the
bar is missed. Without libvips (`pip install "hindtrace[fast]"`) decoding takes Pillow's time, and the table says so.
"""

import argparse
import io
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import imagehash
import numpy as np
from PIL import Image

from benchmarks.curation.drawing import png, screen, webp
from benchmarks.curation.measuring import Bar, finish, in_turns, ratio_in_rounds
from benchmarks.tables import fastest_tenth, table
from pipelines.curate.similarity import decoding
from pipelines.curate.similarity.fingerprints import fingerprint
from pipelines.curate.similarity.resizing import reduced


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=Path, metavar="FOLDER", help="of PNG files, instead of drawn screens")
    parser.add_argument("--screens", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=9)
    given = parser.parse_args(arguments)
    if given.images:
        images = [Image.open(path).convert("RGB") for path in sorted(given.images.rglob("*.png"))[: given.screens]]
    else:
        images = [screen(seed) for seed in range(given.screens)]
    rows, measured = [], {}
    differing = 0
    bars = []
    for kind, files in (
        ("PNG", [png(image) for image in images]),
        ("lossless WebP", [webp(image) for image in images]),
    ):
        differing += sum(not same(data) for data in files)
        contenders: dict[str, Callable[[], object]] = {
            "imagehash, pHash 64": partial(each, one, files),
            "pHash 64": partial(each, phash, files),
            "imagehash, pHash 64 and 256, dHash": partial(each, three, files),
            "the whole fingerprint": partial(each, partial(fingerprint, ""), files),
            "decoding": partial(each, decoding.decoded, files),
        }
        taken = in_turns(given.rounds, **contenders)
        measured[kind] = taken
        for name, seconds in taken.items():
            rows.append((kind, name, f"{1000 * fastest_tenth(seconds) / len(files):.1f}"))
        share = ratio_in_rounds(taken["pHash 64"], taken["imagehash, pHash 64"])
        all_of_it = ratio_in_rounds(taken["the whole fingerprint"], taken["imagehash, pHash 64 and 256, dHash"])
        rows.append((kind, "pHash 64 / imagehash's", f"{share:.2f} x"))
        rows.append((kind, "the whole fingerprint / imagehash's three hashes", f"{all_of_it:.2f} x"))
        if kind == "PNG":
            bars.append(Bar("pHash of a PNG / imagehash's, computing", share, 0.65, least=False))
    bars.append(Bar("files of which a hash differs", differing, 0, least=False))
    how = "libvips and Pillow" if decoding.has_vips() else "Pillow: there is no libvips"
    print(table(("file", "what", "milliseconds"), rows) + f"\n\nDecoded by {how}.\n")
    packages = ("pillow", "imagehash", "numpy", *(("pyvips",) if decoding.has_vips() else ()))
    return finish("screens", bars, {"decoded by": how, "seconds": measured}, packages)


def each(work: Callable[[bytes], object], files: Sequence[bytes]) -> None:
    """Does the work for each file, with memory as Pillow keeps it by itself for what is imagehash's alone."""
    decoding.keep_memory(0 if work in BY_IMAGEHASH else decoding.BLOCKS)
    for data in files:
        work(data)


def phash(data: bytes) -> str:
    """The 64-bit pHash of a file."""
    grey = np.asarray(Image.fromarray(decoding.decoded(data)).convert("L"))
    return str(imagehash.phash(reduced(grey, 32, 32)))


def one(data: bytes) -> str:
    """The 64-bit pHash of a file, by imagehash alone."""
    return str(imagehash.phash(Image.open(io.BytesIO(data))))


def three(data: bytes) -> tuple[str, str, str]:
    """The three hashes of a file, decoded once, by imagehash alone."""
    image = Image.open(io.BytesIO(data)).convert("L")
    return str(imagehash.phash(image)), str(imagehash.phash(image, hash_size=16)), str(imagehash.dhash(image))


def same(data: bytes) -> bool:
    """Whether all hashes are imagehash's."""
    found = fingerprint("", data)
    return (found.phash64, found.phash256, found.dhash64) == three(data) and found.phash64 == phash(data)


BY_IMAGEHASH = (one, three)

if __name__ == "__main__":
    raise SystemExit(main())
