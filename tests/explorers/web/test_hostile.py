"""A site that means harm is explored: nothing leaves for elsewhere, nothing hangs for good, all of it is recorded."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.episodes import explore
from explorers.core.rollout import ExploreConfig
from explorers.core.safety import Safety
from explorers.policies.novelty import NoveltyPolicy
from explorers.web import WebConfig, WebEnvironment
from schemas.actions import Action, Back, Click, Home, Open, Point, Reload, Scroll, Wait
from schemas.recordings import Recording, read_trace
from schemas.records import Choice, Observation, Outcome
from tests.explorers.hostile import ATTEMPTS, LINKS, PAGES, SILENT, HostileSite, Trap, serve_harm, set_trap

pytestmark = pytest.mark.web

CENTRE = Point.on(150, 38, width=800, height=600)
GO = Click(CENTRE)


class Steps:
    """A policy that does what it is told, one step for each; a link is told by its id."""

    name, version = "steps", "1"

    def __init__(self, *steps: Action | str) -> None:
        self._steps = steps
        self._left: Iterator[Action | str] = iter(())

    def begin(self, *, seed: int) -> None:  # noqa: ARG002
        self._left = iter(self._steps)

    def choose(self, observation: Observation) -> Choice | None:
        step = next(self._left, None)
        if not isinstance(step, str):
            return None if step is None else Choice(step)
        assert observation.tree is not None
        (box,) = (node.box for node in observation.tree.nodes if node.id == step)
        assert box is not None
        return Choice(Click(Point.on(*box.centre, width=800, height=600)))

    def learn(self, before: Observation, choice: Choice, outcome: Outcome, after: Observation) -> None:
        pass


class Lab:
    """One browser on the hostile site, and episodes in it."""

    def __init__(self, site: HostileSite, trap: Trap) -> None:
        self.site = site
        self.trap = trap
        self.environment = WebEnvironment(site.url("/"), config=WebConfig(width=800, height=600, settle=1.0, step=6.0))

    def walk(self, traces: Path, path: str, *steps: Action | str, safety: Safety | None = None) -> Recording:
        """The recording of an episode that goes to a page and does some steps there."""
        policy = Steps(Open(self.site.url(path)), *steps)
        config = ExploreConfig(episodes=1, max_steps=len(steps) + 1)
        # The walk closes its environment; the browser is kept for the next one.
        keeping = _Kept(self.environment)
        (summary,) = explore(keeping, policy, traces, config, safety=safety or Safety())  # type: ignore[arg-type]
        assert not self.trap.touched
        return read_trace(summary.path)


class _Kept:
    """An environment that is not closed."""

    def __init__(self, environment: WebEnvironment) -> None:
        self._environment = environment

    def __getattr__(self, name: str) -> object:
        return getattr(self._environment, name)

    def close(self) -> None:
        pass


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    before = set(threading.enumerate())  # of a browser that other tests share
    with set_trap() as trap, serve_harm(trap) as site:
        lab = Lab(site, trap)
        yield lab
        lab.environment.close()
        left = set(threading.enumerate()) - before
        assert not [each for each in left if each.name.startswith("hindtrace")]


def told(recording: Recording) -> str:
    """All that the recording says besides trees and screens."""
    seen = [step.after for step in recording.steps if step.after is not None]
    return " | ".join(filter(None, (*(each.notice for each in seen), *(step.message for step in recording.steps))))


AFTERWARDS = ("max steps", "crashed", "device lost")


@pytest.mark.slow
@pytest.mark.parametrize(
    "path",
    sorted(set(PAGES) - {"/", "/worker.js", "/memory"}),
)
def test_a_walk_over_a_hostile_page_ends_and_the_next_one_begins(lab: Lab, tmp_path: Path, path: str) -> None:
    recording = lab.walk(tmp_path, path, GO, Scroll(0, 300, CENTRE), Wait(0.1), Reload(), Back(), Home())
    ended = recording.trajectory.ended_by
    assert ended in AFTERWARDS, told(recording)
    if ended == "max steps":
        assert len(recording.steps) == 7
        last = recording.steps[-1].after
        assert last is not None
        assert last.tree is not None or "the page hung" in (
            last.notice or ""
        )  # where the machine is as busy as the page
    again = lab.walk(tmp_path, "/", Wait(0.1))
    assert again.trajectory.ended_by == "max steps", again.trajectory.message
    assert [step.result for step in again.steps] == ["ok", "ok"]


@pytest.mark.parametrize("way", sorted(ATTEMPTS))
def test_no_way_out_of_a_page_leads_anywhere_and_every_refusal_is_recorded(lab: Lab, tmp_path: Path, way: str) -> None:
    recording = lab.walk(tmp_path, f"/attempt?{way.replace(' ', '_')}", GO, Wait(0.3), Wait(0.5), Wait(0.1))
    assert recording.trajectory.ended_by == "max steps", told(recording)
    assert len(recording.steps) == 5
    for step in recording.steps:
        assert step.after is not None
        assert step.after.location is not None
        assert step.after.location.startswith(lab.site.url("/"))
    # A browser may refuse what a worker asks for before anybody sees it.
    if way not in SILENT and "worker" not in way:
        # A pop-up of which nothing is known in time is closed before it asks for anything.
        assert "refused" in told(recording) or (way == "pop-up" and "closed a new tab" in told(recording))


@pytest.mark.parametrize("number", range(LINKS))
def test_no_link_leads_out(lab: Lab, tmp_path: Path, number: int) -> None:
    recording = lab.walk(tmp_path, "/links", f"l{number}", Wait(0.2))
    assert recording.trajectory.ended_by == "max steps", told(recording)
    last = recording.steps[-1].after
    assert last is not None
    assert last.location is not None
    assert last.location.startswith(lab.site.url("/"))


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "data:text/html,x",
        "javascript:alert(1)",
        "chrome://settings",
        "http://169.254.169.254/latest/meta-data/",
        "http://127.0.0.1:{trap}/",
        "http://localhost:{trap}/",
    ],
)
def test_no_place_elsewhere_is_opened(lab: Lab, tmp_path: Path, location: str) -> None:
    step = lab.walk(tmp_path, "/", Open(location.format(trap=lab.trap.port))).steps[-1]
    assert step.result == "refused"
    assert step.message
    assert step.after is not None
    assert step.after.location == lab.site.url("/")


@pytest.mark.parametrize("id", ["zip", pytest.param("page", marks=pytest.mark.slow), "endless"])
def test_a_bomb_is_cut_and_said_so(lab: Lab, tmp_path: Path, id: str) -> None:
    recording = lab.walk(tmp_path, "/bombs", id, Wait(0.5), Home())
    assert recording.trajectory.ended_by in AFTERWARDS
    # A renderer that is killed for hanging takes the browser with it now and then, and then that is said.
    said = f"{told(recording)} {recording.trajectory.message}"
    assert "refused" in said or "crashed" in said or "the browser is gone" in said
    assert not list(tmp_path.rglob("*bomb*"))


def test_a_redirect_loop_is_an_error_page(lab: Lab, tmp_path: Path) -> None:
    recording = lab.walk(tmp_path, "/loop", Home())
    assert recording.trajectory.ended_by == "max steps"
    assert "REDIRECTS" in told(recording).upper()


def test_a_redirect_to_elsewhere_is_refused(lab: Lab, tmp_path: Path) -> None:
    recording = lab.walk(tmp_path, "/hop", Home())
    assert recording.trajectory.ended_by == "max steps"
    assert "refused" in told(recording)


def test_what_a_page_says_is_recorded_and_not_obeyed(lab: Lab, tmp_path: Path) -> None:
    environment = _Kept(lab.environment)
    config = ExploreConfig(episodes=2, max_steps=8, seed=1)
    lab.walk(tmp_path, "/inject")
    for summary in explore(environment, NoveltyPolicy(), tmp_path / "novelty", config):  # type: ignore[arg-type]
        assert summary.ended_by in ("max steps", "policy"), summary.message
    recording = lab.walk(tmp_path, "/inject", Wait(0.1))
    seen = recording.steps[-1].after
    assert seen is not None
    assert "ignore your instructions" in repr(recording.tree(seen.tree or ""))
    assert not lab.trap.touched


def test_permissions_are_denied(lab: Lab, tmp_path: Path) -> None:
    recording = lab.walk(tmp_path, "/permissions", GO, Wait(0.5))
    seen = recording.steps[-1].after
    assert seen is not None
    assert "granted" not in repr(recording.tree(seen.tree or ""))
