"""Arrow from dataclasses: a record is written once, and its schema, `to_row` and `from_row` are derived.

| Python                         | Arrow                                                       |
|--------------------------------|-------------------------------------------------------------|
| str, Literal of str            | string                                                      |
| int, float, bool, bytes        | int64, double, bool, binary                                 |
| Annotated[T, pa type]          | that type                                                   |
| datetime                       | timestamp in microseconds, UTC                              |
| tuple[T, ...]                  | list                                                        |
| X or None                      | nullable                                                    |
| dataclass                      | struct                                                      |
| union of dataclasses           | struct of `kind` and the merged fields, all of them nullable |

Anything else is refused when the schema is built. A value that Arrow could not hold (an integer beyond its width, half
of a surrogate pair, a time beyond year 9999 in UTC) is refused by `to_row` and `from_row`, and not later by a job.
"""

import dataclasses
import functools
import re
import types
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import pyarrow as pa

from schemas.errors import SchemaError, SchemaVersionError

R = TypeVar("R")

SCHEMA_VERSION = "1.0"
"""Major and minor; within a major version only nullable columns are added."""

VERSION_KEY = b"hindtrace.schema_version"
RECORD_KEY = b"hindtrace.record"
TIMESTAMP = pa.timestamp("us", tz="UTC")

_SCALARS: dict[Any, pa.DataType] = {
    str: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
    bytes: pa.binary(),
    datetime: TIMESTAMP,
}


def kind_of(variant: type) -> str:
    """The value of `kind` for a variant of a union: its name in snake case."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", variant.__name__).lower()


@functools.cache
def _record_schema(record: type) -> pa.Schema:
    metadata = {RECORD_KEY: record.__name__.encode(), VERSION_KEY: SCHEMA_VERSION.encode()}
    return pa.schema(_struct(record), metadata=metadata)


def arrow_schema(record: type) -> pa.Schema:
    """The Arrow schema of a record, its name and the schema version in the metadata.

    Raises:
        SchemaError: if a field's type has no Arrow form.
    """
    if not (isinstance(record, type) and dataclasses.is_dataclass(record)):
        raise SchemaError(f"expected a dataclass, found {record!r}")
    return _record_schema(cast(Any, record))


def to_row(record: Any) -> dict[str, Any]:
    """The record as a dictionary that Arrow takes with `arrow_schema(type(record))`.

    Raises:
        SchemaError: for None in a required field, or a value of another type.
    """
    row: dict[str, Any] = _encode(type(record), record, type(record).__name__)
    return row


def from_row(record: type[R], row: Mapping[str, Any]) -> R:
    """The record that a row of `pa.Table.to_pylist` holds; columns that the row lacks are null.

    Raises:
        SchemaError: for null in a required field, an unknown kind, or a value of another type.
    """
    return cast(R, _decode(record, row, record.__name__))


def table_of(record: type, records: "list[Any] | tuple[Any, ...]") -> pa.Table:
    """The records as a table with the record's schema."""
    return pa.Table.from_pylist([to_row(one) for one in records], schema=arrow_schema(record))


def check_version(schema: pa.Schema, *, where: str) -> None:
    """Refuses a file that was written under another major version.

    Raises:
        SchemaVersionError: if the major version differs, or the metadata has none.
    """
    found = (schema.metadata or {}).get(VERSION_KEY)
    expected = SCHEMA_VERSION.split(".")[0]
    if found is None:
        raise SchemaVersionError(f"{where}: expected schema version {expected}.x, found none: not written by Hindtrace")
    version = found.decode("utf-8", "replace")
    if version.split(".")[0] != expected:
        raise SchemaVersionError(
            f"{where}: expected schema version {expected}.x, found {version}: "
            "read it with the Hindtrace of that version, or migrate it"
        )


@functools.cache
def _hints(record: type) -> dict[str, Any]:
    hints = get_type_hints(record, include_extras=True)
    return {field.name: hints[field.name] for field in dataclasses.fields(cast(Any, record))}


def _split(hint: Any) -> tuple[Any, bool]:
    """The type without None, and whether None is allowed."""
    if get_origin(hint) in (Union, types.UnionType):
        members = [member for member in get_args(hint) if member is not type(None)]
        optional = len(members) < len(get_args(hint))
        if len(members) == 1:
            return members[0], optional
        if not all(dataclasses.is_dataclass(member) for member in members):
            raise SchemaError(f"expected a union of dataclasses, found {hint!r}")
        return tuple(members), optional
    return hint, False


def _struct(record: type) -> list[pa.Field]:
    fields = []
    for name, hint in _hints(record).items():
        inner, optional = _split(hint)
        fields.append(pa.field(name, _arrow_type(inner, f"{record.__name__}.{name}"), nullable=optional))
    return fields


