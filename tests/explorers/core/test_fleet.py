import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorers.core.fleet import Agenda, EpisodeFailure, Explorer, Shard, agenda, explore_together
from explorers.core.rollout import EpisodeSummary, ExploreConfig, episode_seed
from explorers.fake import FakeEnvironment, Faults
from explorers.policies.random import RandomPolicy
from schemas.actions import Action, Open
from schemas.errors import ConfigurationError, DeviceLost, TraceError
from schemas.recordings import read_trace
from schemas.records import Choice, Observation, Outcome
from schemas.traces import find_traces, trace_folder

RUN = "a" * 32
ORDER = Open("http://shop.example/order")


class Opening:
    """A policy that opens the same page again and again, and calls `when` before each step."""

    name, version = "opening", "1"

    def __init__(self, when: Callable[[int], None] = lambda _: None) -> None:
        self._when, self._steps = when, 0

    def begin(self, *, seed: int) -> None:  # noqa: ARG002
        self._steps = 0

    def choose(self, observation: Observation) -> Choice | None:  # noqa: ARG002
        self._when(self._steps)
        self._steps += 1
        return Choice(ORDER)

    def learn(self, before: Observation, choice: Choice, outcome: Outcome, after: Observation) -> None:
        """Nothing to learn."""


def run(
    traces: Path, config: ExploreConfig, *explorers: Explorer, todo: Agenda | None = None
) -> list[EpisodeSummary | EpisodeFailure]:
    return list(explore_together(explorers, traces, config, todo or agenda(traces, config)))


def fresh(policy: Opening | RandomPolicy | None = None, *faults: Faults) -> Explorer:
    return Explorer(FakeEnvironment(faults=faults), policy or Opening())


@given(st.integers(0, 40), st.integers(1, 6))
def test_shards_are_parts_of_one_run_that_do_not_overlap(episodes: int, count: int) -> None:
    config = ExploreConfig(episodes=episodes + 1, run_id=RUN)
    parts = [agenda(Path("/no/such"), config, shard=Shard(index, count)).episodes for index in range(count)]
    assert sorted(number for part in parts for number in part) == list(range(episodes + 1))


@pytest.mark.parametrize(("index", "count"), [(1, 1), (-1, 2), (0, 0), (4, 4)])
def test_a_shard_that_is_no_part_is_refused(index: int, count: int) -> None:
    with pytest.raises(ConfigurationError, match="shard"):
        Shard(index, count)


def test_what_several_calls_record_needs_a_run_id_that_can_be_a_name(tmp_path: Path) -> None:
    for wrong in ({"shard": Shard(0, 2)}, {"resume": True}):
        with pytest.raises(ConfigurationError, match="run id"):
            agenda(tmp_path, ExploreConfig(), **wrong)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="run id"):
        agenda(tmp_path, ExploreConfig(run_id="../up"))
    assert agenda(tmp_path, ExploreConfig()).run_id != agenda(tmp_path, ExploreConfig()).run_id


def test_explorers_at_once_record_each_episode_once_with_the_seed_of_its_number(tmp_path: Path) -> None:
    config = ExploreConfig(episodes=12, max_steps=3, seed=5, run_id=RUN)
    both = threading.Barrier(2)  # so that neither records all of them
    first = [True, True]

    def meet(index: int) -> Callable[[int], None]:
        def wait(_: int) -> None:
            if first[index]:
                first[index] = False
                both.wait(20)

        return wait

    done = run(tmp_path, config, fresh(Opening(meet(0))), fresh(Opening(meet(1))))
    assert Counter(type(one) for one in done) == {EpisodeSummary: 12}
    found = {(t.episode, t.seed) for t in (read_trace(path).trajectory for path in find_traces(tmp_path))}
    assert found == {(number, episode_seed(5, number)) for number in range(12)}


def test_an_episode_that_fails_does_not_end_the_others(tmp_path: Path) -> None:
    config = ExploreConfig(episodes=6, max_steps=2, run_id=RUN)
    done = run(tmp_path, config, fresh(None, Faults("lost", 0, 1), Faults("unavailable", 1), Faults("crash", 2, 0)))
    ended = Counter(one.ended_by for one in done if isinstance(one, EpisodeSummary))
    assert ended == {"device lost": 1, "start failed": 1, "crashed": 1, "max steps": 3}


def test_an_episode_that_can_not_be_recorded_is_told_and_the_next_one_goes_on(tmp_path: Path) -> None:
    config = ExploreConfig(episodes=3, max_steps=1, run_id=RUN)
    todo = agenda(tmp_path, config)
    trace_folder(tmp_path, RUN, 1).mkdir(parents=True)  # somebody else was faster
    done = run(tmp_path, config, fresh(), todo=todo)
    failed = [one for one in done if isinstance(one, EpisodeFailure)]
    assert [(one.episode, "already there" in one.message) for one in failed] == [(1, True)]
    assert len(done) == 3


