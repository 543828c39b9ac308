"""What a page tells of one thing: values beside names; and what the heading of a column is called."""

import re
from collections.abc import Mapping

from schemas.pages import Page, fold

HEADING_LIMIT = 8
"""Headings of a page that is still a record and no text."""

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

    What tells of the types of columns is no record.
    """
    if len(page.headings) > HEADING_LIMIT:
        return {}
    within = [range(len(page.nodes))]
    within += [page.below(index) for index, node in enumerate(page.nodes) if node.role in _HOLDERS]
    for nodes in within:
        values = _named_values(page, nodes)
        terms = sum(page.nodes[at].role == "term" for at in nodes)
        if len(values) >= (2 if terms else 3):
            return _without_types(values)
    return {}


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
    values: dict[str, str] = {}
    doubled: set[str] = set()
    for index in within:
        beside, name = _beside(page, index), page.nodes[index].name.strip().rstrip(":")
        if beside is None or not name or any(inner in page.fields for inner in page.below(beside)):
            continue
        if name in values:
            doubled.add(name)
        values[name] = page.text_of(beside)
    return {name: value for name, value in values.items() if name not in doubled}


def _beside(page: Page, index: int) -> int | None:
    """The definition of a term, or the one cell that a row's header stands before."""
    wanted = {"term": "definition", "rowheader": "cell"}.get(page.nodes[index].role)
    end = page.below(index).stop
    if wanted is None or end >= len(page.nodes) or page.nodes[end].role != wanted:
        return None
    return end if page.parents[end] == page.parents[index] and not page.nodes[end].column else None
