"""Near-duplicates of texts and of sequences, by MinHash: candidates that share a band, decided by their true Jaccard.

The stages are apart, so that only band keys have to be shuffled: `shingles_of_texts` or `shingles_of_sequences`, then
`signatures`, `bands`, `pairs` and `verified`; `near` does all of it for rows in one place. A set is that of the hashes
of its shingles; its numbers depend on the text alone, not on the process, the machine or a library's version.
"""

import hashlib
from typing import TypeAlias

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

WORDS = 3
"""Of a shingle of a text; a shorter text is one shingle."""

BANDS, ROWS = 12, 5
"""Of sets with a Jaccard of 0.8, 99 of 100 pairs share one of 12 bands of 5 rows; with 0.5, 32 of 100."""

HOT = 32
"""Sets of which all pairs are compared, where they share a band; of more only those that share two bands."""

THRESHOLD = 0.8

BAND_BYTES = BANDS * 16
"""Of what is shuffled for a set: a key and an id of 8 bytes for each band."""

HASH_BITS = 44
"""Of a shingle, that are compared for the true Jaccard: two of one pair are alike by chance once in 10 ** 11 pairs."""

BLOCK = 4_096
"""Sets whose hashes stay in the cache while they are permuted."""

CHUNK = 1 << 19
"""Pairs that are compared at a time; their number and `HASH_BITS` fill 64 bits."""

Hashes: TypeAlias = NDArray[np.uint64]

MIX = np.array([0xBF58476D1CE4E5B9, 0x94D049BB133111EB], np.uint64)
"""The factors of splitmix64, by Steele, Lea and Flood."""

SHINGLES = pa.list_(pa.uint64())

_TOKEN = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]|[\p{L}\p{N}\p{M}]+"


def shingles_of_texts(ids: pa.Array, texts: pa.Array, words: int = WORDS) -> pa.Table:
    """Each text's set of shingles, `(id, shingles)`: so many words, in lower case and without punctuation.

    A sign of a script that does not part words is a word. A text without words has an empty set.
    """
    series = pl.Series(texts).fill_null("").str.to_lowercase().str.extract_all(_TOKEN)
    return _shingled(ids, series, words)


def shingles_of_sequences(ids: pa.Array, sequences: pa.Array, length: int) -> pa.Table:
    """Each sequence's set of shingles, `(id, shingles)`: so many tokens, such as states and actions in turn."""
    return _shingled(ids, pl.Series(sequences.cast(pa.large_list(pa.large_string()))), length)


def signatures(shingled: pa.Table) -> pa.Table:
    """The least of each permutation of a set's hashes, `(id, signature)`; empty sets have none and are left out."""
    lists = shingled["shingles"].combine_chunks()
    lengths = np.asarray(pc.list_value_length(lists)).astype(np.int64)
    filled = np.flatnonzero(lengths)
    values = _mixed(np.asarray(lists.flatten()))
    starts = np.concatenate([[0], np.cumsum(lengths[filled])])
    factors = _mixed(np.arange(1, BANDS * ROWS + 1, dtype=np.uint64)) | np.uint64(1)
    least = np.empty((len(filled), BANDS * ROWS), np.uint32)
    for start in range(0, len(filled), BLOCK):
        end = min(start + BLOCK, len(filled))
        part = values[starts[start] : starts[end]]
        offsets = starts[start:end] - starts[start]
        for number, factor in enumerate(factors):
            least[start:end, number] = np.minimum.reduceat(part * factor, offsets) >> np.uint64(32)
    signature = pa.FixedSizeListArray.from_arrays(pa.array(least.ravel()), BANDS * ROWS)
    return pa.table({"id": shingled["id"].take(pa.array(filled)), "signature": signature})


def bands(signed: pa.Table) -> pa.Table:
    """The band keys, `(key, id)`: sets with a key in common may be near. The keys of different bands differ."""
    least = np.asarray(signed["signature"].combine_chunks().flatten()).reshape(-1, BANDS, ROWS)
    keys = np.broadcast_to(np.arange(1, BANDS + 1, dtype=np.uint64), least.shape[:2])
    for row in range(ROWS):
        keys = _mixed(keys ^ least[:, :, row].astype(np.uint64))
    ids = signed["id"].combine_chunks().take(pa.array(np.repeat(np.arange(len(least)), BANDS)))
    return pa.table({"key": keys.ravel(), "id": ids})


