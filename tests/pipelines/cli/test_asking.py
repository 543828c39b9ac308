import re
from collections.abc import Callable
from pathlib import Path

import pytest

from labelers.askers import NAMES
from pipelines.cli import main
from pipelines.lake.delta import Lake
from tests.labelers.model.server import serving

CopyOf = Callable[[Path], Lake]


def annotate(lake: Lake, url: str, *more: str) -> int:
    options = ["--backend", "openai", "--model", "local", "--base-url", url]
    return main(["annotate", "--lake", lake.url, *options, *more])


def test_a_plan_a_run_and_what_it_took(
    ingested: Path, copy_of: CopyOf, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lake = copy_of(ingested)
    prices = tmp_path / "prices.toml"
    prices.write_text("[local]\ninput = 1000\noutput = 1000\n")
    with serving() as url:
        assert annotate(lake, url, "--plan", "--prices", str(prices)) == 0
        planned = capsys.readouterr().out
        assert lake.snapshot().rows("calls") == 0
        assert annotate(lake, url, "--prices", str(prices), "--money", "1000") == 0
    assert "US dollars, at most" in planned
    assert "with --cheap-first: requests" in planned
    assert "unknown" not in planned
    capsys.readouterr()
    assert main(["stats", "--lake", lake.url]) == 0
    told = capsys.readouterr().out
    for line in ("synthesis/local: ok", "verify/local: ok", "reward/local: ok", "tokens in", "US cents"):
        assert line in told


def test_a_part_of_the_lake_and_one_labeler(ingested: Path, copy_of: CopyOf) -> None:
    lake = copy_of(ingested)
    with serving() as url:
        assert annotate(lake, url, "--labeler", "synthesis", "--where", "steps >= 4", "--sample", "1") == 0
    labels = lake.snapshot().read("labels").to_pylist()
    assert len({row["trajectory_id"] for row in labels}) == 1
    assert {row["labeler"] for row in labels} == {"synthesis/local"}


@pytest.mark.slow
def test_every_labeler_can_be_asked_by_its_name(
    ingested: Path, copy_of: CopyOf, capsys: pytest.CaptureFixture[str]
) -> None:
    lake = copy_of(ingested)
    named = [word for name in NAMES for word in ("--labeler", name)]
    with serving() as url:
        assert annotate(lake, url, "--sample", "1", *named) == 0
    told = capsys.readouterr().out
    assert [name for name in NAMES if f"annotate {name}" in told] == list(NAMES)
    labels = lake.snapshot().read("labels").to_pylist()
    without_groups = {"pairwise"}  # there is nothing to compare in a lake without rollouts
    assert {row["labeler"] for row in labels} == {f"{name}/local" for name in NAMES if name not in without_groups}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--backend", "openai"), "--model NAME"),
        (("--backend", "rules", "--model", "x"), "--backend openai"),
        (("--backend", "nobody"), "openai, rules"),
        (("--backend", "openai", "--model", "x", "--money", "1"), "price"),
        (("--backend", "openai", "--model", "x", "--flights", "0"), "--flights"),
        (("--backend", "openai", "--model", "x", "--where", "nonsense from"), "nonsense|syntax"),
        (("--backend", "openai", "--model", "x", "--prices", "nowhere.toml"), "nowhere"),
        (("--backend", "openai", "--model", "x", "--call-seconds", "nan"), "--call-seconds: expected more than 0"),
        (
            ("--backend", "openai", "--model", "x", "--tokens-a-minute", "inf"),
            "--tokens-a-minute: expected more than 0",
        ),
        (
            ("--backend", "openai", "--model", "x", "--temperature", "nan"),
            "--temperature: expected a number, found nan",
        ),
    ],
)
def test_a_wrong_call_is_refused_before_anything_is_asked(
    ingested: Path, copy_of: CopyOf, options: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lake = copy_of(ingested)
    assert (
        main(
            [
                "annotate",
                "--lake",
                lake.url,
                *options,
                *(("--base-url", "http://127.0.0.1:9/v1") if "openai" in options else ()),
            ]
        )
        == 2
    )
    assert re.search(said, capsys.readouterr().err)
    assert lake.snapshot().rows("calls") == 0


@pytest.mark.parametrize(
    "url", ["nonsense", "http://[", "ftp://127.0.0.1/", "http://127.0.0.1:99999/v1", "http://:80/v1", "http://x:y/v1"]
)
def test_a_base_url_that_no_server_has_is_a_wrong_call(
    ingested: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], url: str
) -> None:
    options = ["annotate", "--lake", str(ingested), "--backend", "openai", "--model", "x"]
    assert main([*options, "--base-url", url]) == 2
    assert "expected a base URL such as http://localhost:8000/v1, found" in capsys.readouterr().err
    monkeypatch.setenv("OPENAI_BASE_URL", url)
    assert main(options) == 2
    assert "expected a base URL" in capsys.readouterr().err


def test_a_server_without_key_is_told_before_it_is_asked(
    ingested: Path, copy_of: CopyOf, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    lake = copy_of(ingested)
    assert annotate(lake, "https://models.example/v1") == 2
    assert "OPENAI_API_KEY" in capsys.readouterr().err


def test_policies_are_read_before_the_lake_is_looked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--lake", str(tmp_path / "none"), "--backend", "openai", "--model", "m", "--labeler", "safety"]
    assert main(["annotate", *words, "--policies", str(tmp_path / "missing")]) == 2
    assert "expected policies, a line each" in capsys.readouterr().err
