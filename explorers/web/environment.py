"""A website as an environment: one browser, a fresh context per episode."""

import re
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Error, Page, Route
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from explorers.web.actions import perform
from explorers.web.browser import WatchedBrowser, first_line
from explorers.web.extraction import SCRIPT, PageFacts, page_facts
from explorers.web.tab import Tab, is_transient
from schemas.actions import Action, Answer, Back, Open, Stop
from schemas.errors import ConfigurationError, DeviceLost, DeviceUnavailable
from schemas.records import Observation, Outcome, Platform, Screen, Setting
from schemas.redaction import redact_location

_PAGES = ("text/html", "application/xhtml+xml")
_LOOKS = 4
_LOOK_SECONDS = 2.0
"""A page that changes all the time is taken as it is after so many looks, or so long."""


@dataclass(frozen=True, slots=True)
class WebConfig:
    """How a site is explored; sizes in pixels, times in seconds.

    `settle` bounds the wait for rest, `shot` one try of a screenshot, `step` a whole look or action: a browser that
    takes longer hangs and is killed.
    """

    width: int = 1280
    height: int = 720
    locale: str = "en-US"
    settle: float = 4.0
    shot: float = 3.0
    step: float = 30.0

    def __post_init__(self) -> None:
        """Refuses sizes and times that can't work."""
        if not (100 <= self.width <= 10_000 and 100 <= self.height <= 10_000):
            raise ConfigurationError(f"expected a screen of 100 to 10000 pixels, found {self.width} x {self.height}")
        if min(self.settle, self.shot, self.step) <= 0:
            raise ConfigurationError("expected times above zero seconds")


