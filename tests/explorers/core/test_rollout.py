import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.episodes import explore
from explorers.core.rollout import EpisodeSummary, ExploreConfig, episode_seed
from explorers.core.safety import Safety
from explorers.fake import FakeEnvironment, Faults
from explorers.policies.novelty import NoveltyPolicy
from schemas.actions import Action, Answer, Click, Open, Point, Stop, Swipe, Type
from schemas.errors import ConfigurationError, TraceError
from schemas.keys import canonical_json
from schemas.recordings import read_trace
from schemas.records import Candidate, Cause, Choice, Observation, Outcome, Tree
from schemas.redaction import MASK
from schemas.traces import find_traces, trajectory_id

RUN = "a" * 32


class Script:
    """A policy that does what it is told."""

    name, version = "script", "1"

    def __init__(self, *choices: Choice | Action) -> None:
        self._choices = choices
        self._left: Iterator[Choice | Action] = iter(())
        self.learned = 0

    def begin(self, *, seed: int) -> None:  # noqa: ARG002
        self._left = iter(self._choices)

    def choose(self, observation: Observation) -> Choice | None:  # noqa: ARG002
        choice = next(self._left, None)
        return choice if choice is None or isinstance(choice, Choice) else Choice(choice)

    def learn(self, before: Observation, choice: Choice, outcome: Outcome, after: Observation) -> None:  # noqa: ARG002
        self.learned += 1


ORDER = Open("http://shop.example/order")
NOWHERE = Point.on(400, 200, width=480, height=240)


def run(traces: Path, *choices: Choice | Action, episodes: int = 1, faults: tuple[Faults, ...] = ()) -> EpisodeSummary:
    config = ExploreConfig(episodes=episodes, max_steps=6, run_id=RUN)
    return list(explore(FakeEnvironment(faults=faults), Script(*choices), traces, config))[-1]


def test_a_step_is_recorded_with_both_sides_and_continues_the_one_before(tmp_path: Path) -> None:
    summary = run(tmp_path, ORDER, Click(NOWHERE))
    recording = read_trace(summary.path)
    first, second = recording.steps
    assert first.before is not None
    assert first.after is not None
    assert first.before.location == "http://shop.example/"
    assert first.after.location == "http://shop.example/order"
    assert second.before == first.after
    assert second.continuous
    assert first.settle == "quiet 0"
    assert recording.tree(first.after.tree or "").nodes[0].role == "navigation"
    assert recording.load_screen(first.after.screen or "").width == 480


def test_the_record_says_what_ran(tmp_path: Path) -> None:
    trajectory = read_trace(run(tmp_path, ORDER).path).trajectory
    assert trajectory.trajectory_id == trajectory_id(RUN, 0)
    assert (trajectory.app, trajectory.start) == ("shop.example", "http://shop.example/")
    assert (trajectory.policy, trajectory.policy_version) == ("script", "1")
    assert trajectory.seed == episode_seed(0, 0)
    assert trajectory.setting.simulated


@pytest.mark.parametrize(
    ("choices", "ended_by", "steps"),
    [
        ((), "policy", 0),
        ((ORDER, Stop()), "stop", 2),
        ((Answer("42"),), "stop", 1),
        ((ORDER,) * 9, "max steps", 6),
    ],
)
def test_an_episode_ends_as_it_says(tmp_path: Path, choices: tuple[Action, ...], ended_by: str, steps: int) -> None:
    summary = run(tmp_path, *choices)
    assert (summary.ended_by, summary.steps) == (ended_by, steps)
    assert read_trace(summary.path).trajectory.ended_by == ended_by
    assert len(read_trace(summary.path).steps) == steps


def test_an_action_that_the_environment_does_not_have_is_refused_and_the_episode_goes_on(tmp_path: Path) -> None:
    recording = read_trace(run(tmp_path, Swipe(NOWHERE, NOWHERE), ORDER).path)
    assert [step.result for step in recording.steps] == ["refused", "ok"]
    assert recording.steps[0].message == "the shop has no Swipe"


def test_what_safety_refuses_is_a_recorded_step_that_was_not_done(tmp_path: Path) -> None:
    wrong = Open("file:///etc/passwd")
    recording = read_trace(run(tmp_path, wrong, ORDER).path)
    first, second = recording.steps
    assert (first.action, first.result) == (wrong, "refused")
    assert first.message == "denied: file: is not explored"
    assert first.after is not None
    assert first.after.location == "http://shop.example/"
    assert second.result == "ok"


