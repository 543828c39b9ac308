"""A trace on disk: an episode is one folder while it runs, and one sealed file when it ends.

    NAME/trace.jsonl          lines of start, observation, action, observation ... end; only ever appended to
    NAME/screens/SHA256.png   each distinct screenshot once
    NAME/trees/SHA256.json.z  each distinct tree once, canonical JSON, zlib
    NAME/raw/SHA256.json.z    each distinct answer of the device beyond the tree, where they were asked for
    NAME.trace.zip            all of it, sealed

A step is finished when the line of the observation after it is written, and before that its screen and tree were
renamed into place. So `kill -9` loses at most the step in flight, whose action line stays. (A power cut may lose more:
lines are not synced to the disk one by one; sealing syncs.)

What a page or a model says is clipped on its way in (`schemas.trees.clip`), so that no page can end an episode or make
a trace that is refused on reading. What is read is a stranger's: its sizes are limited, nothing outside the folder is
opened, and every blob must be what its name says.
"""

import dataclasses
import os
import re
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, TypeVar, cast

from schemas.arrow import SCHEMA_VERSION, to_row
from schemas.errors import ConfigurationError, HindtraceError, TraceError
from schemas.files import open_regular
from schemas.keys import canonical_json, content_id, key, named
from schemas.limits import bound
from schemas.records import (
    Choice,
    EpisodeEnd,
    EpisodeStart,
    Observation,
    Outcome,
    Raw,
    RawRef,
    Seen,
    Task,
)
from schemas.trees import TEXT_LIMIT, bounded, clip, pack_tree

T = TypeVar("T")

SEALED = ".trace.zip"
LINES = "trace.jsonl"
TRACE_LIMIT = 256 * 2**20
LINE_LIMIT = 16 * 2**20
BLOB_LIMIT = 64 * 2**20
LONG_TEXT_LIMIT = 20_000
"""Characters of a goal, a thought, a text of the chosen action; all other texts are cut at `TEXT_LIMIT`."""

WINDOW_LIMIT = 100
CANDIDATE_LIMIT = 500
"""Candidates of a step; those beyond are left out."""

_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_EPOCH = (1980, 1, 1, 0, 0, 0)


def trajectory_id(run_id: str, episode: int) -> str:
    """The id of an episode: the key of its run's random id and its number in the run."""
    return key("trajectory", run_id, episode)


def is_run_id(text: str) -> bool:
    """Whether a run may be called that: the names of its traces begin with it."""
    return _RUN_ID.fullmatch(text) is not None


def check_run_id(run_id: str, error: type[HindtraceError] = ConfigurationError) -> None:
    """Refuses, by that error, what a run may not be called."""
    if not is_run_id(run_id):
        raise error(f"expected a run id of 1 to 64 letters, digits, - and _, found {run_id[:80]!r}")


def trace_folder(folder: Path, run_id: str, episode: int) -> Path:
    """The folder of an episode below the folder of traces, whether it is there or not."""
    return folder / f"{run_id}-{episode:05d}"


def sealed_file(path: Path) -> Path:
    """The file that a trace's folder is sealed into, whether it is there or not."""
    return path.with_name(path.name + SEALED)


