"""A trace on disk: an episode is one folder while it runs, and one sealed file when it ends.

    NAME/trace.jsonl          lines of start, observation, action, observation ... end; only ever appended to
    NAME/screens/SHA256.png   each distinct screenshot once
    NAME/trees/SHA256.json.z  each distinct tree once, canonical JSON, zlib
    NAME.trace.zip            all of it, sealed

A step is finished when the line of the observation after it is written, and before that its screen and tree were
renamed into place. So `kill -9` loses at most the step in flight, whose action line stays. (A power cut may lose more:
lines are not synced to the disk one by one; sealing syncs.)

What a page or a model says is clipped on its way in (`schemas.trees.clip`), so that no page can end an episode or make
a trace that is refused on reading. What is read is a stranger's: its sizes are limited, nothing outside the folder is
opened, and every blob must be what its name says.
"""

import dataclasses
import hashlib
import os
import re
import shutil
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, TypeVar, cast

from schemas.arrow import SCHEMA_VERSION, from_row, to_row
from schemas.errors import HindtraceError, SchemaError, SchemaVersionError, TraceError
from schemas.keys import canonical_json, content_id, key, parse_json
from schemas.records import (
    Choice,
    EndedBy,
    EpisodeEnd,
    EpisodeStart,
    Observation,
    Outcome,
    Screen,
    Seen,
    Step,
    Trajectory,
    Tree,
)
from schemas.trees import TEXT_LIMIT, bounded, clip, pack_tree, unpack_tree

T = TypeVar("T")

SEALED = ".trace.zip"
LINES = "trace.jsonl"
TRACE_LIMIT = 512 * 2**20
LINE_LIMIT = 16 * 2**20
BLOB_LIMIT = 64 * 2**20
LONG_TEXT_LIMIT = 20_000
"""Characters of a goal, a thought, a text of the chosen action; all other texts are cut at `TEXT_LIMIT`."""

WINDOW_LIMIT = 100
CANDIDATE_LIMIT = 500
"""Candidates of a step; those beyond are left out."""

_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_EPOCH = (1980, 1, 1, 0, 0, 0)
_FORMATS = ("png", "webp", "jpeg")


def trajectory_id(run_id: str, episode: int) -> str:
    """The id of an episode: the key of its run's random id and its number in the run."""
    return key("trajectory", run_id, episode)


class TraceWriter:
    """Records one episode into a new folder below `folder`; the caller closes it with `end` or `close`.

    Raises:
        TraceError: if the folder or its sealed file is already there, the run id is no name for a folder, or the
            disk refuses; then the trace is closed, and readable up to there.
    """

    def __init__(self, folder: Path, start: EpisodeStart) -> None:
        if not _RUN_ID.fullmatch(start.run_id):
            raise TraceError(f"expected a run id of 1 to 64 letters, digits, - and _, found {start.run_id[:80]!r}")
        self.path = folder / f"{start.run_id}-{start.episode:05d}"
        sealed = self.path.with_name(self.path.name + SEALED)
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
            self._append("start", schema_version=SCHEMA_VERSION, start=to_row(_clipped(start, LONG_TEXT_LIMIT)))
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
                screen=screen,
                tree=tree,
                location=observation.location,
                title=observation.title,
                windows=observation.windows[:WINDOW_LIMIT],
                scroll=observation.scroll,
                time=observation.time,
                content_type=observation.content_type,
                can_go_back=observation.can_go_back,
                notice=observation.notice,
            )
        )
        self._seen = (observation, seen)
        return seen

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
    sealed = folder.with_name(folder.name + SEALED)
    try:
        if not sealed.exists():
            _pack(folder, sealed)
        shutil.rmtree(folder)
    except OSError as error:
        raise TraceError(f"{folder}: expected to seal it, found {error}") from error
    return sealed


