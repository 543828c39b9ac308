"""What is changed: a shop in memory explored, with its lake, made once; the same in every run."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from benchmarks.episodes import explore
from explorers.core.rollout import ExploreConfig
from explorers.fake import FakeEnvironment
from explorers.policies.novelty import NoveltyPolicy
from labelers.rules import RulesBackend
from pipelines.annotate.job import annotate
from pipelines.curate.job import curate
from pipelines.ingest.job import ingest
from pipelines.lake.delta import Lake, open_lake
from pipelines.lake.episodes import Trees, episodes
from pipelines.lake.screens import Screens
from schemas.arrow import from_row
from schemas.episodes import Episode
from schemas.opinions import Instruction
from schemas.recordings import Recording, read_trace
from schemas.traces import find_traces

EPISODES, STEPS = 2, 4


@dataclass(frozen=True)
class Sample:
    """A folder with `traces` and a `lake`."""

    folder: Path

    @cached_property
    def trace(self) -> Path:
        """A sealed trace."""
        return next(find_traces(self.folder / "traces"))

    @cached_property
    def recording(self) -> Recording:
        """What it holds."""
        return read_trace(self.trace)

    @cached_property
    def lake(self) -> Lake:
        """The lake, with opinions and the curation `fuzz`."""
        return open_lake(str(self.folder / "lake"))

    @cached_property
    def episode(self) -> Episode:
        """The episode of the lake of which the rules wrote most."""
        counts = Counter(self.lake.snapshot().read("instructions")["trajectory_id"].to_pylist())
        return max(self._episodes(), key=lambda episode: counts[episode.trajectory.trajectory_id])

    @cached_property
    def instructions(self) -> list[Instruction]:
        """What the rules wrote of it."""
        rows = self.lake.snapshot().read("instructions").to_pylist()
        written = (from_row(Instruction, row) for row in rows)
        return [each for each in written if each.trajectory_id == self.episode.trajectory.trajectory_id]

    def _episodes(self) -> Iterator[Episode]:
        snapshot = self.lake.snapshot()
        for file in snapshot.files_of("trajectories"):
            tables = [snapshot.read(name, bucket=file.bucket) for name in ("trajectories", "steps")]
            trees = Trees(snapshot.read("trees", bucket=file.bucket, columns=["tree", "nodes"]))
            yield from episodes(*tables, {}, trees, Screens(snapshot, file.bucket))


def make_sample(folder: Path) -> Sample:
    """Makes it below the folder."""
    config = ExploreConfig(episodes=EPISODES, max_steps=STEPS, run_id="f" * 32)
    assert len(list(explore(FakeEnvironment(), NoveltyPolicy(), folder / "traces", config))) == EPISODES
    lake = str(folder / "lake")
    ingest(folder / "traces", lake, buckets=2)
    annotate(lake, RulesBackend)
    curate(lake, "fuzz")
    return Sample(folder)
