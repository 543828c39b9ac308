"""What experiments decide: which instructions are taught where, and which attempts nobody trains on."""

from typing import Any

import polars as pl
import pyarrow as pa
import pytest

from pipelines.curate.config import CurationConfig
from pipelines.curate.roles.proofs import ELSEWHERE, NOT_PROVEN, considered, outcomes, wrong_steps
from pipelines.curate.roles.roles import roles
from pipelines.prove.lanes import RULES_VERSION
from schemas.arrow import arrow_schema
from schemas.opinions import Instruction, Label
from schemas.proofs import EXPERIMENT, LANES, WRONG, Proof
from schemas.records import Step, Trajectory


def proof(instruction: str, lane: str, verdict: str, **more: Any) -> dict[str, Any]:
    row = dict.fromkeys(arrow_schema(Proof).names)
    row |= {"proof_id": f"{instruction} {lane} {more.get('environment')}", "trajectory_id": "t", "reason": ""}
    row |= {"instruction_id": instruction, "lane": lane, "verdict": verdict, "tried": 1, "held": 0, "attempts": []}
    return {**row, "environment": "e", "rules_version": RULES_VERSION, **more}


def proofs(*rows: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=arrow_schema(Proof))


def instruction(name: str, trajectory: str, labeler: str = "rules", level: str = "high") -> dict[str, Any]:
    row = dict.fromkeys(arrow_schema(Instruction).names)
    row |= {"instruction_id": name, "trajectory_id": trajectory, "kind": "task", "level": level, "text": name}
    return {**row, "first_step": 0, "last_step": 0, "path": [0], "labeler": labeler, "labeler_version": "1"}


def instructions(*rows: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=arrow_schema(Instruction))


PASSED = [proof("a", lane, "passed", copy="walk", taught_as="taught") for lane in LANES]
REFUTED = [proof("b", lane, "failed" if lane == "reading" else "passed") for lane in LANES]
OPEN = [proof("c", lane, "abstained") for lane in LANES]


def test_a_task_is_proven_refuted_or_neither() -> None:
    taught = instruction("taught", "walk", EXPERIMENT)
    assert outcomes(proofs(*PASSED, *REFUTED, *OPEN), instructions(taught, instruction("a", "t"))) == {
        "a": "elsewhere",
        "b": "refuted",
        "taught": "copy",
    }


def test_a_proof_in_one_environment_is_enough_and_one_by_other_rules_is_none() -> None:
    elsewhere = [{**row, "environment": "f", "verdict": "failed"} for row in PASSED]
    assert outcomes(proofs(*elsewhere, *PASSED), instructions()) == {"a": "elsewhere"}
    old = [{**row, "rules_version": "p0"} for row in PASSED]
    assert outcomes(proofs(*old), instructions()) == {}


def trajectories(**lanes: str | None) -> pa.Table:
    schema = pa.schema([arrow_schema(Trajectory).field(name) for name in ("trajectory_id", "lane")])
    return pa.Table.from_pylist([{"trajectory_id": name, "lane": lane} for name, lane in lanes.items()], schema=schema)


def steps(*names: str) -> pa.Table:
    schema = pa.schema([arrow_schema(Step).field("trajectory_id")])
    return pa.Table.from_pylist([{"trajectory_id": name} for name in names], schema=schema)


@pytest.mark.parametrize(
    ("told", "walks", "said"),
    [
        (proofs(*PASSED), ["t", "walk"], ["a", "taught", "low"]),
        (proofs(), ["t"], ["a"]),
        (None, ["t"], ["a"]),
        (proofs(*[{**row, "rules_version": "p0"} for row in PASSED]), ["t"], ["a"]),
    ],
)
def test_of_attempts_only_what_is_taught_now_is_looked_at(
    told: pa.Table | None, walks: list[str], said: list[str]
) -> None:
    every = instructions(
        instruction("a", "t"),
        instruction("taught", "walk", EXPERIMENT),
        instruction("low", "walk", EXPERIMENT, "low"),
        instruction("taught before", "walk", EXPERIMENT),
        instruction("another", "miss", EXPERIMENT),
    )
    kept, walked, sentences = considered(
        trajectories(t=None, walk="done", miss="near misses"), steps("t", "walk", "miss", "nobody"), every, told
    )
    assert kept["trajectory_id"].to_pylist() == walks
    assert walked["trajectory_id"].to_pylist() == [*walks, "nobody"]
    assert sentences["instruction_id"].to_pylist() == said


