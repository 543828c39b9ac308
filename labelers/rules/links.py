"""Where a link led: to the page that it names, the record of its row, a section, a dialog, the rows of a record."""

import re

from labelers.rules.effects import MARKUP, Clicked, Effect
from schemas.identity import canonical_location
from schemas.ordering import arranges
from schemas.page_values import column_words, named_values, same_column, value_node
from schemas.pages import (
    Page,
    Row,
    TableView,
    acts_on_page,
    fold,
    heading_of,
    heading_parts,
    is_identifier,
    is_name,
    page_name,
    quote,
    says_count,
)
from schemas.records import Node
from schemas.screen_conditions import Called, place_of, shown, tells_of

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

_LOOKING = re.compile(r"(?:(?:select|choose|pick|open|show|view|see|browse|go to|all|my|the|your) )+", re.I)
"""Words before the name of a page that only say that one goes there: `View orders`."""
_ITEMS = frozenset({"generic", "listitem", "option"})
_ROWS = frozenset({"row", "listitem"})
_NAMING = frozenset({"rowheader", "heading", "link", "cell"})
_CLOSING = re.compile(
    r"close|close (?:the )?(?:dialog|window|menu|banner)|cancel|dismiss|no,? thanks|got it|not now|skip|later"
    r"|[x\u00d7\u2715\u2716]"
    r"|schließen|abbrechen|fermer|annuler|cerrar|cancelar|chiudi|annulla|sluiten|annuleren|fechar",
    re.I,
)
_CALLS = re.compile(r"(?:full|file|user)?[ _-]?(?:name|title|label|subject|summary|description)|entry|item", re.I)
"""A column that says what its rows are called, and not what of them it is."""

_ICON = re.compile(
    r"^(?:dialog|gtk|emblem|system|document|edit|help|window|view|face|object)-[a-z-]+$|\.(?:svg|png|ico)$"
)
"""What an icon is called, and no dialog."""

_SHORT = 3
"""Letters of a name."""

NO_GOAL = frozenset(
    {"error", "errors", "warning", "warnings", "information", "question", "message", "alert", "notice", "oops"}
    | {"not found", "page not found", "success", "failed", "failure", "fehler", "erreur", "loading", "untitled"}
)
"""Names of what comes up by itself and is nobody's goal."""


def opened_record(click: Clicked) -> Effect | None:
    """A link in a row that led to a page about that row."""
    before, after, node, context = click.before, click.after, click.node, click.context
    place = before.row_of(click.target)
    if place is None or node.role != "link" or click.same_address:
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
    column, evidence = _column_of(click, row, own=own), f"the page shows {quote(name)}"
    if own and column is not None and _CALLS.fullmatch(column) and not _is_of_list(after, column, own=own):
        return None  # what is called so is a row of this list and no page of its own
    if column is not None and not _is_of_list(after, column, own=own):
        if not any(len(new.rows) == 1 for new in after.tables) and not _is_headed(after, name):
            return None  # a record of this list may say in a field what another one is called
        # What the link stands for is no row of this list: an author in a list of books.
        said = called_column(table, column)
        phrase = f"open the {quote(said)} {quote(name)}"
        other = row.name if row.name is not None and fold(row.name) != fold(name) and len(table.rows) > 1 else None
        quotes = (name, column) if other is None else (name, column, other)
        return Effect("record", phrase, name, context, evidence, quotes, column=said, row=other)
    if not own:
        return None  # no heading says what it is to the row
    return Effect("record", f"open the record of {quote(name)}", name, context, evidence, (name,))


def called_column(table: TableView, column: str) -> str:
    """What a person calls the column, if none of the others is called so too."""
    words = column_words(column)
    return words if sum(same_column(other, column) for other in table.columns) == 1 and is_name(words) else column


def _column_of(click: Clicked, row: Row, *, own: bool) -> str | None:
    """The heading of the column of the row's own name, or of the cell that the link stands in, where it can be said."""
    page = click.before
    cell = page.ancestor(click.target, frozenset({"cell", "gridcell", "rowheader"}))
    column = None if cell is None else heading_of(page.nodes[cell].column or "")
    if own:
        column = next((name for name, value in row.cells.items() if value == row.name), None)
    return column if column is not None and is_name(column) else None


