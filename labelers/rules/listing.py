"""What can be asked of a list that was come to: what it says of a row, of which row, which has most, and how many."""

from collections.abc import Iterator, Sequence

from labelers.rules.asking import Question, can_be_asked, counted, given_away, is_answer, is_complete
from labelers.rules.links import called_column, says_words, singular
from schemas.keys import fraction
from schemas.pages import Page, Row, TableView, fold, quote
from schemas.screen_conditions import Called, Cell, Counts, HasRow, Tops, shown, top_row

ROWS = 3
"""Rows that a list has at least to be one that is asked about."""

FEW_WORDS = 8
"""Words of a name of a row: a longer one is a text."""


def list_questions(place: str, end: Page, pages: Sequence[Page], visit: int = 0) -> Iterator[Question]:
    """The questions about the one list of a page that is called so, one of each kind; of which row by the visit."""
    tables = [table for table in end.tables if len(table.rows) > 1]
    if len(tables) != 1 or len(end.tables) != 1 or not _is_headed(place, end):
        return
    (table,) = tables
    cells = [
        (row, column, value)
        for row in table.rows
        if _can_be_named(row)
        if end.nodes[row.index].on_screen  # a longer look than that of an attempt may have seen those below
        for column, value in row.cells.items()
        if can_be_asked(column) and fold(row.name or "") not in fold(value) and is_answer(value)
    ]
    cells.sort(key=lambda each: fraction("list", place, visit, each[0].name, each[1]))
    kinds: list[Iterator[Question | None]] = [(_cell(place, table, *each) for each in cells)]
    if is_complete(end):
        kinds += [(_which(place, table, *each) for each in cells), _extremes(place, table)]
    for asked in kinds:
        yield from next(([each] for each in asked if each is not None and not given_away(each, pages)), [])
    yield from _count(place, table, end)


def _is_headed(place: str, page: Page) -> bool:
    """Whether a heading or the title says the name, of many or of one: the end of an address is no name of a list."""
    words = singular(fold(place))
    heads = (*page.headings[:2], page.title)
    return shown(Called(place), page) and any(says_words(singular(fold(each)), words) for each in heads)


def _cell(place: str, table: TableView, row: Row, column: str, value: str) -> Question:
    """What the list says of a row."""
    list_, what, who = quote(place), quote(called_column(table, column)), quote(row.name or "")
    ways = (
        f"In {list_}, what is listed as {what} for {who}?",
        f"What does {list_} list as {what} for {who}?",
        f"Look up in {list_} what is listed as {what} for {who}.",
    )
    seen = HasRow((Cell(row.name or ""), Cell(value, column)), named=True)
    evidence = f"the row of {who} has {quote(value)} as its {quote(column)}"
    return Question(ways, value, seen, evidence, "list+cell", row.name)


def _which(place: str, table: TableView, row: Row, column: str, value: str) -> Question | None:
    """Which row the list says something of, where it says it of no other."""
    label = _name_column(row)
    if label is None or sum(fold(each) == fold(value) for each in table.values(column)) != 1:
        return None
    list_, what = quote(place), quote(called_column(table, label))
    whose, said = quote(called_column(table, column)), quote(value)
    ways = (
        f"In {list_}, which {what} has {said} as its {whose}?",
        f"Which {what} in {list_} has {said} as its {whose}?",
        f"Find the {what} in {list_} whose {whose} is {said}.",
    )
    seen = HasRow((Cell(row.name or ""), Cell(value, column)), named=True)
    evidence = f"only the row of {quote(row.name or '')} has {said} as its {quote(column)}"
    return Question(ways, row.name or "", seen, evidence, "list+which", value)


def _extremes(place: str, table: TableView) -> Iterator[Question]:
    """Which row has the greatest or the least number of a column, where no other has it too."""
    if len(table.rows) < ROWS:
        return
    columns = [column for column in table.columns if can_be_asked(column)]
    for column in sorted(columns, key=lambda each: fraction("list", place, each)):
        descending = fraction("list", place, column, "most") < 0.5
        for down in (descending, not descending):
            top = top_row(table, column, descending=down)
            if top is None or not _can_be_named(top) or (label := _name_column(top)) is None:
                continue
            list_, what, whose = quote(place), quote(called_column(table, label)), quote(called_column(table, column))
            most = "highest" if down else "lowest"
            ways = (
                f"Of all that {list_} lists, which {what} has the {most} {whose}?",
                f"Look through {list_}: which {what} has the {most} {whose}?",
            )
            seen = Tops(top.name or "", column, descending=down)
            evidence = f"no row has a {'higher' if down else 'lower'} {whose} than {top.cells[column]}"
            yield Question(ways, top.name or "", seen, evidence, "list+extreme", column)


def _count(place: str, table: TableView, end: Page) -> Iterator[Question]:
    found = counted(end)
    if found is None or found[0] < ROWS or len(table.rows) < ROWS:
        return
    count, said = found
    list_ = quote(place)
    ways = (f"How many rows does {list_} list?", f"In {list_}, how many rows are listed?")
    yield Question(ways, str(count), Counts(count), f"the page shows {said}", "list+count")


def _can_be_named(row: Row) -> bool:
    """Whether what the row is called can be an answer."""
    return row.name is not None and is_answer(row.name) and len(row.name.split()) <= FEW_WORDS


def _name_column(row: Row) -> str | None:
    """The column that holds what a row is called, if it can be said."""
    found = [column for column, value in row.cells.items() if fold(value).startswith(fold(row.name or "-"))]
    return found[0] if len(found) == 1 and can_be_asked(found[0]) else None
