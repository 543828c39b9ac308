"""A website as an environment: a browser, alone or shared, and a fresh context per episode."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from explorers.core.masking import masked
from explorers.web.actions import Ground, perform
from explorers.web.browser import RunningBrowser, SharedBrowser
from explorers.web.context import TAB_LIMIT, Context, redacted
from explorers.web.devtools import Devtools, DevtoolsError, Gone, Hung, first_line, values_of
from explorers.web.episode import PLAIN, EpisodeConfig, check_place
from explorers.web.extraction import Mode, PageFacts, Status
from explorers.web.guard import Guard
from explorers.web.look import Look, settled_look
from explorers.web.network import Refusal, SiteRules
from explorers.web.proxy import LoopbackProxy
from explorers.web.rescue import RESCUE_SECONDS, rescue
from explorers.web.tab import Tab, View
from schemas.actions import Action, Back, CloseTab, FocusTab, NewTab, Open
from schemas.errors import ConfigurationError, DeviceLost, DeviceUnavailable
from schemas.records import Observation, Outcome, Platform, Screen, Setting
from schemas.redaction import redact_location

_PAGES = ("text/html", "application/xhtml+xml")


@dataclass(frozen=True, slots=True)
class WebConfig:
    """How a site is explored; sizes in pixels, times in seconds.

    `settle` bounds the wait for rest, `step` a whole look or action: a page that takes longer hangs, and has its
    script ended, or is crashed. `uploads` is the folder of files that may be uploaded. `hosts` may be visited besides
    the start's, each with its port or without. `episode` is what each episode begins with. `redact_personal` takes
    e-mail addresses, telephone, card and account numbers out of trees, addresses and pictures. `hidden` are CSS
    selectors of what is taken off the page as `display: none` does, such as its display of a reward.
    """

    width: int = 1280
    height: int = 720
    locale: str = "en-US"
    timezone: str = "UTC"
    mode: Mode = "viewport"
    settle: float = 4.0
    step: float = 20.0
    uploads: Path | None = None
    hosts: tuple[str, ...] = ()
    episode: EpisodeConfig = PLAIN
    redact_personal: bool = False
    hidden: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuses sizes and times that can't work."""
        if not (100 <= self.width <= 10_000 and 100 <= self.height <= 10_000):
            raise ConfigurationError(f"expected a screen of 100 to 10000 pixels, found {self.width} x {self.height}")
        if min(self.settle, self.step) <= 0:
            raise ConfigurationError("expected times above zero seconds")
        if self.mode not in ("viewport", "page", "full"):
            raise ConfigurationError(f"expected the mode viewport, page or full, found {self.mode!r}")
        check_place(self.locale, self.timezone)


