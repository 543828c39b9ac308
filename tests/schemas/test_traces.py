"""Tests of schemas.traces and schemas.recordings: what is written is read, and a hostile recording harms nothing."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import recordings, traces
from schemas.actions import ACTIONS, Answer, Back, Click, Open, Point, Type
from schemas.arrow import table_of
from schemas.errors import SchemaVersionError, TraceError
from schemas.keys import canonical_json, content_id
from schemas.limits import bounded_numbers
from schemas.recordings import Recording, read_trace
from schemas.records import (
    Box,
    Candidate,
    Choice,
    EpisodeStart,
    Node,
    Observation,
    Outcome,
    Raw,
    Screen,
    Step,
    Target,
    Trajectory,
)
from schemas.traces import LINES, SEALED, TraceWriter, find_traces, seal, trajectory_id
from schemas.trees import NODE_LIMIT, TEXT_LIMIT, bounded, clip, pack_tree
from tests.schemas.samples import click, end, observation, png, start, tree, values, write

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _close_writers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Closes every trace that a test left open, as most tests do: they are about crashes."""
    opened: list[TraceWriter] = []
    begin = TraceWriter.__init__

    def remember(writer: TraceWriter, folder: Path, first: EpisodeStart) -> None:
        begin(writer, folder, first)
        opened.append(writer)

    monkeypatch.setattr(TraceWriter, "__init__", remember)
    yield
    for writer in opened:
        writer.close()


def steps_of(recording: Recording) -> list[tuple[Any, ...]]:
    return [(step.step_index, step.action, step.result, step.after is not None) for step in recording.steps]


def lines_of(writer: TraceWriter) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (writer.path / LINES).read_bytes().splitlines()]


def rewrite(writer: TraceWriter, change: Callable[[list[bytes]], list[bytes]]) -> Path:
    """The writer's folder with its lines changed."""
    writer.close()
    file = writer.path / LINES
    file.write_bytes(b"".join(line + b"\n" for line in change(file.read_bytes().splitlines())))
    return writer.path


def edited(number: int, **parts: Any) -> Callable[[list[bytes]], list[bytes]]:
    """Replaces parts of one line, counted from 1."""

    def change(lines: list[bytes]) -> list[bytes]:
        lines[number - 1] = json.dumps({**json.loads(lines[number - 1]), **parts}).encode()
        return lines

    return change


def test_what_is_written_is_read(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path, start(goal="Look around", missing=("tree",)))
    first, second = observation(0), observation(1, tree=None, notice="A dialog: Sure?")
    target = Target("button", "Button 0", None)
    choice = replace(click(), target=target, candidates=(Candidate(Back(), "Back", 0.5), Candidate(Type("x"), "X", 1)))
    writer.observation(first)
    writer.action(choice)
    writer.observation(second, Outcome("timeout", "timeout 4000", "still moving", -0.5))
    found = read_trace(writer.end(end(ended_by="policy", success=True, judged_by="rules")))

    (step,) = found.steps
    assert (step.action, step.target, step.thought, step.candidates) == (
        choice.action,
        target,
        choice.thought,
        choice.candidates,
    )
    assert (step.result, step.settle, step.message, step.reward) == ("timeout", "timeout 4000", "still moving", -0.5)
    assert step.before is not None
    assert step.after is not None
    assert (step.before.time, step.after.time) == (first.time, second.time)
    assert (step.after.notice, step.after.tree) == ("A dialog: Sure?", None)
    assert step.before.screen is not None
    assert step.before.tree is not None
    assert found.load_screen(step.before.screen) == first.screen
    assert found.tree(step.before.tree) == first.tree
    assert found.packed_tree(step.before.tree) == pack_tree(tree(*(first.tree.nodes[1:] if first.tree else ())))[1]
    known = found.trajectory
    assert known.trajectory_id == trajectory_id("run", 0)
    assert (known.goal, known.missing, known.started_at) == ("Look around", ("tree",), start().time)
    assert (known.ended_by, known.success, known.judged_by, known.ended_at) == ("policy", True, "rules", end().time)
    assert (known.steps, known.finished, known.truncated) == (1, 1, False)
    table_of(Step, found.steps).validate(full=True)
    table_of(Trajectory, [known]).validate(full=True)


