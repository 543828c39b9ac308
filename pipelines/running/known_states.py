"""The states of a bucket: read where the lake has them, made and written where it does not."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.lake.delta import DataFile
from pipelines.lake.episodes import Trees
from pipelines.lake.states import places, states_of
from pipelines.lake.writing import write_sorted
from pipelines.running.work import Work
from schemas.identity import RULES_VERSION


def bucket_states(work: Work, bucket: int, steps: pa.Table) -> tuple[pa.Table, tuple[DataFile, ...]]:
    """All states of the bucket's steps under today's rules, and the file of those that the lake did not have.

    Those whose tree is missing have no keys, and are not written: it may come back.
    """
    held = read_states(work, bucket)
    columns = (held[name].to_pylist() for name in ("trajectory_id", "step_index", "side"))
    known = set(zip(*columns, strict=True))
    if all(place in known for place, _ in places(steps)):
        return held, ()
    trees = Trees(work.snapshot.read("trees", bucket=bucket, columns=["tree", "nodes"]))
    fresh = states_of(steps, trees, known=known)
    lost = pa.array(sorted({tree for tree in fresh["tree"].to_pylist() if tree is not None and tree not in trees}))
    sound = fresh.filter(pc.invert(pc.is_in(fresh["tree"], value_set=lost.cast(pa.string()))))
    return pa.concat_tables([held, fresh]), write_sorted(work.snapshot.url, "states", sound, bucket=bucket)


def read_states(work: Work, bucket: int, *, added: Sequence[DataFile] = ()) -> pa.Table:
    """The bucket's states under today's rules: those of the lake, and those of files not committed yet."""
    parts = [work.snapshot.read("states", bucket=bucket)]
    parts += [work.snapshot.only(file).read("states") for file in added]
    return pa.concat_tables(parts).filter(pc.field("rules_version") == RULES_VERSION)
