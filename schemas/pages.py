"""Reading a tree as a person reads a page: its heading, its tables and their rows, its fields, its errors."""

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from schemas.identity import canonical_location, stable_text
from schemas.records import Node, Tree
from schemas.trees import TEXT_LIMIT, parents

_TABLES = frozenset({"table", "grid", "treegrid"})
_CELLS = frozenset({"cell", "gridcell", "rowheader"})
_FIELDS = frozenset(
    {"textbox", "searchbox", "combobox", "listbox", "spinbutton", "checkbox", "radio", "switch", "slider"}
)
_NAVIGATION = frozenset({"navigation", "menu", "menubar", "tablist"})
_ITEMS = frozenset({"listitem", "article", "row"})
_SAYING = frozenset({"heading", "link", "text"})
_BOXES = frozenset({"checkbox", "radio", "switch"})
_KEY_COLUMN = re.compile(r"(?:^|[ _-])(?:name|title|label|subject|headline|heading|user ?name|summary)$", re.I)
_ID_COLUMN = re.compile(r"(?:^|[ _-])(?:id|pk|rowid|uuid|guid|key)$|^(?:#|no\.?|nr\.?)$", re.I)
_ERROR = re.compile(
    r"\b(?:error|errors|exception|traceback|not found|forbidden|invalid|denied|failed|failure|unavailable|"
    r"no such|syntax error|bad request|unauthorized|cannot|can't be|couldn't|is required|must be)\b",
    re.I,
)
_ERROR_TITLE = re.compile(r"^(?:4\d\d|5\d\d)\b|\b(?:error|not found|forbidden|bad request|exception|traceback)\b", re.I)
_COUNT = re.compile(
    r"^(?:about |found |showing )?(\d{1,3}(?:[,. ]\d{3}){0,4}|\d{1,15}) "
    r"(row|rows|result|results|item|items|record|records|entry|entries|match|matches|hit|hits)\b",
    re.I,
)
_COUNT_OF = re.compile(r"\b\d+ ?(?:-|\u2013|to|\.\.) ?\d+ (?:out )?of (\d{1,9})\b")
_COUNT_BESIDE = re.compile(r"\((\d{1,9}) (?:rows?|results?|items?|records?|entries|entry|matches|match|hits?)\)", re.I)
COUNT_LIMIT = 200
"""Characters of a sentence that may state a count."""

_BEGINS = re.compile(r"\s*\d+ [^\W\d]")
"""How a heading begins that says how many of something there are."""

_KIN = 3
"""Links that are alike but for the ends of their addresses, from which on they are a list."""

_ACTS = re.compile(r"(?:sort|order|filter|show|hide|view|switch|go|next|previous|first|last)\b.", re.I)

_WIDE = 3
"""Columns of a table in which a row of one cell is none."""

_SEPARATOR = re.compile(r" [|·•\u2013\u2014-] | :: |: ")
_LEADING = re.compile(r"[\W_]+")
_SHOWN = re.compile(r"(?<=\w)\s+\(?\d+ ?[-\u2013\u2014] ?\d+ \w+ \d+\b.*$", re.S)
_SPACE = re.compile(r"\s+")


