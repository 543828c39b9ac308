"""What is nearly the same: states by their looks and their tree, sentences by their words, walks by their steps.

Hashes propose, and never decide. Of two states the trees have the same structure, and no tile differs but where
something changes by itself; so a box that is ticked and a digit that is typed make another state, and a clock none.
"""

from collections.abc import Iterator

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.curate.similarity import hamming, minhash
from schemas.records import Box
from schemas.visual import TILE_BYTES, TILE_TOLERANCE, is_blank, tiles_of

RULES_VERSION = "n1"

EDGES = pl.Schema({"left": pl.String, "right": pl.String, "distance": pl.Float64})
"""Two that are nearly the same, the lesser first, and how far apart they are."""

CROWD = 256
"""States of one structure with one hash of which all pairs are compared; of more, those that lie near in order."""

WINDOW = 16
"""Neighbours in that order that a state of a crowd is compared with."""

WALK_SHINGLE = 2
"""Steps of a shingle of a walk: which state followed which, by what action."""


def near_states(sights: pl.DataFrame, *, distance: int) -> pl.DataFrame:
    """The edges between states of one app whose pHash differ in at most so many bits; `EDGES`, in bits.

    `sights` has `state`, `app`, `structure`, `width`, `height`, `phash64`, `tiles` and `volatile`, the boxes that may
    look otherwise. What is blank, or can't be decoded, is near nothing.
    """
    usable = sights.filter(pl.col("phash64").is_not_null() & pl.col("tiles").is_not_null())
    usable = usable.filter(~pl.Series([is_blank(tiles) for tiles in usable["tiles"].to_list()], dtype=pl.Boolean))
    parts = [pl.DataFrame(schema=EDGES)]
    usable = usable.with_columns(size=pl.col("tiles").bin.size())
    for _, block in usable.sort("state").group_by("app", "structure", "width", "height", "size", maintain_order=True):
        if block.height > 1:
            parts.append(_within(block, distance))
    edges = pl.concat(parts).sort("left", "right", "distance")
    return edges.unique(["left", "right"], keep="first", maintain_order=True)


def near_words(words: pl.DataFrame, *, similarity: float) -> pl.DataFrame:
    """The edges between sentences (`plain`, `text`) that share so many of their runs of three words; `EDGES`."""
    distinct = words.select("plain", "text").sort("plain", "text").unique("plain", keep="first", maintain_order=True)
    ids, texts = (distinct[name].to_arrow().cast(pa.string()) for name in ("plain", "text"))
    return _edges(minhash.near(minhash.shingles_of_texts(ids, texts), similarity))


def near_walks(walks: pl.DataFrame, *, similarity: float) -> pl.DataFrame:
    """The edges between walks (`walk`, `tokens`: states and actions in turn) of much the same steps; `EDGES`."""
    ordered = walks.filter(pl.col("tokens").list.len() > 0).sort("walk")
    ids = ordered["walk"].to_arrow().cast(pa.string())
    shingled = minhash.shingles_of_sequences(ids, ordered["tokens"].to_arrow(), WALK_SHINGLE)
    return _edges(minhash.near(shingled, similarity))


def _edges(rows: pa.Table) -> pl.DataFrame:
    return pl.DataFrame(rows).cast(dict(EDGES)).sort("left", "right")  # type: ignore[arg-type]


def _within(block: pl.DataFrame, distance: int) -> pl.DataFrame:
    """The edges within a block of one app, structure and size, in order of its states."""
    codes = hamming.codes_of(block["phash64"].to_arrow().cast(pa.string()))
    telling = np.flatnonzero(~hamming.degenerate(codes))
    count = len(block["tiles"][0]) // TILE_BYTES
    tiles = np.frombuffer(b"".join(block["tiles"].to_list()), np.uint8).reshape(-1, count, TILE_BYTES)
    ignored = np.zeros((block.height, count), bool)
    for row, (boxes, width, height) in enumerate(block.select("volatile", "width", "height").iter_rows()):
        inside = [tile for tile in tiles_of((Box(**box) for box in boxes or ()), width, height) if tile < count]
        ignored[row, inside] = True
    states = block["state"].to_list()
    rows = [
        (states[left], states[right], float(apart))
        for left, right, apart in _candidates(codes[:, 0], telling, tiles, distance)
        for left, right in [(min(left, right), max(left, right))]
        if states[left] != states[right] and _alike(tiles, ignored, left, right)
    ]
    return pl.DataFrame(rows, schema=EDGES, orient="row")


def _candidates(
    codes: hamming.Codes, telling: NDArray[np.int64], tiles: NDArray[np.uint8], distance: int
) -> Iterator[tuple[int, int, int]]:
    """The pairs that may be near, with the distance of their codes.

    Of equal codes all pairs, or the nearest, of near ones all of two small groups, or the first of each.
    """
    groups: dict[int, list[int]] = {}
    for row in telling.tolist():
        groups.setdefault(int(codes[row]), []).append(row)
    for members in groups.values():
        reach = len(members)
        if len(members) > CROWD:
            members.sort(key=lambda row: (tiles[row].tobytes(), row))
            reach = WINDOW
        for at, left in enumerate(members):
            yield from ((left, right, 0) for right in members[at + 1 : at + 1 + reach])
    distinct = np.array(sorted(groups), np.uint64)
    for first, second, apart in zip(*(part.tolist() for part in hamming.pairs(distinct, distance)), strict=True):
        near = [groups[int(distinct[index])] for index in (first, second)]
        if len(near[0]) * len(near[1]) > CROWD:
            near = [members[:1] for members in near]
        yield from ((left, right, apart) for left in near[0] for right in near[1])


def _alike(tiles: NDArray[np.uint8], ignored: NDArray[np.bool_], left: int, right: int) -> bool:
    """Whether no tile differs beyond the tolerance, but where either of both may look otherwise."""
    apart = np.abs((tiles[left] - tiles[right]).view(np.int8).astype(np.int16))
    return not bool(((apart > TILE_TOLERANCE).any(axis=1) & ~ignored[left] & ~ignored[right]).any())
