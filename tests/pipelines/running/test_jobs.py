import contextlib
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from pipelines.lake.delta import DataFile, create_lake, write_rows
from pipelines.lake.sql import connect
from pipelines.running.jobs import begin
from pipelines.running.work import Report
from schemas.arrow import table_of
from schemas.errors import LakeError
from schemas.opinions import Label

ROOT = Path(__file__).parents[3]


def test_a_job_is_known_by_its_configuration_and_what_it_reads(tmp_path: Path) -> None:
    lake = create_lake(str(tmp_path / "lake"))
    one = begin(lake, "test", {"a": 1}, reads=("steps",))
    assert begin(lake, "test", {"a": 1}, reads=("steps",)).work.job == one.work.job
    assert begin(lake, "test", {"a": 2}, reads=("steps",)).work.job != one.work.job
    assert begin(lake, "other", {"a": 1}, reads=("steps",)).work.job != one.work.job


def test_two_jobs_of_one_writer_are_not_at_work_at_once(tmp_path: Path) -> None:
    lake = create_lake(str(tmp_path / "lake"))
    command = [sys.executable, "-c", HOLDER, lake.url]
    with subprocess.Popen(command, cwd=ROOT, stdin=-1, stdout=-1, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "begun\n"
        for about in ("first", "second"):
            with pytest.raises(LakeError, match="another curate is at work in it; nothing was done: run this"):
                begin(lake, "curate", {}, reads=("steps",), order=("decisions",), about=about)
        begin(lake, "annotate", {}, reads=("steps",), order=("labels",), writer="annotate rules 1")
        begin(lake, "export", {"format": "b"}, reads=("steps",))
        with pytest.raises(LakeError, match="the same export is at work"):
            begin(lake, "export", {"format": "a"}, reads=("steps",))
        other.kill()
    begin(lake, "curate", {}, reads=("steps",), order=("decisions",), about="first")


HOLDER = """
import sys
from pipelines.lake.delta import open_lake
from pipelines.running.jobs import begin
lake = open_lake(sys.argv[1])
jobs = [
    begin(lake, "curate", {}, reads=("steps",), order=("decisions",), about="first"),
    begin(lake, "export", {"format": "a"}, reads=("steps",)),
]
print("begun", flush=True)
sys.stdin.read()
"""


def label(name: str) -> pa.Table:
    nothing = dict.fromkeys(("instruction_id", "other_id", "screen", "score", "rule", "call_id"))
    said = {
        "verdict": "good",
        "reason": "it fits",
        "labeler": "test",
        "labeler_version": "1",
        "sample": 0,
        "input": "x",
    }
    place = {"trajectory_id": "a" * 32, "subject": "step", "first_step": 0, "last_step": 0}
    return table_of(Label, [Label(label_id=name, **place, **said, **nothing)])


def test_what_a_commit_replaced_and_dead_jobs_left_goes_when_nobody_reads(tmp_path: Path) -> None:
    lake = create_lake(str(tmp_path / "lake"))
    work = Path(lake.url) / "_work"
    left = [f"test-{'a' * 32}", f"export-{'b' * 32}", f"annotate-{'c' * 32}", f"calls-{'d' * 32}"]
    for name in left:
        (work / name).mkdir(parents=True)
    files: list[DataFile] = []
    for name in ("one", "two"):
        job = begin(lake, "test", {"name": name}, reads=("labels",), order=("labels",))
        added = write_rows(lake.url, "labels", label(name), bucket=0)
        with contextlib.closing(connect(lake)) if name == "two" else contextlib.nullcontext():
            job.finish([Report((added,), tuple(files))])
        files.append(added)
    assert {path.name for path in work.iterdir()} == set(left[2:])
    for name in left[2:]:  # of these nobody knows whether they are gone on with
        (work / name).rmdir()
    held = sorted((Path(lake.url) / "labels").rglob("*.parquet"))
    assert len(held) == 2, "somebody was reading"
    job = begin(lake, "test", {"name": "three"}, reads=("labels",), order=("labels",))
    job.finish([Report((write_rows(lake.url, "labels", label("three"), bucket=0),), (files[1],))])
    there = {path.relative_to(lake.url).as_posix() for path in (Path(lake.url) / "labels").rglob("*.parquet")}
    assert files[1].path not in there
    assert lake.snapshot().read("labels")["label_id"].to_pylist() == ["three"]
