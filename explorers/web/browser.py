"""One Chromium: started, watched, killed when it hangs."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache

from playwright.sync_api import Browser, Error, Playwright, sync_playwright

from explorers.chromium import VARIABLE, find_chromium, launch_arguments
from schemas.errors import DeviceUnavailable

CLOSE_SECONDS = 10.0


class _Driver(threading.local):
    """Playwright's driver: it can run only once in a thread, so the browsers of a thread share it."""

    playwright: Playwright | None = None
    users: int = 0

    def acquire(self) -> Playwright:
        if self.playwright is None:
            self.playwright = sync_playwright().start()
        self.users += 1
        return self.playwright

    def release(self) -> None:
        self.users -= 1
        if self.users == 0 and self.playwright is not None:
            self.playwright.stop()
            self.playwright = None


_driver = _Driver()


class WatchedBrowser:
    """A Chromium that is started when it is needed; the caller closes it."""

    def __init__(self) -> None:
        self._driven = False
        self._browser: Browser | None = None
        self._pid = 0
        self.killed = False

    @property
    def version(self) -> str:
        """Of the running browser, or "unknown"."""
        return self._browser.version if self._browser is not None else "unknown"

    @property
    def alive(self) -> bool:
        """Whether it can still be spoken to."""
        return self._browser is not None and not self.killed and self._browser.is_connected()

    def start(self) -> Browser:
        """The running browser; a dead one is replaced.

        Raises:
            DeviceUnavailable: if none can be started.
        """
        if self._browser is not None and self.alive:
            return self._browser
        self.close()
        arguments = launch_arguments(_executable(os.environ.get(VARIABLE)))
        try:
            playwright = _driver.acquire()
            self._driven = True
            self._browser = playwright.chromium.launch(**arguments)
            session = self._browser.new_browser_cdp_session()
            processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
            session.detach()
        except Error as error:
            self.close()
            raise DeviceUnavailable(
                f"Chromium doesn't start: {first_line(error)}; `hindtrace doctor` says why"
            ) from error
        self._pid = next(int(process["id"]) for process in processes if process["type"] == "browser")
        self.killed = False
        return self._browser

    @contextmanager
    def limit(self, seconds: float) -> Iterator[None]:
        """Kills the browser if the block takes longer: a page in an endless loop answers no call."""
        timer = threading.Timer(seconds, self._kill)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def close(self) -> None:
        """Ends the browser; may be called twice."""
        if self._browser is not None:
            with suppress(Error), self.limit(CLOSE_SECONDS):
                self._browser.close()
            self._browser = None
        if self._driven:
            _driver.release()
            self._driven = False

    def _kill(self) -> None:
        self.killed = True
        with suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)


def first_line(error: Exception) -> str:
    """The first line of an error's message: the rest is the driver's log."""
    return (str(error).splitlines() or [type(error).__name__])[0]


@cache
def _executable(_chosen: str | None) -> str | None:
    """The browser that works here; looked for once in a process, and again when another was chosen."""
    return find_chromium().executable