@given(st.lists(st.sampled_from(["step", "look", "same"]), max_size=6), st.booleans(), st.data())
def test_any_episode_reads_the_same_unsealed_and_sealed(
    tmp_path_factory: pytest.TempPathFactory, events: list[str], acting: bool, data: st.DataObject
) -> None:
    writer = TraceWriter(tmp_path_factory.mktemp("traces"), start())
    seen = observation(0)
    writer.observation(seen)
    taken, continuous = [], []
    jumped = False
    for number, event in enumerate(events, 1):
        if event == "step":
            action = data.draw(st.sampled_from(ACTIONS).flatmap(values))
            writer.action(Choice(action))
            taken.append(bounded_numbers(action))
            continuous.append(not jumped and len(taken) > 1)
            jumped = False
            seen = observation(number)
            writer.observation(seen, Outcome("ok"))
        else:
            seen = seen if event == "same" else observation(number)
            writer.observation(seen)
            jumped = True
    if acting:
        writer.action(Choice(Back()))
        taken.append(Back())
    writer.close()
    unsealed = read_trace(writer.path)
    sealed = read_trace(seal(writer.path))

    assert sealed.trajectory == unsealed.trajectory
    assert (sealed.steps, sealed.chains, sealed.formats) == (unsealed.steps, unsealed.chains, unsealed.formats)
    assert [step.action for step in sealed.steps] == taken
    assert sealed.trajectory.finished == len(taken) - acting
    assert len(sealed.chains) == sealed.trajectory.finished + 1
    assert sealed.trajectory.chain == sealed.chains[-1]
    assert [step.continuous for step in sealed.steps][: len(continuous)] == continuous


def test_what_the_device_answered_raw_and_what_moves_by_itself_is_kept(tmp_path: Path) -> None:
    answer = json.dumps({"nodes": ["é"] * 50}).encode()
    parts = (Raw("dom snapshot", answer), Raw("accessibility tree", b"{}"))
    writer = TraceWriter(tmp_path, start())
    writer.observation(replace(observation(0), raw=parts, volatile=(Box(0, 64, 64, 64),)))
    writer.action(click())
    writer.observation(replace(observation(1), raw=parts[:1]), Outcome("ok"))
    found = read_trace(writer.end(end()))
    (step,) = found.steps
    assert step.before is not None
    assert step.after is not None
    assert step.before.volatile == (Box(0, 64, 64, 64),)
    assert step.after.volatile is None
    assert step.before.raw is not None
    assert step.after.raw == step.before.raw[:1]
    assert {ref.kind: found.raw(ref.raw) for ref in step.before.raw} == {raw.kind: raw.data for raw in parts}
    with pytest.raises(TraceError, match="missing"):
        found.raw(content_id(b"other"))


@pytest.mark.parametrize("damage", [b"", b"no zlib", zlib.compress(b"{}x"), zlib.compress(b" " * 2**20)])
def test_a_raw_answer_that_is_not_what_its_name_says_is_refused(tmp_path: Path, damage: bytes) -> None:
    writer = TraceWriter(tmp_path, start())
    writer.observation(replace(observation(0), raw=(Raw("dom snapshot", b"{}"),)))
    (file,) = writer.path.glob("raw/*")
    file.write_bytes(damage)
    with pytest.raises(TraceError, match="damaged"):
        read_trace(writer.path).raw(content_id(b"{}"))


