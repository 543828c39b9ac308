"""What pressing did: elements that changed something, or ended the session, are not pressed again."""

import threading
from typing import Literal, TypeAlias
from urllib.parse import urlsplit

from explorers.core.affordances import shape_of
from explorers.core.coverage import url_template
from explorers.core.memory import short_key
from explorers.core.safety import Scene, acted_on, signs_of_login
from schemas.actions import Action
from schemas.identity import canonical_location, stable_text
from schemas.records import Node, Observation

Deed: TypeAlias = Literal["changed something", "changed the language", "ended the session"]

NOT_AGAIN = "not pressed again"
"""What the notice after such a step says, so that policies leave the element alone."""

LIMIT = 50_000
"""Elements that are remembered; beyond them no more are, and those that are known stay known."""

_EVERYWHERE = frozenset({"banner", "navigation", "contentinfo", "menubar", "toolbar"})
"""Parts that every page of a site has: an element of theirs is the same on all."""


class Experience:
    """What the explorers of a run know of what pressing did; they share it, each in a thread of its own.

    `lost` says by what the session was lost, until a start shows that it is there again.
    """

    def __init__(self) -> None:
        self.lost: str | None = None
        self._known: dict[str, Deed] = {}
        self._followed: set[tuple[str, str]] = set()
        self._signs: frozenset[str] | None = None
        self._links: frozenset[str] = frozenset()
        self._lock = threading.Lock()

    def learn(self, observation: Observation, action: Action, deed: Deed) -> None:
        """Remembers what an action on what was seen did."""
        scene = Scene(observation)
        index = acted_on(scene, action)
        if index is None:
            return
        keys = _keys(scene, index) if deed == "changed something" else _all_keys(scene, index)
        with self._lock:
            for each in keys:
                if len(self._known) < LIMIT and self._known.get(each) in (None, "changed something"):
                    self._known[each] = deed

    def follows(self, observation: Observation, action: Action, sent: str) -> bool:
        """Whether a request came after an action that was not its cause a second time: then it may be the cause.

        A field that sends when it loses the focus does so with whatever is pressed next.
        """
        scene = Scene(observation)
        index = acted_on(scene, action)
        if index is None:
            return False
        seen = (_keys(scene, index)[0], sent)
        with self._lock:
            if seen in self._followed:
                return True
            if len(self._followed) < LIMIT:
                self._followed.add(seen)
        return False

    def lose(self, why: str) -> bool:
        """The session is lost; False if it was so before, by what another explorer did."""
        with self._lock:
            fresh, self.lost = self.lost is None, self.lost or why
        return fresh

    def tells(self, observation: Observation, action: Action) -> Deed | None:
        """What the element did before that an action would use, the worst of it; None where nothing is known."""
        scene = Scene(observation)
        index = acted_on(scene, action)
        if index is None:
            return None
        with self._lock:
            deeds = {self._known[each] for each in _all_keys(scene, index) if each in self._known}
        return min(deeds, key=_WORST.index, default=None)

    def begins(self, observation: Observation) -> str | None:
        """Why an episode can't begin with what is seen first, or None: the session that was lost is not there again."""
        signs = signs_of_login(observation)
        with self._lock:
            if self._signs is None:
                self._signs, self._links = signs, links_of(observation)
            if not signs - self._signs and not lacks_all(observation, self._links):
                self.lost = None
            return self.lost


def links_of(observation: Observation) -> frozenset[str]:
    """Where the links of a screen lead."""
    return frozenset(canonical_location(node.href) for node in observation.nodes if node.href)


def lacks_all(observation: Observation, links: frozenset[str]) -> bool:
    """Whether none of the links is left, of at least `_ENOUGH`: what those see who may not come in."""
    return len(links) >= _ENOUGH and not links & links_of(observation)


_ENOUGH = 2
_WORST: tuple[Deed, ...] = ("ended the session", "changed the language", "changed something")


def _keys(scene: Scene, index: int) -> tuple[str, ...]:
    """What an element is known by on pages like this one, or on all if it is in a part that all have."""
    node = scene.nodes[index]
    if scene.enclosing(index, _EVERYWHERE) is not None:
        return (_anywhere(node),)
    return (short_key("here", url_template(scene.observation.location), *_looks(node)),)


def _all_keys(scene: Scene, index: int) -> tuple[str, ...]:
    """All that an element is known by, whatever its name says now: its looks, its place, its address."""
    node, location = scene.nodes[index], scene.observation.location
    keys = [*_keys(scene, index), _anywhere(node)]
    if node.path:
        keys.append(short_key("place", url_template(location), node.role, node.path))
    if node.href and (path := _path(node.href)) not in ("", "/", _path(location)):
        keys.append(short_key("address", path))
    return tuple(keys)


def _anywhere(node: Node) -> str:
    return short_key("anywhere", *_looks(node))


def _looks(node: Node) -> tuple[str, str, str]:
    return node.role, shape_of(node), stable_text(node.name) or node.test_id or node.id or ""


def _path(location: str | None) -> str:
    try:
        return urlsplit(location or "").path.rstrip("/")
    except ValueError:
        return ""
