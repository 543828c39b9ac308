"""What a step did, in words: read off the pages before and after, never guessed from the action alone."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from labelers.rules.pages import (
    Page,
    Row,
    TableView,
    fold,
    heading_parts,
    is_identifier,
    is_name,
    page_name,
)
from labelers.rules.readings import Reading
from schemas.actions import Click, Key, Scroll, Select, Type
from schemas.identity import canonical_location
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
    "section",
]

MEANS: frozenset[Kind] = frozenset({"fill", "reveal"})
"""Effects that serve a later one and are nothing to ask for by themselves."""

ARRANGE: frozenset[Kind] = frozenset({"sort", "filter", "search"})
"""Effects on a list that leave one on it."""

_GENERIC = frozenset(
    {"more", "next", "previous", "prev", "here", "home", "back", "edit", "view", "details", "detail", "show", "open"}
    | {"link", "menu", "read more", "see all", "learn more", "click here", "skip to content", "go", "submit", "ok"}
    | {"cancel", "close", "first", "last", "top", "help", "about", "history", "login", "logout", "log in", "log out"}
    | {
        "delete",
        "remove",
        "copy",
        "duplicate",
        "download",
        "sign in",
        "sign out",
        "sign up",
        "settings",
        "all",
        "new",
        "page",
        "up",
        "down",
        "this page",
    }
)
_TURN = re.compile(
    r"^(?:next|previous|prev|older|newer|first|last|\d+|[\u00ab\u00bb\u2039\u203a<>]+)(?: page)?\W*$", re.I
)
_SEARCH = re.compile(r"\b(?:search|find|query|filter|look ?up)\b|^q$|^s$", re.I)
_SAVE = re.compile(
    r"^(?:add|save|create|submit|send|post|publish|apply|update|insert|confirm|done|ok|go|preview)\b", re.I
)
_PRESSABLE = frozenset({"button", "menuitem", "link"})
_MARKED = frozenset({"checkbox", "switch", "menuitemcheckbox", "radio", "menuitemradio"})
_UNSEEN = re.compile(r"[\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]|(?!\s)[\x00-\x1f\x7f-\x9f]")
_RESULTS = frozenset(
    {"link", "cell", "gridcell", "rowheader", "listitem", "heading", "option", "treeitem", "text", "paragraph"}
)


@dataclass(frozen=True, slots=True)
class Fill:
    """A field that was given a value and keeps it, waiting to be sent; `place` tells nameless fields apart."""

    field: str
    role: str
    value: str
    search: bool
    place: str


@dataclass(frozen=True, slots=True)
class Effect:
    """What a step did.

    `phrase` is how one would ask for it, None where it only serves the next. `quotes` are the names that the phrase
    takes from the page it happens on, `evidence` is what was seen that makes it true.
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


def quote(text: str) -> str:
    """The name in quotation marks: white space folded, marks that turn the direction of writing or hide left out."""
    return '"' + re.sub(r"\s+", " ", _UNSEEN.sub("", text)).strip().replace('"', "'") + '"'


def effect_of(reading: Reading, fills: tuple[Fill, ...], site: frozenset[str]) -> Effect | None:
    """What the step did, or None where no rule can tell. `fills` are the fields filled on this page before."""
    before, after = reading.before, reading.after
    if before is None or after is None or reading.change != "content" or new_errors(reading):
        return None
    context = page_name(before, site)
    match reading.step.action:
        case Scroll():
            return Effect("reveal", None, "", context, "the page scrolled")
        case Type(submit=False) | Select():
            fill = fill_of(reading)
            if fill is None:
                return None
            evidence = f"{quote(fill.field)} holds {quote(fill.value)}"
            return Effect("fill", None, fill.field, context, evidence, value=fill.value)
        case Type(submit=True, text=text):
            fill = fill_of(reading)
            return None if fill is None or not text.strip() else _sent(reading, (*fills, fill), None, context)
        case Key(keys="Enter"):
            return _sent(reading, fills, None, context) if fills else None
        case Click():
            return _clicked(reading, fills, context, site)
        case _:
            return None


def fill_of(reading: Reading) -> Fill | None:
    """The field that the step filled, if it has a name and, unless the step also sent it, holds the value."""
    node, action = reading.node, reading.step.action
    if node is None or reading.after is None or not isinstance(action, Type | Select):
        return None
    value = action.text if isinstance(action, Type) else action.option
    if MASK in value:
        return None
    sent = isinstance(action, Type) and action.submit
    if not sent and not any(fold(one.value or "") == fold(value) for one in _alike(node, reading.after)):
        return None
    search = node.role == "searchbox" or node.field == "search" or _SEARCH.search(node.name) is not None
    return Fill(node.name.strip().rstrip(":* ").strip(), node.role, value, search, node.id or node.path or node.name)


