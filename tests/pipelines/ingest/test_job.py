import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.annotate.job import annotate
from pipelines.ingest import facts as ingest_facts
from pipelines.ingest.job import ORDER, ingest
from pipelines.lake.delta import Lake, Snapshot, create_lake, open_lake
from pipelines.running.work import Report, Work
from schemas.arrow import from_row
from schemas.errors import ConfigurationError, LakeError, TraceError
from schemas.keys import bucket_of, content_id
from schemas.recordings import read_trace
from schemas.records import ScreenRow, Step, Task, Trajectory
from schemas.tables import TABLES
from schemas.traces import find_traces
from tests.pipelines.fake_backend import make_fake_backend
from tests.pipelines.recorded import WALKS, record, record_all

FACTS = ("trajectories", "steps", "screens", "trees")
CopyOf = Callable[[Path], Lake]


def facts(lake: Path | str) -> dict[str, list[dict[str, object]]]:
    """The facts without where they lie."""
    snapshot = open_lake(str(lake)).snapshot()
    return {
        table: sorted(
            snapshot.read(table).to_pylist(), key=lambda row: str([row[name] for name in TABLES[table].identity])
        )
        for table in FACTS
    }


def paths(snapshot: Snapshot) -> set[str]:
    return {file.path for table in FACTS for file in snapshot.files[table]}


def test_every_step_of_every_trace_is_in_the_lake_as_it_was_recorded(traces: Path, ingested: Path) -> None:
    snapshot = open_lake(str(ingested)).snapshot()
    steps = [from_row(Step, row) for row in snapshot.read("steps").to_pylist()]
    known = [from_row(Trajectory, row) for row in snapshot.read("trajectories").to_pylist()]
    recorded = [read_trace(path) for path in find_traces(traces)]
    assert sorted(known, key=lambda one: one.episode) == [one.trajectory for one in recorded]
    by_id = {one.trajectory.trajectory_id: one for one in recorded}
    for trajectory_id, one in by_id.items():
        assert tuple(step for step in steps if step.trajectory_id == trajectory_id) == one.steps


def test_rows_lie_in_the_bucket_of_their_trajectory_with_their_screens_and_trees(ingested: Path) -> None:
    snapshot = open_lake(str(ingested)).snapshot()
    for bucket in range(snapshot.buckets):
        steps = [from_row(Step, row) for row in snapshot.read("steps", bucket=bucket).to_pylist()]
        assert {bucket_of(step.trajectory_id, snapshot.buckets) for step in steps} <= {bucket}
        seen = [one for step in steps for one in (step.before, step.after) if one is not None]
        assert {one.screen for one in seen} == set(snapshot.read("screens", bucket=bucket)["screen"].to_pylist())
        assert {one.tree for one in seen} == set(snapshot.read("trees", bucket=bucket)["tree"].to_pylist())


def test_screens_are_distinct_whole_and_in_order_of_first_use(ingested: Path) -> None:
    snapshot = open_lake(str(ingested)).snapshot()
    for bucket in range(snapshot.buckets):
        rows = [from_row(ScreenRow, row) for row in snapshot.read("screens", bucket=bucket).to_pylist()]
        assert [row.position for row in rows] == list(range(len(rows)))
        assert all(content_id(row.image.bytes or b"") == row.screen for row in rows)
        steps = [from_row(Step, row) for row in snapshot.read("steps", bucket=bucket).to_pylist()]
        used = [one.screen for step in steps for one in (step.before, step.after) if one is not None]
        assert [row.screen for row in rows] == list(dict.fromkeys(used))


def test_ingesting_again_adds_nothing_whatever_the_traces_are_called(
    traces: Path, ingested: Path, copy_of: CopyOf
) -> None:
    lake = copy_of(ingested)
    before = lake.snapshot()
    renamed = Path(lake.url).with_name("renamed")
    for number, trace in enumerate(reversed(list(find_traces(traces)))):
        (renamed / f"{number}").mkdir(parents=True)
        shutil.copy(trace, renamed / f"{number}" / f"x{number}.trace.zip")
    for folder in (traces, renamed):
        done = ingest(folder, lake.url)
        assert not done.changed
        assert done.counts["traces already there"] == len(WALKS)
        assert done.counts["steps added"] == 0
    after = lake.snapshot()
    assert paths(after) == paths(before)
    assert all(after.versions[table] == before.versions[table] for table in FACTS)
    assert after.rows("runs") == before.rows("runs") + 2


