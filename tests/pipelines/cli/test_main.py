import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.cli import main
from pipelines.curate.published import under_way
from pipelines.lake.delta import Lake
from schemas.errors import LakeError
from tests.pipelines.recorded import WALKS, record

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


def _first_line(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().err.splitlines()[0]


def test_a_verb_that_comes_to_nothing_is_1_and_its_first_line_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    record(tmp_path / "traces", replace(WALKS[0], clicks=()))
    assert main(["ingest", "--traces", "traces", "--lake", "lake"]) == 1
    assert "there is no step in 1 episodes" in _first_line(capsys)
    assert main(["annotate", "--lake", "lake", "--backend", "rules"]) == 1
    assert "no instruction could be written of 1 episodes" in _first_line(capsys)
    assert main(["curate", "--lake", "lake", "--name", "first"]) == 1
    assert "no dataset has a row" in _first_line(capsys)
    assert main(["export", "--lake", "lake", "--name", "first", "--format", "trl-sft", "--out", "out"]) == 1
    assert "no " in _first_line(capsys)
    assert main(["compose", "--lake", "lake", "--out", "composed.jsonl"]) == 1
    assert "nothing was written to composed.jsonl: of 0 tasks" in _first_line(capsys)
    assert main(["handbook", "--lake", "lake", "--out", "handbook.md"]) == 1
    assert "no run of steps recurs" in _first_line(capsys)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "x.trace.zip").write_bytes(b"nothing")
    assert main(["ingest", "--traces", "broken", "--lake", "lake"]) == 1
    assert "all 1 traces were rejected" in _first_line(capsys)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["broken", "lake", "traces"]


def test_curating_without_a_target_says_what_became_of_the_rows(
    ingested: Path, copy_of: Callable[[Path], Lake], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["curate", "--lake", copy_of(ingested).url, "--name", "bare"]) == 1
    assert "are sft / dropped / no instruction; annotate the lake" in _first_line(capsys)


@pytest.mark.parametrize(
    "arguments",
    [
        ["ingest", "--traces", "traces", "--lake", "/dev/null/x"],
        ["ingest", "--traces", "/dev/null/x", "--lake", "lake"],
        ["export", "--lake", "LAKE", "--name", "demo", "--format", "trl-sft", "--out", "/dev/null/x"],
        ["export", "--lake", "LAKE", "--name", "demo", "--format", "trl-sft", "--out", "a file"],
        ["export", "--lake", "LAKE", "--name", "demo", "--format", "trl-sft", "--out", "a file/out"],
        ["export", "--lake", "LAKE", "--name", "demo", "--format", "trl-sft", "--out=~no-such-user/out"],
        ["handbook", "--lake", "LAKE", "--least", "2", "--out", "/dev/null/x.md"],
        ["curate", "--lake", "LAKE", "--name", "x", "--config", "/dev/null/x"],
        ["explore", "web", "--start-url", "http://x/", "--traces", "/dev/null/x"],
        ["explore", "web", "--start-url", "http://x/", "--traces", "a file"],
        ["explore", "web", "--start-url", "http://x/", "--traces", "t", "--curve", "/dev/null/x"],
        ["explore", "web", "--start-url", "http://x/", "--traces", "t", "--memory", "/dev/null/x"],
        ["replay", "--trace", "/dev/null/x", "--traces", "t"],
        ["replay", "--trace", "x.trace.zip", "--traces", "a file"],
        ["rollout", "--tasks", "/dev/null/x", "--policy", "random", "--traces", "t"],
        ["record", "--display", ":99", "--goal", "x", "--traces", "/dev/null/x"],
        ["stats", "--lake", "a file"],
        ["sql", "--lake", "/dev/null/x", "select 1"],
    ],
    ids=" ".join,
)
def test_a_place_that_can_not_be_is_one_line_and_leaves_nothing(
    curated: Path,
    traces: Path,
    arguments: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a file").write_text("mine")
    (tmp_path / "traces").symlink_to(traces)
    assert main([str(curated) if argument == "LAKE" else argument for argument in arguments]) in (1, 2)
    captured = capsys.readouterr()
    assert len(captured.err.splitlines()) == 1
    assert captured.err.startswith(f"hindtrace {arguments[0]}: ")
    assert captured.out == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a file", "traces"]


def test_an_error_of_the_system_is_a_line_and_no_traceback(
    curated: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pipelines.lake.funnel.connect", full)
    assert main(["stats", "--lake", str(curated)]) == 1
    assert capsys.readouterr().err == "hindtrace stats: [Errno 28] No space left on device\n"


def test_a_home_stands_for_its_sign_in_every_path(
    curated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    shutil.copytree(curated, tmp_path / "lake")
    out = ["--name", "demo", "--format", "trl-sft", "--out=~/out"]
    assert main(["export", "--lake=~/lake", *out]) == 0
    assert "curation demo of " in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lake", "out"]


def test_stats_tells_of_a_curation_that_is_not_finished(
    curated: Path, copy_of: Callable[[Path], Lake], capsys: pytest.CaptureFixture[str]
) -> None:
    lake = copy_of(curated)
    with pytest.raises(LakeError), under_way(lake, "demo.2"):
        raise LakeError("the disk is full")
    assert main(["stats", "--lake", lake.url]) == 0
    assert "a curation demo.2 began " in (said := capsys.readouterr().err)
    assert "the disk is full" in said


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


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("stats", "--lake", ""), "--lake: expected a value, found an empty text: is its variable not set?"),
        (("ingest", "--traces=", "--lake", "lake"), "--traces: expected a value, found an empty text"),
        (("export", "--lake", "x", "--name", "a", "--format", "trl-sft", "--out", ""), "--out: expected a value"),
        (("stats", "--lake", "l\udcff"), "--lake: expected text in UTF-8, found 'l\\udcff'"),
        (("sql", "--lake", "lake", "select '\ud83d'"), "--query: expected text in UTF-8"),
        (("export", "--lake", "x", "--name", "a", "--format", "trl-sft", "--out", "o\udcff"), "a path in UTF-8"),
    ],
)
def test_a_text_that_nothing_can_hold_is_a_wrong_call(
    curated: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([str(curated) if text == "x" else text for text in arguments]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("form", ["table", "csv", "json", "markdown"])
def test_an_output_that_lacks_a_character_is_one_line(curated: Path, form: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.cli", "sql", "--lake", str(curated), "select chr(20013)", "--format", form],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "latin-1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "hindtrace sql: expected an output that takes every character, found latin-1: set PYTHONIOENCODING=utf-8"
    ]


def test_json_has_no_number_that_is_none(curated: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "select 'nan'::double as a, '-inf'::double as b, [1.5, 'inf'::double] as c"
    assert main(["sql", "--lake", str(curated), text, "--format", "json"]) == 0
    out = capsys.readouterr().out
    assert json.loads(out, parse_constant=pytest.fail) == [{"a": "nan", "b": "-inf", "c": [1.5, "inf"]}]


def test_a_configuration_that_is_a_pipe_is_not_waited_for(
    curated: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert main(["curate", "--lake", str(curated), "--name", "x", "--config", str(tmp_path / "pipe")]) == 2
    assert "expected a TOML file: " in capsys.readouterr().err


def test_an_interrupt_before_the_verb_is_known_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pipelines.cli._parser", interrupted)
    assert main(["stats", "--lake", "lake"]) == 1
    assert capsys.readouterr().err == "hindtrace: interrupted\n"
