"""A trace on disk: an episode is one folder while it runs, and one sealed file when it ends.

    NAME/trace.jsonl          lines of start, observation, action, observation ... end; only ever appended to
    NAME/screens/SHA256.png   each distinct screenshot once
    NAME/trees/SHA256.json.z  each distinct tree once, canonical JSON, zlib
    NAME.trace.zip            all of it, sealed

A step is finished when the line of the observation after it is written, and before that its screen and tree were
renamed into place. So `kill -9` loses at most the step in flight, whose action line stays. (A power cut may lose more:
lines are not synced to the disk one by one; sealing syncs.)
"""

import hashlib
import json
import os
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from schemas.arrow import SCHEMA_VERSION, from_row, to_row
from schemas.errors import SchemaError, SchemaVersionError, TraceError
from schemas.keys import canonical_json, content_id, key
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
from schemas.trees import pack_tree, unpack_tree

SEALED = ".trace.zip"
LINES = "trace.jsonl"
TRACE_LIMIT = 512 * 2**20
LINE_LIMIT = 16 * 2**20
BLOB_LIMIT = 64 * 2**20
_EPOCH = (1980, 1, 1, 0, 0, 0)
_FORMATS = ("png", "webp", "jpeg")


def trajectory_id(run_id: str, episode: int) -> str:
    """The id of an episode: the key of its run's random id and its number in the run."""
    return key("trajectory", run_id, episode)


class TraceWriter:
    """Records one episode into a new folder below `folder`; the caller closes it with `end` or `close`.

    Raises:
        TraceError: if the folder or its sealed file is already there.
    """

    def __init__(self, folder: Path, start: EpisodeStart) -> None:
        self.path = folder / f"{start.run_id[:12]}-{start.episode:05d}"
        self._sealed = self.path.with_name(self.path.name + SEALED)
        if self._sealed.exists():
            raise TraceError(f"{self._sealed} is already there: an episode is recorded once; choose another --run-id")
        self._step = 0
        self._seen: tuple[Observation, Seen] | None = None
        try:
            (self.path / "screens").mkdir(parents=True)
            (self.path / "trees").mkdir()
        except FileExistsError as error:
            raise TraceError(f"{self.path} is already there: choose another --run-id") from error
        self._file: BinaryIO | None = (self.path / LINES).open("xb")
        self._append("start", schema_version=SCHEMA_VERSION, start=to_row(start))

    def observation(self, observation: Observation, outcome: Outcome | None = None) -> None:
        """What is seen; with an outcome it finishes the step whose action came before."""
        seen = self._store(observation)
        self._append("observation", seen=to_row(seen), outcome=None if outcome is None else to_row(outcome))
        if outcome is not None:
            self._step += 1

    def action(self, choice: Choice) -> None:
        """What the policy is about to do: written before it is done, so that a crash leaves it behind."""
        self._append("action", step=self._step, choice=to_row(choice))

    def end(self, end: EpisodeEnd) -> Path:
        """Writes the last line, seals the folder into one file, and returns that file."""
        self._append("end", end=to_row(end))
        self.close()
        return seal(self.path)

    def close(self) -> None:
        """Leaves the folder as it is, unsealed: readable, and truncated unless `end` was written."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _append(self, line: str, **parts: Any) -> None:
        if self._file is None:
            raise TraceError(f"{self.path}: expected an open trace, found a closed one")
        data = canonical_json({"line": line, **parts}) + b"\n"
        if len(data) > LINE_LIMIT:
            raise TraceError(f"{self.path}: expected a line of at most {LINE_LIMIT} bytes, found {len(data)}")
        self._file.write(data)
        self._file.flush()

    def _store(self, observation: Observation) -> Seen:
        if self._seen is not None and self._seen[0] is observation:
            return self._seen[1]
        screen = tree = None
        if observation.screen is not None:
            screen = content_id(observation.screen.data)
            name = f"{screen}.{observation.screen.format}"
            self._blob(self.path / "screens" / name, observation.screen.data)
        if observation.tree is not None:
            tree, packed = pack_tree(observation.tree)
            self._blob(self.path / "trees" / f"{tree}.json.z", packed)
        seen = Seen(
            screen=screen,
            tree=tree,
            location=observation.location,
            title=observation.title,
            windows=observation.windows,
            scroll=observation.scroll,
            time=observation.time,
            content_type=observation.content_type,
            can_go_back=observation.can_go_back,
            notice=observation.notice,
        )
        self._seen = (observation, seen)
        return seen

    def _blob(self, path: Path, data: bytes) -> None:
        if not path.exists():
            part = path.with_name(path.name + ".part")
            part.write_bytes(data)
            part.replace(path)


def seal(folder: Path) -> Path:
    """Packs a trace's folder into one file beside it, removes the folder, and returns the file.

    The same folder gives the same bytes.
    """
    sealed = folder.with_name(folder.name + SEALED)
    part = sealed.with_name(sealed.name + ".part")
    with part.open("wb") as file:
        with zipfile.ZipFile(file, "w") as archive:
            for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".part"):
                name = path.relative_to(folder).as_posix()
                method = zipfile.ZIP_DEFLATED if name == LINES else zipfile.ZIP_STORED
                archive.writestr(zipfile.ZipInfo(name, _EPOCH), path.read_bytes(), method, 6)
        file.flush()
        os.fsync(file.fileno())
    part.replace(sealed)
    shutil.rmtree(folder)
    return sealed


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
        """The compressed bytes of a tree.

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
            found = unpack_tree(self.packed_tree(tree))
        except SchemaError as error:
            raise TraceError(f"{self.path}: tree {tree} is damaged") from error
        if pack_tree(found)[0] != tree:
            raise TraceError(f"{self.path}: tree {tree} is not what its name says")
        return found

    def load_screen(self, screen: str) -> Screen:
        """A screenshot with its size, as the bytes say it."""
        from schemas.visual import decode  # numpy and Pillow: not needed to read facts

        data = self.screen(screen)
        height, width, _ = decode(data).shape
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
    lines = data[: data.rfind(b"\n") + 1].splitlines()
    if not lines:
        raise TraceError(f"{path}: the recording broke off before its first line")
    parsed = [_parse(line, f"{path} line {number}") for number, line in enumerate(lines, 1)]
    start = _start(parsed[0], path)
    steps, chains, end = _steps(parsed[1:], start, path)
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
        parsed = json.loads(line)
    except ValueError as error:
        raise TraceError(f"{where}: expected JSON, found {line[:60]!r}") from error
    if not isinstance(parsed, dict) or not isinstance(parsed.get("line"), str):
        raise TraceError(f"{where}: expected an object with a line, found {line[:60]!r}")
    return parsed