def _pack(folder: Path, sealed: Path) -> None:
    members = (folder / LINES, *folder.glob("screens/*"), *folder.glob("trees/*"))
    part = sealed.with_name(sealed.name + ".part")
    with part.open("wb") as file:
        with zipfile.ZipFile(file, "w") as archive:
            for name in sorted(path.relative_to(folder).as_posix() for path in members if path.suffix != ".part"):
                data = _read(folder, name, TRACE_LIMIT)
                if data is None:
                    raise TraceError(f"{folder}: expected a trace, found no file {name}")
                method = zipfile.ZIP_DEFLATED if name == LINES else zipfile.ZIP_STORED
                archive.writestr(zipfile.ZipInfo(name, _EPOCH), data, method, 6)
        file.flush()
        os.fsync(file.fileno())
    part.replace(sealed)


def find_traces(folder: Path) -> Iterator[Path]:
    """Every trace below a folder, sorted by name: sealed files, and folders that are not sealed.

    A folder whose sealed file is beside it was sealed and not yet removed; it is left out.

    Raises:
        TraceError: if the folder is not there.
    """
    if not folder.is_dir():
        raise TraceError(f"expected a folder with traces, found no folder at {folder}")
    sealed = {path for path in folder.rglob(f"*{SEALED}") if path.is_file()}
    opened = {path.parent for path in folder.rglob(LINES)}
    yield from sorted(sealed | {path for path in opened if path.with_name(path.name + SEALED) not in sealed})


@dataclass(frozen=True, slots=True)
class Recording:
    """A trace read back; its screens and trees are read on demand."""

    path: Path
    trajectory: Trajectory
    steps: tuple[Step, ...]
    chains: tuple[str, ...]
    """The chain after 0, 1, 2 ... finished steps."""

    formats: Mapping[str, str]

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
            return unpack_tree(self.packed_tree(tree), tree=tree)
        except SchemaError as error:
            raise TraceError(f"{self.path}: tree {tree} is damaged: {error}") from error

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
    data = _read(path, LINES, TRACE_LIMIT)
    if data is None:
        raise TraceError(f"{path}: expected a trace, found no {LINES} in it")
    lines = data.split(b"\n")[:-1]
    if not lines:
        raise TraceError(f"{path}: the recording broke off before its first line")
    start = _start(_parse(lines[0], f"{path} line 1"), f"{path} line 1")
    steps, chains, end = _steps(lines, start, path)
    finished = sum(step.after is not None for step in steps)
    ended_by: EndedBy = "killed" if end is None else end.ended_by
    trajectory = Trajectory(
        trajectory_id=start.trajectory_id,
        digest=hashlib.blake2b(b"\n".join(lines), digest_size=16).hexdigest(),
        chain=chains[finished],
        run_id=start.run_id,
        episode=start.episode,
        platform=start.platform,
        app=start.app,
        start=start.start,
        policy=start.policy,
        policy_version=start.policy_version,
        round=start.round,
        seed=start.seed,
        task_id=start.task_id,
        goal=start.goal,
        group=start.group,
        parent_id=start.parent_id,
        branch_step=start.branch_step,
        steps=len(steps),
        finished=finished,
        truncated=end is None,
        ended_by=ended_by,
        message=None if end is None else end.message,
        success=None if end is None else end.success,
        judged_by=None if end is None else end.judged_by,
        setting=start.setting,
        source=start.source,
        licence=start.licence,
        missing=start.missing,
        started_at=start.time,
        ended_at=None if end is None else end.time,
    )
    return Recording(path, trajectory, steps, chains, _formats(path))


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
    return _record(EpisodeStart, line.get("start"), where)


