"""Making the web environments that are measured: the one place that knows how."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import get_args

from explorers.web import WebConfig, WebEnvironment
from explorers.web.browser import SharedBrowser
from explorers.web.extraction import Mode

MODES: tuple[Mode, ...] = get_args(Mode)
DEFAULT: Mode = WebConfig().mode


def make_environment(start: str, *, mode: Mode = DEFAULT, browser: SharedBrowser | None = None) -> WebEnvironment:
    """An environment with a browser of its own, or in a shared one; it is used and closed by one thread."""
    return WebEnvironment(start, config=WebConfig(mode=mode), browser=browser)


@contextmanager
def shared_browser() -> Iterator[SharedBrowser]:
    """A browser for any number of environments, ended with the block."""
    browser = SharedBrowser()
    try:
        yield browser
    finally:
        browser.close()
