"""Groups of rollouts are whole, with their advantages in decisions and dataset, and give pairs for preferences."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import datasets
import polars as pl
import pyarrow.parquet as pq
import pytest

from labelers.backend import Opinions
from labelers.observed.graph import TransitionGraph
from pipelines.annotate.job import annotate
from pipelines.curate.config import CurationConfig
from pipelines.curate.job import curate
from pipelines.export.dialects import OURS, parse, render
from pipelines.export.formats.reward import compute_score
from pipelines.export.geometry import Geometry
from pipelines.export.job import export
from pipelines.ingest.job import ingest
from pipelines.lake.delta import Lake, create_lake, open_lake, write_rows
from schemas.arrow import from_row, table_of
from schemas.episodes import Episode
from schemas.keys import bucket_of, key
from schemas.opinions import Label
from schemas.records import Step, Task
from tests.pipelines.fake_backend import FakeBackend
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


class GoalBackend(FakeBackend):
    """Judges each step for the goal as well: as the rollout ended."""

    def __call__(self, episode: Episode, graph: TransitionGraph) -> Opinions:
        found = super().__call__(episode, graph)
        walk = episode.trajectory
        if walk.group != "g":
            return found
        verdict = "good" if walk.success else "harmful"
        whole = found.labels[-1]
        said = [
            replace(
                whole,
                label_id=key("label", walk.trajectory_id, "goal", one.step.step_index),
                subject="step",
                first_step=one.step.step_index,
                last_step=one.step.step_index,
                verdict=verdict,
                score=None,
            )
            for one in episode.steps
        ]
        return Opinions(found.instructions, (*found.labels, *said), found.silences)


@pytest.fixture(scope="module")
def rolled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with two groups of rollouts and one walk without a goal; read only."""
    folder = tmp_path_factory.mktemp("rolled")
    for walk, task, group, success in ROLLOUTS:
        record(folder / "traces", walk, task=task, group=group, success=success)
    create_lake(str(folder / "lake"), buckets=4)
    ingest(folder / "traces", str(folder / "lake"))
    annotate(str(folder / "lake"), GoalBackend)
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
        assert target == {
            "role": "assistant",
            "content": render(steps[place].action, OURS, Geometry().frame((320, 200)), "web"),
        }
        assert system["role"] == "system"
        assert user["content"].startswith(f"<image>Task: {extra['instruction']}")
        assert user["content"].count("\n") == (0 if place[1] == 0 else place[1] + 1)
        truth = row["reward_model"]["ground_truth"]
        repeated = compute_score(row["data_source"], target["content"], truth, extra)
        if extra["advantage"] > 0:
            assert repeated == 1.0
        else:
            assert repeated < compute_score(row["data_source"], '{"action":"wait","seconds":1}', truth, extra) == 0.05
    loaded = datasets.load_dataset(str(tmp_path / "out"), split="train", cache_dir=str(tmp_path / "cache"))
    assert loaded[0]["images"][0].size == (320, 200)


def pairs(lake: Path | str, name: str = "demo") -> list[tuple[str, str]]:
    """The actions of each pair: the chosen one, and the rejected one."""
    snapshot = open_lake(str(lake)).snapshot()
    rows = pl.DataFrame(snapshot.read("decisions", curation=name)).filter(use="dpo").filter(pl.col("role") != "dropped")
    steps = {(row["trajectory_id"], row["step_index"]): row for row in snapshot.read("steps").to_pylist()}
    named = {f"{r['trajectory_id']}/{r['step_index']}/{r['instruction_id'] or ''}": r for r in rows.to_dicts()}
    for one, row in named.items():
        other = named[row["survivor"]]
        assert other["survivor"] == one, "partners name each other"
        assert {row["role"], other["role"]} == {"target", "negative"}
        assert row["split"] == other["split"] is not None

    def said(row: dict[str, object]) -> str:
        target = steps[row["trajectory_id"], row["step_index"]]["target"]  # type: ignore[index]
        return "elsewhere" if target is None else str(target["name"])

    return sorted((said(row), said(named[row["survivor"]])) for row in named.values() if row["role"] == "target")


def test_right_and_wrong_actions_of_two_rollouts_in_one_state_are_a_pair(done: Path) -> None:
    assert pairs(done) == [("Blue House", "Garden Salt"), ("Books", "Authors")]
    rows = pl.DataFrame(open_lake(str(done)).snapshot().read("decisions")).filter(use="dpo")
    assert {"contradicted", "no partner", "no verdict", "labelled good", "labelled harmful"} <= set(rows["rule"])


def test_a_step_that_a_loop_cut_away_is_paired_with_the_one_that_led_on(curated: Path) -> None:
    assert pairs(curated) == [("Books", "Search"), ("Garden Salt", "elsewhere")]


def test_limits_part_no_pair(done: Path, copy_of: CopyOf) -> None:
    lake = copy_of(done)
    curate(lake.url, "few", CurationConfig(app_limit=1, instruction_limit=1))
    assert pairs(lake.url, "few") == pairs(done)


def test_the_dataset_of_pairs_holds_one_prompt_and_two_actions(done: Path, tmp_path: Path) -> None:
    export(str(done), "demo", "trl-dpo", tmp_path / "out")
    rows = datasets.load_dataset(str(tmp_path / "out"), split="train", cache_dir=str(tmp_path / "cache"))
    assert [row["task"] for row in rows if not row["synthetic"]] == ["step", "step"], "endings are made up"
    for row in rows:
        system, user = row["prompt"]
        (chosen,), (rejected,) = row["chosen"], row["rejected"]
        assert [message["role"] for message in (system, user, chosen, rejected)] == [
            "system",
            "user",
            *["assistant"] * 2,
        ]
        blocks = [block for message in (system, user, chosen, rejected) for block in message["content"]]
        assert {tuple(block) for block in blocks} == {("type", "text")}
        assert sum(block["type"] == "image" for block in blocks) == len(row["images"]) == 1
        assert user["content"][1]["text"].startswith(f"Task: {GOAL.text}")
        assert chosen["content"][0]["text"] != rejected["content"][0]["text"]
        for said in (chosen, rejected):
            parse(said["content"][0]["text"], OURS, Geometry().frame((320, 200)), "web")


def test_of_two_walks_the_better_one_is_preferred_where_they_part(rolled: Path, copy_of: CopyOf) -> None:
    lake = copy_of(rolled)
    snapshot = lake.snapshot()
    walks = {row["episode"]: row["trajectory_id"] for row in snapshot.read("trajectories").to_pylist()}
    first = from_row(Label, snapshot.read("labels").to_pylist()[0])
    better = replace(
        first,
        label_id=key("better"),
        trajectory_id=walks[5],
        subject="pair",
        other_id=walks[4],
        verdict="good",
        first_step=None,
        last_step=None,
        instruction_id=None,
    )
    bucket = bucket_of(walks[5], snapshot.buckets)
    file = write_rows(lake.url, "labels", table_of(Label, [better]), bucket=bucket)
    lake.commit(snapshot, "labels", job="judge", writer="judge", add=[file])
    curate(lake.url, "demo")
    rows = pl.DataFrame(lake.snapshot().read("decisions")).filter(use="dpo", trajectory_id=walks[5], step_index=1)
    (row,) = rows.filter(pl.col("instruction_id").is_null()).to_dicts()
    assert (row["role"], row["rule"], row["survivor"]) == ("target", "better walk", f"{walks[4]}/1/")
    assert pairs(lake.url) == sorted([*[("Blue House", "Garden Salt"), ("Books", "Authors")], ("elsewhere", "Library")])
