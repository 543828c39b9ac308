"""The applications of the lists as environments that begin anew with each episode."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from urllib.parse import urlsplit

from benchmarks.functions.listing import FunctionList
from benchmarks.sites import SITES, SiteError
from explorers.core.resets import ResettingEnvironment
from explorers.desktop import DesktopEnvironment
from explorers.web import WebEnvironment
from schemas.errors import DeviceUnavailable
from schemas.protocols import Environment


class StartedAnew:
    """The reset of a site: its server is ended and another one started over fresh data, at the same port."""

    def __init__(self, site: Callable[..., AbstractContextManager[str]]) -> None:
        self._site = site
        self._running = ExitStack()
        self.address = self._running.enter_context(site())
        self._fresh = True

    def __call__(self) -> None:
        """Starts it anew, but for the first time: then nobody used it yet.

        Raises:
            DeviceUnavailable: if it doesn't start, or its port was taken meanwhile.
        """
        fresh, self._fresh = self._fresh, False
        if fresh:
            return
        self.stop()
        try:
            address = self._running.enter_context(self._site(port=urlsplit(self.address).port))
        except SiteError as error:
            raise DeviceUnavailable(str(error)) from error
        if address != self.address:
            raise DeviceUnavailable(f"expected the site at {self.address} again, found it at {address}")

    def stop(self) -> None:
        """Ends the server."""
        self._running.close()


@contextmanager
def environment_of(listed: FunctionList) -> Iterator[Environment]:
    """The application of a list; what an episode changes in it is gone with the next one.

    Raises:
        SiteError: if its server doesn't start.
    """
    if listed.command is not None:
        yield DesktopEnvironment(listed.command)
        return
    assert listed.app is not None
    anew = StartedAnew(SITES[listed.app])
    try:
        yield ResettingEnvironment(WebEnvironment(anew.address), (anew,))
    finally:
        anew.stop()
