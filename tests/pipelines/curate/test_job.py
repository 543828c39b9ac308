import json
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from pipelines.annotate.job import annotate
from pipelines.curate.config import CurationConfig
from pipelines.curate.duplicates import duplicates
from pipelines.curate.job import curate
from pipelines.curate.keeping import Shelf
from pipelines.ingest.job import ingest
from pipelines.lake.delta import Lake, Snapshot, create_lake, open_lake
from pipelines.running.work import Report, Work
from schemas.errors import ConfigurationError, LakeError
from schemas.keys import bucket_of, key
from schemas.traces import trajectory_id
from tests.pipelines.fake_backend import make_fake_backend
from tests.pipelines.recorded import WALKS, Walk, record

CopyOf = Callable[[Path], Lake]


@pytest.fixture(scope="module")
def ingested(traces: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with facts, of fewer buckets than usual: each costs every job a little. Read only."""
    lake = tmp_path_factory.mktemp("ingested") / "lake"
    create_lake(str(lake), buckets=4)
    ingest(traces, str(lake))
    return lake


@pytest.fixture(scope="module")
def annotated(ingested: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with opinions; read only."""
    lake = tmp_path_factory.mktemp("annotated") / "lake"
    shutil.copytree(ingested, lake)
    annotate(str(lake), make_fake_backend)
    return lake


@pytest.fixture(scope="module")
def curated(annotated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with the curation `demo`; read only."""
    lake = tmp_path_factory.mktemp("curated") / "lake"
    shutil.copytree(annotated, lake)
    curate(str(lake), "demo")
    return lake


def decisions(lake: Path | str, name: str = "demo") -> pl.DataFrame:
    return pl.DataFrame(open_lake(str(lake)).snapshot().read("decisions", curation=name))


def paths(lake: Lake, *tables: str) -> set[str]:
    return {file.path for table in tables for file in lake.snapshot().files[table]}


def test_every_step_is_decided_in_every_use(curated: Path) -> None:
    rows = decisions(curated)
    steps = open_lake(str(curated)).snapshot().read("steps").num_rows
    assert set(rows["use"]) == {"dpo", "grounding", "kto", "rl", "sft"}
    for use in set(rows["use"]):
        assert rows.filter(use=use).select("trajectory_id", "step_index").unique().height == steps


def test_the_counts_are_those_of_the_table(curated: Path, copy_of: CopyOf) -> None:
    done = curate(copy_of(curated).url, "demo")
    rows = decisions(curated).group_by("use", "role", "rule").len().to_dicts()
    assert {f"{r['use']} / {r['role']} / {r['rule']}": r["len"] for r in rows}.items() <= done.counts.items()
    assert sum(r["len"] for r in rows) == done.counts["rows expected"]


def test_the_same_walk_twice_is_kept_once(curated: Path) -> None:
    snapshot = open_lake(str(curated)).snapshot()
    episodes = {row["episode"]: row["trajectory_id"] for row in snapshot.read("trajectories").to_pylist()}
    same = {episodes[0], episodes[4]}
    rows = decisions(curated).filter(pl.col("trajectory_id").is_in(same), use="sft")
    kept, lost = rows.filter(role="target"), rows.filter(rule="exact duplicate")
    assert kept["trajectory_id"].unique().to_list() == [min(same)]
    assert lost["trajectory_id"].unique().to_list() == [max(same)]
    assert kept.height == lost.height == 3
    for one in lost.to_dicts():
        trajectory, step, _ = one["survivor"].split("/")
        assert (trajectory, int(step)) == (min(same), one["step_index"])
        assert one["split"] is None


def test_every_duplicate_has_an_edge_to_its_survivor(curated: Path) -> None:
    edges = open_lake(str(curated)).snapshot().read("edges").to_pylist()
    lost = decisions(curated).filter(rule="exact duplicate").to_dicts()
    named = {(f"{r['trajectory_id']}/{r['step_index']}/{r['instruction_id']}", r["survivor"]) for r in lost}
    assert {(one["left"], one["right"]) for one in edges} == named
    assert {(one["kind"], one["distance"], one["curation"]) for one in edges} == {("exact step", 0.0, "demo")}


def test_survivors_are_rows_that_were_kept(curated: Path) -> None:
    rows = decisions(curated)
    kept = {
        (r["use"], f"{r['trajectory_id']}/{r['step_index']}/{r['instruction_id']}")
        for r in rows.filter(pl.col("role").is_in(["target", "negative"])).to_dicts()
    }
    assert {(r["use"], r["survivor"]) for r in rows.filter(rule="exact duplicate").to_dicts()} <= kept


def test_keys_are_unique_among_what_a_dataset_holds(curated: Path) -> None:
    kept = decisions(curated).filter(pl.col("role").is_in(["target", "negative"]))
    assert kept["key"].null_count() == 0
    assert kept["key"].is_unique().all()
    assert kept["split"].null_count() == 0


def test_a_click_that_is_right_elsewhere_is_no_negative(curated: Path) -> None:
    snapshot = open_lake(str(curated)).snapshot()
    episodes = {row["episode"]: row["trajectory_id"] for row in snapshot.read("trajectories").to_pylist()}
    rows = decisions(curated).filter(use="kto", trajectory_id=episodes[1]).sort("step_index")
    # Walk 1 opens Garden Salt, goes back and opens it again: the first time is off the path, yet not wrong.
    assert dict(zip(rows["step_index"], rows["rule"], strict=True)) == {
        0: "labelled good",
        1: "labelled good",
        2: "contradicted",
        3: "labelled harmful",
        4: "labelled good",
    }


def test_every_screen_has_a_fingerprint_in_its_bucket(curated: Path) -> None:
    snapshot = open_lake(str(curated)).snapshot()
    for bucket in range(snapshot.buckets):
        screens = snapshot.read("screens", bucket=bucket, columns=["screen", "position"])["screen"].to_pylist()
        rows = snapshot.read("fingerprints", bucket=bucket)
        assert rows["screen"].to_pylist() == sorted(screens)
        assert rows["error"].null_count == rows.num_rows


def test_curating_again_changes_nothing(curated: Path, copy_of: CopyOf) -> None:
    lake = copy_of(curated)
    before = lake.snapshot()
    assert not curate(lake.url, "demo").changed
    after = lake.snapshot()
    assert {t: v for t, v in after.versions.items() if t != "runs"} == {
        t: v for t, v in before.versions.items() if t != "runs"
    }


def test_another_configuration_replaces_the_curation_of_that_name_and_no_other(curated: Path, copy_of: CopyOf) -> None:
    lake = copy_of(curated)
    curate(lake.url, "other")
    first = decisions(lake.url, "other")
    curate(lake.url, "demo", CurationConfig(lowest_score=4.0))
    assert decisions(lake.url).filter(use="sft")["rule"].unique().to_list() == ["low trajectory score"]
    assert decisions(lake.url).height == first.height
    assert decisions(lake.url, "other").equals(first)
    curate(lake.url, "demo")
    assert paths(lake, "decisions") >= paths(open_lake(str(curated)), "decisions")


@pytest.mark.slow
def test_what_a_curation_replaced_is_in_no_folder_of_the_lake_unless_another_job_reads_it(
    curated: Path, copy_of: CopyOf
) -> None:
    lake = copy_of(curated)
    folder = Path(lake.url) / "decisions" / "curation=demo"

    def counted() -> int:
        return pl.read_parquet(folder / "**" / "*.parquet", columns=["use"]).height

    rows = counted()
    curate(lake.url, "demo", CurationConfig(lowest_score=4.0))
    assert counted() == decisions(lake.url).height == rows
    other = Path(lake.work("annotate-of-another"))
    other.mkdir(parents=True)
    curate(lake.url, "demo")
    assert counted() > rows
    os.utime(other, (0, 0))
    held = {Path(path).name for path in paths(lake, "decisions")}
    left = [file for file in folder.rglob("*.parquet") if file.name not in held]
    for file in left:
        os.utime(file, (0, 0))
    stray = left[0].with_name("being written.parquet")
    shutil.copy(left[0], stray)
    curate(lake.url, "demo", CurationConfig(lowest_score=4.0))
    assert stray.exists(), "it may be about to be committed"
    stray.unlink()
    assert counted() == rows


def test_what_was_decoded_is_not_decoded_again_after_a_curation_that_failed(
    annotated: Path, copy_of: CopyOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = copy_of(annotated)

    def failing(*_: object) -> None:
        raise LakeError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("pipelines.curate.likeness.compare", failing)
        with pytest.raises(LakeError, match="the disk is full"):
            curate(lake.url, "demo")
    assert lake.snapshot().rows("decisions") == 0
    done = curate(lake.url, "demo", CurationConfig(test=0.3, lowest_score=3.0))
    assert done.counts["screens fingerprinted"] == 0
    assert lake.snapshot().rows("decisions") > 0


def test_a_lake_without_opinions_is_curated_to_nothing(ingested: Path, copy_of: CopyOf) -> None:
    lake = copy_of(ingested)
    curate(lake.url, "bare")
    assert set(decisions(lake.url, "bare")["rule"]) == {"no instruction"}
    assert lake.snapshot().rows("edges") == 0


def test_apps_that_share_their_screens_are_on_one_side(tmp_path: Path) -> None:
    lake = create_lake(str(tmp_path / "lake"), buckets=2).url
    for number, app in enumerate(("library.test", "archive.test", "shelf.test")):
        for walk in WALKS:
            record(tmp_path / "traces", replace(walk, app=app), run_id=f"{number}{'a' * 31}")
    ingest(tmp_path / "traces", lake)
    annotate(lake, make_fake_backend)
    done = curate(lake, "demo")
    assert decisions(lake)["split"].drop_nulls().unique().to_list() == ["train"]
    assert any("all applications are the same" in note and "record another" in note for note in done.notes)


def test_a_ledger_that_does_not_balance_commits_nothing(
    annotated: Path, copy_of: CopyOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = copy_of(annotated)
    before = lake.snapshot().versions
    apply = duplicates.apply

    def losing(rows: pl.DataFrame, **told: pl.DataFrame) -> pl.DataFrame:
        return apply(rows, **told).slice(1)

    monkeypatch.setattr(duplicates, "apply", losing)
    with pytest.raises(Exception, match=r"rows in, .* out; nothing committed"):
        curate(lake.url, "demo")
    after = lake.snapshot().versions
    assert {table for table in after if after[table] != before[table]} == {"fingerprints"}, "what was decoded stays"


@pytest.mark.slow
@pytest.mark.parametrize("survived", range(4))
def test_a_job_that_dies_between_two_commits_is_finished_by_the_next(
    curated: Path, annotated: Path, copy_of: CopyOf, monkeypatch: pytest.MonkeyPatch, survived: int
) -> None:
    lake = copy_of(annotated)
    commit, count = Lake.commit, []

    def dying(self: Lake, *arguments: object, **options: object) -> bool:
        if len(count) == survived:
            raise KeyboardInterrupt
        count.append(1)
        return commit(self, *arguments, **options)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(Lake, "commit", dying)
        with pytest.raises(KeyboardInterrupt):
            curate(lake.url, "demo")
    (folder,) = (path for path in (Path(lake.url) / "_work").iterdir() if path.is_dir())
    left: list[str] = []
    leave = Work.leave

    def counting(self: Work, bucket: int, report: Report, *, stage: str = "reports") -> None:
        left.append(self.job)
        leave(self, bucket, report, stage=stage)

    with monkeypatch.context() as patch:
        patch.setattr(Work, "leave", counting)
        curate(lake.url, "demo")
    assert left == [], f"the stages that {folder.name} holds were done again"
    assert list((Path(lake.url) / "_work").iterdir()) == []
    tables = ("states", "fingerprints", "edges", "decisions")
    assert paths(lake, *tables) == paths(open_lake(str(curated)), *tables)


def test_what_jobs_left_that_will_not_come_again_goes(annotated: Path, copy_of: CopyOf) -> None:
    lake = copy_of(annotated)
    work = Path(lake.url) / "_work"
    names = [f"curate-demo-{'a' * 32}", f"curate-demo-b-{'a' * 32}", f"annotate-{'a' * 32}"]
    for name in names:
        (work / name).mkdir(parents=True)
    curate(lake.url, "demo")
    assert sorted(path.name for path in work.iterdir()) == sorted(names[1:])


def test_a_name_that_is_no_folder_is_refused(ingested: Path) -> None:
    with pytest.raises(ConfigurationError, match="expected a name"):
        curate(str(ingested), "../x")
    with pytest.raises(LakeError, match="expected a lake"):
        curate(str(ingested / "nothing"), "x")


def test_limits_hold_one_after_another_and_every_row_says_which(curated: Path, copy_of: CopyOf) -> None:
    lake = copy_of(curated)
    curate(lake.url, "few", CurationConfig(app_limit=9, instruction_limit=1, kto_balance=1.0))
    rows = decisions(lake.url, "few")
    held = rows.filter(pl.col("split").is_not_null() & (pl.col("use") != "dpo"))
    assert held.group_by("use", "instruction_id").len()["len"].max() == 1
    assert held.group_by("use").len()["len"].max() <= 9  # type: ignore[operator]
    assert {"app limit", "instruction limit"} <= set(rows["rule"])
    labels = dict(held.filter(use="kto").group_by("role").len().iter_rows())
    assert labels["target"] == labels["negative"]
    assert rows.height == decisions(lake.url).height


def test_what_a_benchmark_asks_for_is_in_no_dataset_and_its_task_is_named(
    curated: Path, copy_of: CopyOf, tmp_path: Path
) -> None:
    lake = copy_of(curated)
    held = decisions(lake.url).filter(pl.col("split").is_not_null())
    texts = pl.DataFrame(lake.snapshot().read("instructions", columns=["instruction_id", "text"]))
    text = held.filter(use="sft").join(texts, on="instruction_id")["text"][0]
    path = tmp_path / "bench.jsonl"
    path.write_text(json.dumps({"id": "t7", "text": f"Please: {text}"}))
    curate(lake.url, "clean", CurationConfig(benchmarks=(str(path),), benchmark_words=3))
    rows = decisions(lake.url, "clean").join(texts, on="instruction_id", how="left")
    hit = rows.filter(rule="in a benchmark")
    assert set(hit["survivor"]) == {"bench/t7"}
    assert text in set(hit["text"])
    assert text not in set(rows.filter(pl.col("split").is_not_null())["text"])
    with pytest.raises(ConfigurationError, match="benchmark"):
        curate(lake.url, "clean", CurationConfig(benchmarks=("nowhere.json",)))


def test_with_the_tier_off_duplicates_stay_and_are_not_looked_for(
    curated: Path, copy_of: CopyOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = copy_of(curated)
    monkeypatch.setattr("pipelines.curate.duplicates.exact.first_of_each", None)
    curate(lake.url, "all", CurationConfig(exact_duplicates=False))
    rows = decisions(lake.url, "all")
    assert "exact duplicate" not in set(rows["rule"])
    assert "contradicted" in set(rows["rule"])
    assert (
        rows.filter(pl.col("split").is_not_null()).height
        > decisions(lake.url).filter(pl.col("split").is_not_null()).height
    )


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["chosen", "likeness", "keyed", "settled", "paired", "written"])
def test_a_job_that_was_killed_redoes_only_what_is_not_there(
    curated: Path, annotated: Path, copy_of: CopyOf, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    lake = copy_of(annotated)
    leave = Work.leave
    left: list[tuple[str, int]] = []

    def dying(self: Work, bucket: int, report: Report, *, stage: str = "reports") -> None:
        if stage == dies and bucket == (0 if stage == "likeness" else 2):
            raise LakeError("killed")
        leave(self, bucket, report, stage=stage)
        left.append((stage, bucket))

    dies = stage
    with monkeypatch.context() as patch:
        patch.setattr(Work, "leave", dying)
        with pytest.raises(LakeError, match="killed"):
            curate(lake.url, "demo")
    first = list(left)
    dies = ""
    with monkeypatch.context() as patch:
        patch.setattr(Work, "leave", dying)
        curate(lake.url, "demo")
    again = left[len(first) :]
    assert not set(first) & set(again), "what was done is not done again"
    assert len(set(left)) == 5 * lake.buckets + 1
    tables = ("states", "fingerprints", "edges", "decisions")
    assert paths(lake, *tables) == paths(open_lake(str(curated)), *tables)


@pytest.mark.parametrize("damaged", ["written/00003.json", "keyed/00003.parquet", "likeness/00000.json"])
def test_what_a_killed_job_left_and_is_another_now_is_done_again(
    curated: Path, annotated: Path, copy_of: CopyOf, monkeypatch: pytest.MonkeyPatch, damaged: str
) -> None:
    lake = copy_of(annotated)
    with monkeypatch.context() as patch:
        patch.setattr("pipelines.curate.job._finish", killed)
        with pytest.raises(LakeError, match="killed"):
            curate(lake.url, "demo")
    (work,) = (path for path in (Path(lake.url) / "_work").iterdir() if path.is_dir())
    was = (work / damaged).read_bytes()
    (work / damaged).write_bytes(was[:-30] + bytes([was[-30] ^ 1]) + was[-29:])
    curate(lake.url, "demo")
    tables = ("states", "fingerprints", "edges", "decisions")
    assert paths(lake, *tables) == paths(open_lake(str(curated)), *tables)
    lake.snapshot().check(*tables)


def killed(*_: object) -> None:
    raise LakeError("killed")


def test_of_two_walks_that_are_much_the_same_the_better_one_is_kept(curated: Path, copy_of: CopyOf) -> None:
    lake = copy_of(curated)
    curate(lake.url, "twins", CurationConfig(near_trajectories=True, exact_duplicates=False))
    snapshot = lake.snapshot()
    episodes = {row["episode"]: row["trajectory_id"] for row in snapshot.read("trajectories").to_pylist()}
    first, second = sorted((episodes[0], episodes[4]))
    lost = decisions(lake.url, "twins").filter(rule="near-duplicate trajectory")
    assert set(lost["trajectory_id"]) == {second}
    assert set(lost["survivor"]) == {first}
    edges = snapshot.read("edges", curation="twins").to_pylist()
    assert [(one["left"], one["right"], one["distance"]) for one in edges if one["kind"] == "near trajectory"] == [
        (first, second, 0.0)
    ]


def test_what_was_on_a_side_stays_there_when_more_comes(tmp_path: Path) -> None:
    lake = create_lake(str(tmp_path / "lake"), buckets=2).url
    record(tmp_path / "traces", WALKS[0])
    ingest(tmp_path / "traces", lake)
    annotate(lake, make_fake_backend)
    curate(lake, "demo")
    before = decisions(lake)
    record(tmp_path / "traces", WALKS[1])
    ingest(tmp_path / "traces", lake)
    annotate(lake, make_fake_backend)
    done = curate(lake, "demo")
    after = decisions(lake).filter(pl.col("trajectory_id").is_in(before["trajectory_id"].unique().implode()))
    assert after.select("instruction_id", "use", "step_index", "split").equals(
        before.select("instruction_id", "use", "step_index", "split")
    )
    assert any("hang together" in note for note in done.notes)


LONG = ("Books", "Blue House", "Anna Grieg", "Authors", "Emil Dumas", "Garden Salt")
NEARLY = (
    Walk(0, LONG),
    Walk(1, (*LONG, "Books")),
    Walk(2, (*LONG, "Books", "Library")),
    Walk(3, ("Authors", "Emil Dumas", "Garden Salt", "Books")),
)
LOOSE = CurationConfig(near_trajectories=True, trajectory_similarity=0.5, instruction_similarity=0.5, state_distance=8)


@pytest.fixture(scope="module")
def loose(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with a curation `loose` that has edges at several distances; read only."""
    folder = tmp_path_factory.mktemp("loose")
    for walk in NEARLY:
        record(folder / "traces", walk)
    lake = create_lake(str(folder / "lake"), buckets=2).url
    ingest(folder / "traces", lake)
    annotate(lake, make_fake_backend)
    curate(lake, "loose", LOOSE)
    return Path(lake)


@pytest.mark.parametrize(
    "tighter", [{}, {"trajectory_similarity": 0.75}, {"near_trajectories": False, "instruction_similarity": 0.7}]
)
def test_a_tighter_threshold_is_a_query_over_the_edges_and_gives_what_a_whole_run_gives(
    loose: Path, copy_of: CopyOf, monkeypatch: pytest.MonkeyPatch, tighter: dict[str, object]
) -> None:
    lake = copy_of(loose)
    config = replace(LOOSE, **tighter)  # type: ignore[arg-type]
    with monkeypatch.context() as patch:
        for name in ("near_states", "near_words", "near_walks"):
            patch.setattr(f"pipelines.curate.likeness.{name}", None)
        curate(lake.url, "cut", config, source="loose")
    cut = lake.snapshot()
    curate(lake.url, "cut", replace(config, split_seed=1))
    curate(lake.url, "cut", config)
    assert paths_of(lake.snapshot(), "cut") == paths_of(cut, "cut")
    near = [
        row["distance"] for row in cut.read("edges", curation="loose").to_pylist() if row["kind"].startswith("near")
    ]
    assert len(set(near)) > 1
    kept = [row for row in cut.read("edges", curation="cut").to_pylist() if row["kind"] == "near trajectory"]
    assert bool(kept) == config.near_trajectories
    assert len(kept) == len(near) or tighter


def paths_of(snapshot: Snapshot, name: str) -> set[str]:
    return {file.path for table in ("decisions", "edges") for file in snapshot.files_of(table, curation=name)}


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (replace(LOOSE, trajectory_similarity=0.8), None),
        (LOOSE, r"trajectory_similarity = 0.5 is looser than what curation tight stored, trajectory_similarity = 0.7"),
        (replace(LOOSE, trajectory_similarity=0.8, lowest_score=1.0), "has another lowest_score"),
    ],
)
def test_a_looser_threshold_than_was_stored_is_refused_and_says_which(
    loose: Path, copy_of: CopyOf, config: CurationConfig, message: str | None
) -> None:
    lake = copy_of(loose)
    curate(lake.url, "tight", replace(LOOSE, trajectory_similarity=0.7), source="loose")
    if message is None:
        curate(lake.url, "cut", config, source="tight")
        return
    with pytest.raises(ConfigurationError, match=message):
        curate(lake.url, "cut", config, source="tight")
    with pytest.raises(ConfigurationError, match="no curation 'other' in the lake; there are loose, tight"):
        curate(lake.url, "cut", config, source="other")


