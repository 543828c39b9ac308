"""What the browser may ask for, decided inside the browser: every request of every tab, frame and worker is paused.

A request that would end the session goes to nobody, whoever asks and in whatever language it was asked for: so an
address says it (`explorers.core.safety.addresses`). What asks for more than reading, and was let go, is told.

The proxy sees hosts and, of plain requests, methods; only here is it known what a request is for, and what an encrypted
one asks. The governor has a thread and a DevTools connection of its own, so that a page which keeps the explorer
waiting keeps no request waiting, and a second tab's first request is seen before anybody knows of the tab.
"""

import threading
import time
from collections import deque
from collections.abc import Collection
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from urllib.parse import urlsplit

from explorers.core.safety.addresses import READING, ends_session, is_file
from explorers.core.safety.policy import is_loopback
from explorers.web.devtools import Devtools, DevtoolsError
from explorers.web.network import NOT_PUT_BACK, Refusal, SiteRules
from explorers.web.robots import CrawlRules, Robots
from explorers.web.sending import Sent, asks_more, sent
from schemas.errors import DeviceUnavailable
from schemas.redaction import redact_location

INTERVAL = 1.0
"""Seconds between two pages of a host that is not this machine."""

START_SECONDS = 10.0
_POLL = 0.25
_SOON = 0.02
_RING = 1_000
_WAITING = 200
_PAGES = frozenset({"page", "tab", "webview"})
_KINDS = ("Document", "XHR", "Fetch", "Ping", "CSPViolationReport", "Other")
"""Kinds of request that are paused.

The rest are images, styles, scripts, fonts and media, which are read by GET and never replace a page: for them the
proxy's look at the host is enough, and a page has many.
"""

_EXITS = ("*og*ut*", "*OG*UT*", "*og*ff*", "*ign*ut*", "*ign*ff*", "*ession*")
"""Addresses that may end the session, of whichever kind the request is: a picture's address is asked for as well."""


@dataclass(slots=True)
class _Held:
    """A page that waits for its turn."""

    request: str
    refusal: Refusal
    host: str
    url: str
    crawl_rules: "Future[CrawlRules] | None"
    sent: Sent | None


