"""Recording in a thread: the order of the lines, and what is on the disk when the next action begins."""

import io
from concurrent.futures import Future
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorers.core.packing import Packing
from explorers.core.recording import Recorder
from schemas.errors import TraceError
from schemas.recordings import read_trace
from schemas.records import Outcome, Screen
from schemas.visual import decode, packed
from tests.schemas.samples import click, end, observation, start


def drawn(shade: int, mode: str = "RGB") -> Screen:
    chance = np.random.default_rng(shade)
    pixels = chance.integers(0, 256, (30, 40, len(mode)), dtype=np.uint8)
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, "PNG")
    return Screen(data.getvalue(), 40, 30, "png")


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_packed_screen_has_the_same_pixels(mode: str) -> None:
    screen = drawn(1, mode)
    stored = packed(screen)
    assert stored.format == "webp"
    with Image.open(io.BytesIO(screen.data)) as before, Image.open(io.BytesIO(stored.data)) as after:
        assert np.array_equal(np.asarray(before), np.asarray(after.convert(mode)))
    assert packed(stored) is stored


@pytest.mark.parametrize("data", [b"", b"no image", b"\x89PNG\r\n\x1a\n" + b"x" * 50])
def test_a_screen_that_nobody_can_read_stays_as_it_is(data: bytes) -> None:
    screen = Screen(data, 40, 30, "png")
    assert packed(screen) is screen


def test_all_is_written_in_order_and_the_screens_are_webp(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, start())
    seen = [replace(observation(number), screen=drawn(number)) for number in range(4)]
    recorder.observation(seen[0])
    for after in seen[1:]:
        recorder.action(click())
        recorder.observation(after, Outcome("ok"))
    found = read_trace(recorder.end(end()))
    recorder.close()
    assert len(found.steps) == 3
    for step, (before, after) in zip(found.steps, pairwise(seen), strict=True):
        for kept, was in ((step.before, before), (step.after, after)):
            assert kept is not None
            assert kept.screen is not None
            assert was.screen is not None
            screen = found.load_screen(kept.screen)
            assert screen.format == "webp"
            assert np.array_equal(decode(screen.data), decode(was.screen.data))


def test_an_observation_is_on_the_disk_before_the_action_after_it(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, start())
    recorder.observation(observation(0))
    recorder.action(click())
    recorder.observation(observation(1), Outcome("ok"))
    recorder.action(click())
    (folder,) = tmp_path.iterdir()
    found = read_trace(folder)
    assert found.trajectory.finished == 1
    assert found.trajectory.steps == 2
    recorder.close()


def test_what_is_pending_is_written_when_the_recorder_is_closed_early(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, start())
    recorder.observation(observation(0))
    recorder.action(click())
    recorder.observation(observation(1), Outcome("ok"))
    recorder.close()
    recorder.close()
    (folder,) = tmp_path.iterdir()
    assert read_trace(folder).trajectory.finished == 1


def test_a_disk_that_refuses_is_said_at_the_next_call_and_the_thread_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder(tmp_path, start())

    def refuse(*_: object) -> None:
        raise TraceError("no space left")

    monkeypatch.setattr("schemas.traces.TraceWriter.observation", refuse)
    recorder.observation(observation(0))
    with pytest.raises(TraceError, match="no space"):
        recorder.action(click())
    recorder.close()


def test_packing_goes_on_beside_what_is_done_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting: Future[None] = Future()

    def slow(screen: Screen) -> Screen:
        waiting.result(10)
        return screen

    packing = Packing()
    monkeypatch.setattr("explorers.core.packing._packed", slow)
    monkeypatch.setattr("explorers.core.recording.PACKING", packing)
    recorder = Recorder(tmp_path, start())
    recorder.observation(observation(0))
    waiting.set_result(None)  # it would never be reached if the call before waited
    recorder.action(click())
    recorder.close()


def test_a_picture_that_comes_again_is_packed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = counting(monkeypatch)
    packing = Packing()
    monkeypatch.setattr("explorers.core.recording.PACKING", packing)
    packing.begin(drawn(0))  # by who took the picture, before it is recorded
    recorder = Recorder(tmp_path, start())
    recorder.observation(replace(observation(0), screen=drawn(0)))
    for shade in (0, 1, 0):
        recorder.action(click())
        recorder.observation(replace(observation(1), screen=drawn(shade)), Outcome("ok"))
    found = read_trace(recorder.end(end()))
    recorder.close()
    assert asked == [drawn(0), drawn(1)]
    screens = [step.after.screen for step in found.steps if step.after is not None]
    assert screens[0] == screens[2] != screens[1]


def test_packed_pictures_are_kept_as_far_as_they_have_room_and_the_oldest_goes_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = counting(monkeypatch)
    packing = Packing(kept_bytes=2 * max(len(packed(drawn(shade)).data) for shade in range(3)))
    for shade in (0, 1, 0, 2, 0, 1):
        assert packing.begin(drawn(shade)).result() == packed(drawn(shade))
    assert asked == [drawn(shade) for shade in (0, 1, 2, 1)]


def counting(monkeypatch: pytest.MonkeyPatch) -> list[Screen]:
    asked: list[Screen] = []

    def counted(screen: Screen) -> Screen:
        asked.append(screen)
        return packed(screen)

    monkeypatch.setattr("explorers.core.packing._packed", counted)
    return asked