class WebEnvironment:
    """A site under exploration; navigation to other hosts is refused, dialogs and downloads are answered and noted.

    A `browser` that is given is shared, and its maker closes it; each environment is used by one thread.

    Raises:
        ConfigurationError: if the start is no http or https URL.
    """

    def __init__(self, start: str, *, config: WebConfig | None = None, browser: SharedBrowser | None = None) -> None:
        try:
            parts = urlsplit(start)
            port = parts.port
        except ValueError as error:
            raise ConfigurationError(f"expected a URL to start from, found {start!r}") from error
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigurationError(f"expected an http or https URL to start from, found {start!r}")
        self._config = config or WebConfig()
        self._rules = SiteRules(start, self._config.hosts)
        self._proxy: LoopbackProxy | None = None
        self._guard: Guard | None = None
        self._start = start
        self._host = parts.hostname if port is None else f"{parts.hostname}:{port}"
        self._browser = browser or SharedBrowser()
        self._owned = browser is None
        self._running: RunningBrowser | None = None
        self._devtools: Devtools | None = None
        self._context: Context | None = None
        self._seen: Observation | None = None
        self._known: int | None = None
        self._changes = 0
        self._restless = False
        self._failure: str | None = None
        self._said: str | None = None
        self._listener: str | None = None

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
        self._seen = self._known = None
        try:
            return self._begin()
        except Gone:
            self._disconnect()  # it died since the last episode, or in another's that shares it
        try:
            return self._begin()
        except Gone as error:
            raise DeviceUnavailable(f"{self.start} can't be opened: the browser is gone") from error

    def _begin(self) -> Observation:
        try:
            devtools = self._open_context()
            with self._within(devtools):
                storage = self._config.episode.storage
                filling = None if storage is None else self._tabs.fill(storage)
                outcome = perform(devtools, self._tab, Open(self._start), self._ground)
                failure = self._tab.failure or (outcome.message if outcome.result == "refused" else None)
                if failure is None:
                    observation, _ = self._settle(None)
                    failure = self._failure
                if failure is not None:
                    said = (*self._take_failures(), *(refusal.reason for refusal in self._take_refusals()))
                    raise DeviceUnavailable(f"{self.start} can't be opened: {'; '.join(said[:3]) or failure}")
                if filling is not None:
                    self._tabs.filled(filling)
                self._tab.begin_history()
                return replace(observation, can_go_back=False)
        except Hung as error:
            with suppress(DeviceLost):
                self._rescue()
            raise DeviceUnavailable(f"{self.start} can't be opened: the page hung") from error
        except Gone:
            raise
        except DevtoolsError as error:
            raise DeviceUnavailable(f"{self.start} can't be opened: {first_line(error)}") from error

    def observe(self) -> Observation:
        """What is seen now.

        Raises:
            DeviceLost: if the browser is gone.
        """
        devtools = self._connection
        try:
            with self._within(devtools):
                moved = self._follow()
                seen, self._seen = self._seen, None
                if seen is not None and not moved and (self._restless or self._unchanged()):
                    return seen  # one that changes all the time is not waited for again
                if seen is not None:
                    self._say_again()
                return self._settle(None)[0]
        except Hung:
            self._rescue()
        except Gone as error:
            raise DeviceLost("the browser is gone") from error
        except DevtoolsError as error:
            if not self._tab.gone:
                raise DeviceLost(f"the page can't be seen any more: {first_line(error)}") from error
        return self._blank()

    def act(self, action: Action) -> Outcome:
        """Does the action and waits for rest.

        Raises:
            UnsupportedAction: for an action that a browser doesn't have.
            DeviceLost: if the browser is gone.
        """
        if action.ends:
            return Outcome("ok")
        location = action.location if isinstance(action, Open | NewTab) else None
        refusal = None if location is None else self._leaves(location)
        if refusal is not None:
            return Outcome("refused", message=refusal)
        devtools = self._connection
        self._seen = None
        try:
            with self._within(devtools):
                return self._act(devtools, action)
        except Hung:
            return self._rescue()
        except Gone as error:
            raise DeviceLost("the browser is gone") from error
        except DevtoolsError as error:
            if self._tab.gone:
                return Outcome("crashed", message="the tab crashed" if self._tab.crashed else "the tab closed itself")
            return Outcome("refused", message=first_line(error))

    def evaluate(self, expression: str) -> Any:
        """The value of an expression in the page's own scripts: for a reward that the page computes.

        Raises:
            DeviceLost: if the page is gone, or can't say.
        """
        with self._within(self._connection) as devtools:
            given = {"expression": expression, "returnByValue": True, "awaitPromise": True}
            try:
                return values_of([devtools.call("Runtime.evaluate", given, session=self._tab.session)])[0]
            except DevtoolsError as error:
                raise DeviceLost(f"the page did not answer: {first_line(error)}") from error

    def close(self) -> None:
        """Ends the context, and the browser unless it is shared; may be called twice."""
        self._drop_context()
        self._disconnect()
        if self._proxy is not None:
            self._proxy.close()
            self._proxy = None
        if self._owned:
            self._browser.close()

    # ---- inside

    @property
    def _connection(self) -> Devtools:
        if self._devtools is None or self._context is None:
            raise DeviceLost("no page is open: reset comes first")
        if self._guard is not None and self._running is not None and not self._guard.alive:
            self._running.kill()  # nobody would look at what it asks for
            raise DeviceLost("the browser is gone, or its requests are not governed any more")
        return self._devtools

    @property
    def _tabs(self) -> Context:
        if self._context is None:
            raise DeviceLost("no page is open: reset comes first")
        return self._context

    @property
    def _tab(self) -> Tab:
        return self._tabs.tab

    @contextmanager
    def _within(self, devtools: Devtools) -> Iterator[Devtools]:
        """Ends what takes longer than a step may, less what a rescue needs."""
        devtools.deadline = time.monotonic() + self._config.step - 2 * self._rescue_seconds
        try:
            yield devtools
        finally:
            devtools.deadline = None
            devtools.drop_all()

    def _open_context(self) -> Devtools:
        self._drop_context()
        running = self._browser.start()
        if self._devtools is None or running is not self._running:
            self._disconnect()
            self._devtools = running.connect()
            self._running = running
        self._guard = running.guard(self._rules)
        self._proxy = self._proxy or LoopbackProxy(self._rules, names=self._guard.names)
        with self._within(self._devtools):
            agent = self._devtools.call("Browser.getVersion")["userAgent"]
            config = self._config
            scripts = config.episode.scripts(datetime.now(UTC))
            view = View(
                config.width,
                config.height,
                config.locale,
                config.timezone,
                agent,
                scripts,
                self._listener,
                ", ".join(config.hidden),
            )
            self._context = Context(self._devtools, view, proxy=self._proxy.server)
        return self._devtools

    def _disconnect(self) -> None:
        if self._devtools is not None:
            self._devtools.close()
            self._devtools = None

    def _drop_context(self) -> None:
        context, self._context = self._context, None
        if context is not None:
            with suppress(DevtoolsError):
                context.dispose()
            if self._devtools is not None:
                self._devtools.forget_sessions()

    def _act(self, devtools: Devtools, action: Action) -> Outcome:
        known = self._known
        came = self._tab.came
        outcome = self._perform(devtools, action)
        if outcome.result not in ("ok", "timeout"):
            return outcome
        self._follow()
        self._seen, settle = self._settle(None if known is None else (known, came))
        if self._follow():
            self._say_again()
            self._seen, settle = self._settle(None)
        return Outcome(outcome.result, settle=settle, message=outcome.message)

    def _perform(self, devtools: Devtools, action: Action) -> Outcome:
        context = self._tabs
        match action:
            case NewTab(location):
                if len(context.tabs) >= TAB_LIMIT:
                    return Outcome("refused", message=f"{TAB_LIMIT} tabs are open")
                tab = context.open("about:blank")
                perform(devtools, tab, Open(location or self._start), self._ground)
                return Outcome("ok")
            case FocusTab(index):
                if not 0 <= index < len(context.tabs):
                    return Outcome(
                        "no target", message=f"there are {len(context.tabs)} tabs, and none of index {index}"
                    )
                context.focus(index)
                return Outcome("ok")
            case CloseTab():
                if len(context.tabs) == 1:
                    return Outcome("refused", message="the last tab stays open")
                context.close_tab()
                return Outcome("ok")
            case Back() if len(context.tabs) > 1 and not self._tab.has_past():
                context.close_tab()
                return Outcome("ok", message="closed the tab")
        return perform(devtools, self._tab, action, self._ground)

    @property
    def _ground(self) -> Ground:
        return Ground(self._start, self._config.width, self._config.height, self._config.uploads)

    def _settle(self, known: tuple[int, int] | None) -> tuple[Observation, str]:
        settle, seen = settled_look(
            self._connection, self._tab, self._config.mode, known=known, seconds=self._config.settle
        )
        self._known, self._changes = seen.status.effects, seen.status.changes
        self._restless = settle.startswith("timeout")
        return self._observation(seen), settle

    def _unchanged(self) -> bool:
        """Whether the page is still as the last look saw it."""
        if self._tab.busy:
            return False
        try:
            return Status.of(self._tab.frame.evaluate("hindtrace.status()")).changes == self._changes
        except (Hung, Gone):
            raise
        except DevtoolsError:
            return False

    def _observation(self, seen: Look) -> Observation:
        tab, facts = self._tab, seen.facts
        location = facts.location
        failures = self._take_failures()
        self._failure = None
        if tab.unreachable is not None:
            location = redact_location(tab.unreachable) or ""
            self._failure = "; ".join(failures) or tab.failure or "the address could not be opened"
        elif failures and facts.http in (502, 504) and facts.content_type == "text/plain":
            self._failure = "; ".join(failures)  # the page is the proxy's
        self._note_refusals()
        if facts.problem is not None:
            tab.note(facts.problem)
        self._said = tab.take_notices()
        notice = "; ".join(filter(None, (self._said, self._about(facts)))) or None
        several = len(self._tabs.tabs) > 1
        seen_now = Observation(
            screen=Screen(seen.image, self._config.width, self._config.height, "png"),
            tree=facts.tree,
            location=location,
            title=facts.title,
            windows=tuple(self._tabs.titles()) if several else (facts.title,),
            scroll=facts.scroll,
            time=datetime.now(UTC),
            content_type=facts.content_type,
            can_go_back=several or seen.can_go_back,
            notice=notice,
            volatile=seen.volatile,
            raw=seen.raw,
        )
        return masked(seen_now, personal=self._config.redact_personal)

    def _say_again(self) -> None:
        """Keeps for the next observation what was said with one that nobody will see."""
        if self._said is not None:
            self._tab.note(self._said)

    def _about(self, facts: PageFacts) -> str | None:
        """What is to be said of a document that is no page, or one that reports an error."""
        if self._failure is not None:
            return f"error page: {self._failure}"
        if facts.content_type not in _PAGES:
            return f"left the app: {facts.content_type} is not a page"
        return f"HTTP {facts.http}" if facts.http >= 400 else None

    def _note_refusals(self) -> None:
        for refusal in self._take_refusals():
            self._tab.note(str(refusal))

    def _take_refusals(self) -> tuple[Refusal, ...]:
        """What the governor and the proxy refused since the last call."""
        assert self._proxy is not None  # they come with the context
        assert self._guard is not None
        context = self._tabs
        frames = [id for tab in context.tabs for id in tab.frames]
        inside = self._guard.governor.take_refusals(context=context.id, frames=frames)
        return (*inside, *self._proxy.take_refusals())

    def _take_failures(self) -> tuple[str, ...]:
        assert self._proxy is not None  # it comes with the context
        return self._proxy.take_failures()

    def _blank(self) -> Observation:
        self._note_refusals()
        return Observation(
            screen=None,
            tree=None,
            location=None,
            title=None,
            windows=(),
            scroll=None,
            time=datetime.now(UTC),
            notice=self._tab.take_notices() or "the tab can't be seen",
        )

    def _leaves(self, location: str) -> str | None:
        """Why a page at that address is none of the site, or None."""
        return self._rules.refuses("GET", location, kind="Document", main_frame=True)

    def _follow(self) -> bool:
        """Goes over to a tab that the page opened, and closes one that leads elsewhere; returns whether it moved."""
        context, moved = self._tabs, False
        for opened in context.take_opened(time.monotonic() + self._config.settle):
            if self._leaves(opened.url) is None and context.adopt(opened):
                self._tab.note(f"a new tab opened: {redacted(opened.url)}")
                moved = True
            else:
                self._tab.note(f"closed a new tab: {redacted(opened.url)}")
                context.refuse(opened)
        return context.drop_closed() or moved

    def _rescue(self) -> Outcome:
        """Gets a hung page to answer again; what became of it.

        Raises:
            DeviceLost: if the browser had to be killed, or is gone.
        """
        assert self._running is not None  # something hung in it
        if self._devtools is None or self._context is None:
            self._running.kill()
            raise DeviceLost("the browser hung, and was killed")
        return rescue(self._running, self._devtools, self._tab, self._rescue_seconds)

    @property
    def _rescue_seconds(self) -> float:
        return min(RESCUE_SECONDS, self._config.step / 6)
