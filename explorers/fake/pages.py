"""The shop's pages: what stands on each, by its address and by what was entered there."""

from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from explorers.fake.screen import Element, in_line, placed
from schemas.records import Flag

HOST = "shop.example"
ARTICLES = (
    ("Brass lamp", "lighting", "48"),
    ("Oak table", "furniture", "310"),
    ("Linen curtain", "textiles", "72"),
    ("Reading chair", "furniture", "195"),
    ("Paper lantern", "lighting", "19"),
    ("Wool blanket", "textiles", "88"),
    ("Glass vase", "decoration", "35"),
    ("Desk lamp", "lighting", "64"),
)
SHIPPING = ("- choose -", "post", "courier", "collect")


@dataclass(slots=True)
class Page:
    """One entry of the history: a location and what was entered there."""

    location: str
    entered: dict[str, str] = field(default_factory=dict)
    scrolled: int = 0


def elements_of(page: Page, *, orders: list[str], focus: str | None) -> list[Element]:
    """What stands on a page, from top to bottom."""
    parts = urlsplit(page.location)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    elements = [
        Element("navigation"),
        *in_line(
            Element("link", "Shop", depth=1, href=f"http://{HOST}/"),
            Element("link", "Order", depth=1, href=f"http://{HOST}/order", x=90),
            Element("link", "Orders", depth=1, href=f"http://{HOST}/orders", x=170),
        ),
    ]
    match parts.path:
        case "/":
            elements += _list(query, page.entered, focus)
        case "/order":
            elements += _form(page.entered, focus)
        case "/orders":
            elements += [Element("heading", f"{len(orders)} orders", level=1), Element("list")]
            elements += [Element("listitem", f"Order of {name}", depth=1) for name in orders]
        case path if path.startswith("/articles/") and path[10:].isdigit() and int(path[10:]) < len(ARTICLES):
            name, kind, price = ARTICLES[int(path[10:])]
            elements += [
                Element("heading", name, level=1),
                Element("text", f"Kind: {kind}"),
                Element("text", f"Price: {price} euro"),
                Element("button", "Rate", does="nothing", id="rate"),
                Element("button", "Preview", does="break", id="preview"),
                Element("button", "Sold out", flags=("disabled",), does="submit", id="sold"),
            ]
        case _:
            elements.append(Element("heading", "Not found", level=1))
    return placed(elements)


def _list(query: dict[str, str], entered: dict[str, str], focus: str | None) -> list[Element]:
    search, order = query.get("search", "").casefold(), query.get("sort")
    rows = [(number, *row) for number, row in enumerate(ARTICLES) if search in " ".join(row).casefold()]
    if order in ("name", "kind"):
        rows.sort(key=lambda row: row[1 if order == "name" else 2])
    elif order == "price":
        rows.sort(key=lambda row: int(row[3]))
    elements = [
        Element("heading", f"{len(rows)} articles", level=1),
        Element("search"),
        *in_line(
            _text_field("search", "Search articles", entered, focus, "search"),
            Element("button", "Search", depth=1, does="submit", id="go", x=330, field="submit"),
        ),
        Element("table", "Articles"),
        Element("row", depth=1),
    ]
    heads = []
    for number, column in enumerate(("Name", "Kind", "Price")):
        x = 10.0 + 150 * number
        heads.append(Element("columnheader", column, depth=2, x=x, width=140))
        heads.append(
            Element("link", column, depth=3, x=x, href=f"http://{HOST}/?sort={column.lower()}", id=f"sort-{column}")
        )
    elements += in_line(*heads)
    for number, name, kind, price in rows:
        elements.append(Element("row", depth=1))
        elements += in_line(
            Element("cell", name, depth=2, column="Name", width=140),
            Element("link", name, depth=3, href=f"http://{HOST}/articles/{number}"),
            Element("cell", kind, depth=2, column="Kind", x=160, width=140),
            Element("cell", price, depth=2, column="Price", x=310, width=140),
        )
    return elements


def _form(entered: dict[str, str], focus: str | None) -> list[Element]:
    return [
        Element("heading", "Order", level=1),
        Element("form"),
        _text_field("name", "Name", entered, focus, "text"),
        _text_field("code", "Password", entered, focus, "password"),
        Element(
            "combobox",
            "Shipping",
            depth=1,
            value=entered.get("shipping", SHIPPING[0]),
            options=SHIPPING,
            id="shipping",
            width=160,
        ),
        Element(
            "checkbox",
            "Gift wrap",
            depth=1,
            flags=("checked",) if entered.get("gift") == "yes" else (),
            id="gift",
            field="checkbox",
        ),
        Element("button", "Place it", depth=1, does="submit", id="place", field="submit"),
    ]


def _text_field(id: str, name: str, entered: dict[str, str], focus: str | None, kind: str) -> Element:
    flags: list[Flag] = ["editable"]
    if focus == id:
        flags.append("focused")
    if kind == "password":
        flags.append("password")
    role = "searchbox" if kind == "search" else "textbox"
    value = entered.get(id, "")
    return Element(role, name, value, tuple(flags), depth=1, field=kind, id=id, width=300)
