import json
import math
import os
import random
import socket
import tracemalloc
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from schemas.actions import Action, Click, Point, Scroll
from schemas.errors import SchemaError, TraceError
from schemas.keys import canonical_json
from schemas.limits import NUMBER_LIMIT, READ_LIMIT, TEXT_READ_LIMIT, bound, bounded_numbers, check_limits
from schemas.recordings import read_trace
from schemas.records import Box, Candidate, Choice, Node, Outcome, ScrollPosition, Target
from schemas.traces import LINES, SEALED, TraceWriter, find_traces
from schemas.trees import pack_tree, tree_bytes
from tests.schemas.samples import click, end, observation, start, tree, write

FAR = Box(-1e20, 1e300, math.inf, math.nan)
NEAR = Box(-NUMBER_LIMIT, NUMBER_LIMIT, NUMBER_LIMIT, 0.0)


def test_what_lies_too_far_away_is_recorded_as_far_as_can_be(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path, start())
    wide = replace(
        observation(0, tree=tree(Node("button", "Far", box=FAR, depth=1))),
        scroll=ScrollPosition(0, math.nan, 0, 1e40),
        volatile=(FAR,),
    )
    writer.observation(wide)
    far = Target("button", "Far", FAR)
    writer.action(Choice(Click(Point(1e20, 4)), far, candidates=(Candidate(Scroll(0, -5), "x", -1e99),)))
    writer.observation(wide, Outcome("ok", reward=1e300))
    recording = read_trace(writer.end(end()))
    (step,) = recording.steps
    assert step.target is not None
    assert step.before is not None
    assert step.target.box == NEAR
    assert step.action == Click(Point(NUMBER_LIMIT, 4))
    assert (step.candidates[0].score, step.reward) == (-NUMBER_LIMIT, NUMBER_LIMIT)
    assert step.before.scroll == ScrollPosition(0, 0, 0, NUMBER_LIMIT)
    assert step.before.volatile == (NEAR,)
    assert recording.tree(step.before.tree or "").nodes[-1].box == NEAR


def test_an_ordinary_record_stays_as_it_is() -> None:
    box = Box(1.5, -9_999.0, 3e6, 0.0)
    assert bounded_numbers(box) is box
    check_limits((Target("button", "x" * TEXT_READ_LIMIT, box), replace(start(), seed=2**63 - 1)))
    assert bound(-0.0) == 0.0


@pytest.mark.parametrize("number", [-1e20, 1e300, 2.0**33, -(10**12)])
def test_a_number_beyond_the_limit_is_refused_by_its_place(tmp_path: Path, number: float) -> None:
    lines = recorded(tmp_path, [Click(Point(1, 1))]).splitlines()
    action = json.loads(lines[2])
    action["choice"]["target"] = {"role": "a", "name": "b", "box": {"x": 1, "y": number, "width": 1, "height": 1}}
    action["choice"]["target"]["locators"] = []
    with pytest.raises(TraceError, match=r"line 3: Choice\.target\.box\.y: expected a number within"):
        read_trace(folder(tmp_path / "a", [*lines[:2], canonical_json(action), *lines[3:]]))
    action["choice"]["target"]["box"]["y"] = -(2**31)  # what toolkits hide their widgets at
    action["choice"]["target"]["name"] = "x" * (TEXT_READ_LIMIT + 1)
    with pytest.raises(TraceError, match=r"Choice\.target\.name: expected at most 20000 characters"):
        read_trace(folder(tmp_path / "b", [*lines[:2], canonical_json(action), *lines[3:]]))
    action["choice"]["target"]["name"] = "x"
    assert read_trace(folder(tmp_path / "c", [*lines[:2], canonical_json(action), *lines[3:]])).steps[0].target


def recorded(folder: Path, actions: Sequence[Action] = ()) -> bytes:
    """The lines of a recording."""
    writer = write(folder, actions)
    writer.close()
    return (writer.path / LINES).read_bytes()


def folder(path: Path, lines: list[bytes]) -> Path:
    path.mkdir()
    (path / LINES).write_bytes(b"".join(line + b"\n" for line in lines))
    return path


@pytest.mark.parametrize(
    "node",
    [
        Node("button", "far", box=Box(0, 0, 2 * READ_LIMIT, 1)),
        Node("button", "x" * (TEXT_READ_LIMIT + 1)),
        Node("button", "deep", depth=-1),
        Node("list", "many", options=("x" * (TEXT_READ_LIMIT + 1),)),
    ],
)
def test_a_tree_beyond_the_limits_is_refused(tmp_path: Path, node: Node) -> None:
    writer = write(tmp_path)
    writer.close()
    whole = tree(node)
    name, packed = pack_tree(whole)
    (writer.path / "trees" / f"{name}.json.z").write_bytes(packed)
    with pytest.raises((TraceError, SchemaError)):
        read_trace(writer.path).tree(name)
    assert len(tree_bytes(whole))