def test_edges_of_a_lake_that_has_changed_since_are_refused(loose: Path, copy_of: CopyOf, tmp_path: Path) -> None:
    lake = copy_of(loose)
    record(tmp_path / "more", Walk(7, ("Search",)))
    ingest(tmp_path / "more", lake.url)
    with pytest.raises(ConfigurationError, match="the lake has changed since curation loose"):
        curate(lake.url, "cut", LOOSE, source="loose")


def test_a_limit_by_quality_and_diversity_leaves_so_many_of_each_use_and_label(curated: Path, copy_of: CopyOf) -> None:
    lake = copy_of(curated)
    done = curate(lake.url, "few", CurationConfig(diversity_limit=4, diversity_weight=1.0))
    rows = decisions(lake.url, "few")
    assert any(note.startswith("diversity limit: sft/target: 4 of ") for note in done.notes)
    held = rows.filter(pl.col("split").is_not_null() & (pl.col("use") != "dpo"))
    assert held.group_by("use", "role").len()["len"].max() == 4
    assert "diversity limit" in set(rows["rule"])
    whole = decisions(lake.url).filter(pl.col("split").is_not_null())
    for use in ("sft", "grounding"):
        texts = whole.filter(use=use)["instruction_id"].n_unique()
        assert held.filter(use=use)["instruction_id"].n_unique() == min(4, texts)


