import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from pipelines.agree.views import VIEWS
from pipelines.lake.delta import Lake, create_lake, open_lake, table_schema
from pipelines.lake.funnel import funnel
from pipelines.lake.sql import Connection, connect, query, rows_of
from schemas.errors import ConfigurationError, LakeError
from schemas.tables import TABLES
from tests.pipelines.recorded import WALKS


@pytest.fixture
def connection(curated: Path) -> Iterator[Connection]:
    found = connect(open_lake(str(curated)))
    yield found
    found.close()


def ask(connection: Connection, text: str) -> list[tuple[object, ...]]:
    return rows_of(query(connection, text))[1]


@pytest.mark.parametrize("table", TABLES)
def test_every_table_is_a_view_with_its_columns_and_rows(connection: Connection, curated: Path, table: str) -> None:
    names, rows = rows_of(query(connection, f"select * from {table}"))
    assert list(names) == table_schema(table).names
    assert len(rows) == open_lake(str(curated)).snapshot().rows(table)


def test_the_bucket_and_the_curation_are_columns(connection: Connection, curated: Path) -> None:
    buckets = {file.bucket for file in open_lake(str(curated)).snapshot().files["steps"]}
    assert {row[0] for row in ask(connection, "select distinct bucket from steps")} == buckets
    assert ask(connection, "select distinct curation from decisions") == [("demo",)]


def test_structs_lists_and_times_are_what_they_are(connection: Connection) -> None:
    assert ask(connection, "select action.kind, target.name from steps where target.name = 'Search' limit 1") == [
        ("click", "Search")
    ]
    assert ask(connection, "select max(len(path)) from instructions") == [(4,)]
    assert ask(connection, "select typeof(started_at) from trajectories limit 1") == [("TIMESTAMP WITH TIME ZONE",)]


def test_a_day_and_an_hour_are_those_of_utc_wherever_it_is_asked(
    curated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "select extract(hour from started_at), started_at::date, started_at::varchar from trajectories order by all"
    answers = []
    try:
        for zone in ("UTC", "Pacific/Auckland", "America/Caracas"):
            monkeypatch.setenv("TZ", zone)
            time.tzset()
            connection = connect(open_lake(str(curated)))
            answers.append(ask(connection, text))
            connection.close()
    finally:
        monkeypatch.undo()
        time.tzset()
    assert answers[0] == answers[1] == answers[2]
    assert all(str(row[2]).endswith("+00") for row in answers[0])


def test_joins_stay_in_their_bucket(connection: Connection) -> None:
    text = "select count(*) from steps s join screens c on s.before.screen = c.screen and s.bucket = c.bucket"
    assert ask(connection, text) == [(sum(len(walk.clicks) for walk in WALKS),)]


def test_an_empty_lake_has_typed_views(tmp_path: Path) -> None:
    connection = connect(create_lake(str(tmp_path / "lake")))
    assert ask(connection, "select action.kind, bucket from steps") == []
    assert ask(connection, "select count(*), max(score) from labels") == [(0, None)]
    connection.close()


def test_a_lake_in_a_folder_of_an_odd_name_opens(tmp_path: Path) -> None:
    connection = connect(create_lake(str(tmp_path / "bucket=it's [1] *")))
    assert ask(connection, "select count(*) from steps") == [(0,)]
    connection.close()


@pytest.mark.parametrize(
    "text",
    [
        "select * from read_text('/etc/hostname')",
        "select * from '/etc/passwd'",
        "select * from read_parquet('http://localhost:1/x.parquet')",
        "copy steps to '/tmp/stolen.csv'",
        "attach '/tmp/other.db'",
        "set enable_external_access = true",
        "install httpfs",
        "create table x as select 1",
        "select 1; drop view steps",
        "",
        "selec 1",
        "select nothing from steps",
        "select 1/0, error('stop')",
    ],
)
def test_what_does_not_just_read_the_lake_is_refused(connection: Connection, text: str) -> None:
    with pytest.raises(ConfigurationError):
        ask(connection, text)


def test_the_connection_cannot_be_opened_up(connection: Connection) -> None:
    for text in ("set enable_external_access = true", "set allowed_paths = ['/etc/passwd']", "load httpfs"):
        with pytest.raises(duckdb.Error):
            connection.execute(text)


@pytest.mark.parametrize("table", ["instructions", "steps", "screens", "decisions"])
@pytest.mark.parametrize("place", [4, 60, 200, -600])
def test_a_changed_bit_ends_every_question_about_its_table_and_no_other(
    curated: Path, copy_of: Callable[[Path], Lake], table: str, place: int
) -> None:
    lake = copy_of(curated)
    file = Path(lake.url) / lake.snapshot().files_of(table)[-1].path
    whole = file.read_bytes()
    changed = bytearray(whole)
    changed[place] ^= 4
    file.write_bytes(changed)
    with contextlib.closing(connect(lake, views=VIEWS)) as connection:
        for text in (
            f"select count(*) from {table}",
            f"with x as (from {table.upper()}) select count(*) from x",
            f"select * from query('from {table}')",
        ):
            with pytest.raises(LakeError, match=file.stem):
                query(connection, text)
        with pytest.raises(LakeError, match=file.stem):
            connection.execute(f"select * from {table} where bucket = ?", [0])
        assert ask(connection, "select count(*) from trajectories") == [(len(WALKS),)]
        file.write_bytes(whole)
        assert ask(connection, f"select count(*) from {table}") == [(lake.snapshot().rows(table),)]
    file.write_bytes(changed)
    with pytest.raises(LakeError, match=file.stem) if table != "screens" else contextlib.nullcontext():
        funnel(lake)


def test_a_file_that_duckdb_cannot_open_is_named(curated: Path, copy_of: Callable[[Path], Lake]) -> None:
    lake = copy_of(curated)
    file = Path(lake.url) / lake.snapshot().files_of("labels")[0].path
    file.write_bytes(file.read_bytes()[:-4] + b"PAR2")
    with pytest.raises(LakeError, match=file.stem):
        connect(lake)


def test_a_view_is_as_sound_as_the_tables_that_it_reads(curated: Path, copy_of: Callable[[Path], Lake]) -> None:
    lake = copy_of(curated)
    file = Path(lake.url) / lake.snapshot().files_of("labels")[0].path
    data = bytearray(file.read_bytes())
    data[len(data) // 3] ^= 1
    file.write_bytes(data)
    with contextlib.closing(connect(lake, views=VIEWS)) as connection:
        for text in ("select count(*) from review", "from wins"):
            with pytest.raises(LakeError, match=file.stem):
                query(connection, text)
        with pytest.raises(LakeError, match=file.stem):
            connection.execute("from review where step = ?", [1])


def test_the_funnel_counts_what_is_there(curated: Path) -> None:
    parts = funnel(open_lake(str(curated)))
    recorded = parts["Recorded"]
    assert recorded["episodes"] == len(WALKS)
    assert recorded["steps"] == sum(len(walk.clicks) for walk in WALKS)
    assert recorded["steps: no target"] == 1
    # A walk ends where another passes by, so states are fewer than steps and the same page has one structure.
    assert 0 < recorded["distinct states (structure)"] <= recorded["distinct states (content)"] < recorded["steps"]
    assert sum(parts["Curation demo: use / role / rule"].values()) == open_lake(str(curated)).snapshot().rows(
        "decisions"
    )
    assert "Rejected" not in parts


def test_the_funnel_of_an_empty_lake_is_zeros(tmp_path: Path) -> None:
    parts = funnel(create_lake(str(tmp_path / "lake")))
    assert set(parts) == {"Recorded"}
    assert set(parts["Recorded"].values()) == {0}
