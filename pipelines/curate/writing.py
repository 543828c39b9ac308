"""The last stage of `curate`: the decisions of a bucket, and an edge from each duplicate to what is kept instead."""

import polars as pl
import pyarrow as pa

from pipelines.curate import ledger
from pipelines.curate.duplicates import duplicates
from pipelines.curate.roles.candidates import RULES_VERSION
from pipelines.curate.stages import KEYED, Curation, Stage
from pipelines.lake.writing import write_sorted
from pipelines.running.work import HandOver, Report
from schemas.arrow import arrow_schema
from schemas.choices import Decision, Edge


def write_bucket(curation: Curation, last: HandOver, bucket: int) -> None:
    """Writes decisions and edges of a bucket from what the stage before left, unless it was done."""
    work, name = curation.work, curation.name
    if work.is_done(bucket, stage=Stage.WRITE):
        return
    rows = pl.DataFrame(work.handed(last, bucket))
    ledger.conserved(pl.DataFrame(work.handed(KEYED, bucket)), rows, where=f"bucket {bucket}")
    decisions = _rows_like(
        rows.with_columns(
            curation=pl.lit(name),
            rules_version=pl.lit(RULES_VERSION),
            cost=pl.when(pl.col("role") == "negative").then("cost"),
        ),
        arrow_schema(Decision),
    )
    snapshot = work.snapshot
    add = [
        *write_sorted(snapshot.url, "decisions", decisions, bucket=bucket, curation=name),
        *write_sorted(snapshot.url, "edges", _edges(rows, name), bucket=bucket, curation=name),
    ]
    tables = ("decisions", "edges")
    remove = [file for table in tables for file in snapshot.files_of(table, bucket=bucket, curation=name)]
    work.leave(bucket, Report(tuple(add), tuple(remove), ledger.tally(decisions)), stage=Stage.WRITE)


def _edges(decided: pl.DataFrame, name: str) -> pa.Table:
    """An edge from each row that was dropped as a duplicate to the one that is kept."""
    rows = decided.filter(pl.col("rule").is_in(list(duplicates.EDGES)))
    edges = rows.select(
        "trajectory_id",
        curation=pl.lit(name),
        kind=pl.col("rule").replace_strict(duplicates.EDGES, return_dtype=pl.String),
        left=pl.format("{}/{}/{}", "trajectory_id", "step_index", "instruction_id"),
        right="survivor",
        distance=pl.col("distance").fill_null(0.0),
    ).unique(maintain_order=True)
    return _rows_like(edges, arrow_schema(Edge))


def _rows_like(frame: pl.DataFrame, schema: pa.Schema) -> pa.Table:
    return frame.to_arrow(compat_level=pl.CompatLevel.oldest()).select(schema.names).cast(schema)
