"""The lake in SQL: a DuckDB connection with a view for each table, that reads these files and nothing else.

DuckDB looks at no checksum. So before a statement runs, the files of the tables that it names are held against the
digests in their names, each once for a connection.
"""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import duckdb

from pipelines.lake.delta import Lake, Snapshot, table_schema, uri_of
from pipelines.lake.locks import Locks
from schemas.errors import ConfigurationError, LakeError
from schemas.tables import TABLES

NO_VIEWS: Mapping[str, str] = MappingProxyType({})
_WORD = re.compile(r"\w+")
_READS = frozenset({"SELECT", "EXPLAIN"})


class Connection:
    """A DuckDB connection whose statements read only files that are what was written; the caller closes it."""

    def __init__(
        self, duck: duckdb.DuckDBPyConnection, snapshot: Snapshot, views: Mapping[str, str], locks: Locks
    ) -> None:
        self._duck, self._snapshot, self._views, self._locks = duck, snapshot, views, locks
        self._unchecked = set(snapshot.files)

    def execute(self, text: str, parameters: Sequence[object] = ()) -> duckdb.DuckDBPyConnection:
        """Runs a statement; rows are fetched from what it returns.

        Raises:
            LakeError: if a file that it reads is not what was written.
            duckdb.Error: if DuckDB refuses it.
        """
        self._check(text)
        return self._duck.execute(text, parameters)

    def sql(self, text: str, *, params: Sequence[object] | None = None) -> duckdb.DuckDBPyRelation:
        """The result of a query, which runs when it is asked for.

        Raises:
            LakeError: if a file that it reads is not what was written.
            duckdb.Error: if DuckDB refuses it.
        """
        self._check(text)
        return self._duck.sql(text, params=params)

    def extract_statements(self, text: str) -> list[duckdb.Statement]:
        """The statements of a text, which are not run.

        Raises:
            duckdb.Error: if it is no SQL.
        """
        return self._duck.extract_statements(text)

    def close(self) -> None:
        """Closes it."""
        self._duck.close()
        self._locks.release()

    def _check(self, text: str) -> None:
        tables = sorted(self._unchecked & self._named(text))
        self._snapshot.check(*tables)
        self._unchecked.difference_update(tables)

    def _named(self, text: str) -> set[str]:
        """The tables that a statement may read, itself or by a view: all whose names occur in it.

        DuckDB can't tell: it does not look into a view that reads files.
        """
        words = set(_WORD.findall(text.lower()))
        return words.union(*(_WORD.findall(view.lower()) for name, view in self._views.items() if name in words))


def connect(lake: Lake, *, views: Mapping[str, str] = NO_VIEWS) -> Connection:
    """A connection with the lake's tables as views, each with its `bucket`, and other `views`; the caller closes it.

    A table without rows is an empty view of the right types. The connection can open the files of the snapshot, no
    other file and no address, and its settings can't be changed. It lives in memory: what is created in it is gone
    when it is closed.

    Raises:
        LakeError: if the lake can't be read.
    """
    locks = Locks(lake)
    locks.share()  # nothing that is read here goes meanwhile
    snapshot = lake.snapshot()
    connection = duckdb.connect(":memory:")
    paths: list[str] = []
    try:
        connection.execute("create schema hidden")
        connection.execute("set TimeZone = 'UTC'")  # else days and hours are those of whoever asks
        for table in TABLES:
            paths += _view(connection, snapshot, table)
        for name, text in views.items():
            connection.execute(f"create view {name} as {text}")
        listed = ", ".join(_quoted(path) for path in paths)
        connection.execute(f"set allowed_paths = [{listed}]")
        connection.execute("set enable_external_access = false")
        connection.execute("set lock_configuration = true")
    except duckdb.Error as error:
        connection.close()
        snapshot.check(*TABLES)  # names the file, if it is one
        raise LakeError(f"{lake.url}: DuckDB can't open the lake: {_first_line(error)}") from error
    return Connection(connection, snapshot, views, locks)


def query(connection: Connection, text: str) -> duckdb.DuckDBPyRelation:
    """The result of one query.

    Raises:
        ConfigurationError: if it is not one statement that reads, or DuckDB refuses it.
        LakeError: if a file that it reads is not what was written.
    """
    try:
        statements = connection.extract_statements(text)
    except duckdb.Error as error:
        raise ConfigurationError(_first_line(error)) from error
    if len(statements) != 1 or statements[0].type.name not in _READS:
        kinds = ", ".join(each.type.name.lower() for each in statements) or "nothing"
        raise ConfigurationError(f"expected one statement that reads, found {kinds}")
    try:
        return connection.sql(text)
    except duckdb.Error as error:
        raise ConfigurationError(_first_line(error)) from error


def rows_of(relation: duckdb.DuckDBPyRelation) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    """The names of a result's columns, and its rows.

    Raises:
        ConfigurationError: if the query fails as it runs.
    """
    try:
        return tuple(relation.columns), relation.fetchall()
    except duckdb.Error as error:
        raise ConfigurationError(_first_line(error)) from error


def _view(connection: duckdb.DuckDBPyConnection, snapshot: Snapshot, table: str) -> list[str]:
    """Makes the view of a table, and returns the files that it reads."""
    schema = table_schema(table)
    names = ", ".join(f'"{name}"' for name in schema.names)
    connection.register("empty_rows", schema.empty_table())
    connection.execute(f'create table hidden."{table}" as select * from empty_rows')
    connection.unregister("empty_rows")
    files = [uri_of(snapshot, file) for file in snapshot.files[table]]
    typed = f'select {names} from hidden."{table}"'
    if files:
        # A literal list, and the types from the empty table: a nullable column that older files lack is null.
        listed = ", ".join(_quoted(path) for path in files)
        types = "{'bucket': INTEGER, 'curation': VARCHAR}" if "curation" in schema.names else "{'bucket': INTEGER}"
        reader = f"read_parquet([{listed}], hive_partitioning=true, hive_types={types}, union_by_name=true)"
        typed = f"select {names} from ({typed} union all by name select * from {reader})"
    connection.execute(f'create view "{table}" as {typed}')
    return files


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _first_line(error: duckdb.Error) -> str:
    return str(error).strip().splitlines()[0]