def _is_of_list(after: Page, column: str, *, own: bool) -> bool:
    """Whether a page shows a row of the list that has that column: it has the column too, for one row.

    Of a page without such a table it is taken for granted where the link is called like its row.
    """
    singles = [new for new in after.tables if len(new.rows) == 1]
    return any(fold(column) in map(fold, new.columns) for new in singles) if singles else own


def opened_item(click: Clicked) -> Effect | None:
    """A row of a list that led to a page headed by its first words, or to fields that hold them: lists of apps."""
    before, after, node, context = click.before, click.after, click.node, click.context
    around = before.ancestor(click.target, frozenset({"list"}))
    if around is None or node.role not in _ITEMS or any(other.has("modal") for other in after.nodes):
        return None
    if click.same_address and any(other.role == node.role and other.name == node.name for other in after.nodes):
        return None  # the list is still there
    rows = [fold(before.nodes[index].name) for index in before.below(around) if before.nodes[index].role == node.role]
    values = [after.nodes[index].value or "" for index in sorted(after.fields) if after.nodes[index].role == "textbox"]
    for said in (*after.headings[:2], *values):
        wanted = fold(said)
        if (
            len(wanted) < 3
            or wanted in _GENERIC
            or not is_name(said.strip())
            or wanted in [fold(heading) for heading in before.headings]
        ):
            continue
        if (
            f"{fold(node.name)} ".startswith(f"{wanted} ")
            and sum(f"{row} ".startswith(f"{wanted} ") for row in rows) == 1
        ):
            name = said.strip()
            return Effect("record", f"open {quote(name)}", name, context, f"the page shows {quote(name)}", (name,))
    return None


def _is_about(page: Page, name: str) -> bool:
    """Whether a page is about the name: its headings, its title or a field say it, or its table of one row does."""
    wanted = fold(name)
    said = [fold(text) for text in (*page.headings, page.title, *page.held)]
    said += [fold(value) for table in page.tables if len(table.rows) == 1 for value in table.rows[0].cells.values()]
    return any(says_words(text, wanted) for text in said) or tells_of(name, page)


def _is_headed(page: Page, name: str) -> bool:
    """Whether a heading of the page, or a part of it or of the title, is just the name."""
    return shown(Called(name), page)


def _in_identifying_cell(table: TableView, row: Row, node: Node) -> bool:
    """Whether a link in a row stands for the row itself: its id, or its name."""
    return any(
        (fold(value) == fold(node.name) and (is_identifier(column) or value == row.name or column == table.columns[0]))
        or (fold(row.name or "") == fold(node.name) and fold(value).startswith(f"{fold(node.name)} "))
        for column, value in row.cells.items()
    )


def _one_destination(page: Page, node: Node, name: str, row: Row, table: TableView) -> bool:
    """Whether the name leads to one place only on this page."""
    if name == row.name:
        return sum(fold(each.name or "") == fold(name) for each in table.rows) == 1
    places = {link.href for link in page.nodes if link.role == "link" and fold(link.name) == fold(name)}
    return len(places) == 1 and node.href is not None


def opened_entry(click: Clicked) -> Effect | None:
    """A link that led to a page which tells of what it is called: in a heading with more words, or beside values."""
    before, after, node, context = click.before, click.after, click.node, click.context
    name = node.name.strip()
    wanted = fold(name)
    if node.role != "link" or click.same_address or not is_name(name) or len(wanted) < _SHORT or wanted in _GENERIC:
        return None
    places = {
        canonical_location(link.href) for link in before.nodes if link.role == "link" and fold(link.name) == wanted
    }
    headed = [
        each
        for each in after.headings[:2]
        if says_words(fold(each), wanted) and each not in before.headings and not each.strip()[:1].isdecimal()
    ]
    place = before.row_of(click.target)
    is_item = wanted in before.items if place is None else fold(place[1].name or "") == wanted
    if not is_item or wanted in click.menu:
        return None
    if len(places) != 1 or wanted in NO_GOAL or not (headed or tells_of(name, after)) or tells_of(name, before):
        return None
    if any(says_words(fold(each), wanted) for each in before.headings[:2]):
        return None
    return Effect("record", f"open the entry {quote(name)}", name, context, f"the page tells of {quote(name)}", (name,))


