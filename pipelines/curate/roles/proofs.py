"""What experiments say of the tasks: which were proven, and on which walk; which were tried and are not true."""

from typing import Literal, TypeAlias

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.prove.lanes import RULES_VERSION
from schemas.proofs import EXPERIMENT, Lane, LaneVerdict, is_proven

Outcome: TypeAlias = Literal["copy", "contrast", "elsewhere", "refuted"]
"""Of an instruction: it is that of a walk to train on, or of one on which something else was done; it was proven on
another walk; or a lane of its proof failed."""

PROOF_COLUMNS = ("instruction_id", "environment", "lane", "verdict", "taught_as", "contrasts", "rules_version")
"""What is asked of the table `proofs`."""

ELSEWHERE = "proved elsewhere"
NOT_PROVEN = "not proven"


def outcomes(proofs: pa.Table, instructions: pa.Table) -> dict[str, Outcome]:
    """The outcome of each instruction that has one; of several environments, a proof in one is enough."""
    lanes: dict[tuple[str, str], dict[Lane, LaneVerdict]] = {}
    rows = proofs.filter(pc.equal(proofs["rules_version"], RULES_VERSION))
    for row in rows.select(["instruction_id", "environment", "lane", "verdict"]).to_pylist():
        lanes.setdefault((row["instruction_id"], row["environment"]), {})[row["lane"]] = row["verdict"]
    found: dict[str, Outcome] = {}
    for (name, _), verdicts in sorted(lanes.items()):
        if is_proven(verdicts):
            found[name] = "elsewhere"
        elif "failed" in verdicts.values():
            found.setdefault(name, "refuted")
    mine = instructions.filter(pc.equal(instructions["labeler"], EXPERIMENT))
    beside = frozenset(_contrasts(rows).to_pylist())
    kinds: dict[str, Outcome] = {
        name: "contrast" if name in beside else "copy" for name in mine["instruction_id"].to_pylist()
    }
    return found | kinds


def _contrasts(rows: pa.Table) -> pa.Array:
    """The instructions of the walks on which something else was done."""
    return pc.list_flatten(rows["contrasts"].combine_chunks()).drop_null()


def wrong_steps(labels: pa.Table) -> pl.DataFrame:
    """The steps that experiments found wrong, each with its kind and its cost; `WRONG_STEPS`."""
    columns = ["trajectory_id", "first_step", "instruction_id", "rule", "cost", "subject", "labeler", "verdict"]
    said = pl.DataFrame(labels.select(columns)).filter(
        (pl.col("labeler") == EXPERIMENT) & (pl.col("subject") == "step") & (pl.col("verdict") == "harmful")
    )
    return said.select(
        "trajectory_id", "instruction_id", step_index="first_step", wrong="rule", cost=pl.col("cost").cast(pl.Int32)
    ).select(WRONG_STEPS.names())


WRONG_STEPS = pl.Schema(
    {
        "trajectory_id": pl.String,
        "step_index": pl.Int32,
        "instruction_id": pl.String,
        "wrong": pl.String,
        "cost": pl.Int32,
    }
)


def considered(
    trajectories: pa.Table, steps: pa.Table, instructions: pa.Table, proofs: pa.Table | None
) -> tuple[pa.Table, pa.Table, pa.Table]:
    """The trajectories without the attempts that nobody trains on, and the steps and instructions without theirs.

    `proofs` are those of the whole lake: a copy lies in a bucket of its own. Without them no attempt is trained on, and
    what an experiment said of one that is not proven any more is not said.
    """
    said = pc.equal(instructions["labeler"], EXPERIMENT)
    nothing = pa.array([], pa.string())
    rows = None if proofs is None else proofs.filter(pc.equal(proofs["rules_version"], RULES_VERSION))
    taught = (
        nothing
        if rows is None
        else pa.concat_arrays([rows["taught_as"].combine_chunks().drop_null(), _contrasts(rows)])
    )
    whole = instructions.filter(pc.is_in(instructions["instruction_id"], value_set=taught))
    copies = whole["trajectory_id"].combine_chunks()
    step = pc.and_(pc.equal(instructions["level"], "low"), pc.is_in(instructions["trajectory_id"], value_set=copies))
    current = pc.or_(pc.is_in(instructions["instruction_id"], value_set=taught), step)
    kept = pc.or_(pc.is_null(trajectories["lane"]), pc.is_in(trajectories["trajectory_id"], value_set=copies))
    left_out = trajectories.filter(pc.invert(kept))["trajectory_id"].combine_chunks()
    sound = pc.invert(pc.is_in(steps["trajectory_id"], value_set=left_out))
    mine = pc.or_(pc.invert(said), current)
    return trajectories.filter(kept), steps.filter(sound), instructions.filter(mine)
