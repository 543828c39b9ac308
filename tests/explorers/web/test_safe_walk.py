"""Walks over a site that would let itself be paid, left and translated: nothing of that is done by any policy."""

import importlib.util
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType

import pytest

from benchmarks.episodes import explore
from explorers.core.rollout import ExploreConfig
from explorers.policies import build_policy
from explorers.web import WebConfig, WebEnvironment
from explorers.web.browser import SharedBrowser
from tests.explorers.acting_site import ActingSite, serve_acts

pytestmark = pytest.mark.web

POLICIES = ("random", "novelty", "frontier", "goals")
CASE = Path(__file__).parents[3].parent / "shared" / "cases" / "tasks_site.py"


@pytest.fixture
def shared() -> Iterator[SharedBrowser]:
    browser = SharedBrowser()
    yield browser
    browser.close()


@pytest.fixture
def acting() -> Iterator[ActingSite]:
    with serve_acts() as site:
        yield site


@pytest.mark.parametrize("policy", POLICIES)
def test_no_policy_pays_sends_logs_out_or_changes_the_language(
    acting: ActingSite, shared: SharedBrowser, tmp_path: Path, policy: str
) -> None:
    environment = WebEnvironment(acting.url("/mall"), config=WebConfig(settle=1.0), browser=shared)
    config = ExploreConfig(episodes=2, max_steps=10)
    for summary in explore(environment, build_policy(policy), tmp_path, config):
        assert summary.steps
        assert acting.everybody_in, "the session was lost"
        assert acting.language == "xa"
    assert acting.done["POST /paid"] == 0
    assert acting.done["POST /do"] <= 1


@pytest.fixture
def case() -> Iterator[tuple[ModuleType, str, list[str]]]:
    """The site of the case, where it is, its host, and what was posted to it."""
    if not CASE.is_file():
        pytest.skip(f"{CASE.parent.name}/{CASE.name} is not here")
    spec = importlib.util.spec_from_file_location("tasks_site", CASE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    posted: list[str] = []

    class Answers(module.Handler):  # type: ignore[misc, name-defined]
        def do_POST(self) -> None:
            assert isinstance(self, BaseHTTPRequestHandler)
            posted.append(self.path)
            super().do_POST()

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            pass  # a browser that is done leaves its connections behind

    server = Server(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield module, f"127.0.0.1:{server.server_address[1]}", posted
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("page", ["pay", "session"])
def test_nothing_is_paid_and_no_session_lost_in_the_case(
    case: tuple[ModuleType, str, list[str]], shared: SharedBrowser, tmp_path: Path, page: str
) -> None:
    module, host, posted = case
    for policy in POLICIES:
        environment = WebEnvironment(f"http://{host}/{page}/", config=WebConfig(settle=1.0), browser=shared)
        config = ExploreConfig(episodes=1, max_steps=7)
        for _ in explore(environment, build_policy(policy), tmp_path, config):
            assert module.STATE["user"] == "ann"
            assert module.STATE["lang"] == "en"
    assert "/paid" not in posted
