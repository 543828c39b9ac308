"""What can be true of a screen, asked of its tree, its title and its address; pure functions, the same everywhere."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import parse_qsl, unquote, urlsplit

from schemas.ordering import arranges, number, order_of
from schemas.page_values import named_values, same_column, sections
from schemas.pages import Page, Row, TableView, fold, heading_parts
from schemas.records import Flag, Node
from schemas.same_values import tells_value

_ID_BEHIND = re.compile(r" #?[0-9]{1,18}$")
_LEAST, _MORE = 4, 3
"""Letters that a name has to have, and words that a heading may say besides it."""

_AROUND = frozenset({"listitem", "row", "dialog", "alertdialog", "treeitem"})
_SAYING = frozenset({"text", "paragraph", "heading", "cell", "definition", "strong", "emphasis"})
_ELSEWHERE = frozenset({"link", "navigation", "button"})
_PARTS = 2
"""Headings of a page by which it may be called: those after are of its parts."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a row; without a column in any of them."""

    value: str
    column: str | None = None


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of an address, decoded."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Shows:
    """An element with that role, name, value and flag is on the last screen; null for any, but not all of them.

    With `inside` it stands in the row of a table or the item of a list that is called so, or in the dialog.
    """

    role: str | None = None
    name: str | None = None
    value: str | None = None
    flag: Flag | None = None
    negated: bool = False
    inside: str | None = None


@dataclass(frozen=True, slots=True)
class LocationContains:
    """The text is in the last location, or in the title of the window in use."""

    text: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class At:
    """The address has this path, and these parameters among its own; all of it decoded before it is compared.

    `/books/2` is not in `/books/20`, and a space is one whether it is written `+` or `%20`.
    """

    location: str
    parameters: tuple[Parameter, ...] = ()
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Called:
    """One of the first headings is the text, or a part of it or of the title; with `whole` the first is just that.

    A link to the page itself and the end of its address name it too, and so does a first heading that says the text,
    in the singular or the plural, with few words more.
    """

    text: str
    whole: bool = False
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Says:
    """The page says the text, as a whole name or between word boundaries, and not in a field."""

    text: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class HasRow:
    """A table has a row with these cells: as its first one, or as its `only` one where that is asked.

    With `named` the first of them is what tells the row from the others, and not what it links to; alone it may be what
    the item of a list is called.
    """

    cells: tuple[Cell, ...]
    first: bool = False
    only: bool = False
    negated: bool = False
    named: bool = False


@dataclass(frozen=True, slots=True)
class EveryRow:
    """A table has this column, and every row of it the value there."""

    column: str
    value: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class SortedBy:
    """A table runs by this column that way; empty cells aside, of which at least two differ."""

    column: str
    descending: bool = False
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Tops:
    """Of all rows of a table the one called so has the greatest number in a column; the least, if not `descending`.

    Every row has a number there, and no other has the same.
    """

    name: str
    column: str
    descending: bool = True
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Counts:
    """The page says that it shows so many rows or results, or its one table has so many."""

    number: int
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Tells:
    """The page is about something called so: its only row, with these columns where some are given, or its heading."""

    name: str
    columns: tuple[str, ...] = ()
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Gives:
    """One record is told with these values: a row with these cells, or what stands beside names.

    A value is looked for under its column where there is such a one, else anywhere in the record; on a page without
    records in one of its sections, or anywhere where it has none. It may stand among other words, and numbers and days
    be written in another way. With `fields`, those of a form count, whether or not they were sent.
    """

    cells: tuple[Cell, ...]
    fields: bool = False
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Finds:
    """Results of a search: the address holds the text as a parameter, or most rows or items of a list say it.

    Where nothing is listed, or hardly anything says it, nothing was searched for.
    """

    text: str
    negated: bool = False


ScreenCondition: TypeAlias = (
    Shows | LocationContains | At | Called | Says | HasRow | EveryRow | SortedBy | Tops | Counts | Tells | Gives | Finds
)


def shown(condition: ScreenCondition, page: Page) -> bool:
    """Whether the condition is true of the page."""
    return _shown(condition, page) != condition.negated