def fold(text: str) -> str:
    """The text for comparison: no case, no space or punctuation at its ends, single spaces inside."""
    start = _LEADING.match(text)
    end = len(text)
    while end and not text[end - 1].isalnum():  # a regex anchored at the end takes quadratic time on a hostile name
        end -= 1
    return _SPACE.sub(" ", text[start.end() if start else 0 : end]).casefold()


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: the index of its node, the text of its cells by column, and the name that tells it apart.

    `name` is None where no cell does; cells of a column that appears twice are left out.
    """

    index: int
    cells: dict[str, str]
    name: str | None


@dataclass(frozen=True, slots=True)
class TableView:
    """A table on a page: the index of its node, the headings of its columns, its rows in order."""

    index: int
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    def values(self, column: str) -> tuple[str, ...]:
        """The text of a column in every row, the empty text where a row has none."""
        return tuple(row.cells.get(column, "") for row in self.rows)


class Page:
    """A tree with the questions that rules ask of it; every answer is worked out once."""

    def __init__(self, tree: Tree, *, title: str | None, location: str | None) -> None:
        self.tree = tree
        self.title = title or ""
        self.location = location

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The nodes in preorder."""
        return self.tree.nodes

    @property
    def whole(self) -> bool:
        """Whether the tree holds all of the page, and not just what was on the screen or within the limits."""
        return self.tree.cut == 0

    @cached_property
    def parents(self) -> tuple[int | None, ...]:
        """The parent of each node."""
        return parents(self.tree)

    @cached_property
    def _ends(self) -> tuple[int, ...]:
        ends = [len(self.nodes)] * len(self.nodes)
        open_: list[int] = []
        for index, node in enumerate(self.nodes):
            while open_ and self.nodes[open_[-1]].depth >= node.depth:
                ends[open_.pop()] = index
            open_.append(index)
        return tuple(ends)

    def below(self, index: int) -> range:
        """The indexes of the nodes below a node, in preorder."""
        return range(index + 1, self._ends[index])

    @cached_property
    def texts(self) -> Counter[str]:
        """What the page says, folded: the names of all nodes and the values of none, with how often."""
        return Counter(fold(node.name) for node in self.nodes if node.name and node.role != "option")

    @cached_property
    def words(self) -> str:
        """All that the page says as one folded text, for looking a phrase up; fields and options left out."""
        return " ¶ ".join(fold(node.name) for node in self.nodes if node.name and node.role not in _FIELDS | {"option"})

    @cached_property
    def headings(self) -> tuple[str, ...]:
        """The headings, the highest level first, in order within a level."""
        levels = [(node.level or 9, index) for index, node in enumerate(self.nodes) if node.role == "heading"]
        names = (self.nodes[index].name for _, index in sorted(levels) if self.nodes[index].name.strip())
        return tuple(map(self._without_site, names))

    def _without_site(self, heading: str) -> str:
        """A heading without the name of the site, where that stands in it right before the page's: "ShopOrders"."""
        parts = heading_parts(self.title)
        for site in parts:
            rest = heading.removeprefix(site)
            if rest != heading and site[-1:].isalnum() and rest[:1].isalnum():
                own = [part for part in parts if part != site and rest.startswith(part)]
                if own:
                    beside = rest.removeprefix(own[0])
                    return own[0] if beside.startswith(" (") and beside.endswith(")") else rest
        return heading

    @cached_property
    def own_names(self) -> tuple[str, ...]:
        """What links to this very page are called, as menus and paths through a site have them; not of the start."""
        own = canonical_location(self.location)
        if own in ("", "/"):
            return ()
        links = [node for node in self.nodes if node.role == "link" and node.href is not None and "#" not in node.href]
        return tuple(dict.fromkeys(node.name.strip() for node in links if canonical_location(node.href) == own))

    @cached_property
    def tables(self) -> tuple[TableView, ...]:
        """The data tables: those with headings and rows. A table around other tables is layout, and left out."""
        views = (self._table(index) for index, node in enumerate(self.nodes) if node.role in _TABLES)
        return tuple(view for view in views if view is not None)

    @cached_property
    def items(self) -> frozenset[str]:
        """What the items of its lists and the rows of tables without headings say, folded, each that no other says.

        So do cards: links of which several differ in the last part of the address. What stands before the first
        heading, or where one finds one's way, is a menu.
        """
        names: Counter[str] = Counter()
        begin = next((index for index, node in enumerate(self.nodes) if node.role == "heading"), len(self.nodes))
        headed = [self.below(table.index) for table in self.tables]
        for index in range(begin, len(self.nodes)):
            if self.nodes[index].role not in _ITEMS or self.ancestor(index, _NAVIGATION) is not None:
                continue
            if not any(index in below for below in headed):
                names.update({fold(self.nodes[at].name) for at in self.below(index) if self.nodes[at].role in _SAYING})
        return frozenset(name for name, often in names.items() if name and often == 1) | self._cards(begin)

    def _cards(self, begin: int) -> frozenset[str]:
        """What links are called from there on whose addresses differ in nothing but their ends, one address each."""
        led: dict[str, set[str]] = {}
        for index in range(begin, len(self.nodes)):
            node = self.nodes[index]
            if node.role == "link" and node.href is not None and self.ancestor(index, _NAVIGATION) is None:
                led.setdefault(fold(node.name), set()).add(canonical_location(node.href))
        one = {name: address for name, (address, *more) in led.items() if name and not more}
        kin = Counter(address.rpartition("/")[0] for address in one.values())
        kin.pop("", None)  # the parts of a site
        return frozenset(name for name, address in one.items() if kin[address.rpartition("/")[0]] >= _KIN)

    @cached_property
    def front(self) -> range:
        """The elements that are to be dealt with: those of the modal dialog, if one is open, else all."""
        modal = [index for index, node in enumerate(self.nodes) if node.has("modal")]
        return self.below(modal[0]) if len(modal) == 1 else range(len(self.nodes))

    @cached_property
    def errors(self) -> tuple[str, ...]:
        """What the page says is wrong: alerts that speak of an error, and headings or a title that do."""
        alerts = [node.name for node in self.nodes if node.role == "alert" and _ERROR.search(node.name)]
        headings = [name for name in (*self.headings[:2], self.title) if _ERROR_TITLE.search(name)]
        invalid = [f"{node.name} is invalid" for node in self.nodes if node.has("invalid") and node.role in _FIELDS]
        return tuple(alerts + headings + invalid)

    @cached_property
    def dialogs(self) -> tuple[str, ...]:
        """The names of the open dialogs."""
        return tuple(node.name for node in self.nodes if node.role in ("dialog", "alertdialog"))

    @cached_property
    def shows_menu(self) -> bool:
        """Whether the one open dialog has no name and no text: a menu or a list of choices, as phones show them."""
        if self.dialogs != ("",):
            return False
        index = next(index for index, node in enumerate(self.nodes) if node.role in ("dialog", "alertdialog"))
        return not any(self.nodes[below].role in ("text", "heading", "paragraph") for below in self.below(index))

    @cached_property
    def count(self) -> tuple[int, str] | None:
        """How many rows or results the page says it shows, and the sentence; None where it says none, or several."""
        counts = {}
        for node in self.nodes:
            if node.role not in ("heading", "status", "text", "paragraph") or len(node.name) > COUNT_LIMIT:
                continue
            if match := _COUNT.match(node.name) or _COUNT_OF.search(node.name) or _COUNT_BESIDE.search(node.name):
                counts[int(re.sub(r"[,. ]", "", match[1]))] = node.name
        return next(iter(counts.items())) if len(counts) == 1 else None

    def says(self, text: str) -> bool:
        """Whether the page says the text, as a whole name or inside one between word boundaries."""
        folded = fold(text)
        if not folded:
            return False
        return folded in self.texts or re.search(rf"(?<!\w){re.escape(folded)}(?!\w)", self.words) is not None

    def ancestor(self, index: int, roles: frozenset[str]) -> int | None:
        """The nearest node at or above `index` with one of the roles."""
        at: int | None = index
        while at is not None:
            if self.nodes[at].role in roles:
                return at
            at = self.parents[at]
        return None

    def row_of(self, index: int) -> tuple[TableView, Row] | None:
        """The table and row that a node lies in."""
        for table in self.tables:
            if index in self.below(table.index):
                for row in table.rows:
                    if row.index == index or index in self.below(row.index):
                        return table, row
        return None

    def column_of(self, index: int) -> str | None:
        """The heading of the column whose header the node lies in."""
        header = self.ancestor(index, frozenset({"columnheader"}))
        return None if header is None else heading_of(self.text_of(header)) or None

    @cached_property
    def fields(self) -> frozenset[int]:
        """The indexes of the fields."""
        return frozenset(index for index, node in enumerate(self.nodes) if node.role in _FIELDS)

    @property
    def held(self) -> tuple[str, ...]:
        """What its fields hold, in order; none over a list of several, where they hold what that is narrowed by."""
        if any(len(table.rows) > 1 for table in self.tables):
            return ()
        return tuple(self.nodes[index].value or "" for index in sorted(self.fields))

    def text_of(self, index: int) -> str:
        """The name of a node, or what the nodes below it say."""
        if self.nodes[index].name.strip():
            return _SPACE.sub(" ", self.nodes[index].name).strip()
        parts: list[str] = []
        length = 0
        for below in self.below(index):
            parts.append(self.nodes[below].name)
            length += len(parts[-1])
            if length > TEXT_LIMIT:  # lists in lists would say all the page again at each level
                break
        return _SPACE.sub(" ", " ".join(parts)).strip()

    def _heads(self, index: int) -> list[str]:
        """The headings of the first row of a table that has several: those below them head groups of rows."""
        for child in self.below(index):
            if self.nodes[child].role != "row" or self.ancestor(child, _TABLES) != index:
                continue
            if any(self.nodes[at].role in _TABLES for at in self.below(child)):
                return []
            heads = [heading_of(self.text_of(at)) for at in self.below(child) if self.nodes[at].role == "columnheader"]
            if len(heads) > 1 and not any(self.nodes[at].role in _CELLS for at in self.below(child)):
                return heads
        return []

    def _table(self, index: int) -> TableView | None:
        below = self.below(index)
        heads = self._heads(index)
        if not heads and any(self.nodes[child].role in _TABLES for child in below):
            return None
        headers = [heading_of(self.text_of(child)) for child in below if self.nodes[child].role == "columnheader"]
        columns = tuple(name for name in headers if name)
        if heads and not any(self.nodes[child].column for child in below):
            columns = tuple(name for name in heads if name)
        rows = []
        boxed: set[str] = set()
        linked: dict[int, dict[str, str]] = {}
        for child in below:
            if self.nodes[child].role != "row" or self.ancestor(child, _TABLES) != index:
                continue
            cells: dict[str, str] = {}
            doubled: set[str] = set()
            inner = [at for at in self.below(child) if self.nodes[at].role in _CELLS]
            for place, cell in enumerate(inner):
                column = heading_of(self.nodes[cell].column or (heads[place] if len(inner) == len(heads) else ""))
                if self.nodes[cell].role in _CELLS and column:
                    if column in cells:
                        doubled.add(column)
                    cells[column] = self.text_of(cell)
                    links = [self.nodes[at].name.strip() for at in self.below(cell) if self.nodes[at].role == "link"]
                    if links and links[0] and cells[column].startswith(links[0]):
                        linked.setdefault(child, {})[column] = links[0]
                    if any(self.nodes[inner].role in _BOXES for inner in self.below(cell)):
                        boxed.add(column)
            for column in doubled:
                del cells[column]
            if cells and (
                len(inner) > 1 or len(columns) < _WIDE
            ):  # else it is said of the list: that there are no more
                rows.append((child, cells))
        if not columns or not rows:
            return None
        named = tuple(each for each in columns if each not in boxed)
        names = _row_names([cells for _, cells in rows], named, [linked.get(child, {}) for child, _ in rows])
        return TableView(
            index, columns, tuple(Row(child, cells, name) for (child, cells), name in zip(rows, names, strict=True))
        )


