import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.cli import main
from tests.pipelines.recorded import WALKS

ROOT = Path(__file__).parents[3]
VERBS = (
    "explore",
    "record",
    "replay",
    "ingest",
    "annotate",
    "embed",
    "curate",
    "export",
    "compose",
    "sql",
    "stats",
    "doctor",
)


def fresh(code: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)


def test_importing_the_command_line_imports_nothing_heavy() -> None:
    heavy = ("apache_beam", "playwright", "adbutils", "Xlib", "mss", "duckdb", "polars", "deltalake")
    done = fresh(f"import sys, pipelines.cli; print([name for name in {heavy!r} if name in sys.modules])")
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_with_two_examples(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([verb, "--help"]) == 0
    out = capsys.readouterr().out
    examples = out.partition("examples:")[2]
    assert examples.count("hindtrace ") >= 2


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["fly"],
        ["ingest"],
        ["ingest", "--traces", "x"],
        ["ingest", "--traces", "x", "--lake", "y", "--epsiodes", "3"],
        ["ingest", "--traces", "x", "--lake", "y", "--runner", "DaskRunner"],
        ["ingest", "--traces", "x", "--lake", "y", "--runner", "FlinkRunner"],
        ["annotate", "--lake", "y", "--backend", "oracle"],
        ["embed", "--lake", "y"],
        ["embed", "--lake", "y", "--model", "m", "--dimensions", "0"],
        ["curate", "--lake", "y", "--name", "../x"],
        ["export", "--lake", "y", "--name", "x", "--format", "csv", "--out", "z"],
        ["compose", "--lake", "y", "--out", "z", "--length", "1..2"],
        ["compose", "--lake", "y", "--out", "z", "--length", "many"],
        ["compose", "--lake", "y", "--out", "z", "--n", "0"],
        ["compose", "--lake", "y", "--out", "z", "--benchmark", "nowhere.json"],
        ["sql", "--lake", "y"],
        ["sql", "--lake", "y", "select 1", "--fromat", "csv"],
        ["sql", "--lake", "y", "select 1", "--format", "xml"],
        ["stats", "--lake", "y", "--runner", "DirectRunner"],
        ["explore"],
        ["explore", "web", "--traces", "x"],
        ["explore", "web", "--traces", "x", "--start-url", "http://x", "--episodes", "0"],
        ["explore", "web", "--traces", "x", "--start-url", "http://x", "--episode", "1"],
        ["explore", "desktop", "--app", "no-such-program", "--traces", "x"],
        ["explore", "android", "--serial", "s", "--app", "p", "--traces", "x"],
    ],
)
def test_a_wrong_call_is_2_and_makes_nothing(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    assert "Traceback" not in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_run_id_is_looked_at_before_the_trace(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--trace", str(tmp_path / "nothing.trace.zip"), "--traces", str(tmp_path / "x")]
    assert main(["replay", *where, "--run-id", "bad id"]) == 2
    assert "--run-id: expected 1 to 64 letters, digits, - and _, found 'bad id'" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["ingest", "--traces", "nothing", "--lake", "lake"],
        ["annotate", "--lake", "nothing", "--backend", "rules"],
        ["curate", "--lake", "nothing", "--name", "x"],
        ["export", "--lake", "nothing", "--name", "x", "--format", "trl-sft", "--out", "z"],
        ["sql", "--lake", "nothing", "select 1"],
        ["stats", "--lake", "nothing"],
        ["replay", "--trace", "nothing.trace.zip", "--traces", "x"],
    ],
)
def test_what_fails_is_1_with_one_clear_line(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.strip().splitlines()) == 1
    assert captured.err.startswith(f"hindtrace {arguments[0]}: ")
    assert "nothing" in captured.err


def test_the_way_from_traces_to_datasets(traces: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lake, out = str(tmp_path / "lake"), tmp_path / "kto"
    assert main(["ingest", "--traces", str(traces), "--lake", lake]) == 0
    assert f"{len(WALKS)}" in capsys.readouterr().out
    assert main(["annotate", "--lake", lake, "--backend", "rules", "--plan"]) == 0
    assert "trajectories to look at" in capsys.readouterr().out
    assert main(["annotate", "--lake", lake, "--backend", "rules"]) == 0
    assert main(["curate", "--lake", lake, "--name", "first", "--direct_num_workers", "1"]) == 0
    assert "rows expected" in capsys.readouterr().out
    assert main(["export", "--lake", lake, "--name", "first", "--format", "trl-kto", "--out", str(out)]) == 0
    assert (out / "manifest.json").exists()
    assert main(["ingest", "--traces", str(traces), "--lake", lake]) == 0
    assert "ingest: nothing new" in capsys.readouterr().out


def test_ingest_fails_when_no_trace_can_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "traces").mkdir()
    (tmp_path / "traces" / "x.trace.zip").write_bytes(b"nothing")
    assert main(["ingest", "--traces", str(tmp_path / "traces"), "--lake", str(tmp_path / "lake")]) == 1
    assert "x.trace.zip: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("csv", 'kind,count_star(),x\nback,1,"[1, 2]"\ntype,1,"[1, 2]"\n'),
        ("markdown", "| kind | count_star() | x |\n|---|---|---|\n| back | 1 | [1, 2] |\n| type | 1 | [1, 2] |\n"),
    ],
)
def test_sql_prints_what_scripts_read(
    curated: Path, capsys: pytest.CaptureFixture[str], form: str, expected: str
) -> None:
    text = "select action.kind, count(*), [1, 2] as x from steps where action.kind <> 'click' group by 1 order by 1"
    assert main(["sql", "--lake", str(curated), text, "--format", form]) == 0
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == (expected, "")


def test_sql_prints_json_with_bytes_counted(curated: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "select image, position from screens order by bucket, position limit 1"
    assert main(["sql", "--lake", str(curated), text, "--format", "json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row["position"] == 0
    assert row["image"]["path"] is None
    assert row["image"]["bytes"].endswith(" bytes>")


def test_a_table_keeps_pages_from_steering_the_terminal(curated: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "select chr(27) || '[31mred [bold]x[/bold]' as x"
    assert main(["sql", "--lake", str(curated), text]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "[bold]x[/bold]" in out


def test_a_query_that_duckdb_refuses_is_a_wrong_call(curated: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sql", "--lake", str(curated), "selec 1"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_stats_prints_the_funnel(curated: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stats", "--lake", str(curated)]) == 0
    out = capsys.readouterr().out
    for title in ("Recorded", "Instructions", "Labels", "Curation demo"):
        assert title in out
    assert "kto / negative / labelled harmful" in out


def test_doctor_says_a_line_a_platform(capsys: pytest.CaptureFixture[str]) -> None:
    main(["doctor"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["web", "desktop", "android"]
