"""What the logs of tables are held against: each run tells, in its own commit, what the log of every table had in it.

Delta's log is text that nobody signs. Without this a line that is lost from it is a lake with fewer rows, and no error.
What a job committed that was killed before it could tell of it is held against nothing until the next one has.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from schemas.errors import LakeError
from schemas.keys import canonical_json, key

RUNS = "runs"
"""The table whose commits tell of all others."""

_TABLES = "hindtrace.tables"
_CALL = re.compile(r"\d+: |at .*:\d+$")
_COLOUR = re.compile("\x1b\\[[0-9;]*m")
MOST_SAID = 500

Log: TypeAlias = tuple[int, str]
"""The version of a table, and the key of its files at that version."""


def log_of(version: int, files: Iterable[tuple[str, int, int]]) -> Log:
    """A log by the version and the files, each as path, rows and size."""
    return version, key("log", version, sorted(files))


def told_by(logs: Mapping[str, Log]) -> dict[str, str]:
    """What a run's commit tells of the logs."""
    return {_TABLES: canonical_json(logs).decode()}


def told_in(delta: Any) -> Mapping[str, Any]:
    """What the last run told of the logs; nothing where it did not."""
    from deltalake.exceptions import DeltaError

    try:
        last = delta.history(1)
        told = json.loads(last[0].get(_TABLES, "{}")) if last else {}
    except (DeltaError, OSError, ValueError, RecursionError):
        return {}  # a log that was cut to a checkpoint, or another's
    return told if isinstance(told, dict) else {}


def check_logs(url: str, told: Mapping[str, Any], logs: Mapping[str, Log]) -> None:
    """Holds the logs against what was told of them before they were read.

    Raises:
        LakeError: if one is of an earlier version, or of that one with other files.
    """
    for table, (version, files) in sorted(logs.items()):
        match told.get(table):
            case [int() as before, str()] if version < before:
                found = f"version {version}"
            case [int() as before, str() as kept] if version == before and files != kept:
                found = "other files in it"
            case _:
                continue
        raise LakeError(
            f"{url}: the log of table {table} is damaged: expected version {before} as the log of {RUNS} tells of it, "
            f"found {found}: put {table}/_delta_log back from a copy; nothing was changed"
        )


def one_line(error: Exception) -> str:
    """What an error of Delta says and what caused it, without the calls that it adds below."""
    lines = [line.strip() for line in _COLOUR.sub("", str(error)).splitlines()]
    said = " ".join(line for line in lines if line and not _CALL.match(line))
    return said[:MOST_SAID] or type(error).__name__
