"""A lake of many applications, which have menus and dialogs in common, is curated with a test side, and exported."""

import json
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest

from pipelines.annotate.job import annotate
from pipelines.curate.job import curate
from pipelines.curate.selection.splits import KEEPERS
from pipelines.export.job import export
from pipelines.ingest.job import ingest
from pipelines.lake.delta import Lake, create_lake, open_lake
from tests.pipelines.fake_backend import make_fake_backend
from tests.pipelines.recorded import Pages, Walk, record

APPS = ("wiki", "shop", "forum", "library", "mail", "editor", "calculator", "files", "player", "painter")


def pages_of(app: str) -> Pages:
    """Three pages of its own, two menus and a dialog that all applications have."""
    own = [f"{app.title()} {what}" for what in ("contents", "record", "settings")]
    return {
        "/": (app.title(), ("File", own[0], own[2])),
        "/contents": (own[0], ("File", own[1], app.title())),
        "/record": (own[1], ("Help", own[0])),
        "/settings": (own[2], ("Help", app.title())),
        "/file": ("File", ("Open", "Quit")),
        "/open": ("Open", ("Quit", "Help")),
        "/quit": ("Quit", ("Open",)),
        "/help": ("Help", ("Open",)),
    }


def walks_of(app: str) -> list[Walk]:
    own = [f"{app.title()} {what}" for what in ("contents", "record", "settings")]
    clicks = (
        ("File", "Open", "Quit"),
        (own[0], own[1], "Help"),
        (own[2], app.title(), own[0]),
        (own[0], "File", "Open", "Help"),
    )
    return [Walk(number, path, app=f"{app}.test", pages=pages_of(app)) for number, path in enumerate(clicks)]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Ten applications, curated by default as `first`; read only."""
    folder = tmp_path_factory.mktemp("applications")
    for number, app in enumerate(APPS):
        for walk in walks_of(app):
            record(folder / "traces", walk, run_id=f"{number}{'a' * 31}")
    url = create_lake(str(folder / "lake"), buckets=4).url
    ingest(folder / "traces", url)
    annotate(url, make_fake_backend)
    curate(url, "first")
    return open_lake(url)


def held(lake: Lake) -> pl.DataFrame:
    """The rows that a dataset may hold, with their application, their sentence and the two states that they show."""
    snapshot = lake.snapshot()
    states = pl.DataFrame(snapshot.read("states", columns=["trajectory_id", "step_index", "side", "content"]))
    rows = pl.DataFrame(snapshot.read("decisions", curation="first")).filter(pl.col("split").is_not_null())
    for side in ("before", "after"):
        seen = states.filter(side=side).select("trajectory_id", "step_index", pl.col("content").alias(side))
        rows = rows.join(seen, on=["trajectory_id", "step_index"], how="left")
    apps = pl.DataFrame(snapshot.read("trajectories", columns=["trajectory_id", "app"]))
    said = pl.DataFrame(snapshot.read("instructions", columns=["instruction_id", "text"]))
    return rows.join(apps, on="trajectory_id").join(said, on="instruction_id")


def test_ten_applications_with_menus_in_common_have_a_test_side_by_default(lake: Lake) -> None:
    rows = held(lake)
    assert set(rows["split"]) == {"train", "test"}
    assert rows.group_by("app").agg(pl.col("split").n_unique())["split"].unique().to_list() == [1]
    testing = rows.filter(split="test")
    assert 0 < testing["app"].n_unique() < 5
    counts = {run["job"]: run["counts"] for run in lake.snapshot().read("runs").to_pylist()}["curate"]
    counted = {count["name"]: count["count"] for count in counts}
    assert counted["components"] == len(APPS)


def test_no_screen_is_on_two_sides_and_what_another_side_shows_says_so(lake: Lake) -> None:
    rows = held(lake)
    launchers = pl.DataFrame(lake.snapshot().read("states")).filter(step_index=0, side="before")["content"]
    after = rows.filter(use="sft").select("split", state="after")
    shown = pl.concat([rows.select("split", state="before"), after]).drop_nulls()
    shown = shown.filter(~pl.col("state").is_in(launchers.implode()))
    assert shown.group_by("state").agg(pl.col("split").n_unique())["split"].unique().to_list() == [1]
    every = pl.DataFrame(lake.snapshot().read("decisions", curation="first"))
    lost = every.filter(pl.col("rule").str.starts_with("shown in "))
    assert lost.height > 0
    assert set(lost["rule"]) == {f"shown in {KEEPERS[0]}"}
    assert set(lost["role"]) == {"dropped"}
    assert lost["split"].null_count() == lost.height


def test_words_that_all_applications_have_may_stand_on_both_sides_over_other_screens(lake: Lake) -> None:
    sides = held(lake).group_by("text").agg(pl.col("split").n_unique(), pl.col("before").n_unique())
    both = sides.filter(split=2)
    assert "Use the link File." in both["text"]
    prompts = held(lake).group_by("text", "before").agg(pl.col("split").n_unique())
    assert prompts["split"].unique().to_list() == [1], "no sentence over one screen is on two sides"


def test_what_survives_a_duplicate_is_kept_though_sides_are_parted(lake: Lake) -> None:
    every = pl.DataFrame(lake.snapshot().read("decisions", curation="first"))
    places = pl.format("{}/{}/{}", "trajectory_id", "step_index", pl.col("instruction_id").fill_null(""))
    kept = every.filter(pl.col("split").is_not_null()).select("use", place=places)
    told = every.filter(pl.col("survivor").is_not_null() & (pl.col("role") == "dropped"))
    assert told.height > 0
    assert told.join(kept, left_on=["use", "survivor"], right_on=["use", "place"], how="anti").height == 0


def test_the_dataset_has_a_test_side(lake: Lake, tmp_path: Path) -> None:
    export(lake.url, "first", "trl-sft", tmp_path / "out")
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert set(manifest["rows"]) == {"train", "test"}
    assert pq.read_table(tmp_path / "out" / "data" / "test-00000-of-00001.parquet").num_rows > 0