def test_a_trace_cut_at_any_byte_keeps_every_finished_step(tmp_path: Path) -> None:
    writer = write(tmp_path)
    writer._append("end", end={"ended_by": "policy", "time": end().time})
    writer.close()
    file = writer.path / LINES
    data, whole = file.read_bytes(), read_trace(writer.path)
    assert not whole.trajectory.truncated
    names = [json.loads(line)["line"] for line in data.splitlines()]
    assert names == ["start", "observation", *["action", "observation"] * 2, "end"]

    for size in range(len(data) - 1, -1, -1):
        os.truncate(file, size)
        complete = names[: data[:size].count(b"\n")]
        if not complete:
            with pytest.raises(TraceError, match="broke off before its first line"):
                read_trace(writer.path)
            continue
        found = read_trace(writer.path)
        begun, finished = complete.count("action"), max(complete.count("observation") - 1, 0)
        assert (found.trajectory.truncated, found.trajectory.ended_by) == (True, "killed")
        assert (found.trajectory.steps, found.trajectory.finished) == (begun, finished)
        assert found.steps[:finished] == whole.steps[:finished]
        assert found.chains == whole.chains[: finished + 1]
        if begun > finished:
            assert found.steps[-1] == replace(
                whole.steps[finished],
                after=None,
                result="crashed",
                message="the recording broke off before the result was seen",
                settle=None,
            )


RECORDER = """
import itertools, sys
from pathlib import Path
from tests.schemas.samples import click, observation, start
from schemas.records import Outcome
from schemas.traces import TraceWriter
writer = TraceWriter(Path(sys.argv[1]), start())
writer.observation(observation(0))
for number in itertools.count(1):
    writer.action(click(number))
    writer.observation(observation(number % 250), Outcome("ok"))
    print(number, flush=True)
"""


@pytest.mark.parametrize("steps", [1, 2, 7, 30])
def test_a_killed_recorder_leaves_every_step_that_it_finished(tmp_path: Path, steps: int) -> None:
    command = [sys.executable, "-c", RECORDER, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=-1) as recorder:
        assert recorder.stdout is not None
        for _ in range(steps):
            recorder.stdout.readline()
        recorder.send_signal(signal.SIGKILL)
    (path,) = find_traces(tmp_path)
    found = read_trace(path)
    assert found.trajectory.truncated
    assert found.trajectory.finished >= steps
    for step in found.steps[: found.trajectory.finished]:
        assert step.after is not None
        found.screen(step.after.screen or "")
        found.tree(step.after.tree or "")


def test_blobs_that_were_never_finished_are_no_part_of_a_trace(tmp_path: Path) -> None:
    writer = write(tmp_path)
    writer.close()
    before = read_trace(writer.path)
    name = "0" * 64
    (writer.path / "screens" / f"{name}.png.part").write_bytes(b"half")
    (writer.path / "trees" / f"{name}.json.z.part").write_bytes(b"half")
    assert read_trace(writer.path).formats == before.formats
    with zipfile.ZipFile(seal(writer.path)) as archive:
        assert not [member for member in archive.namelist() if member.endswith(".part")]


def test_a_half_written_blob_of_an_earlier_try_is_replaced(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path, start())
    name = content_id(png((0, 0, 0)))
    (writer.path / "screens" / f"{name}.png.part").write_bytes(b"half")
    writer.observation(observation(0))
    assert read_trace(writer.path).screen(name) == png((0, 0, 0))


def test_each_distinct_screen_and_tree_is_written_once(tmp_path: Path) -> None:
    writer = write(tmp_path, [Back()] * 3)
    writer.action(Choice(Back()))
    writer.observation(observation(1), Outcome("ok"))
    assert len(list((writer.path / "screens").iterdir())) == len(list((writer.path / "trees").iterdir())) == 4


def test_an_observation_between_two_steps_breaks_their_continuity(tmp_path: Path) -> None:
    writer = write(tmp_path, [Back(), Back()])
    writer.observation(observation(7))
    writer.action(Choice(Back()))
    writer.observation(observation(8), Outcome("ok"))
    found = read_trace(writer.end(end()))
    assert [step.continuous for step in found.steps] == [False, True, False]
    assert found.steps[2].before is not None
    assert found.steps[1].after is not None
    assert found.steps[2].before.location != found.steps[1].after.location


