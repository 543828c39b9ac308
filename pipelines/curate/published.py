"""Which curation of a name is in the lake: the run that made it, and whether a later one did not come to its end."""

import contextlib
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pyarrow.fs

from pipelines.lake.delta import WORK, Lake, Snapshot
from schemas.errors import HindtraceError, LakeError, SchemaError
from schemas.files import filesystem_of, write_whole
from schemas.keys import canonical_json, parse_json

_MARK = re.compile(r"curate-(.+)\.json")
LEFT = frozenset({"rejects", "states", "fingerprints", "edges", "decisions"})
"""Tables that a curation writes itself: what it read of them says nothing about what it was made from."""


@dataclass(frozen=True, slots=True)
class Published:
    """The run that made a curation: when it began, its configuration as JSON, the `decisions` that it left."""

    at: datetime
    configuration: str
    version: int | None

    def __str__(self) -> str:
        """For the terminal and the card."""
        version = "" if self.version is None else f", version {self.version} of decisions"
        return f"{self.at:%Y-%m-%d %H:%M:%S} UTC{version}"


def published(snapshot: Snapshot, name: str) -> Published | None:
    """The run that made the curation of that name; None where no run tells of it.

    Of runs that did the same again, from the same facts and opinions, the first one counts: they changed nothing.
    """
    runs = runs_of(snapshot, name)
    if not runs:
        return None
    first = runs[-1]
    for earlier in reversed(runs[:-1]):
        if _made_from(earlier) != _made_from(first):
            break
        first = earlier
    version = next((table["version"] for table in first["wrote"] if table["table"] == "decisions"), None)
    return Published(first["started_at"].astimezone(UTC), first["configuration"], version)


def runs_of(snapshot: Snapshot, name: str) -> Sequence[dict[str, Any]]:
    """The runs that made a curation of that name, the newest last."""
    runs = [run for run in snapshot.read("runs").to_pylist() if run["job"] == "curate"]
    mine = (run for run in runs if json.loads(run["configuration"]).get("name") == name)
    return sorted(mine, key=lambda run: (run["started_at"], run["run_id"]))


def _made_from(run: dict[str, Any]) -> tuple[object, ...]:
    return run["configuration"], [read for read in run["read"] if read["table"] not in LEFT]


@contextmanager
def under_way(lake: Lake, name: str) -> Iterator[None]:
    """While it lasts, and after an error or a kill, the lake says that a curation of that name is not finished.

    Raises:
        LakeError: if that can't be written.
    """
    filesystem, path = _mark(lake, name)
    said = {"began": f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"}
    try:
        filesystem.create_dir(path.rpartition("/")[0], recursive=True)
        write_whole(filesystem, path, canonical_json(said))
    except OSError as error:
        raise LakeError(f"{lake.url}: expected a lake that can be written to, found {error}") from error
    try:
        yield
    except HindtraceError as error:
        with contextlib.suppress(OSError):  # the error itself says more
            write_whole(filesystem, path, canonical_json({**said, "error": str(error).partition("\n")[0][:300]}))
        raise
    with contextlib.suppress(FileNotFoundError):  # another one of that name has come to its end as well
        filesystem.delete_file(path)


def unfinished(lake: Lake, name: str) -> str | None:
    """When a later curation of that name began that is not finished, and why it ended if it said so; None without one.

    It failed, was killed, or goes on now.
    """
    filesystem, path = _mark(lake, name)
    if filesystem.get_file_info(path).type != pyarrow.fs.FileType.File:
        return None
    try:
        with filesystem.open_input_stream(path) as stream:
            said = parse_json(bytes(stream.read(65_536)))
        reason = f": {said['error']}" if "error" in said else ""
        return f"began {said['began']} and is not finished{reason}"
    except (OSError, SchemaError, KeyError, TypeError):
        return "is not finished"


def unfinished_of(lake: Lake) -> dict[str, str]:
    """The names of the curations that are not finished, each with what `unfinished` says of it."""
    filesystem, path = _mark(lake, "")
    selector = pyarrow.fs.FileSelector(path.rpartition("/")[0], allow_not_found=True)
    names = (info.base_name for info in filesystem.get_file_info(selector))
    marked = sorted(match[1] for name in names if (match := _MARK.fullmatch(name)))
    return {name: later for name in marked if (later := unfinished(lake, name)) is not None}


def _mark(lake: Lake, name: str) -> tuple[pyarrow.fs.FileSystem, str]:
    filesystem, base = filesystem_of(lake.url)
    return filesystem, f"{base}/{WORK}/curate-{name}.json"
