from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from pipelines.lake.delta import DataFile, create_lake
from pipelines.running.jobs import begin
from pipelines.running.work import HandOver, Report
from schemas.errors import LakeError, SchemaError

LETTERS = HandOver("letters", pa.schema([("letter", pa.large_string())]), writer="write", readers=("read",))


def test_a_report_comes_back_as_it_was_left(tmp_path: Path) -> None:
    work = begin(create_lake(str(tmp_path / "lake")), "test", {}, reads=()).work
    file = DataFile("edges", "edges/curation=x/bucket=3/a.parquet", 3, "x", 5, 100)
    report = Report((file,), (DataFile("steps", "steps/bucket=3/b.parquet", 3, None, 1, 2),), {"rows": 5})
    work.leave(3, report)
    work.leave(3, report)
    assert work.report(3) == report


def test_a_bucket_without_a_report_fails_the_job(tmp_path: Path) -> None:
    work = begin(create_lake(str(tmp_path / "lake")), "test", {}, reads=()).work
    for bucket in range(15):
        work.leave(bucket, Report())
    with pytest.raises(LakeError, match="test: bucket 15 left no reports: the job did not finish"):
        work.collect()


def test_rows_are_handed_over_with_their_schema_and_no_other(tmp_path: Path) -> None:
    work = begin(create_lake(str(tmp_path / "lake"), buckets=2), "test", {}, reads=()).work
    work.hand_over(LETTERS, pl.DataFrame({"letter": ["a"]}), 0)
    with pytest.raises(LakeError, match="test: a bucket left no letters: the job did not finish"):
        work.handed(LETTERS)
    work.hand_over(LETTERS, pl.DataFrame({"letter": ["b"]}), 1)
    assert work.handed(LETTERS)["letter"].to_pylist() == ["a", "b"]
    for wrong in (pl.DataFrame({"letter": [1]}), pl.DataFrame({"other": ["a"]})):
        with pytest.raises(SchemaError, match="letters: expected the columns letter: large_string, found"):
            work.hand_over(LETTERS, wrong, 1)
