"""Broken input, a full disk, killed processes: what is lost is in the ledger, and the next run gives the same bytes."""

import contextlib
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from pipelines.annotate.job import annotate
from pipelines.compose.verified import verified_parts
from pipelines.curate.benchmarks import read_benchmarks
from pipelines.curate.config import CurationConfig
from pipelines.curate.job import curate
from pipelines.export.job import export
from pipelines.ingest.job import ingest
from pipelines.lake.delta import Lake, open_lake, write_rows
from schemas.arrow import from_row, table_of
from schemas.errors import LakeError, SchemaError
from schemas.opinions import Label
from tests.pipelines import recorded
from tests.pipelines.fake_backend import make_fake_backend
from tests.pipelines.recorded import WALKS, record_all

ROOT = Path(__file__).parents[2]
CopyOf = Callable[[Path], Lake]


def rows_of(lake: Lake, name: str = "demo") -> pl.DataFrame:
    return pl.DataFrame(lake.snapshot().read("decisions", curation=name)).drop("curation")


def rejects(lake: Lake) -> list[dict[str, str]]:
    found: list[dict[str, str]] = lake.snapshot().read("rejects").to_pylist()
    return found


def damage(lake: Lake, table: str) -> str:
    """Turns bytes in the middle of a table's first file, and returns its path."""
    file = lake.snapshot().files_of(table)[0]
    path = Path(lake.url) / file.path
    data = bytearray(path.read_bytes())
    data[40:80] = bytes(255 - byte for byte in data[40:80])
    path.write_bytes(data)
    return file.path