def test_sealing_gives_the_same_bytes_whatever_the_order_of_the_files(tmp_path: Path) -> None:
    sealed = []
    for name in ("a", "b"):
        writer = write(tmp_path / name)
        writer.close()
        copy = tmp_path / name / "copy"
        shutil.copytree(writer.path, copy)
        for blob in sorted(copy.glob("screens/*"), reverse=name == "a"):
            moved = blob.rename(tmp_path / "moved")
            os.utime(moved, (1, 1))
            moved.rename(blob)
        sealed.append(seal(copy).read_bytes())
    assert sealed[0] == sealed[1]


def test_sealing_leaves_one_file(tmp_path: Path) -> None:
    sealed = write(tmp_path).end(end())
    assert list(tmp_path.iterdir()) == [sealed]
    assert sealed.name == "run-00000" + SEALED


def test_a_crash_while_the_folder_is_removed_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = write(tmp_path)

    def crash(folder: Path) -> None:
        min((folder / "screens").iterdir()).unlink()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", crash)
        with pytest.raises(KeyboardInterrupt):
            writer.end(end())
    sealed = writer.path.with_name(writer.path.name + SEALED)
    data = sealed.read_bytes()
    assert writer.path.is_dir()
    assert list(find_traces(tmp_path)) == [sealed]
    (writer.path / LINES).unlink()
    assert list(find_traces(tmp_path)) == [sealed]
    assert seal(writer.path).read_bytes() == data
    assert list(tmp_path.iterdir()) == [sealed]


def test_a_crash_before_the_sealed_file_is_renamed_leaves_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = write(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        with pytest.raises(TraceError, match="No space left"):
            writer.end(end())
    assert list(find_traces(tmp_path)) == [writer.path]
    assert not read_trace(writer.path).trajectory.truncated
    assert list(find_traces(tmp_path)) == [writer.path]
    assert read_trace(seal(writer.path)).trajectory.finished == 2


def test_traces_are_found_in_order_wherever_they_lie(tmp_path: Path) -> None:
    open_one = write(tmp_path / "b", episode=2)
    paths = [write(tmp_path / "a" / "deep").end(end()), write(tmp_path / "b", episode=1).end(end()), open_one.path]
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("nothing")
    (tmp_path / ("half" + SEALED + ".part")).write_text("nothing")
    assert list(find_traces(tmp_path)) == paths


def test_a_folder_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="found no folder at"):
        list(find_traces(tmp_path / "nowhere"))


@pytest.mark.parametrize("leave", ["open", "sealed", "bare"])
def test_an_episode_is_recorded_once(tmp_path: Path, leave: str) -> None:
    if leave == "bare":
        (tmp_path / "run-00000").mkdir()
    else:
        writer = write(tmp_path)
        writer.end(end()) if leave == "sealed" else writer.close()
    with pytest.raises(TraceError, match=r"is already there.* --run-id"):
        TraceWriter(tmp_path, start())
    assert TraceWriter(tmp_path, start(episode=1)).path.name == "run-00001"


def test_runs_whose_names_begin_alike_do_not_collide(tmp_path: Path) -> None:
    names = {TraceWriter(tmp_path, start(run_id=f"a-long-experiment-{end}")).path.name for end in "ab"}
    assert len(names) == 2


@pytest.mark.parametrize("run_id", ["", "../up", "/etc", "a/b", ".hidden", "a b", "a\x00", "ä", "x" * 65, "a\n"])
def test_a_run_id_that_is_no_name_is_refused(tmp_path: Path, run_id: str) -> None:
    with pytest.raises(TraceError, match="expected a run id"):
        TraceWriter(tmp_path / "traces", start(run_id=run_id))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_a_trace_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(TraceError, match="expected a folder to write to"):
        TraceWriter(tmp_path / "file", start())


