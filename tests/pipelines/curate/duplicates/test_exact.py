from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.curate.duplicates import exact
from pipelines.curate.duplicates.records import Records, received, sent
from schemas.errors import LedgerError
from schemas.keys import key

Row = tuple[int | None, int, int]
"""A key (null for none), a rank, an episode."""

ROWS = st.lists(st.tuples(st.none() | st.integers(0, 4), st.integers(0, 2), st.integers(0, 3)), max_size=25)


def word(number: int) -> bytes:
    """A key: those of 0 to 2 share their first half."""
    return bytes(7) + bytes([0 if number < 3 else number]) + bytes(7) + bytes([number])


def name(episode: int) -> str:
    return key("episode", episode)


def records(rows: Sequence[Row], file: int) -> Records:
    return exact.records(
        pa.array([None if row[0] is None else word(row[0]) for row in rows], pa.binary(16)),
        pa.array([row[1] for row in rows], pa.uint16()),
        pa.array([name(row[2]) for row in rows]),
        file=file,
    )


def through(files: Sequence[Sequence[Row]], partitions: int = 4) -> dict[int, dict[int, tuple[int, int]]]:
    """What each file loses, row by row, with (file, row) of what is kept: as the graph does it."""
    lost: dict[int, list[exact.Losers]] = {}
    parts: dict[int, list[bytes]] = {}
    for number, rows in enumerate(files):
        best, others, index = exact.first_of_each(records(rows, number))
        lost.setdefault(number, []).append(exact.own_losers(best, others, index))
        for partition, data in sent(best, partitions):
            assert len(data) % 32 == 0
            parts.setdefault(partition, []).append(data)
        assert len(best) * 32 == sum(len(data) for _, data in sent(best, partitions))
    for every in parts.values():
        for number, part in exact.losers(received(every, exact.RECORD)).items():
            lost[number].append(part)
    return {
        number: {
            int(one["row"]): (int(one["winner_file"]), int(one["winner_row"]))
            for one in exact.merged(np.concatenate(own), file=number)
        }
        for number, own in lost.items()
    }


def expected(files: Sequence[Sequence[Row]]) -> dict[int, dict[int, tuple[int, int]]]:
    best: dict[int, tuple[int, str, int, int]] = {}
    for number, rows in enumerate(files):
        for index, (word_, rank, episode) in enumerate(rows):
            if word_ is not None:
                mine = (rank, name(episode)[:16], number, index)
                best[word_] = min(best.get(word_, mine), mine)
    found: dict[int, dict[int, tuple[int, int]]] = {number: {} for number in range(len(files))}
    for number, rows in enumerate(files):
        for index, (word_, _, _) in enumerate(rows):
            if word_ is not None and best[word_][2:] != (number, index):
                found[number][index] = best[word_][2:]
    return found


@given(st.lists(ROWS, max_size=5), st.sampled_from([1, 2, 16]))
def test_of_each_key_the_best_row_of_all_files_is_kept(files: list[list[Row]], partitions: int) -> None:
    assert through(files, partitions) == expected(files)


@given(ROWS, st.sampled_from([1, 3, 17]))
def test_into_how_many_files_the_rows_are_cut_does_not_matter(rows: list[Row], count: int) -> None:
    cuts = [rows[len(rows) * part // count : len(rows) * (part + 1) // count] for part in range(count)]
    offsets = [len(rows) * part // count for part in range(count)]
    whole = expected([rows])[0]
    found = {
        offsets[number] + row: (0, offsets[at] + winner)
        for number, lost in through(cuts).items()
        for row, (at, winner) in lost.items()
    }
    assert found == whole


@given(st.permutations(range(8)))
def test_the_order_in_which_records_come_does_not_matter(order: list[int]) -> None:
    parts = [records([(number % 3, number % 2, number)], number) for number in range(8)]
    found = exact.losers(np.concatenate([parts[number] for number in order]))
    assert {number: part.tolist() for number, part in found.items()} == {
        number: part.tolist() for number, part in exact.losers(np.concatenate(parts)).items()
    }


def test_a_slice_of_a_column_is_read_from_its_own_place() -> None:
    keys = pa.array([word(1), word(2), None, word(3)], pa.binary(16)).slice(1)
    found = exact.records(keys, pa.array([0, 0, 0], pa.uint16()), pa.array([name(1)] * 3), file=0)
    assert found["low"].tolist() == [2, 3]
    assert found["row"].tolist() == [0, 2]


def test_what_can_t_be_compared_is_refused() -> None:
    one = pa.array([word(1)], pa.binary(16))
    rank = pa.array([0], pa.uint16())
    with pytest.raises(LedgerError, match="keys of 16 bytes"):
        exact.records(pa.array(["text"]), rank, pa.array([name(1)]), file=0)
    for wrong in ("abc", "g" * 32, None):
        with pytest.raises(LedgerError, match="ids of 32 hexadecimal digits"):
            exact.records(one, rank, pa.array([wrong], pa.string()), file=0)
    with pytest.raises(LedgerError, match="at most 65536 files"):
        exact.records(one, rank, pa.array([name(1)]), file=65_536)
    with pytest.raises(LedgerError, match="32 bytes, found 5"):
        received([b"123", b"45"], exact.RECORD)
    twice = np.zeros(2, exact.LOSER)
    with pytest.raises(LedgerError, match="found one twice"):
        exact.merged(twice, file=0)
