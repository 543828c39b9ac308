"""Tasks of a desktop, and of the fake, are proven as those of a website are: from the application as it starts."""

from pathlib import Path

import polars as pl
import pytest

from benchmarks.episodes import explore
from explorers.core.rollout import ExploreConfig, run_episode
from explorers.desktop import DesktopEnvironment
from explorers.fake import FakeEnvironment
from explorers.policies import build_policy
from explorers.setup.desktop_packages import missing_packages
from pipelines.cli import main as hindtrace
from pipelines.lake.delta import open_lake
from pipelines.prove.addresses import relative
from schemas.actions import Click, Point
from schemas.records import Choice, Observation, Outcome
from schemas.targets import target_of

FAKE = '[environment]\nname = "shop"\nplatform = "fake"\n'
PAD = '[environment]\nname = "pad"\nplatform = "desktop"\nlaunch = ["mousepad", "Documents/letter.txt"]\n'


def proven(folder: Path, manifest: str) -> pl.DataFrame:
    """The proofs of what was explored there."""
    (folder / "a.toml").write_text(manifest)
    lake = str(folder / "lake")
    assert hindtrace(["ingest", "--traces", str(folder / "traces"), "--lake", lake]) == 0
    assert hindtrace(["annotate", "--lake", lake, "--backend", "rules"]) == 0
    call = ["prove", "--lake", lake, "--traces", str(folder / "attempts"), "--environment", str(folder / "a.toml")]
    hindtrace([*call, "--parallel", "2"])
    snapshot = open_lake(lake).snapshot()
    told = pl.DataFrame(snapshot.read("instructions")).select("instruction_id", "text")
    return pl.DataFrame(snapshot.read("proofs")).join(told, on="instruction_id")


def test_the_fake_is_tried_without_a_device(tmp_path: Path) -> None:
    config = ExploreConfig(episodes=2, max_steps=14, seed=1, run_id="r")
    list(explore(FakeEnvironment(), build_policy("novelty", locale="en-US"), tmp_path / "traces", config))
    proofs = proven(tmp_path, FAKE)
    done = proofs.filter(pl.col("lane") == "done")
    assert done.height > 0
    assert set(done["verdict"]) == {"passed"}
    assert set(proofs.filter(pl.col("lane") == "untouched")["verdict"]) == {"passed"}


def test_each_window_of_a_desktop_is_reached_from_its_command() -> None:
    assert relative("mousepad 'a b.txt' > Find and Replace") == "mousepad 'a b.txt'"
    assert relative("http://127.0.0.1:8001/a?b=1 > 2") == "/a?b=1 > 2"


class _Presses:
    """Presses what is called so, one after another."""

    name, version = "presses", "1"

    def __init__(self, *names: str) -> None:
        self._names = list(names)

    def begin(self, *, seed: int) -> None:
        """Nothing is random in it."""

    def choose(self, observation: Observation) -> Choice | None:
        """The next one."""
        if not self._names:
            return None
        name = self._names.pop(0)
        node = next(node for node in observation.nodes if node.name == name and node.box is not None)
        assert node.box is not None
        return Choice(Click(Point.on(*node.box.centre, width=1280, height=720)), target_of(node))

    def learn(self, before: Observation, choice: Choice, outcome: Outcome, after: Observation) -> None:
        """Nothing."""


@pytest.mark.slow
@pytest.mark.desktop
@pytest.mark.skipif(bool(missing_packages()), reason="not installed: root gets the packages with 'make desktop'")
def test_a_real_application_is_tried_in_a_new_home_each_time(tmp_path: Path) -> None:
    pad = DesktopEnvironment("mousepad Documents/letter.txt", app="pad")
    walks = (
        _Presses("Help", "About"),
        _Presses("Search", "Find and Replace...", "Match whole word", "Match case", "Close"),
    )
    for episode, walk in enumerate(walks):
        run_episode(pad, walk, tmp_path / "traces", ExploreConfig(max_steps=6), run_id="r", episode=episode)
    pad.close()
    proofs = proven(tmp_path, PAD)
    lanes = {lane: set(rows["verdict"]) for (lane,), rows in proofs.group_by("lane")}
    about = proofs.filter(pl.col("text").str.contains("About Mousepad"))
    assert about.height > 0
    assert about["copy"].null_count() == 0, lanes  # it is proven
    # A task that begins in the dialog is led there, by steps that its words don't name.
    inside = proofs.filter((pl.col("lane") == "shortened") & pl.col("text").str.contains("Match"))
    assert "passed" in set(inside["verdict"]), lanes