class Governor:
    """Enforces the rules in a whole browser, from its start until `close`, which the caller calls.

    `url` is the browser's `webSocketDebuggerUrl`. `robots`, which it closes, is asked for hosts that are not this
    machine; without it only the interval holds. With `free`, a person sits before it, who may end the session. While it
    runs, no request leaves the browser unseen; if it ends, the
    requests that it held are let go by the browser, so that `alive` has to be looked at.

    Raises:
        DeviceUnavailable: if the browser does not let itself be governed.
    """

    def __init__(
        self,
        url: str,
        rules: SiteRules,
        *,
        robots: Robots | None = None,
        interval: float = INTERVAL,
        free: bool = False,
    ) -> None:
        self.rules = rules
        self._free = free
        self._robots = robots
        self._interval = interval
        self._refusals: deque[Refusal] = deque(maxlen=_RING)
        self._sent: deque[Sent] = deque(maxlen=_RING)
        self._contexts: dict[str, str | None] = {}
        self._pages: set[str] = set()
        self._held: list[_Held] = []
        self._next: dict[str, float] = {}
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._started = threading.Event()
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, args=(url,), name="hindtrace-governor", daemon=True)
        self._thread.start()
        if not self._started.wait(START_SECONDS) or self._failure is not None:
            self._closing.set()
            raise DeviceUnavailable(f"the browser's requests can't be governed: {self._failure or 'no answer'}")

    @property
    def alive(self) -> bool:
        """Whether requests are still looked at."""
        return self._thread.is_alive() and not self._closing.is_set()

    def take_refusals(self, *, context: str | None = None, frames: Collection[str] = ()) -> tuple[Refusal, ...]:
        """What was refused since the last call, oldest first; of very many the newest.

        Args:
            context: Only what is known to come from this browser context, or from no known one; None takes all.
            frames: Ids of frames that are the context's as well.
        """
        with self._lock:
            mine = [each for each in self._refusals if context is None or _is_of(each, context, frames)]
            return _taken(self._refusals, mine)

    def take_sent(self, *, context: str, frames: Collection[str] = ()) -> tuple[Sent, ...]:
        """What a browser context, or a worker of nobody knows which, asked for besides reading since the last call.

        Args:
            context: Its id.
            frames: Ids of frames that are the context's as well, and of those that were.
        """
        with self._lock:
            mine = [
                each
                for each in self._sent
                if each.frame in frames or each.context == context or each.frame is each.context is None
            ]
            return _taken(self._sent, mine)

    def close(self) -> None:
        """Lets the browser go; may be called twice."""
        self._closing.set()
        self._thread.join()
        if self._robots is not None:
            self._robots.close()

    # ---- inside, in the thread of its own

    def _run(self, url: str) -> None:
        try:
            with closing(Devtools(url)) as self._devtools:
                self._devtools.deadline = time.monotonic() + START_SECONDS
                self._devtools.listen(self._handle)
                self._devtools.call("Target.setDiscoverTargets", {"discover": True})
                kinds = [{"urlPattern": "*", "resourceType": kind} for kind in _KINDS]
                self._devtools.call("Fetch.enable", {"patterns": [*kinds, *({"urlPattern": each} for each in _EXITS)]})
                self._devtools.deadline = None
                self._started.set()
                while not self._closing.is_set():
                    self._devtools.pump(self._wait_until_due())
                    self._let_go()
        except DevtoolsError as error:
            self._failure = error
        finally:
            self._started.set()

    def _handle(self, method: str, params: dict[str, Any], _session: str | None) -> None:
        match method:
            case "Fetch.requestPaused":
                self._decide(params)
            case "Target.targetCreated" | "Target.targetInfoChanged":
                target = params["targetInfo"]
                self._contexts[target["targetId"]] = target.get("browserContextId")
                if target["type"] in _PAGES:
                    self._pages.add(target["targetId"])
            case "Target.targetDestroyed":
                self._contexts.pop(params["targetId"], None)
                self._pages.discard(params["targetId"])

    def _decide(self, params: dict[str, Any]) -> None:
        request, kind, frame = params["request"], params["resourceType"], params.get("frameId") or None
        method, url = str(request["method"]), str(request["url"])
        main_frame = kind == "Document" and frame in self._pages
        refusal = Refusal(
            method=method[:40],
            url=(redact_location(url) or "")[:2000],
            kind=kind,
            reason="",
            main_frame=main_frame,
            frame=frame,
            context=self._contexts.get(frame) if frame is not None else None,
        )
        reason = self.rules.refuses(method, url, kind=kind, main_frame=main_frame) or self._ends(
            method, url, main_frame=main_frame
        )
        if reason is not None:
            self._refuse(params["requestId"], refusal, reason)
            return
        asked = None
        if asks_more(method, kind, body := str(request.get("postData", "")), url):
            network = None if kind == "Document" else params.get("networkId")
            asked = sent(method, url, body, frame=frame, context=refusal.context, network=network)
            if self.rules.reads_only:
                with self._lock:
                    self._sent.append(replace(asked, stopped=True))
                self._refuse(params["requestId"], refusal, NOT_PUT_BACK)
                return
        host = urlsplit(url).hostname or ""
        if not main_frame or is_loopback(host) or not url.startswith(("http:", "https:")):
            self._continue(params["requestId"], asked)
            return
        if len(self._held) >= _WAITING:
            self._refuse(params["requestId"], refusal, f"{_WAITING} pages wait already")
            return
        crawl_rules = self._robots.ask(url) if self._robots is not None else None
        self._held.append(_Held(params["requestId"], refusal, host, url, crawl_rules, asked))
        self._let_go()

    def _let_go(self) -> None:
        """Continues the pages whose turn has come, in the order in which they asked."""
        now = time.monotonic()
        for held in tuple(self._held):
            crawl_rules = None
            if held.crawl_rules is not None:
                if not held.crawl_rules.done():
                    continue
                crawl_rules = held.crawl_rules.result()
                reason = crawl_rules.refuses(held.url)
                if reason is not None:
                    self._held.remove(held)
                    self._refuse(held.request, held.refusal, reason)
                    continue
            if now < self._next.get(held.host, 0.0):
                continue
            self._held.remove(held)
            self._next[held.host] = now + max(self._interval, crawl_rules.delay if crawl_rules is not None else 0.0)
            self._continue(held.request, held.sent)

    def _wait_until_due(self) -> float:
        if not self._held:
            return _POLL
        if any(held.crawl_rules is not None and not held.crawl_rules.done() for held in self._held):
            return _SOON
        due = min(self._next.get(held.host, 0.0) for held in self._held) - time.monotonic()
        return min(max(due, 0.0), _POLL)

    def _ends(self, method: str, url: str, *, main_frame: bool) -> str | None:
        """Why a request must not be made that would end the session, by whichever way a page asks for it."""
        if self._free or (not main_frame and method.upper() in READING and is_file(url)):
            return None
        word = ends_session(method, url)
        return None if word is None else f"denied: {word!r} would end the session"

    def _continue(self, request: str, asked: Sent | None) -> None:
        if asked is not None:
            with self._lock:
                self._sent.append(asked)
        self._devtools.tell("Fetch.continueRequest", {"requestId": request})

    def _refuse(self, request: str, refusal: Refusal, reason: str) -> None:
        # An aborted navigation leaves the page where it is; a blocked one puts an error page in its place.
        why = "Aborted" if refusal.main_frame else "BlockedByClient"
        with self._lock:  # first: whoever sees that the request is over looks for the reason
            self._refusals.append(replace(refusal, reason=reason))
        self._devtools.tell("Fetch.failRequest", {"requestId": request, "errorReason": why})


_T = TypeVar("_T", Refusal, Sent)


def _is_of(refusal: Refusal, context: str, frames: Collection[str]) -> bool:
    return refusal.context in (context, None) or refusal.frame in frames


def _taken(ring: deque[_T], mine: list[_T]) -> tuple[_T, ...]:
    """Takes out of a ring what is somebody's."""
    ids = set(map(id, mine))
    left = [each for each in ring if id(each) not in ids]
    ring.clear()
    ring.extend(left)
    return tuple(mine)
