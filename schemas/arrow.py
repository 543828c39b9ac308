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
from collections.abc import Callable, Hashable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import pyarrow as pa

from schemas.errors import SchemaError, SchemaVersionError

R = TypeVar("R")

SCHEMA_VERSION = "1.4"
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
    row: dict[str, Any] = _at(type(record).__name__, _encoder(cast(Hashable, type(record))), record)
    return row


def from_row(record: type[R], row: Mapping[str, Any]) -> R:
    """The record that a row of `pa.Table.to_pylist` holds; columns that the row lacks are null.

    Raises:
        SchemaError: for null in a required field, an unknown kind, or a value of another type.
    """
    return cast(R, _at(record.__name__, _decoder(cast(Hashable, record)), row))


def table_of(record: type, records: "list[Any] | tuple[Any, ...]") -> pa.Table:
    """The records as a table with the record's schema."""
    return pa.Table.from_pylist([to_row(each) for each in records], schema=arrow_schema(record))


def check_version(schema: pa.Schema, *, where: str) -> None:
    """Refuses a file that was written under another major version.

    Raises:
        SchemaVersionError: if the major version differs, or the metadata has none.
    """
    stored = (schema.metadata or {}).get(VERSION_KEY)
    expected = SCHEMA_VERSION.split(".")[0]
    if stored is None:
        raise SchemaVersionError(f"{where}: expected schema version {expected}.x, found none: not written by Hindtrace")
    version = stored.decode("utf-8", "replace")
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


Convert = Callable[[Any], Any]
"""From a value to a row's part or back; a misfit is a SchemaError whose text begins with where in the value it is."""


def _required(convert: Convert, nothing: str) -> Convert:
    def checked(value: Any) -> Any:
        if value is None:
            raise SchemaError(f": expected a value, found {nothing}")
        return convert(value)

    return checked


def _nullable(convert: Convert) -> Convert:
    return lambda value: None if value is None else convert(value)


@functools.cache
def _encoder(hint: Any) -> Convert:
    """What turns a value of that type into a row's part; made once for each type, because rows are many."""
    inner, optional = _split(hint)
    return _nullable(_encode(inner)) if optional else _required(_encode(inner), "None")


@functools.cache
def _decoder(hint: Any) -> Convert:
    """What turns a row's part into a value of that type."""
    inner, optional = _split(hint)
    return _nullable(_decode(inner)) if optional else _required(_decode(inner), "null")


def _encode(inner: Any) -> Convert:
    if isinstance(inner, tuple):
        variants = {variant: (kind_of(variant), _encoder(variant)) for variant in inner}

        def union(value: Any) -> Any:
            if type(value) not in variants:
                names = [variant.__name__ for variant in variants]
                raise SchemaError(f": expected one of {names}, found {type(value).__name__}")
            kind, encode = variants[type(value)]
            return {"kind": kind, **encode(value)}

        return union
    if dataclasses.is_dataclass(inner):
        fields = [(name, _encoder(part)) for name, part in _hints(cast(type, inner)).items()]

        def struct(value: Any) -> Any:
            if type(value) is not inner:
                raise SchemaError(f": expected {cast(type, inner).__name__}, found {type(value).__name__}")
            return {name: _at(f".{name}", encode, getattr(value, name)) for name, encode in fields}

        return struct
    if get_origin(inner) is tuple:
        return _sequence(_encoder(get_args(inner)[0]), list, (tuple,), "a tuple")
    return _scalar(inner)


def _decode(inner: Any) -> Convert:
    if isinstance(inner, tuple):
        variants = {kind_of(variant): _decoder(variant) for variant in inner}

        def union(value: Any) -> Any:
            if not isinstance(value, Mapping):
                raise SchemaError(f": expected a struct with kind, found {type(value).__name__}")
            kind = value.get("kind")
            if not isinstance(kind, str) or kind not in variants:
                raise SchemaError(f": expected one of {list(variants)}, found {kind!r}")
            return variants[kind](value)

        return union
    if dataclasses.is_dataclass(inner):
        fields = [(name, _decoder(part)) for name, part in _hints(cast(type, inner)).items()]

        def struct(value: Any) -> Any:
            if not isinstance(value, Mapping):
                raise SchemaError(f": expected a struct, found {type(value).__name__}")
            parts = {name: _at(f".{name}", decode, value.get(name)) for name, decode in fields}
            try:
                return cast(Any, inner)(**parts)
            except SchemaError as error:
                raise SchemaError(f": {error}") from error

        return struct
    if get_origin(inner) is tuple:
        return _sequence(_decoder(get_args(inner)[0]), tuple, (list, tuple), "a list")
    return _scalar(inner)


def _sequence(convert: Convert, make: Callable[[Any], Any], accepted: tuple[type, ...], expected: str) -> Convert:
    def sequence(value: Any) -> Any:
        if type(value) not in accepted:
            raise SchemaError(f": expected {expected}, found {type(value).__name__}")
        return make([_at(f"[{index}]", convert, item) for index, item in enumerate(value)])

    return sequence


def _at(place: str, convert: Convert, value: Any) -> Any:
    try:
        return convert(value)
    except SchemaError as error:
        raise SchemaError(f"{place}{error}") from error


def _scalar(hint: Any) -> Convert:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        allowed = frozenset(arguments)

        def literal(value: Any) -> Any:
            if type(value) is not str or value not in allowed:
                raise SchemaError(f": expected one of {list(arguments)}, found {value!r}")
            return value

        return literal
    base = arguments[0] if origin is Annotated else hint
    if base is int:
        return _integer(*_range(arguments[1] if origin is Annotated else _SCALARS[int]))
    if base in _CONVERTERS:
        return _CONVERTERS[base]

    def plain(value: Any) -> Any:
        if type(value) is not base:
            raise _misfit(base, value)
        return value

    return plain


def _misfit(base: Any, value: Any) -> SchemaError:
    return SchemaError(f": expected {getattr(base, '__name__', base)}, found {type(value).__name__}")


def _integer(low: int, high: int) -> Convert:
    def integer(value: Any) -> Any:
        if type(value) is not int:
            raise _misfit(int, value)
        if not low <= value <= high:
            raise SchemaError(f": expected {low} to {high}, found one of {value.bit_length()} bits")
        return value

    return integer


def _string(value: Any) -> Any:
    if type(value) is not str:
        raise _misfit(str, value)
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise SchemaError(f": expected what Arrow can hold: {str(error)[:100]}") from error
    return value


def _number(value: Any) -> Any:
    if type(value) is float:
        return value
    if type(value) is not int:
        raise _misfit(float, value)
    try:
        return float(value)
    except OverflowError as error:
        raise SchemaError(f": expected what Arrow can hold, found a number of {value.bit_length()} bits") from error


def _time(value: Any) -> Any:
    """A time in UTC, from a time or from the text that canonical JSON writes."""
    try:
        time = datetime.fromisoformat(value) if type(value) is str else value
        if type(time) is not datetime:
            raise _misfit(datetime, value)
        if time.tzinfo is None:
            raise SchemaError(f": expected a time with its zone, found {str(value)[:40]!r}")
        return time.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise SchemaError(f": expected what Arrow can hold: {str(error)[:100]}") from error


_CONVERTERS: dict[Any, Convert] = {str: _string, float: _number, datetime: _time}


@functools.cache
def _range(width: pa.DataType) -> tuple[int, int]:
    """The least and the greatest integer of an Arrow type."""
    if pa.types.is_signed_integer(width):
        return -(2 ** (width.bit_width - 1)), 2 ** (width.bit_width - 1) - 1
    return 0, 2**width.bit_width - 1
