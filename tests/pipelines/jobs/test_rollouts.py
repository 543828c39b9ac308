"""Groups of rollouts are whole, and their advantages stand in the decisions and in the dataset."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import datasets
import polars as pl
import pyarrow.parquet as pq
import pytest

from pipelines.curation import CurationConfig
from pipelines.dialects import render
from pipelines.formats.reward import compute_score
from pipelines.jobs.annotate import annotate
from pipelines.jobs.curate import curate
from pipelines.jobs.export import export
from pipelines.jobs.ingest import ingest
from pipelines.lake import Lake, create_lake, open_lake
from schemas.arrow import from_row
from schemas.records import Step, Task
from tests.pipelines.fake_backend import make_fake_backend
from tests.pipelines.recorded import Walk, record

CopyOf = Callable[[Path], Lake]
GOAL = Task("7" * 32, "Open the page Blue House.", "web", None, None, None, None, None, "given", None, None)
OTHER = Task("8" * 32, "Find the authors.", "web", None, None, None, None, None, "given", None, None)
# The first two do the same, step by step: outside of a group the second would be a duplicate.
ROLLOUTS = (
    (Walk(0, ("Books", "Blue House")), GOAL, "g", True),
    (Walk(1, ("Books", "Blue House")), GOAL, "g", True),
    (Walk(2, ("Books", "Garden Salt", "nothing here")), GOAL, "g", False),
    (Walk(3, ("Authors", "Emil Dumas")), GOAL, "g", False),
    (Walk(4, ("Authors", "Library", "Authors")), OTHER, "h", True),
    (Walk(5, ("Authors", "<")), OTHER, "h", True),
    (Walk(6, ("Books", "Blue House", "Anna Grieg")), None, None, None),
)


@pytest.fixture(scope="module")
def rolled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with two groups of rollouts and one walk without a goal; read only."""
    folder = tmp_path_factory.mktemp("rolled")
    for walk, task, group, success in ROLLOUTS:
        record(folder / "traces", walk, task=task, group=group, success=success)
    create_lake(str(folder / "lake"), buckets=4)
    ingest(folder / "traces", str(folder / "lake"))
    annotate(str(folder / "lake"), make_fake_backend)
    return folder / "lake"


@pytest.fixture(scope="module")
def done(rolled: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with the curation `demo`; read only."""
    lake = tmp_path_factory.mktemp("done") / "lake"
    shutil.copytree(rolled, lake)
    curate(str(lake), "demo")
    return lake


def rollouts(lake: Path | str, name: str = "demo") -> pl.DataFrame:
    """The rows of steps for the goals of their episodes, with the number of the episode."""
    snapshot = open_lake(str(lake)).snapshot()
    rows = pl.DataFrame(snapshot.read("decisions", curation=name)).filter(use="rl")
    episodes = pl.DataFrame(snapshot.read("trajectories", columns=["trajectory_id", "episode", "steps"]))
    rows = rows.filter(pl.col("instruction_id").is_null() & (pl.col("rule") != "no instruction"))
    return rows.join(episodes, on="trajectory_id").sort("episode", "step_index")


def test_every_step_of_a_group_is_a_target_though_another_did_the_same(done: Path) -> None:
    rows = rollouts(done)
    assert rows.group_by("episode", maintain_order=True).len().rows() == [
        (0, 2),
        (1, 2),
        (2, 3),
        (3, 2),
        (4, 3),
        (5, 2),
    ]
    assert set(rows["role"]) == {"target"}
    assert rows["key"].is_unique().all()
    assert rows["split"].null_count() == rows["survivor"].null_count() - rows.height == 0
    weights = dict(rows.select("episode", pl.col("weight").round(4)).unique().iter_rows())
    assert weights == {0: 0.866, 1: 0.866, 2: -0.866, 3: -0.866, 4: 0.0, 5: 0.0}
    rules = dict(rows.select("episode", "rule").unique().iter_rows())
    assert rules == {**dict.fromkeys(range(4), "rollout group"), **dict.fromkeys((4, 5), "rollout group of one reward")}


def test_drops_change_no_advantage_and_take_no_row_of_a_group(done: Path, copy_of: CopyOf) -> None:
    lake = copy_of(done)
    hard = CurationConfig(
        lowest_score=5.0, sampling="reward", app_limit=1, instruction_limit=1, near_trajectories=True, kto_balance=1.0
    )
    curate(lake.url, "hard", hard)
    same = ["trajectory_id", "step_index", "role", "rule", "weight", "split", "key"]
    assert rollouts(lake.url, "hard").select(same).equals(rollouts(done).select(same))
    curate(lake.url, "bare", CurationConfig(advantage="dr-grpo"))
    weights = dict(rollouts(lake.url, "bare").select("episode", "weight").unique().iter_rows())
    assert weights == {0: 0.5, 1: 0.5, 2: -0.5, 3: -0.5, 4: 0.0, 5: 0.0}


def test_a_group_on_whose_task_a_benchmark_tests_goes_as_a_whole_and_keeps_its_advantages(
    done: Path, copy_of: CopyOf, tmp_path: Path
) -> None:
    lake = copy_of(done)
    path = tmp_path / "bench.jsonl"
    path.write_text(json.dumps({"id": "t1", "text": GOAL.text}))
    curate(lake.url, "clean", CurationConfig(benchmarks=(str(path),), benchmark_words=3))
    rows = rollouts(lake.url, "clean")
    assert set(rows.filter(pl.col("episode") < 4)["rule"]) == {"in a benchmark"}
    assert set(rows.filter(pl.col("episode") > 3)["role"]) == {"target"}
    assert rows["weight"].to_list() == rollouts(done)["weight"].to_list()


def test_a_sentence_that_says_what_the_goal_says_gives_no_second_row(done: Path) -> None:
    rows = pl.DataFrame(open_lake(str(done)).snapshot().read("decisions")).filter(use="rl", rule="in its rollout group")
    assert set(rows["role"]) == {"context"}
    assert rows.height == 4, "the fake backend writes the goal's own words for both episodes that reach it"


def test_the_dataset_holds_whole_groups_with_their_advantages(done: Path, tmp_path: Path) -> None:
    export(str(done), "demo", "verl-group", tmp_path / "out")
    held = [row for path in (tmp_path / "out" / "data").iterdir() for row in pq.read_table(path).to_pylist()]
    decided = rollouts(done)
    assert len(held) == decided.height
    weights = {(r["trajectory_id"], r["step_index"]): r["weight"] for r in decided.to_dicts()}
    steps = {
        (row["trajectory_id"], row["step_index"]): from_row(Step, row)
        for row in open_lake(str(done)).snapshot().read("steps").to_pylist()
    }
    for row in held:
        place = (row["trajectory_id"], row["step_index"])
        extra, (target,), (system, user) = row["extra_info"], row["target"], row["prompt"]
        assert extra["advantage"] == weights[place]
        assert target == {"role": "assistant", "content": render(steps[place].action)}
        assert system["role"] == "system"
        assert user["content"].startswith(f"<image>Task: {extra['instruction']}")
        assert user["content"].count("\n") == (0 if place[1] == 0 else place[1] + 1)
        truth = row["reward_model"]["ground_truth"]
        repeated = compute_score(row["data_source"], target["content"], truth, extra)
        if extra["advantage"] > 0:
            assert repeated == 1.0
        else:
            assert repeated < compute_score(row["data_source"], '{"action":"wait","seconds":1}', truth, extra) == 0.1
    loaded = datasets.load_dataset(str(tmp_path / "out"), split="train", cache_dir=str(tmp_path / "cache"))
    assert loaded[0]["images"][0].size == (320, 200)
