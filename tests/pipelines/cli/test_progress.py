import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from explorers.core.rollout import EpisodeSummary
from explorers.core.watching import Doing, words_of
from pipelines.cli.progress import LINE_SECONDS, RunProgress
from schemas.actions import Click, Point, Type
from schemas.records import Choice, Target


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def piped() -> Console:
    return Console(file=io.StringIO(), force_terminal=False)


def done(episode: int, steps: int) -> EpisodeSummary:
    return EpisodeSummary(episode, steps, "max steps", None, Path("x"))


def test_the_line_says_episodes_steps_rate_states_what_is_done_and_what_is_left() -> None:
    clock = Clock()
    going = RunProgress(4, 10, clock=clock, console=piped())
    with going.shown():
        for step in range(1, 11):
            clock.now += 0.5
            going.told(Doing(0, step, "click link 'Books'", state=f"state {step % 3}"))
        going.over(done(0, 10))
        going.told(Doing(1, 5, "type textbox 'Name'"))
    assert going.figures() == {
        "episodes": 1,
        "of": 4,
        "steps": 15,
        "steps a second": 3.0,
        "states": 3,
        "seconds left": round(25 / 3),
        "now": "type textbox 'Name'",
    }
    assert going.line() == ("episode 1 of 4 done, 15 steps (3.0 a second), 3 states, 8 s left: type textbox 'Name'")


def test_episodes_that_end_early_shorten_what_is_left() -> None:
    clock = Clock()
    going = RunProgress(3, 100, clock=clock, console=piped())
    clock.now += 4
    going.told(Doing(0, 4, "click"))
    going.over(done(0, 4))
    assert going.figures()["seconds left"] == 8


def test_without_a_terminal_there_is_a_line_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    going = RunProgress(1, 50, clock=clock, console=piped())
    with going.shown():
        for step in range(40):
            clock.now += LINE_SECONDS / 10
            going.told(Doing(0, step, "click"))
    told = capsys.readouterr()
    assert told.out == ""
    assert len(told.err.splitlines()) == 4


def test_on_a_terminal_one_line_is_rewritten_and_steers_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    clock, screen = Clock(), io.StringIO()
    going = RunProgress(1, 50, clock=clock, console=Console(file=screen, force_terminal=True, width=200))
    with going.shown():
        clock.now += 1
        going.told(Doing(0, 1, "click button '[red]Save'"))
    assert capsys.readouterr().err == ""
    assert "[red]Save" in going.line()


def test_json_is_a_line_for_each_event(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    going = RunProgress(1, 50, as_json=True, clock=clock)
    with going.shown():
        clock.now += 2
        going.told(Doing(0, 1, "click", state="a"))
        going.over(done(0, 1))
        going.failed(1, "the disk is full")
        going.summary({"steps": 1})
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event["event"] for event in events] == ["progress", "episode", "episode", "summary"]
    assert events[0]["states"] == 1
    assert events[2]["message"] == "the disk is full"


def test_what_is_done_is_told_without_what_is_typed() -> None:
    point = Point(1, 1)
    told = words_of(Choice(Type("hush", point), Target("textbox", "Pass\x1b[2Jword", None)))
    assert told == "type textbox 'Pass [2Jword'"
    assert words_of(Choice(Click(point), Target("button", "x" * 90, None))).endswith("x\u2026'")
