"""What a browser context knows of the tabs that pages open."""

from typing import Any, cast

import pytest

from explorers.web.context import BrowserContext
from explorers.web.devtools import Devtools


class Slow:
    """A browser that says only at the third question where a new tab leads."""

    def __init__(self) -> None:
        self.asked = 0

    def call(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        assert (method, params) == ("Target.getTargetInfo", {"targetId": "pop-up"})
        self.asked += 1
        return {"targetInfo": {"url": "http://fernwood.test/add" if self.asked > 2 else ""}}

    def pump(self, seconds: float) -> None:
        pass


@pytest.mark.parametrize(("seconds", "url"), [(1.0, "http://fernwood.test/add"), (0.0, "")])
def test_where_a_new_tab_leads_is_waited_for_however_short_that_may_take(seconds: float, url: str) -> None:
    context = BrowserContext.__new__(BrowserContext)
    context.tabs, context._opened = [], ["pop-up"]
    context._devtools = cast(Devtools, Slow())
    (opened,) = context.take_opened(seconds)
    assert opened.url == url
