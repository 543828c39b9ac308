"""Tests of explorers.web.governor and the proxy with a real Chromium, as the environment uses them."""

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from explorers.setup.chromium import find_chromium, launch_arguments
from explorers.web.browser import PROXY_ARGUMENTS
from explorers.web.governor import Governor
from explorers.web.names import Names
from explorers.web.network import Refusal, SiteRules
from explorers.web.proxy import BYPASS, LoopbackProxy
from explorers.web.robots import CrawlRules, Robots, crawl_rules_of
from schemas.errors import DeviceUnavailable
from tests.explorers.hostile import ATTEMPTS, SILENT, Trap, set_trap

pytestmark = pytest.mark.web


class Pages:
    """A site on loopback: `pages` by path, and what was asked of it."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        self.asked: list[str] = []
        outer = self

        class Answers(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append(f"{self.command} {self.path}")
                length = int(self.headers["Content-Length"] or 0)
                self.rfile.read(length)
                body = outer.pages.get(self.path, "").encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/javascript" if self.path.endswith(".js") else "text/html")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_PUT = do_DELETE = do_OPTIONS = do_GET

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self.host = f"127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def site() -> Iterator[Pages]:
    pages = Pages()
    yield pages
    pages.close()


@pytest.fixture
def trap() -> Iterator[Trap]:
    with set_trap() as trap:
        yield trap


@pytest.fixture(scope="module")
def launched() -> Iterator[tuple[Browser, str]]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    arguments = launch_arguments(find_chromium().executable)
    arguments["args"] += [*PROXY_ARGUMENTS, f"--remote-debugging-port={port}"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**arguments)
        request = playwright.request.new_context()
        url = request.get(f"http://127.0.0.1:{port}/json/version").json()["webSocketDebuggerUrl"]
        request.dispose()
        yield browser, url
        browser.close()


@dataclass
class Governed:
    page: Page
    governor: Governor
    proxy: LoopbackProxy

    def refusals(self) -> list[Refusal]:
        return [*self.governor.take_refusals(), *self.proxy.take_refusals()]


@contextmanager
def governed(
    launched: tuple[Browser, str], rules: SiteRules, *, names: Names | None = None, robots: Robots | None = None
) -> Iterator[Governed]:
    browser, url = launched
    proxy = LoopbackProxy(rules, names=names)
    governor = Governor(url, rules, robots=robots, interval=0.3)
    context = browser.new_context(proxy={"server": proxy.server, "bypass": BYPASS})
    try:
        yield Governed(context.new_page(), governor, proxy)
        assert governor.alive
    finally:
        context.close()
        governor.close()
        proxy.close()


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "127.1", "2130706433"])
def test_a_page_reaches_no_other_port_of_this_machine_by_any_way(
    launched: tuple[Browser, str], site: Pages, trap: Trap, name: str
) -> None:
    site.pages["/"] = "<title>start</title><body><p>Hello</p></body>"
    with governed(launched, SiteRules(f"http://{site.host}/")) as now:
        for way, attempt in ATTEMPTS.items():
            now.page.goto(f"http://{site.host}/")
            now.refusals()
            now.page.evaluate(f"() => {{ {attempt.format(host=f'{name}:{trap.port}')} }}")
            end = time.monotonic() + (0.3 if way in SILENT else 5)
            refused: list[Refusal] = []
            while not refused and time.monotonic() < end:
                now.page.wait_for_timeout(10)
                refused = now.refusals()
            assert refused or way in SILENT, way
            assert now.page.url.startswith(f"http://{site.host}/"), way
        assert not trap.touched


def test_where_only_reading_may_be_done_no_socket_is_opened(launched: tuple[Browser, str], site: Pages) -> None:
    for reads_only in (False, True):
        site.asked.clear()
        with governed(launched, SiteRules(f"http://{site.host}/", reads_only=reads_only)) as now:
            now.page.goto(f"http://{site.host}/")
            opened = f"new WebSocket('ws://{site.host}/socket')"
            now.page.evaluate(f"() => new Promise((done) => {{ {opened}.onerror = done }})")
            assert ("GET /socket" in site.asked) != reads_only
            assert any("more than reading" in each.reason for each in now.refusals()) == reads_only


def test_a_service_worker_is_governed_too(launched: tuple[Browser, str], site: Pages, trap: Trap) -> None:
    site.pages["/"] = "<script>navigator.serviceWorker.register('/sw.js')</script>"
    site.pages["/sw.js"] = f"fetch('http://127.0.0.1:{trap.port}/', {{method: 'POST', mode: 'no-cors'}}).catch(() => 0)"
    with governed(launched, SiteRules(f"http://{site.host}/")) as now:
        now.page.goto(f"http://{site.host}/")
        refused: list[Refusal] = []
        end = time.monotonic() + 10
        while not refused and time.monotonic() < end:
            now.page.wait_for_timeout(20)
            refused = now.refusals()
        assert refused[0].context is not None
        assert not trap.touched


def test_the_site_itself_works_in_every_way(launched: tuple[Browser, str], site: Pages) -> None:
    site.pages["/"] = "<title>start</title><body><iframe src=/inner></iframe></body>"
    site.pages["/inner"] = "<p>inner</p>"
    with governed(launched, SiteRules(f"http://{site.host}/")) as now:
        now.page.goto(f"http://{site.host}/")
        status = "async () => (await fetch('/save', {method: 'PUT', body: 'x'.repeat(300000)})).status"
        assert now.page.evaluate(status) == 200
        now.page.evaluate("navigator.sendBeacon('/beacon', 'x')")
        now.page.evaluate("location = '/next'")
        now.page.wait_for_url("**/next")
        assert now.refusals() == []
        assert {"GET /", "GET /inner", "PUT /save", "GET /next"} <= set(site.asked)


def test_refusals_are_told_by_the_context_that_they_come_from(
    launched: tuple[Browser, str], site: Pages, trap: Trap
) -> None:
    site.pages["/"] = "<title>start</title>"
    with governed(launched, SiteRules(f"http://{site.host}/")) as now:
        now.page.goto(f"http://{site.host}/")
        now.page.evaluate(f"() => {{ fetch('http://127.0.0.1:{trap.port}/?token=hunter2').catch(() => 0) }}")
        now.page.wait_for_timeout(300)
        assert now.governor.take_refusals(context="another") == ()
        (refusal,) = now.governor.take_refusals()
        assert "hunter2" not in refusal.url
        assert refusal.context is not None
        assert refusal.reason == f"127.0.0.1:{trap.port} is not public"


def test_pages_of_other_hosts_wait_their_turn_and_heed_robots(launched: tuple[Browser, str], site: Pages) -> None:
    site.pages["/"] = "<title>start</title>"
    port = site.host.rpartition(":")[2]
    start = f"http://wiki.example:{port}/"
    robots = Robots(lambda _: (200, b"User-agent: *\nDisallow: /private\n", None))
    with governed(launched, SiteRules(start), names=Names(lambda _: ["127.0.0.1"]), robots=robots) as now:
        began = time.monotonic()
        for path in ("", "a", "b"):
            now.page.goto(start + path)
        assert time.monotonic() - began > 2 * 0.3
        now.page.evaluate("() => { location = '/private/x' }")
        now.page.wait_for_timeout(200)
        assert now.page.url == start + "b"
        (refusal,) = now.governor.take_refusals()
        assert refusal.reason == "robots.txt of wiki.example asks to leave it alone"
    robots.close()


def test_a_browser_that_is_not_there_cannot_be_governed() -> None:
    with pytest.raises(DeviceUnavailable, match="governed"):
        Governor("ws://127.0.0.1:1/devtools/browser/x", SiteRules("http://127.0.0.1:1/"))


def test_a_governor_is_closed_twice(launched: tuple[Browser, str]) -> None:
    governor = Governor(launched[1], SiteRules("http://127.0.0.1:1/"))
    governor.close()
    governor.close()
    assert not governor.alive


@pytest.mark.parametrize(
    ("answers", "allowed"),
    [
        ([(200, b"User-agent: *\nDisallow: /a", None)], False),
        ([(200, b"User-agent: hindtrace\nAllow: /\nUser-agent: *\nDisallow: /", None)], True),
        ([(404, b"", None)], True),
        ([(503, b"", None)], False),
        ([OSError()], False),
        ([(301, b"", "/elsewhere.txt"), (200, b"User-agent: *\nDisallow: /", None)], False),
        ([(301, b"", "/robots.txt")] * 9, True),
    ],
)
def test_robots_are_told_as_the_standard_says(
    answers: list[tuple[int, bytes, str | None] | OSError], allowed: bool
) -> None:
    left = iter(answers)

    def fetch(_url: str) -> tuple[int, bytes, str | None]:
        answer = next(left)
        if isinstance(answer, OSError):
            raise answer
        return answer

    assert (crawl_rules_of("http://a.example", fetch).refuses("http://a.example/a/b") is None) is allowed


def test_the_delay_that_is_asked_for_is_bounded() -> None:
    assert crawl_rules_of("http://a", lambda _: (200, b"User-agent: *\nCrawl-delay: 2", None)).delay == 2
    assert crawl_rules_of("http://a", lambda _: (200, b"User-agent: *\nCrawl-delay: 86400", None)).delay == 30
    assert CrawlRules(None).delay == 0


def test_a_host_is_asked_once() -> None:
    asked: list[str] = []

    def fetch(url: str) -> tuple[int, bytes, None]:
        asked.append(url)
        return 404, b"", None

    robots = Robots(fetch)
    found: list[Future[CrawlRules]] = [robots.ask(f"http://me:secret@a.example:8000/{page}") for page in range(3)]
    assert all(each.result().refuses("http://a.example:8000/x") is None for each in found)
    assert asked == ["http://a.example:8000/robots.txt"]
    robots.close()
