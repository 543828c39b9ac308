"""Contradictions: an action that is found right for a task anywhere is no negative for it elsewhere."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from pipelines.curate.duplicates.records import Records, halves, rows_by_file

VERDICT = np.dtype([("high", "<u8"), ("low", "<u8"), ("row", "<u4"), ("file", "<u2"), ("good", "<u2")])
"""What is shuffled for a verdict: 24 bytes; `row` counts for the harmful ones."""


def verdicts(pairs: pa.Array, roles: pa.Array, *, file: int) -> Records:
    """A record for each harmful row, and one for each pair that is good somewhere in the file."""
    known = np.flatnonzero(np.asarray(pairs.is_valid()))
    good = np.asarray(pa.compute.equal(roles, "target"))[known]
    records = np.empty(len(known), VERDICT)
    if len(known):
        records["high"], records["low"] = halves(pairs)[known].T
    records["row"], records["file"], records["good"] = known, file, good
    right, wrong = records[good.astype(bool)], records[~good.astype(bool)]
    _, first = np.unique(right[["high", "low"]], return_index=True)
    return np.concatenate([right[first], wrong])


def contradicted(every: Records) -> Mapping[int, Sequence[int]]:
    """For each file the harmful rows whose pair is good in any, of the records of a partition."""
    good = every["good"] == 1
    right = np.unique(every[good][["high", "low"]])
    wrong = every[~good]
    against = wrong[np.isin(wrong[["high", "low"]], right)]
    return rows_by_file(against)
