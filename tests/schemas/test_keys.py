"""Tests of schemas.keys."""

import math
import os
import subprocess
import sys
from collections import OrderedDict
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.actions import Click, Point, Type
from schemas.errors import SchemaError
from schemas.keys import bucket_of, canonical_json, content_id, fraction, key, parse_json
from schemas.records import Box
from tests.schemas.samples import NOON

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)

ROOT = Path(__file__).parents[2]


def without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_nulls(part) for name, part in value.items() if part is not None}
    return [without_nulls(part) for part in value] if isinstance(value, list) else value


@given(JSON)
def test_canonical_json_reads_back_as_the_value_without_its_nulls(value: Any) -> None:
    assert parse_json(canonical_json(value)) == without_nulls(value)


@given(JSON)
def test_canonical_json_of_what_was_read_is_the_same_bytes(value: Any) -> None:
    data = canonical_json(value)
    assert canonical_json(parse_json(data)) == data
    assert b"\n" not in data
    assert b"\r" not in data


@given(st.dictionaries(st.text(), st.integers(), min_size=2), st.randoms())
def test_the_order_of_names_does_not_matter(parts: dict[str, int], random: Any) -> None:
    names = list(parts)
    random.shuffle(names)
    assert key(OrderedDict((name, parts[name]) for name in names)) == key(parts) == key(MappingProxyType(parts))


@given(st.lists(st.text(max_size=3), max_size=4), st.lists(st.text(max_size=3), max_size=4))
def test_different_parts_have_different_keys(left: list[str], right: list[str]) -> None:
    assert (key(*left) == key(*right)) == (left == right)


@given(st.integers(-(2**53), 2**53))
def test_a_whole_float_is_its_integer(number: int) -> None:
    assert key(float(number)) == key(number)


@pytest.mark.parametrize(
    ("left", "right"),
    [(1, "1"), (1, True), (0, False), (None, ""), ([], [None]), ([], ""), (0.1, 0.10000000000000002), ("a", "A")],
)
def test_values_of_different_meaning_have_different_keys(left: Any, right: Any) -> None:
    assert key(left) != key(right)


def test_a_null_in_an_object_is_left_out_and_in_a_list_it_stays() -> None:
    assert canonical_json({"b": 1, "a": None, "c": [None, {"d": None}]}) == b'{"b":1,"c":[null,{}]}'
    assert key(Type("x", point=None)) == key({"kind": "type", "text": "x", "clear": False, "submit": False})


def test_tuples_are_lists_and_records_are_objects_with_their_kind() -> None:
    assert canonical_json((1, (2.0,))) == b"[1,[2]]"
    assert canonical_json(Click(Point(1, 2.5))) == b'{"kind":"click","point":{"kind":"point","x":1,"y":2.5}}'


def test_times_are_utc_with_microseconds() -> None:
    assert canonical_json(NOON) == b'"2026-05-01T12:00:00.000250+00:00"'
    assert canonical_json(datetime(2026, 1, 1, tzinfo=UTC)) == b'"2026-01-01T00:00:00.000000+00:00"'
    assert key(NOON.astimezone(timezone(timedelta(hours=-9)))) == key(NOON)


@pytest.mark.parametrize(
    "value",
    [math.nan, math.inf, -math.inf, [math.nan], {1: "a"}, {"a"}, b"bytes", object(), datetime(2026, 1, 1), Click],  # noqa: DTZ001
    ids=lambda value: type(value).__name__,
)
def test_what_has_no_canonical_json_is_refused(value: Any) -> None:
    with pytest.raises(SchemaError):
        canonical_json(value)


def test_half_of_a_surrogate_pair_has_a_key_but_is_no_json_to_store() -> None:
    assert key("\ud83d") != key("\ufffd")
    with pytest.raises(SchemaError, match="utf-8"):
        parse_json(canonical_json("\ud83d"))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"NaN",
        b'{"a":Infinity}',
        b"[-Infinity]",
        b"1e999",
        b"[-1e400]",
        b'{"a":1,"a":1}',
        b'[{"b":{"a":1,"c":2,"a":3}}]',
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b"9" * 5_000,
        b"\xff\xfe1\x00",
        b'"\xed\xa0\xbd"',
        b"1 2",
    ],
    ids=lambda data: repr(data[:12]),
)
def test_json_that_only_some_readers_take_is_refused(data: bytes) -> None:
    with pytest.raises(SchemaError, match="expected"):
        parse_json(data)


# Written down on purpose: a change of the algorithm must fail here, because it orphans every key in every lake.
PINNED = {
    "empty": (key(), "7ebb3c7c2a87b1a2f8a7ed729ecb040d"),
    "text": (key("a"), "f53b3155b302982e196b7645b7b614b1"),
    "mixed": (key("chain", 1, 2.5, None, True, ["ä", "\U0001f600"]), "b94ad715af696bab65fd0305c70278bf"),
    "record": (key(Click(Point(1, 2, 0.5, 0.25))), "dd48412150716ae8592fc1b48ba57cfa"),
    "box": (key(Box(0, 0.1, 1e21, 5e-324)), "a49a5953b062561b0b631432f02aa2b9"),
    "time": (key(NOON), "299d43bc2fc5cdd6aa65b884dedfa310"),
}


@pytest.mark.parametrize("name", PINNED)
def test_keys_are_those_of_every_earlier_version(name: str) -> None:
    found, pinned = PINNED[name]
    assert found == pinned


def test_buckets_and_fractions_are_those_of_every_earlier_version() -> None:
    assert [bucket_of(f"trajectory {number}", 16) for number in range(8)] == [5, 5, 1, 3, 6, 11, 4, 12]
    assert [round(fraction("split", number), 6) for number in range(4)] == [0.538754, 0.491335, 0.836311, 0.856693]
    assert content_id(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@given(st.text(max_size=8), st.integers(0, 10))
def test_a_bucket_is_below_their_number_and_halves_consistently(name: str, power: int) -> None:
    bucket = bucket_of(name, 2**power)
    assert 0 <= bucket < 2**power
    assert bucket_of(name, 2 ** (power + 1)) % 2**power == bucket


@pytest.mark.parametrize("buckets", [-2, 0, 3, 12, 17])
def test_a_number_of_buckets_that_is_no_power_of_two_is_refused(buckets: int) -> None:
    with pytest.raises(ValueError, match="power of two"):
        bucket_of("a", buckets)


def test_fractions_lie_between_0_and_1_and_fill_it_evenly() -> None:
    found = sorted(fraction(number) for number in range(2_000))
    assert found[0] >= 0
    assert found[-1] < 1
    assert all(abs(value - index / 2_000) < 0.05 for index, value in enumerate(found))


PROGRAM = """
from schemas.identity import tree_keys
from schemas.keys import key
from schemas.records import Node, Tree
flags = ("selected", "pressed", "modal", "expanded", "disabled", "checked")
tree = Tree("fake", tuple(Node("row", str(n), depth=n % 3, flags=flags[n % 6:]) for n in range(20)))
print(key({"b": 1, "a": (None, 2.5)}), tree_keys(tree, location="http://a/?b=1&a=2", scroll=None))
"""


def test_keys_do_not_depend_on_the_hash_seed_of_the_process() -> None:
    outputs = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(outputs) == 1
    assert key({"a": (None, 2.5), "b": 1}) in outputs.pop()
