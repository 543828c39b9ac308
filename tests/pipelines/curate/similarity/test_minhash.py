"""Tests of minhash: against the Jaccard of all pairs, and with numbers that must not change."""

import os
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.curate.similarity import minhash
from pipelines.curate.similarity.minhash import (
    BAND_BYTES,
    bands,
    near,
    pairs,
    shingles_of_sequences,
    shingles_of_texts,
    signatures,
    verified,
)

ROOT = Path(__file__).parents[4]


def shingled(*texts: str | None, words: int = 3) -> pa.Table:
    return shingles_of_texts(names(len(texts)), pa.array(texts, pa.string()), words)


def names(count: int) -> pa.Array:
    return pa.array([f"{number:06}" for number in range(count)], pa.string())


def sets(table: pa.Table) -> dict[str, set[int]]:
    return {name: set(one) for name, one in zip(*(table[column].to_pylist() for column in table.column_names))}  # noqa: B905


def edges(table: pa.Table) -> list[tuple[str, str, float]]:
    columns = (table[name].to_pylist() for name in ("left", "right", "distance"))
    return list(zip(*columns, strict=True))


def likeness(table: pa.Table) -> dict[tuple[str, str], float]:
    found = {}
    for (one, first), (other, second) in combinations(sorted(sets(table).items()), 2):
        if first | second:
            found[one, other] = len(first & second) / len(first | second)
    return found


def walks(seed: int, count: int, length: int, changed: float) -> pa.Table:
    """Sequences of tokens that all differ, each but the first an earlier one with some tokens changed."""
    chance = np.random.default_rng(seed)
    found = [chance.integers(0, 5_000, length)]
    while len(found) < count:
        one = found[int(chance.integers(len(found)))].copy()
        places = chance.random(length) < changed * chance.random()
        one[places] = chance.integers(0, 5_000, int(places.sum()))
        one[int(chance.integers(length))] = 5_000 + len(found)
        found.append(one)
    return shingles_of_sequences(names(count), pa.array([[str(token) for token in one] for one in found]), 2)


@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.sampled_from([0.01, 0.1, 0.3]))
@settings(max_examples=20, deadline=None)
def test_every_edge_is_near_and_has_its_true_distance(seed: int, count: int, changed: float) -> None:
    table = walks(seed, count, 40, changed)
    true = likeness(table)
    found = edges(near(table, 0.8))
    assert found == sorted(found)
    assert len({edge[:2] for edge in found}) == len(found)
    for left, right, distance in found:
        assert true[left, right] >= 0.8
        assert distance == 1 - true[left, right]


def test_almost_all_that_is_near_is_found() -> None:
    table = walks(3, 700, 60, 0.15)
    wanted = {pair for pair, share in likeness(table).items() if 0.8 <= share < 1}
    found = {edge[:2] for edge in edges(near(table, 0.8)) if edge[2] > 0}
    assert len(wanted) > 200
    assert len(found & wanted) >= 0.985 * len(wanted)


def test_groups_in_a_hot_bucket_are_found_whole() -> None:
    """Thousands of texts of one template: pairs are left out, and groups are not."""
    start = "open the account page of the customer and change the street of the second address to"
    texts = [f"{start} {group} {group} {group} on {one}" for group in range(40) for one in range(30)]
    table = shingled(*texts)
    root = list(range(len(texts)))
    for left, right, _ in edges(near(table, 0.75)):
        _join(root, int(left), int(right))
    true = list(range(len(texts)))
    for (left, right), share in likeness(table).items():
        if share >= 0.75:
            _join(true, int(left), int(right))
    assert [_root(root, one) for one in range(len(texts))] == [_root(true, one) for one in range(len(texts))]


def _root(tree: list[int], one: int) -> int:
    while tree[one] != one:
        one = tree[one]
    return one


def _join(tree: list[int], left: int, right: int) -> None:
    one, other = _root(tree, left), _root(tree, right)
    tree[max(one, other)] = min(one, other)


def test_equal_sets_are_a_star_around_the_least_id() -> None:
    table = shingled("Find the red shoe now", "other words stand here", *["find the RED shoe, now!"] * 200)
    found = edges(near(table))
    assert {(left, distance) for left, _, distance in found} == {("000000", 0.0)}
    assert [right for _, right, _ in found] == [f"{number:06}" for number in range(2, 202)]


def test_case_punctuation_and_space_make_no_difference_and_a_digit_does() -> None:
    found = sets(shingled("Open  page-3, please.", "open PAGE 3 please", "open page 4 please"))
    assert found["000000"] == found["000001"] != found["000002"]


