"""The keys by which rows are compared: what is done, for which words, between which states."""

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
import pyarrow as pa

VERSION = b"k1"
_WIDTH = 16


def keyed(candidates: pa.Table, states: Mapping[str, str], words: Mapping[str, str]) -> pa.Table:
    """The candidates with `exact`, `key`, `pair` and `prompt`, of 16 bytes or null where nothing is to be compared.

    `exact` is of (use, role, words, state, action, next state), `key` the same with each state and each sentence
    replaced by what stands for it in `states` and `words`, and `pair` is of (words, state, action), in `kto` alone: two
    verdicts on it contradict each other. The keys of rows that are `alone` hold their place: no other row has them.
    """
    rows = pl.DataFrame(candidates)
    parts = {name: rows[name].to_list() for name in ("use", "role", "plain", "state_before", "action", "state_after")}
    alone = rows["alone"].fill_null(False).to_list()
    if any(alone):
        places = rows.select(
            pl.format("{}/{}/{}", "trajectory_id", "step_index", pl.col("instruction_id").fill_null(""))
        )
        named = zip(parts["action"], places.to_series().to_list(), alone, strict=True)
        parts["action"] = [f"{action} {place}" if own else action for action, place, own in named]
    exact = _keys(b"step", *parts.values())
    near = dict(parts)
    for name in ("state_before", "state_after"):
        near[name] = [states.get(state, state) for state in near[name]]
    near["plain"] = [words.get(sentence, sentence) for sentence in near["plain"]]
    same = near == parts
    pair = _keys(b"pair", near["plain"], near["state_before"], near["action"])
    kto = (rows["use"] == "kto").to_list()
    asked = rows["prompt"].to_list()
    return (
        candidates.drop_columns(["prompt"])
        .append_column("prompt", _column([None if text is None else _digest(b"prompt", (text,)) for text in asked]))
        .append_column("exact", _column(exact))
        .append_column("key", _column(exact if same else _keys(b"step", *near.values())))
        .append_column("pair", _column([digest if of_kto else None for digest, of_kto in zip(pair, kto, strict=True)]))
    )


def first_bytes(keys: pa.Array) -> "np.ndarray[tuple[int], np.dtype[np.uint64]]":
    """The first 8 bytes of each key as a number; 0 for null."""
    return np.array([0 if each is None else int.from_bytes(each[:8], "big") for each in keys.to_pylist()], np.uint64)


def _keys(what: bytes, *parts: Sequence[str | None]) -> list[bytes | None]:
    """A key of each row's parts; null where the words are."""
    words = parts[2] if what == b"step" else parts[0]
    keys: list[bytes | None] = []
    for row, word in zip(zip(*parts, strict=True), words, strict=True):
        if word is None:
            keys.append(None)
            continue
        keys.append(_digest(what, row))
    return keys


def _digest(what: bytes, parts: Sequence[str | None]) -> bytes:
    text = "\x1f".join("\x00" if part is None else part for part in parts)
    return hashlib.blake2b(VERSION + b"\x1f" + what + b"\x1f" + text.encode(), digest_size=_WIDTH).digest()


def _column(values: list[bytes | None]) -> pa.Array:
    return pa.array(values, pa.binary(_WIDTH))