def _steps(
    lines: Sequence[bytes], start: EpisodeStart, path: Path
) -> tuple[tuple[Step, ...], tuple[str, ...], EpisodeEnd | None]:
    """The steps, the chain after each finished one, and the end."""
    steps: list[Step] = []
    chains = [key("chain", start)]
    before: Seen | None = None
    continuous = False
    pending: Step | None = None
    for number, data in enumerate(lines[1:], 2):
        where = f"{path} line {number}"
        line = _parse(data, where)
        match line["line"]:
            case "observation" if pending is None and line.get("outcome") is None:
                before, continuous = _seen(line, where), False
            case "observation" if pending is not None and line.get("outcome") is not None:
                before, continuous = _seen(line, where), True
                steps.append(_finish(pending, _record(Outcome, line["outcome"], where), before))
                chains.append(key("chain", chains[-1], steps[-1]))
                pending = None
            case "action" if pending is None and line.get("step") == len(steps):
                choice = _record(Choice, line.get("choice"), where)
                pending = _begin(start, len(steps), choice, before, continuous)
            case "end" if number == len(lines):
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
        action=choice.action,
        target=choice.target,
        result="crashed",
        message="the recording broke off before the result was seen",
        settle=None,
        continuous=continuous,
        thought=choice.thought,
        candidates=choice.candidates,
        reward=None,
    )


def _finish(pending: Step, outcome: Outcome, after: Seen) -> Step:
    return replace(
        pending,
        after=after,
        result=outcome.result,
        message=outcome.message,
        settle=outcome.settle,
        reward=outcome.reward,
    )


def _unfinished(pending: Step | None) -> tuple[Step, ...]:
    return () if pending is None else (pending,)


def _seen(line: dict[str, Any], where: str) -> Seen:
    seen = _record(Seen, line.get("seen"), where)
    for blob in (seen.screen, seen.tree):
        if blob is not None and not _SHA256.fullmatch(blob):
            raise TraceError(f"{where}: expected the sha256 of a screen or a tree, found {blob[:80]!r}")
    return seen


def _record(record: type[T], row: Any, where: str) -> T:
    try:
        return from_row(record, row)
    except SchemaError as error:
        raise TraceError(f"{where}: {error}") from error


def _clipped(value: T, limit: int = TEXT_LIMIT) -> T:
    """The value with all texts in it clipped."""
    if isinstance(value, str):
        return cast(T, clip(value, limit))
    if isinstance(value, tuple):
        return cast(T, tuple(_clipped(item, limit) for item in value))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        parts = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        clipped = {name: _clipped(part, limit) for name, part in parts.items()}
        return value if clipped == parts else replace(value, **clipped)
    return value


def _formats(path: Path) -> dict[str, str]:
    """The format of each screen that is there."""
    if path.is_dir():
        names = [entry.name for entry in path.glob("screens/*")]
    else:
        with _open(path) as archive:
            names = [name.removeprefix("screens/") for name in archive.namelist() if name.startswith("screens/")]
    split = (name.rpartition(".") for name in sorted(names))
    return {stem: suffix for stem, _, suffix in split if suffix in _FORMATS}


def _open(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (OSError, ValueError, NotImplementedError, zipfile.BadZipFile) as error:
        raise TraceError(f"{path}: expected a sealed trace, found {error}") from error


def _read(path: Path, name: str, limit: int) -> bytes | None:
    """The bytes of one member, or None where it is not there; never more than `limit`, whatever the file claims."""
    data = (_read_file if path.is_dir() else _read_member)(path, name, limit)
    if data is not None and len(data) > limit:
        raise TraceError(f"{path}: expected at most {limit} bytes of {name}, found more")
    return data


def _read_file(path: Path, name: str, limit: int) -> bytes | None:
    try:
        file = (path / name).resolve()
        if file != path.resolve() / name:
            raise TraceError(f"{path}: expected a file of the trace, found that {name} leads elsewhere")
        if not file.is_file():  # also what would never end: a pipe, a device
            return None
        with file.open("rb") as opened:
            return opened.read(limit + 1)
    except (OSError, ValueError, RuntimeError) as error:
        raise TraceError(f"{path}: expected to read {name}, found {error}") from error


def _read_member(path: Path, name: str, limit: int) -> bytes | None:
    with _open(path) as archive:
        try:
            with archive.open(name) as member:
                return member.read(limit + 1)
        except KeyError:
            return None
        except (OSError, ValueError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
            raise TraceError(f"{path}: expected {name}, found it damaged: {error}") from error
