"""What changes something is proven on copies, each put back before an attempt; and what is killed goes on as it was."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import polars as pl
import pytest

from explorers.core.instances import Instance, OnInstance
from explorers.core.rollout import ExploreConfig, run_episode
from explorers.web import WebEnvironment
from pipelines.cli import main as hindtrace
from pipelines.lake.delta import Lake, open_lake
from schemas.actions import Click, Point, Type
from schemas.manifest import load_manifest
from schemas.recordings import read_trace
from schemas.records import Choice, Observation, Outcome
from schemas.targets import target_of
from schemas.traces import find_traces

pytestmark = [pytest.mark.web, pytest.mark.slow]

ROOT = Path(__file__).parents[3]
SHELF = ROOT / "tests/explorers/core/shelf.py"
WORDS = ("ash", "birch")


class _Adds:
    """Adds an item to the shelf."""

    name, version = "adds", "1"

    def __init__(self, word: str) -> None:
        self._word = word
        self._done = 0

    def begin(self, *, seed: int) -> None:
        """Nothing is random in it."""

    def choose(self, observation: Observation) -> Choice | None:
        """The field, then the button."""
        self._done += 1
        wanted = {1: ("textbox", "Item"), 2: ("button", "Add")}.get(self._done)
        if wanted is None:
            return None
        node = next(node for node in observation.nodes if (node.role, node.name) == wanted)
        assert node.box is not None
        point = Point.on(*node.box.centre, width=1280, height=720)
        return Choice(Type(self._word, point) if self._done == 1 else Click(point), target_of(node))

    def learn(self, before: Observation, choice: Choice, outcome: Outcome, after: Observation) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the manifest of the shelf, and an annotated lake of two walks in which an item was added."""
    folder = tmp_path_factory.mktemp("copies")
    (folder / "data").mkdir()
    (folder / "data/items.txt").write_text("oak\nelm\n")
    (folder / "shelf.toml").write_text(
        '[environment]\nname = "shelf"\nstart = "http://127.0.0.1:{port}/"\ndata = "data"\n'
        f'launch = ["python", "-S", "{SHELF}", "{{data}}", "{{port}}"]\nreset = {{ restore = "data" }}\n'
    )
    manifest = load_manifest(folder / "shelf.toml")
    with closing(Instance(manifest)) as instance:
        for episode, word in enumerate(WORDS):
            page = WebEnvironment(instance.manifest.start, app=manifest.name)
            with closing(OnInstance(page, instance)) as environment:
                config = ExploreConfig(max_steps=3)
                run_episode(environment, _Adds(word), folder / "traces", config, run_id="adds", episode=episode)
    lake = str(folder / "lake")
    assert hindtrace(["ingest", "--traces", str(folder / "traces"), "--lake", lake]) == 0
    assert hindtrace(["annotate", "--lake", lake, "--backend", "rules"]) == 0
    shutil.copytree(folder / "lake", folder / "annotated")
    assert hindtrace([*call(folder, "lake", "attempts"), "--parallel", "2"]) == 0
    return folder


def call(place: Path, lake: str, attempts: str) -> list[str]:
    return [
        "prove", "--lake", str(place / lake), "--traces", str(place / attempts),
        "--environment", str(place / "shelf.toml"),
    ]  # fmt: skip


def verdicts(lake: Lake) -> list[tuple[object, ...]]:
    rows = pl.DataFrame(lake.snapshot().read("proofs"))
    return sorted(rows.select("instruction_id", "lane", "verdict", "reason", "tried", "held").rows())


def test_what_one_attempt_adds_no_other_one_finds(place: Path) -> None:
    lake = open_lake(str(place / "lake"))
    proofs = pl.DataFrame(lake.snapshot().read("proofs"))
    assert set(proofs.filter(pl.col("lane") == "untouched")["verdict"]) == {"passed"}
    assert set(proofs.filter(pl.col("lane") == "done")["verdict"]) == {"passed"}
    assert proofs["instruction_id"].n_unique() == 2
    seen = Counter()
    for trace in find_traces(place / "attempts"):
        recording = read_trace(trace)
        first = recording.steps[0].before
        assert first is not None
        assert first.tree is not None
        names = {node.name for node in recording.tree(first.tree).nodes}
        assert "oak" in names
        assert not set(WORDS) & names
        assert recording.trajectory.app == "shelf"
        seen[recording.trajectory.lane] += 1
    assert seen["done"] >= 6
    assert (place / "data/items.txt").read_text() == "oak\nelm\n"


def test_proven_tasks_are_tried_on_copies_wherever_they_were_proven(place: Path, tmp_path: Path) -> None:
    out = tmp_path / "tasks.jsonl"
    assert hindtrace(["tasks", "--lake", str(place / "lake"), "--out", str(out)]) == 0
    rollout = ["rollout", "--tasks", str(out), "--policy", "random", "--max-steps", "1", "--traces", str(tmp_path)]
    assert hindtrace([*rollout, "--environment", str(place / "shelf.toml")]) == 0
    told = [read_trace(trace).trajectory for trace in find_traces(tmp_path)]
    assert len(told) == 2
    assert {each.app for each in told} == {"shelf"}
    assert "start failed" not in {each.ended_by for each in told}
    (trace, *_) = find_traces(place / "traces")
    replay = ["replay", "--trace", str(trace), "--traces", str(tmp_path / "again")]
    assert hindtrace([*replay, "--environment", str(place / "shelf.toml")]) == 0


def test_what_is_killed_goes_on_where_it_was_and_comes_to_the_same(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(place / "annotated", place / "killed")
    arguments = call(place, "killed", "broken")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}
    for whole in (2, 6):
        proving = subprocess.Popen([sys.executable, "-m", "pipelines.cli", *arguments], env=environment)
        while proving.poll() is None and len(list((place / "broken").glob("*.zip"))) < whole:
            time.sleep(0.02)
        proving.send_signal(signal.SIGKILL)
        proving.wait()
    made = {path.name: path.stat().st_mtime_ns for path in (place / "broken").glob("*.zip")}
    assert made
    assert hindtrace(arguments) == 0
    kept = {path.name: path.stat().st_mtime_ns for path in (place / "broken").glob("*.zip")}
    assert re.search(rf"attempts made\W+{len(kept) - len(made)}\b", capsys.readouterr().out)
    assert {name: kept[name] for name in made} == made
    assert sorted(kept) == sorted(path.name for path in (place / "attempts").glob("*.zip"))
    assert verdicts(open_lake(str(place / "killed"))) == verdicts(open_lake(str(place / "lake")))
    until = time.monotonic() + 20
    while list(tmp_path.glob("hindtrace-instance-*")) and time.monotonic() < until:
        time.sleep(0.05)
    assert list(tmp_path.glob("hindtrace-instance-*")) == []