def _row_names(rows: list[dict[str, str]], columns: tuple[str, ...], linked: list[dict[str, str]]) -> list[str | None]:
    """What a person would call each row: its cell in the first column that reads like names, if no other row has it.

    Where no column says that it holds names, or it tells few rows apart, what the link is called with which each of
    them begins in a column.
    """
    candidates = [column for column in columns if _KEY_COLUMN.search(column)]
    by_links = _by_links(rows, columns, linked)
    if not candidates:
        if by_links is not None:
            return by_links
        candidates = [column for column in columns if not _ID_COLUMN.search(column)][:2]
    names: list[str | None] = [None] * len(rows)
    for column in candidates:
        values = [row.get(column, "") for row in rows]
        if sum(is_name(value) for value in values) >= max(1, len(values) * 0.6):
            names = _apart(values)
            break
    few = 2 * sum(name is not None for name in names) < len(rows)
    return by_links if few and by_links is not None else names


def _by_links(
    rows: list[dict[str, str]], columns: tuple[str, ...], linked: list[dict[str, str]]
) -> list[str | None] | None:
    """The links with which the cells of the first column begin that tells most rows apart by them."""
    for column in columns:
        links = _apart([links.get(column, "") for links in linked])
        if not _ID_COLUMN.search(column) and sum(name is not None for name in links) >= max(1, len(rows) * 0.8):
            return links
    return None


