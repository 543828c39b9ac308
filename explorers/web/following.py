"""Which tab a person is in: read off the browser, because no page tells of what is done around it."""

import math
import time
from collections.abc import Callable

from explorers.web.activity import CAUSE_SECONDS, Activity
from explorers.web.context import redacted
from explorers.web.devtools import Handler
from explorers.web.navigations import Histories
from explorers.web.session import WebSession
from explorers.web.tab import Tab
from schemas.actions import CloseTab, FocusTab, NewTab

SHOWN_SECONDS = 0.6
"""How long a tab that comes to the front waits for the news that another one was closed."""

FOCUS_SECONDS = 2.0
"""How long the news that a tab was closed may take after another one came to the front."""

OPEN_SECONDS = 0.3
"""How long a new tab may take to say where it leads."""


class TabFollower:
    """Follows a person from tab to tab, and adds to the activity what was done to get there.

    `histories` are those of the tabs, `closed` whether the last one was closed. `changed` is called when there may be
    something else to see; `listener` hears the events of each tab after the tab itself.
    """

    def __init__(
        self, session: WebSession, activity: Activity, *, changed: Callable[[], None], listener: Handler
    ) -> None:
        self.histories = Histories()
        self.closed = False
        self._session = session
        self._activity = activity
        self._changed = changed
        self._listener = listener
        self._shown: list[tuple[float, Tab, bool]] = []  # when which tab came to the front, and whether a page did it
        self._opened: tuple[float, Tab] | None = None  # the last one that a page opened
        self._closed_at = 0.0
        self._focus: tuple[float, FocusTab] | None = None
        self._left: Tab | None = None

    @property
    def knows_front(self) -> bool:
        """Whether it is known which tab is in front."""
        return not self._shown

    def forget(self) -> None:
        """Begins with the tab that is open now, whatever happened before."""
        self.histories.remember(self._session.tab)
        self.histories.forget()
        self._shown.clear()

    def show(self, tab: Tab, *, by_page: bool) -> None:
        """A tab says that it came to the front; `by_page` that a page's script has brought it there."""
        if tab is self._session.tab and not self._shown:
            return  # a new document of the tab that is in front
        now = time.monotonic()
        self._shown.append((now, tab, by_page or self._is_brought(tab, now)))

    def act_in(self, tab: Tab) -> None:
        """Something was done in a tab: whoever acts in it looks at it."""
        if tab is not self._session.tab:
            now = time.monotonic()
            self._shown.append((now, tab, self._is_brought(tab, now)))
            self._follow_shown(now)

    def settle_focus(self, before: float = math.inf) -> None:
        """Tells that another tab was chosen before that time, now that it is known that none was closed."""
        if self._focus is not None and self._focus[0] < before:
            (when, action), self._focus, self._left = self._focus, None, None
            self._activity.insert(action, when)

    def follow(self) -> None:
        """Reads off the browser what was done in it: tabs first, then the addresses of the one in front."""
        self._follow_opened()
        context = self._session.context
        closed = [tab for tab in context.tabs if tab.closed]
        if closed:
            self._drop(closed)
        if self.closed:
            return
        now = time.monotonic()
        self._follow_shown(now - SHOWN_SECONDS)
        self.settle_focus(now - FOCUS_SECONDS)
        if self.knows_front:
            for when, action in self.histories.follow(context.tabs, context.tab, self._activity.caused):
                self._activity.insert(action, when)

    def _follow_opened(self) -> None:
        context = self._session.context
        for opened in context.take_opened(OPEN_SECONDS):
            plain = opened.url.startswith(("chrome://", "about:")) or opened.url == ""
            if not plain and self._session.leaves_site(opened.url) is not None:
                context.tab.note(f"closed a new tab: {redacted(opened.url)}")
                context.refuse(opened)
                continue
            current = context.current
            if not context.adopt(opened):
                continue
            new, context.current = context.tabs[-1], current
            self.histories.remember(new)
            self._session.devtools.unlisten(self._listener)
            self._session.devtools.listen(self._listener)  # after the tab's own
            if opened.opener is None:  # a person did it
                self._activity.insert(NewTab())
                context.current = len(context.tabs) - 1
            else:
                self._opened = (time.monotonic(), new)
                context.tab.note(f"a new tab opened: {redacted(opened.url)}")
            self._changed()

    def _drop(self, closed: list[Tab]) -> None:
        """Forgets tabs that were closed; the one that comes to the front then says so itself."""
        context, current = self._session.context, self._session.tab
        left = [tab for tab in context.tabs if not tab.closed]
        if not left:
            self.closed = True
            return
        now = time.monotonic()
        if current.closed or self._left in closed:
            # The other tab may have come to the front before the news of this one.
            when = now if self._focus is None else self._focus[0]
            if self._focus is not None or not self._activity.caused(now):
                self._activity.insert(CloseTab(), when)
            self._closed_at, self._focus, self._left = when, None, None
        index = max(context.current - 1, 0)
        for tab in closed:
            tab.forget()
        context.tabs[:] = left
        context.current = min(index, len(left) - 1) if current.closed else left.index(current)
        self._changed()

    def _follow_shown(self, until: float) -> None:
        """Goes on in the tab that came to the front before that time."""
        context = self._session.context
        later = [shown for shown in self._shown if shown[0] > until]
        for when, tab, caused in self._shown:
            if when > until or tab not in context.tabs or tab is context.tab:
                continue
            self.settle_focus()
            self._left = context.tab
            context.current = context.tabs.index(tab)
            self._changed()
            if abs(when - self._closed_at) > CAUSE_SECONDS and not caused:
                self._focus = (when, FocusTab(context.current))
        self._shown = later

    def _is_brought(self, tab: Tab, when: float) -> bool:
        """Whether a page brought that tab to the front: by what was done in it, or because it opened it just now."""
        opened_at, opened = self._opened or (0.0, None)
        return self._activity.caused(when) or (tab is opened and when - opened_at < CAUSE_SECONDS)
