"""Effects: what a step did, in words; and what every rule that reads them off two pages needs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from labelers.observed.transitions import Transition
from schemas.actions import Check, Click, Select, Type
from schemas.identity import canonical_location
from schemas.pages import (
    Page,
    fold,
)
from schemas.records import Node
from schemas.redaction import MASK

Kind = Literal[
    "open",
    "record",
    "sort",
    "filter",
    "search",
    "add",
    "save",
    "toggle",
    "tab",
    "dialog",
    "fill",
    "reveal",
    "related",
    "narrow",
    "set",
    "submit",
    "kept",
    "form",
]


MEANS: frozenset[Kind] = frozenset({"fill", "reveal", "submit"})
"""Effects that serve a later one and are nothing to ask for by themselves."""


ARRANGE: frozenset[Kind] = frozenset({"sort", "filter", "search"})
"""Effects on a list that leave one on it."""


SEARCH = re.compile(r"\b(?:search|find|query|filter|look ?up)\b|^q$|^s$", re.I)


MARKUP = re.compile(
    r"[▲▼↑↓⇅]|https?://|\bwww\.|&[a-z]{2,6};|[{}<>\\]|^/\S+$|\"/[^\s\"]*\"|\"[a-z_]+(?:/[a-z_]+)+\"|\"[a-z]+:[^\s\"]+\""
    r"|\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,}\b"
)
"""Of what nobody would say: HTML, raw addresses, marks of an order, the codes by which programs know things."""

PRESSABLE = frozenset({"button", "menuitem", "link"})


BOXES = frozenset({"checkbox", "switch", "menuitemcheckbox"})
CHOICES = frozenset({"radio", "menuitemradio"})
WORD = "word"
"""The role of a field as one that keeps a list of words, to which one was added."""

TICKED, UNTICKED = "ticked", "unticked"
"""The values that a box is given."""

TOOL = "tool"
"""The value of a switch of a toolbar: nobody wants it but for what it is used on."""


@dataclass(frozen=True, slots=True)
class Fill:
    """A field that was given a value and keeps it, waiting to be sent.

    `place` tells nameless fields apart, `form` is the form that it stands in, where there is one.
    """

    field: str
    role: str
    value: str
    search: bool
    place: str
    form: str | None = None


@dataclass(frozen=True, slots=True)
class Effect:
    """What a step did.

    `phrase` is how one would ask for it, None where it only serves the next. `quotes` are the names that the phrase
    takes from the page it happens on, `evidence` is what was seen that makes it true. `row` is what the row is called
    in which it happened, `menu` what had to be opened for it, `entered` the fields with what they were given, `button`
    what sent them, `then` in words how one came to where they are told.
    """

    kind: Kind
    phrase: str | None
    name: str
    context: str | None
    evidence: str
    quotes: tuple[str, ...] = ()
    column: str | None = None
    value: str | None = None
    order: Literal["ascending", "descending"] | None = None
    row: str | None = None
    menu: str | None = None
    entered: tuple[Fill, ...] = ()
    button: str | None = None
    then: str = ""


@dataclass(frozen=True, slots=True)
class Clicked:
    """A click on an element that changed the page: both pages, the element's index, and what page it was on.

    `site` are the names that nearly every page carries, `menu` the links that most have.
    """

    before: Page
    after: Page
    target: int
    context: str | None
    site: frozenset[str]
    menu: frozenset[str] = frozenset()

    @property
    def node(self) -> Node:
        """The element."""
        return self.before.nodes[self.target]

    @property
    def same_address(self) -> bool:
        """Whether the page after has the same path as the page before, whatever its query."""
        return same_address(self.before, self.after)

    @property
    def leads_on(self) -> bool:
        """Whether it was a link to another page: what else changes comes of that."""
        return self.node.href is not None and not self.same_address


def listed(parts: Sequence[str]) -> str:
    """The parts as one list in words: `a`, `a and b`, `a, b and c`."""
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def fill_of(transition: Transition) -> Fill | None:
    """The field that the step filled, if it has a name and, unless the step also sent it, holds the value."""
    node, action = transition.node, transition.step.action
    if node is None or transition.before is None or transition.after is None or transition.target is None:
        return None
    if isinstance(action, Click | Check):
        return _ticked(transition, node, transition.target, transition.before, transition.after)
    if not isinstance(action, Type | Select):
        return None
    value = action.text if isinstance(action, Type) else action.option
    if MASK in value:
        return None
    sent = isinstance(action, Type) and action.submit
    if not sent and not any(fold(field.value or "") == fold(value) for field in alike(node, transition.after)):
        return None
    search = node.role == "searchbox" or node.field == "search" or SEARCH.search(node.name) is not None
    form = form_of(transition.before, transition.target)
    return Fill(field_name(node), node.role, value, search, node.id or node.path or node.name, form)


def _ticked(transition: Transition, node: Node, target: int, before: Page, after: Page) -> Fill | None:
    """The box or choice of a form that the step put into another state, waiting to be sent."""
    form = form_of(before, target)
    same = alike(node, after)
    if (
        node.role not in BOXES | CHOICES
        or form is None
        or len(same) != 1
        or same[0].has("checked") == node.has("checked")
    ):
        return None
    if not any(before.nodes[index].role == "button" for index in before.below(_form_at(before, target) or 0)):
        return None  # nothing sends it
    if transition.change != "content" or not same_address(before, after):
        return None
    value = TICKED if same[0].has("checked") else UNTICKED
    return Fill(field_name(node), node.role, value, False, node.id or node.path or node.name, form)


def field_name(node: Node) -> str:
    """What a field is called, without the mark that says that it is needed."""
    return node.name.strip().rstrip(":* ").strip()


def form_of(page: Page, index: int) -> str | None:
    """The form that an element stands in, by its place in the page."""
    at = _form_at(page, index)
    return None if at is None else page.nodes[at].id or page.nodes[at].path or str(at)


def _form_at(page: Page, index: int) -> int | None:
    return page.ancestor(index, frozenset({"form"}))


def new_errors(transition: Transition) -> tuple[str, ...]:
    """What the page after says is wrong and the page before did not."""
    if transition.after is None:
        return ()
    known = set() if transition.before is None else set(transition.before.errors)
    return tuple(error for error in transition.after.errors if error not in known)


def same_address(before: Page | None, after: Page | None) -> bool:
    """Whether the page after has the same path as the page before, whatever its query."""
    places = [canonical_location(page.location if page else None).split("?")[0] for page in (before, after)]
    return places[0] == places[1]


def alike(node: Node, page: Page) -> list[Node]:
    """The same element on another page: by id, else by path and role, else by role and name."""
    by_id = [other for other in page.nodes if node.id is not None and other.id == node.id]
    by_path = [
        other for other in page.nodes if node.path is not None and other.path == node.path and other.role == node.role
    ]
    by_name = [other for other in page.nodes if other.role == node.role and other.name == node.name]
    return by_id or by_path or by_name
