"""What a click did to a list: sorted it, narrowed it, or turned to another page of it."""

import re
from collections.abc import Iterator

from labelers.rules.effects import PRESSABLE, Clicked, Effect
from schemas.ordering import order_of
from schemas.pages import (
    Page,
    TableView,
    fold,
    is_identifier,
    quote,
)

_TURN = re.compile(
    r"^(?:next|previous|prev|older|newer|first|last|\d+|[\u00ab\u00bb\u2039\u203a<>]+)(?: page)?\W*$", re.I
)


def sorted_list(click: Clicked) -> Effect | None:
    """A click in a column's header, and the same columns in another order of rows that really is one."""
    before, after, context = click.before, click.after, click.context
    column = before.column_of(click.target)
    if column is None or is_identifier(column):
        return None
    for old, new in same_tables(before, after):
        values = new.values(column)
        if column not in new.columns or len(set(values)) < 3 or old.values(column) == values:
            continue
        order = order_of(values)
        if order is not None:
            phrase = f"sort the list by {quote(column)} in {order} order"
            evidence = f"{quote(column)} runs from {quote(values[0])} to {quote(values[-1])}"
            return Effect("sort", phrase, column, context, evidence, (column,), column=column, order=order)
    return None


def filtered_list(click: Clicked) -> Effect | None:
    """A click on a value, and every row left has it in one column, which was not so before."""
    before, after, node, context = click.before, click.after, click.node, click.context
    if node.role not in PRESSABLE and node.role != "option":
        return None
    if not after.whole:
        return None  # the rows that were not seen may have other values
    for old, new in same_tables(before, after):
        if before.row_of(click.target) is not None and len(new.rows) == 1:
            continue  # a record's own page shows the one row as well
        for column in new.columns:
            values = {fold(value) for value in new.values(column)}
            if len(values) == 1 and (value := new.rows[0].cells.get(column, "")) and fold(value) == fold(node.name):
                if {fold(value) for value in old.values(column)} == values or is_identifier(column):
                    continue
                return only(column, value, context, (node.name,))
    return None


def only(column: str, value: str, context: str | None, quotes: tuple[str, ...]) -> Effect:
    """The effect of leaving only the rows that have the value in the column."""
    phrase = f"show only the rows whose {quote(column)} is {quote(value)}"
    evidence = f"every row that is left has {quote(value)} as its {quote(column)}"
    return Effect("filter", phrase, value, context, evidence, quotes, column=column, value=value)


def turned(click: Clicked) -> Effect | None:
    """Another page of the same list."""
    before, after, node, context = click.before, click.after, click.node, click.context
    if not is_turn(node.name) or node.role not in PRESSABLE:
        return None
    if not click.same_address or before.row_of(click.target) is not None:
        return None
    for old, new in same_tables(before, after):
        if {tuple(row.cells.values()) for row in old.rows}.isdisjoint(tuple(row.cells.values()) for row in new.rows):
            return Effect("reveal", None, node.name, context, "another page of the list")
    return None


def is_turn(name: str) -> bool:
    """Whether a link of that name turns to another page of a list."""
    return _TURN.match(name.strip()) is not None


def same_tables(before: Page, after: Page) -> Iterator[tuple[TableView, TableView]]:
    """Pairs of tables with the same columns on both pages."""
    for old in before.tables:
        for new in after.tables:
            if set(old.columns) & set(new.columns) and len(set(old.columns) ^ set(new.columns)) <= 1:
                yield old, new
