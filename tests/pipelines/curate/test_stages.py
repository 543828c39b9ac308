"""Tests of pipelines.curate.stages: the table says what the stages do."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from pipelines.curate.config import CurationConfig
from pipelines.curate.job import curate
from pipelines.curate.stages import HAND_OVERS, NEAR_MEANINGS, Stage
from pipelines.lake.delta import Lake
from pipelines.running.work import HandOver, Work

CopyOf = Callable[[Path], Lake]

MODULES = {
    "job": Stage.BEGIN,
    "choosing": Stage.CHOOSE,
    "likeness": Stage.LIKEN,
    "keying": Stage.KEY,
    "settling": Stage.SETTLE,
    "pairing": Stage.PAIR,
    "limiting": Stage.LIMIT,
    "writing": Stage.WRITE,
}


def stage_of(frame: FrameType | None) -> Stage:
    """The stage whose module called."""
    while frame is not None:
        name = str(frame.f_globals["__name__"])
        if name.startswith("pipelines.curate.") and name.rpartition(".")[2] in MODULES:
            return MODULES[name.rpartition(".")[2]]
        frame = frame.f_back
    raise AssertionError("no stage called")


@pytest.mark.slow
def test_every_hand_over_is_written_and_read_by_those_that_the_table_names(
    curated: Path, copy_of: CopyOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: set[tuple[str, Stage]] = set()
    read: set[tuple[str, Stage]] = set()

    def noting(name: str, into: set[tuple[str, Stage]]) -> None:
        method = getattr(Work, name)

        def noted(self: Work, what: HandOver, *rest: Any, **named: Any) -> Any:
            into.add((what.name, stage_of(sys._getframe())))
            return method(self, what, *rest, **named)

        monkeypatch.setattr(Work, name, noted)

    noting("hand_over", written)
    for name in ("handed", "url", "handed_file"):
        noting(name, read)
    bench = tmp_path / "bench.jsonl"
    bench.write_text(json.dumps({"id": "t7", "text": "Open the page of somebody else."}))
    limits = {"instruction_limit": 1, "template_limit": 8, "app_limit": 9, "diversity_limit": 9, "kto_balance": 1.0}
    config = CurationConfig(benchmarks=(str(bench),), **limits)  # type: ignore[arg-type]
    curate(copy_of(curated).url, "few", config)
    named = [one for one in HAND_OVERS if one != NEAR_MEANINGS]  # which asks for vectors
    assert {pair for pair in written if not pair[0].startswith("near-")} == {(one.name, one.writer) for one in named}
    own = {("chosen", Stage.CHOOSE), ("keyed", Stage.KEY)}  # what is kept is read back by the stage that wrote it
    expected = {(one.name, reader) for one in named for reader in one.readers}
    kept = {(one.name, one.writer) for one in named if one.writer in (Stage.CHOOSE, Stage.KEY)} | own
    kept.add(("sides", Stage.KEY))  # read where two sides show the same, which one app does not
    last = ("kto_balance", Stage.LIMIT)  # nothing is cut after the last limit
    assert {pair for pair in read if not pair[0].startswith("near-")} - kept == expected - kept - {last} - {
        (name, Stage.WRITE) for name in ("paired", *list(limits)[:-1])
    }


def test_no_stage_reads_what_comes_after_it() -> None:
    order = list(Stage)
    assert len({one.name for one in HAND_OVERS}) == len(HAND_OVERS)
    assert all(
        order.index(Stage(one.writer)) <= order.index(Stage(reader)) for one in HAND_OVERS for reader in one.readers
    )