def pairs(banded: pa.Table) -> pa.Table:
    """The candidates, `(left, right)` with left < right, each once and in order.

    All that share a key; where that are more than `HOT`, all that share a second key of those given, and each with the
    least one. Where more than `HOT` share two keys, each with the least of them: they are near each other too.
    """
    ids, codes = _ranked(banded["id"])
    keys = np.asarray(banded["key"])
    order = np.lexsort((codes, keys))
    keys, codes = keys[order], codes[order]
    left, right, hot = _in_buckets(keys, codes)
    parts = [(left, right)]
    if hot.any():
        # Each key of a member of a hot bucket, mixed with that bucket's key: those who share it share two keys.
        inside = pl.DataFrame({"code": codes[hot], "hot": keys[hot]})
        every = pl.DataFrame({"code": codes, "key": keys})
        both = inside.join(every, on="code", how="inner").filter(pl.col("hot") != pl.col("key"))
        own, other = both["hot"].to_numpy(), both["key"].to_numpy()
        second = _mixed(np.minimum(own, other)) ^ np.maximum(own, other)
        members = both["code"].to_numpy()
        order = np.lexsort((members, second))
        parts.append(_in_buckets(second[order], members[order])[:2])
    left, right = (np.concatenate(column) for column in zip(*parts, strict=True))
    packed = np.unique(left.astype(np.uint64) << np.uint64(32) | right.astype(np.uint64))
    columns = (packed >> np.uint64(32), packed & np.uint64(2**32 - 1))
    return pa.table({name: ids.take(pa.array(side)) for name, side in zip(("left", "right"), columns, strict=True)})


def verified(candidates: pa.Table, shingled: pa.Table, threshold: float = THRESHOLD) -> pa.Table:
    """The edges, `(left, right, distance)`: the candidates that are near, in their order.

    Their Jaccard is no less than the threshold, and the distance is 1 less it.

    Raises:
        ValueError: if the shingles of a candidate are missing, or the threshold is not above 0 and at most 1.
    """
    if not 0 < threshold <= 1:
        raise ValueError(f"expected a threshold above 0 and at most 1, found {threshold}")
    lists = shingled["shingles"].combine_chunks()
    values = np.asarray(lists.flatten()) & np.uint64((1 << HASH_BITS) - 1)
    lengths = np.asarray(pc.list_value_length(lists)).astype(np.int64)
    starts = np.cumsum(lengths) - lengths
    where = [pc.index_in(candidates[side], shingled["id"].combine_chunks()) for side in ("left", "right")]
    if any(places.null_count for places in where):
        raise ValueError("expected the shingles of each candidate, found one without")
    left, right = (np.asarray(places).astype(np.int64) for places in where)
    likeness = np.empty(len(left))
    for start in range(0, len(left), CHUNK):
        part = slice(start, start + CHUNK)
        both = np.concatenate([left[part], right[part]])
        number = np.tile(np.arange(len(both) // 2, dtype=np.uint64), 2)
        counts = lengths[both]
        places = np.repeat(starts[both] - (np.cumsum(counts) - counts), counts) + np.arange(counts.sum())
        packed = np.repeat(number, counts) << np.uint64(HASH_BITS) | values[places]
        packed.sort()
        again = packed[1:][packed[1:] == packed[:-1]] >> np.uint64(HASH_BITS)
        common = np.bincount(again.astype(np.int64), minlength=len(number) // 2)
        whole = lengths[left[part]] + lengths[right[part]] - common
        likeness[part] = common / np.maximum(whole, 1)
    kept = np.flatnonzero(likeness >= threshold)
    edges = candidates.take(pa.array(kept))
    return edges.append_column("distance", pa.array(1.0 - likeness[kept]))


def near(shingled: pa.Table, threshold: float = THRESHOLD) -> pa.Table:
    """The edges, `(left, right, distance)`, between the sets of a table, in order of their ids.

    Of equal sets the one with the least id stands for all: it has an edge of 0 with each of the others, and the edges
    with other sets. The order of the rows changes nothing; empty sets have no edges.

    Raises:
        ValueError: if an id occurs twice.
    """
    table = shingled.sort_by("id").combine_chunks()
    ids = table["id"].combine_chunks()
    if len(pc.unique(ids)) < len(ids):
        raise ValueError("expected each id once, found one twice")
    least = _least(table["shingles"].combine_chunks())
    own = np.arange(len(ids))
    numbered = pa.table({"id": pa.array(own), "shingles": table["shingles"]})
    some = numbered.take(pa.array(np.flatnonzero(least == own)))
    edges = verified(pairs(bands(signatures(some))), some, threshold)
    again = np.flatnonzero((least != own) & (least >= 0))
    left = np.concatenate([least[again], np.asarray(edges["left"])])
    right = np.concatenate([again, np.asarray(edges["right"])])
    far = np.concatenate([np.zeros(len(again)), np.asarray(edges["distance"])])
    order = np.lexsort((right, left))
    return pa.table(
        {"left": ids.take(pa.array(left[order])), "right": ids.take(pa.array(right[order])), "distance": far[order]}
    )


def _shingled(ids: pa.Array, tokens: pl.Series, length: int) -> pa.Table:
    """The distinct hashes of each run of so many tokens, in order; of all tokens where there are fewer."""
    if length < 1:
        raise ValueError(f"expected shingles of at least one token, found {length}")
    counts = tokens.list.len().fill_null(0).to_numpy().astype(np.int64)
    hashes = _token_hashes(tokens)
    runs = np.where(counts > 0, np.maximum(counts - length + 1, 1), 0)
    owner = np.repeat(np.arange(len(counts)), runs)
    ends = np.cumsum(counts)
    place = np.arange(len(owner)) + np.repeat((ends - counts) - (np.cumsum(runs) - runs), runs)
    shingles = np.zeros(len(owner), np.uint64)
    for step in range(length):
        at = place + step
        inside = at < ends[owner]
        shingles = (
            _mixed(shingles ^ np.where(inside, hashes[np.minimum(at, len(hashes) - 1)], 0)) if len(hashes) else shingles
        )
    order = np.lexsort((shingles, owner))
    shingles, owner = shingles[order], owner[order]
    first = np.ones(len(shingles), np.bool_)
    first[1:] = (shingles[1:] != shingles[:-1]) | (owner[1:] != owner[:-1])
    offsets = np.concatenate([[0], np.cumsum(np.bincount(owner[first], minlength=len(counts)))])
    lists = pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), pa.array(shingles[first]))
    return pa.table({"id": ids, "shingles": lists})


def _token_hashes(tokens: pl.Series) -> Hashes:
    """The first 8 bytes of BLAKE2b of each token, in order; each distinct token is hashed once."""
    flat = tokens.explode(empty_as_null=False, keep_nulls=False) if len(tokens) else pl.Series([], dtype=pl.String)
    distinct = flat.unique()
    hashed = (hashlib.blake2b(token.encode(), digest_size=8).digest() for token in distinct)
    numbers = np.frombuffer(b"".join(hashed), "<u8").astype(np.uint64)
    return flat.replace_strict(distinct, pl.Series(numbers), return_dtype=pl.UInt64).to_numpy()


def _mixed(values: Hashes) -> Hashes:
    """Each number as a random one: splitmix64."""
    values = values + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> np.uint64(30))) * MIX[0]
    values = (values ^ (values >> np.uint64(27))) * MIX[1]
    return np.asarray(values ^ (values >> np.uint64(31)))