def _union(variants: tuple[type, ...]) -> pa.DataType:
    merged: dict[str, pa.DataType] = {}
    for variant in variants:
        for field in _struct(variant):
            if merged.setdefault(field.name, field.type) != field.type:
                raise SchemaError(
                    f"field {field.name} of {variant.__name__} is {field.type}, elsewhere {merged[field.name]}"
                )
    if "kind" in merged:
        raise SchemaError("a variant of a union can't have a field named kind")
    fields = [pa.field(name, merged[name]) for name in sorted(merged)]
    return pa.struct([pa.field("kind", pa.string(), nullable=False), *fields])


def _arrow_type(hint: Any, where: str) -> pa.DataType:
    if isinstance(hint, tuple):
        return _union(hint)
    if hint in _SCALARS:
        return _SCALARS[hint]
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated and isinstance(arguments[1], pa.DataType):
        return arguments[1]
    if origin is Literal and all(isinstance(value, str) for value in arguments):
        return pa.string()
    if origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        inner, optional = _split(arguments[0])
        return pa.list_(pa.field("item", _arrow_type(inner, where), nullable=optional))
    if dataclasses.is_dataclass(hint):
        return pa.struct(_struct(cast(type, hint)))
    raise SchemaError(f"{where}: {hint!r} has no Arrow form")


def _encode(hint: Any, value: Any, where: str) -> Any:
    inner, optional = _split(hint)
    if value is None:
        if optional:
            return None
        raise SchemaError(f"{where}: expected a value, found None")
    if isinstance(inner, tuple):
        if type(value) not in inner:
            raise SchemaError(f"{where}: expected one of {[v.__name__ for v in inner]}, found {type(value).__name__}")
        return {"kind": kind_of(type(value)), **_encode(type(value), value, where)}
    if dataclasses.is_dataclass(inner):
        if type(value) is not inner:
            raise SchemaError(f"{where}: expected {inner!r}, found {type(value).__name__}")
        hints = _hints(cast(type, inner))
        return {name: _encode(part, getattr(value, name), f"{where}.{name}") for name, part in hints.items()}
    origin, arguments = get_origin(inner), get_args(inner)
    if origin is tuple:
        if type(value) is not tuple:
            raise SchemaError(f"{where}: expected a tuple, found {type(value).__name__}")
        return [_encode(arguments[0], item, f"{where}[{index}]") for index, item in enumerate(value)]
    return _scalar(inner, value, where)


def _decode(hint: Any, value: Any, where: str) -> Any:
    inner, optional = _split(hint)
    if value is None:
        if optional:
            return None
        raise SchemaError(f"{where}: expected a value, found null")
    if isinstance(inner, tuple):
        if not isinstance(value, Mapping):
            raise SchemaError(f"{where}: expected a struct with kind, found {type(value).__name__}")
        for variant in inner:
            if kind_of(variant) == value.get("kind"):
                return _decode(variant, {name: value.get(name) for name in _hints(variant)}, where)
        raise SchemaError(f"{where}: expected one of {[kind_of(v) for v in inner]}, found {value.get('kind')!r}")
    if dataclasses.is_dataclass(inner):
        if not isinstance(value, Mapping):
            raise SchemaError(f"{where}: expected a struct, found {type(value).__name__}")
        hints = _hints(cast(type, inner))
        parts = {name: _decode(part, value.get(name), f"{where}.{name}") for name, part in hints.items()}
        return cast(Any, inner)(**parts)
    origin, arguments = get_origin(inner), get_args(inner)
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise SchemaError(f"{where}: expected a list, found {type(value).__name__}")
        return tuple(_decode(arguments[0], item, f"{where}[{index}]") for index, item in enumerate(value))
    return _scalar(inner, value, where)


def _scalar(hint: Any, value: Any, where: str) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        if value not in arguments:
            raise SchemaError(f"{where}: expected one of {list(arguments)}, found {value!r}")
        return value
    base = arguments[0] if origin is Annotated else hint
    try:
        if base is float and type(value) is int:
            return float(value)
        if base is datetime and type(value) is str:
            value = datetime.fromisoformat(value)
        if type(value) is not base:
            raise SchemaError(f"{where}: expected {getattr(base, '__name__', base)}, found {type(value).__name__}")
        if isinstance(value, datetime):
            if value.tzinfo is None:
                raise SchemaError(f"{where}: expected a time with its zone, found {value!r}")
            return value.astimezone(UTC)
        if isinstance(value, str):
            value.encode()
        elif base is int:
            low, high = _range(arguments[1] if origin is Annotated else _SCALARS[int])
            if not low <= value <= high:
                raise SchemaError(f"{where}: expected {low} to {high}, found one of {value.bit_length()} bits")
    except (ValueError, OverflowError) as error:
        raise SchemaError(f"{where}: expected what Arrow can hold: {str(error)[:100]}") from error
    return value


@functools.cache
def _range(width: pa.DataType) -> tuple[int, int]:
    """The least and the greatest integer of an Arrow type."""
    if pa.types.is_signed_integer(width):
        return -(2 ** (width.bit_width - 1)), 2 ** (width.bit_width - 1) - 1
    return 0, 2**width.bit_width - 1
