"""Applications that misbehave: each is bounded, what happened is data, and the next episode goes on."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks.episodes import explore
from explorers.core.rollout import ExploreConfig
from explorers.desktop import DesktopConfig, DesktopEnvironment
from schemas.actions import Click, Key, Wait
from schemas.errors import DeviceLost, DeviceUnavailable
from schemas.recordings import read_trace
from schemas.records import Choice, Observation, Outcome
from tests.explorers.contract import find, middle
from tests.explorers.desktop.conftest import PYTHON, application

pytestmark = pytest.mark.desktop

QUICK = DesktopConfig(hang=0.4, settle=1.0)


@pytest.fixture
def trouble() -> Iterator[Callable[[str], tuple[DesktopEnvironment, Outcome, Observation]]]:
    """Starts the test application, presses the button that makes its trouble, and tells what came of it."""
    made: list[DesktopEnvironment] = []

    def press(mode: str) -> tuple[DesktopEnvironment, Outcome, Observation]:
        made.append(DesktopEnvironment(application(mode), config=QUICK))
        seen = made[-1].reset()
        outcome = made[-1].act(Click(middle(find(seen, "button", "Trouble"), seen)))
        return made[-1], outcome, made[-1].observe()

    yield press
    for environment in made:
        environment.close()


Trouble = Callable[[str], tuple[DesktopEnvironment, Outcome, Observation]]


def test_a_crash_is_an_outcome_and_the_next_episode_starts(trouble: Trouble) -> None:
    environment, outcome, after = trouble("crash")
    assert (outcome.result, outcome.message) == ("crashed", "the application ended by signal 11")
    assert after.screen is not None
    assert after.notice == "no window is open"
    assert find(environment.reset(), "heading")


def test_an_application_that_closes_itself_leaves_an_empty_screen(trouble: Trouble) -> None:
    _, outcome, after = trouble("exit")
    assert outcome.result == "ok"
    assert after.windows == ()
    assert after.tree is not None
    assert after.tree.nodes == ()


def test_one_that_hangs_is_seen_without_its_tree_and_is_crashed_in_the_end(trouble: Trouble) -> None:
    environment, outcome, after = trouble("hang")
    assert (outcome.result, outcome.message) == ("timeout", "the application does not answer")
    assert after.screen is not None
    assert after.notice == "the application does not answer"
    assert environment.act(Wait(0.5)).result == "timeout"
    assert environment.act(Wait(0.01)).result == "crashed"


def test_fifty_windows_are_all_told(trouble: Trouble) -> None:
    environment, outcome, after = trouble("windows")
    assert outcome.result == "ok"
    for _ in range(20):  # the window manager may take longer than the time for rest
        if len(after.windows) < 51:
            environment.act(Wait(0.2))
            after = environment.observe()
    assert len(after.windows) == 51
    assert after.tree is not None
    buttons = [node for node in after.tree.nodes if node.role == "button" and node.name.startswith("Button")]
    assert len(buttons) == 50


def test_a_grabbed_pointer_does_not_stop_ours(trouble: Trouble) -> None:
    environment, outcome, _ = trouble("grab")
    assert outcome.result == "ok"
    environment.act(Wait(0.2))
    seen = environment.observe()
    box = find(seen, "checkbox")
    assert environment.act(Click(middle(box, seen))).result == "ok"
    assert environment.observe().screen is not None


def test_a_full_screen_is_the_whole_screenshot(trouble: Trouble) -> None:
    _, outcome, after = trouble("fullscreen")
    assert outcome.result == "ok"
    window = find(after, "window", "Orders").box
    assert window is not None
    assert (window.width, window.height) == (1280, 720)


@pytest.mark.parametrize("mode", ["flood", "spin"])
def test_what_never_rests_is_seen_all_the_same(mode: str, trouble: Trouble) -> None:
    environment, outcome, after = trouble(mode)
    assert outcome.result == "ok"
    assert find(after, "heading")
    assert environment.act(Key("Tab")).settle is not None
    if mode == "spin":
        assert (outcome.settle or "").startswith("timeout")
        assert after.volatile


def test_what_is_never_the_same_twice_is_begun_with_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("explorers.desktop.session.NEVER_SECONDS", 0.5)
    config = DesktopConfig(start=8.0, settle=0.5)
    with closing(DesktopEnvironment(application("ticking"), config=config)) as environment:
        assert environment.reset().windows == ("Orders",)


def test_a_desktop_that_dies_is_lost_and_another_one_is_made() -> None:
    environment = DesktopEnvironment(application(), config=QUICK)
    environment.reset()
    environment.kill()
    with pytest.raises(DeviceLost):
        environment.act(Key("Tab"))
    with pytest.raises(DeviceLost):
        environment.observe()
    assert find(environment.reset(), "heading")
    environment.close()


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("import sys; sys.exit('no licence')", "ended: with code 1: no licence"),
        ("import time; time.sleep(60)", "no window came within 1 s"),
    ],
)
def test_what_shows_no_window_is_unavailable_with_the_reason(program: str, said: str) -> None:
    environment = DesktopEnvironment(f'{PYTHON} -c "{program}"', config=DesktopConfig(start=1.0))
    with pytest.raises(DeviceUnavailable, match=said):
        environment.reset()


class _PressesTrouble:
    """Presses the button of that name, for ever."""

    name, version = "presser", "1"

    def begin(self, *, seed: int) -> None: ...

    def choose(self, observation: Observation) -> Choice | None:
        return Choice(Click(middle(find(observation, "button", "Trouble"), observation)))

    def learn(self, before: Observation, choice: Choice, outcome: Outcome, after: Observation) -> None: ...


def test_each_episode_of_a_crashing_application_is_recorded(tmp_path: Path) -> None:
    environment = DesktopEnvironment(application("crash"), config=QUICK)
    done = list(explore(environment, _PressesTrouble(), tmp_path, ExploreConfig(episodes=2, max_steps=3)))
    assert [(each.steps, each.ended_by) for each in done] == [(1, "crashed"), (1, "crashed")]
    (step,) = read_trace(done[0].path).steps
    assert step.result == "crashed"
