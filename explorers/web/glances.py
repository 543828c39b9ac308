"""Looks at a tab under a person's hands: when something changed in it, and it is at rest."""

import time
from dataclasses import replace

from explorers.demonstrations.glances import Glance
from explorers.web.look import look
from explorers.web.observing import Observer
from explorers.web.session import WebSession
from schemas.records import Observation
from schemas.visual import decode

ASK_SECONDS = 0.08
"""Between two questions whether something changed."""

PATIENCE_SECONDS = 0.1
RESTLESS_SECONDS = 0.5


class Glances:
    """What is seen of a session, each time that something changed. Times are seconds of `time.monotonic`."""

    def __init__(self, session: WebSession) -> None:
        self.observer = Observer(session)
        self._session = session
        self._notes: list[tuple[float, str]] = []
        self._changed: float | None = 0.0
        self._looked = 0.0
        self._asked = 0.0

    def mark_changed(self) -> None:
        """Has the next look see something else, or say that it does not."""
        self._changed = self._changed or time.monotonic()

    def look(self, since: float | None, *, pointer: tuple[float, float] | None) -> Glance | None:
        """What is seen now, if it changed since the last look, or that one began before `since`; None without rest."""
        now = time.monotonic()
        tab = self._session.tab
        if tab.gone:
            return None
        if tab.busy:
            self.mark_changed()
        elif now - self._asked >= ASK_SECONDS:
            self._asked = now
            if not self.observer.unchanged():
                self.mark_changed()
        if self._changed is None and (since is None or self._looked >= since):
            return None
        restless = self._changed is not None and now - max(self._changed, self._looked) >= RESTLESS_SECONDS
        if (tab.busy or (since is not None and now - since < PATIENCE_SECONDS)) and not restless:
            return None
        began = time.monotonic()
        seen = look(tab, self._session.config.mode)
        still = seen.still and not tab.busy
        if not still and not restless:
            self._changed = self._changed or began
            return None
        observation = self.observer.observation(seen)
        ended = time.monotonic()
        if observation.notice:
            self._notes.append((ended, observation.notice))
        self._changed = None if still else began
        self._looked = began
        return Glance(
            began=began,
            ended=ended,
            quiet=still,
            tree=observation.tree,
            title=observation.title,
            location=observation.location,
            pointer=pointer,
            make=lambda: self._noted(observation, ended),
            picture=lambda: None if observation.screen is None else decode(observation.screen.data),
        )

    def _noted(self, observation: Observation, ended: float) -> Observation:
        """The observation with all that was said up to it and not recorded yet."""
        said = dict.fromkeys(note for when, note in self._notes if when <= ended)
        self._notes = [(when, note) for when, note in self._notes if when > ended]
        return replace(observation, notice="; ".join(said) or None)