def test_lines_out_of_order_are_refused_before_they_are_written(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path, start())
    with pytest.raises(TraceError, match="expected an outcome after an action"):
        writer.observation(observation(0), Outcome("ok"))
    writer.observation(observation(0))
    writer.action(click())
    with pytest.raises(TraceError, match="found another action"):
        writer.action(click())
    with pytest.raises(TraceError, match="expected an outcome after an action"):
        writer.observation(observation(1))
    writer.end(end(ended_by="device lost"))
    with pytest.raises(TraceError, match="found a closed one"):
        writer.observation(observation(2), Outcome("ok"))


def test_a_full_disk_closes_the_trace_which_stays_readable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = write(tmp_path)
    assert writer._file is not None

    class Full:
        write = staticmethod(lambda data: writer_file.write(data[: len(data) // 2]))
        close = staticmethod(lambda: writer_file.close())

        @staticmethod
        def flush() -> None:
            raise OSError(28, "No space left on device")

    writer_file = writer._file
    monkeypatch.setattr(writer, "_file", Full)
    with pytest.raises(TraceError, match="No space left"):
        writer.action(click())
    with pytest.raises(TraceError, match="closed"):
        writer.end(end())
    assert (read_trace(writer.path).trajectory.steps, read_trace(writer.path).trajectory.truncated) == (2, True)


def test_what_a_page_says_too_much_of_is_clipped_and_stored(tmp_path: Path) -> None:
    long, half = "x" * 30_000, "half \ud83d"
    hostile = Observation(
        screen=None,
        tree=tree(*[Node("text", half, depth=1)] * (NODE_LIMIT + 1)),
        location="http://a/?" + long,
        title=half,
        windows=(long,) * 5_000,
        scroll=None,
        time=observation().time,
        notice=half + long,
    )
    writer = TraceWriter(tmp_path, start(goal=long))
    writer.observation(hostile)
    wide = (Candidate(Type("\x00" * 3_000), "\x01" * 3_000, 1.0),) * (traces.CANDIDATE_LIMIT + 1)
    for action, many in ((Open(long), wide), (Answer(half), ())):
        writer.action(Choice(action, Target("button", half + long, None), thought=half + long, candidates=many))
        writer.observation(hostile, Outcome("ok", message=long))
    found = read_trace(writer.end(end(message=long)))
    table_of(Step, found.steps).validate(full=True)
    seen = found.steps[0].before
    assert seen is not None
    assert (seen.title, seen.location) == ("half \ufffd", clip("http://a/?" + long))
    assert len(seen.windows) == traces.WINDOW_LIMIT
    assert len(found.steps[0].candidates) == traces.CANDIDATE_LIMIT
    assert found.steps[1].action == Answer("half \ufffd")
    assert found.steps[0].action == Open(clip(long, traces.LONG_TEXT_LIMIT))
    assert len(seen.notice or "") <= TEXT_LIMIT < len(found.steps[0].thought or "") <= traces.LONG_TEXT_LIMIT
    assert hostile.tree is not None
    assert found.tree(seen.tree or "") == bounded(hostile.tree)


@pytest.mark.parametrize("name", ["LINE_LIMIT", "TRACE_LIMIT", "BLOB_LIMIT"])
def test_what_would_be_too_large_to_read_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    writer = TraceWriter(tmp_path, start())
    monkeypatch.setattr(traces, name, 50)
    with pytest.raises(TraceError, match=r"expected .*at most 50 bytes"):
        writer.observation(observation(0))
    writer.close()
    monkeypatch.undo()
    assert read_trace(writer.path).trajectory.steps == 0


@pytest.mark.parametrize(
    ("number", "change"),
    [
        (3, lambda lines: [*lines[:2], b'{"line":"act', *lines[3:]]),
        (3, lambda lines: [*lines[:2], b"", *lines[2:]]),
        (4, lambda lines: [*lines[:3], b"\x00" * 40, *lines[4:]]),
        (4, lambda lines: [*lines[:3], b"[" * 200_000, *lines[4:]]),
        (4, lambda lines: [*lines[:3], b'{"line":"observation","line":"end"}', *lines[4:]]),
        (2, lambda lines: [lines[0], b'["line"]', *lines[1:]]),
        (2, lambda lines: [lines[0], b'{"line":7}', *lines[1:]]),
        (2, lambda lines: [lines[0], b'{"line":"remark"}', *lines[1:]]),
        (1, lambda lines: lines[1:]),
        (2, lambda lines: [lines[0], lines[0], *lines[1:]]),
        (4, lambda lines: [*lines[:3], lines[2], *lines[3:]]),
        (5, lambda lines: [*lines[:4], lines[3], *lines[4:]]),
        (3, lambda lines: [*lines[:2], *lines[3:]]),
        (5, lambda lines: [*lines[:4], b'{"line":"end","end":{}}', *lines[4:]]),
        (3, edited(3, step=5)),
        (3, edited(3, step=None)),
        (3, edited(3, choice=None)),
        (3, edited(3, choice=[])),
        (3, edited(3, choice={"action": {"kind": "wait", "seconds": float("nan")}, "candidates": []})),
        (3, edited(3, choice={"action": {"kind": "type", "text": "\ud800", "clear": 0}, "candidates": []})),
        (4, edited(4, outcome={"result": "splendid"})),
        (4, edited(4, outcome={"result": "ok", "reward": 10**400})),
        (4, edited(4, outcome={"result": "ok", "caused_by": {"step": 1, "evidence": "event"}})),
        (4, edited(4, outcome={"result": "ok", "caused_by": {"step": -1, "evidence": "event"}})),
        (4, edited(4, seen={"windows": []})),
        (4, edited(4, seen={"windows": [], "time": "0001-01-01T00:00:00+10:00"})),
        (4, edited(4, seen={"windows": [], "time": "2026-01-01T00:00:00Z", "screen": "../../secret"})),
        (4, edited(4, seen={"windows": [], "time": "2026-01-01T00:00:00Z", "tree": "A" * 64})),
        (1, edited(1, start={})),
        (1, edited(1, start="run")),
    ],
)
def test_a_damaged_or_hostile_line_is_refused_by_its_number(
    tmp_path: Path, number: int, change: Callable[[list[bytes]], list[bytes]]
) -> None:
    path = rewrite(write(tmp_path), change)
    with pytest.raises(TraceError, match=rf"run-00000 line {number}: ") as caught:
        read_trace(path)
    assert len(str(caught.value)) < 600


def test_numbers_beyond_their_width_are_refused(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path, start())
    line = lines_of(writer)[0]
    path = rewrite(writer, edited(1, start={**line["start"], "seed": 2**63}))
    with pytest.raises(TraceError, match=r"line 1: EpisodeStart\.seed: expected -9223372036854775808 to"):
        read_trace(path)


@pytest.mark.parametrize("version", ["2.0", "0.9", None, 7])
def test_another_major_version_is_refused_as_such(tmp_path: Path, version: Any) -> None:
    path = rewrite(write(tmp_path), edited(1, schema_version=version, start={"new": "form"}))
    with pytest.raises(SchemaVersionError, match=r"expected schema version 1\.x, found"):
        read_trace(path)


def test_a_newer_minor_version_is_read(tmp_path: Path) -> None:
    writer = write(tmp_path)
    before = read_trace(writer.path)
    path = rewrite(writer, edited(1, schema_version="1.7", weather="fair"))
    assert read_trace(path).steps == before.steps
    assert read_trace(path).chains == before.chains
    assert read_trace(path).trajectory.digest != before.trajectory.digest


def test_a_wrong_or_missing_blob_is_refused(tmp_path: Path) -> None:
    writer = write(tmp_path)
    first, second = (content_id(png((number, 0, 0))) for number in (0, 1))
    shown = pack_tree(tree())[0]
    (writer.path / "screens" / f"{first}.png").write_bytes(png((9, 9, 9)))
    (writer.path / "screens" / f"{second}.png").unlink()
    (writer.path / "screens" / f"{'e' * 64}.exe").write_bytes(b"")
    (writer.path / "trees" / f"{shown}.json.z").write_bytes(pack_tree(tree(Node("text")))[1])
    writer.close()
    copy = shutil.copytree(writer.path, tmp_path / "copy")
    for path in (copy, seal(writer.path)):
        found = read_trace(path)
        for screen in (first, second, "e" * 64, "../trees/" + shown):
            with pytest.raises(TraceError, match=r"missing|damaged"):
                found.screen(screen)
        with pytest.raises(TraceError, match="damaged"):
            found.tree(shown)
        with pytest.raises(TraceError, match="missing"):
            found.tree("f" * 64)


def test_a_screen_in_two_formats_has_one_whatever_the_order_of_the_files(tmp_path: Path) -> None:
    writer = write(tmp_path, [])
    lines, screen = (writer.path / LINES).read_bytes(), content_id(png((0, 0, 0)))
    names = [f"screens/{screen}.{suffix}" for suffix in ("jpeg", "png", "webp", "exe")]
    for number, order in enumerate((names, names[::-1])):
        members = {LINES: lines, **{name: png((0, 0, 0)) for name in order}}
        assert read_trace(zipped(tmp_path / f"{number}{SEALED}", members)).formats == {screen: "webp"}


def test_bytes_that_are_no_image_are_refused_when_they_are_decoded(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path, start())
    writer.observation(observation(0, screen=Screen(b"no image", 4, 3)))
    found = read_trace(writer.path)
    assert found.screen(content_id(b"no image")) == b"no image"
    with pytest.raises(TraceError, match="expected a PNG, WebP or JPEG"):
        found.load_screen(content_id(b"no image"))


def test_a_folder_cannot_lead_to_files_outside_of_it(tmp_path: Path) -> None:
    writer = write(tmp_path / "traces")
    writer.close()
    outside = tmp_path / "outside"
    outside.mkdir()
    secret = pack_tree(tree(Node("text", "secret")))
    for name, data in ((f"{secret[0]}.json.z", secret[1]), ("b" * 64 + ".png", b"secret"), (LINES, b"secret\n")):
        (outside / name).write_bytes(data)
    (writer.path / "trees" / f"{secret[0]}.json.z").symlink_to(outside / f"{secret[0]}.json.z")
    found = read_trace(writer.path)
    for name in (secret[0], f"../../../outside/{secret[0]}"):
        with pytest.raises(TraceError, match="leads elsewhere"):
            found.tree(name)
    with pytest.raises(TraceError, match="leads elsewhere"):
        seal(writer.path)
    (writer.path / LINES).unlink()
    (writer.path / LINES).symlink_to(outside / LINES)
    with pytest.raises(TraceError, match="leads elsewhere") as caught:
        read_trace(writer.path)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("kind", ["pipe", "device", "folder", "loop"])
def test_lines_that_are_no_file_are_refused_and_not_waited_for(tmp_path: Path, kind: str) -> None:
    writer = TraceWriter(tmp_path, start())
    writer.close()
    lines = writer.path / LINES
    lines.unlink()
    match kind:
        case "pipe":
            os.mkfifo(lines)
        case "device":
            lines.symlink_to("/dev/zero")
        case "folder":
            lines.mkdir()
        case _:
            lines.symlink_to(lines)
    with pytest.raises(TraceError):
        read_trace(writer.path)


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def test_names_that_lead_out_of_a_sealed_trace_harm_nothing(tmp_path: Path) -> None:
    writer = write(tmp_path / "a")
    members = {path.relative_to(writer.path).as_posix(): path.read_bytes() for path in writer.path.rglob("*.*")}
    hostile = {"../up.txt": b"x", "/etc/x": b"x", "screens/../../up.png": b"x", "screens/": b"", "C:\\x": b"x"}
    folder = tmp_path / "b"
    folder.mkdir()
    sealed = zipped(folder / ("z" + SEALED), {**hostile, **members})
    found = read_trace(sealed)
    for step in found.steps:
        assert step.after is not None
        found.screen(step.after.screen or "")
    assert steps_of(found) == steps_of(read_trace(writer.path))
    assert list(folder.iterdir()) == [sealed]
    with pytest.raises(TraceError, match="missing"):
        found.screen("../../up")


def test_members_that_grow_too_large_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = write(tmp_path)
    screen = content_id(png((0, 0, 0)))
    shown = read_trace(writer.path).steps[0].before
    assert shown is not None
    writer.close()
    shutil.copytree(writer.path, tmp_path / "copy")
    for path in (seal(writer.path), tmp_path / "copy"):
        found = read_trace(path)
        with monkeypatch.context() as patch:
            patch.setattr(recordings, "BLOB_LIMIT", 30)
            with pytest.raises(TraceError, match="expected at most 30 bytes"):
                found.screen(screen)
            with pytest.raises(TraceError, match="expected at most 30 bytes"):
                found.tree(shown.tree or "")
            patch.setattr(recordings, "LINE_LIMIT", 100)
            with pytest.raises(TraceError, match="line 1: expected at most 100 bytes"):
                read_trace(path)
            patch.setattr(recordings, "TRACE_LIMIT", 1_000)
            with pytest.raises(TraceError, match=r"expected at most 1000 bytes of trace\.jsonl"):
                read_trace(path)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"no zip at all", zlib.compress(b"x")])
def test_a_file_that_is_no_zip_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / ("x" + SEALED)).write_bytes(data)
    with pytest.raises(TraceError, match="expected a sealed trace"):
        read_trace(tmp_path / ("x" + SEALED))


