"""Parquet in one place: pinned options, so that the same rows are the same bytes, and bytes that are what was written.

A data file's name is the sha256 of its bytes. Who reads one holds it against that: of Parquet's own means the checksums
of pages leave out the directory, whose statistics DuckDB goes by, and DuckDB does not look at them.
"""

import functools
import hashlib
import io
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import PurePosixPath

import pyarrow as pa
import pyarrow.fs
import pyarrow.parquet as pq

from schemas.arrow import check_version
from schemas.errors import LakeError, SchemaError
from schemas.files import write_whole
from schemas.keys import content_id

ROWS_PER_GROUP = 65_536
SCREENS_PER_GROUP = 64
"""Rows of a row group that holds images: the unit of random access, since one image costs its whole group."""

ZSTD_LEVEL = 3

BLOCK = 2**22
THREADS = 2
"""Files that are held against their names at once: hashing lets go of the interpreter."""


def parquet_bytes(table: pa.Table, *, images: Sequence[str] = ()) -> bytes:
    """The table as a Parquet file; `images` are the columns that hold image files, stored as they are.

    The metadata's keys are sorted; nothing about the machine, the time or the folder is in the file.
    """
    metadata = dict(sorted((table.schema.metadata or {}).items()))
    table = table.replace_schema_metadata(metadata).combine_chunks()
    leaves = _leaves(table.schema)
    plain = {leaf for leaf in leaves if leaf.endswith(".bytes") and leaf.split(".")[0] in images}
    coded = [leaf for leaf in leaves if leaf not in plain]
    sink = io.BytesIO()
    pq.write_table(
        table,
        sink,
        row_group_size=SCREENS_PER_GROUP if images else ROWS_PER_GROUP,
        version="2.6",
        data_page_version="1.0",
        compression={leaf: "none" if leaf in plain else "zstd" for leaf in leaves},
        compression_level=dict.fromkeys(coded, ZSTD_LEVEL),
        use_dictionary=coded,
        write_statistics=coded,
        write_batch_size=4 if images else 1024,
        write_page_index=False,
        store_schema=True,
    )
    return sink.getvalue()


def write_once(filesystem: pyarrow.fs.FileSystem, path: str, data: bytes) -> None:
    """Writes the file whole, with its folder; one of those bytes that is there already is left.

    Raises:
        LakeError: if it can't be written, such as on a full disk; then nothing is in its place.
    """
    try:
        info = filesystem.get_file_info(path)
        if info.type == pyarrow.fs.FileType.File and info.size == len(data):
            with filesystem.open_input_stream(path) as there:
                if there.read() == data:
                    return
        filesystem.create_dir(path.rpartition("/")[0], recursive=True)
        write_whole(filesystem, path, data, by_content=True)
    except OSError as error:
        raise LakeError(f"{path}: expected to write {len(data):,} bytes, found {error}") from error


def check_files(filesystem: pyarrow.fs.FileSystem, paths: Sequence[str]) -> None:
    """Holds files against the digests that they are named by.

    Raises:
        LakeError: for the first that is not there or not what was written.
    """
    with ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(functools.partial(_check_file, filesystem), paths):
            pass


def _check_file(filesystem: pyarrow.fs.FileSystem, path: str) -> None:
    digest = hashlib.sha256()
    try:
        with filesystem.open_input_stream(path) as stream:
            while block := stream.read(BLOCK):
                digest.update(block)
    except OSError as error:
        raise LakeError(f"{path}: expected a data file of the lake, found {error}") from error
    _check_digest(path, digest.hexdigest())


def _check_digest(path: str, digest: str) -> None:
    if digest != PurePosixPath(path).stem:
        raise LakeError(
            f"{path}: expected a data file of the lake, found other bytes than were written (their sha256 begins with "
            f"{digest[:12]}, which its name does not): put the file back from a copy; nothing was changed"
        )


def sound_bytes(filesystem: pyarrow.fs.FileSystem, path: str) -> pa.Buffer:
    """The bytes of a file, which are what its name says.

    Raises:
        LakeError: if the file is not there, or is not what was written.
    """
    try:
        with filesystem.open_input_file(path) as file:
            data = file.read_buffer()
    except OSError as error:
        raise LakeError(f"{path}: expected a data file of the lake, found {error}") from error
    _check_digest(path, content_id(data))
    return data


def read_parquet(
    filesystem: pyarrow.fs.FileSystem,
    path: str,
    schema: pa.Schema,
    columns: Sequence[str] | None = None,
    *,
    whole: bool = True,
) -> pa.Table:
    """The columns of a file of ours under today's schema: a nullable column that the file lacks is null.

    Without `whole` only these columns are read, and nobody knows whether the file is what was written.

    Raises:
        LakeError: if the file is not there, is no Parquet or is not what was written.
        SchemaVersionError: if it was written under another major version.
        SchemaError: if a column is missing or of another type.
    """
    wanted = pa.schema([schema.field(name) for name in columns]) if columns is not None else schema.remove_metadata()
    data = sound_bytes(filesystem, path) if whole else None
    with open_parquet(filesystem, path, data) as file:
        stored = set(file.schema_arrow.names)
        try:
            rows = file.read([name for name in wanted.names if name in stored])
            if not whole:
                rows.validate(full=True)
        except (OSError, pa.ArrowException) as error:
            raise LakeError(f"{path}: the file is damaged: {error}") from error
    return conform(rows, wanted, where=path)


def open_parquet(filesystem: pyarrow.fs.FileSystem, path: str, data: pa.Buffer | None = None) -> pq.ParquetFile:
    """The file, checked to be of this major version; the caller closes it. `data` are its bytes, where they are known.

    Raises:
        LakeError: if it is not there or is no Parquet.
        SchemaVersionError: if it was written under another major version.
    """
    try:
        if data is None:
            file = pq.ParquetFile(path, filesystem=filesystem, pre_buffer=False)
        else:
            file = pq.ParquetFile(pa.BufferReader(data), pre_buffer=False)
    except (OSError, pa.ArrowException) as error:
        raise LakeError(f"{path}: expected a data file of the lake, found {error}") from error
    try:
        check_version(file.schema_arrow, where=path)
    except SchemaError:
        file.close()
        raise
    return file


def conform(table: pa.Table, schema: pa.Schema, *, where: str) -> pa.Table:
    """The table's columns in the schema's order and types; a nullable column that it lacks is null.

    Raises:
        SchemaError: if a required column is missing, or a column can't become its type.
    """
    columns = []
    for field in schema:
        if field.name in table.column_names:
            column = table[field.name]
            try:
                columns.append(column if column.type == field.type else column.cast(field.type))
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
                raise SchemaError(f"{where}: expected {field.name} as {field.type}, found {column.type}") from error
        elif field.nullable:
            columns.append(pa.nulls(table.num_rows, field.type))
        else:
            raise SchemaError(f"{where}: expected a column {field.name}, found {table.column_names}")
    return pa.Table.from_arrays(columns, schema=schema)


def with_metadata(table: pa.Table, metadata: Mapping[bytes, bytes]) -> pa.Table:
    """The table with that schema metadata and no other."""
    return table.replace_schema_metadata(dict(sorted(metadata.items())))


def _leaves(schema: pa.Schema) -> tuple[str, ...]:
    return _leaf_paths(schema.remove_metadata())


@functools.cache
def _leaf_paths(schema: pa.Schema) -> tuple[str, ...]:
    """The paths of the columns as Parquet knows them."""
    sink = io.BytesIO()
    pq.write_table(schema.empty_table(), sink)
    written = pq.ParquetFile(sink).schema
    return tuple(written.column(index).path for index in range(len(written.names)))