def new_errors(reading: Reading) -> tuple[str, ...]:
    """What the page after says is wrong and the page before did not."""
    if reading.after is None:
        return ()
    known = set() if reading.before is None else set(reading.before.errors)
    return tuple(error for error in reading.after.errors if error not in known)


def same_address(reading: Reading) -> bool:
    """Whether the page after has the same path as the page before, whatever its query."""
    places = [
        canonical_location(page.location if page else None).split("?")[0] for page in (reading.before, reading.after)
    ]
    return places[0] == places[1]


def _clicked(reading: Reading, fills: tuple[Fill, ...], context: str | None, site: frozenset[str]) -> Effect | None:
    before, node = reading.before, reading.node
    assert before is not None  # effect_of looked
    if node is None or reading.target is None:
        return None
    if fills and node.role in _PRESSABLE and node.role != "link":
        return _sent(reading, fills, node, context)
    if fills:
        return None
    for rule in (_flag_flipped, _sorted, _filtered, _turned, _opened_record):
        if (effect := rule(reading, node, context)) is not None:
            return effect
    return (
        _related(reading, node, context, site)
        or _opened(reading, node, context)
        or _section(reading, node, context)
        or _dialog(reading, node, context)
    )


def _flag_flipped(reading: Reading, node: Node, context: str | None) -> Effect | None:
    assert reading.after is not None
    name = node.name.strip() or _label_beside(reading)
    if not name or not is_name(name):
        return None
    alike = list(_alike(node, reading.after))
    if len(alike) != 1:
        return None
    now = alike[0]
    if node.role in _MARKED and fold(now.name) != fold(node.name):
        return None  # another item has moved to its place
    if node.role in ("checkbox", "switch", "menuitemcheckbox") and node.has("checked") != now.has("checked"):
        verb = "tick" if now.has("checked") else "untick"
        if _is_sent(reading):
            return None  # of no effect until the form is sent
        return Effect("toggle", f"{verb} {quote(name)}", name, context, f"{quote(name)} is {verb}ed now", (name,))
    if node.role in ("radio", "menuitemradio") and now.has("checked") and not node.has("checked"):
        if _is_sent(reading):
            return None
        return Effect("toggle", f"choose {quote(name)}", name, context, f"{quote(name)} is chosen now", (name,))
    if node.has("collapsed") and now.has("expanded"):
        return Effect("reveal", None, name, context, f"{quote(name)} is expanded now", (name,))
    if node.has("pressed") != now.has("pressed"):
        verb = "switch on" if now.has("pressed") else "switch off"
        return Effect("toggle", f"{verb} {quote(name)}", name, context, f"{quote(name)} changed its state", (name,))
    if node.role in ("tab", "treeitem", "option") and now.has("selected") and not node.has("selected"):
        return Effect("tab", f"switch to {quote(name)}", name, context, f"{quote(name)} is selected now", (name,))
    return None


def _is_sent(reading: Reading) -> bool:
    """Whether the element stands in a form that has a button to send it."""
    page = reading.before
    assert page is not None
    form = page.ancestor(reading.target or 0, frozenset({"form"}))
    if form is None:
        return False
    return any(page.nodes[one].role == "button" for one in page.below(form))


def _sorted(reading: Reading, _node: Node, context: str | None) -> Effect | None:
    """A click in a column's header, and the same columns in another order of rows that really is one."""
    before, after = reading.before, reading.after
    assert before is not None
    assert after is not None
    assert reading.target is not None
    column = before.column_of(reading.target)
    if column is None or is_identifier(column):
        return None
    for old, new in _same_tables(before, after):
        values = new.values(column)
        if column not in new.columns or len(set(values)) < 3 or old.values(column) == values:
            continue
        order = order_of(values)
        if order is not None:
            phrase = f"sort the list by {quote(column)} in {order} order"
            evidence = f"{quote(column)} runs from {quote(values[0])} to {quote(values[-1])}"
            return Effect("sort", phrase, column, context, evidence, (column,), column=column, order=order)
    return None


