from pathlib import Path
from typing import Any

import pytest

from pipelines.cli import main
from pipelines.export.geometry import Geometry
from pipelines.running.jobs import Summary

CALL = ("export", "--lake", "lake", "--name", "first", "--format", "trl-sft", "--out", "out")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the job is asked for."""
    calls: list[dict[str, Any]] = []

    def export(*_: Any, **options: Any) -> Summary:
        calls.append(options)
        return Summary("job", changed=True, counts={}, notes=())

    monkeypatch.setattr("pipelines.export.job.export", export)
    return calls


def test_dialect_geometry_and_system_prompt_are_what_the_job_is_asked_for(
    asked: list[dict[str, Any]], tmp_path: Path
) -> None:
    (tmp_path / "system.txt").write_text("Act.\n")
    more = (
        "--dialect",
        "qwen3-vl",
        "--geometry",
        "thousand,kept",
        "--system",
        str(tmp_path / "system.txt"),
        "--same",
        "7",
    )
    assert main(CALL) == main((*CALL, *more)) == 0
    plain, told = (call["voice"] for call in asked)
    assert (plain.name, plain.geometry, plain.system) == ("hindtrace", Geometry(), None)
    assert (told.name, told.geometry, told.system) == ("qwen3-vl", Geometry("qwen3-vl", "thousand", kept=True), "Act.")
    assert [call["same"] for call in asked] == [3, 7]


@pytest.mark.parametrize(
    "wrong", [("--dialect", "french"), ("--geometry", "qwen9"), ("--system", "nowhere.txt"), ("--system", "/dev/null")]
)
def test_what_is_none_is_a_wrong_call(
    asked: list[dict[str, Any]], wrong: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main((*CALL, *wrong)) == 2
    assert not asked
    assert wrong[1] in capsys.readouterr().err
