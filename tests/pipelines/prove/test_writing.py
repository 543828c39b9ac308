"""Tasks on an application that writes, in a real browser: what else they change is told, and is put back."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from explorers.core.resets import ResetRequest, ResettingEnvironment
from explorers.core.rollout import ExploreConfig, run_episode
from explorers.core.safety import Safety
from explorers.experiments import Laboratory
from explorers.web import WebConfig, WebEnvironment
from explorers.web.browser import SharedBrowser
from pipelines.prove.lanes import LEAST_MISSES, prove
from pipelines.prove.proving import Claimed, Proving, Walk
from pipelines.prove.walks import walk_of_recording
from schemas.actions import Click, Point, Type
from schemas.conditions import TaskCheck
from schemas.proofs import Attempt, Lane
from schemas.protocols import Environment
from schemas.recordings import read_trace
from schemas.records import Choice, Observation, Outcome
from schemas.screen_conditions import Called, Cell, HasRow
from schemas.targets import target_of
from tests.pipelines.prove.shelf import Shelf, served

pytestmark = pytest.mark.web

PUT = 'Enter "Cranford" as "Title" and "Gaskell" as "Author", then press "Keep".'
KEPT = TaskCheck((Called("Books"), HasRow((Cell("Cranford", "title"), Cell("Gaskell", "author")))))


class _Deeds:
    """Presses what is called so, or enters what stands behind `=` into it."""

    name, version = "deeds", "1"

    def __init__(self, *deeds: str) -> None:
        self._left = list(deeds)

    def begin(self, *, seed: int) -> None:
        """Nothing is random in it."""

    def choose(self, observation: Observation) -> Choice | None:
        """The next one."""
        if not self._left:
            return None
        name, _, words = self._left.pop(0).partition("=")
        node = next(
            node for node in observation.nodes if node.name == name and node.role in ("link", "button", "textbox")
        )
        assert node.box is not None
        point = Point.on(*node.box.centre, width=1280, height=720)
        return Choice(Type(words, point, clear=True) if words else Click(point), target_of(node))

    def learn(self, before: Observation, choice: Choice, outcome: Outcome, after: Observation) -> None:
        """Nothing."""


class Experiments:
    """Tries tasks on the shelf, with a browser for each way of being put back."""

    def __init__(self, folder: Path, browsers: list[SharedBrowser]) -> None:
        self._folder = folder
        self._browsers = browsers
        self._number = 0

    def __call__(self, shelf: Shelf, start: str, *deeds: str, claim: TaskCheck, text: str, resets: bool) -> Proving:
        """Does it as a person would, puts it back, and proves it."""
        self._number += 1
        folder, browser = self._folder / str(self._number), SharedBrowser()
        self._browsers.append(browser)
        environment = WebEnvironment(
            f"{shelf.address}{start[1:]}", config=WebConfig(mode="page", reads_only=not resets), browser=browser
        )
        config = ExploreConfig(episodes=1, max_steps=9)
        recorded = read_trace(
            run_episode(environment, _Deeds(*deeds), folder / "walk", config, run_id="walk", episode=0).path
        )
        environment.close()
        shelf.put_back()
        path = tuple(Choice(step.action, step.target) for step in recorded.steps)
        laboratory = Laboratory(folder / "attempts", "shelf", Safety())

        def make(asked: Attempt) -> Environment:
            config = WebConfig(mode="page", reads_only=not resets)
            made = WebEnvironment(f"{shelf.address}{asked.start[1:]}", config=config, browser=browser)
            put_back = ResetRequest(f"{shelf.address}reset")
            return ResettingEnvironment(made, (put_back,)) if resets else made

        def attempt(asked: Attempt, lane: Lane, variant: str) -> Walk:
            recording = laboratory.attempt(asked, make, lane=lane, variant=variant, proof_of="i")
            return walk_of_recording(recording, choices=len(asked.choices))

        return prove(Claimed(start, path, claim, claim, text=text), attempt)


@pytest.fixture
def experiments(tmp_path: Path) -> Iterator[Experiments]:
    browsers: list[SharedBrowser] = []
    yield Experiments(tmp_path, browsers)
    for browser in browsers:
        browser.close()


@pytest.fixture
def shelf() -> Iterator[Callable[..., Shelf]]:
    """Makes a running one."""
    running = []

    def make(**how: bool) -> Shelf:
        running.append(served(Shelf(**how)))
        return running[-1].__enter__()

    yield make
    for each in running:
        each.__exit__(None, None, None)


def put(experiments: Experiments, shelf: Shelf) -> Proving:
    deeds = ("Title=Cranford", "Author=Gaskell", "Keep")
    return experiments(shelf, "/new", *deeds, claim=KEPT, text=PUT, resets=True)


@pytest.mark.slow
def test_what_is_written_is_put_back_and_nothing_else_is_changed(
    experiments: Experiments, shelf: Callable[..., Shelf]
) -> None:
    proving = put(experiments, shelf())
    told = proving.results["side effects"]
    assert (told.verdict, told.reason) == ("passed", "sent 1 POST; new row cranford, gaskell, no")
    assert told.tried == 3, "a change more was made, and seen"
    assert proving.results["untouched"].verdict == "passed"
    assert proving.proven, [each for each in proving.results.values() if each.verdict != "passed"]


@pytest.mark.slow
def test_what_else_it_changed_refuses_it(experiments: Experiments, shelf: Callable[..., Shelf]) -> None:
    proving = put(experiments, shelf(careless=True))
    told = proving.results["side effects"]
    assert told.verdict == "failed"
    assert "changed besides: row emma, austen, no became emma, austen, yes" in told.reason
    assert not proving.proven


def test_a_near_miss_that_would_write_is_stopped_where_nothing_is_put_back(
    experiments: Experiments, shelf: Callable[..., Shelf]
) -> None:
    running = shelf()
    claim = TaskCheck((Called("Books"),))
    proving = experiments(running, "/help", "All books", claim=claim, text='Open "Books".', resets=False)
    assert running.posts == 0
    told = proving.results["near misses"]
    assert told.verdict == "abstained"
    assert "another button at step 0 was stopped, for nothing would put it back: POST" in told.reason
    assert told.tried < LEAST_MISSES
    assert not proving.proven