def _filtered(reading: Reading, node: Node, context: str | None) -> Effect | None:
    """A click on a value, and every row left has it in one column, which was not so before."""
    before, after = reading.before, reading.after
    assert before is not None
    assert after is not None
    if node.role not in _PRESSABLE and node.role != "option":
        return None
    for old, new in _same_tables(before, after):
        if before.row_of(reading.target or 0) is not None and len(new.rows) == 1:
            continue  # a record's own page shows the one row as well
        for column in new.columns:
            values = {fold(value) for value in new.values(column)}
            if len(values) == 1 and (value := new.rows[0].cells.get(column, "")) and fold(value) == fold(node.name):
                if {fold(one) for one in old.values(column)} == values or is_identifier(column):
                    continue
                return _only(column, value, context, (node.name,))
    return None


def _only(column: str, value: str, context: str | None, quotes: tuple[str, ...]) -> Effect:
    phrase = f"show only the rows whose {quote(column)} is {quote(value)}"
    evidence = f"every row that is left has {quote(value)} as its {quote(column)}"
    return Effect("filter", phrase, value, context, evidence, quotes, column=column, value=value)


def _turned(reading: Reading, node: Node, context: str | None) -> Effect | None:
    """Another page of the same list."""
    assert reading.before is not None
    assert reading.after is not None
    if not _TURN.match(node.name.strip()) or node.role not in _PRESSABLE:
        return None
    if not same_address(reading) or reading.before.row_of(reading.target or 0) is not None:
        return None
    for old, new in _same_tables(reading.before, reading.after):
        if {tuple(row.cells.values()) for row in old.rows}.isdisjoint(tuple(row.cells.values()) for row in new.rows):
            return Effect("reveal", None, node.name, context, "another page of the list")
    return None


def _opened_record(reading: Reading, node: Node, context: str | None) -> Effect | None:
    """A link in a row that led to a page about that row."""
    before, after = reading.before, reading.after
    assert before is not None
    assert after is not None
    assert reading.target is not None
    place = before.row_of(reading.target)
    if place is None or node.role != "link" or same_address(reading):
        return None
    table, row = place
    if any(new.columns == table.columns and len(new.rows) > 1 for new in after.tables):
        return None
    own = fold(node.name) == fold(row.name or "") or not is_name(node.name)
    name = row.name if own else node.name.strip()
    if (
        name is None
        or not is_name(name)
        or fold(name) in _GENERIC
        or not _is_about(after, name)
        or not _one_destination(before, node, name, row, table)
    ):
        return None
    if own and not _in_identifying_cell(table, row, node):
        return None
    return Effect(
        "record", f"open the record of {quote(name)}", name, context, f"the page shows {quote(name)}", (name,)
    )


def _is_about(page: Page, name: str) -> bool:
    """Whether a page is about the name: its headings, its title or a field say it, or its table of one row does."""
    wanted = fold(name)
    said = [fold(text) for text in (*page.headings, page.title)]
    said += [fold(page.nodes[index].value or "") for index in page.fields]
    said += [fold(value) for table in page.tables if len(table.rows) == 1 for value in table.rows[0].cells.values()]
    return any(says_words(text, wanted) for text in said)


def _in_identifying_cell(table: TableView, row: Row, node: Node) -> bool:
    """Whether a link in a row stands for the row itself: its id, or its name."""
    return any(
        fold(value) == fold(node.name) and (is_identifier(column) or value == row.name or column == table.columns[0])
        for column, value in row.cells.items()
    )


def _one_destination(page: Page, node: Node, name: str, row: Row, table: TableView) -> bool:
    """Whether the name leads to one place only on this page."""
    if name == row.name:
        return sum(fold(one.name or "") == fold(name) for one in table.rows) == 1
    places = {one.href for one in page.nodes if one.role == "link" and fold(one.name) == fold(name)}
    return len(places) == 1 and node.href is not None


def _related(reading: Reading, node: Node, context: str | None, site: frozenset[str]) -> Effect | None:
    """A link on the page of one thing that led to a list of which every row has that thing in one column."""
    before, after = reading.before, reading.after
    assert before is not None
    assert after is not None
    list_name = page_name(after, site)
    own = [table.rows[0].name for table in before.tables if len(table.rows) == 1]
    if node.role != "link" or len(own) != 1 or own[0] is None or list_name is None or list_name == context:
        return None
    wanted = fold(own[0])
    for table in after.tables:
        if any(old.columns == table.columns and len(old.rows) == len(table.rows) for old in before.tables):
            continue
        for column in table.columns:
            values = {re.sub(r"\s+#?\d+$", "", fold(value)) for value in table.values(column)}
            if values == {wanted}:
                phrase = f"list the rows of {quote(list_name)} whose {quote(column)} is {quote(own[0])}"
                evidence = f"every row of the list has {quote(own[0])} as its {quote(column)}"
                return Effect("related", phrase, list_name, context, evidence, (own[0],), column=column, value=own[0])
    return None


