"""Tests of pipelines.curate.similarity.meanings: against the cosine of all pairs in exact numbers."""

import math
from fractions import Fraction
from itertools import combinations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from labelers.model.vectors import DIMENSIONS
from pipelines.curate.similarity import meanings
from pipelines.curate.similarity.meanings import UNITS, near_meanings, whole_numbers
from pipelines.curate.similarity.near import EDGES
from schemas.errors import ConfigurationError

NUMBER = st.one_of(st.just(0.0), st.floats(-(2.0**100), 2.0**100, width=32), st.integers(-3, 3).map(float))
VECTORS = st.integers(1, 5).flatmap(
    lambda size: st.lists(st.lists(NUMBER, min_size=size, max_size=size), min_size=1, max_size=12)
)


def sentences(*texts: str) -> pl.DataFrame:
    return pl.DataFrame({"plain": [f"p{number:03}" for number in range(len(texts))], "text": texts})


def vectors(rows: list[list[float]]) -> NDArray[np.float32]:
    return np.array(rows, np.float32)


def cosine(one: NDArray[np.int32], other: NDArray[np.int32]) -> float:
    dot, squares = (
        sum(a * b for a, b in zip(one.tolist(), other.tolist(), strict=True)),
        [sum(a * a for a in row.tolist()) for row in (one, other)],
    )
    return min(1.0, dot / (math.sqrt(squares[0]) * math.sqrt(squares[1]))) if all(squares) else 0.0


@settings(max_examples=40, deadline=None)
@given(VECTORS, st.sampled_from([0.8, 0.95, 1.0]), st.randoms(use_true_random=False), st.integers(1, 5))
def test_the_edges_are_the_pairs_that_are_alike_in_whatever_order_and_blocks(
    rows: list[list[float]], similarity: float, chance: st.DataObject, block: int
) -> None:
    given_, said = vectors(rows), sentences(*["water the plants"] * len(rows))
    whole = whole_numbers(given_)
    expected = {
        (f"p{one:03}", f"p{other:03}"): 1 - cosine(whole[one], whole[other])
        for one, other in combinations(range(len(rows)), 2)
        if cosine(whole[one], whole[other]) >= similarity
    }
    order = list(range(len(rows)))
    chance.shuffle(order)  # type: ignore[attr-defined]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(meanings, "BLOCK", block)
        found, others = near_meanings(said[order], given_[order], similarity=similarity)
    assert found.schema == EDGES
    assert {(left, right): distance for left, right, distance in found.iter_rows()} == expected
    assert others == 0
    empty = {f"p{number:03}" for number, row in enumerate(given_) if not row.any()}
    assert not empty & {*found["left"], *found["right"]}


@settings(max_examples=40, deadline=None)
@given(VECTORS)
def test_a_tighter_similarity_leaves_edges_away_and_changes_none(rows: list[list[float]]) -> None:
    said = sentences(*["water the plants"] * len(rows))
    loose, _ = near_meanings(said, vectors(rows), similarity=0.8)
    tight, _ = near_meanings(said, vectors(rows), similarity=0.9)
    assert loose.filter(1 - pl.col("distance") >= 0.9).equals(tight)


def test_whole_numbers_point_where_the_vectors_do() -> None:
    chance = np.random.default_rng(0)
    given_ = chance.normal(size=(40, 256)).astype(np.float32)
    whole = whole_numbers(given_)
    assert np.abs(whole).max() == UNITS
    wide = given_.astype(np.float64)
    wide /= np.linalg.norm(wide, axis=1, keepdims=True)
    for one, other in combinations(range(40), 2):
        assert cosine(whole[one], whole[other]) == pytest.approx(float(wide[one] @ wide[other]), abs=1e-6)
    assert (whole_numbers(given_ * np.float32(2.0**-100)) == whole).all()


def test_sums_of_the_longest_vectors_are_exact() -> None:
    most = np.full((1, DIMENSIONS), UNITS, np.float64)
    assert Fraction(float((most @ most.T)[0, 0])) == DIMENSIONS * UNITS**2 == 2**52


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Open the page Anna Grieg.", "Go to Anna Grieg.", True),
        ("Open the page Anna Grieg.", "Go to Emil Dumas.", False),
        ("Wait for 5 minutes.", "Wait for 10 minutes.", False),
        ('Type "salt".', 'Enter "pepper".', False),
    ],
)
def test_sentences_that_name_other_things_are_no_edge_and_counted(one: str, other: str, alike: bool) -> None:
    found, others = near_meanings(sentences(one, other), vectors([[1.0, 2.0]] * 2), similarity=0.95)
    assert found.height == alike
    # What has other numbers is not compared.
    assert others == (not alike and "5" not in one)


def test_too_many_pairs_and_what_is_no_vector_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    said = sentences("a", "b", "c")
    with pytest.raises(ValueError, match="expected 3 vectors"):
        near_meanings(said, vectors([[1.0]]), similarity=0.9)
    monkeypatch.setattr(meanings, "MOST_PAIRS", 2)
    with pytest.raises(ConfigurationError, match=r"more than 2 pairs of sentences .*: raise embedding_similarity"):
        near_meanings(said, vectors([[1.0]] * 3), similarity=0.9)


def test_a_lake_without_vectors_has_no_edges() -> None:
    found, others = near_meanings(sentences(), np.empty((0, 1), np.float32), similarity=0.9)
    assert (found.height, found.schema, others) == (0, EDGES, 0)
