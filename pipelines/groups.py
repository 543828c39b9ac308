"""The groups of rollouts in a lake, as a judge of pairs needs them: what the others of an episode's group did."""

from collections.abc import Sequence
from typing import cast

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from labelers.askers.pairwise import Account, account
from pipelines.jobs.annotate import no_screen
from pipelines.kernels.episodes import Trees, episodes
from pipelines.lake import Lake, Snapshot
from schemas.keys import key


class GroupMates:
    """Gives the episodes of a trajectory's group that come after it, in words; they are read when first asked for.

    Cheap to pickle: a copy reads the same snapshot again.
    """

    def __init__(self, lake: Lake) -> None:
        self._snapshot: Snapshot = lake.snapshot()
        columns = ["trajectory_id", "group"]
        rows = cast(pl.DataFrame, pl.from_arrow(self._snapshot.read("trajectories", columns=columns)))
        grouped = rows.filter(pl.col("group").is_not_null()).sort("group", "trajectory_id")
        self._groups: dict[str, list[str]] = {}
        for name, group in grouped.select("trajectory_id", "group").rows():
            self._groups.setdefault(group, []).append(name)
        self._groups = {group: names for group, names in self._groups.items() if len(names) > 1}
        self._group_of = {name: group for group, names in self._groups.items() for name in names}
        self._accounts: dict[str, Account] | None = None

    @property
    def digest(self) -> str:
        """What tells these groups from others: who is in them."""
        return key("groups", sorted(self._groups.items()))

    @property
    def trajectories(self) -> frozenset[str]:
        """All that are in a group with others."""
        return frozenset(self._group_of)

    def __call__(self, trajectory_id: str) -> Sequence[Account]:
        """The accounts of the others, in order of their ids."""
        group = self._group_of.get(trajectory_id)
        if group is None:
            return ()
        if self._accounts is None:
            self._accounts = self._read()
        return [self._accounts[name] for name in self._groups[group] if name > trajectory_id]

    def __getstate__(self) -> dict[str, object]:
        """Without what was read."""
        return {**self.__dict__, "_accounts": None}

    def _read(self) -> dict[str, Account]:
        found: dict[str, Account] = {}
        wanted = pa.array(sorted(self._group_of), pa.string())
        for bucket in range(self._snapshot.buckets):
            trajectories, steps = (
                rows.filter(pc.is_in(rows["trajectory_id"], value_set=wanted))
                for rows in (self._snapshot.read(table, bucket=bucket) for table in ("trajectories", "steps"))
            )
            if not trajectories.num_rows:
                continue
            trees = Trees(self._snapshot.read("trees", bucket=bucket, columns=["tree", "nodes"]))
            for episode in episodes(trajectories, steps, {}, trees, no_screen):
                found[episode.trajectory.trajectory_id] = account(episode)
        return found
