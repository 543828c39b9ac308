"""What to type: words that were seen on the site, of the kind that the field takes; else made-up ones."""

import re
from collections.abc import Iterable
from itertools import zip_longest
from random import Random

from explorers.core.affordances import Affordance
from explorers.policies.fields import FieldKind, kind_of
from explorers.policies.generated import PASSWORD as PASSWORD
from explorers.policies.generated import TextGenerator
from schemas.identity import is_volatile
from schemas.records import Node, Tree

SEEN_LIMIT = 2_000
VALUE_LIMIT = 60
WORDS_LIMIT = 3
"""Words of a value: longer ones are sentences, and rarely what one searches for."""

COMMON = 0.4
"""What more than this part of the screens say is called what the site calls its pages, and no data."""

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_PLACEHOLDER = re.compile(
    r"[-\u2013\u2014.\s]*$|[-\u2013\u2014.<(\[*]+\s*\w.*|(?:select|choose|pick|please|any|all|none)\b", re.IGNORECASE
)
_TYPED = frozenset({"email", "number", "range", "date", "datetime-local", "time", "month", "week", "tel", "url"})
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")
_PATTERNS: dict[FieldKind, re.Pattern[str]] = {"email": _EMAIL, "number": _NUMBER, "date": _DATE, "datetime": _DATE}
"""What a value that was seen must look like to be typed into a field of the kind."""

_WORD = re.compile(r"[^\W\d_][\w'-]{3,}")
_CELLS = frozenset({"cell", "gridcell", "rowheader"})
_SPOKEN = frozenset({"cell", "gridcell", "rowheader", "link", "definition", "heading"})


class SeenValues:
    """The values that an episode has met, in order, each once; by column where it was in a table."""

    def __init__(self) -> None:
        self._columns: dict[str, dict[str, None]] = {}
        self._words: dict[str, int] = {}
        self._screens = 0

    def learn(self, tree: Tree) -> None:
        """Remembers what a screen shows."""
        self._screens += 1
        said: set[str] = set()
        for node, following in zip_longest(tree.nodes, tree.nodes[1:]):
            if not 0 < len(node.name) <= VALUE_LIMIT or is_volatile(node.name):
                continue
            if node.role in _CELLS and node.column:
                if following is not None and following.depth > node.depth and following.name != node.name:
                    continue  # several things in one cell: no value by itself
                column = self._columns.setdefault(node.column.casefold(), {})
                if len(column) < SEEN_LIMIT:
                    column.setdefault(node.name)
            elif (
                node.role in _SPOKEN
                and node.name not in said
                and (node.name in self._words or len(self._words) < SEEN_LIMIT)
            ):
                said.add(node.name)
                self._words[node.name] = self._words.get(node.name, 0) + 1

    def column(self, name: str) -> list[str]:
        """The values seen in the column of that name."""
        return list(self._columns.get(name.casefold(), ()))

    def columns(self) -> list[str]:
        """The names of the columns seen."""
        return list(self._columns)

    def cells(self) -> list[str]:
        """What cells said, where there is a word in it."""
        return [value for column in self._columns.values() for value in column if _WORD.search(value)]

    def words(self) -> list[str]:
        """What links and headings said, where there is a word in it: what few screens say, of which it is data."""
        words = [word for word in self._words if _WORD.search(word)]
        return [word for word in words if self._words[word] <= COMMON * self._screens] or words

    def everything(self) -> list[str]:
        """All values of cells, then the other words."""
        cells = [value for column in self._columns.values() for value in column]
        return [*cells, *self._words]


def is_blank(node: Node) -> bool:
    """Whether a list has nothing chosen: its value is empty, or reads like "- column -" or "Choose ...".

    >>> is_blank(Node("combobox", value="- column -", options=("- column -", "title")))
    True
    """
    value = (node.value or "").strip()
    return not value or (node.options[:1] == (node.value,) and _PLACEHOLDER.match(value) is not None)


def choosable(node: Node) -> list[str]:
    """The options of a list that are values, without the chosen one."""
    return [option for option in node.options if option and option != node.value and not _PLACEHOLDER.match(option)]


def option_for(node: Node, seen: SeenValues, chance: Random) -> str | None:
    """An option other than the chosen one; a column's name only where values of that column were seen."""
    others = choosable(node)
    known = [option for option in others if seen.column(option)]
    return chance.choice(known or others) if others else None


def value_for(
    field: Affordance,
    before: Iterable[Node],
    tree: Tree | None,
    seen: SeenValues,
    chance: Random,
    generate: TextGenerator,
) -> str | None:
    """A text for the field; None where it holds a date or a number, and no other was seen.

    `before` are the fields before it in its form, the nearest first: a list that is set to a column's name says which
    column's values fit. `generate` makes up what was not seen.
    """
    node = field.node
    kind = kind_of(node)
    here = SeenValues()
    if tree is not None:
        here.learn(tree)
    if kind == "password":
        return PASSWORD
    pattern = _PATTERNS.get(kind)
    if node.field in _TYPED or node.role == "spinbutton":
        known = _named(node, here, seen, pattern) if kind == "number" else []
        known = known or ([] if pattern is None else _matching(pattern, here, seen))
        text = _pick(known, chance) or generate(node, kind, chance)
        return f"{text}T10:30" if kind == "datetime" and "T" not in text else text
    for held in (_DATE, _NUMBER):
        if node.value and held.fullmatch(node.value):
            return _pick(_matching(held, here, seen), chance)
    for other in before:
        if any(seen.column(option) for option in other.options):
            values = here.column(other.value or "") or seen.column(other.value or "")
            return _pick(values, chance)  # the whole value: a filter by column mostly wants it
    named = _named(node, here, seen, None)
    if named:
        return _word_or_whole(chance.choice(named), chance)
    if kind not in ("search", "words"):
        return generate(node, kind, chance)
    words = here.cells() or seen.cells() or seen.words() or here.words()
    if words:
        return _word_or_whole(chance.choice(words), chance)
    return generate(node, kind, chance)


def _named(node: Node, here: SeenValues, seen: SeenValues, pattern: re.Pattern[str] | None) -> list[str]:
    """The values of the column that the field is named after."""
    name = f"{node.name} {node.id or ''}".casefold()
    for known in (here, seen):
        for column in known.columns():
            if column and re.search(rf"\b{re.escape(column)}\b", name):
                values = [value for value in known.column(column) if pattern is None or pattern.fullmatch(value)]
                if values:
                    return values
    return []


def _matching(pattern: re.Pattern[str], *known: SeenValues) -> list[str]:
    for values in known:
        fitting = [value for value in values.everything() if pattern.fullmatch(value)]
        if fitting:
            return fitting
    return []


def _word_or_whole(text: str, chance: Random) -> str:
    """The value itself, or one of its words: searches are rarely whole titles."""
    words = [word for word in text.split() if _WORD.fullmatch(word)]
    if len(text.split()) > WORDS_LIMIT or (len(words) > 1 and chance.random() < 0.5):
        return chance.choice(words) if words else text
    return text


def _pick(values: list[str], chance: Random) -> str | None:
    return chance.choice(values) if values else None
