"""What experiments say of the tasks: which were proven, and on which walk; which were tried and are not true."""

from typing import Literal, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.prove.lanes import RULES_VERSION
from schemas.proofs import EXPERIMENT, Lane, LaneVerdict, is_proven

Outcome: TypeAlias = Literal["copy", "elsewhere", "refuted"]
"""Of an instruction: it is that of a walk to train on, it was proven on one, or a lane of its proof failed."""

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
    return found | dict.fromkeys(mine["instruction_id"].to_pylist(), "copy")


def considered(
    trajectories: pa.Table, steps: pa.Table, instructions: pa.Table, *, proofs: bool
) -> tuple[pa.Table, pa.Table, pa.Table]:
    """The trajectories without the attempts that nobody trains on, and the steps and instructions without theirs.

    Without `proofs` there is no attempt to train on.
    """
    said = pc.equal(instructions["labeler"], EXPERIMENT)
    current = pc.and_(said, pc.equal(instructions["labeler_version"], RULES_VERSION))
    copies = instructions.filter(current)["trajectory_id"].combine_chunks() if proofs else pa.array([], pa.string())
    kept = pc.or_(pc.is_null(trajectories["lane"]), pc.is_in(trajectories["trajectory_id"], value_set=copies))
    left_out = trajectories.filter(pc.invert(kept))["trajectory_id"].combine_chunks()
    sound = pc.invert(pc.is_in(steps["trajectory_id"], value_set=left_out))
    mine = pc.or_(pc.invert(said), current) if proofs else pc.invert(said)
    return trajectories.filter(kept), steps.filter(sound), instructions.filter(mine)
