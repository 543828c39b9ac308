"""Reading a trace back, sealed or not, finished or not; what is in it is a stranger's, and limited."""

import hashlib
import os
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, TypeVar

from schemas.arrow import SCHEMA_VERSION, from_row
from schemas.errors import SchemaError, SchemaVersionError, TraceError
from schemas.files import open_regular
from schemas.keys import content_id, key, named, parse_json
from schemas.limits import check_limits, check_tree
from schemas.records import (
    Choice,
    EpisodeEnd,
    EpisodeStart,
    Outcome,
    Screen,
    Seen,
    Step,
    Task,
    Trajectory,
    Tree,
)
from schemas.traces import BLOB_LIMIT, LINE_LIMIT, LINES, TRACE_LIMIT, is_run_id, open_file, read_file
from schemas.trees import unpack_tree

T = TypeVar("T")

_FORMATS = ("png", "webp", "jpeg")
CHUNK = 2**20
"""Bytes of lines that are read at once."""

_DAMAGE = (ValueError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error)
_KEY = re.compile(r"[0-9a-f]{32}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Recording:
    """A trace read back; its screens and trees are read on demand."""

    path: Path
    trajectory: Trajectory
    steps: tuple[Step, ...]
    chains: tuple[str, ...]
    """The chain after 0, 1, 2 ... finished steps."""

    formats: Mapping[str, str]

    task: Task | None = None
    """What was to be done, where that was given."""

    def screen(self, screen: str) -> bytes:
        """The bytes of a screenshot.

        Raises:
            TraceError: if it is not there, or not what its name says.
        """
        name = self.formats.get(screen)
        if name is None:
            raise TraceError(f"{self.path}: screen {screen} is missing")
        data = _read(self.path, f"screens/{screen}.{name}", BLOB_LIMIT)
        if data is None or content_id(data) != screen:
            raise TraceError(f"{self.path}: screen {screen} is missing or damaged")
        return data

    def packed_tree(self, tree: str) -> bytes:
        """The compressed bytes of a tree as they lie there, not looked into.

        Raises:
            TraceError: if it is not there.
        """
        data = _read(self.path, f"trees/{tree}.json.z", BLOB_LIMIT)
        if data is None:
            raise TraceError(f"{self.path}: tree {tree} is missing")
        return data

    def tree(self, tree: str) -> Tree:
        """A tree.

        Raises:
            TraceError: if it is not there, or not what its name says.
        """
        try:
            unpacked = unpack_tree(self.packed_tree(tree), tree=tree)
            check_tree(unpacked)
            return unpacked
        except SchemaError as error:
            raise TraceError(f"{self.path}: tree {tree} is damaged: {error}") from error

    def raw(self, raw: str) -> bytes:
        """What a device answered beyond the tree, as JSON.

        Raises:
            TraceError: if it is not there, or not what its name says.
        """
        packed = _read(self.path, f"raw/{raw}.json.z", BLOB_LIMIT)
        if packed is None:
            raise TraceError(f"{self.path}: raw {raw} is missing")
        try:
            data = zlib.decompressobj().decompress(packed, BLOB_LIMIT)
        except zlib.error as error:
            raise TraceError(f"{self.path}: raw {raw} is damaged: {error}") from error
        if content_id(data) != raw:
            raise TraceError(f"{self.path}: raw {raw} is damaged: its bytes are others")
        return data

    def load_screen(self, screen: str) -> Screen:
        """A screenshot with its size, as the bytes say it.

        Raises:
            TraceError: if it is not there, not what its name says, or no image.
        """
        from schemas.visual import decode  # numpy and Pillow: not needed to read facts

        data = self.screen(screen)
        try:
            height, width, _ = decode(data).shape
        except SchemaError as error:
            raise TraceError(f"{self.path}: screen {screen}: {error}") from error
        return Screen(data, width, height, self.formats[screen])  # type: ignore[arg-type]


def read_trace(path: Path) -> Recording:
    """A trace, sealed or not, finished or not.

    A torn last line is cut; without an end line the episode is truncated and was ended by `killed`.

    Raises:
        TraceError: if it is no trace, or a line in its middle is damaged.
        SchemaVersionError: if it was written under another major version.
    """
    digest = hashlib.blake2b(digest_size=16)
    with _lines(path) as lines:
        recording = _recording(path, _digested(lines, digest))
    return replace(recording, trajectory=replace(recording.trajectory, digest=digest.hexdigest()))


def _digested(lines: Iterator[bytes], digest: "hashlib.blake2b") -> Iterator[bytes]:
    """The lines, each added to the digest of all of them, joined by their ends."""
    for number, line in enumerate(lines):
        digest.update(b"\n" if number else b"")
        digest.update(line)
        yield line


def _recording(path: Path, lines: Iterator[bytes]) -> Recording:
    """The recording of these lines; its digest is not known yet."""
    head = next(lines, None)
    if head is None:
        raise TraceError(f"{path}: the recording broke off before its first line")
    first, where = _parse(head, f"{path} line 1"), f"{path} line 1"
    start = _start(first, where)
    task = None if first.get("task") is None else _record(Task, first["task"], where)
    if task is not None and task.task_id != start.task_id:
        raise TraceError(f"{where}: expected the task {start.task_id}, found {task.task_id[:80]}")
    steps, chains, end = _steps(lines, start, path)
    finished = sum(step.after is not None for step in steps)
    killed = {"ended_by": "killed", "message": None, "success": None, "judged_by": None}
    ended = killed if end is None else named(end, without=("time",))
    trajectory = Trajectory(
        **(named(start, without=("time",)) | ended),
        digest="",
        chain=chains[finished],
        steps=len(steps),
        finished=finished,
        truncated=end is None,
        started_at=start.time,
        ended_at=None if end is None else end.time,
    )
    return Recording(path, trajectory, steps, chains, _formats(path), task)


def _parse(line: bytes, where: str) -> dict[str, Any]:
    if len(line) > LINE_LIMIT:
        raise TraceError(f"{where}: expected at most {LINE_LIMIT} bytes, found {len(line)}")
    try:
        parsed = parse_json(line)
    except SchemaError as error:
        raise TraceError(f"{where}: {error}") from error
    if not isinstance(parsed, dict) or not isinstance(parsed.get("line"), str):
        raise TraceError(f"{where}: expected an object with a line, found {line[:60]!r}")
    return parsed


def _start(line: dict[str, Any], where: str) -> EpisodeStart:
    if line["line"] != "start":
        raise TraceError(f"{where}: expected a start line first, found {line['line'][:20]!r}")
    version = str(line.get("schema_version"))
    if version.split(".")[0] != SCHEMA_VERSION.split(".")[0]:
        raise SchemaVersionError(
            f"{where}: expected schema version {SCHEMA_VERSION.split('.')[0]}.x, found {version[:20]}: "
            "read it with the Hindtrace of that version"
        )
    start = _record(EpisodeStart, line.get("start"), where)
    if not is_run_id(start.run_id):
        raise TraceError(f"{where}: expected a run id of 1 to 64 letters, digits, - and _, found {start.run_id[:80]!r}")
    if not _KEY.fullmatch(start.trajectory_id):
        raise TraceError(
            f"{where}: expected a trajectory id of 32 hexadecimal digits, found {start.trajectory_id[:80]!r}"
        )
    return start


def _steps(
    lines: Iterator[bytes], start: EpisodeStart, path: Path
) -> tuple[tuple[Step, ...], tuple[str, ...], EpisodeEnd | None]:
    """The steps, the chain after each finished one, and the end."""
    steps: list[Step] = []
    chains = [key("chain", start)]
    before: Seen | None = None
    continuous = False
    pending: Step | None = None
    following = next(lines, None)
    number = 1
    while following is not None:
        data, following = following, next(lines, None)
        number += 1
        where = f"{path} line {number}"
        line = _parse(data, where)
        match line["line"]:
            case "observation" if pending is None and line.get("outcome") is None:
                before, continuous = _seen(line, where), False
            case "observation" if pending is not None and line.get("outcome") is not None:
                before, continuous = _seen(line, where), True
                outcome = _record(Outcome, line["outcome"], where)
                steps.append(replace(pending, after=before, **named(outcome)))
                chains.append(key("chain", chains[-1], steps[-1]))
                pending = None
            case "action" if pending is None and line.get("step") == len(steps):
                choice = _record(Choice, line.get("choice"), where)
                pending = _begin(start, len(steps), choice, before, continuous)
            case "end" if following is None:
                end = _record(EpisodeEnd, line.get("end"), where)
                return (*steps, *_unfinished(pending)), tuple(chains), end
            case other:
                raise TraceError(f"{where}: expected another line after {len(steps)} steps, found {other[:20]!r}")
    return (*steps, *_unfinished(pending)), tuple(chains), None


def _begin(start: EpisodeStart, index: int, choice: Choice, before: Seen | None, continuous: bool) -> Step:
    return Step(
        trajectory_id=start.trajectory_id,
        step_index=index,
        platform=start.platform,
        app=start.app,
        before=before,
        after=None,
        **named(choice),
        result="crashed",
        message="the recording broke off before the result was seen",
        settle=None,
        continuous=continuous,
        reward=None,
    )


def _unfinished(pending: Step | None) -> tuple[Step, ...]:
    return () if pending is None else (pending,)


def _seen(line: dict[str, Any], where: str) -> Seen:
    seen = _record(Seen, line.get("seen"), where)
    for blob in (seen.screen, seen.tree, *(each.raw for each in seen.raw or ())):
        if blob is not None and not _SHA256.fullmatch(blob):
            raise TraceError(f"{where}: expected the sha256 of a screen or a tree, found {blob[:80]!r}")
    return seen


def _record(record: type[T], row: Any, where: str) -> T:
    try:
        made = from_row(record, row)
    except SchemaError as error:
        raise TraceError(f"{where}: {error}") from error
    try:
        check_limits(made)
    except SchemaError as error:
        raise TraceError(f"{where}: {record.__name__}{error}") from error
    return made


def _formats(path: Path) -> dict[str, str]:
    """The format of each screen that is there."""
    if path.is_dir():
        names = [entry.name for entry in path.glob("screens/*")]
    else:
        with _open(path) as archive:
            names = [name.removeprefix("screens/") for name in archive.namelist() if name.startswith("screens/")]
    split = (name.rpartition(".") for name in sorted(names))
    return {stem: suffix for stem, _, suffix in split if suffix in _FORMATS}


@contextmanager
def _open(path: Path) -> Iterator[zipfile.ZipFile]:
    with ExitStack() as stack:
        try:
            archive = stack.enter_context(zipfile.ZipFile(stack.enter_context(open_regular(path))))
        except (OSError, *_DAMAGE) as error:
            raise TraceError(f"{path}: expected a sealed trace, found {error}") from error
        yield archive


@contextmanager
def _lines(path: Path) -> Iterator[Iterator[bytes]]:
    """The lines of a trace, one at a time, whatever there is of them; without the last one where it is torn."""
    if path.is_dir():
        with open_file(path, LINES) as file:
            if file is None:
                raise TraceError(f"{path}: expected a trace, found no {LINES} in it")
            _check_size(path, LINES, os.fstat(file.fileno()).st_size, TRACE_LIMIT)
            yield _split(file, path)
        return
    with _open(path) as archive, _member(archive, path, LINES, TRACE_LIMIT) as member:
        if member is None:
            raise TraceError(f"{path}: expected a trace, found no {LINES} in it")
        yield _split(member, path)


def _split(file: IO[bytes], path: Path) -> Iterator[bytes]:
    rest, number = b"", 1
    try:
        while chunk := file.read(CHUNK):
            *whole, rest = (rest + chunk).split(b"\n")
            yield from whole
            number += len(whole)
            if len(rest) > LINE_LIMIT:
                raise TraceError(f"{path} line {number}: expected at most {LINE_LIMIT} bytes, found more")
    except (OSError, *_DAMAGE) as error:
        raise TraceError(f"{path}: expected {LINES}, found it damaged: {error}") from error


def _check_size(path: Path, name: str, size: int, limit: int) -> None:
    if size > limit:
        raise TraceError(f"{path}: expected at most {limit} bytes of {name}, found {size}")


@contextmanager
def _member(archive: zipfile.ZipFile, path: Path, name: str, limit: int) -> Iterator[IO[bytes] | None]:
    """A member, open to be read, or None where it is not there; one that would grow beyond the limit is not opened.

    A member gives no more than the size that it states.
    """
    try:
        info = archive.getinfo(name)
    except KeyError:
        yield None
        return
    _check_size(path, name, info.file_size, limit)
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise TraceError(f"{path}: expected {name} stored or deflated, found it packed by method {info.compress_type}")
    try:
        member = archive.open(info)
    except (OSError, *_DAMAGE) as error:
        raise TraceError(f"{path}: expected {name}, found it damaged: {error}") from error
    with member:
        yield member


def _read(path: Path, name: str, limit: int) -> bytes | None:
    """The bytes of one member, or None where it is not there; never more than `limit`, whatever the file claims."""
    data = (read_file if path.is_dir() else _read_member)(path, name, limit)
    if data is not None and len(data) > limit:
        raise TraceError(f"{path}: expected at most {limit} bytes of {name}, found more")
    return data


def _read_member(path: Path, name: str, limit: int) -> bytes | None:
    with _open(path) as archive, _member(archive, path, name, limit) as member:
        try:
            return None if member is None else member.read(limit + 1)
        except (OSError, *_DAMAGE) as error:
            raise TraceError(f"{path}: expected {name}, found it damaged: {error}") from error
