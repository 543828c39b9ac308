"""An exploration memory that many explorers of one site share through a URL.

    URL/APP/EXPLORER.memory.z     the key of the app; canonical JSON, zlib

Each explorer writes its own snapshot and no other's, whole and in one move, and reads all. Together they are a map from
explorer to snapshot in which the higher sequence wins: to merge two such maps in any order, once or twice, gives the
same. So there are no locks, and nothing that is lost can't be written again. What is read is a stranger's: sizes are
limited, and a file that is torn, hostile or of another version is left aside with a note.
"""

import re
import secrets
import zlib
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from typing import Any, Final

import pyarrow as pa
from pyarrow import fs

from explorers.core.memory import (
    ACTIONS_LIMIT,
    COUNTS_LIMIT,
    EDGES_LIMIT,
    STATES_LIMIT,
    Knowledge,
    Memory,
    StateAction,
    StateNode,
    Tally,
)
from schemas.errors import ConfigurationError, SchemaError
from schemas.files import filesystem_of, write_whole
from schemas.keys import canonical_json, key, parse_json

FORMAT: Final = "hindtrace exploration memory"
VERSION: Final = 1
SUFFIX = ".memory.z"

FILE_LIMIT = 16 * 2**20
BYTES_LIMIT = 64 * 2**20
"""Bytes of a file, and of the JSON in it."""

FILES_LIMIT = 1_000
"""Explorers of one app that are read, in the order of their names."""

LOCATION_LIMIT = 2_000
"""Characters of a state's address; a state with a longer one is not shared."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_KEY = re.compile(r"[0-9a-f]{16}")
_SORT = re.compile(r"[a-z]{1,20}")
_MOST = 2**53


@dataclass(frozen=True, slots=True)
class MemorySnapshot:
    """What one explorer knew at one moment: `data` is the JSON of it, `sequence` counts its snapshots from 1."""

    app: str
    explorer: str
    sequence: int
    data: bytes


def merge(some: Mapping[str, MemorySnapshot], others: Mapping[str, MemorySnapshot]) -> dict[str, MemorySnapshot]:
    """The last snapshot of each explorer; of two with one sequence the one whose bytes are greater."""
    merged = dict(some)
    for name, snapshot in others.items():
        known = merged.get(name)
        if known is None or (known.sequence, known.data) < (snapshot.sequence, snapshot.data):
            merged[name] = snapshot
    return {name: merged[name] for name in sorted(merged)}


def snapshot_of(knowledge: Knowledge, *, app: str, explorer: str, sequence: int) -> MemorySnapshot:
    """The snapshot of what an explorer knows; where it is too large, without the states met first."""
    left = list(knowledge.states)
    while True:
        data = canonical_json(_plain(knowledge, left, app=app, explorer=explorer, sequence=sequence))
        if len(data) <= BYTES_LIMIT or not left:
            return MemorySnapshot(app, explorer, sequence, data)
        left = left[(len(left) + 1) // 2 :]


def pack(snapshot: MemorySnapshot) -> bytes:
    """The bytes of a snapshot's file."""
    return zlib.compress(snapshot.data, 6)


def unpack(data: bytes) -> tuple[MemorySnapshot, Knowledge]:
    """The snapshot in a file, and what it says.

    Raises:
        SchemaError: if it is none, of another version, or beyond a limit.
    """
    inflater = zlib.decompressobj()
    try:
        plain = inflater.decompress(data[: FILE_LIMIT + 1], BYTES_LIMIT + 1)
    except zlib.error as error:
        raise SchemaError("expected a compressed memory, found other bytes") from error
    if len(data) > FILE_LIMIT or len(plain) > BYTES_LIMIT:
        raise SchemaError(f"expected at most {FILE_LIMIT} bytes, {BYTES_LIMIT} unpacked, found more")
    if not inflater.eof:
        raise SchemaError("expected a whole memory, found a part of one")
    parsed = parse_json(plain)
    if not isinstance(parsed, dict) or parsed.get("format") != FORMAT:
        raise SchemaError("expected an exploration memory, found something else")
    if parsed.get("version") != VERSION:
        raise SchemaError(f"expected version {VERSION} of a memory, found {str(parsed.get('version'))[:20]}")
    app, explorer, sequence = parsed.get("app"), parsed.get("explorer"), parsed.get("sequence")
    if not isinstance(app, str) or not isinstance(explorer, str) or not _NAME.fullmatch(explorer):
        raise SchemaError("expected the app and the explorer of a memory")
    return MemorySnapshot(app, explorer, _number(sequence), plain), _knowledge(parsed)