def opened_by_row(click: Clicked) -> Effect | None:
    """A link without a name in an item or a row, and the page of what else is said there: a number beside a title."""
    before, after, node, context = click.before, click.after, click.node, click.context
    around = before.ancestor(click.target, _ROWS)
    if node.role != "link" or click.same_address or around is None or before.row_of(click.target) is not None:
        return None
    if is_name(node.name.strip()) and MARKUP.search(node.name) is None and fold(node.name) not in _GENERIC:
        return None
    for at in before.below(around):
        name = before.nodes[at].name.strip().rstrip(".:;,").lstrip("•· ")
        said = fold(name) in before.items and is_name(name) and len(fold(name)) > _SHORT
        if said and before.nodes[at].role in ("text", "link") and tells_of(name, after) and not tells_of(name, before):
            phrase = f"open the entry {quote(name)}"
            return Effect("record", phrase, name, context, f"the page tells of {quote(name)}", (name,))
    return None


def opened_beside(click: Clicked) -> Effect | None:
    """A dialog that tells of the row in which a link or button was pressed, or of what the link is called."""
    before, after, node, context = click.before, click.after, click.node, click.context
    place = before.row_of(click.target)
    if place is None and node.role == "link":
        name = node.name.strip()
        places = {each.href for each in before.nodes if each.role == "link" and each.name == node.name}
        told = len(places) == 1 and not any(fold(name) in fold(each) for each in after.dialogs)
    else:
        name = "" if place is None else place[1].name or ""
        told = node.role in ("link", "button") and not any(is_name(each) for each in after.dialogs)
    if not told or not is_name(name) or not click.same_address:
        return None
    if before.dialogs or len(before.front) < len(before.nodes) or not tells_of(name, after):
        return None
    opened = after.front if len(after.front) < len(after.nodes) else _new_dialog(after)
    if not any(fold(after.nodes[at].name) == fold(name) for at in opened):
        return None
    phrase = f"open the record of {quote(name)}"
    return Effect("record", phrase, name, context, f"the dialog tells of {quote(name)}", (name,))


def _new_dialog(page: Page) -> range:
    """The elements of the one dialog of a page that does not say that it is modal."""
    at = [index for index, node in enumerate(page.nodes) if node.role in ("dialog", "alertdialog")]
    return page.below(at[0]) if len(at) == 1 else range(0)


def opened_labelled(click: Clicked) -> Effect | None:
    """The one link of a value that stands beside a label, and the page of another record that it led to."""
    before, after, node, context = click.before, click.after, click.node, click.context
    name = node.name.strip()
    if node.role != "link" or not name or says_count(name) or click.same_address or before.row_of(click.target):
        return None
    for label, value in named_values(before).items():
        at = value_node(before, label)
        if value != name or at is None or click.target not in (at, *before.below(at)):
            continue
        if not is_name(label) or not named_values(after) or not says_words(_all_said(after), fold(name)):
            return None
        phrase = f"open the {quote(label)} {quote(name)}"
        return Effect("record", phrase, name, context, f"the page shows {quote(name)}", (name,), column=label)
    return None


def _all_said(page: Page) -> str:
    """What the headings, the title and the address of a page say."""
    place = canonical_location(page.location).replace("/", " ")
    return fold(re.sub(r"\W+", " ", " ".join((*page.headings[:2], page.title, place))))


