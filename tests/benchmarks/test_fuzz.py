import os
import time
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from benchmarks.fuzz.__main__ import fuzz, main
from benchmarks.fuzz.mutations import changed_bytes, changed_json, flipped
from benchmarks.fuzz.sample import make_sample
from benchmarks.fuzz.targets import TARGETS, run_case
from benchmarks.fuzz.workers import FAULTS, Result, run_all
from pipelines.lake.delta import create_lake
from schemas.errors import SchemaError

CASES = 15 * len(TARGETS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("fuzz")
    make_sample(place)
    create_lake(str(place / "empty"), buckets=2)
    return place


def test_whatever_is_changed_is_refused_or_is_what_it_says(folder: Path) -> None:
    results = [run_case(folder, number) for number in range(CASES)]
    assert [result for result in results if result.fate in FAULTS] == []
    counts = Counter((result.kind, result.fate) for result in results)
    assert {kind for kind, _ in counts} == set(TARGETS)
    assert all(counts[kind, "refused"] for kind in TARGETS)
    assert all(result.why for result in results if result.fate == "refused")
    assert sum(counts[kind, "told"] for kind in TARGETS) > len(TARGETS)


def test_a_case_is_the_same_whenever_it_is_run(folder: Path) -> None:
    def plain(result: Result) -> tuple[int, str, str]:
        return result.number, result.kind, result.fate

    assert [plain(run_case(folder, n)) for n in range(40, 60)] == [plain(run_case(folder, n)) for n in range(40, 60)]


def test_a_fault_is_told_and_what_else_there_is_goes_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> tuple[str, str]:
        raise SchemaError("nobody took this")

    monkeypatch.setattr("benchmarks.fuzz.targets.TARGETS", {"tasks": broken})
    result = run_case(folder, 7)
    assert (result.number, result.kind, result.fate) == (7, "tasks", "fault")
    assert "nobody took this" in result.why


def awkward(_folder: Path, number: int) -> Result:
    """Hangs, dies, fails or greedily takes memory, by the number."""
    match number % 8:
        case 1:
            time.sleep(600)
        case 2:
            os._exit(3)
        case 3:
            raise ValueError("no input may lead to this")
        case 4:
            bytearray(2**40)
    return Result(number, "awkward", "same", "")


@pytest.mark.slow
def test_a_case_that_hangs_or_dies_is_a_fault_and_is_killed(tmp_path: Path) -> None:
    results = {each.number: each for each in run_all(awkward, tmp_path, iter(range(6)), workers=2, seconds=2.0)}
    fates = [results[number].fate for number in range(6)]
    assert fates == ["same", "hang", "died", "fault", "fault", "same"]
    assert "exit code 3" in results[2].why
    assert "no input may lead to this" in results[3].why


def test_changes_follow_from_the_seed_and_are_changes() -> None:
    data, value = bytes(range(256)) * 4, {"a": [1, {"b": "x"}], "c": None}
    for seed in range(200):
        assert changed_bytes(data, Random(seed)) == changed_bytes(data, Random(seed))
        assert repr(changed_json(value, Random(seed))) == repr(changed_json(value, Random(seed)))
        assert sum(a != b for a, b in zip(flipped(data, Random(seed)), data, strict=True)) == 1
    assert value == {"a": [1, {"b": "x"}], "c": None}
    assert sum(changed_json(value, Random(seed)) != value for seed in range(200)) > 150


@pytest.mark.slow
def test_the_command_tells_what_became_of_each_kind(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--cases", "350", "--seed", "100000", "--workers", "2"]) == 0
    out = capsys.readouterr().out
    assert "350 cases, 0 faults" in out
    assert all(f"| {kind} " in out for kind in TARGETS)


def test_cases_are_run_in_processes_of_their_own(folder: Path) -> None:
    results = fuzz(range(7), folder, workers=1)
    assert sorted(result.number for result in results) == list(range(7))
    assert [result for result in results if result.fate in FAULTS] == []
