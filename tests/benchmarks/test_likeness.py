"""The pairs of the benchmark, by words alone: the vectors of a real model are not needed to see what the check does."""

import numpy as np

from benchmarks.likeness.__main__ import measured, rows_of
from benchmarks.likeness.pairs import PAIRS, read_pairs
from labelers.sameness import what_differs


def test_the_pairs_are_many_of_each_kind_and_each_once() -> None:
    pairs = read_pairs(PAIRS)
    assert len({frozenset((pair.one, pair.other)) for pair in pairs}) == len(pairs) >= 250
    assert {pair.kind for pair in pairs if not pair.same} >= {
        "contrary",
        "negation",
        "number",
        "name",
        "part",
        "turned",
    }


def test_no_two_tasks_are_taken_for_one_whatever_the_vectors_say() -> None:
    pairs = read_pairs(PAIRS)
    assert [pair for pair in pairs if not pair.same and what_differs(pair.one, pair.other) is None] == []
    kept = [pair for pair in pairs if pair.same and what_differs(pair.one, pair.other) is None]
    assert len(kept) >= 0.6 * sum(pair.same for pair in pairs)


def test_precision_and_recall_count_what_reaches_the_threshold() -> None:
    pairs = read_pairs(PAIRS)
    vectors = {text: np.array([1.0, 0.0], np.float32) for pair in pairs for text in (pair.one, pair.other)}
    precision, recall = measured(pairs, vectors, 0.95, checked=True)
    assert precision.value == 1.0
    assert recall.value is not None
    assert recall.value < measured(pairs, vectors, 0.95, checked=False)[1].value == 1.0  # type: ignore[operator]
    assert [row[0] for row in rows_of(pairs, vectors)] == ["0.8", "0.85", "0.9", "0.95", "0.97"]
