"""What was explored, recorded or imported, without the attempts of proofs: those teach nothing by themselves."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.lake.delta import Snapshot


def explored(snapshot: Snapshot, *, bucket: int | None = None, columns: Sequence[str] | None = None) -> pa.Table:
    """The rows of `trajectories` that are no attempts, with the columns that are asked for.

    Raises:
        LakeError: if a file is missing, or is not what was written.
    """
    asked = None if columns is None else [*columns, "lane"]
    rows = snapshot.read("trajectories", bucket=bucket, columns=asked)
    rows = rows.filter(pc.is_null(rows["lane"]))
    return rows if columns is None or "lane" in columns else rows.drop_columns("lane")


def without_attempts(rows: pa.Table, trajectories: pa.Table) -> pa.Table:
    """The rows whose trajectory is among those, in their order."""
    return rows.filter(pc.is_in(rows["trajectory_id"], value_set=trajectories["trajectory_id"].combine_chunks()))
