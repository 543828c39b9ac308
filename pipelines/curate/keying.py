"""The stage that gives the candidates of a bucket the keys by which they are compared with those of other buckets.

What another side of the split shows is dropped before, so that nothing loses to it.
"""

from collections.abc import Iterator, Sequence

import polars as pl
import pyarrow as pa

from pipelines.curate.duplicates import keys
from pipelines.curate.selection.parting import part
from pipelines.curate.stages import ALIKE_STATES, ALIKE_WORDS, CANDIDATES, KEYED, SHARED, SIDES, Curation, Stage
from pipelines.lake.parquet import parquet_bytes
from pipelines.running.work import HandOver, Report, Work
from schemas.keys import content_id, key


def give_keys(curation: Curation, bucket: int) -> Iterator[tuple[int, str]]:
    """Hands the rows over with their keys, unless it was done; yields the file by the bucket's number."""
    work = curation.work
    if not work.is_done(bucket, stage=Stage.KEY):
        candidates = work.handed(CANDIDATES, bucket)
        rows = _parted(work, candidates)
        states = _standing(work, ALIKE_STATES, rows, ("state_before", "state_after"))
        words = _standing(work, ALIKE_WORDS, rows, ("plain",))
        parts = [keys.VERSION.decode(), content_id(work.handed_file(CANDIDATES, bucket)), states, words]
        if rows is not candidates:
            parts.append(content_id(parquet_bytes(rows)))
        digest = key("keyed", *parts)
        if curation.shelf.take(work, Stage.KEY, bucket, digest, (KEYED,)) is None:
            work.hand_over(KEYED, keys.keyed(rows, states, words), bucket)
            curation.shelf.put(work, Stage.KEY, bucket, digest, (KEYED,), {})
        work.leave(bucket, Report(), stage=Stage.KEY)
    yield bucket, work.url(KEYED, bucket)


def _parted(work: Work, candidates: pa.Table) -> pa.Table:
    """The candidates without what another side shows; as they are where no two sides show the same."""
    shared = pl.DataFrame(work.handed(SHARED))
    if not shared.height:
        return candidates
    rows = part(pl.DataFrame(candidates), pl.DataFrame(work.handed(SIDES)), shared)
    return rows.to_arrow(compat_level=pl.CompatLevel.oldest())


def _standing(work: Work, alike: HandOver, rows: pa.Table, columns: Sequence[str]) -> dict[str, str]:
    """What stands for what, of all that the columns hold."""
    held = pl.concat([pl.Series(rows[column]).alias("held") for column in columns]).drop_nulls().unique()
    mine = pl.DataFrame(work.handed(alike)).filter(pl.col("member").is_in(held.implode())).sort("member")
    return dict(mine.select("member", "stands_for_it").iter_rows())
