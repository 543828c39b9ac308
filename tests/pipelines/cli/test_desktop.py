from pathlib import Path

import pytest

from explorers.setup.desktop_packages import missing_packages
from pipelines.cli import main
from schemas.recordings import read_trace
from schemas.traces import find_traces

DESKTOP = ["explore", "desktop", "--traces", "traces"]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--app", "no-such-program"], "expected a program"),
        (["--app", "sh 'unclosed"], "expected a command"),
        (["--app", "sh", "--display", ":0"], "--share-display"),
        (["--app", "sh", "--display", "wayland-0"], "Wayland is not built"),
        (["--app", "sh", "--display", "wayland-0", "--share-display"], "Wayland is not built"),
        (["--app", "sh", "--display", "far.example:0", "--share-display"], "display of this machine"),
        (["--app", "sh", "--display", ":0", "--share-display", "--desktops", "2"], "one mouse"),
        (["--app", "sh", "--share-display"], "--display beside it"),
        (["--app", "sh", "--screen", "wide"], "1280x720"),
        (["--app", "sh", "--screen", "9x9"], "100 to 10000"),
        (["--app", "sh", "--pace", "-1"], "above zero"),
        (["--app", "sh", "--documents", "nowhere"], "folder of documents"),
        (["--app", "sh", "--resume"], "run id"),
    ],
)
def test_a_wrong_call_is_2_with_a_line_before_a_desktop_starts(
    options: list[str],
    named: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([*DESKTOP, *options]) == 2
    assert named in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.desktop
@pytest.mark.skipif(bool(missing_packages()), reason="not installed: root gets the packages with 'make desktop'")
def test_exploring_an_application_on_two_desktops_records_steps_that_ingest_takes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    traces, lake = str(tmp_path / "traces"), str(tmp_path / "lake")
    options = ["--episodes", "2", "--max-steps", "3", "--seed", "1", "--run-id", "r", "--desktops", "2"]
    assert main(["explore", "desktop", "--app", "galculator", "--traces", traces, *options]) == 0
    assert "steps" in capsys.readouterr().out
    found = [read_trace(trace) for trace in find_traces(Path(traces))]
    assert [each.trajectory.platform for each in found] == ["desktop"] * 2
    assert all(each.trajectory.finished == 3 for each in found)
    first = found[0].steps[0].before
    assert first is not None
    assert first.tree is not None
    assert found[0].tree(first.tree).kind == "atspi"
    assert main(["ingest", "--traces", traces, "--lake", lake]) == 0


@pytest.mark.desktop
@pytest.mark.skipif(bool(missing_packages()), reason="not installed: root gets the packages with 'make desktop'")
def test_a_recording_is_done_again_on_a_new_desktop(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    traces = str(tmp_path / "traces")
    options = ["--episodes", "1", "--max-steps", "4", "--seed", "2", "--policy", "random"]
    assert main(["explore", "desktop", "--app", "galculator", "--traces", traces, *options]) == 0
    (trace,) = find_traces(Path(traces))
    capsys.readouterr()
    assert main(["replay", "--trace", str(trace), "--traces", str(tmp_path / "again"), "--format", "csv"]) == 0
    heading, *steps = capsys.readouterr().out.strip().splitlines()
    column = heading.split(",").index("location")
    assert [step.split(",")[column] for step in steps] == ["same"] * 4
