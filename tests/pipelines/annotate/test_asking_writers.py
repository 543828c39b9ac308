"""The labelers that write sentences and judge them, from the question to the decision and the dataset."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import polars as pl
import pyarrow.parquet as pq
import pytest

from labelers.askers.critic import InstructionCritic
from labelers.askers.hindsight import HindsightSynthesizer
from labelers.askers.reward import RewardJudge
from labelers.askers.thoughts import ThoughtWriter
from labelers.askers.variants import TaskRephraser
from labelers.kit.asker import Asker, ModelUse
from labelers.kit.questionnaire import Questionnaire
from labelers.model.sending import Endpoint
from pipelines.annotate.asking import annotate_by_asking
from pipelines.annotate.job import annotate
from pipelines.annotate.planning import Spending
from pipelines.curate.config import CurationConfig
from pipelines.curate.job import curate
from pipelines.export.job import export
from pipelines.export.voice import Voice
from pipelines.ingest.job import ingest
from pipelines.lake.delta import Lake, create_lake
from pipelines.lake.funnel import funnel
from schemas.arrow import from_row
from schemas.errors import ConfigurationError
from schemas.opinions import Instruction, Label
from schemas.records import Task
from tests.labelers.model.server import serving
from tests.pipelines.fake_backend import make_fake_backend
from tests.pipelines.recorded import Walk, record

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


def ask(lake: Lake, kind: type[Questionnaire], answer: Any) -> dict[str, int]:
    """Has the labeler ask a server that always says the same."""
    with serving(answer=json.dumps(answer)) as url:
        factory: Any = Asker(kind(), ModelUse("local"))
        return dict(annotate_by_asking(lake.url, factory, Spending(Endpoint(url))).counts)


def rows(lake: Lake, table: str, record: type[T]) -> list[T]:
    return [from_row(record, row) for row in lake.snapshot().read(table).to_pylist()]


def decided(lake: Lake, config: CurationConfig | None = None) -> pl.DataFrame:
    curate(lake.url, "demo", config)
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


def test_of_a_task_and_its_variants_one_is_drawn_and_all_are_on_one_side(annotated: Path, copy_of: CopyOf) -> None:
    lake = copy_of(annotated)
    said = {"exact": "Blue House Anna Grieg Garden Salt Books!", "casual": "", "terse": "to the 3rd page"}
    counts = ask(lake, TaskRephraser, said)
    instructions = {one.instruction_id: one for one in rows(lake, "instructions", Instruction)}
    variants = [one for one in instructions.values() if one.kind == "variant"]
    tasks = [one for one in instructions.values() if one.kind == "task"]
    assert {one.template for one in variants} == {"exact"}
    assert counts["silent: variant refused: a number is changed"] == len(tasks) > 0
    drawn = decided(lake).filter(pl.col("instruction_id").is_in([one.instruction_id for one in (*tasks, *variants)]))
    family = {one.instruction_id: one.parent_id or one.instruction_id for one in (*tasks, *variants)}
    by_family: dict[str, set[str]] = {}
    for name in drawn.filter(pl.col("rule") != "another phrasing is used")["instruction_id"].to_list():
        by_family.setdefault(family[name], set()).add(name)
    assert {len(one) for one in by_family.values()} == {1}
    assert set(by_family) == set(family.values())
    every = decided(lake, CurationConfig(phrasings="all", test=0.5, near_instructions=False))
    sides: dict[str, set[str]] = {}
    for name, side in every.filter(use="sft", role="target").select("instruction_id", "split").iter_rows():
        sides.setdefault(family[name], set()).add(side)
    assert {len(one) for one in sides.values()} == {1}
    kto = every.filter(use="kto", role="target")["instruction_id"].to_list()
    assert {instructions[name].kind for name in kto} == {"task", "variant"}, (
        "a verdict on a task is one on its variants"
    )


def test_what_a_benchmark_asks_for_is_found_in_every_phrasing(annotated: Path, copy_of: CopyOf, tmp_path: Path) -> None:
    lake = copy_of(annotated)
    ask(lake, TaskRephraser, {"exact": "Anna Grieg is to be seen.", "casual": "", "terse": ""})
    benchmark = tmp_path / "held.json"
    benchmark.write_text(json.dumps([{"id": "1", "text": "Anna Grieg is to be seen"}]))
    found = decided(lake, CurationConfig(benchmarks=(str(benchmark),), phrasings="own"))
    said = {one.parent_id for one in rows(lake, "instructions", Instruction) if one.kind == "variant"}
    held = found.filter(pl.col("instruction_id").is_in(list(said)), pl.col("role").is_in(["target", "negative"]))
    assert said
    assert held.is_empty()
    assert found.filter(pl.col("survivor") == "held/1").height > 0


def test_a_goal_that_was_missed_becomes_a_task_that_ends(tmp_path: Path) -> None:
    goal = Task("1" * 32, "Read about Emil Dumas.", "web", "library.test", None, None, None, None, "given", None, None)
    record(tmp_path / "traces", Walk(0, ("Books", "Blue House", "Library")), task=goal)
    lake = create_lake(str(tmp_path / "lake"), buckets=1)
    ingest(tmp_path / "traces", lake.url)
    ask(
        lake,
        RewardJudge,
        {
            "reason": "It was another.",
            "score": 1,
            "success": False,
            "process": 4,
            "first_failing_step": 0,
            "blame": "person",
        },
    )
    said = {"account": "It opened Blue House.", "complete_after": -1, "task": "Open the book Blue House.", "until": 1}
    ask(lake, HindsightSynthesizer, said)
    (one,) = rows(lake, "instructions", Instruction)
    assert (one.template, one.path) == ("hindsight", (0, 1))
    found = decided(lake, CurationConfig(test=0.0)).filter(use="sft", role="target")
    assert found["step_index"].to_list() == [0, 1], "the score is that of the goal that was missed"
    export(lake.url, "demo", "trl-sft", tmp_path / "sft")
    written = pq.read_table(next((tmp_path / "sft" / "data").glob("train*"))).to_pylist()
    ends = [row for row in written if row["task"] == "ending"]
    assert [(row["step_index"], row["completion"][0]["content"][0]["text"]) for row in ends] == [
        (1, '{"action":"stop"}')
    ]
    assert {row["instruction_id"] for row in written} == {one.instruction_id}


def completions(folder: Path) -> list[tuple[str, str]]:
    """The kind and the completion of each row of a dataset."""
    files = sorted((folder / "data").iterdir())
    written = [row for path in files for row in pq.read_table(path).to_pylist()]
    return sorted((row["task"], row["completion"][0]["content"][0]["text"]) for row in written)


def test_thoughts_stand_before_actions_where_they_are_asked_for(
    annotated: Path, copy_of: CopyOf, tmp_path: Path
) -> None:
    lake = copy_of(annotated)
    thought = "Nothing of it is done yet, and this seems to lead there."
    said = {"account": "It led there.", "correct": True, "redundant": False, "thought": thought}
    ask(lake, TaskRephraser, {"exact": "Blue House Anna Grieg Garden Salt Books!", "casual": "", "terse": ""})
    ask(lake, ThoughtWriter, said)
    found = decided(lake)
    assert (
        not found["instruction_id"]
        .is_in([one.instruction_id for one in rows(lake, "instructions", Instruction) if one.kind == "thought"])
        .any()
    )
    counted = funnel(lake)["Instructions"]
    kinds = [one.kind for one in rows(lake, "instructions", Instruction)]
    assert {kind: counted[f"of them, {kind}s"] for kind in ("thought", "variant")} == {
        kind: kinds.count(kind) for kind in ("thought", "variant")
    }
    export(lake.url, "demo", "trl-sft", tmp_path / "plain")
    export(lake.url, "demo", "trl-sft", tmp_path / "thinking", voice=Voice(thoughts=True))
    plain, thinking = completions(tmp_path / "plain"), completions(tmp_path / "thinking")
    assert len(plain) == len(thinking)
    assert "Thought" not in str(plain)
    steps = [text for kind, text in thinking if kind == "step"]
    assert steps
    assert all(text.startswith(f"Thought: {thought}\n") for text in steps)
    assert [one for one in thinking if one[0] != "step"] == [one for one in plain if one[0] != "step"]
    card = (tmp_path / "thinking" / "README.md").read_text()
    assert "--thoughts" in card
    with pytest.raises(ConfigurationError, match="trl-kto holds no thoughts; trl-sft, "):
        export(lake.url, "demo", "trl-kto", tmp_path / "kto", voice=Voice(thoughts=True))


def test_a_step_that_was_found_wrong_gives_neither_thought_nor_target(annotated: Path, copy_of: CopyOf) -> None:
    lake = copy_of(annotated)
    said = {"account": "It led away.", "correct": False, "redundant": False, "thought": "I go there."}
    counts = ask(lake, ThoughtWriter, said)
    assert counts["silent: thought refused: incorrect"] == counts["labels on a step: harmful"] > 0
    assert not [one for one in rows(lake, "instructions", Instruction) if one.kind == "thought"]
    assert decided(lake).filter(use="sft", role="target").is_empty()
