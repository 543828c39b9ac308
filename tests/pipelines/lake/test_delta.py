import io
import json
import shutil
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.lake.delta import (
    DataFile,
    Lake,
    Snapshot,
    check_name,
    create_lake,
    filesystem_of,
    is_local,
    open_lake,
    table_schema,
    write_rows,
)
from schemas.arrow import VERSION_KEY, arrow_schema, table_of
from schemas.choices import Calibration, Edge
from schemas.errors import ConfigurationError, LakeError, SchemaVersionError
from schemas.keys import content_id
from schemas.opinions import Label
from schemas.tables import BUCKETS, TABLES


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return create_lake(str(tmp_path / "lake"))


def label(number: int) -> Label:
    return Label(
        label_id=f"{number:032x}",
        trajectory_id="a" * 32,
        subject="step",
        first_step=number,
        last_step=number,
        instruction_id=None,
        other_id=None,
        screen=None,
        verdict="good",
        score=None,
        reason="it fits",
        rule=None,
        labeler="test",
        labeler_version="1",
        sample=0,
        input="x",
        call_id=None,
    )


def write(lake: Lake, *numbers: int, bucket: int = 3) -> DataFile:
    return write_rows(lake.url, "labels", table_of(Label, [label(n) for n in numbers]), bucket=bucket)


def foreign(lake: Lake, rows: pa.Table) -> DataFile:
    """A file of labels that another version wrote."""
    sink = io.BytesIO()
    pq.write_table(rows, sink)
    data = sink.getvalue()
    path = f"labels/bucket=3/{content_id(data)}.parquet"
    (Path(lake.url) / path).write_bytes(data)
    return DataFile("labels", path, 3, None, rows.num_rows, len(data))


def commit(lake: Lake, snapshot: Snapshot, job: str, add: list[DataFile], remove: list[DataFile] | None = None) -> bool:
    return lake.commit(snapshot, "labels", job=job, writer="test", add=add, remove=remove or [])


def test_a_new_lake_has_every_table_empty_with_the_columns_of_its_record(lake: Lake) -> None:
    snapshot = lake.snapshot()
    assert set(snapshot.versions) == set(TABLES)
    for table, spec in TABLES.items():
        assert snapshot.versions[table] == 0
        rows = snapshot.read(table)
        assert rows.num_rows == 0
        assert rows.schema.names == arrow_schema(spec.record).names


def test_a_lake_is_opened_as_it_was_made(lake: Lake) -> None:
    assert open_lake(lake.url) == lake == create_lake(lake.url)
    assert lake.buckets == BUCKETS


def test_a_lake_keeps_its_buckets(tmp_path: Path) -> None:
    lake = create_lake(str(tmp_path / "lake"), buckets=64)
    assert create_lake(lake.url).buckets == create_lake(lake.url, buckets=64).buckets == 64
    with pytest.raises(ConfigurationError, match="made with 64 buckets and keeps them"):
        create_lake(lake.url, buckets=16)


@pytest.mark.parametrize("buckets", [0, -4, 3, 2**17])
def test_buckets_are_a_power_of_two(tmp_path: Path, buckets: int) -> None:
    with pytest.raises(ConfigurationError, match="expected a power of two from 1 to 65536"):
        create_lake(str(tmp_path / "lake"), buckets=buckets)
    assert not (tmp_path / "lake").exists()