def test_what_nobody_expected_is_raised_when_the_others_are_done(tmp_path: Path) -> None:
    def fail(_: int) -> None:
        raise ZeroDivisionError

    config = ExploreConfig(episodes=5, max_steps=1, run_id=RUN)
    with pytest.raises(ZeroDivisionError):
        run(tmp_path, config, fresh(), fresh(Opening(fail)))
    finished = [path for path in find_traces(tmp_path) if not read_trace(path).trajectory.truncated]
    assert len(finished) >= 4


def test_a_run_that_was_recorded_is_refused_before_anything_starts(tmp_path: Path) -> None:
    config = ExploreConfig(episodes=2, max_steps=1, run_id=RUN)
    run(tmp_path, config, fresh())
    with pytest.raises(TraceError, match="already there"):
        agenda(tmp_path, config)


def test_resuming_records_what_is_missing_and_leaves_what_broke_off(tmp_path: Path) -> None:
    config = ExploreConfig(episodes=2, max_steps=2, run_id=RUN)
    stop_at_one = Opening(lambda step: None if step == 0 else _stop())
    with pytest.raises(ZeroDivisionError):
        run(tmp_path, config, fresh(stop_at_one))
    broken = trace_folder(tmp_path, RUN, 0)
    before = read_trace(broken).trajectory
    assert (before.truncated, before.finished) == (True, 1)
    longer = ExploreConfig(episodes=4, max_steps=2, run_id=RUN)
    todo = agenda(tmp_path, longer, resume=True)
    assert todo == Agenda(RUN, (1, 2, 3), (), (0,))
    run(tmp_path, longer, fresh(), todo=todo)
    assert read_trace(broken).trajectory == before
    assert agenda(tmp_path, longer, resume=True) == Agenda(RUN, (), (1, 2, 3), (0,))
    ids = [read_trace(path).trajectory.trajectory_id for path in find_traces(tmp_path)]
    assert len(ids) == len(set(ids)) == 4


def _stop() -> None:
    raise ZeroDivisionError


class Vanishing(FakeEnvironment):
    """A shop whose device can be taken away under whoever waits for it."""

    def __init__(self) -> None:
        super().__init__()
        self.acting, self.gone = threading.Event(), threading.Event()
        self.closed = False

    def act(self, action: Action) -> Outcome:  # noqa: ARG002
        self.acting.set()
        self.gone.wait(20)
        raise DeviceLost("it was taken away")

    def close(self) -> None:
        self.closed = True
        super().close()


def test_a_run_that_is_ended_early_leaves_its_episodes_unsealed_and_closes_what_it_used(tmp_path: Path) -> None:
    slow = Vanishing()
    config = ExploreConfig(episodes=9, max_steps=2, run_id=RUN)
    explorers = [fresh(Opening(lambda _: None if slow.acting.wait(20) else _stop())), Explorer(slow, Opening())]
    results = explore_together(explorers, tmp_path, config, agenda(tmp_path, config), interrupt=slow.gone.set)
    with closing(results):
        assert isinstance(next(results), EpisodeSummary)
    assert slow.closed
    found = [read_trace(path) for path in find_traces(tmp_path)]
    cut = [each for each in found if each.trajectory.truncated]
    assert 1 <= len(cut) <= 2
    assert {each.trajectory.ended_by for each in cut} == {"killed"}
    assert any(step.after is None and step.action == ORDER for each in cut for step in each.steps)
    left = agenda(tmp_path, config, resume=True)
    assert len(left.episodes) == 9 - len(found)


SCRIPT = """
import sys
from pathlib import Path
from explorers.fake import FakeEnvironment
from explorers.core.fleet import Explorer, agenda, explore_together
from explorers.policies.random import RandomPolicy
from explorers.core.rollout import ExploreConfig
traces = Path(sys.argv[1])
config = ExploreConfig(episodes=100_000, max_steps=5, run_id="r")
explorers = [Explorer(FakeEnvironment(), RandomPolicy()) for _ in range(3)]
for one in explore_together(explorers, traces, config, agenda(traces, config)):
    print(one.episode, flush=True)
"""


def test_a_fleet_that_is_interrupted_ends_and_can_be_resumed(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process:
        process.stdout.readline()
        os.kill(process.pid, signal.SIGINT)
        rest, said = process.communicate(timeout=30)
    assert said.rstrip().endswith("KeyboardInterrupt")
    todo = agenda(tmp_path, ExploreConfig(episodes=100_000, run_id="r"), resume=True)
    assert len(todo.broken) <= 3
    assert len(todo.sealed) >= 1 + len(rest.split())
    for number in todo.broken:
        assert read_trace(trace_folder(tmp_path, "r", number)).trajectory.truncated