class SharedMemory(Memory):
    """A memory whose snapshots lie at a URL: `file:///...`, a path, `s3://...`, `gs://...`.

    An explorer that comes back under its name goes on with what it knew; without a name one is drawn.

    Raises:
        ConfigurationError: if the name can't be one, or there is no such place.
    """

    def __init__(self, url: str, *, app: str, explorer: str | None = None) -> None:
        name = explorer or f"explorer-{secrets.token_hex(4)}"
        if not _NAME.fullmatch(name):
            raise ConfigurationError(f"expected an explorer's name of letters, digits, . _ and -, found {name!r}")
        super().__init__(name)
        self._app = app
        try:
            self._files, root = filesystem_of(url)
            self._folder = f"{root}/{key('app', app)[:16]}"
            self._files.create_dir(self._folder, recursive=True)
        except (OSError, ValueError, ConfigurationError) as error:
            raise ConfigurationError(f"expected a place for the memory at {url}, found {error}") from error
        self._known: dict[str, MemorySnapshot] = {}
        self._read(own=True)
        mine = self._known.pop(name, None)
        self._sequence = 0 if mine is None else mine.sequence
        if mine is not None:
            self.own = _knowledge(parse_json(mine.data))

    def share(self) -> None:
        """Writes the own snapshot, and reads those of the others; what can't be done is noted."""
        self._sequence += 1
        mine = snapshot_of(self.own, app=self._app, explorer=self.explorer, sequence=self._sequence)
        try:
            write_whole(self._files, f"{self._folder}/{self.explorer}{SUFFIX}", pack(mine))
        except (OSError, pa.ArrowException) as error:
            self.notes.append(f"the memory could not be written: {error}")
        self._read()

    def _read(self, *, own: bool = False) -> None:
        """Takes in what the others wrote, and the own snapshot where it is asked for."""
        snapshots: dict[str, MemorySnapshot] = {}
        knowledge: dict[str, Knowledge] = {}
        try:
            entries = self._files.get_file_info(fs.FileSelector(self._folder))
        except (OSError, pa.ArrowException) as error:
            self.notes.append(f"the memory could not be listed: {error}")
            return
        names = sorted(entry.base_name for entry in entries if entry.base_name.endswith(SUFFIX))
        for base in names[:FILES_LIMIT]:
            explorer = base.removesuffix(SUFFIX)
            if explorer == self.explorer and not own:
                continue
            try:
                with self._files.open_input_stream(f"{self._folder}/{base}") as file:
                    snapshot, said = unpack(file.read(FILE_LIMIT + 1))
                if snapshot.app != self._app or snapshot.explorer != explorer:
                    raise SchemaError(f"expected the memory of {explorer} about {self._app}, found another's")
            except (OSError, SchemaError, pa.ArrowException) as error:
                note = f"left the memory {base} aside: {error}"
                if note not in self.notes:
                    self.notes.append(note)
                continue
            snapshots[explorer], knowledge[explorer] = snapshot, said
        self._known = merge(self._known, snapshots)
        self.others = Knowledge()
        for explorer, snapshot in self._known.items():
            if explorer != self.explorer:
                newest = knowledge.get(explorer) if snapshots.get(explorer) == snapshot else None
                self.others.add(newest or _knowledge(parse_json(snapshot.data)))


def _plain(knowledge: Knowledge, states: list[str], *, app: str, explorer: str, sequence: int) -> dict[str, Any]:
    """The knowledge as JSON takes it; a state is a list of its fields, and so is each of its actions."""
    kept = {name: knowledge.states[name] for name in states if len(knowledge.states[name].location) <= LOCATION_LIMIT}
    return {
        "format": FORMAT,
        "version": VERSION,
        "app": app,
        "explorer": explorer,
        "sequence": sequence,
        "counts": {name: list(astuple(tally)) for name, tally in knowledge.counts.items()},
        "places": knowledge.places,
        "states": {
            name: [
                each.location,
                each.template,
                each.opens,
                each.depth,
                [list(astuple(action)) for action in each.actions],
            ]
            for name, each in kept.items()
        },
        "edges": {name: elements for name, elements in knowledge.edges.items() if name in kept},
    }


def _knowledge(parsed: dict[str, Any]) -> Knowledge:
    """The knowledge of a snapshot's JSON.

    Raises:
        SchemaError: if they are none, or beyond a limit.
    """
    knowledge = Knowledge()
    for name, numbers in _table(parsed, "counts", COUNTS_LIMIT).items():
        if not isinstance(numbers, list) or len(numbers) != 4:
            raise SchemaError("expected four numbers for an element")
        knowledge.count(name, Tally(*map(_number, numbers)))
    for name, times in _table(parsed, "places", COUNTS_LIMIT).items():
        knowledge.visit(name, _number(times))
    for name, state in _table(parsed, "states", STATES_LIMIT).items():
        knowledge.take_state(name, _state(state))
    for name, elements in _table(parsed, "edges", STATES_LIMIT).items():
        for element, results in _table({"": elements}, "", EDGES_LIMIT).items():
            for to, times in _table({"": results}, "", EDGES_LIMIT).items():
                knowledge.take_edge(name, element, to, _number(times))
    return knowledge


def _state(fields: Any) -> StateNode:
    if not isinstance(fields, list) or len(fields) != 5:
        raise SchemaError("expected five fields of a state")
    location, template, opens, depth, actions = fields
    if not isinstance(location, str) or len(location) > LOCATION_LIMIT or not isinstance(opens, bool):
        raise SchemaError("expected a state's address, and whether it opens")
    if not isinstance(actions, list) or len(actions) > ACTIONS_LIMIT:
        raise SchemaError(f"expected at most {ACTIONS_LIMIT} actions of a state")
    return StateNode(location, _key(template), opens, _number(depth), tuple(map(_state_action, actions)))


def _state_action(fields: Any) -> StateAction:
    if not isinstance(fields, list) or len(fields) != 4:
        raise SchemaError("expected four fields of an action")
    element, family, sort, goal = fields
    if not isinstance(sort, str) or not _SORT.fullmatch(sort):
        raise SchemaError("expected the sort of an action")
    return StateAction(_key(element), _key(family), sort, "" if goal == "" else _key(goal))


def _table(parsed: dict[str, Any], name: str, limit: int) -> dict[str, Any]:
    table = parsed.get(name)
    if not isinstance(table, dict) or len(table) > limit or not all(map(_KEY.fullmatch, table)):
        raise SchemaError(f"expected at most {limit} entries by key in {name or 'a table'}")
    return table


def _key(text: Any) -> str:
    if not isinstance(text, str) or not _KEY.fullmatch(text):
        raise SchemaError("expected a key of 16 hexadecimal digits")
    return text


def _number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MOST:
        raise SchemaError("expected a number from 0 to 2**53")
    return value
