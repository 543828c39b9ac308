"""The README says what is there: its commands, queries and lines of Python run, and its lists are complete."""

import contextlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.cli import main
from pipelines.export.dialects import DIALECTS
from pipelines.export.formats import FORMATS
from pipelines.export.geometry import RULES
from pipelines.lake.delta import open_lake
from pipelines.lake.sql import connect, query, rows_of
from pipelines.running.graph import unknown_flags
from schemas.tables import TABLES

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
KINDS = {"bash", "sql", "python", ""}


def blocks(kind: str) -> list[str]:
    """The fenced blocks of that kind, in order."""
    return re.findall(rf"^```{kind}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def commands(program: str) -> list[list[str]]:
    """What follows that program's name, for each line that calls it."""
    lines = [shlex.split(line) for block in blocks("bash") for line in block.splitlines()]
    return [line[1:] for line in lines if line[0] == program]


def rows_of_table(heading: str, text: str = README) -> list[list[str]]:
    """The cells of the table with that first heading."""
    lines = text.split(f"\n| {heading} |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def test_every_block_is_of_a_kind_that_is_tried_here() -> None:
    assert set(re.findall(r"^```(\w*)", README, re.MULTILINE)) <= KINDS
    programs = {line.split()[0] for block in blocks("bash") for line in block.splitlines()}
    assert programs == {"hindtrace", "make", "pip"}


def test_it_stays_short_and_in_its_lines() -> None:
    lines = README.splitlines()
    assert len(lines) <= 260
    assert [line for line in lines if len(line) > 120 and not line.startswith("|")] == []


def test_the_command_that_records_is_one_that_the_command_line_takes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It is run with a start URL that nobody serves: what is asked for is taken, and every episode fails to start."""
    monkeypatch.chdir(tmp_path)
    asked: list[Any] = []

    def explore(*given: Any, **_: Any) -> Iterator[Any]:
        asked.append(given)
        yield from ()

    monkeypatch.setattr("explorers.core.fleet.explore_together", explore)
    (recording,) = [line for line in commands("hindtrace") if line[0] == "explore"]
    assert main(recording) == 1
    (((explorer,), traces, config, todo),) = asked
    assert (explorer.environment.start, explorer.policy.name) == ("http://localhost:8001/", "novelty")
    assert (traces, config.max_steps, len(todo.episodes)) == (Path("traces"), 25, 20)


@pytest.mark.slow
def test_the_other_commands_run_as_they_stand_and_make_what_they_name(small_lake: Path, tmp_path: Path) -> None:
    shutil.copytree(small_lake / "traces", tmp_path / "traces")
    with contextlib.chdir(tmp_path):
        codes = {shlex.join(line): main(line) for line in commands("hindtrace") if line[0] != "explore"}
    assert len(codes) >= 8
    assert set(codes.values()) == {0}
    assert {path.name for path in tmp_path.iterdir()} == {"traces", "lake", "datasets"}
    exports = [line for line in commands("hindtrace") if line[0] == "export"]
    made = {line[line.index("--format") + 1] for line in exports}
    assert {path.name for path in (tmp_path / "datasets").iterdir()} == made
    assert {"trl-sft", "trl-kto", "trl-dpo", "verl-rl", "chat-sft"} == made


@pytest.mark.parametrize("text", blocks("sql"))
def test_a_question_in_sql_has_an_answer(small_lake: Path, text: str) -> None:
    with contextlib.closing(connect(open_lake(str(small_lake / "lake")))) as connection:
        names, rows = rows_of(query(connection, text))
    assert names
    assert rows


@pytest.mark.slow
@pytest.mark.parametrize("text", blocks("python"))
def test_the_lines_of_python_run_beside_the_datasets(small_lake: Path, tmp_path: Path, text: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", text],
        cwd=small_lake,
        env={**os.environ, "HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1", "HF_DATASETS_DISABLE_PROGRESS_BARS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert re.match(r"\(480, \d+\) (True|False) \{", done.stdout)


def test_beam_knows_the_flags_that_pass_through() -> None:
    (flags,) = re.findall(r"`(--direct[^`]+)`", README)
    assert unknown_flags(shlex.split(flags)) == []


def test_what_make_and_pip_are_asked_for_is_there() -> None:
    targets = re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)
    named = re.findall(r"`make ([a-z]+)`", README) + [line[0] for line in commands("make")]
    assert set(named) <= set(targets)
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    asked = {name for line in commands("pip") for name in re.findall(r"[a-z]+", line[-1])}
    assert asked <= set(extras)


def test_tables_formats_and_dialects_are_listed_one_by_one() -> None:
    assert [row[0].strip("| `") for row in rows_of_table("table")] == list(TABLES)
    datasets = (ROOT / "docs" / "datasets.md").read_text(encoding="utf-8")
    assert [row[0].strip("| `") for row in rows_of_table("format", datasets)] == list(FORMATS)
    assert [row[0].strip("| `") for row in rows_of_table("dialect", datasets)] == list(DIALECTS)
    assert [row[0].strip("| `") for row in rows_of_table("rule", datasets)] == list(RULES)


def test_what_it_links_and_names_as_a_path_is_there() -> None:
    linked = [link for link in re.findall(r"\]\(([^)]+)\)", README) if not link.startswith("https://")]
    folders = [row[0].strip("| `") for row in rows_of_table("folder")]
    tried = re.findall(r"\b(?:tests|notebooks)/[\w/]+\.\w+", README)
    assert len(linked) >= 3
    assert [path for path in (*linked, *folders, *tried) if not (ROOT / path).exists()] == []