def _start(line: dict[str, Any], path: Path) -> EpisodeStart:
    if line["line"] != "start":
        raise TraceError(f"{path}: expected a start line first, found {line['line']!r}")
    version = str(line.get("schema_version"))
    if version.split(".")[0] != SCHEMA_VERSION.split(".")[0]:
        raise SchemaVersionError(
            f"{path}: expected schema version {SCHEMA_VERSION.split('.')[0]}.x, found {version}: "
            "read it with the Hindtrace of that version"
        )
    start: EpisodeStart = _record(EpisodeStart, line.get("start"), path)
    return start


def _steps(
    lines: list[dict[str, Any]], start: EpisodeStart, path: Path
) -> tuple[tuple[Step, ...], tuple[str, ...], EpisodeEnd | None]:
    """The steps, the chain after each finished one, and the end."""
    steps: list[Step] = []
    chains = [key("chain", start)]
    before: Seen | None = None
    continuous = False
    pending: Step | None = None
    for line in lines:
        match line["line"]:
            case "observation":
                seen = _record(Seen, line.get("seen"), path)
                if line.get("outcome") is None:
                    continuous = False
                elif pending is None:
                    raise TraceError(f"{path}: an outcome without an action, after step {len(steps)}")
                else:
                    outcome = _record(Outcome, line["outcome"], path)
                    steps.append(_finish(pending, outcome, seen))
                    chains.append(key("chain", chains[-1], steps[-1]))
                    pending, continuous = None, True
                before = seen
            case "action" if pending is None:
                choice = _record(Choice, line.get("choice"), path)
                pending = _begin(start, len(steps), choice, before, continuous)
            case "end" if line is lines[-1]:
                end = _record(EpisodeEnd, line.get("end"), path)
                return (*steps, *_unfinished(pending)), tuple(chains), end
            case other:
                raise TraceError(f"{path}: unexpected {other!r} line after step {len(steps)}")
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
        continuous=continuous and index > 0,
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


def _record(record: type[Any], row: Any, path: Path) -> Any:
    if not isinstance(row, dict):
        raise TraceError(f"{path}: expected a {record.__name__}, found {row!r}")
    try:
        return from_row(record, row)
    except SchemaError as error:
        raise TraceError(f"{path}: {error}") from error


def _formats(path: Path) -> dict[str, str]:
    """The format of each screen that is there."""
    if path.is_dir():
        names = [entry.name for entry in (path / "screens").glob("*")]
    else:
        with _open(path) as archive:
            names = [name.removeprefix("screens/") for name in archive.namelist() if name.startswith("screens/")]
    split = (name.rpartition(".") for name in names)
    return {stem: suffix for stem, _, suffix in split if suffix in _FORMATS}


def _open(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise TraceError(f"{path}: expected a sealed trace, found {error}") from error


def _read(path: Path, name: str, limit: int) -> bytes | None:
    """The bytes of one member, or None where it is not there; never more than `limit`, whatever the file claims."""
    if path.is_dir():
        with suppress(FileNotFoundError):
            file = path / name
            if file.stat().st_size > limit:
                raise TraceError(f"{file}: expected at most {limit} bytes, found {file.stat().st_size}")
            return file.read_bytes()
        return None
    with _open(path) as archive:
        try:
            with archive.open(name) as member:
                data = member.read(limit + 1)
        except KeyError:
            return None
        except (OSError, zipfile.BadZipFile, EOFError, RuntimeError) as error:
            raise TraceError(f"{path}: {name} is damaged: {error}") from error
    if len(data) > limit:
        raise TraceError(f"{path}: {name} is larger than {limit} bytes")
    return data
