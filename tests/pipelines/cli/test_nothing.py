"""Verbs of labelling that find nothing to work on: exit 1, and the first line says what is missing."""

from collections.abc import Callable
from pathlib import Path

import pytest

from labelers.rules import RulesBackend
from pipelines.annotate.job import annotate
from pipelines.cli import main
from pipelines.lake.delta import Lake, create_lake
from tests.labelers.model.server import serving

CopyOf = Callable[[Path], Lake]
SERVER = ["--model", "local", "--base-url", "http://127.0.0.1:9/v1"]


def said(capsys: pytest.CaptureFixture[str]) -> str:
    """The first line that was said, after which nothing is printed."""
    told = capsys.readouterr()
    assert told.out == ""
    return told.err.splitlines()[0]


@pytest.mark.parametrize("verb", [["annotate", "--backend", "openai", *SERVER], ["embed", *SERVER]])
def test_a_lake_without_recordings_is_no_success(
    verb: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lake = create_lake(str(tmp_path / "lake"), buckets=1)
    assert main([*verb, "--lake", lake.url]) == 1
    assert "expected recordings, found none: hindtrace ingest brings them in" in said(capsys)


def test_a_choice_of_no_trajectory_is_no_success(ingested: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--where", "app = 'nobody'"]
    assert main(["annotate", "--lake", str(ingested), "--backend", "openai", *SERVER, *where]) == 1
    assert "none of the trajectories is so: app = 'nobody'" in said(capsys)


def test_answers_and_verdicts_that_say_nothing_are_no_success(
    ingested: Path, copy_of: CopyOf, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lake = copy_of(ingested)
    annotate(lake.url, RulesBackend)
    answers = tmp_path / "answers.csv"
    answers.write_text("trajectory_id,verdict\nx,\n")
    assert main(["review", "--lake", lake.url, "--answers", str(answers)]) == 1
    assert "expected answers in the column verdict, found none" in said(capsys)
    known = lake.snapshot().read("trajectories", columns=["trajectory_id"])["trajectory_id"][0].as_py()
    answers.write_text(f"trajectory_id,verdict\n{known},neutral\n")
    assert main(["calibrate", "--lake", lake.url, "--gold", str(answers), "--labeler", "rules"]) == 1
    assert "expected verdicts of good or harmful to compare with, found none" in said(capsys)


def test_labelers_that_judged_nothing_together_are_told(
    ingested: Path, copy_of: CopyOf, capsys: pytest.CaptureFixture[str]
) -> None:
    lake = copy_of(ingested)
    names = lake.snapshot().read("trajectories", columns=["trajectory_id"])["trajectory_id"].to_pylist()
    with serving() as url:
        for name, labeler in zip(names, ("safety", "overthinking"), strict=False):
            called = ["annotate", "--lake", lake.url, "--backend", "openai", "--model", "local", "--base-url", url]
            assert main([*called, "--labeler", labeler, "--where", f"trajectory_id = '{name}'"]) == 0
    capsys.readouterr()
    assert main(["compare", "--lake", lake.url, "safety/local", "overthinking/local"]) == 1
    assert "safety/local and overthinking/local judged nothing both" in said(capsys)


def test_a_labeler_that_finds_nothing_to_ask_about_says_so(
    ingested: Path, copy_of: CopyOf, capsys: pytest.CaptureFixture[str]
) -> None:
    lake = copy_of(ingested)
    with serving() as url:
        called = ["annotate", "--lake", lake.url, "--backend", "openai", "--model", "local", "--base-url", url]
        assert main([*called, "--labeler", "critic"]) == 0
    assert "critic: there was nothing to ask about" in capsys.readouterr().err
