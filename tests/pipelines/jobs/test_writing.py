"""The labelers that write sentences and judge them, from the question to the decision and the dataset."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import polars as pl
import pytest

from labelers.askers import InstructionCritic
from labelers.askers.asking import ModelUse, PromptedAsker
from labelers.model.sending import Endpoint
from pipelines.jobs.annotate import annotate
from pipelines.jobs.asking import Spending, annotate_by_asking
from pipelines.jobs.curate import curate
from pipelines.jobs.ingest import ingest
from pipelines.lake import Lake, create_lake
from schemas.arrow import from_row
from schemas.opinions import Instruction, Label
from tests.labelers.model.server import serving
from tests.pipelines.fake_backend import make_fake_backend

T = TypeVar("T")
CopyOf = Callable[[Path], Lake]
FIT = {"account": "It opened it.", "concrete": "yes", "feasible": "yes", "natural": "yes", "true": "yes"}


@pytest.fixture(scope="module")
def annotated(traces: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake of few buckets with facts and the sentences of the fake backend; read only."""
    lake = tmp_path_factory.mktemp("annotated") / "lake"
    create_lake(str(lake), buckets=2)
    ingest(traces, str(lake))
    annotate(str(lake), make_fake_backend)
    return lake


def ask(lake: Lake, kind: type[PromptedAsker], answer: Any) -> dict[str, int]:
    """Has the labeler ask a server that always says the same."""
    with serving(answer=json.dumps(answer)) as url:
        factory: Any = partial(kind, ModelUse("local"))
        return dict(annotate_by_asking(lake.url, factory, Spending(Endpoint(url))).counts)


def rows(lake: Lake, table: str, record: type[T]) -> list[T]:
    return [from_row(record, row) for row in lake.snapshot().read(table).to_pylist()]


def decided(lake: Lake) -> pl.DataFrame:
    curate(lake.url, "demo")
    return pl.DataFrame(lake.snapshot().read("decisions", curation="demo"))


def test_what_the_critic_refuses_is_in_no_dataset(annotated: Path, copy_of: CopyOf) -> None:
    lake = copy_of(annotated)
    counts = ask(lake, InstructionCritic, {**FIT, "account": "It opened another.", "true": "no"})
    high = {one.instruction_id for one in rows(lake, "instructions", Instruction) if one.level == "high"}
    labels = [one for one in rows(lake, "labels", Label) if one.subject == "instruction"]
    assert {one.instruction_id for one in labels} == high
    assert counts["labels on a instruction: harmful"] == len(labels) == len(high) > 0
    assert {(one.verdict, one.rule, one.reason) for one in labels} == {("harmful", "not true", "It opened another.")}
    found = decided(lake)
    said = found.filter(pl.col("instruction_id").is_in(high)).select("role", "rule").unique()
    assert said.rows() == [("dropped", "instruction refused")]
    assert found.filter(use="grounding", role="target").height > 0
