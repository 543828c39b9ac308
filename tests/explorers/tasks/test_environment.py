from pathlib import Path

import pytest

from explorers.core.fleet import Explorer, agenda, explore_together
from explorers.core.rollout import EpisodeSummary, ExploreConfig, group_of
from explorers.fake import FakeEnvironment, Faults
from explorers.tasks import RunnableTask, TaskEnvironment
from explorers.tasks.files import parse_task
from schemas.actions import Action, Answer, Open, Stop
from schemas.recordings import read_trace
from schemas.records import Choice, Observation, Outcome
from schemas.traces import find_traces
from tests.explorers.tasks.homes import FolderHome

START = "http://shop.example/"
ORDER = Open("http://shop.example/order")


def task(text: str, **rest: object) -> RunnableTask:
    return parse_task({"text": text, "platform": "web", "start": START, **rest})


GO = task("Open the order form", check={"all": [{"kind": "location_contains", "text": "/order"}]})
ASK = task("What does the oak table cost?", check={"all": [{"kind": "answered", "text": "310"}]})
OPEN = task("Look around")


class Doer:
    """Does what its goal asks for, every second time; keeps what it was told."""

    name, version = "doer", "1"

    def __init__(self, does: dict[str, tuple[Action, ...]]) -> None:
        self._does = does
        self._left: list[Action] = []
        self.goals: list[str] = []

    def pursue(self, goal: str) -> None:
        self.goals.append(goal)

    def begin(self, *, seed: int) -> None:  # noqa: ARG002
        goal = self.goals[-1]
        self._left = list(self._does[goal]) if self.goals.count(goal) % 2 else [Stop()]

    def choose(self, observation: Observation) -> Choice | None:  # noqa: ARG002
        return Choice(self._left.pop(0)) if self._left else None

    def learn(self, before: Observation, choice: Choice, outcome: Outcome, after: Observation) -> None: ...


DOES = {GO.task.text: (ORDER, Stop()), ASK.task.text: (ORDER, Answer(" 310 ")), OPEN.task.text: (ORDER,)}


def rollout(
    traces: Path, *tasks: RunnableTask, n: int = 2, faults: tuple[Faults, ...] = ()
) -> tuple[list[EpisodeSummary], Doer]:
    place = TaskEnvironment(tasks[0], lambda _: FakeEnvironment(faults=faults))
    policy = Doer(DOES)
    config = ExploreConfig(episodes=n * len(tasks), max_steps=5, run_id="r")
    explorer = Explorer(place, policy, lambda episode: place.set(tasks[episode // n]))
    found = list(explore_together([explorer], traces, config, agenda(traces, config)))
    assert all(isinstance(one, EpisodeSummary) for one in found)
    return [one for one in found if isinstance(one, EpisodeSummary)], policy


def test_each_task_is_tried_so_often_with_its_goal_its_group_and_its_outcome(tmp_path: Path) -> None:
    done, policy = rollout(tmp_path, GO, ASK, OPEN)
    assert policy.goals == [GO.task.text] * 2 + [ASK.task.text] * 2 + [OPEN.task.text] * 2
    assert [one.success for one in done] == [True, False, True, False, None, None]
    found = [read_trace(path) for path in find_traces(tmp_path)]
    assert [one.task for one in found] == [GO.task, GO.task, ASK.task, ASK.task, OPEN.task, OPEN.task]
    for one in found:
        assert one.task is not None
        assert one.trajectory.task_id == one.task.task_id
        assert one.trajectory.goal == one.task.text
        assert one.trajectory.group == group_of(one.task, policy, 0)
    assert len({one.trajectory.group for one in found}) == 3
    assert [one.trajectory.judged_by for one in found] == ["check"] * 4 + [None] * 2
    assert [one.trajectory.success for one in found] == [True, False, True, False, None, None]
    assert found[1].trajectory.message is not None
    assert found[1].trajectory.message.startswith("not so: ")
    assert found[0].trajectory.message is None


def test_a_task_that_is_done_already_can_t_begin(tmp_path: Path) -> None:
    there = task("Be there", check={"all": [{"kind": "location_contains", "text": "shop.example"}]})
    (one,), policy = rollout(tmp_path, there, n=1)
    assert (one.ended_by, one.steps, one.success) == ("start failed", 0, None)
    assert one.message == "the task is done before its first step: its check holds already"
    assert policy.goals == []


def test_a_task_whose_requirements_are_not_met_can_t_begin(tmp_path: Path) -> None:
    absent = task("Look", setup={"require": [{"kind": "shows", "name": "Ice cream"}]})
    (one,), _ = rollout(tmp_path, absent, n=1)
    assert one.ended_by == "start failed"
    assert one.message is not None
    assert one.message.startswith("the task can't begin, not so: ")


def test_an_episode_whose_device_is_lost_is_not_judged(tmp_path: Path) -> None:
    (one,), _ = rollout(tmp_path, GO, n=1, faults=(Faults("lost", step=1),))
    assert (one.ended_by, one.success) == ("device lost", None)


def test_a_home_that_is_gone_when_the_check_comes_leaves_the_outcome_open(tmp_path: Path) -> None:
    checked = parse_task(
        {
            "text": GO.task.text,
            "platform": "desktop",
            "start": "shop",
            "check": {"all": [{"kind": "file_exists", "path": "a"}]},
        }
    )

    class Leaving(FakeEnvironment):
        workspace: FolderHome | None = FolderHome(tmp_path)

        def act(self, action: Action) -> Outcome:
            self.workspace = None
            return super().act(action)

    place = TaskEnvironment(checked, lambda _: Leaving())
    config = ExploreConfig(episodes=1, max_steps=5, run_id="r")
    explorer = Explorer(place, Doer(DOES), lambda _: place.set(checked))
    (one,) = explore_together([explorer], tmp_path / "t", config, agenda(tmp_path / "t", config))
    assert isinstance(one, EpisodeSummary)
    assert (one.success, one.message) == (None, "not checked: the home of the episode is gone")


def test_another_task_gets_an_environment_of_its_own_and_the_same_one_keeps_it() -> None:
    made: list[str] = []

    def make(given: RunnableTask) -> FakeEnvironment:
        made.append(given.task.text)
        return FakeEnvironment()

    place = TaskEnvironment(GO, make)
    for given in (GO, GO, ASK, GO):
        place.set(given)
    assert made == [GO.task.text, ASK.task.text, GO.task.text]


@pytest.mark.parametrize("given", [GO, ASK])
def test_the_group_is_that_of_task_policy_version_and_round(given: RunnableTask) -> None:
    first, second = Doer(DOES), Doer(DOES)
    second.version = "2"
    groups = {group_of(given.task, first, 0), group_of(given.task, second, 0), group_of(given.task, first, 1)}
    assert len(groups) == 3
    assert group_of(given.task, Doer(DOES), 0) in groups
