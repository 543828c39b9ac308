"""Facts to episodes: trajectories joined with their steps, trees and state keys, one at a time."""

from collections import OrderedDict
from collections.abc import Callable, Iterator

import pyarrow as pa

from schemas.arrow import from_row
from schemas.episodes import Episode, EpisodeStep, Moment
from schemas.errors import LakeError
from schemas.identity import StateKeys, tree_keys
from schemas.records import Screen, ScrollPosition, Seen, Step, Trajectory, Tree
from schemas.trees import unpack_tree

TREES_IN_MEMORY = 256


class Trees:
    """The trees of a bucket by id, unpacked when asked for, with the state keys of what was seen."""

    def __init__(self, rows: pa.Table) -> None:
        self._packed = dict(zip(rows["tree"].to_pylist(), rows["nodes"], strict=True))
        self._unpacked: OrderedDict[str, Tree] = OrderedDict()
        self._keys: dict[tuple[str, str | None, ScrollPosition | None], StateKeys] = {}

    def tree(self, tree: str) -> Tree:
        """A tree.

        Raises:
            LakeError: if the bucket does not have it.
        """
        if tree in self._unpacked:
            self._unpacked.move_to_end(tree)
            return self._unpacked[tree]
        if tree not in self._packed:
            raise LakeError(f"tree {tree} is missing from its bucket")
        found = unpack_tree(self._packed[tree].as_py())
        self._unpacked[tree] = found
        if len(self._unpacked) > TREES_IN_MEMORY:
            self._unpacked.popitem(last=False)
        return found

    def keys(self, seen: Seen) -> StateKeys | None:
        """The state keys of what was seen, or None where there was no tree."""
        if seen.tree is None:
            return None
        place = (seen.tree, seen.location, seen.scroll)
        if place not in self._keys:
            self._keys[place] = tree_keys(self.tree(seen.tree), location=seen.location, scroll=seen.scroll)
        return self._keys[place]


def episodes(
    trajectories: pa.Table, steps: pa.Table, trees: Trees, screen: Callable[[str], Screen]
) -> Iterator[Episode]:
    """The episodes of the trajectories given, in order of their ids; steps of others are left out."""
    by_id: dict[str, list[Step]] = {name: [] for name in trajectories["trajectory_id"].to_pylist()}
    for batch in steps.to_batches(max_chunksize=1_024):
        for row in batch.to_pylist():
            if row["trajectory_id"] in by_id:
                by_id[row["trajectory_id"]].append(from_row(Step, row))
    for row in sorted(trajectories.to_pylist(), key=lambda row: str(row["trajectory_id"])):
        mine = sorted(by_id.pop(row["trajectory_id"]), key=lambda step: step.step_index)
        parts = tuple(EpisodeStep(step, _moment(step.before, trees), _moment(step.after, trees)) for step in mine)
        yield Episode(from_row(Trajectory, row), parts, screen)


def _moment(seen: Seen | None, trees: Trees) -> Moment | None:
    if seen is None:
        return None
    return Moment(seen, None if seen.tree is None else trees.tree(seen.tree), trees.keys(seen))
