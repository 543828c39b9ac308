"""All pairs of binary codes at a small Hamming distance: exact, and as fast on skewed codes as on random ones.

Codes that differ in at most `d` bits agree on `k` of `d + k` blocks of their bits, whichever those are (Manku, Jain and
Das Sarma, 2007). So for each choice of `k` blocks the codes are sorted by them, and those with equal blocks are
compared. `k` is chosen by a sample of pairs: screens of low entropy agree on many blocks, and then need more of them.
"""

from collections.abc import Iterator
from itertools import combinations, pairwise
from math import comb
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

BITS = 64
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
Indices: TypeAlias = NDArray[np.int64]
Distances: TypeAlias = NDArray[np.uint16]

Block: TypeAlias = tuple[int, int]
"""Bits of a code that lie side by side: the place of the lowest, and how many."""


def codes_of(texts: pa.Array | pa.ChunkedArray) -> Codes:
    """Codes written in hexadecimal, as `imagehash` does, all of one length.

    A row a code: one word for 64 bits, four for 256, the first bit of the code highest in the first word.

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
    telling_nothing = (ones <= bits // 8) | (ones >= bits - bits // 8)
    rows = np.unpackbits(codes.astype(">u8").view(np.uint8).reshape(count, -1), axis=1).reshape(count, side, -1)
    telling_nothing |= (rows == rows[:, :1]).all(axis=(1, 2))
    return np.asarray(telling_nothing | (rows == rows[:, :, :1]).all(axis=(1, 2)), dtype=np.bool_)


def pairs(codes: Codes, distance: int) -> tuple[Indices, Indices, Distances]:
    """All pairs of distinct codes of 64 bits that differ in at most `distance`: index, index and how many, each once.

    Raises:
        ValueError: if the distance is negative or no less than the number of bits.
        OverflowError: if there are more than `PAIR_LIMIT`.
    """
    if not 0 <= distance < BITS:
        raise ValueError(f"expected a distance from 0 to {BITS - 1}, found {distance}")
    parts = [(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.uint16))]
    count = 0
    if len(codes) > 1 and distance > 0:
        for part in _search(codes, distance):
            count += len(part[0])
            if count > PAIR_LIMIT:
                raise OverflowError(f"expected at most {PAIR_LIMIT} pairs, found more at distance {distance}")
            parts.append(part)
    left, right, apart = (np.concatenate(column) for column in zip(*parts, strict=True))
    return left, right, apart


def _shared(keys: NDArray[np.uint64]) -> Indices:
    """The indices of the keys that may occur twice, all that do and a few more: a fifth of the time of sorting all."""
    crowd = np.arange(len(keys))
    for factor in (MIX, MIX * MIX):
        bits = min(max(len(crowd).bit_length() + 1, 8), 22)
        slots = (keys[crowd] * factor >> np.uint64(64 - bits)).astype(np.int64)
        numbers = np.arange(len(crowd), dtype=np.int32 if len(crowd) < 2**31 else np.int64)
        winner = np.zeros(1 << bits, numbers.dtype)
        winner[slots] = numbers
        crowded = np.zeros(1 << bits, np.bool_)
        crowded[slots[winner[slots] != numbers]] = True
        crowd = crowd[crowded[slots]]
    return crowd


def _search(codes: Codes, distance: int) -> Iterator[tuple[Indices, Indices, Distances]]:
    """The pairs near enough, each once."""
    index_bits = (len(codes) - 1).bit_length()
    agreeing = _agreeing(codes, distance, BITS - index_bits)
    blocks = _blocks(distance + agreeing)
    masks = [_mask(block) for block in blocks]
    values = [codes >> np.uint64(low) & np.uint64((1 << size) - 1) for low, size in blocks]
    for chosen in combinations(range(len(blocks)), agreeing):
        key, free = np.zeros(len(codes), np.uint64), BITS - index_bits
        for number in chosen:
            size = blocks[number][1]
            taken = min(size, free)
            key = key << np.uint64(taken) | values[number] >> np.uint64(size - taken)
            free -= taken
        # Key and index in one word: sorting words is several times as fast as finding the order of keys.
        shared = _shared(key)
        packed = key[shared] << np.uint64(index_bits) | shared.astype(np.uint64)
        packed.sort()
        parts = list(_neighbours(codes, packed, index_bits, distance))
        if parts:
            left, right, apart = (np.concatenate(part) for part in zip(*parts, strict=True))
            # A pair counts where the chosen blocks are the first on which it agrees: it agrees on others too.
            differing = codes[left] ^ codes[right]
            first = np.ones(len(left), np.bool_)
            for number in range(chosen[-1] + 1):
                first &= (differing & masks[number] != 0) != (number in chosen)
            yield left[first], right[first], apart[first]


def _agreeing(codes: Codes, distance: int, room: int) -> int:
    """How many blocks to sort by at a time, at the least cost for these codes."""
    count = len(codes)
    chance = np.random.default_rng(0)
    left, right = chance.integers(0, count, (2, min(SAMPLE, count * count)))
    differing = codes[left] ^ codes[right]
    among = count * count / 2
    costs = {}
    for agreeing in range(1, 7):
        number = distance + agreeing
        bits = min(BITS * agreeing // number, room)
        if number > BITS:
            break
        same = np.zeros(len(left), np.uint8)
        for block in _blocks(number):
            same += differing & _mask(block) == 0
        seen = np.bincount(same[left != right], minlength=number + 1)
        share = sum(comb(size, agreeing) * int(many) for size, many in enumerate(seen)) / len(left)
        # Chance agreement is too rare for a sample, and too common for many codes.
        chance_share = comb(number, agreeing) / 2**bits
        costs[agreeing] = comb(number, agreeing) * TABLE_COST * count + max(share, chance_share) * among
    return min(costs, key=lambda agreeing: costs[agreeing])


def _blocks(count: int) -> list[Block]:
    """The bits of a code in so many blocks of almost equal size, the highest first."""
    bounds = [BITS * number // count for number in range(count + 1)]
    return [(BITS - end, end - start) for start, end in pairwise(bounds)]


def _mask(block: Block) -> np.uint64:
    low, size = block
    return np.uint64(((1 << size) - 1) << low)


def _neighbours(
    codes: Codes, packed: NDArray[np.uint64], index_bits: int, distance: int
) -> Iterator[tuple[Indices, Indices, Distances]]:
    """The pairs near enough among those with equal keys: first each with its next, then with the one after that ..."""
    keys = packed >> np.uint64(index_bits)
    low = np.uint64((1 << index_bits) - 1)
    places = np.flatnonzero(keys[1:] == keys[:-1])
    step = 1
    while len(places):
        left, right = ((packed[at] & low).astype(np.int64) for at in (places, places + step))
        apart = np.bitwise_count(codes[left] ^ codes[right]).astype(np.uint16)
        near_enough = np.flatnonzero(apart <= distance)
        if len(near_enough):
            yield left[near_enough], right[near_enough], apart[near_enough]
        step += 1
        places = places[: np.searchsorted(places, len(keys) - step)]
        places = places[keys[places + step] == keys[places]]
