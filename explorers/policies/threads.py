"""A thread of a walk: from where it began, on into what each screen has of its own, until nothing is left there."""

import re
from dataclasses import dataclass, field, replace
from random import Random

from explorers.core.affordances import Affordance
from explorers.core.coverage import url_template
from explorers.core.memory import short_key
from explorers.core.safety import Scene
from explorers.policies.leaving import is_leaving
from explorers.policies.state_actions import Use
from explorers.policies.view import View

SHORTEST, LONGEST = 3, 7
"""Steps on from its beginning that a thread may take, besides those that fill in a form."""

LEAST = 0.2
"""A thread ends where nothing is worth more to it."""

SHARED = 0.1
"""What is left of the worth of what other pages have too, once a thread has begun: menus, headers, a second search."""

LEAVING = 0.05
"""The same of what closes the window that a thread came to: it is for when nothing else is left there."""

RECORD = 2.5
"""How much more the row of a list is worth to a thread that came to it: one goes on to what a list is of."""

FROM_ARRANGED, FROM_LIST = 1.1, 0.3
"""What opening something that was never opened is worth at least: in a list that was arranged, and in another."""

ARRANGED = 0.2
"""What is left of arranging a list once more in the same way: by another order, another search."""

_LISTED = frozenset({"row", "listitem", "article", "table", "grid", "treegrid", "tree", "listbox"})
_SPEAKING = re.compile(r"[^\W\d_].*\w")
_NAMED = frozenset({"link", "row", "gridcell", "treeitem", "option", "listitem"})
_ARRANGING = frozenset({"order", "query", "search", "choose"})
_KNOWN_MOST = 20_000


@dataclass(slots=True)
class Thread:
    """What was done since a walk began anew; `base` are the elements of the screen that it began at."""

    base: frozenset[tuple[str, ...]] = frozenset()
    begun_at: str = ""
    length: int = 0
    limit: int = LONGEST
    arranged: set[str] = field(default_factory=set)
    opened: bool = False
    turned: int = 0

    @property
    def is_over(self) -> bool:
        """Whether it has gone as far as it may."""
        return self.length >= self.limit

    @classmethod
    def begin(cls, view: View, chance: Random) -> "Thread":
        """A thread that begins with this screen."""
        base = frozenset(each.identity for each in view.affordances)
        return cls(base, view.page, limit=chance.randint(SHORTEST, LONGEST))

    def went(self, use: Use, view: View) -> None:
        """A step was taken: to arrange a list, to open something of it, or another."""
        self.length += 1
        if use.state_action.sort in _ARRANGING:
            self.arranged.add(use.state_action.sort)
        elif leads_to_record(use, Scene(view.observation)):
            self.opened = True

    def floor(self, use: Use, scene: Scene) -> float:
        """What a thing that was never done is worth at least: a list that one came to has something opened."""
        if not self.length or self.opened or not leads_to_record(use, scene):
            return 0.0
        return FROM_ARRANGED if self.arranged else FROM_LIST


class Places:
    """On which sorts of page each element was seen: what is on several is no page's own."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, ...], set[str]] = {}

    def learn(self, view: View) -> None:
        """Remembers what a screen shows."""
        template = short_key(url_template(view.observation.location))
        for each in view.affordances:
            if each.identity in self._seen or len(self._seen) < _KNOWN_MOST:
                seen = self._seen.setdefault(each.identity, set())
                if len(seen) < 3:
                    seen.add(template)

    def told(self, use: Use, view: View) -> Use:
        """The use with what is shared as one thing on all pages, wherever it leads from each of them."""
        each = use.affordance
        if each is None or use.state_action.sort not in ("page", "query", "search") or not self.is_shared(each, view):
            return use
        return replace(use, state_action=replace(use.state_action, family=short_key("shared", *each.identity)))

    def is_shared(self, each: Affordance, view: View) -> bool:
        """Whether pages of another sort have it too."""
        return bool(self._seen.get(each.identity, set()) - {short_key(url_template(view.observation.location))})


def factor(use: Use, thread: Thread, places: Places, view: View, scene: Scene) -> float:
    """By how much more or less something is worth to a thread that came to a screen."""
    each, sort = use.affordance, use.state_action.sort
    if each is None:
        return 1.0 if sort == "scroll" or not thread.length else SHARED
    worth = ARRANGED if sort in thread.arranged else 1.0
    if not thread.length:
        return worth
    if is_leaving(each.node):
        worth *= LEAVING
    listed = scene.enclosing(scene.above[each.index], _LISTED) is not None
    if places.is_shared(each, view) or (each.identity in thread.base and not listed):
        return worth * SHARED
    return worth * (RECORD if leads_to_record(use, scene) else 1.0)


def leads_to_record(use: Use, scene: Scene) -> bool:
    """Whether something stands for a thing of a list, by its name."""
    each = use.affordance
    if each is None or use.state_action.sort not in ("row", "page", "query") or each.node.role not in _NAMED:
        return False
    return (
        _SPEAKING.search(each.node.name) is not None and scene.enclosing(scene.above[each.index], _LISTED) is not None
    )
