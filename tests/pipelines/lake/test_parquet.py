import io
from pathlib import Path

import pyarrow as pa
import pyarrow.fs
import pyarrow.parquet as pq
import pytest

from pipelines.lake.parquet import conform, open_parquet, parquet_bytes, read_parquet, write_once
from schemas.arrow import arrow_schema, table_of
from schemas.errors import LakeError, SchemaError, SchemaVersionError
from schemas.keys import content_id
from schemas.records import Image, ScreenRow

LOCAL = pyarrow.fs.LocalFileSystem()


def screens(number: int) -> pa.Table:
    rows = [ScreenRow(f"{n:064x}", n, Image(bytes([n % 256]) * 900, None), 10, 20, "png") for n in range(number)]
    return table_of(ScreenRow, rows)


def test_the_same_rows_are_the_same_bytes_however_they_are_chunked_and_labelled() -> None:
    whole = screens(150)
    pieces = pa.concat_tables([whole.slice(0, 7), whole.slice(7, 90), whole.slice(97)])
    turned = pieces.replace_schema_metadata(dict(reversed(list(whole.schema.metadata.items()))))
    assert pieces["screen"].num_chunks == 3
    assert parquet_bytes(whole, images=["image"]) == parquet_bytes(turned, images=["image"])


def test_images_are_stored_as_they_are_in_small_groups_and_the_rest_is_compressed() -> None:
    file = pq.ParquetFile(io.BytesIO(parquet_bytes(screens(150), images=["image"])))
    assert [file.metadata.row_group(group).num_rows for group in range(3)] == [64, 64, 22]
    columns = {
        one.path_in_schema: one for one in map(file.metadata.row_group(0).column, range(file.metadata.num_columns))
    }
    image = columns.pop("image.bytes")
    assert (image.compression, image.is_stats_set, image.has_dictionary_page) == ("UNCOMPRESSED", False, False)
    assert {one.compression for one in columns.values()} == {"ZSTD"}
    assert all(one.is_stats_set for one in columns.values())


def test_a_file_reads_back_as_it_was_written() -> None:
    rows = screens(3)
    assert pq.read_table(io.BytesIO(parquet_bytes(rows))).equals(rows)


def test_writing_again_leaves_the_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file"
    write_once(LOCAL, str(path), b"first")
    was = path.stat().st_ino
    write_once(LOCAL, str(path), b"first")
    assert (path.read_bytes(), path.stat().st_ino) == (b"first", was)
    write_once(LOCAL, str(path), b"other")
    assert path.read_bytes() == b"other", "what lay there was damaged, though it was as long"
    assert [one.name for one in path.parent.iterdir()] == ["file"]


def test_a_file_that_is_no_parquet_or_not_ours_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello")
    with pytest.raises(LakeError, match="expected a data file"):
        open_parquet(LOCAL, str(tmp_path / "text"))
    with pytest.raises(LakeError, match="expected a data file"):
        open_parquet(LOCAL, str(tmp_path / "nothing"))
    pq.write_table(pa.table({"a": [1]}), tmp_path / "foreign")
    with pytest.raises(SchemaVersionError, match="not written by Hindtrace"):
        open_parquet(LOCAL, str(tmp_path / "foreign"))


def test_only_the_columns_asked_for_come_back(tmp_path: Path) -> None:
    data = parquet_bytes(screens(2), images=["image"])
    path = tmp_path / f"{content_id(data)}.parquet"
    write_once(LOCAL, str(path), data)
    found = read_parquet(LOCAL, str(path), arrow_schema(ScreenRow), ["position", "screen"])
    assert found.schema.names == ["position", "screen"]
    assert found["position"].to_pylist() == [0, 1]


def test_a_missing_column_is_null_if_it_may_be_and_an_error_if_not() -> None:
    schema = pa.schema([pa.field("a", pa.int32(), nullable=False), pa.field("b", pa.string())])
    assert conform(pa.table({"a": pa.array([1], pa.int64())}), schema, where="x").to_pylist() == [{"a": 1, "b": None}]
    with pytest.raises(SchemaError, match="x: expected a column a"):
        conform(pa.table({"b": ["1"]}), schema, where="x")
    with pytest.raises(SchemaError, match="expected a as int32, found string"):
        conform(pa.table({"a": ["one"]}), schema, where="x")
