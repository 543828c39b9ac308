"""What can be true of a screen, asked of its tree, its title and its address; pure functions, the same everywhere."""

import re
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import parse_qsl, unquote, urlsplit

from schemas.ordering import order_of
from schemas.pages import Page, Row, TableView, fold, heading_parts
from schemas.records import Flag, Node

_ID_BEHIND = re.compile(r" #?[0-9]{1,18}$")
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
    """An element with that role, name, value and flag is on the last screen; null for any, but not all of them."""

    role: str | None = None
    name: str | None = None
    value: str | None = None
    flag: Flag | None = None
    negated: bool = False


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
    """One of the first headings is the text, or a part of it or of the title; with `whole` the first is just that."""

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
    """A table has a row with these cells: as its first one, or as its `only` one where that is asked."""

    cells: tuple[Cell, ...]
    first: bool = False
    only: bool = False
    negated: bool = False


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


ScreenCondition: TypeAlias = (
    Shows | LocationContains | At | Called | Says | HasRow | EveryRow | SortedBy | Counts | Tells
)


def shown(condition: ScreenCondition, page: Page) -> bool:
    """Whether the condition is true of the page."""
    return _shown(condition, page) != condition.negated


def _shown(condition: ScreenCondition, page: Page) -> bool:
    match condition:
        case Shows():
            return any(_fits(node, condition) for node in page.nodes)
        case LocationContains(text):
            return text in (page.location or "") or text in page.title
        case At(location, parameters):
            return _is_at(location, parameters, page.location)
        case Called(text, whole):
            return _is_called(text, page, whole=whole)
        case Says(text):
            return page.says(text)
        case HasRow():
            return any(_has_row(condition, table) for table in page.tables)
        case EveryRow(column, value):
            return any(
                _column(table, column) is not None
                and all(_is_value(each, value) for each in table.values(_column(table, column) or ""))
                for table in page.tables
            )
        case SortedBy(column, descending):
            return any(_runs(table, column, descending=descending) for table in page.tables)
        case Counts(number):
            said = page.count
            return said[0] == number if said is not None else [len(table.rows) for table in page.tables] == [number]
        case Tells(name, columns):
            return _tells(name, columns, page)


def _fits(node: Node, wanted: Shows) -> bool:
    return (
        wanted.role in (None, node.role)
        and wanted.name in (None, node.name)
        and wanted.value in (None, node.value)
        and (wanted.flag is None or node.has(wanted.flag))
    )


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
    return wanted in names or wanted in [fold(heading) for heading in page.headings[:_PARTS]]


def _has_row(wanted: HasRow, table: TableView) -> bool:
    if wanted.only and len(table.rows) != 1:
        return False
    rows = table.rows[:1] if wanted.first else table.rows
    return any(all(_has_cell(cell, row) for cell in wanted.cells) for row in rows)


def _has_cell(cell: Cell, row: Row) -> bool:
    return any(
        _is_value(value, cell.value)
        for column, value in row.cells.items()
        if cell.column is None or fold(column) == fold(cell.column)
    )


def _is_value(text: str, value: str) -> bool:
    """Whether a cell holds the value; the id that some put behind the name of a record is no part of it."""
    said = fold(text)
    return said == fold(value) or _ID_BEHIND.sub("", said) == fold(value)


def _column(table: TableView, name: str) -> str | None:
    """The heading of the table's column of that name, as it is written there."""
    return next((column for column in table.columns if fold(column) == fold(name)), None)


def _runs(table: TableView, name: str, *, descending: bool) -> bool:
    column = _column(table, name)
    values = [value for value in table.values(column or "") if value.strip()]
    if column is None or len(set(values)) < 2:
        return False
    return order_of(values) == ("descending" if descending else "ascending")


def _tells(name: str, columns: tuple[str, ...], page: Page) -> bool:
    """A record's own page: one row that holds the name, or no such table and a heading or a field that says it.

    Who counts rows shows a list, though it be of one.
    """
    if page.count is not None:
        return False
    single = [table for table in page.tables if len(table.rows) == 1]
    if columns:
        wanted = {fold(column) for column in columns}
        single = [table for table in single if wanted <= {fold(column) for column in table.columns}]
        return any(_has_row(HasRow((Cell(name),)), table) for table in single)
    if single:
        return any(_has_row(HasRow((Cell(name),)), table) for table in single)
    words = fold(name)
    said = [fold(text) for text in (*page.headings[:_PARTS], page.title)]
    said += [fold(page.nodes[index].value or "") for index in page.fields]
    return any(f" {words} " in f" {text} " for text in said)