class Late(FakeEnvironment):
    """A shop that puts what is seen down to the first action that it was given."""

    def act(self, action: Action) -> Outcome:
        return replace(super().act(action), caused_by=Cause(0, "request"))


def test_a_cause_is_told_as_a_step_of_the_episode(tmp_path: Path) -> None:
    wrong = Open("file:///etc/passwd")  # is refused before the environment is asked
    config = ExploreConfig(episodes=1, max_steps=6)
    (summary,) = explore(Late(), Script(wrong, ORDER, Click(NOWHERE)), tmp_path, config)
    causes = [step.caused_by for step in read_trace(summary.path).steps]
    assert causes == [None, Cause(1, "request"), Cause(1, "request")]


def test_safety_is_chosen_by_the_caller_and_bounds_what_may_change(tmp_path: Path) -> None:
    shop = FakeEnvironment()
    shop.reset()
    shop.act(ORDER)
    (box,) = (node.box for node in (shop.observe().tree or Tree("fake", ())).nodes if node.id == "place")
    assert box is not None
    place = Point.on(*box.centre, width=480, height=240)
    config = ExploreConfig(episodes=1, max_steps=6)
    (summary,) = explore(
        FakeEnvironment(), Script(ORDER, Click(place), Click(place)), tmp_path, config, safety=Safety(changes=1)
    )
    results = [step.result for step in read_trace(summary.path).steps]
    assert results == ["ok", "ok", "refused"]


def test_a_crash_is_the_last_step_and_the_next_episode_starts_fresh(tmp_path: Path) -> None:
    summaries = list(
        explore(
            FakeEnvironment(faults=(Faults("crash", 0, 1),)),
            Script(ORDER, ORDER, ORDER),
            tmp_path,
            ExploreConfig(episodes=2, max_steps=3),
        )
    )
    assert [(each.ended_by, each.steps) for each in summaries] == [("crashed", 2), ("max steps", 3)]
    last = read_trace(summaries[0].path).steps[-1]
    assert last.result == "crashed"
    assert last.after is not None
    assert last.after.screen is None
    assert last.after.notice == "the page crashed"


def test_a_lost_device_leaves_the_action_behind_and_the_next_episode_starts_fresh(tmp_path: Path) -> None:
    first, second = explore(
        FakeEnvironment(faults=(Faults("lost", 0, 1),)),
        Script(ORDER, Stop()),
        tmp_path,
        ExploreConfig(episodes=2, max_steps=3),
    )
    assert (first.ended_by, first.message) == ("device lost", "the shop burned down, as asked")
    recording = read_trace(first.path)
    assert recording.trajectory.finished == 1
    assert isinstance(recording.steps[-1].action, Stop)
    assert recording.steps[-1].after is None
    assert second.ended_by == "stop"


def test_a_start_that_fails_is_recorded_and_the_next_episode_goes_on(tmp_path: Path) -> None:
    first, second = explore(
        FakeEnvironment(faults=(Faults("unavailable", 0),)), Script(Stop()), tmp_path, ExploreConfig(episodes=2)
    )
    assert (first.ended_by, first.steps, first.message) == ("start failed", 0, "the shop is closed, as asked")
    assert read_trace(first.path).steps == ()
    assert second.ended_by == "stop"


def test_what_is_typed_into_a_password_field_is_masked_in_the_trace(tmp_path: Path) -> None:
    shop = FakeEnvironment()
    shop.reset()
    shop.act(ORDER)
    seen = shop.observe()
    assert seen.tree is not None
    box = next(node.box for node in seen.tree.nodes if node.has("password"))
    assert box is not None
    secret = Type("swordfish", Point.on(*box.centre, width=480, height=240))
    choice = Choice(secret, candidates=(Candidate(secret, "Password", 1.0),))
    summary = run(tmp_path, ORDER, choice, Click(NOWHERE))
    recording = read_trace(summary.path)
    assert recording.steps[1].action == Type(MASK, secret.point)
    told = canonical_json(recording.steps).decode()
    trees = {step.after.tree for step in recording.steps if step.after is not None and step.after.tree is not None}
    assert "swordfish" not in told
    assert all("swordfish" not in repr(recording.tree(tree)) for tree in trees)
    field = [node for node in recording.tree(sorted(trees)[0]).nodes if node.has("password")]
    assert all(node.value in ("", MASK) for node in field)