def _opened(reading: Reading, node: Node, context: str | None) -> Effect | None:
    """A link that led to a page which calls itself what the link said."""
    before, after = reading.before, reading.after
    assert before is not None
    assert after is not None
    name = node.name.strip()
    if (
        node.role not in ("link", "menuitem", "tab", "treeitem", "button")
        or not is_name(name)
        or fold(name) in _GENERIC
    ):
        return None
    alike = [one.href for one in before.nodes if one.role == node.role and fold(one.name) == fold(name)]
    if (
        len(set(alike)) > 1
        or (node.href is None and len(alike) > 1)
        or (same_address(reading) and node.role == "link" and before.headings == after.headings)
    ):
        return None
    if before.headings and fold(before.headings[0]) == fold(name):
        return None
    said = what_it_is_called(after, name)
    if said is None or fold(said) in (fold(one) for one in before.headings[:1]):
        return None
    called, heading = said if is_name(said) else name, said
    return Effect("open", f"open {quote(called)}", called, context, f"the page is headed {quote(heading)}", (called,))


def _section(reading: Reading, node: Node, context: str | None) -> Effect | None:
    """A link to a section of the same page: its heading was out of sight and is in sight now."""
    before, after = reading.before, reading.after
    assert before is not None
    assert after is not None
    if node.role != "link" or node.href is None or "#" not in node.href or not same_address(reading):
        return None
    name = node.name.strip()
    hidden = [one for one in before.nodes if one.role == "heading" and fold(one.name) == fold(name)]
    shown = [one for one in after.nodes if one.role == "heading" and fold(one.name) == fold(name) and one.on_screen]
    if not is_name(name) or len(hidden) != 1 or hidden[0].on_screen or len(shown) != 1:
        return None
    phrase = f"go to the section {quote(name)}"
    return Effect("section", phrase, name, context, f"the heading {quote(name)} is in sight now", (name,))


def _dialog(reading: Reading, node: Node, context: str | None) -> Effect | None:
    assert reading.before is not None
    assert reading.after is not None
    opened = [name for name in reading.after.dialogs if name not in reading.before.dialogs and is_name(name)]
    if len(opened) == 1:
        phrase = f"open the dialog {quote(opened[0])}"
        return Effect("dialog", phrase, opened[0], context, f"the dialog {quote(opened[0])} is open", (node.name,))
    closed = [name for name in reading.before.dialogs if name not in reading.after.dialogs and is_name(name)]
    if len(closed) == 1 and not reading.after.dialogs:
        phrase = f"close the dialog {quote(closed[0])}"
        return Effect("dialog", phrase, closed[0], context, f"the dialog {quote(closed[0])} is gone", (closed[0],))
    return None


def _sent(reading: Reading, fills: tuple[Fill, ...], button: Node | None, context: str | None) -> Effect | None:
    """A form that was sent: told by what came of it, a narrower list, results, or the new thing on the page."""
    before, after = reading.before, reading.after
    assert before is not None
    assert after is not None
    typed = [fill for fill in fills if fill.value.strip()]
    if not typed:
        return None
    if (effect := _narrowed(before, after, typed, context)) is not None:
        return effect
    searched = [fill for fill in typed if fill.search or (button is not None and _SEARCH.search(button.name))]
    if len(typed) == len(searched) == 1:
        return _found(before, after, searched[0].value, context)
    return _saved(before, after, typed, button, context)


def _narrowed(before: Page, after: Page, fills: list[Fill], context: str | None) -> Effect | None:
    """Every row left has a value that was entered, in a column that was chosen or is alone in having it."""
    values = {fold(fill.value): fill.value for fill in fills}
    for old, new in _same_tables(before, after):
        for column in new.columns:
            if is_identifier(column):
                continue
            found = {fold(value) for value in new.values(column)}
            if (
                len(found) == 1
                and (only := next(iter(found))) in values
                and {fold(v) for v in old.values(column)} != found
            ):
                others = [fill for fill in fills if fold(fill.value) not in (only, fold(column))]
                if not any(fill.role != "combobox" for fill in others):
                    return _only(column, new.rows[0].cells[column], context, ())
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
    if not hits or not is_name(text) or (after.tables and len(hits) < 0.5 * len(rows)):
        return None
    if [row.cells for table in before.tables for row in table.rows] == [
        r.cells for t in after.tables for r in t.rows
    ] and after.tables:
        return None
    evidence = f"{len(hits)} of {len(rows)} results say {quote(text)}"
    listed = any(_same_tables(before, after))
    context = context if listed else None  # what is searched is the list on this page, or all there is
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
            "add", f"add {quote(new[0].value)}", new[0].value, context, f"{quote(new[0].value)} is in the list now"
        )
    if (
        button is None
        or not _SAVE.match(button.name)
        or not all(map(is_name, names))
        or len({*map(fold, names)}) < len(names)
    ):
        return None
    parts = [f"{quote(fill.field)} to {quote(fill.value)}" for fill in fills]
    listed = parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]
    evidence = f"the page says {quote(new[0].value)} now"
    return Effect(
        "save", f"set {listed}, then press {quote(button.name)}", button.name, context, evidence, tuple(names)
    )