@pytest.mark.parametrize(
    "change",
    [
        {"trajectory_id": "a/b"},
        {"trajectory_id": ""},
        {"trajectory_id": "x" * 129},
        {"trajectory_id": "a\x00b"},
        {"run_id": "../x"},
        {"run_id": "a\n"},
    ],
)
def test_a_name_that_could_be_a_path_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    lines = recorded(tmp_path).splitlines()
    first = json.loads(lines[0])
    first["start"] |= change
    with pytest.raises(TraceError, match=r"line 1: expected a (trajectory|run) id"):
        read_trace(folder(tmp_path / "a", [canonical_json(first), *lines[1:]]))


def sealed(path: Path, method: int = zipfile.ZIP_DEFLATED, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "."), data)
    return path


def peak(work: Callable[[], object]) -> int:
    """The most bytes that Python holds at once while it works."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("filling", [b"\0", b"\n", b'{"line":"observation"}\n'])
def test_a_small_file_that_grows_is_refused_in_little_memory(tmp_path: Path, filling: bytes) -> None:
    head = recorded(tmp_path)
    bomb = sealed(tmp_path / f"x{SEALED}", trace__jsonl=head + filling * (100 * 2**20 // len(filling)))
    assert bomb.stat().st_size < 2**20

    def refused() -> None:
        with pytest.raises(TraceError, match=r"line \d+: "):
            read_trace(bomb)

    assert peak(refused) < 48 * 2**20


def test_a_member_that_states_too_large_a_size_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("schemas.recordings.TRACE_LIMIT", 10 * 2**20)
    bomb = sealed(tmp_path / f"x{SEALED}", trace__jsonl=b" " * (11 * 2**20))

    def refused() -> None:
        with pytest.raises(TraceError, match=r"expected at most 10485760 bytes of trace\.jsonl, found 11534336"):
            read_trace(bomb)

    assert peak(refused) < 2**20


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_member_that_is_packed_otherwise_is_refused(tmp_path: Path, method: int) -> None:
    head = recorded(tmp_path)
    with pytest.raises(TraceError, match="stored or deflated"):
        read_trace(sealed(tmp_path / f"x{SEALED}", method, trace__jsonl=head))


def test_whatever_is_called_as_a_trace_is_found_and_says_why_it_is_none(tmp_path: Path) -> None:
    traces = tmp_path / "traces"
    good = write(traces).end(end())
    os.mkfifo(traces / f"pipe{SEALED}")
    (traces / f"folder{SEALED}").mkdir()
    (traces / f"device{SEALED}").symlink_to("/dev/zero")
    (traces / f"nowhere{SEALED}").symlink_to(tmp_path / "nothing")
    (traces / f"loop{SEALED}").symlink_to(traces / f"loop{SEALED}")
    for name in ("a", "b", "c"):
        (traces / name).mkdir()
    os.mkfifo(traces / "a" / LINES)
    (traces / "b" / LINES).mkdir()
    (traces / "c" / LINES).symlink_to("/dev/urandom")
    (traces / "up").symlink_to(traces)
    (traces / "other").symlink_to(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(traces / f"socket{SEALED}"))
        found = list(find_traces(traces))
        assert {path.name.removesuffix(SEALED) for path in found} == {
            *("run-00000", "pipe", "folder", "device", "nowhere", "loop", "socket", "a", "b", "c")
        }
        for path in found:
            if path == good:
                assert read_trace(path).steps
            else:
                with pytest.raises(TraceError):
                    read_trace(path)


def test_a_folder_that_nobody_may_look_into_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "traces").close()
    closed = tmp_path / "traces" / "closed"
    closed.mkdir()
    scan = os.scandir

    def refusing(path: Any) -> Any:
        if Path(path) == closed:
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refusing)
    assert closed in find_traces(tmp_path / "traces")


def test_a_changed_trace_reads_the_same_or_is_refused_whatever_is_changed(tmp_path: Path) -> None:
    """`make fuzz` does it ten thousand times."""
    chance = random.Random(3)
    lines = recorded(tmp_path, [Click(Point(1, 1))])
    path = folder(tmp_path / "a", [])
    for _ in range(300):
        data = bytearray(lines)
        for _ in range(chance.randint(1, 4)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        (path / LINES).write_bytes(data)
        try:
            recording = read_trace(path)
        except (TraceError, SchemaError):
            continue
        for step in recording.steps:
            check_limits(step)


def test_what_was_clicked_on_a_far_element_still_reads(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path, start())
    writer.observation(observation(0))
    writer.action(replace(click(), target=Target("link", "x", FAR)))
    writer.observation(observation(1), Outcome("ok"))
    assert read_trace(writer.end(end())).trajectory.finished == 1
