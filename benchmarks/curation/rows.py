"""Made-up rows of steps to deduplicate, in files: three tenths duplicates, one row in fifty of a single hot key."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

FILES = 16
CHUNK = 250_000


def write_rows(folder: Path, count: int, *, files: int = FILES, seed: int = 0) -> Path:
    """Writes so many rows, unless they are there, and returns the folder."""
    made = folder / f"rows-{count}-{files}"
    if (made / "done").exists():
        return made
    made.mkdir(parents=True, exist_ok=True)
    chance = np.random.default_rng(seed)
    states = count * 4
    per_file = count // files
    for number in range(files):
        size = per_file if number < files - 1 else count - per_file * (files - 1)
        path = made / f"{number:05d}.parquet"
        writer: pq.ParquetWriter | None = None
        for start in range(0, size, CHUNK):
            rows = _rows(chance, min(CHUNK, size - start), states, number, start)
            writer = writer or pq.ParquetWriter(path, rows.schema, compression="zstd", compression_level=3)
            writer.write_table(rows, row_group_size=65_536)
        if writer is not None:
            writer.close()
    (made / "done").touch()
    return made


def _rows(chance: np.random.Generator, size: int, states: int, number: int, start: int) -> pa.Table:
    """A part of a file: episodes of 25 steps, each step of a state, an action and the state that follows."""
    before = chance.integers(0, states, size, dtype=np.uint64)
    duplicate = chance.random(size) < 0.3
    before[duplicate] = chance.integers(0, max(states // 200, 1), int(duplicate.sum()), dtype=np.uint64)
    before[chance.random(size) < 0.02] = 7
    action = _mixed(before, 1) % np.uint64(3)
    after = _mixed(before * np.uint64(3) + action, 2)
    episode = (np.arange(start, start + size, dtype=np.uint64)) // np.uint64(25) + np.uint64(number << 32)
    ids = np.stack([_mixed(episode, 3), _mixed(episode, 4)], axis=1)
    step = (np.arange(start, start + size) % 25).astype(np.int32)
    keys = np.stack([_mixed(before * np.uint64(3) + action, 5), after], axis=1).astype(">u8")
    text = [f"Open the record {one % 9973} of the list and sort it by column {one % 17}" for one in before.tolist()]
    reason = [f"the element {one % 251} was there and something changed after it" for one in step.tolist()]
    return pa.table(
        {
            "trajectory_id": _hex(ids),
            "step_index": pa.array(step),
            "text": pa.array(text),
            "state_before": _hex(np.stack([before, _mixed(before, 6)], axis=1)),
            "action": pa.array([f'{{"kind":"click","role":"link","name":"{one % 997}"}}' for one in before.tolist()]),
            "state_after": _hex(np.stack([after, _mixed(after, 7)], axis=1)),
            "reason": pa.array(reason),
            "rank": pa.array((_mixed(episode, 8) % np.uint64(5)).astype(np.uint16)),
            "key": pa.FixedSizeBinaryArray.from_buffers(
                pa.binary(16), size, [None, pa.py_buffer(np.ascontiguousarray(keys).tobytes())]
            ),
        }
    )


def _mixed(values: np.ndarray, salt: int) -> np.ndarray:
    """Numbers that look drawn, each the same for the same value (splitmix64)."""
    with np.errstate(over="ignore"):
        mixed = values.astype(np.uint64) + np.uint64(salt) * np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return np.asarray(mixed ^ (mixed >> np.uint64(31)))


def _hex(pairs: np.ndarray) -> pa.Array:
    """Ids of 32 digits."""
    data = np.ascontiguousarray(pairs.astype(">u8")).tobytes().hex()
    return pa.array([data[start : start + 32] for start in range(0, len(data), 32)])
