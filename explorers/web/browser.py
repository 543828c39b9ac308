"""One Chromium for any number of contexts: started when it is needed, connected to, killed when it hangs."""

import json
import os
import signal
import socket
import threading
import urllib.request
from contextlib import suppress
from functools import cache

from playwright.sync_api import Error, sync_playwright

from explorers.setup.chromium import VARIABLE, find_chromium, launch_arguments
from explorers.web.devtools import first_line
from explorers.web.governor import Governor
from explorers.web.names import Names
from explorers.web.network import SiteRules
from explorers.web.robots import Robots, fetcher
from schemas.errors import ConfigurationError, DeviceUnavailable

START_SECONDS = 30.0
CLOSE_SECONDS = 10.0
_ANSWER_SECONDS = 2.0
_FEATURES_OFF = (
    "Prerender2",
    # A later list takes the place of an earlier one: what Playwright turns off for steady tests stays off.
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
)
_FEATURES_ON = (
    # Pages that speculation rules fetch ahead are shown without a request that anybody could stop: none is fetched.
    "PrefetchMultipleActiveSetSizeLimitForBase:prefetch_multiple_active_set_size_limit_for_base_value/0",
    # As Playwright has it.
    "CDPScreenshotNewSurface",
)
PROXY_ARGUMENTS = (
    "--disable-quic",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--dns-prefetch-disable",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    f"--disable-features={','.join(_FEATURES_OFF)}",
    f"--enable-features={','.join(_FEATURES_ON)}",
)
"""Arguments of Chromium that leave it no way around the proxy: UDP, its own names, and guesses at what comes next."""

_STARTING = threading.Lock()
"""One browser after another, so that no two look for a free port at once."""


class SharedBrowser:
    """A Chromium that several threads may use, each through a connection of its own; the maker closes it.

    One that is `visible` has windows on the display that the environment names.
    """

    def __init__(self, *, visible: bool = False) -> None:
        self._visible = visible
        self._lock = threading.Lock()
        self._running: RunningBrowser | None = None

    @property
    def version(self) -> str:
        """Of the running browser, or "unknown"."""
        return self._running.version if self._running is not None else "unknown"

    def start(self) -> "RunningBrowser":
        """The running browser; a dead one is replaced.

        Raises:
            DeviceUnavailable: if none can be started.
        """
        with self._lock:
            if self._running is None or not self._running.alive:
                if self._running is not None:
                    self._running.close()
                    self._running = None
                with _STARTING:
                    self._running = RunningBrowser(
                        _executable(os.environ.get(VARIABLE), self._visible), visible=self._visible
                    )
            return self._running

    def close(self) -> None:
        """Ends the browser; may be called twice."""
        with self._lock:
            if self._running is not None:
                self._running.close()
                self._running = None


class RunningBrowser:
    """A browser process, with the thread that launched it: Playwright must be left by the thread that entered it.

    `url` is where connections of our own, and other programs, reach it. `names` lead all that is loaded while it runs
    to the addresses that they had at first.

    Raises:
        DeviceUnavailable: if it can't be started.
    """

    def __init__(self, executable: str | None, *, visible: bool = False) -> None:
        self.version = "unknown"
        self.user_agent: str | None = None
        self.pid = 0
        self.names = Names()
        self._executable = executable
        self._visible = visible
        self._killed = False
        self._failure: str | None = None
        self._lock = threading.Lock()
        self._governor: Governor | None = None
        self.url = ""
        self._port = _free_port()
        self._started = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="browser", daemon=True)
        self._thread.start()
        self._started.wait()
        if self._failure is not None:
            self._thread.join()
            raise DeviceUnavailable(f"Chromium doesn't start: {self._failure}; `hindtrace doctor` says why")

    @property
    def alive(self) -> bool:
        """Whether its process is there, and takes connections."""
        if self._killed or self._over.is_set():
            return False
        try:
            os.kill(self.pid, 0)
            # A process that ended stays until its parent asks, but nobody answers.
            socket.create_connection(("127.0.0.1", self._port), _ANSWER_SECONDS).close()
        except OSError:
            return False
        return True

    def governor(self, rules: SiteRules) -> Governor:
        """What watches its traffic; made for the rules of the first that asks.

        In a visible one robots.txt is not asked for, and pages follow each other as they are opened: a person does it.

        Raises:
            ConfigurationError: if it is governed by other rules already: a browser explores one site.
            DeviceUnavailable: if it does not let itself be governed.
        """
        with self._lock:
            if self._governor is None:
                if self._visible:
                    self._governor = Governor(self.url, rules, interval=0.0, free=True)
                else:
                    self._governor = Governor(self.url, rules, robots=Robots(fetcher(rules, self.names)))
            held = self._governor.rules
            if (held.site, held.named, held.reads_only) != (rules.site, rules.named, rules.reads_only):
                raise ConfigurationError(f"expected a browser of its own for {rules.site}, found that of {held.site}")
            return self._governor

    def kill(self) -> None:
        """Ends it at once, without asking."""
        self._killed = True
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def close(self) -> None:
        """Ends it, by force if it takes longer than `CLOSE_SECONDS`; may be called twice."""
        with self._lock:
            if self._governor is not None:
                self._governor.close()
        self._over.set()
        self._thread.join(CLOSE_SECONDS)
        if self._thread.is_alive():
            self.kill()
            self._thread.join(CLOSE_SECONDS)

    def _serve(self) -> None:
        arguments = launch_arguments(self._executable)
        # Playwright speaks to it through a pipe; the port is for the connections of our own.
        arguments["args"] += [f"--remote-debugging-port={self._port}", "--site-per-process", *PROXY_ARGUMENTS]
        try:
            with sync_playwright() as playwright:
                # Who is interrupted closes it: Playwright must not do so before, in the middle of an episode.
                browser = playwright.chromium.launch(
                    **arguments,
                    headless=not self._visible,
                    timeout=START_SECONDS * 1000,
                    handle_sigint=False,
                    handle_sigterm=False,
                )
                try:
                    self.version = browser.version
                    session = browser.new_browser_cdp_session()
                    processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
                    session.detach()
                    self.pid = next(int(process["id"]) for process in processes if process["type"] == "browser")
                    self.url = _address(self._port)
                    self._started.set()
                    self._over.wait()
                finally:
                    with suppress(Error):
                        browser.close()
        except (Error, OSError, ValueError) as error:
            self._failure = first_line(error)
        finally:
            self._started.set()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _address(port: int) -> str:
    """The address of the connection to the whole browser, as its port tells it."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://127.0.0.1:{port}/json/version", timeout=START_SECONDS) as answer:
        return str(json.load(answer)["webSocketDebuggerUrl"])


@cache
def _executable(_chosen: str | None, visible: bool) -> str | None:
    """The browser that works here; looked for once in a process, and again when another was chosen."""
    return find_chromium(visible=visible).executable
