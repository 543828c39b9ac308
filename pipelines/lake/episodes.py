"""Facts to episodes: trajectories joined with their steps, trees and state keys, one at a time."""

from collections import OrderedDict
from collections.abc import Callable, Container, Iterator, Mapping

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.lake.states import Place
from schemas.arrow import from_row
from schemas.episodes import Episode, EpisodeStep, Moment
from schemas.errors import LakeError
from schemas.identity import StateKeys
from schemas.records import Screen, Seen, Step, Trajectory, Tree
from schemas.trees import unpack_tree

TREES_IN_MEMORY = 256


class Trees(Mapping[str, Tree]):
    """The trees of a bucket by id, unpacked when asked for; `rows` has the columns `tree` and `nodes`."""

    def __init__(self, rows: pa.Table) -> None:
        self._packed = dict(zip(rows["tree"].to_pylist(), rows["nodes"], strict=True))
        self._unpacked: OrderedDict[str, Tree] = OrderedDict()

    def __getitem__(self, tree: str) -> Tree:
        """A tree.

        Raises:
            LakeError: if the bucket does not have it.
        """
        if tree in self._unpacked:
            self._unpacked.move_to_end(tree)
            return self._unpacked[tree]
        if tree not in self._packed:
            raise LakeError(f"tree {tree} is missing from its bucket")
        unpacked = unpack_tree(self._packed[tree].as_py())
        self._unpacked[tree] = unpacked
        if len(self._unpacked) > TREES_IN_MEMORY:
            self._unpacked.popitem(last=False)
        return unpacked

    def __contains__(self, tree: object) -> bool:
        """Whether the bucket has the tree; it is not unpacked."""
        return tree in self._packed

    def __iter__(self) -> Iterator[str]:
        """The ids in the order in which they are stored."""
        return iter(self._packed)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._packed)


def episodes(
    trajectories: pa.Table,
    steps: pa.Table,
    keys: Mapping[Place, StateKeys],
    trees: Mapping[str, Tree] | None,
    screen: Callable[[str], Screen],
) -> Iterator[Episode]:
    """The episodes of the trajectories given, in order of their ids; steps of others are left out.

    Without `trees` the moments have their keys alone.
    """
    by_id: dict[str, list[Step]] = {name: [] for name in trajectories["trajectory_id"].to_pylist()}
    for batch in steps.to_batches(max_chunksize=1_024):
        for row in batch.to_pylist():
            if row["trajectory_id"] in by_id:
                by_id[row["trajectory_id"]].append(from_row(Step, row))

    def moment(step: Step, side: str, seen: Seen | None) -> Moment | None:
        if seen is None:
            return None
        tree = None if seen.tree is None or trees is None else trees[seen.tree]
        return Moment(seen, tree, keys.get((step.trajectory_id, step.step_index, side)))

    for row in sorted(trajectories.to_pylist(), key=lambda row: str(row["trajectory_id"])):
        mine = sorted(by_id.pop(row["trajectory_id"]), key=lambda step: step.step_index)
        parts = (
            EpisodeStep(each, moment(each, "before", each.before), moment(each, "after", each.after)) for each in mine
        )
        yield Episode(from_row(Trajectory, row), tuple(parts), screen)


def incomplete(
    trajectories: pa.Table, steps: pa.Table, trees: Container[str], screens: Container[str]
) -> dict[str, str]:
    """What is missing of those of the trajectories that are not whole, in order of their ids."""
    names = ("screen", "tree")
    flat = [
        pl.DataFrame(steps.select(["trajectory_id"])).with_columns(
            pl.Series(name, steps[side].combine_chunks().field(name)) for name in names
        )
        for side in ("before", "after")
    ]
    seen = pl.concat(flat)
    lost = []
    for name, there in (("screen", screens), ("tree", trees)):
        named = seen.select("trajectory_id", name).drop_nulls().unique()
        gone = [blob for blob in named[name].unique().to_list() if blob not in there]
        lost.append(named.filter(pl.col(name).is_in(gone)).group_by("trajectory_id").agg(pl.len().alias(f"{name}s")))
    held = pl.DataFrame(steps.select(["trajectory_id"])).group_by("trajectory_id").len("held")
    rows = pl.DataFrame(trajectories.select(["trajectory_id", "steps"]))
    for part in (held, *lost):
        rows = rows.join(part, on="trajectory_id", how="left", maintain_order="left")
    rows = rows.with_columns(pl.col("held", "screens", "trees").fill_null(0)).with_columns(
        gone=pl.col("steps").cast(pl.Int64) - pl.col("held").cast(pl.Int64)
    )
    lacking = rows.filter((pl.col("gone") != 0) | (pl.col("screens") > 0) | (pl.col("trees") > 0)).sort("trajectory_id")
    return {
        row["trajectory_id"]: f"missing from the lake: {row['gone']} of {row['steps']} steps, {row['screens']} screens,"
        f" {row['trees']} trees"
        for row in lacking.to_dicts()
    }


def sentences_of(instructions: pa.Table) -> pa.Table:
    """The instructions that steps can be rows of: a thought is told beside one, a check reads one, neither is one."""
    return instructions.filter(~pc.field("kind").isin(["thought", "check"]))