def test_the_policy_learns_from_each_step_that_was_finished(tmp_path: Path) -> None:
    policy = Script(ORDER, ORDER, ORDER)
    faults = (Faults("lost", 0, 2),)
    list(explore(FakeEnvironment(faults=faults), policy, tmp_path, ExploreConfig(episodes=1)))
    assert policy.learned == 2


def test_the_same_seed_makes_the_same_run(tmp_path: Path) -> None:
    def told(folder: Path, seed: int) -> list[tuple[Action, ...]]:
        config = ExploreConfig(episodes=3, max_steps=8, seed=seed)
        summaries = list(explore(FakeEnvironment(), NoveltyPolicy(), folder, config))
        return [tuple(step.action for step in read_trace(each.path).steps) for each in summaries]

    first = told(tmp_path / "one", 1)
    assert told(tmp_path / "two", 1) == first
    assert told(tmp_path / "three", 2) != first
    assert len(set(first)) == 3


def test_every_run_has_an_id_of_its_own(tmp_path: Path) -> None:
    for _ in range(2):
        list(explore(FakeEnvironment(), Script(), tmp_path, ExploreConfig(episodes=1)))
    ids = {read_trace(path).trajectory.run_id for path in find_traces(tmp_path)}
    assert len(ids) == 2


def test_a_run_is_recorded_once(tmp_path: Path) -> None:
    run(tmp_path, ORDER)
    with pytest.raises(TraceError, match="already there"):
        run(tmp_path, ORDER)


@pytest.mark.parametrize("wrong", [{"episodes": 0}, {"max_steps": 0}])
def test_a_run_of_nothing_is_a_wrong_call(wrong: dict[str, int]) -> None:
    with pytest.raises(ConfigurationError):
        ExploreConfig(**wrong)


def test_seeds_of_episodes_differ_and_stay_exact_in_json() -> None:
    seeds = {episode_seed(seed, episode) for seed in range(10) for episode in range(10)}
    assert len(seeds) == 100
    assert all(0 <= seed < 2**53 for seed in seeds)


def test_the_loop_and_the_policies_are_imported_without_a_browser_or_beam() -> None:
    names = "explorers.core.rollout, explorers.policies.frontier, explorers.policies.model"
    script = f"import sys, {names}; print(*sys.modules, sep='\\n')"
    modules = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert not {"playwright", "apache_beam", "PIL"} & set(modules)


EXPLORER = """
import sys
from pathlib import Path
from explorers.fake import FakeEnvironment
from explorers.policies.novelty import NoveltyPolicy
from benchmarks.episodes import explore
from explorers.core.rollout import ExploreConfig
config = ExploreConfig(episodes=1000, max_steps=5)
for summary in explore(FakeEnvironment(), NoveltyPolicy(), Path(sys.argv[1]), config):
    print(summary.episode, summary.steps, flush=True)
"""


@pytest.mark.parametrize("seed", range(4))
def test_a_killed_explorer_leaves_every_finished_step_readable_and_none_twice(tmp_path: Path, seed: int) -> None:
    process = subprocess.Popen([sys.executable, "-c", EXPLORER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process:
        told = [process.stdout.readline()]
        time.sleep(random.Random(seed).random() * 0.3)  # the moment of the kill is what varies, and nothing hangs on it
        os.kill(process.pid, signal.SIGKILL)
        told += process.stdout.readlines()
    recordings = [read_trace(path) for path in find_traces(tmp_path)]
    by_episode = {recording.trajectory.episode: recording for recording in recordings}
    assert len(by_episode) == len(recordings)
    finished = [tuple(map(int, line.split())) for line in told if line.endswith("\n")]
    assert finished
    for episode, steps in finished:
        assert by_episode[episode].trajectory.finished == steps
    for recording in recordings:
        for step in recording.steps[: recording.trajectory.finished]:
            assert step.after is not None
            assert recording.screen(step.after.screen or "")
            assert recording.tree(step.after.tree or "").nodes
    assert sum(recording.trajectory.truncated for recording in recordings) <= 1