def grown(folder: Path, *, between: bool, work: "list[tuple[str, int]]") -> Lake:
    """A lake of 4 buckets to which a walk in another app came at the end, curated before that too or not.

    No sides are drawn. `work` gets the stages and buckets that the last curation found anew.
    """
    lake = create_lake(str(folder / "lake"), buckets=4)
    config = CurationConfig(test=0.0)
    for number, walks in enumerate((WALKS[:4], (replace(WALKS[4], app="archive.test"),))):
        for walk in walks:
            record(folder / f"traces {number}", walk)
        ingest(folder / f"traces {number}", lake.url)
        annotate(lake.url, make_fake_backend)
        work.clear()
        if number or between:
            curate(lake.url, "demo", config)
    return lake


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """The stages that were found anew, each with its bucket."""
    done: list[tuple[str, int]] = []
    put = Shelf.put

    def counting(self: Shelf, work: Work, stage: str, bucket: int, *rest: object) -> None:
        done.append((stage, bucket))
        put(self, work, stage, bucket, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Shelf, "put", counting)
    return done


@pytest.mark.slow
def test_after_a_small_ingest_only_the_buckets_that_it_touched_are_redone_and_the_bytes_are_those_of_a_whole_run(
    tmp_path: Path, counted: list[tuple[str, int]]
) -> None:
    whole = grown(tmp_path / "whole", between=False, work=counted)
    old, fresh = (f"near-{key('app', app)}" for app in ("library.test", "archive.test"))
    every = [(stage, bucket) for stage in ("chosen", "keyed") for bucket in range(4)]
    assert sorted(counted) == sorted([*every, (old, 0), (fresh, 0)])
    step_by_step = grown(tmp_path / "steps", between=True, work=counted)
    new = bucket_of(trajectory_id("ab" * 16, WALKS[4].episode), 4)
    assert sorted(counted) == [("chosen", new), ("keyed", new), (fresh, 0)]
    assert paths_of(step_by_step.snapshot(), "demo") == paths_of(whole.snapshot(), "demo")
    counted.clear()
    curate(step_by_step.url, "demo", CurationConfig(test=0.0, app_limit=9))
    assert counted == []
    curate(step_by_step.url, "demo", CurationConfig(test=0.0, lowest_score=4.0))
    assert ("chosen", new) in counted


def test_what_is_kept_and_is_damaged_is_found_again(
    curated: Path, copy_of: CopyOf, counted: list[tuple[str, int]]
) -> None:
    lake = copy_of(curated)
    for path in sorted(Path(lake.url, "_kept/demo/chosen/00001").iterdir()):
        path.write_bytes(b"[" * 100_000 if path.suffix == ".json" else b"")
    Path(lake.url, "_kept/demo/chosen/00002/walks.parquet").write_bytes(b"x")
    shutil.rmtree(Path(lake.url, "_kept/demo/chosen/00003"))
    (manifest,) = Path(lake.url, "_kept/demo/chosen/00000").glob("*.json")
    manifest.write_text(re.sub(r'(rows expected":)', r"\g<1>1", manifest.read_text()))
    curate(lake.url, "demo")
    assert sorted(counted) == [("chosen", bucket) for bucket in range(4)]
    assert paths_of(lake.snapshot(), "demo") == paths_of(open_lake(str(curated)).snapshot(), "demo")