def _says_anew(before: Page, after: Page, text: str) -> Iterator[Node]:
    if len(fold(text)) < 2 or before.texts[fold(text)] >= after.texts[fold(text)]:
        return
    for node in after.nodes:
        if node.role in _RESULTS and fold(node.name) == fold(text):
            yield node


def order_of(values: tuple[str, ...]) -> Literal["ascending", "descending"] | None:
    """Which way the values run, as numbers if all are, else as text; None if neither."""
    numbers = [number(value) for value in values]
    keys: list[float] | list[str]
    keys = (
        [one for one in numbers if one is not None] if None not in numbers else [value.casefold() for value in values]
    )
    pairs = list(itertools.pairwise(keys))
    if all(left <= right for left, right in pairs):  # type: ignore[operator]
        return "ascending"
    return "descending" if all(left >= right for left, right in pairs) else None  # type: ignore[operator]


def number(text: str) -> float | None:
    """The number that a cell holds, with or without separators of thousands and a currency, or None."""
    cleaned = text.strip().replace(",", "").lstrip("$€£")
    return float(cleaned) if re.fullmatch(r"-?\d+(?:\.\d+)?", cleaned) else None


def _same_tables(before: Page, after: Page) -> Iterator[tuple[TableView, TableView]]:
    """Pairs of tables with the same columns on both pages."""
    for old in before.tables:
        for new in after.tables:
            if set(old.columns) & set(new.columns) and len(set(old.columns) ^ set(new.columns)) <= 1:
                yield old, new


def _alike(node: Node, page: Page) -> list[Node]:
    """The same element on another page: by id, else by path and role, else by role and name."""
    by_id = [one for one in page.nodes if node.id is not None and one.id == node.id]
    by_path = [one for one in page.nodes if node.path is not None and one.path == node.path and one.role == node.role]
    by_name = [one for one in page.nodes if one.role == node.role and one.name == node.name]
    return by_id or by_path or by_name


def _label_beside(reading: Reading) -> str:
    """The text of the list item or row that a nameless box stands in."""
    assert reading.before is not None
    assert reading.target is not None
    around = reading.before.ancestor(reading.target, frozenset({"listitem", "row"}))
    return "" if around is None else reading.before.text_of(around)


def what_it_is_called(page: Page, name: str) -> str | None:
    """The name under which one would ask for a page that a link of that name led to, or None if they don't agree.

    They agree if one of the page's first headings, a part of its title or the end of its address is the link's name,
    if a heading says it with at most three more words (`Reports` leads to `Trac Reports`), or if the link says the
    whole heading.
    """
    wanted = fold(name)
    if len(wanted) >= 4 and letters(canonical_location(page.location).split("?")[0].rpartition("/")[2]) == letters(
        name
    ):
        return name
    for heading in (*page.headings[:2], page.title):
        if letters(heading) == letters(name) or wanted in (fold(part) for part in heading_parts(heading)):
            return name
    for heading in page.headings[:1]:
        called = fold(heading)
        if (
            len(wanted) >= 4
            and says_words(singular(called), singular(wanted))
            and len(called.split()) <= len(wanted.split()) + 3
        ):
            return name
        if len(called) >= 8 and len(called.split()) >= 2 and says_words(wanted, called):
            return heading.strip()
    return None


def letters(text: str) -> str:
    """The letters and digits alone: `trac-admin` and `TracAdmin` are one name."""
    return "".join(character for character in text.casefold() if character.isalnum())


def singular(text: str) -> str:
    """The folded text with the plural's s cut from each word: `Products` leads to `Select product to change`."""
    return re.sub(r"(?<=[a-z]{3})s\b", "", text)


def says_words(text: str, words: str) -> bool:
    """Whether the folded text holds the folded words, whole and in that order."""
    return f" {words} " in f" {text} "
