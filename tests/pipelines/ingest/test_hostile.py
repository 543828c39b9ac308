"""What is no trace, or says what no trace can say, is a row that says why; no other episode suffers."""

import json
import os
import shutil
import socket
import zipfile
from pathlib import Path
from typing import Any

import pytest

from pipelines.annotate.job import annotate
from pipelines.curate.job import curate
from pipelines.ingest.job import ingest
from pipelines.lake.delta import open_lake
from schemas.traces import LINES, SEALED, find_traces
from tests.pipelines.fake_backend import make_fake_backend
from tests.pipelines.recorded import WALKS, record

FACTS = ("trajectories", "steps", "screens", "trees")


def facts(lake: Path) -> dict[str, list[Any]]:
    snapshot = open_lake(str(lake)).snapshot()
    return {table: snapshot.read(table).to_pylist() for table in FACTS}


def rejects(lake: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = open_lake(str(lake)).snapshot().read("rejects").to_pylist()
    return rows


def changed(source: Path, target: Path, edit: Any) -> Path:
    """A sealed trace of which `edit` changes the lines, each as JSON."""
    with zipfile.ZipFile(source) as archive, zipfile.ZipFile(target, "w") as other:
        for name in archive.namelist():
            data = archive.read(name)
            if name == LINES:
                lines = [json.loads(line) for line in data.splitlines()]
                edit(lines)
                data = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
            other.writestr(name, data)
    return target


def test_what_is_no_file_is_refused_by_name_and_nothing_is_waited_for(
    traces: Path, ingested: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(traces, tmp_path / "traces")
    os.mkfifo(folder / f"pipe{SEALED}")
    (folder / "a").mkdir()
    os.mkfifo(folder / "a" / LINES)
    (folder / "b" / LINES).mkdir(parents=True)
    (folder / f"folder{SEALED}").mkdir()
    (folder / f"device{SEALED}").symlink_to("/dev/zero")
    (folder / f"gone{SEALED}").symlink_to("nothing")
    (folder / f"loop{SEALED}").symlink_to(f"loop{SEALED}")
    (folder / "up").symlink_to(folder)
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff\xfe.trace.zip")).write_bytes(b"PK no zip")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / f"s{SEALED}"))
        done = ingest(folder, str(tmp_path / "lake"))
    assert done.counts["traces"] == len(WALKS) + 9
    assert done.counts["traces rejected"] == 9
    assert facts(tmp_path / "lake") == facts(ingested)
    rows = rejects(tmp_path / "lake")
    assert len(rows) == 9
    assert all(row["rule"] == "unreadable" and "expected" in row["reason"] for row in rows)
    assert len(done.notes) == 9


NUMBERS = (-1e20, 1e300, 10**19, "1e400", "NaN", "-Infinity", 12345678901234567890123456789012345678901234567890)


@pytest.mark.slow
def test_numbers_that_no_screen_has_end_no_run(traces: Path, ingested: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(traces, tmp_path / "traces")
    for place, number in enumerate(NUMBERS):
        source = record(tmp_path / "more", WALKS[0], run_id=f"{place:02x}" * 16)

        def edit(lines: list[Any], number: Any = number) -> None:
            next(line for line in lines if line["line"] == "action")["choice"]["target"]["box"]["x"] = number

        target = changed(source, folder / f"huge{place}{SEALED}", edit)
        if isinstance(number, str):  # as JSON has no such number, and others write it
            with zipfile.ZipFile(source) as archive:
                members = {name: archive.read(name) for name in archive.namelist()}
            members[LINES] = members[LINES].replace(b'"x":10,', f'"x":{number},'.encode(), 1)
            with zipfile.ZipFile(target, "w") as archive:
                for name, data in members.items():
                    archive.writestr(name, data)
    lake = tmp_path / "lake"
    done = ingest(folder, str(lake))
    assert done.counts["traces rejected"] == len(NUMBERS)
    assert facts(lake) == facts(ingested)
    assert annotate(str(lake), make_fake_backend).counts["trajectories"] == len(WALKS)
    curate(str(lake), "demo")


@pytest.mark.parametrize("name", ["a..xx", "episode-12", "AB" * 16, "ab" * 15])
def test_an_id_that_is_no_key_ends_no_run(traces: Path, ingested: Path, tmp_path: Path, name: str) -> None:
    folder = shutil.copytree(traces, tmp_path / "traces")
    source = record(tmp_path / "more", WALKS[0], run_id="cd" * 16)
    changed(source, folder / f"named{SEALED}", lambda lines: lines[0]["start"].update(trajectory_id=name))
    done = ingest(folder, str(tmp_path / "lake"))
    assert done.counts["traces rejected"] == 1
    assert "expected a trajectory id of 32 hexadecimal digits, found" in rejects(tmp_path / "lake")[0]["reason"]
    assert facts(tmp_path / "lake") == facts(ingested)


def test_a_picture_whose_head_says_too_much_is_a_row(traces: Path, ingested: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(traces, tmp_path / "traces")
    trace = record(folder, WALKS[0], run_id="cd" * 16, keep_open_after=1)
    from schemas.keys import content_id

    screen = min((trace / "screens").iterdir())
    data = screen.read_bytes()
    bomb = data[:16] + (60_000).to_bytes(4, "big") * 2 + data[24:]
    (screen.parent / f"{content_id(bomb)}.png").write_bytes(bomb)
    lines = (trace / LINES).read_bytes().replace(screen.stem.encode(), content_id(bomb).encode())
    (trace / LINES).write_bytes(lines)
    done = ingest(folder, str(tmp_path / "lake"))
    assert done.counts["traces rejected"] == 1
    assert [row["rule"] for row in rejects(tmp_path / "lake")] == ["damaged"]
    assert facts(tmp_path / "lake") == facts(ingested)


@pytest.mark.parametrize("case", ["huge_box"])
def test_the_shared_case_is_refused(traces: Path, tmp_path: Path, case: str) -> None:
    script = Path(__file__).parents[4] / "shared" / "cases" / "data" / f"{case}.py"
    if not script.exists():
        pytest.skip("the shared cases are not there")
    import runpy
    import sys

    arguments = sys.argv
    sys.argv = [str(script), str(next(find_traces(traces))), str(tmp_path / "traces")]
    try:
        runpy.run_path(str(script), run_name="__main__")
    finally:
        sys.argv = arguments
    done = ingest(tmp_path / "traces", str(tmp_path / "lake"))
    assert done.counts["traces rejected"] == 1
    (row,) = rejects(tmp_path / "lake")
    assert "Choice.target.box.x: expected a number within" in row["reason"]