def test_a_folder_without_a_marker_is_no_lake(tmp_path: Path) -> None:
    with pytest.raises(LakeError, match=r"expected a lake, found no hindtrace\.json"):
        open_lake(str(tmp_path))


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(LakeError, match=r"expected an empty folder or a lake, found \['thesis.txt'\]"):
        create_lake(str(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_making_a_lake_goes_on_where_it_broke_off(tmp_path: Path) -> None:
    create_lake(str(tmp_path / "lake"))
    (tmp_path / "lake" / "hindtrace.json").unlink()
    assert create_lake(str(tmp_path / "lake")).snapshot().versions["steps"] == 0


@pytest.mark.parametrize(
    ("marker", "message"),
    [
        ({"layout": 2, "buckets": 16}, "expected a lake of layout 1, found 2"),
        ({"layout": 1, "buckets": 12}, "expected a power of two"),
        ({"layout": 1}, "damaged"),
        ([], "damaged"),
    ],
)
def test_a_lake_of_another_layout_is_refused(lake: Lake, marker: object, message: str) -> None:
    (Path(lake.url) / "hindtrace.json").write_text(json.dumps(marker))
    with pytest.raises(LakeError, match=message):
        open_lake(lake.url)


@pytest.mark.parametrize(
    "marker", [b"[" * 50_000, b"\xff", b'{"layout":1,"buckets":NaN}', b'{"layout":1,"layout":1}', b""]
)
def test_a_marker_that_is_none_is_said_to_be_damaged(lake: Lake, marker: bytes) -> None:
    (Path(lake.url) / "hindtrace.json").write_bytes(marker)
    with pytest.raises(LakeError, match="damaged"):
        open_lake(lake.url)


def test_a_file_is_part_of_the_table_only_once_it_is_committed(lake: Lake) -> None:
    snapshot = lake.snapshot()
    file = write(lake, 1, 2)
    assert lake.snapshot().rows("labels") == 0
    assert commit(lake, snapshot, "job", [file])
    assert lake.snapshot().read("labels")["first_step"].to_pylist() == [1, 2]


def test_a_data_file_is_named_by_its_content_and_says_its_schema_version(lake: Lake) -> None:
    first, again = write(lake, 1), write(lake, 1)
    assert first == again
    path = Path(lake.url) / first.path
    assert path.stem == content_id(path.read_bytes())
    assert path.parent.name == "bucket=3"
    assert VERSION_KEY in pq.read_schema(path).metadata
    assert "bucket" not in pq.read_schema(path).names


def test_a_job_commits_once_however_often_it_tries(lake: Lake) -> None:
    snapshot = lake.snapshot()
    assert commit(lake, snapshot, "job", [write(lake, 1)])
    assert not commit(lake, snapshot, "job", [write(lake, 1)])
    assert not commit(lake, snapshot, "job", [write(lake, 2)])
    assert lake.snapshot().rows("labels") == 1


def test_committing_what_is_there_makes_no_version(lake: Lake) -> None:
    file = write(lake, 1)
    commit(lake, lake.snapshot(), "first", [file])
    after = lake.snapshot()
    assert not commit(lake, after, "second", [file], [file])
    assert lake.snapshot().versions == after.versions


def test_files_are_replaced_in_one_version(lake: Lake) -> None:
    old, kept = write(lake, 1), write(lake, 2)
    commit(lake, lake.snapshot(), "first", [old, kept])
    commit(lake, lake.snapshot(), "second", [write(lake, 3)], [old])
    assert lake.snapshot().versions["labels"] == 2
    assert lake.snapshot().read("labels")["first_step"].to_pylist() == [2, 3]


def test_a_writer_that_was_overtaken_by_its_like_is_refused(lake: Lake) -> None:
    early = lake.snapshot()
    commit(lake, lake.snapshot(), "quick", [write(lake, 1)])
    with pytest.raises(LakeError, match="another test has committed while this one ran"):
        commit(lake, early, "slow", [write(lake, 2)])


def test_writers_of_other_names_append_beside_each_other(lake: Lake) -> None:
    early = lake.snapshot()
    commit(lake, lake.snapshot(), "quick", [write(lake, 1)])
    assert lake.commit(early, "labels", job="slow", writer="other", add=[write(lake, 2)])
    assert lake.snapshot().rows("labels") == 2


def test_rows_come_in_the_order_of_the_table_whatever_the_files(lake: Lake) -> None:
    for numbers in ((5, 1), (4,), (3, 2)):
        commit(lake, lake.snapshot(), f"job {numbers}", [write(lake, *sorted(numbers))])
    assert lake.snapshot().read("labels")["first_step"].to_pylist() == [1, 2, 3, 4, 5]


def test_a_bucket_is_read_alone(lake: Lake) -> None:
    commit(lake, lake.snapshot(), "job", [write(lake, 1, bucket=1), write(lake, 2, bucket=2)])
    snapshot = lake.snapshot()
    assert snapshot.read("labels", bucket=2, columns=["first_step"]).to_pydict() == {"first_step": [2]}
    assert snapshot.read("labels", bucket=5).num_rows == 0


def test_a_snapshot_does_not_see_what_is_committed_later(lake: Lake) -> None:
    commit(lake, lake.snapshot(), "first", [write(lake, 1)])
    early = lake.snapshot()
    commit(lake, early, "second", [write(lake, 2)], [write(lake, 1)])
    assert early.read("labels")["first_step"].to_pylist() == [1]


def test_the_name_of_a_curation_is_read_from_its_partition(lake: Lake) -> None:
    rows = table_of(Edge, [Edge("demo", "a" * 32, "exact step", "x", "y", 0.0)])
    file = write_rows(lake.url, "edges", rows, bucket=1, curation="demo")
    assert "curation" not in pq.read_schema(Path(lake.url) / file.path).names
    lake.commit(lake.snapshot(), "edges", job="job", writer="test", add=[file])
    assert lake.snapshot().read("edges", curation="demo").equals(rows)
    assert lake.snapshot().read("edges", curation="other").num_rows == 0


def test_a_curation_goes_with_its_tables_and_with_no_other(lake: Lake) -> None:
    with pytest.raises(ValueError, match="expected a curation"):
        write_rows(lake.url, "labels", table_of(Label, []), bucket=0, curation="demo")
    with pytest.raises(ValueError, match="expected a curation"):
        write_rows(lake.url, "edges", table_of(Edge, []), bucket=0)


def test_a_file_of_another_major_version_is_refused(lake: Lake) -> None:
    rows = pq.read_table(Path(lake.url) / write(lake, 1).path)
    file = foreign(lake, rows.replace_schema_metadata({VERSION_KEY: b"9.0"}))
    commit(lake, lake.snapshot(), "job", [file])
    with pytest.raises(SchemaVersionError, match=r"found 9\.0"):
        lake.snapshot().read("labels")


def test_a_nullable_column_that_an_older_file_lacks_is_null(lake: Lake) -> None:
    rows = pq.read_table(Path(lake.url) / write(lake, 1).path)
    commit(lake, lake.snapshot(), "job", [foreign(lake, rows.drop_columns(["call_id"]))])
    assert lake.snapshot().read("labels")["call_id"].to_pylist() == [None]


def test_a_file_that_has_gone_is_said_by_name(lake: Lake) -> None:
    file = write(lake, 1)
    commit(lake, lake.snapshot(), "job", [file])
    (Path(lake.url) / file.path).unlink()
    with pytest.raises(LakeError, match=file.path):
        lake.snapshot().read("labels")


@pytest.mark.parametrize("place", [0, 4, 200, -300, -8, -1])
def test_a_file_whose_bytes_are_others_is_said_by_name(lake: Lake, place: int) -> None:
    file = write(lake, 1)
    commit(lake, lake.snapshot(), "job", [file])
    path = Path(lake.url) / file.path
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)
    snapshot = lake.snapshot()
    with pytest.raises(LakeError, match=f"{file.path}: expected a data file of the lake, found other bytes"):
        snapshot.read("labels", columns=["label_id"])
    with pytest.raises(LakeError, match=file.path):
        snapshot.check("labels", bucket=3)
    snapshot.check("labels", bucket=2)
    snapshot.check("labels", quick=True)
    path.write_bytes(data[:-1])
    with pytest.raises(LakeError, match=rf"{file.path}: expected the {file.size} bytes"):
        snapshot.check("labels", quick=True)


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ('"bucket":"3"', '"bucket":"1"'),
        ("bucket=3/", "bucket=2/"),
        (".parquet", ".parqueu"),
        ('numRecords\\": 2', 'numRecords\\": 3'),
    ],
)
def test_a_log_that_says_of_a_file_what_its_path_does_not_is_damaged(lake: Lake, was: str, now: str) -> None:
    commit(lake, lake.snapshot(), "job", [write(lake, 1, 2)])
    log = max((Path(lake.url) / "labels" / "_delta_log").glob("*.json"))
    text = log.read_text()
    assert was in text
    log.write_text(text.replace(was, now))
    with pytest.raises(LakeError, match=r"labels.* is damaged|as the log says"):
        lake.snapshot().read("labels")