@contextlib.contextmanager
def full_disk(size: int) -> Iterator[None]:
    """No file can grow beyond that size."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


JOBS: dict[str, Callable[[Lake, Path], object]] = {
    "ingest": lambda lake, out: ingest(record_all(out / f"traces-{uuid.uuid4().hex}"), lake.url),
    "annotate": lambda lake, _: annotate(lake.url, make_fake_backend),
    "curate": lambda lake, _: curate(lake.url, "again", CurationConfig(exact_duplicates=False)),
    "export": lambda lake, out: export(lake.url, "demo", "trl-sft", out / "out"),
    "compose": lambda lake, _: verified_parts(lake.snapshot(), read_benchmarks([]), words=8, curation=None),
}
READ_BY = {
    "trajectories": ("ingest", "annotate", "curate", "export", "compose"),
    "steps": ("ingest", "curate", "export", "compose"),
    "screens": ("curate", "export"),
    "trees": ("curate",),
    "instructions": ("curate", "export", "compose"),
    "labels": ("annotate", "curate", "compose"),
    "states": ("curate",),
    "decisions": ("export",),
}
"""The jobs that read a table of a lake in which there is nothing new."""


@pytest.mark.parametrize(
    ("table", "verb"),
    [
        pytest.param(table, verb, marks=[pytest.mark.slow] if at else [])
        for table, verbs in READ_BY.items()
        for at, verb in enumerate(verbs)
    ],
)
def test_a_changed_bit_ends_the_job_that_meets_it_and_the_file_is_named(
    curated: Path, copy_of: CopyOf, tmp_path: Path, table: str, verb: str
) -> None:
    lake = copy_of(curated)
    shutil.rmtree(Path(lake.url) / "_kept")
    if table == "screens":  # their fingerprints are found again
        _forget(lake, "fingerprints")
    files = lake.snapshot().files_of(table) if table == "screens" else lake.snapshot().files_of(table)[:1]
    whole = {file.path: (Path(lake.url) / file.path).read_bytes() for file in files}
    for path, data in whole.items():
        # An image is held against its id when it is used, so each of them gets one.
        places = [at.start() + 9 for at in re.finditer(b"IDAT", data)] if table == "screens" else [len(data) // 3]
        changed = bytearray(data)
        for place in places:
            changed[place] ^= 16
        (Path(lake.url) / path).write_bytes(changed)
    before = lake.snapshot().versions
    with pytest.raises(LakeError, match="|".join(whole)):
        JOBS[verb](lake, tmp_path)
    assert lake.snapshot().versions == before
    assert not (tmp_path / "out").exists()
    for path, data in whole.items():
        (Path(lake.url) / path).write_bytes(data)
    JOBS[verb](lake, tmp_path)


def _forget(lake: Lake, table: str) -> None:
    snapshot = lake.snapshot()
    lake.commit(snapshot, table, job="forget", writer="forget", add=(), remove=snapshot.files[table])


def test_a_kept_bucket_is_not_taken_for_what_it_was_made_from_when_that_has_changed(
    curated: Path, copy_of: CopyOf
) -> None:
    lake = copy_of(curated)
    path = damage(lake, "labels")
    with pytest.raises(LakeError, match=path):
        curate(lake.url, "demo")


@pytest.mark.slow
def test_a_file_of_another_size_or_none_is_damaged_too(curated: Path, copy_of: CopyOf) -> None:
    lake = copy_of(curated)
    for table in ("labels", "screens"):
        path = lake.snapshot().files_of(table)[0].path
        file = Path(lake.url) / path
        whole = file.read_bytes()
        file.write_bytes(whole[:100])
        with pytest.raises(LakeError, match=path):
            curate(lake.url, "with")
        file.unlink()
        with pytest.raises(LakeError, match=path):
            curate(lake.url, "with")
        file.write_bytes(whole)
    curate(lake.url, "with")


def test_what_decides_on_sides_must_be_whole(curated: Path, copy_of: CopyOf) -> None:
    lake = copy_of(curated)
    path = lake.snapshot().files_of("decisions")[0].path
    (Path(lake.url) / path).write_bytes(b"")
    with pytest.raises(LakeError, match=f"{path}: expected a data file of the lake"):
        curate(lake.url, "demo", CurationConfig(test=0.5))


def test_an_episode_that_misses_something_waits_for_it(ingested: Path, copy_of: CopyOf) -> None:
    lake = copy_of(ingested)
    file = lake.snapshot().files_of("trees")[0]
    lake.commit(lake.snapshot(), "trees", job="lose", writer="lose", add=(), remove=(file,))
    done = annotate(lake.url, make_fake_backend)
    missing = done.counts["trajectories that miss something"]
    assert (missing + done.counts["trajectories"], missing > 0) == (len(WALKS), True)
    assert {one["rule"] for one in rejects(lake)} == {"incomplete episode"}
    lake.commit(lake.snapshot(), "trees", job="find", writer="find", add=(file,))
    again = annotate(lake.url, make_fake_backend)
    assert (again.counts["trajectories"], again.counts["trajectories that miss something"]) == (missing, 0)


def test_a_screen_that_is_missing_because_its_file_is_damaged_is_no_incomplete_episode(
    ingested: Path, copy_of: CopyOf
) -> None:
    lake = copy_of(ingested)
    file = lake.snapshot().files_of("screens")[0]
    path = Path(lake.url) / file.path
    whole = path.read_bytes()
    ids = lake.snapshot().only(file).read("screens", columns=["screen"])
    for place in range(4, len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with contextlib.suppress(LakeError, SchemaError):
            if lake.snapshot().only(file).read("screens", columns=["screen"]) != ids:
                break
    else:
        pytest.fail("a changed bit that makes another id: found none")
    with pytest.raises(LakeError, match=file.path):
        annotate(lake.url, make_fake_backend)
    assert rejects(lake) == []


@pytest.mark.slow
def test_a_truncated_image_is_no_target_and_its_screen_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = recorded.screenshot

    def broken(place: str, *, text: str = "", **more: object) -> bytes:
        data = whole(place, text=text, **more)  # type: ignore[arg-type]
        return data[: len(data) // 2] if place == "/books" else data

    monkeypatch.setattr(recorded, "screenshot", broken)
    lake = open_lake(_filled(record_all(tmp_path / "traces"), tmp_path / "lake"))
    curate(lake.url, "demo")
    named = {one["subject"] for one in rejects(lake) if one["rule"] == "screen can't be decoded"}
    assert len(named) == 1
    rows = rows_of(lake)
    lost = rows.filter(rule="screen can't be read")
    assert lost.height > 0
    steps = {(row["trajectory_id"], row["step_index"]): row for row in lake.snapshot().read("steps").to_pylist()}
    held = rows.filter(pl.col("split").is_not_null()).select("trajectory_id", "step_index").rows()
    assert named.isdisjoint(steps[one]["before"]["screen"] for one in held)
    export(lake.url, "demo", "trl-sft", tmp_path / "out")


def _filled(traces: Path, lake: Path) -> str:
    ingest(traces, str(lake))
    annotate(str(lake), make_fake_backend)
    return str(lake)


def test_labels_for_what_is_not_there_are_in_the_ledger_and_change_nothing(curated: Path, copy_of: CopyOf) -> None:
    lake = copy_of(curated)
    snapshot = lake.snapshot()
    label = next(
        from_row(Label, row) for row in snapshot.read("labels").to_pylist() if row["instruction_id"] is not None
    )
    bucket = next(file.bucket for file in snapshot.files_of("labels") if _holds(lake, file.bucket, label))
    strays = [
        replace(label, label_id="no step", first_step=99, last_step=99),
        replace(label, label_id="no instruction", instruction_id="0" * 32, verdict="harmful"),
        replace(label, label_id="no episode", trajectory_id="f" * 32),
    ]
    file = write_rows(lake.url, "labels", table_of(Label, strays), bucket=bucket)
    lake.commit(snapshot, "labels", job="strays", writer="strays", add=[file])
    curate(lake.url, "with")
    assert {one["subject"]: one["rule"] for one in rejects(lake)} == {
        "no step": "label for a step that does not exist",
        "no instruction": "label for an instruction that does not exist",
        "no episode": "label for an episode that does not exist",
    }
    assert rows_of(lake, "with").equals(rows_of(lake))


def _holds(lake: Lake, bucket: int, label: Label) -> bool:
    held: pa.Table = lake.snapshot().read("labels", bucket=bucket)
    return label.label_id in held["label_id"].to_pylist()


@pytest.mark.slow
@pytest.mark.parametrize("size", [150, 5_000])
def test_a_full_disk_is_an_error_and_the_next_run_gives_the_same(
    ingested: Path, curated: Path, copy_of: CopyOf, size: int
) -> None:
    lake = copy_of(ingested)
    annotate(lake.url, make_fake_backend)
    with full_disk(size), pytest.raises(LakeError, match=r"found|failed"):
        curate(lake.url, "demo")
    assert lake.snapshot().rows("decisions") == 0
    curate(lake.url, "demo")
    tables = ("states", "fingerprints", "edges", "decisions")
    assert [_paths(lake, table) for table in tables] == [_paths(open_lake(str(curated)), table) for table in tables]


def _paths(lake: Lake, table: str) -> set[str]:
    return {file.path for file in lake.snapshot().files_of(table)}


def test_a_full_disk_leaves_no_dataset(curated: Path, copy_of: CopyOf, tmp_path: Path) -> None:
    lake = copy_of(curated)
    with full_disk(4_000), pytest.raises(LakeError, match="expected to write"):
        export(lake.url, "demo", "trl-sft", tmp_path / "out")
    assert not (tmp_path / "out").exists()
    export(lake.url, "demo", "trl-sft", tmp_path / "out")
    export(str(curated), "demo", "trl-sft", tmp_path / "other")
    assert [one.read_bytes() for one in sorted((tmp_path / "out" / "data").iterdir())] == [
        one.read_bytes() for one in sorted((tmp_path / "other" / "data").iterdir())
    ]


@pytest.mark.slow
def test_half_and_half_is_the_whole(curated: Path, tmp_path: Path) -> None:
    config = CurationConfig(test=0.0)
    lake = open_lake(_filled(record_all(tmp_path / "first", WALKS[:3]), tmp_path / "lake"))
    curate(lake.url, "demo", config)
    _filled(record_all(tmp_path / "second", WALKS[3:]), tmp_path / "lake")
    curate(lake.url, "demo", config)
    full = open_lake(_filled(record_all(tmp_path / "all"), tmp_path / "other"))
    curate(full.url, "demo", config)
    assert rows_of(lake).equals(rows_of(full))
    assert rows_of(full).height == rows_of(open_lake(str(curated))).height


@pytest.mark.slow
def test_a_killed_worker_is_an_error_and_the_next_run_does_the_rest(
    ingested: Path, curated: Path, copy_of: CopyOf
) -> None:
    lake = copy_of(ingested)
    flags = ("--direct_running_mode", "multi_processing", "--direct_num_workers", "2")
    killing = _killing_a_child_with("sdk_worker_main")
    with killing, pytest.raises(LakeError, match="it was killed"):
        annotate(lake.url, make_fake_backend, flags=flags)
    assert lake.snapshot().rows("labels") == 0
    annotate(lake.url, make_fake_backend)
    assert _paths(lake, "labels") == _paths(open_lake(str(curated)), "labels")


@contextlib.contextmanager
def _killing_a_child_with(word: str) -> Iterator[None]:
    """Kills the first child whose command line has the word."""
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(0.05):
            for listed in Path("/proc/self/task").glob("*/children"):
                with contextlib.suppress(OSError):
                    for child in listed.read_text().split():
                        if word.encode() in Path(f"/proc/{child}/cmdline").read_bytes():
                            os.kill(int(child), signal.SIGKILL)
                            return

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


ANNOTATE_AND_CURATE = """
import sys
from pipelines.annotate.job import annotate
from pipelines.curate.job import curate
from tests.pipelines.fake_backend import make_fake_backend

annotate(sys.argv[1], make_fake_backend)
curate(sys.argv[1], "demo")
"""


@pytest.mark.slow
def test_jobs_that_are_killed_twice_give_the_same_bytes(ingested: Path, curated: Path, copy_of: CopyOf) -> None:
    """`make engines` does it at random moments, with all four jobs."""
    lake = copy_of(ingested)
    command = [sys.executable, "-c", ANNOTATE_AND_CURATE, lake.url]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for landmark in ("labels/bucket=*", "_work/curate-*/keyed"):
        with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL) as job:
            while job.poll() is None and not list(Path(lake.url).glob(landmark)):
                time.sleep(0.01)
            job.kill()
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    for table in ("states", "instructions", "labels", "fingerprints", "decisions", "edges"):
        assert _paths(lake, table) == _paths(open_lake(str(curated)), table)