def test_a_zip_without_lines_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=r"found no trace\.jsonl"):
        read_trace(zipped(tmp_path / ("x" + SEALED), {"a": b""}))
    with pytest.raises(TraceError, match="expected a sealed trace"):
        read_trace(tmp_path / ("y" + SEALED))


def test_a_damaged_sealed_file_reads_the_same_or_is_refused(tmp_path: Path) -> None:
    sealed = write(tmp_path, [Click(Point(1, 1))]).end(end())
    data, whole, chance = sealed.read_bytes(), read_trace(sealed), random.Random(1)
    screen = content_id(png((1, 0, 0)))
    refused = 0
    for _ in range(400):
        damaged = bytearray(data)
        # Mostly near the names and sizes that zip repeats at its end.
        place = chance.randrange(len(data)) if chance.random() < 0.4 else chance.randrange(len(data) - 600, len(data))
        damaged[place] ^= 1 << chance.randrange(8)
        sealed.write_bytes(damaged)
        try:
            found = read_trace(sealed)
            assert (found.trajectory, found.steps) == (whole.trajectory, whole.steps)
            assert found.screen(screen) == png((1, 0, 0))
        except TraceError:
            refused += 1
    assert refused > 100


def test_equal_recordings_have_equal_digests_and_another_has_another(tmp_path: Path) -> None:
    one, same, other = (
        read_trace(write(tmp_path / name, actions).end(end()))
        for name, actions in (("a", [Back()]), ("b", [Back()]), ("c", [Type("x")]))
    )
    assert (one.trajectory, one.chains) == (same.trajectory, same.chains)
    assert one.trajectory.digest != other.trajectory.digest
    assert one.chains[0] == other.chains[0]
    assert one.chains[1] != other.chains[1]


def test_lines_are_canonical_json_of_the_documented_kinds(tmp_path: Path) -> None:
    writer = write(tmp_path, [Back()])
    data = (writer.path / LINES).read_bytes()
    assert [line["line"] for line in lines_of(writer)] == ["start", "observation", "action", "observation"]
    assert b"".join(canonical_json(line) + b"\n" for line in lines_of(writer)) == data


def test_the_id_of_a_trajectory_is_that_of_every_earlier_version() -> None:
    assert trajectory_id("run", 0) == "c703aace2c1a86fe403b12e049b81f94"
    assert len({trajectory_id(run, episode) for run in ("run", "run1") for episode in range(12)}) == 24
