import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from explorers.core.fleet import Explorer, agenda, explore_together
from explorers.core.rollout import EpisodeSummary, ExploreConfig
from explorers.policies.random import RandomPolicy
from explorers.web import WebConfig, WebEnvironment
from explorers.web.browser import SharedBrowser
from schemas.actions import Open
from schemas.errors import ConfigurationError, DeviceLost
from schemas.recordings import read_trace
from schemas.records import Choice, Observation
from schemas.traces import find_traces
from tests.explorers.site import Site
from tests.explorers.web.conftest import Visitor, node_of

pytestmark = pytest.mark.web
RUN = "web"


@pytest.fixture
def browser() -> Iterator[SharedBrowser]:
    shared = SharedBrowser()
    yield shared
    shared.close()


class Telling(RandomPolicy):
    """Calls a function before each choice."""

    def __init__(self, tell: Callable[[], None]) -> None:
        super().__init__()
        self._tell = tell

    def choose(self, observation: Observation) -> Choice | None:
        self._tell()
        return super().choose(observation)


def test_contexts_of_one_browser_record_at_once_and_keep_their_cookies_apart(
    site: Site, browser: SharedBrowser, tmp_path: Path
) -> None:
    config = ExploreConfig(episodes=6, max_steps=3, run_id=RUN)
    explorers = [Explorer(WebEnvironment(site.url("/cookie"), browser=browser), RandomPolicy()) for _ in range(3)]
    done = list(explore_together(explorers, tmp_path, config, agenda(tmp_path, config)))
    assert sorted(one.episode for one in done) == list(range(6))
    for path in find_traces(tmp_path):
        recording = read_trace(path)
        first = recording.steps[0].before if recording.steps else None
        if first is not None:
            assert "First visit" in {node.name for node in recording.tree(first.tree or "").nodes}


def test_a_browser_that_dies_loses_the_episodes_in_it_and_one_new_browser_serves_the_next(
    site: Site, browser: SharedBrowser, tmp_path: Path
) -> None:
    together = threading.Barrier(3, timeout=60)
    pids: list[int] = []
    met = threading.local()

    def meet() -> None:
        """The first time in each thread: all three are in an episode, and one of them kills the browser."""
        if getattr(met, "done", False):
            return
        met.done = True
        if together.wait() == 0:
            pids.append(browser.start().pid)
            os.kill(pids[0], signal.SIGKILL)
        together.wait()

    config = ExploreConfig(episodes=9, max_steps=2, run_id=RUN)
    explorers = [Explorer(WebEnvironment(site.url("/"), browser=browser), Telling(meet)) for _ in range(3)]
    done = [
        one
        for one in explore_together(explorers, tmp_path, config, agenda(tmp_path, config))
        if isinstance(one, EpisodeSummary)
    ]
    assert Counter(one.ended_by for one in done) == {"device lost": 3, "max steps": 6}
    assert browser.start().pid != pids[0]


def test_closing_one_environment_leaves_the_others_in_its_browser(site: Site, browser: SharedBrowser) -> None:
    one, other = (WebEnvironment(site.url("/form"), browser=browser) for _ in range(2))
    one.reset()
    seen = other.reset()
    closing = threading.Thread(target=one.close)
    closing.start()
    outcome, after = Visitor(site, other).click(seen, node_id(seen))
    closing.join()
    assert outcome.result == "ok"
    assert after.tree is not None
    other.close()
    assert browser.start().alive


def node_id(seen: Observation) -> str:
    assert seen.tree is not None
    return next(node.id for node in seen.tree.nodes if node.id and node.on_screen and node_of(seen, node.id))


def test_the_next_context_is_there_before_its_episode_and_knows_nothing_of_this_one(
    site: Site, browser: SharedBrowser
) -> None:
    environment = WebEnvironment(site.url("/cookie"), browser=browser)
    environment.reset()
    first = environment._session.context.id
    environment.act(Open(site.url("/cookie")))  # the second visit
    for _ in range(3):
        environment.observe()
    made = environment._session._next
    assert made is not None
    again = environment.reset()
    assert environment._session.context.id == made._id != first
    assert "First visit" in {node.name for node in again.nodes}
    environment.close()


def test_a_browser_that_died_between_two_episodes_is_replaced(site: Site, browser: SharedBrowser) -> None:
    environment = WebEnvironment(site.url("/"), browser=browser, config=WebConfig(step=10))
    environment.reset()
    os.kill(browser.start().pid, signal.SIGKILL)
    with pytest.raises(DeviceLost):
        environment.observe()
    assert environment.reset().tree is not None
    environment.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_its_episodes_readable_and_no_process(
    site: Site, tmp_path: Path, number: signal.Signals
) -> None:
    command = ["-m", "pipelines.cli", "explore", "web", "--start-url", site.url("/"), "--traces", str(tmp_path)]
    options = ["--contexts", "2", "--episodes", "500", "--max-steps", "40", "--run-id", RUN]
    process = subprocess.Popen(
        [sys.executable, *command, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process:
        _await(lambda: tmp_path.is_dir() and any(path.is_dir() for path in tmp_path.iterdir()), 60)
        children = _below(process.pid)
        if number == signal.SIGINT:
            os.killpg(process.pid, number)  # as a terminal sends Ctrl-C: to all of them
        else:
            process.terminate()
        _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert said.rstrip().endswith("interrupted")
    assert "Traceback" not in said
    assert len(children) > 2
    _await(lambda: not any(Path(f"/proc/{child}/cmdline").exists() and _alive(child) for child in children), 20)
    todo = agenda(tmp_path, ExploreConfig(episodes=500, run_id=RUN), resume=True)
    assert 1 <= len(todo.broken) <= 2
    for path in find_traces(tmp_path):
        trajectory = read_trace(path).trajectory
        # A terminal's Ctrl-C reaches the browser, too, and may do so first.
        assert trajectory.ended_by in ("killed", "max steps", "policy", "device lost"), trajectory.message


def _await(condition: Callable[[], bool], seconds: float) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not come to that"
        time.sleep(0.05)


def _alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _below(root: int) -> list[int]:
    """All processes below one."""
    found, left = [], [root]
    while left:
        parent = left.pop()
        for folder in Path("/proc").iterdir():
            try:
                above = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, IndexError, ValueError):
                continue
            if above == parent:
                found.append(int(folder.name))
                left.append(int(folder.name))
    return found


def test_a_browser_is_shared_by_starts_on_one_site_and_by_no_others(site: Site, browser: SharedBrowser) -> None:
    environments = [WebEnvironment(site.url(path), browser=browser) for path in ("/roles", "/form")]
    stranger = WebEnvironment(site.url("/roles").replace("127.0.0.1", "localhost"), browser=browser)
    try:
        assert [environment.reset().location for environment in environments] == [site.url("/roles"), site.url("/form")]
        with pytest.raises(ConfigurationError, match=r"for localhost:\d+, found that of 127\.0\.0\.1:\d+"):
            stranger.reset()
    finally:
        for environment in (*environments, stranger):
            environment.close()
