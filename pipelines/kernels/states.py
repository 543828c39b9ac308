"""Steps and trees to states: what was seen before and after each step, by key."""

import pyarrow as pa

from pipelines.kernels.episodes import Trees
from schemas.arrow import from_row, table_of
from schemas.choices import State
from schemas.identity import RULES_VERSION
from schemas.records import Seen
from schemas.tables import TABLES


def states_of(steps: pa.Table, trees: Trees) -> pa.Table:
    """The rows of `states` for both sides of the steps, where something was seen."""
    rows = []
    for batch in steps.select(["trajectory_id", "step_index", "before", "after"]).to_batches(max_chunksize=1_024):
        for row in batch.to_pylist():
            for side in ("before", "after"):
                if row[side] is None:
                    continue
                seen = from_row(Seen, row[side])
                keys = trees.keys(seen)
                rows.append(
                    State(
                        trajectory_id=row["trajectory_id"],
                        step_index=row["step_index"],
                        side=side,  # type: ignore[arg-type]
                        screen=seen.screen,
                        tree=seen.tree,
                        rules_version=RULES_VERSION,
                        structure=None if keys is None else keys.structure,
                        content=None if keys is None else keys.content,
                        volatile=() if keys is None else keys.volatile,
                    )
                )
    return table_of(State, rows).sort_by([(name, "ascending") for name in TABLES["states"].order])
