"""Near hashes against brute force: 64-bit codes at a distance of 3 or less, a fifth of them one blank screen.

    python -m benchmarks.curation.hamming
    python -m benchmarks.curation.hamming --rows 300000 --faiss /path/to/python

Brute force compares a block of distinct codes with all of them (equal ones would burden it with pairs), and its time
for all pairs is extrapolated from that: by numpy, and by faiss where a Python that has it is named; the faster counts.
What it found for the rows of the block has to be what the kernel found, and all pairs of a tenth of the rows too. Ends
with 1 if a pair differs or the bar is missed.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from benchmarks.curation.measuring import Bar, finish, in_turns
from benchmarks.tables import table
from pipelines.curate.similarity.hamming import Codes, pairs

DISTANCE = 3
BLOCK = 1_000
CACHED = 8_192
"""Codes that are compared with one at a time, so that they stay in the cache."""

FAISS = """
import sys, time, numpy, faiss
faiss.omp_set_num_threads(1)
codes = numpy.load(sys.argv[1]).view(numpy.uint8).reshape(-1, 8)
index = faiss.IndexBinaryFlat(64)
index.add(codes)
start = time.process_time()
index.range_search(codes[: int(sys.argv[2])], int(sys.argv[3]) + 1)
print(time.process_time() - start)
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--faiss", metavar="PYTHON", help="an interpreter that has faiss, to compare with it too")
    parser.add_argument("--folder", type=Path, default=Path("/tmp"), help="for the codes that faiss reads")
    given = parser.parse_args(arguments)
    codes = screens(given.rows)
    distinct = np.unique(codes)
    wrong = differences(distinct)
    low = low_entropy(given.rows // 5)
    contenders = {
        "kernel": lambda: pairs(np.unique(codes), DISTANCE),
        "brute force by numpy": lambda: brute(distinct, np.arange(BLOCK)),
        "kernel, a low-entropy family": lambda: pairs(low, DISTANCE),
    }
    taken = in_turns(given.rounds, **contenders)
    if given.faiss:
        path = given.folder / "hindtrace-codes.npy"
        np.save(path, distinct)
        taken["brute force by faiss"] = [by_faiss(given.faiss, path) for _ in range(given.rounds)]
        path.unlink()
    else:
        print("without faiss: name a Python that has it by --faiss\n", file=sys.stderr)
    block = {name: median(seconds) for name, seconds in taken.items() if name.startswith("brute")}
    fastest = min(block, key=lambda name: block[name])
    ours = median(taken["kernel"])
    comparison = block[fastest] / BLOCK / len(distinct)
    every, some = (comparison * count * count / 2 for count in (given.rows, len(distinct)))
    rows = [
        ("the kernel", f"{given.rows:,} codes", f"{ours:.2f}"),
        (fastest, f"extrapolated from {BLOCK:,} rows against {len(distinct):,}", f"{every:.0f}"),
        (fastest, f"the same for the {len(distinct):,} distinct codes", f"{some:.0f}"),
        ("the kernel", f"{len(low):,} codes with 15 % of their bits set", f"{median(taken[list(contenders)[2]]):.2f}"),
    ]
    print(table(("what", "of what", "seconds of computing"), rows) + "\n")
    bars = [
        Bar("brute force / kernel, all codes", every / ours, 300),
        Bar("pairs that differ from those of brute force", wrong, 0, least=False),
    ]
    measured = {"distinct": len(distinct), "brute force over distinct codes / kernel": some / ours, "seconds": taken}
    return finish("hamming", bars, measured, ("numpy", "pyarrow"))


def screens(count: int) -> Codes:
    """Hashes of screens: a fifth of one blank screen, a twentieth a few bits off another."""
    chance = np.random.default_rng(0)
    codes = chance.integers(0, 2**64, count, dtype=np.uint64)
    changed = chance.choice(count, count // 20, replace=False)
    near_by = codes[chance.integers(0, count, len(changed))]
    for _ in range(4):
        near_by ^= np.uint64(1) << chance.integers(0, 64, len(changed), dtype=np.uint64)
    codes[changed] = near_by
    codes[chance.choice(count, count // 5, replace=False)] = 1 << 63
    return codes


def low_entropy(count: int) -> Codes:
    """Distinct hashes with few bits set, as screens with little on them have."""
    bits = np.random.default_rng(1).random((count, 64)) < 0.15
    return np.unique(np.packbits(bits, axis=1).view(">u8").astype(np.uint64))


def brute(codes: NDArray[np.uint64], rows: NDArray[np.int64]) -> set[tuple[int, int]]:
    """The pairs near enough of which one is among the rows, by comparing those with all."""
    found = set()
    apart = np.empty(len(codes), np.uint8)
    for row in rows:
        for start in range(0, len(codes), CACHED):
            np.bitwise_count(codes[start : start + CACHED] ^ codes[row], out=apart[start : start + CACHED])
        found |= {(min(row, other), max(row, other)) for other in np.flatnonzero(apart <= DISTANCE) if other != row}
    return found


def differences(distinct: Codes) -> int:
    """How many pairs only one of kernel and brute force found: of some rows with all, and of a tenth of the rows."""
    tenth = distinct[np.random.default_rng(2).permutation(len(distinct))[: len(distinct) // 10]]
    wrong = 0
    for codes, rows in (
        (distinct, np.arange(0, len(distinct), len(distinct) // BLOCK)),
        (tenth, np.arange(len(tenth))),
    ):
        left, right, _ = pairs(codes, DISTANCE)
        chosen = np.isin(left, rows) | np.isin(right, rows)
        one, other = np.minimum(left, right)[chosen].tolist(), np.maximum(left, right)[chosen].tolist()
        wrong += len(brute(codes, rows) ^ set(zip(one, other, strict=True)))
    return wrong


def by_faiss(python: str, path: Path) -> float:
    """Seconds that faiss computes for the block against all."""
    command = [python, "-c", FAISS, str(path), str(BLOCK), str(DISTANCE)]
    start = time.monotonic()
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    print(f"faiss: {time.monotonic() - start:.0f} s", file=sys.stderr)
    return float(ended.stdout)


if __name__ == "__main__":
    raise SystemExit(main())