def _ranked(ids: pa.ChunkedArray) -> tuple[pa.Array, NDArray[np.int64]]:
    """The distinct ids in order, and the place of each id among them."""
    distinct = pc.unique(ids)
    distinct = distinct.take(pc.sort_indices(distinct))
    return distinct, np.asarray(pc.index_in(ids.combine_chunks(), distinct)).astype(np.int64)


def _in_buckets(
    keys: Hashes, codes: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Of rows in order of key and code: the pairs within a key, and which rows are in hot buckets.

    All pairs of a small bucket, and the first with each other of a hot one.
    """
    if not len(keys):
        return codes[:0], codes[:0], np.zeros(0, np.bool_)
    starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    lengths = np.diff(starts, append=len(keys))
    hot = np.repeat(lengths > HOT, lengths)
    first = np.repeat(starts, lengths)
    after = np.arange(len(keys))
    others = np.flatnonzero(hot & (after != first))
    left, right = [codes[first[others]]], [codes[others]]
    end = first + np.repeat(lengths, lengths)
    for step in range(1, HOT):
        places = np.flatnonzero(~hot & (after + step < end))
        if not len(places):
            break
        left.append(codes[places])
        right.append(codes[places + step])
    return np.concatenate(left), np.concatenate(right), hot


def _least(lists: pa.ListArray) -> NDArray[np.int64]:
    """For each set the least index of an equal one; -1 for empty sets."""
    lengths = np.asarray(pc.list_value_length(lists)).astype(np.int64)
    values = np.asarray(lists.flatten())
    filled = np.flatnonzero(lengths)
    least = np.full(len(lengths), -1, np.int64)
    if not len(filled):
        return least
    starts = np.cumsum(lengths[filled]) - lengths[filled]
    # Two sums of mixed hashes are 128 bits of the set, whatever its size.
    sums = [np.add.reduceat(_mixed(values ^ np.uint64(salt)), starts) for salt in (1, 2)]
    order = np.lexsort((filled, sums[1], sums[0]))
    differs = np.ones(len(order), np.bool_)
    differs[1:] = (np.diff(sums[0][order]) != 0) | (np.diff(sums[1][order]) != 0)
    group = np.flatnonzero(differs)
    least[filled[order]] = np.repeat(filled[order][group], np.diff(group, append=len(order)))
    return least
