"""The shop's pages: what stands on each, by its address and by what was entered there."""

from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from explorers.fake.screen import ShopElement, in_line, placed
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
class ShopPage:
    """One entry of the history: a location and what was entered there."""

    location: str
    entered: dict[str, str] = field(default_factory=dict)
    scrolled: int = 0


def elements_of(page: ShopPage, *, orders: list[str], focus: str | None) -> list[ShopElement]:
    """What stands on a page, from top to bottom."""
    parts = urlsplit(page.location)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    elements = [
        ShopElement("navigation"),
        *in_line(
            ShopElement("link", "Shop", depth=1, href=f"http://{HOST}/"),
            ShopElement("link", "Order", depth=1, href=f"http://{HOST}/order", x=90),
            ShopElement("link", "Orders", depth=1, href=f"http://{HOST}/orders", x=170),
        ),
    ]
    match parts.path:
        case "/":
            elements += _list(query, page.entered, focus)
        case "/order":
            elements += _form(page.entered, focus)
        case "/orders":
            elements += [ShopElement("heading", f"{len(orders)} orders", level=1), ShopElement("list")]
            elements += [ShopElement("listitem", f"Order of {name}", depth=1) for name in orders]
        case path if path.startswith("/articles/") and path[10:].isdigit() and int(path[10:]) < len(ARTICLES):
            name, kind, price = ARTICLES[int(path[10:])]
            elements += [
                ShopElement("heading", name, level=1),
                ShopElement("text", f"Kind: {kind}"),
                ShopElement("text", f"Price: {price} euro"),
                ShopElement("button", "Rate", does="nothing", id="rate"),
                ShopElement("button", "Preview", does="break", id="preview"),
                ShopElement("button", "Sold out", flags=("disabled",), does="submit", id="sold"),
            ]
        case _:
            elements.append(ShopElement("heading", "Not found", level=1))
    return placed(elements)


def _list(query: dict[str, str], entered: dict[str, str], focus: str | None) -> list[ShopElement]:
    search, order = query.get("search", "").casefold(), query.get("sort")
    rows = [(number, *row) for number, row in enumerate(ARTICLES) if search in " ".join(row).casefold()]
    if order in ("name", "kind"):
        rows.sort(key=lambda row: row[1 if order == "name" else 2])
    elif order == "price":
        rows.sort(key=lambda row: int(row[3]))
    elements = [
        ShopElement("heading", f"{len(rows)} articles", level=1),
        ShopElement("search"),
        *in_line(
            _text_field("search", "Search articles", entered, focus, "search"),
            ShopElement("button", "Search", depth=1, does="submit", id="go", x=330, field="submit"),
        ),
        ShopElement("table", "Articles"),
        ShopElement("row", depth=1),
    ]
    heads = []
    for number, column in enumerate(("Name", "Kind", "Price")):
        x = 10.0 + 150 * number
        heads.append(ShopElement("columnheader", column, depth=2, x=x, width=140))
        heads.append(
            ShopElement("link", column, depth=3, x=x, href=f"http://{HOST}/?sort={column.lower()}", id=f"sort-{column}")
        )
    elements += in_line(*heads)
    for number, name, kind, price in rows:
        elements.append(ShopElement("row", depth=1))
        elements += in_line(
            ShopElement("cell", name, depth=2, column="Name", width=140),
            ShopElement("link", name, depth=3, href=f"http://{HOST}/articles/{number}"),
            ShopElement("cell", kind, depth=2, column="Kind", x=160, width=140),
            ShopElement("cell", price, depth=2, column="Price", x=310, width=140),
        )
    return elements


def _form(entered: dict[str, str], focus: str | None) -> list[ShopElement]:
    return [
        ShopElement("heading", "Order", level=1),
        ShopElement("form"),
        _text_field("name", "Name", entered, focus, "text"),
        _text_field("code", "Password", entered, focus, "password"),
        ShopElement(
            "combobox",
            "Shipping",
            depth=1,
            value=entered.get("shipping", SHIPPING[0]),
            options=SHIPPING,
            id="shipping",
            width=160,
        ),
        ShopElement(
            "checkbox",
            "Gift wrap",
            depth=1,
            flags=("checked",) if entered.get("gift") == "yes" else (),
            id="gift",
            field="checkbox",
        ),
        ShopElement("button", "Place it", depth=1, does="submit", id="place", field="submit"),
    ]


def _text_field(id: str, name: str, entered: dict[str, str], focus: str | None, kind: str) -> ShopElement:
    flags: list[Flag] = ["editable"]
    if focus == id:
        flags.append("focused")
    if kind == "password":
        flags.append("password")
    role = "searchbox" if kind == "search" else "textbox"
    value = entered.get(id, "")
    return ShopElement(role, name, value, tuple(flags), depth=1, field=kind, id=id, width=300)