class WebEnvironment:
    """A site under exploration; navigation to other hosts is refused, dialogs and downloads are answered and noted.

    Raises:
        ConfigurationError: if the start is no http or https URL.
    """

    def __init__(self, start: str, *, config: WebConfig | None = None) -> None:
        try:
            parts = urlsplit(start)
            port = parts.port
        except ValueError as error:
            raise ConfigurationError(f"expected a URL to start from, found {start!r}") from error
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigurationError(f"expected an http or https URL to start from, found {start!r}")
        self._config = config or WebConfig()
        self._start = start
        self._host = parts.hostname if port is None else f"{parts.hostname}:{port}"
        self._browser = WatchedBrowser()
        self._context: BrowserContext | None = None
        self._tabs: list[Tab] = []
        self._opened: list[Page] = []

    @property
    def platform(self) -> Platform:
        """The kind of interface."""
        return "web"

    @property
    def app(self) -> str:
        """Host and port of the site."""
        return self._host

    @property
    def start(self) -> str:
        """The URL where an episode begins."""
        return redact_location(self._start) or ""

    @property
    def setting(self) -> Setting:
        """The browser and its screen; the version is unknown before the first `reset`."""
        return Setting(
            engine="chromium",
            engine_version=self._browser.version,
            width=self._config.width,
            height=self._config.height,
            scale=1.0,
            locale=self._config.locale,
            simulated=False,
        )

    def reset(self) -> Observation:
        """Opens the start URL in a fresh context.

        Raises:
            DeviceUnavailable: if the browser doesn't start, or the URL can't be opened.
        """
        try:
            with self._browser.limit(self._config.step * 2):
                self._open_context()
                self._tab.page.goto(self._start, wait_until="commit", timeout=self._config.step * 1000)
                self._tab.rest(self._config.settle)
                self._tab.begin_history()
                return self._look()
        except (Error, DeviceLost) as error:
            reason = self._lost(error) if self._browser.killed else _reason(error)
            raise DeviceUnavailable(f"{self.start} can't be opened: {reason}") from error

    def observe(self) -> Observation:
        """What is seen now.

        Raises:
            DeviceLost: if the browser is gone.
        """
        try:
            with self._browser.limit(self._config.step):
                self._follow()
                return self._look()
        except Error as error:
            if self._browser.alive and self._tabs and self._tab.crashed:
                return self._blank(self._tab)
            raise self._lost(error) from error

    def act(self, action: Action) -> Outcome:
        """Does the action and waits for rest.

        Raises:
            UnsupportedAction: for an action that a browser doesn't have.
            DeviceLost: if the browser is gone.
        """
        if isinstance(action, Stop | Answer):
            return Outcome("ok")
        if isinstance(action, Open) and not self._ours(action.location):
            return Outcome("refused", message=f"{redact_location(action.location)} is not on {self._host}")
        try:
            with self._browser.limit(self._config.step):
                return self._act(action)
        except Error as error:
            if not self._browser.alive:
                raise self._lost(error) from error
            if self._tab.crashed:
                return Outcome("crashed", message="the tab crashed")
            if isinstance(error, PlaywrightTimeout):
                return Outcome("timeout", message=first_line(error))
            return Outcome("refused", message=first_line(error))

    def close(self) -> None:
        """Ends the browser; may be called twice."""
        self._tabs.clear()
        self._opened.clear()
        self._context = None
        self._browser.close()

    # ---- inside

    @property
    def _tab(self) -> Tab:
        if not self._tabs:
            raise DeviceLost("no page is open: reset comes first")
        return self._tabs[-1]

    def _open_context(self) -> None:
        if self._context is not None and self._browser.alive:
            with suppress(Error):
                self._context.close()
        self._tabs.clear()
        context = self._browser.start().new_context(
            viewport={"width": self._config.width, "height": self._config.height},
            device_scale_factor=1,
            locale=self._config.locale,
            timezone_id="UTC",
            accept_downloads=False,
            service_workers="block",
        )
        context.set_default_timeout(self._config.step * 1000)
        host = re.escape(self._host)
        context.route(re.compile(rf"^https?://(?!([^/@]*@)?{host}(?:[/?#]|$))"), self._foreign)
        self._context = context
        self._tabs.append(Tab(context.new_page()))
        self._opened.clear()
        context.on("page", self._page_opened)

    def _act(self, action: Action) -> Outcome:
        tab = self._tab
        if isinstance(action, Back) and len(self._tabs) > 1 and not tab.can_go_back():
            self._close_tab()
            outcome = Outcome("ok", message="closed the tab")
        else:
            outcome = perform(tab, action, start=self._start, width=self._config.width, height=self._config.height)
        settle = self._tab.rest(self._config.settle) if outcome.result == "ok" else None
        if self._follow():
            settle = self._tab.rest(self._config.settle)
        if self._tab.crashed:
            return Outcome("crashed", settle=settle, message="the tab crashed")
        self._return_home()
        return Outcome(outcome.result, settle=settle, message=outcome.message)

    def _look(self) -> Observation:
        tab = self._tab
        if tab.crashed:
            return self._blank(tab)
        facts, screen = self._capture(tab)
        location = facts.location
        if tab.unreachable is not None:
            location = redact_location(tab.unreachable) or ""
            tab.notices.append(f"error page: {tab.failure or 'the address could not be opened'}")
        notice = tab.take_notices()
        if facts.content_type not in _PAGES:
            notice = "; ".join(filter(None, (notice, f"left the app: {facts.content_type} is not a page")))
        elif facts.status >= 400:
            notice = "; ".join(filter(None, (notice, f"HTTP {facts.status}")))
        return Observation(
            screen=screen,
            tree=facts.tree,
            location=location,
            title=facts.title,
            windows=tuple(self._titles(facts.title)),
            scroll=facts.scroll,
            time=datetime.now(UTC),
            content_type=facts.content_type,
            can_go_back=len(self._tabs) > 1 or tab.can_go_back(),
            notice=notice,
        )

    def _capture(self, tab: Tab) -> tuple[PageFacts, Screen]:
        """The tree and the screenshot of one moment: the tree is the same before and after, if the page holds still."""
        failure: Error | None = None
        before: str | None = None
        screen: Screen | None = None
        began = time.monotonic()
        for look in range(_LOOKS):
            if look and screen is not None and before is not None and time.monotonic() - began > _LOOK_SECONDS:
                break
            try:
                before = before or tab.evaluate(SCRIPT)
                data = tab.page.screenshot(type="png", timeout=self._config.shot * 1000, caret="hide")
                screen = Screen(data, self._config.width, self._config.height, "png")
                after = tab.evaluate(SCRIPT)
            except Error as error:
                if not (is_transient(error) or isinstance(error, PlaywrightTimeout)):
                    raise
                failure, before = error, None
                tab.page.wait_for_timeout(50)
                continue
            if after == before:
                break
            before = after
        if before is None or screen is None:
            raise failure or Error("the page could not be seen")
        return page_facts(before), screen

    def _blank(self, tab: Tab) -> Observation:
        return Observation(
            screen=None,
            tree=None,
            location=redact_location(tab.page.url),
            title=None,
            windows=(),
            scroll=None,
            time=datetime.now(UTC),
            notice=tab.take_notices() or "the tab crashed",
        )

    def _titles(self, current: str) -> list[str]:
        titles = []
        for tab in self._tabs[:-1]:
            with suppress(Error):
                titles.append(tab.page.title()[:200])
        return [*titles, current]

    def _ours(self, location: str) -> bool:
        try:
            parts = urlsplit(location)
        except ValueError:
            return False
        return parts.scheme in ("http", "https") and parts.netloc.rpartition("@")[2] == self._host

    def _foreign(self, route: Route) -> None:
        request = route.request
        if not request.is_navigation_request():
            route.continue_()
            return
        try:
            inner = request.frame.parent_frame is not None
        except Error:
            inner = False  # the first request of a new tab, which has no frame yet
        if inner:
            route.continue_()
        else:
            self._note(f"refused to leave for {redact_location(request.url)}"[:500])
            route.abort("aborted")

    def _page_opened(self, page: Page) -> None:
        self._opened.append(page)
        for tab in self._tabs:
            tab.opened()

    def _follow(self) -> bool:
        """Goes over to a tab that the page opened, and closes one that leads elsewhere; returns whether it moved."""
        moved = False
        while self._opened:
            page = self._opened.pop(0)
            with suppress(Error):
                page.wait_for_load_state("domcontentloaded", timeout=self._config.settle * 1000)
                if self._ours(page.url):
                    tab = Tab(page)
                    tab.notices.append(f"a new tab opened: {redact_location(page.url)}"[:500])
                    self._tabs.append(tab)
                    moved = True
                else:
                    self._note(f"closed a new tab: {redact_location(page.url)}"[:500])
                    page.close()
        while len(self._tabs) > 1 and self._tab.page.is_closed():
            self._tabs.pop()
            self._note("the tab closed itself")
            moved = True
        return moved

    def _close_tab(self) -> None:
        tab = self._tabs.pop()
        with suppress(Error):
            tab.page.close()

    def _return_home(self) -> None:
        """Goes back where a redirect led to another host."""
        tab = self._tab
        url = tab.page.url
        if url.startswith(("http:", "https:")) and not self._ours(url):
            tab.notices.append(f"left the app for {redact_location(url)}: went back"[:500])
            if not tab.go(-1):
                tab.page.goto(self._start, wait_until="commit")
            tab.rest(self._config.settle)

    def _note(self, text: str) -> None:
        if self._tabs:
            self._tabs[-1].notices.append(text)

    def _lost(self, error: Exception) -> DeviceLost:
        if self._browser.killed:
            return DeviceLost("the page hung, and its browser was killed")
        if self._browser.alive:
            return DeviceLost(f"the page can't be seen any more: {first_line(error)}")
        return DeviceLost(f"the browser is gone: {first_line(error)}")


def _reason(error: Exception) -> str:
    found = re.search(r"net::ERR_[A-Z_]+", str(error))
    return found[0] if found else first_line(error)
