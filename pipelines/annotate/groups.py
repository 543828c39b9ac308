"""The groups of rollouts in a lake, as a judge of pairs needs them: what the others of an episode's group did."""

from collections.abc import Sequence
from typing import cast

import polars as pl

from labelers.askers.pairwise import Account, account, paired
from pipelines.annotate.opinions import no_screen, rows_of
from pipelines.lake.delta import Lake, Snapshot
from pipelines.lake.episodes import Trees, episodes
from schemas.keys import key


class GroupMates:
    """Gives those of a trajectory's group that it is compared with, in words; they are read when first asked for.

    Cheap to pickle: a copy reads the same snapshot again.
    """

    def __init__(self, lake: Lake, *, opponents: int) -> None:
        self._snapshot: Snapshot = lake.snapshot()
        columns = ["trajectory_id", "group"]
        rows = cast(pl.DataFrame, pl.from_arrow(self._snapshot.read("trajectories", columns=columns)))
        grouped = rows.filter(pl.col("group").is_not_null()).sort("group", "trajectory_id")
        groups: dict[str, list[str]] = {}
        for name, group in grouped.select("trajectory_id", "group").rows():
            groups.setdefault(group, []).append(name)
        self._pairs = sorted(pair for names in groups.values() for pair in paired(names, opponents))
        self._mates: dict[str, list[str]] = {}
        for name, other in self._pairs:
            self._mates.setdefault(name, []).append(other)
        self._accounts: dict[str, Account] | None = None

    @property
    def digest(self) -> str:
        """What tells them from others: who is compared with whom."""
        return key("pairs", self._pairs)

    @property
    def trajectories(self) -> frozenset[str]:
        """All that are in a group with others."""
        return frozenset(name for pair in self._pairs for name in pair)

    def __call__(self, trajectory_id: str) -> Sequence[Account]:
        """The accounts of those that come after it, in order of their ids."""
        if trajectory_id not in self._mates:
            return ()
        if self._accounts is None:
            self._accounts = self._read()
        return [self._accounts[name] for name in self._mates[trajectory_id]]

    def __getstate__(self) -> dict[str, object]:
        """Without what was read."""
        return {**self.__dict__, "_accounts": None}

    def _read(self) -> dict[str, Account]:
        accounts: dict[str, Account] = {}
        for bucket in range(self._snapshot.buckets):
            trajectories, steps = (
                rows_of(self._snapshot, table, bucket, self.trajectories) for table in ("trajectories", "steps")
            )
            if not trajectories.num_rows:
                continue
            trees = Trees(self._snapshot.read("trees", bucket=bucket, columns=["tree", "nodes"]))
            for episode in episodes(trajectories, steps, {}, trees, no_screen):
                accounts[episode.trajectory.trajectory_id] = account(episode)
        return accounts
