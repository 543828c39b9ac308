from pathlib import Path

from benchmarks.deeds import deeds, ended_itself, shares
from explorers.core.rollout import ExploreConfig, run_episode
from explorers.fake import FakeEnvironment
from explorers.policies.random import RandomPolicy
from schemas.recordings import read_trace


def test_every_step_did_one_thing_and_an_episode_of_all_its_steps_did_not_end_itself(tmp_path: Path) -> None:
    done = run_episode(
        FakeEnvironment(), RandomPolicy(), tmp_path, ExploreConfig(max_steps=8), run_id="deeds", episode=0
    )
    recording = read_trace(done.path)
    counted = deeds([recording])
    assert counted.total() == done.steps
    assert set(counted) <= {"elsewhere", "changed", "scrolled", "drawn", "nothing", "refused", "no target"}
    assert shares(counted).count(",") == len(counted) - 1
    assert not ended_itself(recording, done.ended_by)
