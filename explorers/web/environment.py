"""A website as an environment: a browser, alone or shared, and a fresh context per episode."""

from collections import Counter
from dataclasses import replace
from typing import Any

from explorers.core.effects import NOTHING, Effects, Glimpse
from explorers.core.masking import learn_typed
from explorers.web.actions import perform
from explorers.web.browser import SharedBrowser
from explorers.web.config import WebConfig
from explorers.web.context import TAB_LIMIT, redacted
from explorers.web.devtools import CallFailed, DevtoolsError, Gone, Hung, first_line, value_of
from explorers.web.effects import EffectLog
from explorers.web.observing import Observer
from explorers.web.session import WebSession
from schemas.actions import Action, Back, CloseTab, FocusTab, NewTab, Open, point_of
from schemas.errors import DeviceLost
from schemas.records import Observation, Outcome, Platform, Setting


class WebEnvironment:
    """A site under exploration; navigation to other hosts is refused, dialogs and downloads are answered and noted.

    A `browser` that is given is shared, and its maker closes it; each environment is used by one thread. `app` is the
    host and port of the site unless it is given, `start` the URL where an episode begins.

    Raises:
        ConfigurationError: if the start is no http or https URL.
    """

    platform: Platform = "web"

    def __init__(
        self,
        start: str,
        *,
        config: WebConfig | None = None,
        browser: SharedBrowser | None = None,
        app: str | None = None,
    ) -> None:
        self._session = WebSession(start, config, browser)
        self._observer = Observer(self._session)
        self._seen: Observation | None = None
        self.start_statuses = Counter[int]()
        """How often the start page was answered with which status of HTTP; 0 where that is not known."""
        self._effects = EffectLog(self._session)
        self.app = app or self._session.app
        self.start = self._session.shown_start

    @property
    def setting(self) -> Setting:
        """The browser and its screen; the version is unknown before the first `reset`."""
        return self._session.setting

    def reset(self) -> Observation:
        """Opens the start URL in a fresh context.

        Raises:
            DeviceUnavailable: if the browser doesn't start, or the URL can't be opened.
        """
        self._seen = None
        observation = self._observer.open_start()
        self.start_statuses[self._session.tab.loading.status or 0] += 1
        self._effects.begin()
        return observation

    def observe(self) -> Observation:
        """What is seen now.

        Raises:
            DeviceLost: if the browser is gone.
        """
        observer = self._observer
        try:
            with self._session.limited():
                self._session.warm()
                moved = self._follow()
                seen, self._seen = self._seen, None
                if seen is not None and not moved and (observer.restless or observer.unchanged()):
                    return seen  # one that changes all the time is not waited for again
                if seen is not None:
                    observer.say_again()
                return observer.settle(None)[0]
        except Hung:
            self._session.rescue()
        except Gone as error:
            raise DeviceLost("the browser is gone") from error
        except CallFailed as error:
            if not self._session.tab.gone:
                raise DeviceLost(f"the page can't be seen any more: {first_line(error)}") from error
        return observer.blank()

    def act(self, action: Action) -> Outcome:
        """Does the action and waits for rest.

        Raises:
            UnsupportedAction: for an action that a browser doesn't have.
            DeviceLost: if the browser is gone.
        """
        self._observer.causes.act()
        if action.ends:
            return Outcome("ok")
        outcome = self._done(action)
        if outcome.message is None:
            return outcome
        return replace(outcome, message=self._session.known.hide(outcome.message))

    def _done(self, action: Action) -> Outcome:
        location = action.location if isinstance(action, Open | NewTab) else None
        refusal = None if location is None else self._session.leaves_site(location)
        if refusal is not None:
            return Outcome("refused", message=refusal)
        try:
            with self._session.limited():
                self._seen = None
                self._effects.before()
                learn_typed(self._session.known, self._observer.seen, action)
                if point_of(action) is not None:
                    self._observer.wait_for_motion()
                moved = self._observer.moved(action)
                return self._act(action) if moved is None else Outcome("no target", message=moved)
        except Hung:
            return self._session.rescue()
        except Gone as error:
            raise DeviceLost("the browser is gone") from error
        except CallFailed as error:
            tab = self._session.tab
            if tab.gone:
                return Outcome("crashed", message="the tab crashed" if tab.crashed else "the tab closed itself")
            return Outcome("refused", message=first_line(error))

    @property
    def puts_back(self) -> bool:
        """No: a fresh context is a fresh browser, and the site stays as it was left."""
        return False

    def take_effects(self) -> Effects:
        """What was done since the last call.

        Raises:
            DeviceLost: if the browser is gone.
        """
        try:
            with self._session.limited():
                return self._effects.take(self._observer.language or None)
        except (Hung, CallFailed):
            return NOTHING  # of a page that can't be seen nothing is known either
        except Gone as error:
            raise DeviceLost("the browser is gone") from error

    def revisit(self, location: str) -> Glimpse | None:
        """A page as it is now, in a tab of its own that is closed again; None where it can't be opened.

        Raises:
            DeviceLost: if the browser is gone.
        """
        if self._session.leaves_site(location) is not None:
            return None
        try:
            with self._session.limited():
                return self._observer.glimpse(location)
        except (Hung, CallFailed):
            return None
        except Gone as error:
            raise DeviceLost("the browser is gone") from error

    def evaluate(self, expression: str) -> Any:
        """The value of an expression in the page's own scripts: for a reward that the page computes.

        Raises:
            DeviceLost: if the page is gone, or can't say.
        """
        call = {"expression": expression, "returnByValue": True, "awaitPromise": True}
        try:
            with self._session.limited() as devtools:
                return value_of(devtools.call("Runtime.evaluate", call, session=self._session.tab.session))
        except DevtoolsError as error:
            raise DeviceLost(f"the page did not answer: {first_line(error)}") from error

    def close(self) -> None:
        """Ends the context, and the browser unless it is shared; may be called twice."""
        self._session.close()

    def _act(self, action: Action) -> Outcome:
        """Does the action and waits for rest; a tab that closed itself by it leaves the one before to go on in."""
        try:
            return self._settled(action)
        except CallFailed:
            tab = self._session.tab
            if tab.crashed or not tab.closed or len(self._session.context.tabs) == 1:
                raise
        self._effects.done(action)
        self._follow()
        self._seen, settle = self._observer.settle(None)
        return Outcome("ok", settle=settle, caused_by=self._observer.cause)

    def _settled(self, action: Action) -> Outcome:
        observer = self._observer
        loading = self._session.tab.loading
        observer.causes.tell(loading.traffic)
        effects, came = observer.effects, loading.came
        outcome = self._perform(action)
        if outcome.result not in ("ok", "timeout"):
            return outcome
        self._effects.done(action)
        moved = self._follow()
        self._seen, settle = observer.settle(None if effects is None else (effects, came))
        if self._follow():
            moved = True
            observer.say_again()
            self._seen, settle = observer.settle(None)
        cause = observer.causes.own() if moved and observer.cause is None else observer.cause
        return Outcome(outcome.result, settle=settle, message=outcome.message, caused_by=cause)

    def _perform(self, action: Action) -> Outcome:
        """Does an action among the tabs, or in the one that is acted in."""
        context = self._session.context
        count = len(context.tabs)
        match action:
            case NewTab(location):
                if count >= TAB_LIMIT:
                    return Outcome("refused", message=f"{TAB_LIMIT} tabs are open")
                perform(context.open(), Open(location or self._session.start))
                return Outcome("ok")
            case FocusTab(index):
                if not 0 <= index < count:
                    return Outcome("no target", message=f"there are {count} tabs, and none of index {index}")
                context.focus(index)
                return Outcome("ok")
            case CloseTab():
                if count == 1:
                    return Outcome("refused", message="the last tab stays open")
                context.close_tab()
                return Outcome("ok")
            case Back() if count > 1 and not context.tab.history.has_past():
                context.close_tab()
                return Outcome("ok", message="closed the tab")
        return perform(context.tab, action)

    def _follow(self) -> bool:
        """Goes over to a tab that the page opened, and closes one that leads elsewhere; returns whether it moved."""
        context, moved = self._session.context, False
        for opened in context.take_opened(self._session.config.settle):
            if self._session.leaves_site(opened.url) is None and context.adopt(opened):
                context.tab.note(f"a new tab opened: {redacted(opened.url)}")
                moved = True
            else:
                context.tab.note(f"closed a new tab: {redacted(opened.url)}")
                context.refuse(opened)
        return context.drop_closed() or moved