class TraceWriter:
    """Records one episode into a new folder below `folder`; the caller closes it with `end` or `close`.

    `task` is what was to be done, where that was given.

    Raises:
        TraceError: if the folder or its sealed file is already there, the run id is no name for a folder, or the
            disk refuses; then the trace is closed, and readable up to there.
    """

    def __init__(self, folder: Path, start: EpisodeStart, task: Task | None = None) -> None:
        check_run_id(start.run_id, TraceError)
        self.path = trace_folder(folder, start.run_id, start.episode)
        sealed = sealed_file(self.path)
        if sealed.exists():
            raise TraceError(f"{sealed} is already there: an episode is recorded once; choose another --run-id")
        self._step = self._bytes = 0
        self._acting = False
        self._seen: tuple[Observation, Seen] | None = None
        try:
            self.path.mkdir(parents=True)
            (self.path / "screens").mkdir()
            (self.path / "trees").mkdir()
            self._file: BinaryIO | None = (self.path / LINES).open("xb")
        except FileExistsError as error:
            raise TraceError(f"{self.path} is already there: choose another --run-id") from error
        except OSError as error:
            raise TraceError(f"expected a folder to write to, found {error}") from error
        try:
            self._append(
                "start",
                schema_version=SCHEMA_VERSION,
                start=to_row(_clipped(start, LONG_TEXT_LIMIT)),
                task=None if task is None else to_row(task),
            )
        except HindtraceError:
            self.close()
            raise

    def observation(self, observation: Observation, outcome: Outcome | None = None) -> None:
        """What is seen; with an outcome it finishes the step whose action came before.

        Without one, between two steps, it says that the screen changed otherwise: the next step is not continuous.
        """
        self._opened()
        if self._acting != (outcome is not None):
            raise TraceError(
                f"{self.path}: expected an outcome after an action and only there, after step {self._step}"
            )
        seen = self._store(observation)
        self._append("observation", seen=to_row(seen), outcome=None if outcome is None else to_row(_clipped(outcome)))
        if outcome is not None:
            self._step += 1
            self._acting = False

    def action(self, choice: Choice) -> None:
        """What the policy is about to do: written before it is done, so that a crash leaves it behind."""
        if self._acting:
            raise TraceError(f"{self.path}: expected what action {self._step} led to, found another action")
        stored = replace(
            _clipped(replace(choice, candidates=choice.candidates[:CANDIDATE_LIMIT])),
            action=_clipped(choice.action, LONG_TEXT_LIMIT),
            thought=_clipped(choice.thought, LONG_TEXT_LIMIT),
        )
        self._append("action", step=self._step, choice=to_row(stored))
        self._acting = True

    def end(self, end: EpisodeEnd) -> Path:
        """Writes the last line, seals the folder into one file, and returns that file."""
        self._append("end", end=to_row(_clipped(end)))
        self.close()
        return seal(self.path)

    def close(self) -> None:
        """Leaves the folder as it is, unsealed: readable, and truncated unless `end` was written."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _append(self, line: str, **parts: Any) -> None:
        file = self._opened()
        data = canonical_json({"line": line, **parts}) + b"\n"
        if len(data) > LINE_LIMIT:
            raise TraceError(f"{self.path}: expected a line of at most {LINE_LIMIT} bytes, found {len(data)}")
        self._bytes += len(data)
        if self._bytes > TRACE_LIMIT:
            raise TraceError(f"{self.path}: expected at most {TRACE_LIMIT} bytes of lines, found more")
        try:
            file.write(data)
            file.flush()
        except OSError as error:
            # A line may be torn now, and nothing may follow it.
            self._file = None
            with suppress(OSError):
                file.close()
            raise TraceError(f"{self.path}: expected to write {len(data)} bytes, found {error}") from error

    def _opened(self) -> BinaryIO:
        if self._file is None:
            raise TraceError(f"{self.path}: expected an open trace, found a closed one")
        return self._file

    def _store(self, observation: Observation) -> Seen:
        if self._seen is not None and self._seen[0] is observation:
            return self._seen[1]
        screen = tree = None
        if observation.screen is not None:
            screen = content_id(observation.screen.data)
            name = f"{screen}.{observation.screen.format}"
            self._blob(self.path / "screens" / name, observation.screen.data)
        if observation.tree is not None:
            tree, packed = pack_tree(bounded(observation.tree))
            self._blob(self.path / "trees" / f"{tree}.json.z", packed)
        seen = _clipped(
            Seen(
                **named(observation, without=("screen", "tree", "windows", "volatile", "raw")),
                screen=screen,
                tree=tree,
                windows=observation.windows[:WINDOW_LIMIT],
                volatile=observation.volatile or None,
                raw=tuple(map(self._raw, observation.raw)) or None,
            )
        )
        self._seen = (observation, seen)
        return seen

    def _raw(self, raw: Raw) -> RawRef:
        name = content_id(raw.data)
        folder = self.path / "raw"
        folder.mkdir(exist_ok=True)
        if not (folder / f"{name}.json.z").exists():
            self._blob(folder / f"{name}.json.z", zlib.compress(raw.data, 1))
        return RawRef(raw.kind, name)

    def _blob(self, path: Path, data: bytes) -> None:
        if path.exists():
            return
        if len(data) > BLOB_LIMIT:
            raise TraceError(f"{path}: expected at most {BLOB_LIMIT} bytes, found {len(data)}")
        part = path.with_name(path.name + ".part")
        try:
            part.write_bytes(data)
            part.replace(path)
        except OSError as error:
            raise TraceError(f"{path}: expected to write {len(data)} bytes, found {error}") from error


def seal(folder: Path) -> Path:
    """Packs a trace's folder into one file beside it, removes the folder, and returns the file.

    The same folder gives the same bytes. Where the file is already there, an earlier sealing broke off while it removed
    the folder, which may be less than the file by now: the file stays.

    Raises:
        TraceError: if the folder is no trace, or the disk refuses.
    """
    sealed = sealed_file(folder)
    try:
        if not sealed.exists():
            _pack(folder, sealed)
        shutil.rmtree(folder)
    except OSError as error:
        raise TraceError(f"{folder}: expected to seal it, found {error}") from error
    return sealed


def _pack(folder: Path, sealed: Path) -> None:
    members = (folder / LINES, *folder.glob("screens/*"), *folder.glob("trees/*"), *folder.glob("raw/*"))
    part = sealed.with_name(sealed.name + ".part")
    with part.open("wb") as file:
        with zipfile.ZipFile(file, "w") as archive:
            for name in sorted(path.relative_to(folder).as_posix() for path in members if path.suffix != ".part"):
                data = read_file(folder, name, TRACE_LIMIT)
                if data is None:
                    raise TraceError(f"{folder}: expected a trace, found no file {name}")
                method = zipfile.ZIP_DEFLATED if name == LINES else zipfile.ZIP_STORED
                archive.writestr(zipfile.ZipInfo(name, _EPOCH), data, method, 6)
        file.flush()
        os.fsync(file.fileno())
    part.replace(sealed)


def find_traces(folder: Path) -> Iterator[Path]:
    """Everything below a folder that is called as a trace is, sorted by name: sealed files, and folders not sealed.

    A folder whose sealed file is beside it was sealed and not yet removed; it is left out. What is no file, or a folder
    that nobody may look into, comes too, so that who reads it says why it is none. Links to folders are not followed.

    Raises:
        TraceError: if the folder is not there.
    """
    if not folder.is_dir():
        raise TraceError(f"expected a folder with traces, found no folder at {folder}")
    called: set[Path] = set()
    opened: set[Path] = set()

    def closed(error: OSError) -> None:
        opened.add(Path(error.filename))

    for parent, folders, files in os.walk(folder, onerror=closed):
        here = Path(parent)
        called.update(here / name for name in files if name.endswith(SEALED))
        if LINES in files or LINES in folders or (here.name.endswith(SEALED) and not files and not folders):
            opened.add(here)
    sealed = {path for path in called if path.is_file()}
    yield from sorted(called | {path for path in opened if sealed_file(path) not in sealed})


def read_file(path: Path, name: str, limit: int) -> bytes | None:
    """One file of a trace's folder, at most a byte more than `limit`; None where it is not there.

    Raises:
        TraceError: if it can't be read, or is a link that leads elsewhere.
    """
    with open_file(path, name) as opened:
        try:
            return None if opened is None else opened.read(limit + 1)
        except OSError as error:
            raise TraceError(f"{path}: expected to read {name}, found {error}") from error


@contextmanager
def open_file(path: Path, name: str) -> Iterator[BinaryIO | None]:
    """One file of a trace's folder, open to be read; None where it is not there, or is none.

    Raises:
        TraceError: if it can't be opened, or is a link that leads elsewhere.
    """
    try:
        file = (path / name).resolve()
        if file != path.resolve() / name:
            raise TraceError(f"{path}: expected a file of the trace, found that {name} leads elsewhere")
        opened = open_regular(file) if file.is_file() else None
    except (OSError, ValueError, RuntimeError) as error:
        raise TraceError(f"{path}: expected to read {name}, found {error}") from error
    if opened is None:
        yield None
    else:
        with opened:
            yield opened


def _clipped(value: T, limit: int = TEXT_LIMIT) -> T:
    """The value with all texts in it clipped and all numbers bounded."""
    if isinstance(value, float):
        return cast(T, bound(value))
    if isinstance(value, str):
        return cast(T, clip(value, limit))
    if isinstance(value, tuple):
        return cast(T, tuple(_clipped(item, limit) for item in value))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        parts = named(value)
        clipped = {name: _clipped(part, limit) for name, part in parts.items()}
        return value if clipped == parts else replace(value, **clipped)
    return value
