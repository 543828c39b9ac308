"""Contradictions: an action that is found right for a task anywhere is no negative for it elsewhere."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

VERDICT = np.dtype([("high", "<u8"), ("low", "<u8"), ("row", "<u4"), ("file", "<u2"), ("good", "<u2")])
"""What is shuffled for a verdict: 24 bytes; `row` counts for the harmful ones."""

Verdicts: TypeAlias = NDArray[np.void]


def verdicts(pairs: pa.Array, roles: pa.Array, *, file: int) -> Verdicts:
    """A record for each harmful row, and one for each pair that is good somewhere in the file."""
    known = np.flatnonzero(np.asarray(pairs.is_valid()))
    good = np.asarray(pa.compute.equal(roles, "target"))[known]
    found = np.empty(len(known), VERDICT)
    if len(known):
        halves = np.frombuffer(pairs.buffers()[1], ">u8").reshape(-1, 2)[pairs.offset :][known]
        found["high"], found["low"] = halves[:, 0], halves[:, 1]
    found["row"], found["file"], found["good"] = known, file, good
    right, wrong = found[good.astype(bool)], found[~good.astype(bool)]
    _, first = np.unique(right[["high", "low"]], return_index=True)
    return np.concatenate([right[first], wrong])


def contradicted(parts: Iterable[Verdicts]) -> Mapping[int, Sequence[int]]:
    """For each file the harmful rows whose pair is good in any; `parts` are of one partition."""
    every = np.concatenate([np.empty(0, VERDICT), *parts])
    good = every["good"] == 1
    right = np.unique(every[good][["high", "low"]])
    wrong = every[~good]
    against = wrong[np.isin(wrong[["high", "low"]], right)]
    found: dict[int, list[int]] = {}
    for file, row in sorted(zip(against["file"].tolist(), against["row"].tolist(), strict=True)):
        found.setdefault(file, []).append(row)
    return found
