import hashlib
import io
import json
import shutil
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import datasets
import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from pipelines.annotate.job import annotate
from pipelines.curate.config import CurationConfig
from pipelines.curate.job import curate
from pipelines.export import shards
from pipelines.export.dialects import OURS, parse, render
from pipelines.export.formats import FORMATS
from pipelines.export.formats.reward import compute_score
from pipelines.export.formats.truth import reward_source
from pipelines.export.geometry import Geometry
from pipelines.export.job import export
from pipelines.export.voice import Voice
from pipelines.ingest.job import ingest
from pipelines.lake.delta import Lake, open_lake
from pipelines.running.work import Report, Work
from schemas.actions import Answer, Stop
from schemas.errors import ConfigurationError, LakeError, LedgerError
from tests.pipelines.fake_backend import make_fake_backend
from tests.pipelines.recorded import WALKS, record

CopyOf = Callable[[Path], Lake]
NAMES = sorted(name for name in FORMATS if name != "verl-group")
"""Of walks without a goal; `test_rollout_groups` looks at the other one."""
LOADED = ("trl-sft", "trl-prm", "verl-rl", "chat-kto")
"""Formats that between them have all that a reader meets."""
FRAME = Geometry().frame((320, 200))


@pytest.fixture(scope="module")
def made(curated: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A dataset of each format."""
    folder = tmp_path_factory.mktemp("datasets")
    for name in NAMES:
        export(str(curated), "demo", name, folder / name, same=1_000)
    return {name: folder / name for name in NAMES}


@pytest.fixture
def load(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """`datasets.load_dataset` with a cache of its own."""
    datasets.disable_progress_bars()

    def loaded(*arguments: str, **options: object) -> Any:
        return datasets.load_dataset(*arguments, cache_dir=str(tmp_path / "cache"), **options)

    yield loaded
    datasets.enable_progress_bars()


def rows_of(folder: Path) -> list[dict[str, Any]]:
    files = sorted(path for path in (folder / "data").rglob("*") if path.suffix in (".parquet", ".jsonl"))
    return [row for path in files for row in read_rows(path)]


def read_rows(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pylist()  # type: ignore[no-any-return]
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def words(row: dict[str, Any], name: str = "prompt") -> str:
    return str(row[name][-1]["content"][-1]["text"])


@pytest.mark.parametrize("name", NAMES)
def test_the_folder_holds_the_rows_in_data_and_card_and_manifest_beside(made: dict[str, Path], name: str) -> None:
    beside = {"README.md", "data", "manifest.json", *FORMATS[name].files}
    assert {path.name for path in made[name].iterdir()} - {"left_out.jsonl"} == beside
    suffixes = {path.suffix for path in (made[name] / "data").rglob("*") if path.is_file()}
    assert suffixes <= {FORMATS[name].writer.suffix, ".png", ".webp"}
    manifest = json.loads((made[name] / "manifest.json").read_text())
    for file in manifest["files"]:
        data = (made[name] / file["path"]).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (file["bytes"], file["sha256"])
    assert sum(manifest["rows"].values()) == len(rows_of(made[name])) == sum(manifest["counts"].values())


@pytest.mark.parametrize("name", LOADED)
def test_datasets_loads_it_both_ways_and_decodes_the_images(
    made: dict[str, Path], load: Callable[..., Any], name: str
) -> None:
    whole, kind = load(str(made[name])), {".parquet": "parquet", ".jsonl": "json"}[FORMATS[name].writer.suffix]
    files = {split: str(made[name] / "data" / FORMATS[name].writer.pattern(split)) for split in whole}
    plain = load(kind, data_files=files)
    manifest = json.loads((made[name] / "manifest.json").read_text())
    assert {split: rows.num_rows for split, rows in whole.items()} == manifest["rows"]
    assert {split: rows.num_rows for split, rows in plain.items()} == manifest["rows"]
    for loaded in (whole, plain):
        row = loaded["train"][0]
        for image in row.get("images", ()):
            shown = Image.open(io.BytesIO((made[name] / image).read_bytes())) if isinstance(image, str) else image
            assert isinstance(shown, Image.Image)
            assert shown.size == (row["width"], row["height"]) == (320, 200)
        assert list(row) == FORMATS[name].schema.names


def test_another_dataset_in_a_folder_of_the_same_name_is_not_taken_for_the_first(
    made: dict[str, Path], load: Callable[..., Any], tmp_path: Path
) -> None:
    for name in ("trl-sft", "verl-rl"):
        shutil.copytree(made[name], tmp_path / name / "night")
    first, second = (load(str(tmp_path / name / "night"))["train"] for name in ("trl-sft", "verl-rl"))
    assert (first.column_names, second.column_names) == (
        FORMATS["trl-sft"].schema.names,
        FORMATS["verl-rl"].schema.names,
    )


def test_verl_reads_its_file(made: dict[str, Path], load: Callable[..., Any]) -> None:
    (file,) = sorted((made["verl-rl"] / "data").glob("train-*"))
    rows = load("parquet", data_files=str(file))["train"]
    for row in rows:
        assert row["data_source"] == "hindtrace/step"
        assert sum(message["content"].count("<image>") for message in row["prompt"]) == len(row["images"]) == 1
        assert json.loads(row["reward_model"]["ground_truth"])["action"]
        assert row["extra_info"]["split"] == "train"
    assert len({row["extra_info"]["index"] for row in rows}) == len(rows)


@pytest.mark.parametrize("name", ["trl-kto", "verl-sft"])
def test_polars_and_duckdb_read_it(made: dict[str, Path], name: str) -> None:
    pattern = str(made[name] / "data" / "*.parquet")
    expected = len(rows_of(made[name]))
    assert pl.read_parquet(pattern).height == expected
    (counted,) = duckdb.sql(f"select count(*), count(images[1].bytes) from '{pattern}'").fetchall()
    assert counted == (expected, expected)


@pytest.mark.parametrize("name", ["trl-sft", "trl-kto", "trl-dpo", "verl-rl", "chat-dpo", "raw"])
def test_every_row_comes_from_a_decision(made: dict[str, Path], curated: Path, name: str) -> None:
    kept = pl.DataFrame(open_lake(str(curated)).snapshot().read("decisions")).filter(pl.col("split").is_not_null())
    kept = kept.filter(pl.col("use").is_in(FORMATS[name].uses))
    if name != "raw":
        kept = kept.filter((pl.col("use") != "dpo") | (pl.col("role") == "target"))  # a pair is one row
    decided = {(r["trajectory_id"], r["step_index"], r["instruction_id"]) for r in kept.to_dicts()}
    recorded = [row for row in rows_of(made[name]) if not row["synthetic"]]
    assert {(r["trajectory_id"], r["step_index"], r["instruction_id"]) for r in recorded} == decided
    assert len(recorded) == kept.height
    assert len(decided) == kept.height or name == "raw", "which has one a use"


def test_blocks_have_no_key_that_would_become_an_image(made: dict[str, Path]) -> None:
    for name in ("trl-sft", "trl-kto"):
        for row in rows_of(made[name]):
            content = [block for message in (*row["prompt"], *row["completion"]) for block in message["content"]]
            assert {tuple(block) for block in content} == {("type", "text")}
            assert sum(block["type"] == "image" for block in content) == len(row["images"])
            assert row["prompt"][-1]["role"] == "user"
            assert row["completion"][0]["role"] == "assistant"


def test_sft_holds_steps_with_what_was_done_before_and_an_ending(made: dict[str, Path], curated: Path) -> None:
    snapshot = open_lake(str(curated)).snapshot()
    screens = dict(zip(*snapshot.read("screens", columns=["screen", "image"]).to_pydict().values(), strict=True))
    steps = {(r["trajectory_id"], r["step_index"]): r for r in snapshot.read("steps").to_pylist()}
    tasks = {"step": 0, "ending": 0, "grounding": 0}
    for row in rows_of(made["trl-sft"]):
        tasks[row["task"]] += 1
        step = steps[row["trajectory_id"], row["step_index"]]
        side = "after" if row["task"] == "ending" else "before"
        assert row["images"] == [screens[step[side]["screen"]]]
        assert row["synthetic"] == (row["task"] == "ending")
        *_, action = words(row, "completion").splitlines()
        found = parse(action, OURS, FRAME, "web")
        assert isinstance(found, Answer | Stop) == (row["task"] == "ending")
        assert words(row).count("\n") <= row["step_index"] + 2
        if row["task"] == "grounding":
            assert words(row).startswith("Task: Use the ")
            assert "Done so far" not in words(row)
    assert all(tasks.values())
    walk = [r for r in rows_of(made["trl-sft"]) if words(r).startswith("Task: Open the page Anna Grieg.")]
    history = {r["step_index"] + r["synthetic"]: words(r).splitlines()[2:] for r in walk}
    assert history[0] == []
    assert history[2][:1] == ["1. Use the link Books."]
    assert len(history[3]) == 3


def test_kto_holds_both_verdicts_and_neighbours_ask_different_things(made: dict[str, Path]) -> None:
    rows = rows_of(made["trl-kto"])
    assert {row["label"] for row in rows} == {True, False}
    prompts = [(words(row), row["images"][0]["bytes"]) for row in rows]
    assert all(left != right for left, right in pairwise(prompts))
    episodes = [row["trajectory_id"] for row in rows]
    assert episodes != sorted(episodes)


def test_the_reward_gives_the_recorded_action_everything_and_another_place_less(
    made: dict[str, Path], curated: Path
) -> None:
    from schemas.arrow import from_row
    from schemas.records import Step

    snapshot = open_lake(str(curated)).snapshot()
    steps = {(r["trajectory_id"], r["step_index"]): from_row(Step, r) for r in snapshot.read("steps").to_pylist()}
    for row in rows_of(made["verl-rl"]):
        truth = row["reward_model"]["ground_truth"]
        if row["task"] == "ending":
            assert compute_score(row["data_source"], truth, truth) == 1.0
            continue
        answer = "I think so.\n" + render(steps[row["trajectory_id"], row["step_index"]].action, OURS, FRAME, "web")
        assert compute_score(row["data_source"], answer, truth, row["extra_info"]) == 1.0
        assert compute_score(row["data_source"], '{"action":"click","x":319,"y":199}', truth, None) < 0.5
    made_of: Any = None
    assert (made["verl-rl"] / "reward.py").read_bytes() == reward_source(made_of)


@pytest.mark.parametrize("name", LOADED)
def test_nothing_in_it_tells_when_where_or_by_whom_it_was_exported(
    made: dict[str, Path], curated: Path, name: str
) -> None:
    runs = open_lake(str(curated)).snapshot().read("runs").to_pylist()
    forbidden = [str(curated), str(made[name]), "pytest"]
    forbidden += [run["run_id"] for run in runs]
    forbidden += [f"{run['started_at']:%Y-%m-%d %H:%M:%S}" for run in runs if run["job"] == "export"]
    (curation,) = (run for run in runs if run["job"] == "curate")
    when = f"{curation['started_at']:%Y-%m-%d %H:%M:%S} UTC, version 1 of decisions"
    for path in made[name].rglob("*"):
        if path.is_file():
            data = path.read_bytes().replace(when.encode(), b"")
            assert not [one for one in forbidden if one.encode() in data], path.name
    assert f"Curation `demo` of {when}, configuration:" in (made[name] / "README.md").read_text()
    assert json.loads((made[name] / "manifest.json").read_text())["curated"] == when


def test_the_card_says_what_the_reader_needs(made: dict[str, Path]) -> None:
    card = (made["trl-kto"] / "README.md").read_text()
    rows = rows_of(made["trl-kto"])
    true = sum(row["label"] for row in rows)
    assert f"n_true = {true}, n_false = {len(rows) - true}." in card
    assert "There is no `validation`" in card
    assert "path: data/train-*.parquet" in card
    assert "CC0-1.0" in card
    assert "`library.test`" in card
    assert 'load_dataset("path/to/this/folder"' in card
    for column in FORMATS["trl-kto"].schema.names:
        assert f"| `{column}` |" in card


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_column_is_explained(name: str) -> None:
    assert set(FORMATS[name].columns) == set(FORMATS[name].schema.names)


def test_exporting_again_gives_the_same_bytes_in_the_place_of_the_old(
    made: dict[str, Path], curated: Path, tmp_path: Path
) -> None:
    for _ in range(2):
        export(str(curated), "demo", "trl-sft", tmp_path / "out", same=1_000)
    assert contents(tmp_path / "out") == contents(made["trl-sft"])
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_shards_hold_the_same_rows_in_the_same_order(
    made: dict[str, Path], curated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shards, "ROWS_PER_SHARD", 5)
    export(str(curated), "demo", "trl-sft", tmp_path / "out", same=1_000)
    names = sorted(path.name for path in (tmp_path / "out" / "data").iterdir())
    assert len(names) == -(-len(rows_of(made["trl-sft"])) // 5)
    assert names[0] == f"train-00000-of-{len(names):05d}.parquet"
    assert rows_of(tmp_path / "out") == rows_of(made["trl-sft"])


def test_a_format_may_bring_files_that_are_no_parquet(made: dict[str, Path]) -> None:
    out = made["chat-sft"]
    manifest = json.loads((out / "manifest.json").read_text())
    assert {file["path"] for file in manifest["files"]} == {
        path.relative_to(out).as_posix() for path in (out / "data").rglob("*") if path.is_file()
    }
    rows, images = rows_of(out), list((out / "data" / "images").rglob("*.png"))
    assert [row["messages"][-1]["content"] for row in rows] == [
        row["completion"][0]["content"][0]["text"] for row in rows_of(made["trl-sft"])
    ]
    assert {row["images"][0] for row in rows} == {path.relative_to(out).as_posix() for path in images}
    assert len(images) < len(rows), "an image lies there once"
    assert "path: data/train/*.jsonl" in (out / "README.md").read_text()
    entry = json.loads((out / "dataset_info.json").read_text())["hindtrace_train"]
    assert {path.suffix for path in (out / entry["file_name"]).iterdir()} == {".jsonl"}
    assert set(entry["columns"].values()) <= set(rows[0])


def test_the_rows_are_in_the_dialect_and_the_pictures_as_its_model_sees_them(curated: Path, tmp_path: Path) -> None:
    voice = Voice("qwen2.5-vl", Geometry("qwen2.5-vl", least=300_000))
    export(str(curated), "demo", "verl-rl", tmp_path / "out", voice=voice, same=1)
    rows = rows_of(tmp_path / "out")
    for row in rows:
        assert (row["width"], row["height"]) == voice.frame((320, 200)).shown == (700, 448)
        assert Image.open(io.BytesIO(row["images"][0]["bytes"])).size == (700, 448)
        assert "700x448" in row["prompt"][0]["content"]
        assert json.loads(row["reward_model"]["ground_truth"])["dialect"] == "qwen2.5-vl"
    left = [json.loads(line) for line in (tmp_path / "out" / "left_out.jsonl").read_bytes().splitlines()]
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["left_out"] == {
        why: [row["why"] for row in left].count(why) for why in {row["why"] for row in left}
    }
    assert (manifest["dialect"], manifest["geometry"]) == ("qwen2.5-vl", "qwen2.5-vl,pixels,least=300000")
    card = (tmp_path / "out" / "README.md").read_text()
    assert "--dialect qwen2.5-vl --geometry qwen2.5-vl,pixels,least=300000" in card
    with pytest.raises(ConfigurationError, match="found verl-rl of curation demo, dialect qwen2"):
        export(str(curated), "demo", "verl-rl", tmp_path / "out")


def test_what_says_the_same_is_left_out_and_counted(made: dict[str, Path], curated: Path, tmp_path: Path) -> None:
    whole = rows_of(made["trl-sft"])
    done = export(str(curated), "demo", "trl-sft", tmp_path / "out", same=1)
    rows = rows_of(tmp_path / "out")

    def says(row: dict[str, Any]) -> tuple[object, ...]:
        return row["task"], row["images"][0]["bytes"], words(row, "completion").splitlines()[-1]

    assert len(set(map(says, whole))) == len(rows) < len(whole)
    left = (tmp_path / "out" / "left_out.jsonl").read_bytes().splitlines()
    assert {json.loads(line)["why"] for line in left} == {"others say the same"}
    assert done.counts["left out: others say the same"] == len(left) >= len(whole) - len(rows)
    assert f"| others say the same | {len(left)} |" in (tmp_path / "out" / "README.md").read_text()


def test_walks_are_whole_and_in_turns(made: dict[str, Path]) -> None:
    for row in rows_of(made["adp"]):
        kinds = [item["class_"] for item in row["content"]]
        assert kinds[0] == "text_observation"
        assert kinds[1::2] == ["image_observation"] * len(row["images"])
        assert {item["content"] for item in row["content"] if item["class_"] == "image_observation"} == set(
            row["images"]
        )


def test_a_tree_in_words_has_the_place_where_something_is_done(made: dict[str, Path]) -> None:
    for row in rows_of(made["text"]):
        action = json.loads(row["messages"][-1]["content"].splitlines()[-1])
        if "x" in action:
            assert f"({action['x']},{action['y']}) " in row["messages"][1]["content"]


def test_a_folder_that_holds_something_else_is_left_alone(curated: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    for out in (tmp_path, tmp_path / "thesis.txt"):
        with pytest.raises(ConfigurationError, match="expected a"):
            export(str(curated), "demo", "trl-sft", out)
    (tmp_path / "manifest.json").write_text('{"made_by": "someone else"}')
    with pytest.raises(ConfigurationError, match="expected an empty folder"):
        export(str(curated), "demo", "trl-sft", tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["manifest.json", "thesis.txt"]


def test_what_is_not_there_is_named_with_what_is(curated: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"unknown format .csv.; there are .*trl-grpo, trl-prm, verl-rl"):
        export(str(curated), "demo", "csv", tmp_path / "out")
    with pytest.raises(ConfigurationError, match="no curation 'other' in the lake; there are demo"):
        export(str(curated), "other", "trl-sft", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_row_that_gets_lost_publishes_nothing(curated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    merged = shards.merged
    monkeypatch.setattr(shards, "merged", lambda parts, *, apart: merged(parts, apart=apart).slice(1))
    with pytest.raises(LedgerError, match=r"rows in, .* rows out; nothing published"):
        export(str(curated), "demo", "trl-sft", tmp_path / "out", same=1_000)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("stray", [".train-00000.parquet.part", "half.part", "notes.txt", "images/.a.png.part"])
def test_what_is_no_whole_file_is_not_published(
    curated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stray: str
) -> None:
    write = shards.ParquetShards.write

    def leaving(self: shards.ParquetShards, path: Path, rows: pa.Table) -> None:
        write(self, path, rows)
        if path.parent.name == "data":
            shards.write_local(path.parent / stray, b"half")

    monkeypatch.setattr(shards.ParquetShards, "write", leaving)
    with pytest.raises(LakeError, match="expected whole files of the dataset"):
        export(str(curated), "demo", "trl-sft", tmp_path / "out", same=1_000)
    assert not (tmp_path / "out").exists()


def test_a_dataset_without_a_row_is_an_error_that_says_why_and_leaves_what_was_there(
    made: dict[str, Path], ingested: Path, copy_of: CopyOf, tmp_path: Path
) -> None:
    lake = copy_of(ingested)
    curate(lake.url, "bare")
    out = tmp_path / "out"
    for _ in range(2):
        with pytest.raises(LakeError, match=r"no row of curation bare is one of trl-sft.* are dropped: no instruction"):
            export(lake.url, "bare", "trl-sft", out, replaces=True)
        assert [path.name for path in tmp_path.iterdir() if path.name != "lake"] == (["out"] if out.exists() else [])
        if not out.exists():
            shutil.copytree(made["trl-sft"], out)
    assert contents(out) == contents(made["trl-sft"])


@pytest.mark.slow
def test_another_dataset_is_replaced_only_where_that_is_asked_for(
    made: dict[str, Path], curated: Path, copy_of: CopyOf, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    lake = copy_of(curated).url
    curate(lake, "second")
    export(lake, "demo", "trl-sft", out, same=1_000)
    for name, form in (("demo", "trl-kto"), ("second", "trl-sft")):
        with pytest.raises(ConfigurationError, match=f"expected an earlier {form} of curation {name} of this lake"):
            export(lake, name, form, out)
    assert (
        contents(out)["data/train-00000-of-00001.parquet"]
        == contents(made["trl-sft"])["data/train-00000-of-00001.parquet"]
    )
    export(lake, "demo", "trl-kto", out, replaces=True)
    assert json.loads((out / "manifest.json").read_text())["format"] == "trl-kto"
    export(lake, "demo", "trl-kto", out)


def test_a_dataset_of_another_lake_is_not_replaced(made: dict[str, Path], tmp_path: Path) -> None:
    record(tmp_path / "traces", WALKS[0], run_id="cd" * 16)
    lake = str(tmp_path / "lake")
    ingest(tmp_path / "traces", lake)
    annotate(lake, make_fake_backend)
    curate(lake, "demo")
    out = tmp_path / "out"
    shutil.copytree(made["trl-sft"], out)
    with pytest.raises(ConfigurationError, match=r"found one of another lake: .* episodes that this"):
        export(lake, "demo", "trl-sft", out)
    assert contents(out) == contents(made["trl-sft"])


def test_the_lake_is_no_place_for_a_dataset(curated: Path, copy_of: CopyOf) -> None:
    lake = copy_of(curated)
    for out in (Path(lake.url), Path(lake.url) / "steps", Path(lake.url) / "datasets" / "one"):
        with pytest.raises(ConfigurationError, match="expected a folder outside of the lake"):
            export(lake.url, "demo", "trl-sft", out)
    assert not (Path(lake.url) / "datasets").exists()
    with pytest.raises((ConfigurationError, LakeError), match="found"):
        export(lake.url, "demo", "trl-sft", Path("/dev/null/x"))


@pytest.mark.slow
def test_after_a_curation_that_failed_the_one_before_is_exported_only_where_that_is_asked_for(
    made: dict[str, Path], curated: Path, copy_of: CopyOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = copy_of(curated).url
    with monkeypatch.context() as patch:
        patch.setattr("pipelines.curate.settling.ledger.conserved", _failing)
        with pytest.raises(LakeError):
            curate(lake, "demo", CurationConfig(lowest_score=4.0))
    with pytest.raises(LakeError, match=r"a curation demo began .* is not finished: .*disk is full.*--earlier"):
        export(lake, "demo", "trl-sft", tmp_path / "out", same=1_000)
    assert not (tmp_path / "out").exists()
    done = export(lake, "demo", "trl-sft", tmp_path / "out", same=1_000, earlier=True)
    assert contents(tmp_path / "out") == contents(made["trl-sft"])
    assert any(note.startswith("curation demo of ") and "version 1 of decisions" in note for note in done.notes)
    curate(lake, "other")
    with pytest.raises(LakeError, match="a curation demo began"):
        export(lake, "demo", "trl-sft", tmp_path / "out", same=1_000)
    curate(lake, "demo")
    export(lake, "demo", "trl-sft", tmp_path / "out", same=1_000)


def _failing(*_: object, **__: object) -> None:
    raise LakeError("the disk is full")


def test_a_curation_that_was_done_again_is_of_the_time_of_the_first(
    made: dict[str, Path], curated: Path, copy_of: CopyOf, tmp_path: Path
) -> None:
    lake = copy_of(curated).url
    curate(lake, "demo")
    export(lake, "demo", "trl-sft", tmp_path / "out", same=1_000)
    assert contents(tmp_path / "out") == contents(made["trl-sft"])


def test_nothing_is_written_into_the_lake_but_a_row_of_the_log_and_without_that_it_says_so(
    made: dict[str, Path], curated: Path, copy_of: CopyOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = copy_of(curated).url
    before = contents(Path(lake))

    def refused(*_: object, **__: object) -> None:
        raise LakeError("Read-only file system")

    monkeypatch.setattr("pipelines.running.jobs.write_rows", refused)
    done = export(lake, "demo", "trl-sft", tmp_path / "out", same=1_000)
    assert contents(Path(lake)) == before
    assert any("not in the lake's log of runs: Read-only file system" in note for note in done.notes)
    assert contents(tmp_path / "out") == contents(made["trl-sft"])


def test_a_link_to_a_folder_stays_one(made: dict[str, Path], curated: Path, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "loop").symlink_to("loop")
    for _ in range(2):
        export(str(curated), "demo", "trl-sft", tmp_path / "link", same=1_000)
    assert (tmp_path / "link").is_symlink()
    assert contents(tmp_path / "real") == contents(made["trl-sft"])
    with pytest.raises(ConfigurationError, match="expected a folder for the dataset, found"):
        export(str(curated), "demo", "trl-sft", tmp_path / "loop")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "loop", "real"]


def test_what_killed_exports_to_the_same_place_have_left_goes(curated: Path, tmp_path: Path) -> None:
    left = tmp_path / f".out.{'0' * 12}.part"
    other = tmp_path / f".out2.{'0' * 12}.part"
    for folder in (left, other):
        (folder / "data").mkdir(parents=True)
    export(str(curated), "demo", "trl-sft", tmp_path / "out", same=1_000)
    assert sorted(path.name for path in tmp_path.iterdir()) == [other.name, "out"]


def test_images_are_the_recorded_files(made: dict[str, Path], curated: Path) -> None:
    known = {
        hashlib.sha256(row["image"]["bytes"]).hexdigest()
        for row in open_lake(str(curated)).snapshot().read("screens").to_pylist()
    }
    for name in NAMES:
        pictures = [image for row in rows_of(made[name]) for image in row.get("images", ())]
        for image in pictures:
            data = (made[name] / image).read_bytes() if isinstance(image, str) else image["bytes"]
            assert hashlib.sha256(data).hexdigest() in known
            assert Image.open(io.BytesIO(data)).format == "PNG"


@pytest.mark.parametrize("damaged", ["parts/*.parquet", "data/*.parquet", "work/counted/00003.json"])
def test_what_a_killed_export_left_and_is_another_now_is_done_again(
    made: dict[str, Path], curated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damaged: str
) -> None:
    def killed(*_: object) -> None:
        raise LakeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr("pipelines.export.job.publish", killed)
        with pytest.raises(LakeError, match="killed"):
            export(str(curated), "demo", "trl-sft", tmp_path / "out", same=1_000)
    (left,) = tmp_path.iterdir()
    for path in left.glob(damaged):
        was = path.read_bytes()
        path.write_bytes(was[:-30] + bytes([was[-30] ^ 1]) + was[-29:])
    export(str(curated), "demo", "trl-sft", tmp_path / "out", same=1_000)
    assert contents(tmp_path / "out") == contents(made["trl-sft"])


@pytest.mark.parametrize("stage", ["made", "counted", "parts", "data"])
def test_a_job_that_was_killed_goes_on_where_it_was(
    made: dict[str, Path], curated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    leave, write, left = Work.leave, shards.ParquetShards.write, list[str]()

    def dying(self: Work, bucket: int, report: Report, *, stage: str = "reports") -> None:
        if stage == dies and bucket == 9:
            raise LakeError("killed")
        leave(self, bucket, report, stage=stage)
        left.extend([f"{stage} {bucket}"] if stage in ("made", "counted", "parts") else [])

    def writing(self: shards.ParquetShards, path: Path, rows: pa.Table) -> None:
        if path.parent.name == dies == "data":
            raise LakeError("killed")
        write(self, path, rows)

    monkeypatch.setattr(Work, "leave", dying)
    monkeypatch.setattr(shards.ParquetShards, "write", writing)
    dies = stage
    with pytest.raises(LakeError, match="killed"):
        export(str(curated), "demo", "trl-sft", tmp_path / "out", same=1_000)
    assert not (tmp_path / "out").exists()
    dies = ""
    export(str(curated), "demo", "trl-sft", tmp_path / "out", same=1_000)
    assert sorted(left) == sorted(set(left)), "what was done is not done again"
    assert contents(tmp_path / "out") == contents(made["trl-sft"])
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
