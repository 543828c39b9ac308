"""Observations of a site: what a look at its tab shows, and what is to be said of it."""

import re
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

from explorers.core.effects import Glimpse, may_cause
from explorers.core.masking import masked
from explorers.core.safety import Scene, acted_on
from explorers.pixels import with_canvases
from explorers.web.actions import perform
from explorers.web.canvases import with_drawn_places
from explorers.web.causes import Causes
from explorers.web.devtools import CallFailed, Gone, Hung, first_line
from explorers.web.extraction import PAGES, PageFacts
from explorers.web.frames import is_transient
from explorers.web.look import PageLook, look, status_of
from explorers.web.session import WebSession
from explorers.web.settling import settled_look
from schemas.actions import Action, Open
from schemas.errors import DeviceLost, DeviceUnavailable
from schemas.identity import stable_text
from schemas.records import Cause, Node, Observation, Screen
from schemas.redaction import redact_location

RAW_LEFT_OUT = "what the browser answered in full is left out: it holds secrets or personal data"
FRESH_SECONDS = 0.15
"""A look so long ago still shows where things are."""

MOTION_SECONDS = 1.0
"""How long what moves is waited for before a press."""

_COUNT = re.compile(r"\d+")


class Observer:
    """Makes observations of a session's tab; `seen` is the last one.

    `effects` is the document's count of effects at the last look (None before the first), `restless` whether the
    page did not come to rest then, `language` what its document calls its language. `causes` knows where effects come
    from, `cause` is what it says of the last ones.
    """

    def __init__(self, session: WebSession) -> None:
        self.effects: int | None = None
        self.restless = False
        self.language = ""
        self.seen: Observation | None = None
        self.causes = Causes()
        self.cause: Cause | None = None
        self._session = session
        self._changes = 0
        self._framed = False
        self._looked = 0.0
        self._failure: str | None = None
        self._said: str | None = None

    def open_start(self) -> Observation:
        """Opens the start URL in a fresh context.

        Raises:
            DeviceUnavailable: if the browser doesn't start, or the URL can't be opened.
        """
        self.effects = self.seen = None
        for _ in range(2):
            try:
                return self._open_start()
            except Gone:
                self._session.disconnect()  # it died since the last episode, or in another's that shares it
        try:
            return self._open_start()
        except Gone as error:
            raise self._unavailable("the browser is gone") from error

    def _open_start(self) -> Observation:
        session = self._session
        try:
            session.open_context()
            with session.limited():
                storage = session.config.episode.storage
                filling = None if storage is None else session.context.fill(storage)
                outcome = perform(session.tab, Open(session.start))
                failure = session.tab.loading.failure or (outcome.message if outcome.result == "refused" else None)
                if failure is None:
                    observation, _ = self.settle(None)
                    failure = self._failure
                if failure is not None:
                    said = (*session.take_failures(), *(refusal.reason for refusal in session.take_refusals()))
                    raise self._unavailable("; ".join(said[:3]) or failure)
                if filling is not None:
                    session.context.filled(filling)
                session.tab.history.begin()
                self.causes.begin()
                return replace(observation, can_go_back=False)
        except Hung as error:
            with suppress(DeviceLost):
                session.rescue()
            raise self._unavailable("the page hung") from error
        except CallFailed as error:
            raise self._unavailable(first_line(error)) from error

    def _unavailable(self, reason: str) -> DeviceUnavailable:
        return DeviceUnavailable(f"{self._session.shown_start} can't be opened: {reason}")

    def settle(self, known: tuple[int, int] | None) -> tuple[Observation, str]:
        """What is seen at rest, and how rest came; `known` is what `settled_look` takes."""
        config = self._session.config
        settle, seen = settled_look(self._session.tab, config.mode, known=known, seconds=config.settle)
        self.restless = settle.startswith("timeout")
        self.cause = self.causes.of(self._session.tab.loading.traffic, seen)
        return self.observation(seen), settle

    def unchanged(self) -> bool:
        """Whether the page is still as the last look saw it."""
        if self._session.tab.busy:
            return False
        try:
            status = status_of(self._session.tab)
            return status.changes == self._changes and status.ending == 0
        except CallFailed:
            return False

    def moved(self, action: Action) -> str | None:
        """Why an action would not reach the element that it was chosen for, or None.

        Whoever chooses takes time, and a page goes on meanwhile: `Next` may be `Pay now` when it is pressed.
        """
        if self.seen is None or not may_cause(action) or (not self._framed and self.unchanged()):
            return None
        meant = _standing(self.seen, action)
        if meant is None:
            return None
        now = look(self._session.tab, self._session.config.mode)
        screen = Screen(now.image, *self._session.config.pixels, "png")
        tree = with_drawn_places(now.facts.tree, now.image)
        shown = with_canvases(replace(self.seen, screen=screen, tree=tree, location=now.facts.location))
        found = _standing(shown, action)
        if found is not None and _looks(found) == _looks(meant):
            return None
        said = "nothing" if found is None else f"the {found.role} {found.name[:80]!r}"
        return f"the page changed: {said} is where the {meant.role} {meant.name[:80]!r} was"

    def wait_for_motion(self) -> None:
        """Waits for what began to move since the last look, if that is a while ago: a press must not miss it."""
        if time.monotonic() - self._looked < FRESH_SECONDS:
            return
        try:
            if status_of(self._session.tab).ending:
                self._session.tab.frame.evaluate(f"hindtrace.rest({MOTION_SECONDS * 1000:.0f}, 0)")
        except CallFailed as error:
            if not is_transient(error):
                raise

    def observation(self, seen: PageLook) -> Observation:
        """What a look saw, as it may be recorded, with all that was said since the one before."""
        self._looked = time.monotonic()
        self._session.tab.looked = seen.after.told[0]
        self.effects, self._changes, self._framed = seen.status.effects, seen.status.changes, seen.framed
        self.language = seen.facts.language
        session, tab, facts = self._session, self._session.tab, seen.facts
        location = facts.location
        failures = session.take_failures()
        self._failure = None
        if tab.loading.unreachable is not None:
            location = redact_location(tab.loading.unreachable) or ""
            self._failure = "; ".join(failures) or tab.loading.failure or "the address could not be opened"
        elif failures and facts.http in (502, 504) and facts.content_type == "text/plain":
            self._failure = "; ".join(failures)  # the page is the proxy's
        self._note_refusals()
        if facts.problem is not None:
            tab.note(facts.problem)
        self._said = tab.notices.take()
        several = len(session.context.tabs) > 1
        observation = Observation(
            screen=Screen(seen.image, *session.config.pixels, "png"),
            tree=with_drawn_places(facts.tree, seen.image),
            location=location,
            title=facts.title,
            windows=tuple(session.context.titles()) if several else (facts.title,),
            scroll=facts.scroll,
            time=datetime.now(UTC),
            content_type=facts.content_type,
            can_go_back=several or seen.can_go_back,
            notice="; ".join(filter(None, (self._said, self._about(facts)))) or None,
            volatile=seen.volatile,
            changed_beyond=seen.changed_beyond,
            raw=seen.raw,
        )
        observation = with_canvases(observation)
        shown = masked(observation, session.known, boxes=facts.covered, personal=session.config.redact_personal)
        if seen.raw and not shown.raw:
            shown = replace(shown, notice="; ".join(filter(None, (shown.notice, RAW_LEFT_OUT))))
        self.seen = shown
        return shown

    def glimpse(self, location: str) -> Glimpse | None:
        """A page as it is now, in a tab of its own that is closed again; None where it can't be opened."""
        context, config = self._session.context, self._session.config
        current = context.current
        tab = context.open()
        try:
            outcome = perform(tab, Open(location))
            if outcome.result != "ok" or tab.loading.failure is not None:
                return None
            _, seen = settled_look(tab, config.mode, known=None, seconds=config.settle)
            facts = seen.facts
            screen = Screen(seen.image, *config.pixels, "png")
            scroll = facts.scroll
            now = datetime.now(UTC)
            shown = Observation(screen, facts.tree, facts.location, facts.title, (facts.title,), scroll, now)
            return Glimpse(replace(shown, notice=self._about(facts)), facts.language or None)
        finally:
            context.discard(tab, current)

    def blank(self) -> Observation:
        """What there is to say of a tab that can't be seen."""
        self._note_refusals()
        return Observation(
            screen=None,
            tree=None,
            location=None,
            title=None,
            windows=(),
            scroll=None,
            time=datetime.now(UTC),
            notice=self._session.tab.notices.take() or "the tab can't be seen",
        )

    def say_again(self) -> None:
        """Keeps for the next observation what was said with one that nobody will see."""
        if self._said is not None:
            self._session.tab.note(self._said)

    def _about(self, facts: PageFacts) -> str | None:
        """What is to be said of a document that is no page, or one that reports an error."""
        if self._failure is not None:
            return f"error page: {self._failure}"
        if facts.content_type not in PAGES:
            return f"left the app: {facts.content_type} is not a page"
        return f"HTTP {facts.http}" if facts.http >= 400 else None

    def _note_refusals(self) -> None:
        for refusal in self._session.take_refusals():
            self._session.tab.note(str(refusal))


def _standing(observation: Observation, action: Action) -> Node | None:
    """The element that an action would reach on what is seen."""
    scene = Scene(observation)
    index = acted_on(scene, action)
    return None if index is None else scene.nodes[index]


def _looks(node: Node) -> tuple[str, str]:
    """What an element is, whatever it counts."""
    return node.role, _COUNT.sub("#", stable_text(node.name))
