"""The tasks of benchmarks that must not be trained on, from files that the user gives.

A file is a JSON list, or a line of JSON for each task: an object with `text`, `app`, `start` or `screenshot` (the path
of an image beside the file), and `id`. What the name of the file says without its ending is the benchmark.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.curate.similarity.contamination import ENTRIES
from pipelines.curate.similarity.fingerprints import fingerprint
from schemas.errors import ConfigurationError, SchemaError
from schemas.files import read_given
from schemas.keys import parse_json

FILE_LIMIT = 256 * 2**20
PICTURE_LIMIT = 64 * 2**20
"""Bytes of a file, and of a screenshot."""

_NAMES = ("text", "app", "start", "screenshot")


def read_benchmarks(paths: Sequence[str]) -> pl.DataFrame:
    """The tasks of the files, as `ENTRIES`.

    Raises:
        ConfigurationError: if one can't be read, holds something else, or names a picture that is none.
    """
    rows = [row for path in paths for row in _rows(Path(path))]
    return pl.DataFrame(rows, schema=ENTRIES, orient="row")


def _rows(path: Path) -> list[tuple[str | None, ...]]:
    rows = []
    for number, task in enumerate(_tasks(path), 1):
        where = f"{path}, task {number}"
        if not isinstance(task, Mapping) or not any(isinstance(task.get(name), str) for name in _NAMES):
            raise ConfigurationError(f"{where}: expected an object with {', '.join(_NAMES)}, found {str(task)[:60]}")
        texts = [task.get(name) if isinstance(task.get(name), str) else None for name in ("text", "app", "start")]
        hashes: tuple[str | None, str | None] = (None, None)
        if isinstance(task.get("screenshot"), str):
            hashes = _hashes(path.parent, task["screenshot"], where)
        rows.append((path.stem, str(task.get("id", number)), *texts, *hashes))
    return rows


def _tasks(path: Path) -> list[Any]:
    try:
        data = read_given(path, FILE_LIMIT)
    except OSError as error:
        raise ConfigurationError(f"expected a benchmark's tasks, found {error}") from error
    try:
        if data.lstrip().startswith(b"["):
            return list(parse_json(data.strip()))
        return [parse_json(line) for line in data.splitlines() if line.strip()]
    except SchemaError as error:
        raise ConfigurationError(f"{path}: {error}") from error


def _hashes(folder: Path, name: str, where: str) -> tuple[str | None, str | None]:
    file = (folder / name).resolve()
    if not file.is_relative_to(folder.resolve()):
        raise ConfigurationError(f"{where}: expected a picture beside the file, found {name[:80]!r}")
    try:
        data = read_given(file, PICTURE_LIMIT)
    except OSError as error:
        raise ConfigurationError(f"{where}: expected a picture, found {error}") from error
    looks = fingerprint(name, data)
    if looks.error is not None:
        raise ConfigurationError(f"{where}: expected a picture, found {name[:80]!r}: {looks.error}")
    return looks.phash256, looks.dhash64
