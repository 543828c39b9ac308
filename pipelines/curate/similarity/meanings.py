"""Sentences that say the same in other words: those whose vectors point the same way, and of which no word differs.

Every pair is compared, so the work grows with the square of the number of sentences: 2 n² / 2 multiplications and
additions for each dimension. Which are alike does not depend on how the products were cut into blocks, on the library
that makes them or on the order of the rows: vectors become whole numbers so small that every sum of their products is
exact in 64-bit floating point.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from labelers.model.vectors import DIMENSIONS
from labelers.sameness import comparable, what_differs
from pipelines.curate.similarity.near import EDGES
from schemas.errors import ConfigurationError

RULES_VERSION = "m2"
"""To be raised when `labelers.sameness` finds other sentences the same: edges are kept by it."""

UNITS = 1 << 19
"""What the largest number of a vector becomes: its square times 2^14, `DIMENSIONS`, is 2^52, and every sum exact."""

BLOCK = 2_048
"""Sentences that are compared with as many others at a time: 32 MB for their cosines."""

MOST_PAIRS = 2_000_000
"""That are alike; each takes half a kilobyte on its way into the lake."""

Whole = NDArray[np.int32]


def near_meanings(
    sentences: pl.DataFrame, vectors: NDArray[np.float32], *, similarity: float
) -> tuple[pl.DataFrame, int]:
    """The edges between sentences whose vectors have at least that cosine, `EDGES`, the distance being 1 less it.

    `sentences` has distinct `plain`, and `text`; `vectors` has a row for each. A vector of zeros is near nothing. Also
    returned is how many pairs are as much alike and no edge, since one says what the other does not: a number, a name,
    the contrary, a part more (`labelers.sameness`). At no similarity is a pair an edge that is none at a lower one.

    Raises:
        ConfigurationError: if more than `MOST_PAIRS` are alike.
        ValueError: if there is not one vector for each sentence, or one has more than `DIMENSIONS`.
    """
    if vectors.ndim != 2 or len(vectors) != sentences.height or vectors.shape[1] > DIMENSIONS:
        raise ValueError(f"expected {sentences.height} vectors of at most {DIMENSIONS}, found {vectors.shape}")
    plains, texts = sentences["plain"].to_list(), sentences["text"].to_list()
    order = np.array(sorted(range(len(plains)), key=plains.__getitem__), np.int64)
    whole = whole_numbers(vectors)
    alike, told = 0, []
    for members in _comparable(order, texts):
        for left, right, cosine in _pairs(whole, members, similarity):
            alike += 1
            if alike > MOST_PAIRS:
                raise ConfigurationError(
                    f"more than {MOST_PAIRS:,} pairs of sentences have vectors with a cosine of {similarity} or more: "
                    "raise embedding_similarity"
                )
            if what_differs(texts[left], texts[right]) is None:
                told.append((plains[left], plains[right], 1 - cosine))
    return pl.DataFrame(told, schema=EDGES, orient="row").sort("left", "right"), alike - len(told)


def whole_numbers(vectors: NDArray[np.float32]) -> Whole:
    """The vectors with whole numbers up to `UNITS` in the place of theirs: their directions stay, their lengths go."""
    found = np.zeros(vectors.shape, np.int32)
    for start in range(0, len(vectors), BLOCK):
        part = vectors[start : start + BLOCK].astype(np.float64)
        most = np.abs(part).max(axis=1, initial=0.0, keepdims=True)
        found[start : start + BLOCK] = np.rint(part / np.where(most > 0, most, 1.0) * UNITS)
    return found


def _comparable(order: NDArray[np.int64], texts: Sequence[str]) -> Iterator[NDArray[np.int64]]:
    """The sentences in groups with the same numbers: no pair of two groups says the same."""
    groups: dict[tuple[tuple[str, int], ...], list[int]] = {}
    for row in order.tolist():
        groups.setdefault(comparable(texts[row]), []).append(row)
    for members in groups.values():
        yield np.array(members, np.int64)


def _pairs(whole: Whole, members: NDArray[np.int64], similarity: float) -> Iterator[tuple[int, int, float]]:
    """The pairs of members, the earlier one first, with at least that cosine, and it."""
    for start in range(0, len(members), BLOCK):
        rows = members[start : start + BLOCK]
        lefts, lengths = _measured(whole, rows)
        for other in range(start, len(members), BLOCK):
            columns = members[other : other + BLOCK]
            rights, others = (lefts, lengths) if other == start else _measured(whole, columns)
            cosines = lefts @ rights.T
            cosines /= lengths[:, None] * others[None, :]
            near = cosines >= similarity
            if other == start:
                near = np.triu(near, 1)
            for row, column in zip(*(one.tolist() for one in np.nonzero(near)), strict=True):
                yield int(rows[row]), int(columns[column]), min(1.0, float(cosines[row, column]))


def _measured(whole: Whole, rows: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The vectors of the rows, and their lengths; that of zeros is without end, so that its cosines are 0."""
    part = whole[rows].astype(np.float64)
    squares = np.square(part).sum(axis=1)
    return part, np.sqrt(np.where(squares > 0, squares, np.inf))
