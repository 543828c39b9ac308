import json
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

import apache_beam as beam
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.curate.job import FindDuplicates
from pipelines.curate.settling import lost_rows
from pipelines.running.graph import PerKey, beam_options, run_graph
from schemas.keys import key


def rows(count: int) -> pa.Table:
    """Rows of which a third share a key with others, in no order."""
    order = sorted(range(count), key=lambda number: key("order", number))
    return pa.table(
        {
            "key": pa.array(
                [None if n % 11 == 0 else bytes.fromhex(key("key", n % (count // 2))) for n in order], pa.binary(16)
            ),
            "rank": pa.array([n % 3 for n in order], pa.uint16()),
            "trajectory_id": [key("trajectory", n // 5) for n in order],
            "number": order,
        }
    )


def kept(table: pa.Table, folder: Path, files: int, *, turned: bool = False) -> list[int]:
    """The numbers of the rows that the graph keeps of so many files."""
    (folder / "in").mkdir(parents=True)
    bounds = [table.num_rows * part // files for part in range(files + 1)]
    numbers = list(range(files))
    for number in numbers:
        part = table.slice(bounds[number], bounds[number + 1] - bounds[number])
        pq.write_table(part, folder / "in" / f"{number}.parquet", row_group_size=7)
    named = {number: str(folder / "in" / f"{number}.parquet") for number in numbers}
    (folder / "out").mkdir()

    def build(pipeline: beam.Pipeline) -> None:
        files = pipeline | beam.Create(sorted(named.items(), reverse=turned))
        _ = files | FindDuplicates(4) | PerKey(partial(write_lost, folder / "out"))

    run_graph(build, beam_options((), urls=()))
    left = []
    for number, path in named.items():
        lost = set(json.loads((folder / "out" / str(number)).read_text()))
        left += [row for at, row in enumerate(pq.read_table(path)["number"].to_pylist()) if at not in lost]
    return left


def write_lost(folder: Path, number: int, parts: Iterable[bytes]) -> Iterator[int]:
    (folder / str(number)).write_text(json.dumps(lost_rows(parts, file=number)["row"].tolist()))
    yield number


@pytest.mark.parametrize(("files", "turned"), [(1, False), (3, True), (17, False)])
def test_the_best_row_of_each_key_is_kept_in_its_place_however_many_files_there_are(
    tmp_path: Path, files: int, turned: bool
) -> None:
    table = rows(120)
    frame = pl.DataFrame(table)
    best = frame.filter(pl.col("key").is_not_null()).sort("rank", "trajectory_id", maintain_order=True)
    chosen = set(best.unique("key", keep="first", maintain_order=True)["number"].to_list())
    bare = set(frame.filter(pl.col("key").is_null())["number"].to_list())
    expected = [number for number in frame["number"].to_list() if number in chosen | bare]
    assert kept(table, tmp_path, files, turned=turned) == expected


def test_files_without_rows_lose_none(tmp_path: Path) -> None:
    assert kept(rows(20).slice(0, 0), tmp_path, 2) == []