def test_a_text_that_is_shorter_than_a_shingle_is_one_and_an_empty_one_has_none() -> None:
    found = sets(shingled("Log in", "Log", "log in!", "", "...", None))
    assert [len(found[name]) for name in sorted(found)] == [1, 1, 1, 0, 0, 0]
    assert found["000000"] == found["000002"] != found["000001"]
    table = shingled("", "...", None, "Log in")
    assert near(table).num_rows == 0
    assert signatures(table).num_rows == 1


def test_scripts_without_spaces_are_taken_sign_by_sign() -> None:
    assert [len(one) for one in sets(shingled("請在設定中更改語言", "ひらがな")).values()] == [7, 2]


def test_no_rows_have_no_edges() -> None:
    table = shingled()
    assert (near(table).num_rows, near(table).column_names) == (0, ["left", "right", "distance"])
    assert bands(signatures(table)).num_rows == 0


def test_the_order_of_the_rows_changes_nothing() -> None:
    table = walks(5, 300, 30, 0.2)
    wanted = near(table, 0.6)
    for seed in range(3):
        order = pa.array(np.random.default_rng(seed).permutation(300))
        assert near(table.take(order), 0.6).equals(wanted)


def test_stages_apart_give_what_one_call_gives() -> None:
    table = walks(6, 200, 40, 0.2)
    keys = [bands(signatures(part)) for part in (table[:70], table[70:71], table[71:])]
    assert sum(part.nbytes for part in keys) <= 200 * (BAND_BYTES + 40)  # these ids are longer than 8 bytes
    found = verified(pairs(pa.concat_tables(reversed(keys))), table, 0.7)
    assert found.equals(near(table, 0.7))


def test_the_band_keys_of_a_row_are_small() -> None:
    table = shingles_of_texts(pa.array([1, 2, 3]), pa.array(["a b c d", "b c d e", "c d e f"]))
    assert bands(signatures(table)).nbytes == 3 * BAND_BYTES <= 3 * 200


def test_an_id_that_occurs_twice_is_refused_and_a_candidate_without_shingles_too() -> None:
    table = shingled("a b c", "d e f")
    with pytest.raises(ValueError, match="once, found one twice"):
        near(pa.concat_tables([table, table]))
    with pytest.raises(ValueError, match="found one without"):
        verified(pa.table({"left": ["000000"], "right": ["x"]}), table)


@pytest.mark.parametrize("threshold", [0, -1, 1.1])
def test_a_threshold_that_no_pair_has_is_refused(threshold: float) -> None:
    with pytest.raises(ValueError, match="above 0 and at most 1"):
        near(shingled("a b c"), threshold)


def test_shingles_of_no_tokens_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one token, found 0"):
        shingled("a b c", words=0)


def test_more_pairs_than_a_chunk_are_compared_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    table = walks(7, 120, 30, 0.1)
    wanted = near(table, 0.5)
    monkeypatch.setattr(minhash, "CHUNK", 7)
    monkeypatch.setattr(minhash, "BLOCK", 5)
    assert near(table, 0.5).equals(wanted)


NUMBERS = """
import pyarrow as pa
from pipelines.curate.similarity.minhash import bands, shingles_of_sequences, shingles_of_texts, signatures
texts = shingles_of_texts(pa.array([0, 1]), pa.array(["Find the red shoe now", "Größe 42 wählen, bitte"]))
walks = shingles_of_sequences(pa.array([0]), pa.array([["s1", "click 3", "s2"]]), 2)
print(texts["shingles"].to_pylist(), walks["shingles"].to_pylist(), signatures(texts)["signature"][0].as_py()[:3],
      bands(signatures(texts))["key"].to_pylist()[:2])
"""
WRITTEN = (
    "[[8324832761486823420, 12202515816625527103, 17821840911636299577], [1540024677725613090, 1215764300"
    "6821856345]] [[7989553242195424177, 17866917639991107655]] [756851399, 106545753, 933945341] [259804"
    "6145636455643, 14137450390809621368]\n"
)


@pytest.mark.parametrize("seed", ["0", "1"])
def test_the_numbers_are_the_same_in_each_process_and_version(seed: str) -> None:
    """Stored keys are compared with new ones: these may only change together with a version of the rules."""
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
    run = subprocess.run([sys.executable, "-c", NUMBERS], capture_output=True, text=True, env=environment, check=True)
    assert run.stdout == WRITTEN
