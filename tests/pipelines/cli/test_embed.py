"""Tests of hindtrace embed, against a server on this machine."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.cli import main
from pipelines.lake.delta import Lake
from tests.labelers.model.server import serving

CopyOf = Callable[[Path], Lake]


def embed(lake: Lake, url: str, *more: str) -> int:
    return main(["embed", "--lake", lake.url, "--model", "local", "--base-url", url, *more])


def test_a_plan_a_run_and_nothing_left_to_do(
    curated: Path, copy_of: CopyOf, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lake = copy_of(curated)
    prices = tmp_path / "prices.toml"
    prices.write_text("[local]\ninput = 1000\noutput = 0\n")
    with serving() as url:
        assert embed(lake, url, "--plan", "--prices", str(prices)) == 0
        planned = figures(capsys.readouterr().out)
        assert lake.snapshot().rows("calls") == 0
        assert planned["texts"] == planned["texts without a vector"]
        assert planned["requests"] == "1"
        assert float(planned["US dollars, at most"]) == int(planned["tokens, at most"]) / 1000
        assert embed(lake, url, "--prices", str(prices), "--money", "0.001") == 0
        told = capsys.readouterr()
        assert figures(told.out) == {"lake changed": "no", "tokens in": "0"}
        assert "the budget is used up" in told.err
        assert embed(lake, url, "--prices", str(prices), "--money", planned["US dollars, at most"]) == 0
        told = capsys.readouterr()
        assert figures(told.out)["texts ok"] == planned["texts"]
        assert int(figures(told.out)["tokens in"]) <= int(planned["tokens, at most"])
        assert embed(lake, url) == 0
        assert "every text has its vector" in capsys.readouterr().err
        assert embed(lake, url, "--plan") == 0
    left = figures(capsys.readouterr().out)
    assert (left["texts without a vector"], left["requests"], left["tokens, at most"]) == ("0", "0", "0")
    assert left["US dollars, at most"] == "unknown: no price"


def figures(told: str) -> dict[str, str]:
    """The table that a verb has printed."""
    rows = (line.split("│")[1:-1] for line in told.splitlines() if line.startswith("│"))
    return {name.strip(): value.strip() for name, value in rows}


def test_what_a_server_refuses_is_told_and_no_vector_at_all_is_a_failure(
    curated: Path, copy_of: CopyOf, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    lake = copy_of(curated)
    assert embed(lake, "https://models.example/v1") == 2
    assert "OPENAI_API_KEY" in capsys.readouterr().err
    assert embed(lake, "http://127.0.0.1:9/v1", "--money", "1") == 2
    assert "price" in capsys.readouterr().err
    with serving(faults=1.0, kinds=["gone"]) as url:
        assert embed(lake, url) == 1
    assert "texts: HTTP 400" in capsys.readouterr().err
