import signal
import subprocess
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from explorers.demonstrations import Demonstrated
from explorers.setup.desktop_packages import missing_packages
from pipelines.cli import main, record
from schemas.actions import Key
from schemas.recordings import read_trace

RECORD = ["record", "--goal", "Show it", "--traces", "traces"]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ([], "where to record"),
        (["--display", ":0", "--start-url", "http://localhost/"], "where to record"),
        (["--app", "no-such-program"], "expected a program"),
        (["--display", "wayland-0"], "Wayland is not built"),
        (["--display", ":0", "--network"], "expected --app"),
        (["--display", ":0", "--viewport", "800x600"], "--viewport: expected --start-url"),
        (["--display", ":0", "--stop-key", "q"], "expected a chord"),
        (["--display", ":0", "--seconds", "0"], "more than zero"),
        (["--display", ":0", "--run-id", "a b"], "expected a run id"),
        (["--start-url", "ftp://localhost/"], "http or https"),
        (["--start-url", "http://localhost/", "--screen", "800x600"], "for --app"),
    ],
)
def test_a_wrong_call_is_2_with_a_line_before_anything_starts(
    options: list[str],
    named: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([*RECORD, *options]) == 2
    assert named in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_display_that_is_not_there_is_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["record", "--goal", "a", "--traces", str(tmp_path), "--display", ":4711"]) == 1
    assert "no server there" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.desktop
@pytest.mark.skipif(bool(missing_packages()), reason="desktop packages are missing")
def test_ctrl_c_ends_and_seals_a_recording(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The person is one of xdotool, on the virtual display that the verb names."""

    def demonstrate(line: str) -> None:
        display = ":" + line.partition("display :")[2].partition(":")[0]

        def act() -> None:
            subprocess.run(["xdotool", "key", "F1"], env={"DISPLAY": display, "PATH": "/usr/bin"}, check=True)
            time.sleep(0.3)
            signal.raise_signal(signal.SIGINT)

        threading.Thread(target=act).start()

    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        if line.startswith("recording"):
            demonstrate(line)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(record, "say", say)
        assert main(["record", "--goal", "Ask for help", "--traces", str(tmp_path), "--app", "galculator"]) == 0
    (trace,) = tmp_path.glob("*.trace.zip")
    recording = read_trace(trace)
    assert recording.steps[0].action == Key("F1")
    assert (recording.trajectory.goal, recording.trajectory.ended_by) == ("Ask for help", "stop")
    out = capsys.readouterr().out
    assert "ended by" in out
    assert str(trace) in out


def test_the_summary_counts_actions_and_names_what_was_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    done = Demonstrated(1, "device lost", "unplugged", Path("t"), Counter({"Click": 1}), Counter({"a drag": 2}))

    def fake(*_: Any, ready: Any, **__: Any) -> Demonstrated:
        ready()
        return done

    monkeypatch.setattr("explorers.demonstrations.record", fake)
    assert main(["record", "--goal", "a", "--traces", "t", "--start-url", "http://localhost/"]) == 1
    told = capsys.readouterr()
    assert "left out: a drag, 2 times" in told.err
    assert "recording: Control+Alt+q or Ctrl-C ends it" in told.err
    assert "device lost: unplugged" in told.out
