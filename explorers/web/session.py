"""A site in a browser: the connection, a fresh context for each episode, and what watches the traffic."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime
from urllib.parse import urlsplit

from explorers.web.browser import RunningBrowser, SharedBrowser
from explorers.web.config import WebConfig
from explorers.web.context import BrowserContext
from explorers.web.devtools import CallFailed, Devtools, DevtoolsError, Gone, Hung
from explorers.web.governor import Governor
from explorers.web.network import Refusal, SiteRules
from explorers.web.proxy import LoopbackProxy
from explorers.web.sending import Sent
from explorers.web.tab import Tab, TabSetup
from explorers.web.warming import NextContext
from schemas.errors import ConfigurationError, DeviceLost
from schemas.records import Outcome, Setting
from schemas.redaction import KnownSecrets, redact_location
from schemas.secret_texts import named_address

_EVENTS = 1_000
_SOON = 0.02
RESCUE_SECONDS = 2.0
"""How long a hung page may take to answer again when its script was ended, and the browser to crash it."""


class WebSession:
    """What an explorer and a person's stage share: a browser, and one context at a time in it; used by one thread.

    A `browser` that is given is shared, and its maker closes it. With a `listener`, a person sits before it.
    `start` is the URL where an episode begins, `app` the host and port of the site, `known` the secrets of the episode
    as far as they are known.

    Raises:
        ConfigurationError: if the start is no http or https URL, or a person is to see another scale than 1.
    """

    def __init__(
        self, start: str, config: WebConfig | None, browser: SharedBrowser | None, *, listener: str | None = None
    ) -> None:
        self.config = config or WebConfig()
        try:
            parts = urlsplit(start)
            port = parts.port
        except ValueError as error:
            raise ConfigurationError(f"expected a URL to start from, found {named_address(start)!r}") from error
        if listener is not None and self.config.scale != 1:
            raise ConfigurationError(f"expected a scale of 1 before a person, found {self.config.scale}")
        self._rules = SiteRules(start, self.config.hosts, self.config.reads_only)
        self.start = start
        self.known = KnownSecrets()
        self.shown_start = redact_location(start) or ""
        self.app = (parts.hostname or "") + ("" if port is None else f":{port}")
        self._browser = browser or SharedBrowser()
        self._owned = browser is None
        self._listener = listener
        self._steady: set[str] = set()
        self._running: RunningBrowser | None = None
        self._next: NextContext | None = None
        self._devtools: Devtools | None = None
        self._context: BrowserContext | None = None
        self._governor: Governor | None = None
        self._proxy: LoopbackProxy | None = None

    @property
    def setting(self) -> Setting:
        """The browser and its screen; the version is unknown before it runs."""
        return Setting(
            engine="chromium",
            engine_version=self._browser.version,
            width=self.config.pixels[0],
            height=self.config.pixels[1],
            scale=self.config.scale,
            locale=self.config.locale,
            simulated=False,
        )

    @property
    def running(self) -> RunningBrowser:
        """The browser process; there is one once a context was opened."""
        assert self._running is not None
        return self._running

    @property
    def devtools(self) -> Devtools:
        """The connection.

        Raises:
            DeviceLost: if no context is open, or nobody watches the traffic any more.
        """
        if self._devtools is None or self._context is None:
            raise DeviceLost("no page is open: reset comes first")
        if self._governor is not None and not self._governor.alive:
            self.running.kill()  # nobody would look at what it asks for
            raise DeviceLost("the browser is gone, or its requests are not governed any more")
        return self._devtools

    @property
    def context(self) -> BrowserContext:
        """The tabs, cookies and storage of the episode.

        Raises:
            DeviceLost: if none is open.
        """
        if self._context is None:
            raise DeviceLost("no page is open: reset comes first")
        return self._context

    @property
    def tab(self) -> Tab:
        """The tab that is acted in."""
        return self.context.tab

    def tab_of(self, session: str | None) -> Tab | None:
        """The tab that a session of the connection belongs to, if there is one."""
        tabs = () if self._context is None else self._context.tabs
        return next((tab for tab in tabs if tab.frames.has_session(session)), None)

    def limited(self, seconds: float | None = None) -> AbstractContextManager[Devtools]:
        """The connection for the time of a block: waits end with `Hung` after so long, or else when a step must end.

        Raises:
            DeviceLost: as `devtools` does.
        """
        return _limited(self.devtools, seconds or self._step_seconds)

    def open_context(self) -> None:
        """Opens a fresh context in a browser that runs, and gives up the one before.

        Raises:
            DeviceUnavailable: if the browser can't be started or governed.
            DevtoolsError: what the browser says.
        """
        self._drop_context()
        self.known = self._known_secrets()
        running = self._browser.start()
        if self._devtools is None or running is not self._running:
            self.disconnect()
            try:
                self._devtools = Devtools(running.url)
            except Gone:
                running.kill()  # it dies, though its port still takes connections
                raise
            self._running = running
        self._governor = running.governor(self._rules)
        self._proxy = self._proxy or LoopbackProxy(self._rules, names=running.names)
        with _limited(self._devtools, self._step_seconds) as devtools:
            agent = running.user_agent or devtools.call("Browser.getVersion")["userAgent"]
            running.user_agent = agent
            scripts = self.config.episode.scripts(datetime.now(UTC))
            setup = TabSetup(self.start, self.config, agent, scripts, self.known, self._listener, self._steady)
            made, self._next = self._next or self._made(devtools, self._proxy), None
            try:
                self._context = BrowserContext(devtools, setup, made)
            except CallFailed:
                made.dispose()
                raise

    def warm(self) -> None:
        """Has the context of the next episode made a bit further, without waiting for it."""
        if self._devtools is None or self._proxy is None:
            return
        try:
            if self._next is None:
                self._next = self._made(self._devtools, self._proxy)
            else:
                self._next.go_on()
        except CallFailed:
            self._next = None  # it is made when it is needed, and who needs it is told why it can't be

    def _made(self, devtools: Devtools, proxy: LoopbackProxy) -> NextContext:
        return NextContext(devtools, proxy=proxy.server, width=self.config.width, height=self.config.height)

    def disconnect(self) -> None:
        """Gives up the connection: the browser is gone."""
        self._next = None
        if self._devtools is not None:
            self._devtools.close()
            self._devtools = None

    def close(self) -> None:
        """Ends the context, and the browser unless it is shared; may be called twice."""
        self._drop_context()
        self.disconnect()
        if self._proxy is not None:
            self._proxy.close()
            self._proxy = None
        if self._owned:
            self._browser.close()

    def leaves_site(self, location: str) -> str | None:
        """Why a page at that address is none of the site, or None."""
        return self._rules.refuses("GET", location, kind="Document", main_frame=True)

    def take_refusals(self) -> tuple[Refusal, ...]:
        """What the governor and the proxy refused since the last call."""
        assert self._proxy is not None  # they come with the context
        assert self._governor is not None
        frames = [id for tab in self.context.tabs for id in tab.frames.ids]
        inside = self._governor.take_refusals(context=self.context.id, frames=frames)
        return (*inside, *self._proxy.take_refusals())

    def take_sent(self) -> tuple[Sent, ...]:
        """What the pages asked for besides reading since the last call."""
        assert self._governor is not None  # it comes with the context
        self._catch_up()
        tabs = self.context.tabs
        frames = set().union(*(tab.frames.once for tab in tabs))
        asked = self._governor.take_sent(context=self.context.id, frames=frames)
        if any(each.network is not None and self.sender_of(each) is None for each in asked):
            self.devtools.pump(_SOON)  # the browser says who asked a moment after the governor does
            self._catch_up()
        return (*asked, *(each for tab in tabs for each in tab.sockets.take()))

    def sender_of(self, request: Sent) -> str | None:
        """The id of the document whose script made a request, where that is known."""
        senders = (tab.loading.senders.get(request.network or "") for tab in self.context.tabs)
        return next((sender for sender in senders if sender), None)

    @property
    def documents(self) -> set[str]:
        """The ids of the documents that came in the tabs, in any of their frames."""
        return set().union(*(tab.loading.loaders for tab in self.context.tabs))

    def cookie_names(self) -> frozenset[str]:
        """The names of the cookies that are there, and hold something."""
        answer = self.devtools.call("Storage.getCookies", {"browserContextId": self.context.id})
        return frozenset(str(each["name"]) for each in answer["cookies"] if each.get("value"))

    def take_failures(self) -> tuple[str, ...]:
        """Why hosts gave no answer since the last call."""
        assert self._proxy is not None  # it comes with the context
        return self._proxy.take_failures()

    def rescue(self) -> Outcome:
        """Ends the script of a page that hangs, or else crashes it, or else kills its browser; what became of it.

        Raises:
            DeviceLost: if the browser had to be killed, or is gone.
        """
        if self._context is None:
            self.running.kill()
            raise DeviceLost("the browser hung, and was killed")
        tab = self.tab
        if tab.gone:
            return Outcome("crashed", message="the tab crashed or closed")
        seconds = self._rescue_seconds
        try:
            with suppress(Hung), _limited(tab.devtools, seconds) as devtools:
                for session in tab.frames.sessions:
                    devtools.tell("Runtime.terminateExecution", session=session)
                try:
                    devtools.call("Runtime.evaluate", {"expression": "1"}, session=tab.session)
                except CallFailed:  # another page answers, or one that says that its script was ended
                    if tab.gone:
                        return Outcome("crashed", message="the tab crashed or closed")
                tab.frame.forget()
                tab.note("the page hung: its script was ended")
                return Outcome("timeout", message="the page hung: its script was ended")
            with suppress(Hung), _limited(tab.devtools, seconds) as devtools:
                devtools.tell("Page.crash", session=tab.session)
                while not tab.gone:
                    devtools.pump(seconds)
                return Outcome("crashed", message="the page hung, and was crashed")
        except Gone as error:
            raise DeviceLost("the browser is gone") from error
        self.running.kill()
        raise DeviceLost("the page hung, and its browser was killed")

    def _catch_up(self) -> None:
        """Handles what came meanwhile, while nobody waited for anything."""
        for _ in range(_EVENTS):
            if not self.devtools.pump(0):
                return

    def _known_secrets(self) -> KnownSecrets:
        """What is secret before anything was seen: in the start's address, and what the storage state restores."""
        storage = self.config.episode.storage
        known = KnownSecrets(() if storage is None else storage.secrets)
        known.learn_location(self.start)
        return known

    @property
    def _step_seconds(self) -> float:
        """What a step may take, less what a rescue needs."""
        return self.config.step - 2 * self._rescue_seconds

    @property
    def _rescue_seconds(self) -> float:
        return min(RESCUE_SECONDS, self.config.step / 6)

    def _drop_context(self) -> None:
        context, self._context = self._context, None
        if context is not None:
            with suppress(DevtoolsError):
                context.dispose()
            if self._devtools is not None:
                self._devtools.forget_sessions()


@contextmanager
def _limited(devtools: Devtools, seconds: float) -> Iterator[Devtools]:
    devtools.deadline = time.monotonic() + seconds
    try:
        yield devtools
    finally:
        devtools.deadline = None
        devtools.drop_all()
