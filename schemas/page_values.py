"""What a page tells of one thing: values beside names; and what the heading of a column is called."""

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping

from schemas.pages import Page, fold, is_name

HEADING_LIMIT = 8
"""Headings of a page that is still a record and no text."""

_HEADS = frozenset({"heading", "columnheader"})
_PRESSED = frozenset({"link", "button", "checkbox", "textbox"})
_ENTRIES = frozenset({"textbox", "spinbutton", "combobox"})
_HOLDERS = frozenset({"table", "list", "definitionlist", "group", "form"})
_REFERENCE = re.compile(r"[ _-](?:id|pk|uuid|guid|ref|key|fk)$", re.I)
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_TYPE = re.compile(
    r"(?:big|small|tiny|medium)?(?:int(?:eger)?|serial)|(?:var|n|nvar|long)?char(?:acter)?|varchar|(?:long|tiny)?(?:blob|text)"
    r"|boolean|bool|real|float|double|decimal|numeric|date|time|datetime|timestamp|json|uuid|number|string|bytea?|null",
    re.I,
)
_TYPED = re.compile(r"[\s(].*$", re.S)
_LABEL = re.compile(r"([^\W\d_][^:\n]{0,38}[^\s:]) ?:")
_LINE = re.compile(_LABEL.pattern + r" (\S.{0,99})")
_LEAST = 3
"""Values that a page has to tell by their places alone; of labels with a colon two are enough."""

_WORDS = 4
"""Words of a label."""

_TEXTS = frozenset({"text", "paragraph", "listitem", "generic"})
_SAYING = frozenset({"text", "link", "paragraph", "generic", "definition"})
_BEHIND = re.compile(r"(?: ?\[[^\w\]]+\]| ?\([^()]* ago\)| ?<[^<>\s]+@[^<>\s]+>)$")
"""What stands behind a value and is no part of it: a sign to unfold it, how long ago it was, an address for mail."""


def column_words(column: str) -> str:
    """What a person calls a column: no `_id` behind the name of what it points at, and its words apart."""
    words = " ".join(_HUMP.sub(" ", _REFERENCE.sub("", column.strip())).replace("_", " ").split())
    return words or column


def same_column(column: str, name: str) -> bool:
    """Whether a column is the one that is called so."""
    return fold(column) == fold(name) or fold(column_words(column)) == fold(column_words(name))


def is_type(value: str) -> bool:
    """Whether the value names the type of a column, as `varchar(40)` and `date NULL` do."""
    return _TYPE.fullmatch(_TYPED.sub("", value.strip())) is not None


def record_values(page: Page) -> dict[str, str]:
    """The named values of a record's own page: its table of one row, or what stands beside names."""
    singles = [table for table in page.tables if len(table.rows) == 1]
    if page.whole and len(singles) == 1:
        return _without_types(singles[0].rows[0].cells)
    return named_values(page)


def named_values(page: Page) -> dict[str, str]:
    """The values of the first table or list that names its rows; a page of many headings is a text and has none.

    Where there is none, what stands behind labels with a colon, or in tables of two columns beside a name. What tells
    of the types of columns is no record.
    """
    if len(page.headings) > HEADING_LIMIT:
        return {}
    within = [page.front]
    within += [page.below(index) for index in page.front if page.nodes[index].role in _HOLDERS]
    for nodes in within:
        values = _named_values(page, nodes)
        terms = sum(page.nodes[at].role == "term" for at in nodes)
        if len(values) >= (2 if terms else _LEAST):
            return _without_types(values)
    if any(len(table.rows) > 1 and table.index in page.front for table in page.tables):
        return {}  # what stands around a list is said of the list
    values = _once(_labelled(page))
    return _without_types(values) if len(values) >= _LEAST - 1 else {}


def sections(page: Page) -> list[dict[str, str]]:
    """What is said of each thing under a heading of its own, where several stand one below another; by place.

    What stands before them is one more. Empty where the page is no such list.
    """
    groups: dict[tuple[int | None, int | None], list[int]] = {}
    for index in page.front:
        if page.nodes[index].role == "heading":
            groups.setdefault((page.parents[index], page.nodes[index].level), []).append(index)
    heads = max(groups.values(), key=len, default=[])
    if len(heads) < _LEAST:
        return []
    bounds = [page.front.start, *heads, page.front.stop]
    return [
        {str(at): page.nodes[at].name for at in range(first, end) if page.nodes[at].name and at not in page.fields}
        for first, end in itertools.pairwise(bounds)
    ]


def headed_by(page: Page, index: int) -> str | None:
    """What the section is called that an element stands in, where no other is called so."""
    told = sections(page)
    for each in told[1:]:
        name = next(iter(each.values()), "")
        if str(index) in each:
            alike = [other for other in told[1:] if fold(next(iter(other.values()), "")) == fold(name)]
            return name if is_name(name) and len(alike) == 1 else None
    return None