def test_polars_reads_every_table_of_a_full_lake(curated: Path) -> None:
    for table, rows in open_lake(str(curated)).snapshot().files.items():
        frame = pl.read_delta(str(curated / table))
        assert frame.height == sum(file.rows for file in rows)
        assert set(table_schema(table).names) == set(frame.columns)


def test_facts_and_choices_hold_no_wall_clock_of_a_job(curated: Path) -> None:
    for table, spec in TABLES.items():
        times = {field.name for field in arrow_schema(spec.record) if pa.types.is_timestamp(field.type)}
        assert times <= {"started_at", "ended_at", "time"}, table
    runs = open_lake(str(curated)).snapshot().read("runs")
    assert set(runs["job"].to_pylist()) >= {"annotate", "curate", "ingest"}


@pytest.mark.parametrize("name", ["", "Demo", "a/b", "..", "a b", "-x", "x" * 65, "a=b"])
def test_a_name_that_could_leave_its_folder_is_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match="expected a name"):
        check_name(name)


def test_urls_are_told_from_folders(tmp_path: Path) -> None:
    assert is_local(str(tmp_path))
    assert is_local("file:///x")
    assert not is_local("s3://bucket/lake")
    assert filesystem_of(f"file://{tmp_path}")[1] == str(tmp_path)
    with pytest.raises(ConfigurationError, match="expected a folder or an object store"):
        filesystem_of("nonsense://x")


def test_a_table_that_came_after_a_lake_is_made_when_it_is_written_to(lake: Lake, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "lake" / "calibrations")
    snapshot = lake.snapshot()
    assert snapshot.read("calibrations").num_rows == 0
    row = Calibration("a", "rules", "1", "g", "run", "all", "", 1, 0, 0, 0, 0, *[None] * 11)
    file = write_rows(lake.url, "calibrations", table_of(Calibration, [row]), bucket=0)
    assert lake.commit(snapshot, "calibrations", job="j", writer="w", add=[file])
    assert lake.snapshot().rows("calibrations") == 1