def narrowed(click: Clicked) -> Effect | None:
    """A link to a list of which all that is left says what the link is called, and so does the address."""
    before, after, node, context = click.before, click.after, click.node, click.context
    name, place = node.name.strip(), place_of(after.location)
    list_ = page_name(after, click.site)
    if node.role != "link" or place is None or list_ is None or not is_name(name) or fold(name) in _GENERIC:
        return None
    if before.location is not None and place == place_of(before.location):
        return None
    if not any(fold(value) == fold(name) and not arranges(each) for each, value in place[1]):
        return None
    lists = [table for table in after.tables if table.index in after.front]
    rows = [" ".join(row.cells.values()) for table in lists for row in table.rows]
    if len(lists) != 1 or not all(says_words(fold(re.sub(r"\W+", " ", row)), fold(name)) for row in rows):
        return None
    phrase = f"list what {quote(list_)} has for {quote(name)}"
    evidence = f"each of {len(rows)} rows says {quote(name)}"
    return Effect("narrow", phrase, list_, context, evidence, (name,), value=name)


def related(click: Clicked) -> Effect | None:
    """A link on the page of one thing that led to a list of which every row has that thing in one column."""
    before, after, node, context = click.before, click.after, click.node, click.context
    list_name = page_name(after, click.site)
    own = [table.rows[0].name for table in before.tables if len(table.rows) == 1]
    if node.role != "link" or len(own) != 1 or own[0] is None or list_name is None or list_name == context:
        return None
    if not (before.whole and after.whole):
        return None  # one row, or rows with one value, may be just those on the screen
    wanted = fold(own[0])
    for table in after.tables:
        if any(old.columns == table.columns and len(old.rows) == len(table.rows) for old in before.tables):
            continue
        for column in table.columns:
            values = {re.sub(r"\s+#?\d+$", "", fold(value)) for value in table.values(column)}
            if values == {wanted}:
                said = called_column(table, column)
                phrase = f"list the rows of {quote(list_name)} whose {quote(said)} is {quote(own[0])}"
                evidence = f"every row of the list has {quote(own[0])} as its {quote(column)}"
                return Effect("related", phrase, list_name, context, evidence, (own[0],), column=said, value=own[0])
    return None


def opened(click: Clicked) -> Effect | None:
    """A link that led to a page which calls itself what the link said."""
    before, after, node, context = click.before, click.after, click.node, click.context
    name = node.name.strip()
    if (
        node.role not in ("link", "menuitem", "tab", "treeitem", "button")
        or not is_name(name)
        or fold(name) in _GENERIC
        or fold(name) in NO_GOAL
    ):
        return None
    alike = [other.href for other in before.nodes if other.role == node.role and fold(other.name) == fold(name)]
    if (
        len(set(alike)) > 1
        or (node.href is None and len(alike) > 1)
        or (click.same_address and node.role == "link" and before.headings == after.headings)
    ):
        return None
    if before.headings and fold(before.headings[0]) == fold(name):
        return None
    said = what_it_is_called(after, name)
    if node.role == "button" and before.ancestor(click.target, frozenset({"form"})) is not None:
        return None  # it sends what stands in the form
    if said is None or fold(said) in (fold(heading) for heading in before.headings[:1]):
        return None
    called = said if is_name(said) else name
    return Effect("open", f"open {quote(called)}", called, context, _why_called(after, said), (called,))


def section(click: Clicked) -> Effect | None:
    """A link to a section of the same page: its heading was out of sight and is in sight now."""
    before, after, node, context = click.before, click.after, click.node, click.context
    if node.role != "link" or node.href is None or "#" not in node.href or not click.same_address:
        return None
    name = node.name.strip()
    hidden = [heading for heading in before.nodes if heading.role == "heading" and fold(heading.name) == fold(name)]
    shown = [
        heading
        for heading in after.nodes
        if heading.role == "heading" and fold(heading.name) == fold(name) and heading.on_screen
    ]
    if not is_name(name) or len(hidden) != 1 or hidden[0].on_screen or len(shown) != 1:
        return None
    return Effect("reveal", None, name, context, f"the heading {quote(name)} is in sight now", (name,))