def _shown(condition: ScreenCondition, page: Page) -> bool:
    match condition:
        case Shows():
            return bool(elements(condition, page))
        case LocationContains(text):
            return text in (page.location or "") or text in page.title
        case At(location, parameters):
            return _is_at(location, parameters, page.location)
        case Called(text, whole):
            return _is_called(text, page, whole=whole)
        case Says(text):
            return page.says(text)
        case HasRow(cells, first, only, _, named):
            item = named and len(cells) == 1 and not (first or only) and fold(cells[0].value) in page.items
            return item or any(_has_row(condition, table) for table in page.tables)
        case EveryRow(column, value):
            return any(
                _column(table, column) is not None
                and all(_is_value(each, value) for each in table.values(_column(table, column) or ""))
                for table in page.tables
            )
        case SortedBy(column, descending):
            return any(_runs(table, column, descending=descending) for table in page.tables)
        case Tops(name, column, descending):
            return any(_tops(table, name, column, descending=descending) for table in page.tables)
        case Counts(number):
            said = page.count
            return said[0] == number if said is not None else [len(table.rows) for table in page.tables] == [number]
        case Tells(name, columns):
            return _tells(name, columns, page)
        case Gives(cells, fields):
            records = list(_told(page, fields=fields))
            if not page.tables and not named_values(page):
                parts = sections(page)
                records += parts
                if not parts and all(page.says(cell.value) for cell in cells):
                    return True  # no record, but all of it is told
            return any(all(_gives(cell, told) for cell in cells) for told in records)
        case Finds(text):
            return _finds(text, page)


def elements(wanted: Shows, page: Page) -> tuple[Node, ...]:
    """The elements of a page that are as it is said, whether or not that is negated."""
    return tuple(
        node for at, node in enumerate(page.nodes) if _fits(node, wanted) and stands_inside(page, at, wanted.inside)
    )


def _fits(node: Node, wanted: Shows) -> bool:
    return (
        wanted.role in (None, node.role)
        and wanted.name in (None, node.name)
        and wanted.value in (None, node.value)
        and (wanted.flag is None or node.has(wanted.flag))
    )


def stands_inside(page: Page, index: int, name: str | None) -> bool:
    """Whether an element stands in a row, an item of a list or a dialog that is called so; None for anywhere."""
    if name is None:
        return True
    said = fold(name)
    place = page.row_of(index)
    if place is not None:
        row = place[1]
        return fold(row.name or "") == said or said in (fold(value) for value in row.cells.values())
    around = page.ancestor(index, _AROUND)
    while around is not None:
        if fold(page.text_of(around)) == said or said in (fold(page.nodes[at].name) for at in page.below(around)):
            return True
        above = page.parents[around]
        around = None if above is None else page.ancestor(above, _AROUND)
    return False


def place_of(location: str | None) -> tuple[str, tuple[tuple[str, str], ...]] | None:
    """The decoded path of an address, and its decoded parameters in order; None where it is no address."""
    try:
        parts = urlsplit(location or "")
    except ValueError:
        return None
    if parts.scheme not in ("http", "https"):
        return None
    return unquote(parts.path) or "/", tuple(parse_qsl(parts.query, keep_blank_values=True))


def _is_at(path: str, parameters: tuple[Parameter, ...], location: str | None) -> bool:
    place = place_of(location)
    if place is None:
        return location == path and not parameters
    return place[0] == path and all((wanted.name, wanted.value) in place[1] for wanted in parameters)


def _is_called(text: str, page: Page, *, whole: bool) -> bool:
    wanted = fold(text)
    if whole:
        return [fold(heading) for heading in page.headings[:1]] == [wanted]
    names = [fold(part) for heading in (*page.headings[:_PARTS], page.title) for part in heading_parts(heading)]
    names += [fold(heading) for heading in page.headings[:_PARTS]] + [fold(name) for name in page.own_names]
    place = place_of(page.location)
    if place is not None and len(end := place[0].rstrip("/").rpartition("/")[2]) >= _LEAST:
        names.append(fold(end))
    if wanted in names or (_letters(wanted) and _letters(wanted) in map(_letters, names)):
        return True
    words = _singular(wanted)
    said = [_singular(fold(heading)) for heading in page.headings[:1]]
    return len(wanted) >= _LEAST and any(
        f" {words} " in f" {heading} " and len(heading.split()) <= len(words.split()) + _MORE for heading in said
    )


def _letters(text: str) -> str:
    return "".join(character for character in text if character.isalnum())


def _singular(text: str) -> str:
    """The folded text without the plural's s, as a heading may say of one what a link says of many."""
    return re.sub(r"(?<=[a-z]{3})s\b", "", text)


def _has_row(wanted: HasRow, table: TableView) -> bool:
    if wanted.only and len(table.rows) != 1:
        return False
    rows = table.rows[:1] if wanted.first else table.rows
    if wanted.named:
        rows = tuple(row for row in rows if _is_value(row.name or "", wanted.cells[0].value))
    return any(all(_has_cell(cell, row) for cell in wanted.cells) for row in rows)


