"""What many tests share: repeatable examples, and a small lake with its datasets."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import settings

# Hypothesis without a clock and without luck: the same examples on every machine.
settings.register_profile("repeatable", deadline=None, derandomize=True, max_examples=30, database=None)
settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def small_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `traces` of a shop in memory, the `lake`, and `datasets/FORMAT` of its curation `first`."""
    from explorers.fake import FakeEnvironment
    from explorers.policies import NoveltyPolicy
    from explorers.rollout import ExploreConfig, explore
    from pipelines.cli import main
    from pipelines.formats import FORMATS

    folder = tmp_path_factory.mktemp("small")
    config = ExploreConfig(episodes=2, max_steps=13, run_id="ab" * 16)
    assert len(list(explore(FakeEnvironment(), NoveltyPolicy(), folder / "traces", config))) == 2
    with contextlib.chdir(folder):
        assert main(["ingest", "--traces", "traces", "--lake", "lake"]) == 0
        assert main(["annotate", "--lake", "lake", "--backend", "rules"]) == 0
        assert main(["curate", "--lake", "lake", "--name", "first"]) == 0
        for name in FORMATS:
            out = f"datasets/{name}"
            assert main(["export", "--lake", "lake", "--name", "first", "--format", name, "--out", out]) == 0
    return folder
