import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from pipelines.curate.duplicates import keys

NAMES = ("use", "role", "plain", "state_before", "action", "state_after")
ROW = st.tuples(
    st.sampled_from(["sft", "kto"]),
    st.sampled_from(["target", "negative"]),
    st.sampled_from(["w1", "w2"]),
    st.sampled_from(["s1", "s2", None]),
    st.sampled_from(["a1", "a2"]),
    st.sampled_from(["s1", "s3", None]),
)


def table(rows: list[tuple[str | None, ...]], *, alone: bool = False) -> pa.Table:
    told = {name: pa.array([row[at] for row in rows], pa.string()) for at, name in enumerate(NAMES)}
    places = {name: pa.array(["t"] * len(rows)) for name in ("trajectory_id", "instruction_id")}
    return pa.table(
        {**told, **places, "step_index": range(len(rows)), "alone": [alone] * len(rows), "prompt": ["p"] * len(rows)}
    )


@given(st.lists(ROW, max_size=12))
def test_rows_are_alike_in_all_parts_or_have_other_keys(rows: list[tuple[str | None, ...]]) -> None:
    found = keys.keyed(table(rows), {}, {})
    own = found["exact"].to_pylist()
    assert found["key"].to_pylist() == own
    for left, one in zip(rows, own, strict=True):
        for right, other in zip(rows, own, strict=True):
            assert (one == other) == (left == right)
    pairs = found["pair"].to_pylist()
    for left, one in zip(rows, pairs, strict=True):
        assert (one is None) == (left[0] != "kto")
        for right, other in zip(rows, pairs, strict=True):
            if one is not None and other is not None:
                assert (one == other) == (left[2:5] == right[2:5])


def test_what_stands_for_another_makes_rows_near_and_not_exact() -> None:
    rows = [("sft", "target", "w1", "s1", "a1", "s3"), ("sft", "target", "w2", "s2", "a1", "s3")]
    found = keys.keyed(table(list(rows)), {"s2": "s1"}, {"w2": "w1"})
    assert len(set(found["exact"].to_pylist())) == 2
    assert len(set(found["key"].to_pylist())) == 1
    assert found["key"][0] == found["exact"][0]
    alone = keys.keyed(table(list(rows)), {"s2": "s1"}, {})
    assert len(set(alone["key"].to_pylist())) == 2


def test_rows_that_are_compared_with_no_other_have_keys_of_their_own() -> None:
    found = keys.keyed(table([("rl", "target", "w1", "s1", "a1", "s3")] * 2, alone=True), {}, {})
    assert len(set(found["exact"].to_pylist())) == len(set(found["key"].to_pylist())) == 2


def test_a_row_without_words_has_no_key() -> None:
    found = keys.keyed(table([("kto", "dropped", None, None, None, None)]), {}, {})
    assert [found[name][0].as_py() for name in ("exact", "key", "pair")] == [None] * 3


def test_the_keys_are_the_same_for_ever() -> None:
    found = keys.keyed(table([("kto", "target", "w1", "s1", "a1", None)]), {}, {})
    assert found["exact"][0].as_py().hex() == "bfff1bd10f3248d414f385568cd23272"
    assert found["pair"][0].as_py().hex() == "461bba5718ef3871513e093f423fd470"
    assert keys.first_bytes(pa.array([bytes(range(16)), None], pa.binary(16))).tolist() == [0x0001020304050607, 0]
