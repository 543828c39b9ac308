import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.lake.delta import Lake, create_lake
from pipelines.lake.locks import Locks
from pipelines.lake.sql import connect

ROOT = Path(__file__).parents[3]
HOLDER = """
import sys
from pipelines.lake.delta import open_lake
from pipelines.lake.locks import Locks
locks = Locks(open_lake(sys.argv[1]))
print(getattr(locks, sys.argv[2])(*sys.argv[3:]), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return create_lake(str(tmp_path / "lake"), buckets=1)


@contextlib.contextmanager
def another(lake: Lake, *what: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that has taken a lock."""
    command = [sys.executable, "-c", HOLDER, lake.url, *what]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=environment, stdin=-1, stdout=-1, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        yield process
        process.kill()


def test_one_process_has_the_lock_of_a_name_until_it_ends(lake: Lake) -> None:
    with another(lake, "take", "curate") as process:
        locks = Locks(lake)
        assert not locks.take("curate")
        assert locks.take("ingest")
        process.kill()
        process.wait()
        assert locks.take("curate")


def test_who_cleans_up_is_alone(lake: Lake) -> None:
    locks = Locks(lake)
    with another(lake, "share"):
        assert not locks.take_all()
        assert locks.share()
    locks.release()
    with another(lake, "take_all"):
        assert not locks.share()
        assert not locks.take_all()
    assert locks.take_all()


def test_in_one_process_the_next_job_has_the_lock_of_one_that_failed(lake: Lake) -> None:
    first, second = Locks(lake), Locks(lake)
    assert first.take("curate")
    assert second.take("curate")
    with another(lake, "take", "ingest"):
        assert not Locks(lake).take("ingest")


def test_a_question_keeps_what_it_reads(lake: Lake) -> None:
    connection = connect(lake)
    assert not Locks(lake).take_all()
    connection.close()
    assert Locks(lake).take_all()


def test_nothing_is_left_of_a_lock(lake: Lake, tmp_path: Path) -> None:
    before = sorted(path for path in tmp_path.rglob("*"))
    marker = (Path(lake.url) / "hindtrace.json").read_bytes()
    locks = Locks(lake)
    assert locks.take("a")
    assert locks.share()
    locks.release()
    assert sorted(path for path in tmp_path.rglob("*")) == before
    assert (Path(lake.url) / "hindtrace.json").read_bytes() == marker


def test_a_lake_that_can_only_be_read_or_lies_elsewhere_has_no_locks(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Locks(Lake("s3://bucket/lake", 1)).take("a")
    assert Locks(Lake("s3://bucket/lake", 1)).take_all()
    opened = os.open

    def refusing(path: object, mode: int, *more: int) -> int:
        if mode & os.O_RDWR:
            raise PermissionError(13, "Read-only file system")
        return opened(path, mode, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", refusing)
    assert Locks(lake).take("a")
