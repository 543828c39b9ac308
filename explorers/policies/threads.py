"""A thread of a walk: from where it began, on into what each screen has of its own, until nothing is left there."""

import re
from collections import Counter
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

TO_FORM, TO_FORM_ARRANGED = 1.6, 0.3
"""How much more what leads to a form is worth, by which things are kept; a list that was arranged may not show them."""

_TO_FORM = re.compile(
    r"\W*(?:add|create|new|edit|compose|neu\w*|anlegen|hinzufügen|bearbeiten|ajouter|nouve\w+|modifier|nuev[oa]|"
    r"añadir|crear|editar)\b",
    re.IGNORECASE,
)
_PRESSED = frozenset({"link", "button", "menuitem"})

_LISTED = frozenset({"row", "listitem", "article", "table", "grid", "treegrid", "tree", "listbox"})
ALIKE = 3
"""Elements of one name from which on the name tells none of the things of a list."""

_NUMBER = re.compile(r"#\d+")
_SPEAKING = re.compile(r"[^\W\d_].*\w")
_NAMED = frozenset({"link", "row", "gridcell", "treeitem", "option", "listitem"})
_ARRANGING = frozenset({"order", "query", "search", "choose"})
_OPENING = frozenset({"menu", "entry"})
TEMPLATES_MOST = 100
_KNOWN_MOST = 20_000


class Records:
    """What on a screen stands for the things of its lists."""

    def __init__(self, view: View) -> None:
        self.view = view
        self._scene = Scene(view.observation)
        self._names = Counter(_plain(each) for each in view.affordances)

    def is_listed(self, each: Affordance) -> bool:
        """Whether an element lies in a list."""
        return self._scene.enclosing(self._scene.above[each.index], _LISTED) is not None

    def are_led_to(self, use: Use) -> bool:
        """Whether something leads to a thing of a list by a name that no other has: "Edit" beside each is none."""
        each = use.affordance
        if each is None or use.state_action.sort not in ("row", "page", "query") or each.node.role not in _NAMED:
            return False
        return (
            _SPEAKING.search(each.node.name) is not None and self._names[_plain(each)] < ALIKE and self.is_listed(each)
        )


def _plain(each: Affordance) -> str:
    return _NUMBER.sub("#", each.node.name.strip())


@dataclass(slots=True)
class Thread:
    """What was done since a walk began anew.

    `base` are the elements of the screen that it began at, `begun_at` its page; `length` counts its steps, without the
    way to where something is left; `arranged` are the ways in which it arranged a list, `opened` says whether it opened
    a thing of one, and `last` is the sort of its last step.
    """

    base: frozenset[tuple[str, ...]] = frozenset()
    begun_at: str = ""
    length: int = 0
    limit: int = LONGEST
    arranged: set[str] = field(default_factory=set)
    opened: bool = False
    last: str = ""

    @property
    def is_over(self) -> bool:
        """Whether it has gone as far as it may; never while a menu is open, or what was chosen from it."""
        return self.length >= self.limit and self.last not in _OPENING

    @classmethod
    def begin(cls, view: View, chance: Random) -> "Thread":
        """A thread that begins with this screen."""
        base = frozenset(each.identity for each in view.affordances)
        return cls(base, view.page, limit=chance.randint(SHORTEST, LONGEST))

    def went(self, use: Use, records: Records) -> None:
        """A step was taken: to arrange a list, to open something of it, or another."""
        self.length += 1
        self.last = use.state_action.sort
        if use.state_action.sort in _ARRANGING:
            self.arranged.add(use.state_action.sort)
        elif records.are_led_to(use):
            self.opened = True

    def floor(self, use: Use, records: Records) -> float:
        """What a thing that was never done is worth at least: a list that one came to has something opened."""
        if not self.length or self.opened or not records.are_led_to(use):
            return 0.0
        return FROM_ARRANGED if self.arranged else FROM_LIST


class Places:
    """On which sorts of page each element was seen: what is on most of them is no page's own."""

    def __init__(self) -> None:
        self._templates: set[str] = set()
        self._seen: dict[tuple[str, ...], set[str]] = {}

    def learn(self, view: View) -> None:
        """Remembers what a screen shows."""
        template = url_template(view.observation.location)
        if len(self._templates) < TEMPLATES_MOST:
            self._templates.add(template)
        if template not in self._templates:
            return
        for each in view.affordances:
            if each.identity in self._seen or len(self._seen) < _KNOWN_MOST:
                self._seen.setdefault(each.identity, set()).add(template)

    def told(self, use: Use) -> Use:
        """The use with what is shared as one thing on all pages, wherever it leads from each of them."""
        each = use.affordance
        if each is None or use.state_action.sort not in ("page", "query", "search") or not self.is_shared(each):
            return use
        return replace(use, state_action=replace(use.state_action, family=short_key("shared", *each.identity)))

    def is_shared(self, each: Affordance) -> bool:
        """Whether most pages have it."""
        seen = len(self._seen.get(each.identity, ()))
        return seen > max(1, len(self._templates) / 2)


def factor(use: Use, thread: Thread, places: Places, records: Records) -> float:
    """By how much more or less something is worth to a thread that came to a screen."""
    each, sort = use.affordance, use.state_action.sort
    if each is None:
        return 1.0 if sort == "scroll" or not thread.length else SHARED
    worth = ARRANGED if sort in thread.arranged else 1.0
    if each.node.role in _PRESSED and _TO_FORM.match(each.node.name):
        worth *= TO_FORM_ARRANGED if thread.arranged else TO_FORM
    if not thread.length:
        return worth
    if is_leaving(each.node):
        worth *= LEAVING
    if places.is_shared(each) or (each.identity in thread.base and not records.is_listed(each)):
        return worth * SHARED
    return worth * (RECORD if records.are_led_to(use) else 1.0)
