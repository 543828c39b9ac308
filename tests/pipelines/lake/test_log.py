import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.lake.delta import Lake, open_lake
from pipelines.lake.log import one_line
from schemas.errors import LakeError

CopyOf = Callable[[Path], Lake]
Change = Callable[[Path], None]


def last_commit(log: Path) -> Path:
    return max(log.glob("*.json"))


def without_the_first_file(log: Path) -> None:
    lines = last_commit(log).read_text().splitlines()
    lost = next(number for number, line in enumerate(lines) if "add" in json.loads(line))
    last_commit(log).write_text("\n".join(lines[:lost] + lines[lost + 1 :]) + "\n")


def with_another_name_for_an_action(log: Path) -> None:
    last_commit(log).write_text(last_commit(log).read_text().replace('{"add"', '{"adf"', 1))


def with_more_rows(log: Path) -> None:
    last_commit(log).write_text(re.sub(r'(numRecords\\": )', r"\g<1>9", last_commit(log).read_text(), count=1))


def without_its_last_commit(log: Path) -> None:
    last_commit(log).unlink()


def emptied(log: Path) -> None:
    last_commit(log).write_text("")


def gone(log: Path) -> None:
    shutil.rmtree(log)


@pytest.mark.parametrize("table", ["steps", "instructions", "screens", "decisions"])
@pytest.mark.parametrize(
    "change",
    [
        without_the_first_file,
        with_another_name_for_an_action,
        with_more_rows,
        without_its_last_commit,
        emptied,
        gone,
    ],
)
def test_what_a_log_has_lost_ends_whoever_reads_the_lake(
    curated: Path, copy_of: CopyOf, table: str, change: Change
) -> None:
    lake = copy_of(curated)
    change(Path(lake.url) / table / "_delta_log")
    with pytest.raises(LakeError, match=f"the log of table {table} is damaged: .* put {table}/_delta_log back"):
        lake.snapshot()


@pytest.mark.parametrize("damage", ["no json", r'"stats":"{}"', '"size":-5'])
def test_a_log_that_can_not_be_read_is_named_in_one_line(curated: Path, copy_of: CopyOf, damage: str) -> None:
    lake = copy_of(curated)
    log = last_commit(Path(lake.url) / "decisions" / "_delta_log")
    was = r'"stats":"(\\.|[^"])*"' if "stats" in damage else r'"size":\d+'
    log.write_text(re.sub(was, lambda _: damage, log.read_text(), count=1))
    with pytest.raises(LakeError, match="the log of table decisions") as error:
        lake.snapshot()
    assert "\n" not in str(error.value)


def test_a_lake_of_fewer_buckets_than_its_files_are_in_is_refused(curated: Path, copy_of: CopyOf) -> None:
    marker = Path(copy_of(curated).url) / "hindtrace.json"
    told = json.loads(marker.read_text())
    marker.write_text(json.dumps({**told, "buckets": 1}))
    with pytest.raises(LakeError, match=r"expected the 1 buckets of hindtrace\.json, found .* in bucket \d+"):
        open_lake(str(marker.parent)).snapshot()
    marker.write_text(json.dumps({**told, "buckets": 2**50}))
    with pytest.raises(LakeError, match=r"expected a power of two of buckets up to 65536 in hindtrace\.json, found"):
        open_lake(str(marker.parent))


def test_a_lake_whose_commits_tell_nothing_is_read_as_before(curated: Path, copy_of: CopyOf) -> None:
    lake = copy_of(curated)
    was = lake.snapshot()
    for log in Path(lake.url).glob("*/_delta_log/*.json"):
        log.write_text(log.read_text().replace('"hindtrace.', '"another.'))
    assert lake.snapshot() == was


def test_an_error_of_delta_keeps_its_cause_and_loses_its_calls() -> None:
    said = "Generic error\n  caused by\n\x1b[31m↳\x1b[0m No space left (os error 28)\n"
    calls = "   0: <unknown>\n  14: call\n   at ./a.c:17:2\n"
    assert one_line(OSError(said + calls)) == "Generic error caused by ↳ No space left (os error 28)"
    assert one_line(OSError("")) == "OSError"
