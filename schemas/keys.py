"""Canonical JSON and 128-bit keys: the same value has the same bytes on every machine, in every version."""

import dataclasses
import hashlib
import json
import math
import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from schemas.arrow import kind_of
from schemas.errors import SchemaError

_SPACE = re.compile(r"\s+")


def canonical_json(value: Any) -> bytes:
    """The one JSON text of a value: sorted keys, no spaces, UTF-8, nulls in objects left out.

    Dataclasses are objects with their `kind` (a field of that name stands instead); tuples are lists; times are UTC
    with microseconds. A null is left out so that a record with a new optional field, not set, keeps its key.

    Raises:
        SchemaError: for a number that is not finite, a set, or any type that has no JSON form.
    """
    text = json.dumps(_plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8", "surrogatepass")


def parse_json(data: bytes) -> Any:
    """The value of a JSON text that a stranger may have written.

    Raises:
        SchemaError: if it is no JSON in UTF-8, has a number that is not finite, a name twice in one object, or is
            nested too deep to read.
    """
    try:
        return json.loads(
            data.decode(), parse_constant=_finite, parse_float=_finite, object_pairs_hook=_object_without_repeats
        )
    except (ValueError, RecursionError) as error:
        raise SchemaError(f"expected JSON, found {data[:60]!r}: {error}") from error


def key(*parts: Any) -> str:
    """The 128-bit key of the parts: 32 hexadecimal digits of BLAKE2b over their canonical JSON."""
    return hashlib.blake2b(canonical_json(parts), digest_size=16).hexdigest()


def content_id(data: bytes) -> str:
    """The sha256 of the bytes in hexadecimal: the name of a blob or a file."""
    return hashlib.sha256(data).hexdigest()


def bucket_of(trajectory_id: str, buckets: int) -> int:
    """The bucket of a trajectory: its key modulo `buckets`, which is a power of two.

    Raises:
        ValueError: if `buckets` is not a power of two.
    """
    if buckets < 1 or buckets & (buckets - 1):
        raise ValueError(f"expected a power of two, found {buckets} buckets")
    return int(key("bucket", trajectory_id)[:8], 16) % buckets


def fraction(*parts: Any) -> float:
    """A number from 0 to 1 (1 excluded) that depends on the parts alone: for splits and samples."""
    return int(key("fraction", *parts)[:13], 16) / 16**13


def named(record: Any, *, without: Collection[str] = ()) -> dict[str, Any]:
    """The values of a dataclass by the names of their fields: for a record that has fields of the same names."""
    return {
        field.name: getattr(record, field.name) for field in dataclasses.fields(record) if field.name not in without
    }


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise SchemaError(f"expected finite numbers, found {text[:20]}")
    return number


def _object_without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    parts = dict(pairs)
    if len(parts) < len(pairs):
        raise SchemaError("expected each name once in an object, found one twice")
    return parts


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise SchemaError(f"expected a finite number, found {value}")
        return int(value) if value.is_integer() else value
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise SchemaError(f"expected a time with its zone, found {value!r}")
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {"kind": kind_of(type(value)), **_object(named(value))}
    if isinstance(value, Mapping):
        return _object(value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    raise SchemaError(f"{type(value).__name__} has no canonical JSON")


def _object(parts: Mapping[str, Any]) -> dict[str, Any]:
    for name in parts:
        if not isinstance(name, str):
            raise SchemaError(f"expected a name as a string, found {name!r}")
    return {name: _plain(part) for name, part in parts.items() if part is not None}


def plain_text(text: str) -> str:
    """An instruction as it is compared: white space folded, in small letters."""
    return _SPACE.sub(" ", text).strip().casefold()
