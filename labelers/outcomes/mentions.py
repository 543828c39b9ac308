"""Finding on a page what a goal speaks of: elements by name, by number, fields by what they are called."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time

from schemas.actions import Point
from schemas.pages import Page, fold
from schemas.records import Node

FIELDS = frozenset({"textbox", "searchbox", "spinbutton", "combobox", "slider"})
MARKED = frozenset(
    {"checkbox", "radio", "switch", "menuitemcheckbox", "menuitemradio", "option", "treeitem", "tab", "gridcell"}
)
_TEXT_FIELDS = frozenset({"textbox", "searchbox", "spinbutton"})
_ROLES: tuple[tuple[str, frozenset[str]], ...] = (
    ("radio", frozenset({"radio", "menuitemradio"})),
    ("checkbox", frozenset({"checkbox", "switch", "menuitemcheckbox"})),
    ("check box", frozenset({"checkbox", "switch", "menuitemcheckbox"})),
    ("button", frozenset({"button"})),
    ("tab", frozenset({"tab"})),
    ("link", frozenset({"link"})),
    ("slider", frozenset({"slider"})),
    ("spinner", frozenset({"spinbutton"})),
    ("dropdown", frozenset({"combobox", "listbox"})),
    ("drop-down", frozenset({"combobox", "listbox"})),
    ("text", _TEXT_FIELDS),
    ("input", _TEXT_FIELDS),
    ("field", _TEXT_FIELDS),
    ("option", frozenset({"option", "radio"})),
)
_PRESSED = frozenset(
    {"button", "link", "generic", "menuitem", "tab", "option", "checkbox", "radio", "switch", "treeitem"}
)
_NOUN = re.compile(r"\b(?:button|link|tab|icon|item|option|checkbox|menu item|section|widget|row|entry|the)\b", re.I)
_IDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+")
_ANY_VALUE = frozenset({"text", "value", "word", "words", "number", "name", "string", "letters", "date", "time"})
"""What a goal calls a value and no field need be called."""

_TIMES = ("%I:%M %p", "%I:%M%p", "%H:%M", "%H:%M:%S")
_DATES = ("%Y-%m-%d", "%m/%d/%Y")


def roles_of(noun: str) -> frozenset[str]:
    """The roles that a goal's word for an element may mean; none where it tells nothing."""
    return next((roles for word, roles in _ROLES if word in noun), frozenset())


def is_called_by_id(node: Node, name: str) -> bool:
    """Whether an element without a name is called so by its id."""
    words = [word.lower() for word in _IDS.findall(node.id or "")]
    wanted = _NOUN.sub(" ", fold(name)).split()
    return not node.name.strip() and bool(wanted) and words == wanted


def nodes_named(page: Page, name: str, noun: str) -> list[int]:
    """The elements of that name: those with exactly it if there are any, of the role that the noun tells if one is."""
    for wanted in (name, _NOUN.sub(" ", name)):
        said = " ".join(wanted.split())
        if not said:
            continue
        exact = [index for index, node in enumerate(page.nodes) if " ".join(node.name.split()) == said]
        folded = [index for index, node in enumerate(page.nodes) if fold(said) and fold(node.name) == fold(said)]
        named = exact or folded
        if named:
            roles = roles_of(noun)
            right = [index for index in named if page.nodes[index].role in roles]
            if not right and not roles:
                right = [index for index in named if page.nodes[index].role == "button"]
            return right or [index for index in named if page.nodes[index].role in _PRESSED] or named
    return []


def nodes_of_kind(page: Page, kind: str) -> list[int]:
    """The elements of a kind that a page's maker would call so: a textarea, a radio."""
    wanted = fold(kind)
    roles = roles_of(wanted)
    lines = {"textarea": True, "text": False}.get(wanted)
    return [
        index
        for index, node in enumerate(page.nodes)
        if node.role in roles and (lines is None or node.has("multiline") == lines)
    ]


def touched(page: Page, index: int | None, point: Point | None, known: Sequence[int]) -> bool:
    """Whether a step at that element or point touched one of those known."""
    if index is not None and index in known:
        return True
    if point is None or point.x is None or point.y is None:
        return False
    for candidate in known:
        box = page.nodes[candidate].box
        if box is not None and not page.nodes[candidate].has("covered") and box.contains(point.x, point.y):
            return True
    return False