def _has_cell(cell: Cell, row: Row) -> bool:
    if cell.column is None and _is_value(row.name or "", cell.value):
        return True  # what it is called by may be a part of a cell
    return any(
        _is_value(value, cell.value)
        for column, value in row.cells.items()
        if cell.column is None or same_column(column, cell.column)
    )


def _is_value(text: str, value: str) -> bool:
    """Whether a cell holds the value; the id that some put behind the name of a record is no part of it."""
    said = fold(text)
    return said == fold(value) or _ID_BEHIND.sub("", said) == fold(value)


def _column(table: TableView, name: str) -> str | None:
    """The heading of the table's column of that name, as it is written there."""
    alike = [column for column in table.columns if same_column(column, name)]
    return next((column for column in alike if fold(column) == fold(name)), alike[0] if alike else None)


def _runs(table: TableView, name: str, *, descending: bool) -> bool:
    column = _column(table, name)
    values = [value for value in table.values(column or "") if value.strip()]
    if column is None or len(set(values)) < 2:
        return False
    return order_of(values) == ("descending" if descending else "ascending")


def top_row(table: TableView, column: str, *, descending: bool) -> Row | None:
    """The one row with the greatest number in a column, the least if not `descending`; None where a row has none."""
    numbers = [number(value) for value in table.values(column)]
    known = [each for each in numbers if each is not None]
    if len(known) < max(2, len(numbers)):
        return None
    best = max(known) if descending else min(known)
    return table.rows[known.index(best)] if known.count(best) == 1 else None


def _tops(table: TableView, name: str, called: str, *, descending: bool) -> bool:
    column = _column(table, called)
    row = None if column is None else top_row(table, column, descending=descending)
    return row is not None and _is_value(row.name or "", name)


def _tells(name: str, columns: tuple[str, ...], page: Page) -> bool:
    """A record's own page: one row that holds the name, or no such table and a heading or a field that says it.

    Who counts rows shows a list, though it be of one; and a field over a list holds what that is filtered by.
    """
    if page.count is not None:
        return False
    single = [table for table in page.tables if len(table.rows) == 1]
    if columns and single:
        wanted = {fold(column) for column in columns}
        single = [table for table in single if wanted <= {fold(column) for column in table.columns}]
        return any(_has_row(HasRow((Cell(name),)), table) for table in single)
    if single:
        return any(_has_row(HasRow((Cell(name),)), table) for table in single)
    words = fold(name)
    said = [fold(text) for text in (*page.headings[:_PARTS], page.title, *page.held)]
    return any(f" {words} " in f" {text} " for text in said) or tells_of(name, page)


def tells_of(name: str, page: Page) -> bool:
    """Whether a page that names values says the name whole, and not only as a link to something else."""
    wanted = fold(name)
    lists = [table for table in page.tables if len(table.rows) > 1 and table.index in page.front]
    if not wanted or lists or not named_values(page):
        return False
    own = (at for at in page.front if page.nodes[at].role in _SAYING and fold(page.nodes[at].name) == wanted)
    return any(page.ancestor(at, _ELSEWHERE) is None for at in own)


def _told(page: Page, *, fields: bool) -> Iterator[Mapping[str, str]]:
    """What the page tells of one thing each: its rows, what stands beside names, and what its fields hold."""
    for table in page.tables:
        yield from (row.cells for row in table.rows)
    if named := named_values(page):
        yield named
    if fields:
        yield {
            page.nodes[at].name.strip().rstrip(":* ").strip(): page.nodes[at].value or ""
            for at in sorted(page.fields)
            if page.nodes[at].name.strip()
        }


def _gives(cell: Cell, told: Mapping[str, str]) -> bool:
    named = [value for name, value in told.items() if cell.column is not None and same_column(name, cell.column)]
    return any(_is_value(value, cell.value) or tells_value(value, cell.value) for value in (named or told.values()))


def _finds(text: str, page: Page) -> bool:
    wanted = fold(text)
    place = place_of(page.location)
    if place is not None and any(fold(value) == wanted for name, value in place[1] if not arranges(name)):
        return True
    rows = [" ".join(row.cells.values()) for table in page.tables for row in table.rows]
    rows = rows or [page.text_of(at) for at, node in enumerate(page.nodes) if node.role in ("listitem", "row")]
    hits = sum(all(word in fold(row) for word in wanted.split()) for row in rows)
    return bool(wanted) and hits > 0 and hits * 2 >= len(rows)
