"""The browser context of the next episode, made while this one goes on: asked for, and not waited for."""

from contextlib import suppress
from typing import Any

from explorers.web.devtools import Devtools, DevtoolsError
from explorers.web.proxy import BYPASS


class NextContext:
    """A fresh context with an empty tab of that size, whose traffic goes through `proxy`.

    `go_on` has it made a bit further; whoever takes it waits for the rest.
    """

    def __init__(self, devtools: Devtools, *, proxy: str, width: int, height: int) -> None:
        self._devtools = devtools
        self._size = {"width": width, "height": height}
        isolation = {"disposeOnDetach": True, "proxyServer": proxy, "proxyBypassList": BYPASS}
        self._making = self._kept("Target.createBrowserContext", isolation)
        self._id: str | None = None
        self._opening: int | None = None

    def go_on(self) -> None:
        """Asks for the tab once the context is there.

        Raises:
            DevtoolsError: if the browser refuses either.
        """
        if self._id is None and self._devtools.answered(self._making):
            self._open()

    def take(self) -> tuple[str, str]:
        """The ids of the context and of its tab.

        Raises:
            DevtoolsError: if the browser refuses either.
        """
        id, opening = self._open()
        return id, str(self._devtools.wait(opening)[0]["targetId"])

    def dispose(self) -> None:
        """Gives it up."""
        with suppress(DevtoolsError):
            id, opening = self._open()
            self._devtools.drop(opening)
            self._devtools.tell("Target.disposeBrowserContext", {"browserContextId": id})

    def _open(self) -> tuple[str, int]:
        if self._id is None or self._opening is None:
            self._id = str(self._devtools.wait(self._making)[0]["browserContextId"])
            tab = {"url": "about:blank", "browserContextId": self._id, **self._size}
            self._opening = self._kept("Target.createTarget", tab)
        return self._id, self._opening

    def _kept(self, method: str, params: dict[str, Any]) -> int:
        call = self._devtools.post(method, params)
        self._devtools.keep(call)
        return call