def value_node(page: Page, name: str) -> int | None:
    """The index of what holds the value that stands beside a name, where that is one element."""
    found = [at for at, label in _placed(page) if label == name]
    return found[0] if len(found) == 1 else None


def field_values(page: Page) -> dict[str, str]:
    """What the fields of a page hold, where it has several with a name and a value; boxes left out."""
    values: dict[str, str] = {}
    doubled: set[str] = set()
    for index in sorted(page.fields):
        node = page.nodes[index]
        name = node.name.strip().rstrip(":* ").strip()
        if node.role not in _ENTRIES or not name or not (node.value or "").strip() or node.has("secret"):
            continue
        if name in values:
            doubled.add(name)
        values[name] = (node.value or "").strip()
    values = {name: value for name, value in values.items() if name not in doubled}
    return values if len(values) > 1 else {}


def _without_types(values: Mapping[str, str]) -> dict[str, str]:
    return {} if 2 * sum(map(is_type, values.values())) >= len(values) else dict(values)


def _named_values(page: Page, within: range) -> dict[str, str]:
    """What stands beside each term or row's header, where that is no field and no name comes twice."""
    return _once(
        (name, value_text(page, beside))
        for beside, name in ((_beside(page, at), _label(page, at)) for at in within)
        if beside is not None and name and not _holds_fields(page, beside)
    )


def _once(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The values of the names that come once."""
    values: dict[str, str] = {}
    doubled: set[str] = set()
    for name, value in pairs:
        if name in values:
            doubled.add(name)
        values[name] = value
    return {name: value for name, value in values.items() if name not in doubled and value}


def value_text(page: Page, index: int) -> str:
    """What an element says as a value, without what stands behind it and is no part of it."""
    text = page.text_of(index)
    while (shorter := _BEHIND.sub("", text).rstrip()) != text:
        text = shorter
    return text


def _label(page: Page, index: int) -> str:
    return page.nodes[index].name.strip().rstrip(":").rstrip()


def _holds_fields(page: Page, index: int) -> bool:
    return any(inner in page.fields for inner in (index, *page.below(index)))


def _beside(page: Page, index: int) -> int | None:
    """The definition of a term, or the one cell that a row's header stands before."""
    wanted = {"term": "definition", "rowheader": "cell"}.get(page.nodes[index].role)
    after = _next(page, index)
    if wanted is None or after is None or page.nodes[after].role != wanted:
        return None
    return after if not page.nodes[after].column else None


def _next(page: Page, index: int) -> int | None:
    """The element that follows in the same parent."""
    end = page.below(index).stop
    return end if end < len(page.nodes) and page.parents[end] == page.parents[index] else None


def _placed(page: Page) -> Iterator[tuple[int, str]]:
    """The elements that hold a value, each with its name: beside terms, behind labels, in second columns."""
    pairs = set(_second_columns(page))
    for index in page.front:
        node = page.nodes[index]
        after = _beside(page, index)
        if after is None and (index in pairs or _is_label(page, index)):
            after = _next(page, index)
            if after is not None and node.role != "cell" and page.nodes[after].role not in _SAYING:
                after = None
        if after is not None and (name := _label(page, index)):
            yield after, name


def _labelled(page: Page) -> Iterator[tuple[str, str]]:
    """What stands behind labels with a colon, in the same element or the next one, and in tables of two columns."""
    for after, name in _placed(page):
        if not _holds_fields(page, after):
            yield name, value_text(page, after)
    for node in (page.nodes[at] for at in page.front):
        line = _LINE.fullmatch(node.name.strip()) if node.role in _TEXTS and len(node.name) <= 150 else None
        if line is not None and len(line[1].split()) <= _WORDS:
            yield line[1], line[2]


def _is_label(page: Page, index: int) -> bool:
    node = page.nodes[index]
    if node.role not in ("cell", "text", "generic", "paragraph") or page.ancestor(index, _HEADS) is not None:
        return False
    text = node.name.strip()
    return _LABEL.fullmatch(text) is not None and len(text.split()) <= _WORDS


def _second_columns(page: Page) -> Iterator[int]:
    """The first cells of the rows of tables that have two cells a row and no headings, and a name first in each."""
    for table in page.front:
        if page.nodes[table].role != "table":
            continue
        roles = {page.nodes[at].role for at in page.below(table)}
        if {"columnheader", "table", "grid"} & roles:
            continue
        rows = [at for at in page.below(table) if page.nodes[at].role == "row"]
        cells = [[at for at in page.below(row) if page.nodes[at].role == "cell"] for row in rows]
        names = [page.text_of(each[0]) for each in cells if each]
        if (
            len(rows) >= _LEAST
            and all(len(each) == 2 for each in cells)
            and all(is_name(name) and len(name.split()) <= _WORDS for name in names)
            and len(set(names)) == len(names)
            and not any(page.nodes[at].role in _PRESSED for each in cells for at in page.below(each[0]))
        ):
            yield from (each[0] for each in cells)
