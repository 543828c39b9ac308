"""What experiments decide: which instructions are taught where, and which attempts nobody trains on."""

from typing import Any

import polars as pl
import pyarrow as pa
import pytest

from pipelines.curate.config import CurationConfig
from pipelines.curate.roles.proofs import ELSEWHERE, NOT_PROVEN, considered, outcomes
from pipelines.curate.roles.roles import roles
from pipelines.prove.lanes import RULES_VERSION
from schemas.arrow import arrow_schema
from schemas.opinions import Instruction
from schemas.proofs import EXPERIMENT, LANES, Proof
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


def decided(use: str, proven: str | None, mode: str, *, harmful: bool = False) -> tuple[str, str]:
    """Role and rule of a step that nothing else speaks against."""
    role, rule = roles(use, CurationConfig(proof=mode))  # type: ignore[arg-type]
    names = sorted({*role.meta.root_names(), *rule.meta.root_names()} - FLAGS.keys())
    row: dict[str, Any] = dict.fromkeys(names, True) | FLAGS
    row |= {"spoiled": None, "score": 5.0, "agreement": 1.0, "plain": "p", "aimed": "q", "licence": "any"}
    row |= {"proof": proven, "good": not harmful, "harmful": harmful, "neutral": False, "abstain": False}
    frame = pl.DataFrame([row], schema_overrides={"proof": pl.String, "spoiled": pl.String})
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
        ("dpo", "elsewhere", "preferred", "labelled good"),
        ("dpo", "elsewhere", "required", ELSEWHERE),
        ("grounding", "refuted", "required", "its own step"),
    ],
)
def test_what_a_step_is_for_by_what_was_proven(use: str, proven: str | None, mode: str, said: str) -> None:
    assert decided(use, proven, mode)[1] == said


def test_what_not_to_do_stays_where_it_was_explored() -> None:
    assert decided("kto", "elsewhere", "preferred", harmful=True) == ("negative", "labelled harmful")
    assert decided("kto", "elsewhere", "required", harmful=True) == ("dropped", ELSEWHERE)
