"""What came of a form that was sent: a narrower list, results, or the new thing on the page."""

import re
from collections.abc import Iterator

from labelers.observed.transitions import Transition
from labelers.rules.effects import SEARCH, Effect, Fill, listed
from labelers.rules.lists import only, same_tables
from schemas.pages import (
    Page,
    fold,
    is_identifier,
    is_name,
    quote,
)
from schemas.records import Node

_SAVE = re.compile(
    r"^(?:add|save|create|submit|send|post|publish|apply|update|insert|confirm|done|ok|go|preview)\b", re.I
)


_RESULTS = frozenset(
    {"link", "cell", "gridcell", "rowheader", "listitem", "heading", "option", "treeitem", "text", "paragraph"}
)


def sent(transition: Transition, fills: tuple[Fill, ...], button: Node | None, context: str | None) -> Effect | None:
    """A form that was sent: told by what came of it, a narrower list, results, or the new thing on the page."""
    before, after = transition.before, transition.after
    assert before is not None
    assert after is not None
    typed = [fill for fill in fills if fill.value.strip()]
    if not typed:
        return None
    searched = [fill for fill in typed if fill.search or (button is not None and SEARCH.search(button.name))]
    if len(typed) == len(searched) == 1:
        return _found(before, after, searched[0].value, context)
    if (effect := _narrowed(before, after, typed, context)) is not None:
        return effect
    return _saved(before, after, typed, button, context)


def _narrowed(before: Page, after: Page, fills: list[Fill], context: str | None) -> Effect | None:
    """Every row left has a value that was entered, in a column that was chosen or is alone in having it."""
    if not after.whole:
        return None  # the rows that were not seen may have other values
    values = {fold(fill.value): fill.value for fill in fills}
    for old, new in same_tables(before, after):
        for column in new.columns:
            if is_identifier(column):
                continue
            left_over = {fold(value) for value in new.values(column)}
            if (
                len(left_over) == 1
                and (left := next(iter(left_over))) in values
                and {fold(v) for v in old.values(column)} != left_over
            ):
                others = [fill for fill in fills if fold(fill.value) not in (left, fold(column))]
                if not any(fill.role != "combobox" for fill in others):
                    return only(column, new.rows[0].cells[column], context, ())
    return None


def _found(before: Page, after: Page, text: str, context: str | None) -> Effect | None:
    """Results that say what was searched for, on a page that changed, and not only in the words that echo the query."""
    wanted = fold(text).split()
    rows = [" ".join(row.cells.values()) for table in after.tables for row in table.rows]
    if not rows:
        rows = [
            node.name for node in after.nodes if node.role in ("link", "listitem") and node.name not in before.texts
        ]
        rows = [row for row in rows if fold(row) not in before.texts]
    hits = [row for row in rows if all(word in fold(row) for word in wanted)]
    # Links around the results are new as well; where hardly any link says it, the search jumped to another page.
    if not hits or not is_name(text) or len(hits) < (0.5 if after.tables else 0.2) * len(rows):
        return None
    if [row.cells for table in before.tables for row in table.rows] == [
        r.cells for t in after.tables for r in t.rows
    ] and after.tables:
        return None
    evidence = f"{len(hits)} of {len(rows)} results say {quote(text)}"
    on_page = any(same_tables(before, after))
    context = context if on_page else None  # what is searched is the list on this page, or all there is
    return Effect("search", f"search for {quote(text)}", text, context, evidence, (), value=text)


def _saved(before: Page, after: Page, fills: list[Fill], button: Node | None, context: str | None) -> Effect | None:
    """What was typed stands on the page now, outside any field, where it did not stand before."""
    typed = [fill for fill in fills if fill.role in ("textbox", "searchbox", "spinbutton")]
    new = [fill for fill in typed if any(_says_anew(before, after, fill.value))]
    if not new or len(new) != len(typed) or any(fill.search for fill in typed):
        return None
    names = [fill.field for fill in fills]
    where = [node.role for node in _says_anew(before, after, new[0].value)]
    if (
        len(fills) == 1
        and (button is None or fold(button.name) in ("add", "create"))
        and {"listitem", "row", "cell"} & {*where}
    ):
        return Effect(
            "add",
            f"add {quote(new[0].value)}",
            new[0].value,
            context,
            f"{quote(new[0].value)} is in the list now",
            value=new[0].value,
        )
    if (
        button is None
        or not _SAVE.match(button.name)
        or not all(map(is_name, names))
        or len({*map(fold, names)}) < len(names)
    ):
        return None
    parts = [f"{quote(fill.field)} to {quote(fill.value)}" for fill in fills]
    evidence = f"the page says {quote(new[0].value)} now"
    return Effect(
        "save",
        f"set {listed(parts)}, then press {quote(button.name)}",
        button.name,
        context,
        evidence,
        tuple(names),
        value=new[0].value,
    )


def _says_anew(before: Page, after: Page, text: str) -> Iterator[Node]:
    if len(fold(text)) < 2 or before.texts[fold(text)] >= after.texts[fold(text)]:
        return
    for node in after.nodes:
        if node.role in _RESULTS and fold(node.name) == fold(text):
            yield node
