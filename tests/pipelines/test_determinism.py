"""The same traces give the same bytes: in other processes, other folders, another order, with other workers."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.engines import servers
from schemas.tables import TABLES
from schemas.traces import find_traces

ROOT = Path(__file__).parents[2]
CURATED = re.compile(rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC")
FORMATS = ("trl-sft", "trl-kto", "trl-dpo", "verl-rl")
SCRIPT = """
import sys
from pathlib import Path
from pipelines.annotate.job import annotate
from pipelines.curate.job import curate
from pipelines.export.job import export
from pipelines.ingest.job import ingest
from tests.pipelines.fake_backend import make_fake_backend

traces, out, *flags = sys.argv[1:]
lake = str(Path(out) / "lake")
ingest(Path(traces), lake, flags=flags)
annotate(lake, make_fake_backend, flags=flags)
curate(lake, "demo", flags=flags)
for name in ("trl-sft", "trl-kto", "trl-dpo", "verl-rl"):
    export(lake, "demo", name, Path(out) / name, flags=flags)
"""


def run(traces: Path, out: Path, *, seed: str, flags: tuple[str, ...] = ()) -> dict[str, str]:
    """All four jobs in a fresh process; the sha256 of every data file, card and manifest by its path."""
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
    out.mkdir(parents=True)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(traces), str(out), *flags],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return digests(out)


def digests(out: Path) -> dict[str, str]:
    files = [path for table in TABLES if table != "runs" for path in (out / "lake" / table).rglob("*.parquet")]
    files += [path for name in FORMATS for path in (out / name).rglob("*") if path.is_file()]
    # The log tells when a curation began, and card and manifest say it after it: it is another moment in each lake.
    data = {path.relative_to(out).as_posix(): CURATED.sub(b"when", path.read_bytes()) for path in files}
    return {name: hashlib.sha256(content).hexdigest() for name, content in data.items()}


def renamed(traces: Path, folder: Path) -> Path:
    """The same traces under other names, in another order, in folders."""
    for number, trace in enumerate(reversed(list(find_traces(traces)))):
        (folder / f"night {number % 2}").mkdir(parents=True, exist_ok=True)
        shutil.copy(trace, folder / f"night {number % 2}" / f"{number:02d}.trace.zip")
    return folder


@pytest.fixture(scope="module")
def expected(traces: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return run(traces, tmp_path_factory.mktemp("zero") / "out", seed="0")


@pytest.mark.slow
def test_there_is_something_to_compare(expected: dict[str, str]) -> None:
    tables = {name.split("/")[1] for name in expected if name.startswith("lake/")}
    facts, opinions = {"trajectories", "steps", "screens", "trees"}, {"instructions", "labels"}
    assert tables == facts | opinions | {"states", "fingerprints", "decisions", "edges"}
    assert {name.split("/")[0] for name in expected} == {"lake", *FORMATS}


@pytest.mark.slow
@pytest.mark.parametrize("seed", ["1", "2"])
def test_hash_seed_folder_and_the_names_of_traces_change_no_byte(
    traces: Path, expected: dict[str, str], tmp_path: Path, seed: str
) -> None:
    assert run(renamed(traces, tmp_path / "traces"), tmp_path / "elsewhere", seed=seed) == expected


@pytest.mark.slow
def test_two_worker_processes_change_no_byte(traces: Path, expected: dict[str, str], tmp_path: Path) -> None:
    flags = ("--direct_running_mode", "multi_processing", "--direct_num_workers", "2")
    assert run(traces, tmp_path / "out", seed="3", flags=flags) == expected


@pytest.mark.slow
def test_the_job_service_changes_no_byte(traces: Path, expected: dict[str, str], tmp_path: Path) -> None:
    """`make engines` does the same with workers on another root, on Flink and on Prism."""
    with servers.portable(tmp_path / "server") as flags:
        assert run(traces, tmp_path / "out", seed="4", flags=(*flags, *servers.LOOPBACK)) == expected