def says(text: str, name: str) -> bool:
    """Whether the text has the name in it, between the edges of words."""
    return bool(name) and re.search(rf"(?<!\w){re.escape(name.casefold())}(?!\w)", text.casefold()) is not None


def shows(page: Page, name: str) -> bool:
    """Whether an element of the page is called so, or a list offers it."""
    wanted = fold(name)
    return bool(wanted) and any(
        fold(node.name) == wanted or any(fold(option) == wanted for option in node.options) for node in page.nodes
    )


def lists_offering(page: Page, name: str) -> list[Node]:
    """The lists that have an option of that name."""
    return [
        node
        for node in page.nodes
        if node.role in ("combobox", "listbox") and any(fold(option) == fold(name) for option in node.options)
    ]


def numbered(page: Page, noun: str, ordinal: int) -> int | None:
    """The element of that number, counted from 1 in the order of the page, -1 being the last; None if there is none."""
    roles = roles_of(noun)
    alike = [index for index, node in enumerate(page.nodes) if node.role in roles]
    place = ordinal - 1 if ordinal > 0 else len(alike) + ordinal
    return alike[place] if 0 <= place < len(alike) else None


def labels_of(page: Page, index: int | None) -> tuple[str, ...]:
    """What an element may be called: its name, else its id, or the text beside it."""
    if index is None:
        return ()
    node = page.nodes[index]
    if node.name.strip():
        return (node.name.strip(),)
    return tuple(filter(None, (" ".join(_IDS.findall(node.id or "")), _beside(page, index))))


def is_marked(node: Node) -> bool:
    """Whether a box is ticked, an option chosen."""
    return node.has("checked") or node.has("selected") or node.has("pressed")


def fields_meant(page: Page, words: str, ordinal: int | None) -> list[int]:
    """The fields that a goal's words mean; all where the words tell none."""
    fields = [index for index, node in enumerate(page.nodes) if node.role in _TEXT_FIELDS and not node.has("readonly")]
    if ordinal is not None:
        place = ordinal - 1 if ordinal > 0 else len(fields) + ordinal
        return [fields[place]] if 0 <= place < len(fields) else []
    wanted = fold(words)
    if wanted:
        for test in (_is_called, _is_partly_called):
            right = [index for index in fields if any(test(label, wanted) for label in _field_labels(page, index))]
            if right:
                return right
    return fields


def is_known_field(page: Page, words: str) -> bool:
    """Whether a field is called so, or the words say no more than that something is to be entered."""
    wanted = set(fold(words).split()) - _ANY_VALUE
    labels = {word for index in page.fields for label in _field_labels(page, index) for word in label.split()}
    return wanted <= labels


def same_value(held: str, wanted: str) -> bool:
    """Whether a field holds the value: the same text, time, or date."""
    holds, other = " ".join(held.split()), " ".join(wanted.split())
    if holds == other:
        return bool(other)
    known = moment_of(holds)
    return known is not None and known == moment_of(other)


def moment_of(text: str) -> time | date | None:
    """The time or the date that the text is, or None."""
    for form in _TIMES:
        try:
            return datetime.strptime(text.upper(), form).replace(tzinfo=UTC).time()
        except ValueError:
            continue
    for form in _DATES:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC).date()
        except ValueError:
            continue
    return None


def _field_labels(page: Page, index: int) -> list[str]:
    node = page.nodes[index]
    words = " ".join(word.lower() for word in _IDS.findall(node.id or ""))
    return [fold(label) for label in (node.name, _beside(page, index), words, node.field or "") if fold(label)]


def _is_called(label: str, wanted: str) -> bool:
    return label == wanted


def _is_partly_called(label: str, wanted: str) -> bool:
    return bool(set(label.split()) & set(wanted.split()))


def _beside(page: Page, index: int) -> str:
    """The text right before an element."""
    before = page.nodes[index - 1] if index else None
    return before.name if before is not None and before.role == "text" and len(before.name) <= 60 else ""
