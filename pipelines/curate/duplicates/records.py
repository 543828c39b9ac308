"""Records of a fixed size: what is sent of a row from one worker to another, with its key in two halves of 64 bits.

Their fields say in which order their bytes are, so they are the same on every machine.
"""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from schemas.errors import LedgerError

Records: TypeAlias = NDArray[np.void]


def sent(records: Records, partitions: int) -> Iterator[tuple[int, bytes]]:
    """The records by the partition in which their key is compared: a power of two of them, from the lake."""
    shift = np.uint64(64 - (partitions.bit_length() - 1))
    places = np.zeros(len(records), np.int64)
    if partitions > 1:
        places = (records["high"].astype(np.uint64) >> shift).astype(np.int64)
    order = np.argsort(places, kind="stable")
    bounds = np.searchsorted(places[order], np.arange(partitions + 1))
    for number, (start, end) in enumerate(pairwise(bounds)):
        if end > start:
            yield number, records[order[start:end]].tobytes()


def received(parts: Iterable[bytes], dtype: np.dtype[np.void]) -> Records:
    """All records of what was sent.

    Raises:
        LedgerError: if they are no whole number of records.
    """
    data = b"".join(parts)
    try:
        return np.frombuffer(data, dtype)
    except ValueError as error:
        raise LedgerError(f"expected records of {dtype.itemsize} bytes, found {len(data)} bytes") from error


def halves(keys: pa.Array) -> NDArray[np.uint64]:
    """The two halves of every key of 16 bytes, without a copy; those of nulls say nothing.

    Raises:
        LedgerError: if they are no such keys.
    """
    if not pa.types.is_fixed_size_binary(keys.type) or keys.type.byte_width != 16:
        raise LedgerError(f"expected keys of 16 bytes, found {keys.type}")
    data = memoryview(keys.buffers()[1])[keys.offset * 16 : (keys.offset + len(keys)) * 16]
    return np.frombuffer(data, ">u8").reshape(-1, 2)


def prefixes(ids: pa.Array) -> NDArray[np.uint64]:
    """The first 16 hexadecimal digits of each id as a number.

    Raises:
        LedgerError: if one has fewer, or others.
    """
    distinct = ids.dictionary_encode() if not pa.types.is_dictionary(ids.type) else ids
    if distinct.null_count:
        raise LedgerError("expected an id for each row, found none: ids of 32 hexadecimal digits")
    try:
        numbers = np.array([int(text[:16].ljust(16, "x"), 16) for text in distinct.dictionary.to_pylist()], np.uint64)
    except (ValueError, TypeError, AttributeError) as error:
        raise LedgerError(f"expected ids of 32 hexadecimal digits, found another: {str(error)[:80]}") from error
    return numbers[np.asarray(distinct.indices)]


def ordered(records: Records, *fields: str) -> Records:
    """The records in order of these fields, the first one first."""
    return records[np.lexsort(tuple(records[name] for name in reversed(fields)))]


def begins(records: Records) -> NDArray[np.bool_]:
    """Of records in order of their keys, which are the first of theirs."""
    first = np.ones(len(records), np.bool_)
    first[1:] = (records["high"][1:] != records["high"][:-1]) | (records["low"][1:] != records["low"][:-1])
    return first


def rows_by_file(records: Records) -> dict[int, list[int]]:
    """The rows of the records by their file, in order."""
    rows: dict[int, list[int]] = {}
    for file, row in sorted(zip(records["file"].tolist(), records["row"].tolist(), strict=True)):
        rows.setdefault(file, []).append(row)
    return rows
