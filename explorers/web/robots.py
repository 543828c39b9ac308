"""What a host asks of robots (RFC 9309): fetched once, read with Protego, kept for the run."""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import urljoin, urlsplit

from protego import Protego

from explorers.web.names import Names
from explorers.web.network import Site, SiteRules, site_of

AGENT = "hindtrace"
SIZE_LIMIT = 512 * 1024
"""Bytes of a file that are read; RFC 9309, section 2.5, asks for at least 500 KiB."""

REDIRECTS = 5
"""RFC 9309, section 2.3.1.2."""

SECONDS = 10.0
DELAY_LIMIT = 30.0
"""Seconds between two pages at most, whatever the file asks for."""


@dataclass(frozen=True, slots=True)
class CrawlRules:
    """What a host asks for: which addresses are left alone, and how many seconds pass between two pages.

    `problem` says why nobody knows what it asks for; then it is left alone altogether.
    """

    rules: Protego | None
    problem: str | None = None

    def refuses(self, url: str) -> str | None:
        """Why the address must not be visited, or None if it may."""
        if self.problem is not None:
            return self.problem
        if self.rules is None or self.rules.can_fetch(url, AGENT):
            return None
        return f"robots.txt of {urlsplit(url).hostname} asks to leave it alone"

    @property
    def delay(self) -> float:
        """The seconds asked for, at most `DELAY_LIMIT`; 0 where nothing is."""
        asked = self.rules.crawl_delay(AGENT) if self.rules is not None else None
        return min(max(float(asked or 0), 0.0), DELAY_LIMIT)


Answer: TypeAlias = tuple[int, bytes, str | None]
"""Status, body, and where a redirect leads."""

Fetch: TypeAlias = Callable[[str], Answer]
"""Gets an address; raises OSError where nobody answers."""


class Robots:
    """The crawl rules of hosts, each asked for once in a thread of its own; the caller closes it."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._workers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="hindtrace-robots")
        self._known: dict[str, Future[CrawlRules]] = {}
        self._lock = threading.Lock()

    def ask(self, url: str) -> Future[CrawlRules]:
        """The crawl rules of an address's host, now or soon; does not wait."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        with self._lock:
            if origin not in self._known:
                self._known[origin] = self._workers.submit(crawl_rules_of, origin, self._fetch)
            return self._known[origin]

    def close(self) -> None:
        """Waits for nobody; may be called twice."""
        self._workers.shutdown(wait=False, cancel_futures=True)


def crawl_rules_of(origin: str, fetch: Fetch) -> CrawlRules:
    """What `/robots.txt` of an origin says: no file (4xx) allows everything, no answer (5xx) nothing."""
    url = f"{origin}/robots.txt"
    for _ in range(REDIRECTS + 1):
        try:
            status, body, onward = fetch(url)
        except OSError as error:
            return CrawlRules(None, problem=f"{url} can't be read: {error}"[:300])
        if 300 <= status < 400 and onward:
            url = urljoin(url, onward)
            continue
        if status >= 500:
            return CrawlRules(None, problem=f"{url} is answered with {status}")
        if status >= 300:
            return CrawlRules(None)
        return CrawlRules(Protego.parse(body[:SIZE_LIMIT].decode("utf-8", "replace")))
    return CrawlRules(None)


def fetcher(rules: SiteRules, names: Names) -> Fetch:
    """A way to get an address that keeps to the same rules as the browser, within limits of size and time."""

    def fetch(url: str) -> Answer:
        refusal = rules.refuses("GET", url, kind="Robots")
        site = site_of(url)
        if refusal is not None or site is None:
            raise OSError(refusal or "the address can't be read")
        connection = _connect(url, site, rules, names)
        parts = urlsplit(url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            connection.request("GET", path, headers={"User-Agent": AGENT, "Accept": "text/plain,*/*;q=0.1"})
            answer = connection.getresponse()
            return answer.status, _read(answer), answer.headers["Location"]
        except http.client.HTTPException as error:
            raise OSError(str(error)) from error
        finally:
            connection.close()

    return fetch


def _read(answer: http.client.HTTPResponse) -> bytes:
    """The body up to `SIZE_LIMIT`; raises OSError if it comes more slowly than in `SECONDS`."""
    end, body = time.monotonic() + SECONDS, b""
    while len(body) < SIZE_LIMIT and (piece := answer.read1(SIZE_LIMIT - len(body))):
        body += piece
        if time.monotonic() > end:
            raise OSError("the file comes too slowly")
    return body


def _connect(url: str, site: Site, rules: SiteRules, names: Names) -> http.client.HTTPConnection:
    """A connection to the first address of a site that may be connected to."""
    allowed = [each for each in names.ask(site.host) if rules.refuses_address(site, each) is None]
    if not allowed:
        raise OSError(f"{site} has no address that may be connected to")
    plain = socket.create_connection((str(allowed[0]), site.port), timeout=SECONDS)
    connection = http.client.HTTPConnection(site.host, site.port, timeout=SECONDS)
    secure = urlsplit(url).scheme == "https"
    try:
        context = ssl.create_default_context() if secure else None
        connection.sock = plain if context is None else context.wrap_socket(plain, server_hostname=site.host)
    except OSError:
        plain.close()
        raise
    return connection
