import json
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.export.shards import (
    BYTES_PER_SHARD,
    JSON_LINES,
    PARQUET,
    ROWS_PER_SHARD,
    merged,
    shard_count,
    shard_of,
    spread,
    write_local,
)
from schemas.errors import LakeError
from schemas.keys import key

PROMPTS = st.lists(st.sampled_from("abcd"), max_size=30)


def clashes(prompts: list[str]) -> int:
    return sum(left == right for left, right in pairwise(prompts))


@given(PROMPTS)
def test_neighbours_differ_wherever_that_can_be_had(prompts: list[str]) -> None:
    order = spread(prompts)
    assert sorted(order) == list(range(len(prompts)))
    most = max((prompts.count(one) for one in set(prompts)), default=0)
    needed = max(0, 2 * most - len(prompts) - 1)
    assert clashes([prompts[row] for row in order]) == needed


def test_rows_that_differ_stay_where_they_are() -> None:
    assert spread(["a", "b", "a", "c"]) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("rows", "size", "shards"),
    [
        (0, 0, 1),
        (1, 1, 1),
        (ROWS_PER_SHARD, 0, 1),
        (ROWS_PER_SHARD + 1, 0, 2),
        (1, BYTES_PER_SHARD + 1, 2),
        (5 * ROWS_PER_SHARD, 7 * BYTES_PER_SHARD, 7),
    ],
)
def test_shards_follow_from_rows_and_bytes(rows: int, size: int, shards: int) -> None:
    assert shard_count(rows, size) == shards


@given(st.lists(st.integers(), min_size=1, max_size=50), st.integers(1, 9))
def test_shards_follow_each_other_in_the_order_of_keys(numbers: list[int], shards: int) -> None:
    keys = sorted(key("row", number) for number in numbers)
    places = [shard_of(one, shards) for one in keys]
    assert places == sorted(places)
    assert 0 <= places[0] <= places[-1] < shards


def test_the_last_key_is_in_the_last_shard() -> None:
    assert shard_of("f" * 32, 7) == 6
    assert shard_of("0" * 32, 7) == 0


def test_names_are_those_that_datasets_knows() -> None:
    assert PARQUET.name("train", 3, 12) == "train-00003-of-00012.parquet"
    assert JSON_LINES.name("train", 3, 12) == "train/00003-of-00012.jsonl"


def test_lines_name_their_images_which_lie_beside_them_once(tmp_path: Path) -> None:
    data = (b"\x89PNG one", b"\x89PNG two", b"RIFF....WEBP")
    rows = pa.table(
        {"trajectory_id": ["a", "b"], "images": [[{"bytes": data[0]}, {"bytes": data[1]}], [{"bytes": data[0]}]]}
    )
    path = tmp_path / "data" / "train" / "0.jsonl"
    JSON_LINES.write(path, rows)
    assert (JSON_LINES.count(path), JSON_LINES.episodes(path)) == (2, {"a", "b"})
    first, second = (json.loads(line)["images"] for line in path.read_bytes().splitlines())
    assert first[0] == second[0] != first[1]
    assert [(tmp_path / name).read_bytes() for name in first] == list(data[:2])
    assert len(list((tmp_path / "data" / "images").rglob("*.png"))) == 2


def test_parts_are_merged_in_order_without_what_is_hidden() -> None:
    def part(*rows: tuple[str, str]) -> pa.Table:
        return pa.table(
            {"_order": [o for o, _ in rows], "_prompt": [p for _, p in rows], "row": [o + p for o, p in rows]}
        )

    parts = [part(("3", "x"), ("1", "x")), part(("2", "x"), ("4", "y"))]
    assert merged(parts, apart=False).to_pydict() == {"row": ["1x", "2x", "3x", "4y"]}
    assert merged(parts, apart=True).to_pydict() == {"row": ["1x", "4y", "2x", "3x"]}
    assert merged(parts[::-1], apart=True).equals(merged(parts, apart=True))


def test_a_file_of_the_same_size_is_written_over_and_one_that_cannot_be_is_named(tmp_path: Path) -> None:
    place = tmp_path / "images" / "README.md"
    for data in (b"first", b"other"):
        write_local(place, data)
        assert place.read_bytes() == data
    assert list(place.parent.iterdir()) == [place]
    with pytest.raises(LakeError, match=r"README.md/file: expected to write 5 bytes"):
        write_local(place / "file", b"third")
