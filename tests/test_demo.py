"""The demo as a newcomer runs it, only shorter: a real application, a real browser, the four jobs, the datasets."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import demo as demo_module
from pipelines.cli import main

ROOT = Path(__file__).resolve().parents[1]
FORMATS = ("trl-sft", "trl-kto", "trl-dpo", "verl-rl")
LOAD = """
import sys
from pathlib import Path
from datasets import load_dataset

for name in sys.argv[1:]:
    folder = f"demo/datasets/{name}"
    if list(Path(folder, "data").glob("*.parquet")):
        both = load_dataset(folder), load_dataset("parquet", data_dir=folder)
        for split, rows in both[0].items():
            assert rows.num_rows == both[1][split].num_rows > 0
            assert rows[0]["images"][0].size == both[1][split][0]["images"][0].size == (1280, 720)
            print(name, split, rows.num_rows, ",".join(rows.column_names))
"""


def python(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    places = {"PYTHONPATH": str(ROOT), "HF_HOME": str(cwd / "cache"), "HF_HUB_OFFLINE": "1"}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**os.environ, **places},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder in which a short demo ran, and what it printed."""
    folder = tmp_path_factory.mktemp("demo")
    done = python("-m", "benchmarks.demo", "--episodes", "2", "--max-steps", "6", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, done.stdout


@pytest.mark.web
@pytest.mark.slow
def test_it_prints_each_command_the_funnel_instructions_and_answers(demo: tuple[Path, str]) -> None:
    _, said = demo
    verbs = [line.split()[2] for line in said.splitlines() if line.startswith("$ hindtrace ")]
    jobs = ["explore", "ingest", "annotate", "prove", "curate", *["export"] * len(FORMATS), "stats"]
    assert verbs == [*jobs, "sql", "sql", "sql"]
    for part in (
        "distinct states (content)",
        "Curation demo: use / role / rule",
        "proven tasks, looked back at",
    ):
        assert part in said
    assert "A row of trl-sft (" in said
    assert "Where it is:" in said


@pytest.mark.web
@pytest.mark.slow
def test_it_leaves_what_it_names_and_no_server(demo: tuple[Path, str]) -> None:
    folder, said = demo
    assert len(list((folder / "demo/traces").glob("*.trace.zip"))) == 2
    assert {path.name for path in (folder / "demo/datasets").iterdir()} == set(FORMATS)
    shown = [line.split()[1] for line in said.splitlines() if line.startswith("  image: ")]
    assert {Path(path).stem for path in shown} <= set(FORMATS)
    assert shown
    assert all(path.endswith(".webp") and (folder / path).read_bytes()[8:12] == b"WEBP" for path in shown)
    assert [path for path in Path("/proc").glob("[0-9]*/cwd") if _leads_to(path) == folder] == []


@pytest.mark.web
@pytest.mark.slow
def test_trainers_load_its_datasets_in_both_ways(demo: tuple[Path, str]) -> None:
    folder, _ = demo
    done = python("-c", LOAD, *FORMATS, cwd=folder)
    assert done.returncode == 0, done.stderr
    loaded = [line.split() for line in done.stdout.splitlines()]
    assert ["trl-sft", "train"] in [line[:2] for line in loaded]
    columns = {name: set(names.split(",")) for name, _, _, names in loaded}
    assert {"prompt", "completion", "images"} <= columns["trl-sft"]


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    """A folder in which a demo was made, or what stands for one."""
    for name in ("traces", "lake", "datasets"):
        (tmp_path / "demo" / name).mkdir(parents=True)
        (tmp_path / "demo" / name / "kept").write_text(name)
    return tmp_path


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_site_that_is_not_there_ends_it_with_one_line_and_the_earlier_demo_stays(earlier: Path) -> None:
    before = files(earlier)
    for url in ("http://127.0.0.1:9/", "nowhere", "http://[::1", "ftp://127.0.0.1:9/"):
        done = python("-m", "benchmarks.demo", "--url", url, "--episodes", "1", "--max-steps", "1", cwd=earlier)
        assert done.returncode == 1
        (line,) = done.stderr.splitlines()
        assert line.startswith(f"demo: {url}: expected a site that answers, found ")
        assert files(earlier) == before


def test_the_earlier_demo_comes_back_where_the_new_one_fails_or_was_killed(
    earlier: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(earlier)
    before = files(earlier)

    def failing(arguments: tuple[str, ...]) -> int:
        assert not Path("demo/lake").exists()
        Path("demo/traces").mkdir()
        Path("demo/examples").mkdir()
        if arguments[0] == "explore":
            return 1
        raise AssertionError

    monkeypatch.setattr(demo_module, "hindtrace", failing)
    monkeypatch.setattr(demo_module, "_check_answer", lambda _: None)
    assert demo_module.main(["--url", "http://127.0.0.1:9/"]) == 1
    assert "hindtrace explore failed" in capsys.readouterr().err
    assert files(earlier) == before
    assert not Path("demo/examples").exists()
    Path("demo/.earlier").mkdir()
    Path("demo/lake").rename("demo/.earlier/lake")
    Path("demo/lake").mkdir()
    assert demo_module.main(["--url", "http://127.0.0.1:9/"]) == 1
    assert "demo/lake/kept" in files(earlier)
    assert not Path("demo/.earlier").exists()


def _leads_to(path: Path) -> Path | None:
    """Where a process works, if it is still there and ours to ask."""
    try:
        return path.readlink()
    except OSError:
        return None


@pytest.mark.slow
def test_an_export_that_fails_ends_it_unless_there_is_no_row(
    small_lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(small_lake / "lake", tmp_path / "demo" / "lake")
    monkeypatch.chdir(tmp_path)
    assert main(["curate", "--lake", "demo/lake", "--name", "demo"]) == 0
    monkeypatch.setattr(demo_module, "hindtrace", lambda _: 1)
    with pytest.raises(demo_module.DemoError, match="hindtrace export failed"):
        demo_module._export("trl-sft")
    (tmp_path / "none.toml").write_text('licences = ["none"]')
    assert main(["curate", "--lake", "demo/lake", "--name", "demo", "--config", "none.toml"]) == 1
    assert not demo_module._export("trl-sft")