def dialog(click: Clicked) -> Effect | None:
    """A dialog that came up; a menu, and one that went, serve what is pressed next."""
    before, after, node, context = click.before, click.after, click.node, click.context
    if after.shows_menu and not before.dialogs:
        return Effect("reveal", None, node.name, context, "a menu is open", (node.name,))
    opened = [name for name in after.dialogs if name not in before.dialogs and is_name(name)]
    if len(opened) == 1 and not _ICON.search(opened[0]) and fold(opened[0]) not in NO_GOAL and not click.leads_on:
        phrase = f"open the dialog {quote(opened[0])}"
        return Effect("dialog", phrase, opened[0], context, f"the dialog {quote(opened[0])} is open", (node.name,))
    closed = [name for name in before.dialogs if name not in after.dialogs]
    if closed and not after.dialogs and _CLOSING.fullmatch(node.name.strip()) and not click.leads_on:
        return Effect("reveal", None, node.name, context, "a dialog is gone")
    return None


def opened_by_words(click: Clicked) -> Effect | None:
    """Another page whose heading is told by the words of the link and of its row: `Add` beside `Loans`, `Add loan`."""
    before, after, node, context = click.before, click.after, click.node, click.context
    heading = next((each.strip() for each in after.headings[:1]), "")
    if (
        node.role not in ("link", "button", "menuitem")
        or click.same_address
        or not is_name(heading)
        or fold(heading) in NO_GOAL
        or fold(heading) in click.site
        or fold(heading) in [fold(each) for each in before.headings]
        or says_count(heading)
    ):
        return None
    place = before.row_of(click.target)
    around = [] if place is None else [place[1].name or ""]
    if place is None and (item := before.ancestor(click.target, _ROWS)) is not None:
        around = [before.nodes[at].name for at in before.below(item) if before.nodes[at].role in _NAMING][:1]
    own, beside = ({word for text in said for word in singular(fold(text)).split()} for said in ([node.name], around))
    wanted = set(singular(fold(heading)).split())
    same = [other for other in before.nodes if other.role == node.role and fold(other.name) == fold(node.name)]
    if (
        not 2 <= len(wanted) <= 6
        or not wanted <= own | beside
        or not wanted & own
        or (not wanted & beside and (len(same) > 1 or fold(node.name) in _GENERIC))
    ):
        return None
    evidence = f"the page is headed {quote(heading)}"
    return Effect("open", f"open {quote(heading)}", heading, context, evidence, (node.name,))


def what_it_is_called(page: Page, name: str) -> str | None:
    """The name under which one would ask for a page that a link of that name led to, or None if they don't agree.

    They agree if one of the page's first headings, a part of its title or the end of its address is the link's name,
    if a heading says it with at most three more words (`Reports` leads to `Trac Reports`), or if the link says the
    whole heading, alone or after a word such as `View`.
    """
    wanted = fold(name)
    goal = _LOOKING.match(f"{wanted} ")
    rest = wanted[goal.end() :] if goal is not None else ""
    if len(rest) >= 4 and any(singular(fold(heading)) == singular(rest) for heading in page.headings[:1]):
        return page.headings[0].strip()
    if len(wanted) >= 4 and letters(
        canonical_location(page.location).split("?")[0].rstrip("/").rpartition("/")[2]
    ) == letters(name):
        return name
    for heading in (*page.headings[:2], page.title):
        if letters(heading) == letters(name) or wanted in (fold(part) for part in heading_parts(heading)):
            return name
    if wanted in map(fold, page.own_names) and not acts_on_page(name):
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


def _why_called(page: Page, name: str) -> str:
    """Where the page says that name: in a heading as it stands there, or in its address alone."""
    for heading in (*page.headings[:2], page.title):
        if fold(name) in fold(heading) or letters(name) == letters(heading):
            return f"the page is headed {quote(heading)}"
    if fold(name) in map(fold, page.own_names):
        return f"a link to the page itself is called {quote(name)}"
    return f"the address of the page ends with {quote(name)}"


def letters(text: str) -> str:
    """The letters and digits alone: `trac-admin` and `TracAdmin` are one name."""
    return "".join(character for character in text.casefold() if character.isalnum())


def singular(text: str) -> str:
    """The folded text with the plural's s cut from each word: `Products` leads to `Select product to change`."""
    return re.sub(r"(?<=[a-z]{3})s\b", "", text)


def says_words(text: str, words: str) -> bool:
    """Whether the folded text holds the folded words, whole and in that order."""
    return f" {words} " in f" {text} "
