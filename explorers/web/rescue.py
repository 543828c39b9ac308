"""A page that hangs: its script is ended, or else it is crashed, or else its browser is killed."""

import time
from contextlib import suppress

from explorers.web.browser import RunningBrowser
from explorers.web.devtools import CallFailed, Gone, Hung
from explorers.web.tab import Tab
from schemas.errors import DeviceLost
from schemas.records import Outcome

RESCUE_SECONDS = 2.0
"""How long a hung page may take to answer again when its script was ended, and the browser to crash it."""


def rescue(running: RunningBrowser, tab: Tab, seconds: float) -> Outcome:
    """Gets a hung page to answer again within twice so many seconds; what became of it.

    Raises:
        DeviceLost: if the browser had to be killed, or is gone.
    """
    if tab.gone:
        return Outcome("crashed", message="the tab crashed or closed")
    devtools = tab.devtools
    try:
        for session in tab.frames.sessions:
            devtools.tell("Runtime.terminateExecution", session=session)
        devtools.deadline = time.monotonic() + seconds
        with suppress(Hung):
            if not _answers(tab):
                return Outcome("crashed", message="the tab crashed or closed")
            tab.frame.forget()
            tab.note("the page hung: its script was ended")
            return Outcome("timeout", message="the page hung: its script was ended")
        devtools.tell("Page.crash", session=tab.session)
        devtools.deadline = time.monotonic() + seconds
        with suppress(Hung):
            while not tab.gone:
                devtools.pump(seconds)
            return Outcome("crashed", message="the page hung, and was crashed")
    except Gone as error:
        raise DeviceLost("the browser is gone") from error
    finally:
        devtools.deadline = None
    running.kill()
    raise DeviceLost("the page hung, and its browser was killed")


def _answers(tab: Tab) -> bool:
    """Whether the page answers again, if only to say that it is another or that its script was ended."""
    try:
        tab.devtools.call("Runtime.evaluate", {"expression": "1"}, session=tab.session)
    except CallFailed:
        return not tab.gone
    return True