def test_a_trace_that_is_there_twice_counts_once(traces: Path, ingested: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        shutil.copytree(traces, tmp_path / "traces" / name)
    done = ingest(tmp_path / "traces", str(tmp_path / "lake"))
    assert done.counts["episodes added"] == len(WALKS)
    assert done.counts["traces that another one covers"] == len(WALKS)
    assert facts(tmp_path / "lake") == facts(ingested)


def test_new_traces_come_beside_the_old_ones(traces: Path, ingested: Path, tmp_path: Path) -> None:
    lake = str(tmp_path / "lake")
    ingest(record_all(tmp_path / "first", WALKS[:3]), lake)
    done = ingest(traces, lake)
    assert done.counts["episodes added"] == len(WALKS) - 3
    assert {t: len(rows) for t, rows in facts(lake).items()} == {t: len(rows) for t, rows in facts(ingested).items()}
    snapshot = open_lake(lake).snapshot()
    for bucket in range(snapshot.buckets):
        for table in ("screens", "trees"):
            places = snapshot.read(table, bucket=bucket)["position"].to_pylist()
            assert sorted(places) == list(range(len(places)))


def test_a_recording_recovered_further_takes_the_place_of_the_truncated_one(tmp_path: Path) -> None:
    lake, walk = str(tmp_path / "lake"), WALKS[3]
    ingest(record(tmp_path / "a", walk, keep_open_after=2).parent, lake)
    first = facts(lake)
    assert (first["trajectories"][0]["truncated"], len(first["steps"])) == (True, 3)
    done = ingest(record(tmp_path / "b", walk).parent, lake)
    assert done.counts["episodes recovered further"] == 1
    assert done.counts["steps added"] == 2
    ingest(record_all(tmp_path / "alone", [walk]), str(tmp_path / "other"))
    assert facts(lake)["steps"] == facts(tmp_path / "other")["steps"]
    assert facts(lake)["trajectories"] == facts(tmp_path / "other")["trajectories"]


def test_a_shorter_recording_beside_the_longer_one_changes_nothing(tmp_path: Path) -> None:
    walk = WALKS[3]
    for folder, steps in (("a", 1), ("b", None), ("c", 3)):
        record(tmp_path / "traces" / folder, walk, keep_open_after=steps)
    done = ingest(tmp_path / "traces", str(tmp_path / "lake"))
    assert (done.counts["episodes added"], done.counts["traces that another one covers"]) == (1, 2)
    assert not ingest(tmp_path / "traces", str(tmp_path / "lake")).changed
    assert len(facts(tmp_path / "lake")["steps"]) == len(walk.clicks)
    assert open_lake(str(tmp_path / "lake")).snapshot().rows("rejects") == 0


def test_opinions_on_an_episode_that_was_recovered_further_are_taken_out(tmp_path: Path) -> None:
    lake = str(tmp_path / "lake")
    record(tmp_path / "a", WALKS[3], keep_open_after=2)
    record_all(tmp_path / "a", WALKS[:2])
    ingest(tmp_path / "a", lake)
    annotate(lake, make_fake_backend)
    snapshot = open_lake(lake).snapshot()
    before = {table: snapshot.read(table).to_pylist() for table in ("instructions", "labels")}
    done = ingest(record(tmp_path / "b", WALKS[3]).parent, lake)
    after = open_lake(lake).snapshot()
    longer = next(row for row in facts(lake)["trajectories"] if row["episode"] == 3)["trajectory_id"]
    for table in ("instructions", "labels"):
        others = [row for row in before[table] if row["trajectory_id"] != longer]
        assert after.read(table).to_pylist() == others
        assert others
    assert done.counts["opinions voided"] > 0
    assert annotate(lake, make_fake_backend).counts["trajectories"] == 1


def test_another_recording_under_the_same_id_is_a_conflict(ingested: Path, copy_of: CopyOf) -> None:
    lake = copy_of(ingested)
    other = Path(lake.url).with_name("other")
    record(other, replace(WALKS[0], clicks=("Search", "Library")))
    for times in (1, 2):
        done = ingest(other, lake.url)
        assert done.counts["traces rejected"] == 1
        rejects = lake.snapshot().read("rejects").to_pylist()
        assert [(one["rule"], one["job"]) for one in rejects] == [("conflict", "ingest")], times
    assert facts(lake.url) == facts(ingested)


@pytest.mark.parametrize("damage", ["line", "zip", "start", "screen", "tree"])
def test_a_damaged_trace_is_rejected_with_its_reason_and_nothing_else_is_lost(
    traces: Path, ingested: Path, tmp_path: Path, damage: str
) -> None:
    shutil.copytree(traces, tmp_path / "traces")
    broken = record(tmp_path / "traces", replace(WALKS[0], episode=9), keep_open_after=2)
    lines = (broken / "trace.jsonl").read_bytes().splitlines()
    match damage:
        case "line":
            (broken / "trace.jsonl").write_bytes(b"\n".join([*lines[:2], b"{nonsense", *lines[2:], b""]))
        case "zip":
            shutil.rmtree(broken)
            broken.with_name("broken.trace.zip").write_bytes(b"PK no zip")
        case "start":
            (broken / "trace.jsonl").write_bytes(b"\n".join([*lines[1:], b""]))
        case _:
            next(iter((broken / f"{damage}s").iterdir())).write_bytes(b"damaged")
    lake = tmp_path / "lake"
    for _ in range(2):
        done = ingest(tmp_path / "traces", str(lake))
        assert done.counts["traces rejected"] == 1
    assert facts(lake) == facts(ingested)
    (reject,) = open_lake(str(lake)).snapshot().read("rejects").to_pylist()
    assert reject["rule"] == ("damaged" if damage in ("screen", "tree") else "unreadable")
    assert reject["reason"].startswith("the trace")
    assert str(tmp_path) not in str(reject)


def test_a_good_copy_counts_where_the_other_is_damaged(tmp_path: Path) -> None:
    good = record(tmp_path / "good", WALKS[0])
    broken = record(tmp_path / "broken", WALKS[0], keep_open_after=2)
    next(iter((broken / "screens").iterdir())).write_bytes(b"damaged")
    done = ingest(tmp_path, str(tmp_path / "lake"))
    assert (done.counts["episodes added"], done.counts["traces rejected"]) == (1, 1)
    assert facts(tmp_path / "lake")["trajectories"][0]["digest"] == read_trace(good).trajectory.digest


@pytest.mark.parametrize("survived", range(4))
def test_a_job_that_dies_between_two_commits_is_finished_by_the_next(
    traces: Path, ingested: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, survived: int
) -> None:
    lake = tmp_path / "lake"
    commit, done = Lake.commit, []

    def dying(self: Lake, snapshot: Snapshot, table: str, **options: object) -> bool:
        if len(done) == survived:
            raise KeyboardInterrupt
        changed = commit(self, snapshot, table, **options)  # type: ignore[arg-type]
        if changed:
            done.append(table)
        return changed

    with monkeypatch.context() as patch:
        patch.setattr(Lake, "commit", dying)
        with pytest.raises(KeyboardInterrupt):
            ingest(traces, str(lake))
    assert done == [table for table in ORDER[-5:] if table != "tasks"][:survived]
    assert open_lake(str(lake)).snapshot().rows("trajectories") == 0
    ingest(traces, str(lake))
    assert facts(lake) == facts(ingested)
    assert paths(open_lake(str(lake)).snapshot()) == paths(open_lake(str(ingested)).snapshot())
    assert not ingest(traces, str(lake)).changed


def test_steps_that_a_dead_job_left_go_when_their_trace_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = tmp_path / "lake"
    commit = Lake.commit

    def dying(self: Lake, snapshot: Snapshot, table: str, **options: object) -> bool:
        if table == "trajectories":
            raise KeyboardInterrupt
        return commit(self, snapshot, table, **options)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(Lake, "commit", dying)
        with pytest.raises(KeyboardInterrupt):
            ingest(record_all(tmp_path / "lost", WALKS[:1]), str(lake))
    assert len(facts(lake)["steps"]) == 3
    ingest(record_all(tmp_path / "kept", WALKS[1:2]), str(lake))
    assert {row["trajectory_id"] for row in facts(lake)["steps"]} == {
        row["trajectory_id"] for row in facts(lake)["trajectories"]
    }


def test_files_that_a_crashed_job_wrote_are_no_part_of_the_lake(
    traces: Path, ingested: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = tmp_path / "lake"
    with monkeypatch.context() as patch:
        patch.setattr(Lake, "commit", lambda *_, **__: pytest.fail("dies here"))
        with pytest.raises(pytest.fail.Exception):
            ingest(traces, str(lake))
    assert list(lake.glob("steps/bucket=*/*.parquet"))
    assert {len(rows) for rows in facts(lake).values()} == {0}
    ingest(traces, str(lake))
    assert facts(lake) == facts(ingested)


def test_without_traces_nothing_is_made(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="no folder"):
        ingest(tmp_path / "nothing", str(tmp_path / "lake"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigurationError, match="expected traces"):
        ingest(tmp_path / "empty", str(tmp_path / "lake"))
    assert not (tmp_path / "lake").exists()


def test_a_folder_that_is_no_lake_is_not_written_to(traces: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x")
    with pytest.raises(LakeError, match="expected an empty folder or a lake"):
        ingest(traces, str(tmp_path))


def test_large_buckets_are_written_in_bounded_files(
    traces: Path, ingested: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.lake.writing.CHUNK_BYTES", 3_000)
    ingest(traces, str(tmp_path / "lake"))
    assert facts(tmp_path / "lake") == facts(ingested)
    snapshot = open_lake(str(tmp_path / "lake")).snapshot()
    assert len(snapshot.files["screens"]) > len(open_lake(str(ingested)).snapshot().files["screens"])


def test_the_run_is_logged_with_what_it_read_and_wrote(ingested: Path) -> None:
    (run,) = open_lake(str(ingested)).snapshot().read("runs").to_pylist()
    assert run["job"] == "ingest"
    assert {one["table"]: (one["version"], one["rows"]) for one in run["read"]}["steps"] == (0, 0)
    assert {one["table"]: (one["version"], one["rows"]) for one in run["wrote"]}["steps"] == (1, 23)
    assert {one["name"]: one["count"] for one in run["counts"]}["episodes added"] == len(WALKS)
    assert "pyarrow==" in run["packages"]
    assert not (Path(ingested) / "_work" / run["job"]).exists()


def given(name: str, text: str) -> Task:
    return Task(name, text, "web", None, "http://a.example/", None, None, None, "given", None, None)


def test_a_task_is_in_the_lake_once_however_often_it_was_tried(tmp_path: Path) -> None:
    tea, salt = given("tea", "Find tea"), given("salt", "Find salt")
    traces, lake = tmp_path / "traces", str(tmp_path / "lake")
    for walk, task in zip(WALKS, (tea, salt, tea, tea), strict=False):
        record(traces, walk, task=task)
    assert ingest(traces, lake).counts["tasks added"] == 2
    snapshot = open_lake(lake).snapshot()
    for task in (tea, salt):
        rows = snapshot.read("tasks", bucket=bucket_of(task.task_id, snapshot.buckets)).to_pylist()
        assert [from_row(Task, row) for row in rows if row["task_id"] == task.task_id] == [task]
    assert [row["task_id"] for row in facts(lake)["trajectories"]].count("tea") == 3
    record(traces, WALKS[4], task=tea)
    assert ingest(traces, lake).counts["tasks added"] == 0


def test_another_task_of_the_same_id_is_rejected_and_its_episode_is_not(tmp_path: Path) -> None:
    traces, lake = tmp_path / "traces", str(tmp_path / "lake")
    record(traces, WALKS[0], task=given("tea", "Find tea"))
    ingest(traces, lake)
    record(traces, WALKS[1], task=given("tea", "Find green tea"))
    done = ingest(traces, lake)
    assert (done.counts["tasks added"], done.counts["episodes added"], done.counts["traces rejected"]) == (0, 1, 0)
    (reject,) = open_lake(lake).snapshot().read("rejects").to_pylist()
    assert (reject["rule"], reject["job"]) == ("task", "ingest")
    assert "another task is known as tea" in reject["reason"]


def test_a_job_that_was_killed_writes_only_the_buckets_that_are_not_there(
    tmp_path: Path, traces: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = create_lake(str(tmp_path / "lake"), buckets=4)
    write, done = ingest_facts.ingest_bucket, list[int]()

    def dying(work: Work, bucket: int, *rest: object) -> Report:
        if bucket == dies:
            raise LakeError("killed")
        done.append(bucket)
        return write(work, bucket, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(ingest_facts, "ingest_bucket", dying)
    dies = 2
    with pytest.raises(LakeError, match="killed"):
        ingest(traces, lake.url)
    assert lake.snapshot().rows("trajectories") == 0
    first, dies = list(done), -1
    ingest(traces, lake.url)
    assert sorted(done) == [0, 1, 2, 3], "each bucket once"
    assert first
    ingest(traces, str(tmp_path / "other"))
    assert lake.snapshot().rows("steps") == open_lake(str(tmp_path / "other")).snapshot().rows("steps")
