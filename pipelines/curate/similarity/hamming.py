"""All pairs of binary codes at a small Hamming distance: exact, and as fast on skewed codes as on random ones.

Codes that differ in at most `d` bits agree on `k` of `d + k` blocks of their bits, whichever those are (Manku, Jain and
Das Sarma, 2007). So for each choice of `k` blocks the codes are sorted by them, and those with equal blocks are
compared. `k` is chosen by a sample of pairs: screens of low entropy agree on many blocks, and then need more of them.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations
from math import comb
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

PAIR_LIMIT = 200_000_000
"""Pairs of distinct codes, 20 bytes each: more are refused, for then the distance does not tell things apart."""

SAMPLE = 200_000
"""Pairs that tell what each number of blocks would cost."""

TABLE_COST = 0.7
"""What it takes to find the codes with equal blocks, for each code, in comparisons of two: it chooses the number of
blocks, and never the result."""

MIX = np.array(0x9E3779B97F4A7C15, np.uint64)
"""An odd number, 2 ** 64 by the golden ratio: its products spread over the high bits. An array, for it may overflow."""

Codes: TypeAlias = NDArray[np.uint64]
"""One row a code: one word for 64 bits, four for 256, the first bit of the code highest in the first word."""

Indices: TypeAlias = NDArray[np.int64]
Distances: TypeAlias = NDArray[np.uint16]

Piece: TypeAlias = tuple[int, int, int]
"""Bits of a code that lie side by side: the word, the place of the lowest in it, and how many."""


def codes_of(texts: pa.Array | pa.ChunkedArray) -> Codes:
    """Codes written in hexadecimal, as `imagehash` does, all of one length.

    Raises:
        ValueError: if one is null, no hexadecimal text, or not of 64, 128 ... bits as the first one is.
    """
    joined = pc.binary_join(pa.array([texts.to_pylist()], pa.list_(pa.string())), "")[0].as_py() if len(texts) else ""
    if len(texts) == 0:
        return np.empty((0, 1), np.uint64)
    lengths = pc.unique(pc.binary_length(texts)).to_pylist()
    if joined is None or len(lengths) != 1 or not lengths[0] or lengths[0] % 16:
        raise ValueError(f"expected codes of one length, 16 digits or a multiple, found lengths {lengths[:5]}")
    try:
        data = bytes.fromhex(joined)
    except ValueError as error:
        raise ValueError("expected hexadecimal codes, found another text") from error
    return np.frombuffer(data, ">u8").astype(np.uint64).reshape(len(texts), -1)


def degenerate(codes: Codes) -> NDArray[np.bool_]:
    """Which codes of square images tell nothing of their place in it, as those of blank screens do.

    These have at most an eighth of their bits set, or at most an eighth not, or equal rows, or equal columns. The
    pHash of any blank image but a black one is one bit, and half of all bits are set where no two medians tie.
    """
    count, words = codes.shape
    bits = 64 * words
    side = int(bits**0.5)
    ones = np.bitwise_count(codes).sum(axis=1, dtype=np.int64)
    found = (ones <= bits // 8) | (ones >= bits - bits // 8)
    rows = np.unpackbits(codes.astype(">u8").view(np.uint8).reshape(count, -1), axis=1).reshape(count, side, -1)
    found |= (rows == rows[:, :1]).all(axis=(1, 2))
    return np.asarray(found | (rows == rows[:, :, :1]).all(axis=(1, 2)), dtype=np.bool_)


def near(ids: pa.Array | pa.ChunkedArray, codes: Codes, distance: int) -> pa.Table:
    """The edges (left, right, distance) between ids whose codes differ in at most `distance` bits, in order.

    Of the ids with one code the least stands for it: it has an edge of 0 with each of the others, and the edges with
    other codes. So the groups are those of all pairs, and any pair's distance is that of those that stand for them.
    The order of the rows changes nothing. Codes that say nothing (`degenerate`) are for the caller to leave out.

    Raises:
        ValueError: if there are not as many codes as ids, or an id occurs twice.
        OverflowError: if there are more than `PAIR_LIMIT` pairs of distinct codes.
    """
    ids = pa.concat_arrays(ids.chunks) if isinstance(ids, pa.ChunkedArray) else ids
    if len(ids) != len(codes):
        raise ValueError(f"expected a code for each of {len(ids)} ids, found {len(codes)}")
    rising = pc.less(ids[:-1], ids[1:]) if len(ids) > 1 else pa.array([True])
    if not pc.all(rising).as_py():
        order = pc.sort_indices(ids)
        ids, codes = ids.take(order), codes[np.asarray(order)]
        if not pc.all(pc.less(ids[:-1], ids[1:])).as_py():
            raise ValueError("expected each id once, found one twice")
    least = _least(codes)
    first = np.flatnonzero(least == np.arange(len(ids)))
    again = np.flatnonzero(least != np.arange(len(ids)))
    one, other, apart = pairs(codes[first], distance)
    left = np.concatenate([least[again], first[np.minimum(one, other)]])
    right = np.concatenate([again, first[np.maximum(one, other)]])
    far = np.concatenate([np.zeros(len(again)), apart])
    order = np.argsort(left * len(ids) + right)
    return pa.table(
        {"left": ids.take(pa.array(left[order])), "right": ids.take(pa.array(right[order])), "distance": far[order]}
    )


def pairs(codes: Codes, distance: int) -> tuple[Indices, Indices, Distances]:
    """All pairs of distinct codes that differ in at most `distance` bits: index, index and how many, each pair once.

    Raises:
        ValueError: if the distance is negative or no less than the number of bits.
        OverflowError: if there are more than `PAIR_LIMIT`.
    """
    count, words = codes.shape
    if not 0 <= distance < 64 * words:
        raise ValueError(f"expected a distance from 0 to {64 * words - 1}, found {distance}")
    columns = [np.ascontiguousarray(codes[:, word]) for word in range(words)]
    parts = [(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.uint16))]
    found = 0
    if count > 1 and distance > 0:
        for part in _search(columns, distance):
            found += len(part[0])
            if found > PAIR_LIMIT:
                raise OverflowError(f"expected at most {PAIR_LIMIT} pairs, found more at distance {distance}")
            parts.append(part)
    left, right, apart = (np.concatenate(column) for column in zip(*parts, strict=True))
    return left, right, apart


def _least(codes: Codes) -> Indices:
    """For each row the least index with the same code."""
    mixed = codes[:, 0]
    for word in range(1, codes.shape[1]):
        mixed = mixed * MIX ^ codes[:, word]
    least = np.arange(len(mixed))
    shared = _shared(mixed)
    if len(shared):
        shared = shared[np.argsort(mixed[shared])]  # not stable, and three times as fast: the least is looked for
        differs = (codes[shared[1:]] != codes[shared[:-1]]).any(axis=1)
        starts = np.flatnonzero(np.concatenate([[True], differs]))
        least[shared] = np.repeat(np.minimum.reduceat(shared, starts), np.diff(starts, append=len(shared)))
    return least


def _shared(keys: NDArray[np.uint64]) -> Indices:
    """The indices of the keys that may occur twice, all that do and a few more: a fifth of the time of sorting all."""
    found = np.arange(len(keys))
    for factor in (MIX, MIX * MIX):
        bits = min(max(len(found).bit_length() + 1, 8), 22)
        slots = (keys[found] * factor >> np.uint64(64 - bits)).astype(np.int64)
        numbers = np.arange(len(found), dtype=np.int32 if len(found) < 2**31 else np.int64)
        winner = np.zeros(1 << bits, numbers.dtype)
        winner[slots] = numbers
        crowded = np.zeros(1 << bits, np.bool_)
        crowded[slots[winner[slots] != numbers]] = True
        found = found[crowded[slots]]
    return found


def _search(columns: Sequence[NDArray[np.uint64]], distance: int) -> Iterator[tuple[Indices, Indices, Distances]]:
    """The pairs near enough, each once."""
    count, words = len(columns[0]), len(columns)
    index_bits = (count - 1).bit_length()
    agreeing = _agreeing(columns, distance, 64 - index_bits)
    blocks = _blocks(words, distance + agreeing)
    masks = [_mask(words, block) for block in blocks]
    values = [_values(columns, block) for block in blocks]
    for chosen in combinations(range(len(blocks)), agreeing):
        key, free = np.zeros(count, np.uint64), 64 - index_bits
        for number in chosen:
            size = min(sum(piece[2] for piece in blocks[number]), 64)
            taken = min(size, free)
            key = key << np.uint64(taken) | values[number] >> np.uint64(size - taken)
            free -= taken
        # Key and index in one word: sorting words is several times as fast as finding the order of keys.
        shared = _shared(key)
        packed = key[shared] << np.uint64(index_bits) | shared.astype(np.uint64)
        packed.sort()
        parts = list(_neighbours(columns, packed, index_bits, distance))
        if parts:
            left, right, apart = (np.concatenate(part) for part in zip(*parts, strict=True))
            first = _is_first_choice(columns, left, right, masks, chosen)
            yield left[first], right[first], apart[first]


def _agreeing(columns: Sequence[NDArray[np.uint64]], distance: int, room: int) -> int:
    """How many blocks to sort by at a time, at the least cost for these codes."""
    count, words = len(columns[0]), len(columns)
    chance = np.random.default_rng(0)
    one, other = chance.integers(0, count, (2, min(SAMPLE, count * count)))
    differing = [column[one] ^ column[other] for column in columns]
    among = count * count / 2
    costs = {}
    for agreeing in range(1, 7):
        number = distance + agreeing
        bits = min(64 * words * agreeing // number, room)
        if number > 64 * words:
            break
        same = np.zeros(len(one), np.uint8)
        for block in _blocks(words, number):
            same += ~_differ(differing, _mask(words, block))
        seen = np.bincount(same[one != other], minlength=number + 1)
        share = sum(comb(size, agreeing) * int(many) for size, many in enumerate(seen)) / len(one)
        # Chance agreement is too rare for a sample, and too common for many codes.
        chance_share = comb(number, agreeing) / 2**bits
        costs[agreeing] = comb(number, agreeing) * TABLE_COST * count + max(share, chance_share) * among
    return min(costs, key=lambda agreeing: costs[agreeing])


def _blocks(words: int, count: int) -> list[list[Piece]]:
    """The bits of a code in so many blocks of almost equal size."""
    blocks: list[list[Piece]] = []
    start = 0
    for number in range(count):
        end = 64 * words * (number + 1) // count
        block: list[Piece] = []
        while start < end:
            word, within = divmod(start, 64)
            size = min(end - start, 64 - within)
            block.append((word, 64 - within - size, size))
            start += size
        blocks.append(block)
    return blocks


def _values(columns: Sequence[NDArray[np.uint64]], block: Sequence[Piece]) -> NDArray[np.uint64]:
    """The bits of a block as a number: the last 64 where there are more."""
    value = np.zeros(len(columns[0]), np.uint64)
    for word, low, size in block:
        piece = columns[word] >> np.uint64(low) & np.uint64((1 << size) - 1)
        value = piece if size == 64 else value << np.uint64(size) | piece
    return value


def _mask(words: int, block: Sequence[Piece]) -> list[int]:
    mask = [0] * words
    for word, low, size in block:
        mask[word] |= ((1 << size) - 1) << low
    return mask


def _differ(differing: Sequence[NDArray[np.uint64]], mask: Sequence[int]) -> NDArray[np.bool_]:
    found = np.zeros(len(differing[0]), np.bool_)
    for column, bits in zip(differing, mask, strict=True):
        if bits:
            found |= column & np.uint64(bits) != 0
    return found


def _neighbours(
    columns: Sequence[NDArray[np.uint64]], packed: NDArray[np.uint64], index_bits: int, distance: int
) -> Iterator[tuple[Indices, Indices, Distances]]:
    """The pairs near enough among those with equal keys: first each with its next, then with the one after that ..."""
    keys = packed >> np.uint64(index_bits)
    low = np.uint64((1 << index_bits) - 1)
    places = np.flatnonzero(keys[1:] == keys[:-1])
    step = 1
    while len(places):
        left, right = ((packed[at] & low).astype(np.int64) for at in (places, places + step))
        apart = np.zeros(len(left), np.uint16)
        for column in columns:
            apart += np.bitwise_count(column[left] ^ column[right])
        near_enough = np.flatnonzero(apart <= distance)
        if len(near_enough):
            yield left[near_enough], right[near_enough], apart[near_enough]
        step += 1
        places = places[: np.searchsorted(places, len(keys) - step)]
        places = places[keys[places + step] == keys[places]]


def _is_first_choice(
    columns: Sequence[NDArray[np.uint64]],
    left: Indices,
    right: Indices,
    masks: Sequence[Sequence[int]],
    chosen: Sequence[int],
) -> NDArray[np.bool_]:
    """Whether the chosen blocks are the first on which a pair agrees: it agrees on others too, and counts once."""
    differing = [column[left] ^ column[right] for column in columns]
    first = np.ones(len(left), np.bool_)
    for number in range(chosen[-1] + 1):
        first &= _differ(differing, masks[number]) != (number in chosen)
    return first
