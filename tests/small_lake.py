"""A small lake made as a user makes one: a shop in memory explored, the four jobs, and datasets."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from benchmarks.episodes import explore
from explorers.core.affordances import affordances
from explorers.core.rollout import ExploreConfig
from explorers.fake import FakeEnvironment
from explorers.policies.novelty import NoveltyPolicy
from pipelines.cli import main
from schemas.actions import Back, Click, Type
from schemas.protocols import Policy
from schemas.records import Choice, Observation, Outcome

DATASETS = ("chat-sft", "trl-dpo", "trl-grpo", "trl-kto", "trl-sft", "verl-rl")
"""What the README names."""


class Detour:
    """Types "lamp", opens an article and comes back, then searches: a task of two steps round two that led astray."""

    name, version = "detour", "1"

    def __init__(self) -> None:
        self._ahead: Iterator[str] = iter(("Search articles", "Oak table", "back", "Search"))

    def begin(self, *, seed: int) -> None:  # noqa: ARG002
        self._ahead = iter(("Search articles", "Oak table", "back", "Search"))

    def choose(self, observation: Observation) -> Choice | None:
        wanted = next(self._ahead, None)
        if wanted is None or wanted == "back":
            return wanted and Choice(Back())
        each = next(one for one in affordances(observation) if one.node.name == wanted)
        action = Type("lamp", each.point) if each.kind == "fill" else Click(each.point)
        return Choice(action, each.target)

    def learn(self, before: Observation, choice: Choice, outcome: Outcome, after: Observation) -> None:
        pass


def make_small_lake(folder: Path) -> Path:
    """Makes `traces`, `lake` with the curation `first`, and `datasets/FORMAT` in the folder, and returns it."""
    policies: tuple[Policy, ...] = (Detour(), NoveltyPolicy())
    for number, policy in enumerate(policies):
        config = ExploreConfig(episodes=1 + number, max_steps=12, run_id=f"{number:032x}")
        assert len(list(explore(FakeEnvironment(), policy, folder / "traces", config))) == config.episodes
    with contextlib.chdir(folder):
        _run("ingest", "--traces", "traces", "--lake", "lake")
        _run("annotate", "--lake", "lake", "--backend", "rules")
        _run("curate", "--lake", "lake", "--name", "first")
        for name in DATASETS:
            _run("export", "--lake", "lake", "--name", "first", "--format", name, "--out", f"datasets/{name}")
    return folder


def _run(*arguments: str) -> None:
    assert main(arguments) == 0