_NEVER = ("refused", "passed_over", "disputed", "repeats", "unlucky", "harmful", "unreachable", "broken_off")
FLAGS = dict.fromkeys(_NEVER, False)


def decided(
    use: str, proven: str | None, mode: str, *, harmful: bool = False, wrong: str | None = None
) -> tuple[str, str]:
    """Role and rule of a step that nothing else speaks against."""
    role, rule = roles(use, CurationConfig(proof=mode))  # type: ignore[arg-type]
    names = sorted({*role.meta.root_names(), *rule.meta.root_names()} - FLAGS.keys())
    row: dict[str, Any] = dict.fromkeys(names, True) | FLAGS
    row |= {"spoiled": None, "score": 5.0, "agreement": 1.0, "plain": "p", "aimed": "q", "licence": "any"}
    row |= {"proof": proven, "good": not harmful, "harmful": harmful, "neutral": False, "abstain": False}
    row |= {"wrong": wrong}
    frame = pl.DataFrame([row], schema_overrides=dict.fromkeys(("proof", "spoiled", "wrong"), pl.String))
    return frame.select(role.alias("role"), rule.alias("rule")).row(0)


@pytest.mark.parametrize(
    ("use", "proven", "mode", "said"),
    [
        ("sft", "copy", "required", "on the path"),
        ("sft", None, "required", NOT_PROVEN),
        ("sft", None, "preferred", "on the path"),
        ("sft", "elsewhere", "preferred", ELSEWHERE),
        ("sft", "refuted", "preferred", NOT_PROVEN),
        ("sft", "refuted", "off", "on the path"),
        ("kto", "elsewhere", "preferred", ELSEWHERE),
        ("kto", "refuted", "preferred", NOT_PROVEN),
        ("dpo", "elsewhere", "preferred", ELSEWHERE),
        ("sft", "contrast", "preferred", ELSEWHERE),
        ("rl", "contrast", "required", ELSEWHERE),
        ("kto", "contrast", "required", "labelled good"),
        ("dpo", "contrast", "required", "labelled good"),
        ("dpo", "elsewhere", "required", ELSEWHERE),
        ("grounding", "refuted", "required", "its own step"),
    ],
)
def test_what_a_step_is_for_by_what_was_proven(use: str, proven: str | None, mode: str, said: str) -> None:
    assert decided(use, proven, mode)[1] == said


def test_what_not_to_do_is_what_was_tried_and_not_what_was_guessed() -> None:
    assert decided("kto", "elsewhere", "preferred", harmful=True) == ("dropped", ELSEWHERE)
    assert decided("dpo", "elsewhere", "required", harmful=True) == ("dropped", ELSEWHERE)
    assert decided("kto", None, "preferred", harmful=True) == ("negative", "labelled harmful")
    for use in ("kto", "dpo"):
        for kind in WRONG:
            assert decided(use, "contrast", "required", harmful=True, wrong=kind) == ("negative", kind)


def test_walks_on_which_something_else_was_done_are_looked_at_with_those_to_train_on() -> None:
    told = proofs(*[{**row, "contrasts": ["beside"]} for row in PASSED])
    beside = instruction("beside", "astray", EXPERIMENT)
    every = instructions(instruction("taught", "walk", EXPERIMENT), beside, instruction("old", "miss", EXPERIMENT))
    kept, _, sentences = considered(trajectories(walk="done", astray="other actions", miss="x"), steps(), every, told)
    assert kept["trajectory_id"].to_pylist() == ["walk", "astray"]
    assert sentences["instruction_id"].to_pylist() == ["taught", "beside"]
    assert outcomes(told, sentences) == {"a": "elsewhere", "taught": "copy", "beside": "contrast"}


def test_a_wrong_step_has_its_kind_and_its_cost() -> None:
    row = dict.fromkeys(arrow_schema(Label).names)
    row |= {"label_id": "l", "trajectory_id": "t", "subject": "step", "first_step": 2, "last_step": 2, "sample": 0}
    row |= {"instruction_id": "beside", "verdict": "harmful", "rule": "wrong turn", "reason": "", "input": ""}
    row |= {"labeler": EXPERIMENT, "labeler_version": "1", "cost": 2}
    others = ({**row, "labeler": "rules"}, {**row, "verdict": "good"})
    labels = pa.Table.from_pylist([row, *others], schema=arrow_schema(Label))
    assert wrong_steps(labels).rows() == [("t", 2, "beside", "wrong turn", 2)]
