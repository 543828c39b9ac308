import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from benchmarks.episodes import explore
from explorers.core.fidelity import Replay
from explorers.core.replay import observed_mode, replay
from explorers.core.rollout import ExploreConfig
from explorers.web import WebConfig, WebEnvironment
from explorers.web.browser import SharedBrowser
from schemas.actions import Action, Click, Type
from schemas.recordings import Recording, read_trace
from schemas.records import Choice, Node, Observation, Outcome, Seen
from schemas.targets import target_of
from tests.explorers.web.conftest import point_on

pytestmark = pytest.mark.web

PAGE = """<!doctype html><html lang=en><title>shop</title><style>* {{ font: 16px sans-serif; margin: 4px }}</style>
<h1>Shop</h1>{0}<p id=said>-</p>
<script>addEventListener("click", (event) => {{
  if (event.target.tagName === "BUTTON") said.textContent = `pressed ${{event.target.dataset.kind}}`; }});</script>
"""
BEFORE = """<label>Name <input id=name></label> <button data-testid=save data-kind=save>Save</button>
<button data-kind=open>Open</button> <button data-kind=pick>Pick</button>"""
STEPS = ("Name", "Save", "Open", "Pick")


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:
        """Says nothing."""


class Walk:
    """A policy that uses the elements of these names one after another."""

    name, version = "walk", "1"

    def __init__(self, *names: str) -> None:
        self._names, self._left = names, iter(names)

    def begin(self, *, seed: int) -> None:  # noqa: ARG002
        self._left = iter(self._names)

    def choose(self, observation: Observation) -> Choice | None:
        name = next(self._left, None)
        if name is None or observation.tree is None:
            return None
        node = next(node for node in observation.tree.nodes if node.name == name and node.role != "text")
        action: Action = Type("Ada", point_on(node)) if node.role == "textbox" else Click(point_on(node))
        return Choice(action, target_of(node))

    def learn(self, before: Observation, choice: Choice, outcome: Outcome, after: Observation) -> None:
        """Nothing to learn."""


class Shop:
    """A page that can be changed, and what was recorded on it."""

    def __init__(self, folder: Path, url: str, browser: SharedBrowser, traces: Path) -> None:
        self._file, self._url, self._browser, self._traces = folder / "index.html", url, browser, traces

    def show(self, body: str) -> None:
        self._file.write_text(PAGE.format(body))

    def record(self, *names: str) -> Recording:
        environment = self._environment()
        (summary,) = explore(environment, Walk(*names), self._traces, ExploreConfig(episodes=1))
        return read_trace(summary.path)

    def again(self, recording: Recording) -> Replay:
        environment = self._environment()
        try:
            return replay(recording, environment, self._traces)
        finally:
            environment.close()

    def _environment(self) -> WebEnvironment:
        return WebEnvironment(self._url, config=WebConfig(mode="page"), browser=self._browser)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    folder = tmp_path / "site"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    browser = SharedBrowser()
    yield Shop(folder, f"http://127.0.0.1:{server.server_port}/", browser, tmp_path / "traces")
    browser.close()
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_page_that_stayed_is_replayed_to_the_pixel(shop: Shop) -> None:
    shop.show(BEFORE)
    done = shop.again(shop.record(*STEPS))
    assert [step.evidence for step in done.steps] == ["id", "test id", "role", "role"]
    assert done.share("content") == 1
    assert {step.after.changed for step in done.steps} == {0.0}
    assert not any(step.moved for step in done.steps)


def test_elements_that_moved_or_got_another_name_are_found(shop: Shop) -> None:
    shop.show(BEFORE)
    recording = shop.record(*STEPS)
    shop.show(f"<div style='height:150px'>News</div>{BEFORE.replace('>Save<', '>Keep<').replace('>Pick<', '>Toss<')}")
    done = shop.again(recording)
    assert [step.evidence for step in done.steps] == ["id", "test id", "role", "path"]
    assert all(step.moved for step in done.steps)
    assert (done.share("done"), done.share("location"), done.share("content")) == (1, 1, 0)
    assert done.diverged("content") == 0
    said = [node.name for step in read_trace(done.summary.path).steps for node in _nodes(done, step.after)]
    assert {"pressed save", "pressed open", "pressed pick"} <= set(said)


def test_an_element_that_is_gone_is_left_alone_and_none_of_its_neighbours_pressed(shop: Shop) -> None:
    shop.show(BEFORE)
    recording = shop.record(*STEPS)
    shop.show(BEFORE.replace("<button data-kind=open>Open</button>", ""))
    done = shop.again(recording)
    assert [step.problem for step in done.steps] == [None, None, "the element is not there: button 'Open'", None]
    third = read_trace(done.summary.path).steps[2]
    assert third.result == "no target"
    assert "pressed save" in [node.name for node in _nodes(done, third.after)], "nothing was pressed since"


def test_an_element_that_slid_below_the_screen_is_scrolled_to(shop: Shop) -> None:
    shop.show(BEFORE)
    recording = shop.record("Open")
    assert observed_mode(recording) == "viewport", "nothing of the page is off the screen"
    shop.show(f"<div style='height:2000px'>News</div>{BEFORE}")
    done = shop.again(recording)
    assert done.share("done") == 1
    assert done.steps[0].moved
    again = read_trace(done.summary.path)
    assert [type(step.action).__name__ for step in again.steps] == ["ScrollTo", "Click"]
    assert "pressed open" in [node.name for node in _nodes(done, again.steps[-1].after)]


def _nodes(done: Replay, seen: Seen | None) -> tuple[Node, ...]:
    assert seen is not None
    assert seen.tree is not None
    return read_trace(done.summary.path).tree(seen.tree).nodes