def _apart(values: list[str]) -> list[str | None]:
    """The values that could be names and come once."""
    often = Counter(fold(value) for value in values)
    return [value if is_name(value) and often[fold(value)] == 1 else None for value in values]


def is_name(text: str) -> bool:
    """Whether the text could be what something is called: some letters, not too long, nothing that moves by itself."""
    if len(text) > 80:
        return False
    letters = sum(character.isalpha() for character in text)
    return letters >= 2 and letters >= len(text.strip()) * 0.4 and stable_text(text) == text.strip()


def is_identifier(column: str) -> bool:
    """Whether a column holds ids and not what a person would ask for."""
    return _ID_COLUMN.search(column) is not None


def heading_of(text: str) -> str:
    """What the header of a column calls it, without how much of the list is shown (`1-20 of 35 pages`)."""
    return _SHOWN.sub("", text)


def says_count(text: str) -> bool:
    """Whether the text begins with a number of rows, results and the like: no name of anything."""
    return _COUNT.match(text.strip()) is not None


def heading_parts(heading: str) -> tuple[str, ...]:
    """The parts of a heading or a title between its colons, dashes and bars."""
    return tuple(part.strip() for part in _SEPARATOR.split(_SPACE.sub(" ", heading)) if part.strip())


def acts_on_page(link: str) -> bool:
    """Whether a link is called by what it does with the page that it is on, which is no name of that page."""
    return _ACTS.match(link) is not None


def page_name(page: Page, site: frozenset[str] = frozenset()) -> str | None:
    """What a person would call the page: its highest heading that is not the site's own name, else its title's part."""
    for heading in (_COUNT_BESIDE.sub("", heading) for heading in page.headings[:3]):
        if fold(heading) not in site and is_name(heading) and not _BEGINS.match(heading):
            return heading.strip()
    if fold(page.title) not in site:
        for part in heading_parts(page.title):
            if fold(part) not in site:
                if is_name(part) and not says_count(part):
                    return part
                break
    own = [name for name in page.own_names if is_name(name) and fold(name) not in site and not acts_on_page(name)]
    return own[0] if own else None


_UNSEEN = re.compile(r"[\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]|(?!\s)[\x00-\x1f\x7f-\x9f]")


def quote(text: str) -> str:
    """The name in quotation marks: white space folded, marks that turn the direction of writing or hide left out."""
    return '"' + re.sub(r"\s+", " ", _UNSEEN.sub("", text)).strip().replace('"', "'") + '"'
