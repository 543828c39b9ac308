from collections.abc import Sequence

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.kernels import duplicates
from schemas.errors import LedgerError
from schemas.keys import key

COLUMNS = {
    "trajectory_id": pl.String,
    "step_index": pl.Int32,
    "instruction_id": pl.String,
    "use": pl.String,
    "role": pl.String,
    "rule": pl.String,
    "split": pl.String,
    "key": pl.String,
    "pair": pl.String,
}


def row(
    trajectory: int, step: int, word: int | None, *, role: str = "target", pair: int | None = None
) -> dict[str, object]:
    held = role in ("target", "negative")
    return {
        "trajectory_id": key("t", trajectory),
        "step_index": step,
        "instruction_id": key("i", trajectory, step),
        "use": "kto",
        "role": role,
        "rule": "as given",
        "split": "train" if held else None,
        "key": None if word is None or not held else key("k", word, role),
        "pair": None if pair is None or not held else key("p", pair),
    }


def table(rows: Sequence[dict[str, object]]) -> pa.Table:
    return pl.DataFrame(rows, schema=COLUMNS).to_arrow(compat_level=pl.CompatLevel.oldest())


def decide(buckets: dict[int, pa.Table]) -> dict[str, dict[str, object]]:
    """All buckets through the kernels, as the graph does it; rows by name."""
    lost = duplicates.losers([(b, duplicates.keys_of(rows)) for b, rows in buckets.items()])
    against = duplicates.contradicted([(b, duplicates.pairs_of(rows)) for b, rows in buckets.items()])
    found = {}
    for bucket, rows in buckets.items():
        done = duplicates.apply(
            rows,
            lost.get(bucket, duplicates.KEYS.empty_table()),
            against.get(bucket, pa.array([], pa.binary(16))),
        )
        for one in done.to_pylist():
            found[name(one)] = one
    return found


def name(one: dict[str, object]) -> str:
    return f"{one['trajectory_id']}/{one['step_index']}/{one['instruction_id']}"


def oracle(rows: Sequence[dict[str, object]]) -> dict[str, tuple[str, str, str | None]]:
    """Role, rule and survivor of every row, in plain Python, without buckets."""
    good = {one["pair"] for one in rows if one["role"] == "target" and one["pair"] is not None}
    contradicted = {name(one) for one in rows if one["role"] == "negative" and one["pair"] in good}
    first: dict[object, dict[str, object]] = {}
    for one in sorted(rows, key=lambda o: (o["trajectory_id"], o["step_index"], o["instruction_id"])):  # type: ignore[arg-type,return-value]
        if one["key"] is not None and name(one) not in contradicted:
            first.setdefault(one["key"], one)
    found = {}
    for one in rows:
        if name(one) in contradicted:
            found[name(one)] = ("dropped", "contradicted", None)
        elif one["key"] is not None and first[one["key"]] is not one:
            found[name(one)] = ("dropped", "exact duplicate", name(first[one["key"]]))
        else:
            found[name(one)] = (str(one["role"]), str(one["rule"]), None)
    return found


# The key of a row holds its pair, as in `candidates`: rows that are alike were asked the same.
ROWS = st.lists(
    st.tuples(
        st.integers(0, 7),
        st.integers(0, 5),
        st.integers(0, 3),
        st.sampled_from(["target", "negative", "dropped", "context"]),
    ),
    unique_by=lambda one: one[:2],
    max_size=40,
)


@given(ROWS, st.sampled_from([1, 2, 4]))
def test_buckets_give_what_one_look_at_everything_would(drawn: list[tuple[int, int, int, str]], count: int) -> None:
    rows = [row(t, s, word, role=role, pair=word % 2) for t, s, word, role in drawn]
    buckets = {
        bucket: table([one for one in rows if int(str(one["trajectory_id"])[:4], 16) % count == bucket])
        for bucket in range(count)
    }
    found = decide(buckets)
    assert {at: (one["role"], one["rule"], one["survivor"]) for at, one in found.items()} == oracle(rows)


@given(ROWS)
def test_the_order_of_rows_and_buckets_does_not_matter(drawn: list[tuple[int, int, int, str]]) -> None:
    rows = [row(t, s, word, role=role, pair=word % 2) for t, s, word, role in drawn]
    mine = {0: table(rows[::2]), 1: table(rows[1::2])}
    turned = {1: table(rows[1::2][::-1]), 0: table(rows[::2][::-1])}
    assert decide(mine) == decide(turned)


def test_a_duplicate_names_its_survivor_and_loses_its_split() -> None:
    first, second = sorted((row(1, 4, 7), row(2, 0, 7)), key=name)
    found = decide({0: table([first]), 1: table([second])})
    assert found[name(first)]["survivor"] is None
    assert found[name(first)]["split"] == "train"
    assert found[name(second)]["survivor"] == name(first)
    assert found[name(second)]["split"] is None
    assert found[name(second)]["role"] == "dropped"


def test_a_negative_is_dropped_where_the_same_was_found_good_elsewhere() -> None:
    good, bad, other = (
        row(1, 0, 1, pair=1),
        row(2, 0, 2, role="negative", pair=1),
        row(3, 0, 3, role="negative", pair=2),
    )
    found = decide({0: table([good]), 1: table([bad, other])})
    assert found[name(bad)]["rule"] == "contradicted"
    assert found[name(good)]["role"] == "target"
    assert found[name(other)]["role"] == "negative"


def test_rows_that_no_dataset_holds_are_no_duplicates() -> None:
    rows = [row(1, 0, 5, role="context"), row(1, 1, 5, role="dropped"), row(1, 2, None)]
    assert {one["rule"] for one in decide({0: table(rows)}).values()} == {"as given"}


def test_what_is_shuffled_is_small() -> None:
    keys = duplicates.keys_of(table([row(t, s, t * 100 + s) for t in range(20) for s in range(50)]))
    assert keys.num_rows == 1_000
    assert keys.nbytes <= 52 * keys.num_rows


def test_an_id_that_is_no_key_is_an_error() -> None:
    with pytest.raises(LedgerError, match="expected ids of 32 hexadecimal digits as trajectory_id"):
        duplicates.keys_of(table([{**row(1, 0, 1), "trajectory_id": "mine"}]))


def test_nothing_in_is_nothing_out() -> None:
    assert duplicates.losers([]) == {}
    assert duplicates.contradicted([]) == {}
    assert decide({0: table([])}) == {}
