"""A small shop in memory that behaves like a website: for tests and notebooks, without a browser.

It has a list that can be searched and sorted, a page for each article, a form with a checkbox and a list, a button that
does nothing and one that breaks. Faults can be asked for, so that what comes after a dead device can be tested.
"""

import io
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Literal, assert_never
from urllib.parse import parse_qs, quote, urlsplit

from PIL import Image, ImageDraw

from schemas.actions import (
    Action,
    Answer,
    Back,
    Check,
    Click,
    CloseTab,
    DoubleClick,
    Drag,
    FocusTab,
    Forward,
    Home,
    Hover,
    Invoke,
    Key,
    LongPress,
    Maximize,
    MiddleClick,
    MoveWindow,
    NewTab,
    Open,
    Point,
    Reload,
    RightClick,
    Rotate,
    Scroll,
    ScrollTo,
    Select,
    Stop,
    Swipe,
    Type,
    Upload,
    Wait,
    point_of,
)
from schemas.errors import DeviceLost, DeviceUnavailable, UnsupportedAction
from schemas.records import (
    Box,
    Flag,
    Node,
    Observation,
    Outcome,
    Platform,
    Screen,
    ScrollPosition,
    Setting,
    Tree,
)
from schemas.redaction import redact_tree

WIDTH, HEIGHT, LINE = 480, 240, 24
HOST = "shop.example"
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)

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

Fault = Literal["unavailable", "crash", "lost"]


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong: `kind` happens at action number `step` (from 0) of episode number `episode` (from 0).

    "unavailable" happens on `reset` and needs no step.
    """

    kind: Fault
    episode: int = 0
    step: int = 0


@dataclass(slots=True)
class _Element:
    """A node on its way to the screen, and what using it does."""

    role: str
    name: str = ""
    value: str | None = None
    flags: tuple[Flag, ...] = ()
    depth: int = 0
    href: str | None = None
    does: str | None = None
    level: int | None = None
    field: str | None = None
    options: tuple[str, ...] = ()
    column: str | None = None
    id: str | None = None
    x: float = 10
    width: float = 0
    row: int = -1


@dataclass(slots=True)
class _Page:
    """One entry of the history: a location and what was entered there."""

    location: str
    entered: dict[str, str] = field(default_factory=dict)
    scrolled: int = 0


class FakeEnvironment:
    """The shop as an environment; every episode begins with a fresh one, and time is a counter."""

    def __init__(self, *, faults: tuple[Faults, ...] = ()) -> None:
        self._faults = faults
        self._episode = -1
        self._actions = 0
        self._clock = 0
        self._open = False
        self._history: list[_Page] = []
        self._at = 0
        self._orders: list[str] = []
        self._crashed = False
        self._notice: str | None = None
        self._focus: str | None = None

    @property
    def platform(self) -> Platform:
        """The kind of interface that it imitates."""
        return "web"

    @property
    def app(self) -> str:
        """The host of the shop."""
        return HOST

    @property
    def start(self) -> str:
        """The shop's first page."""
        return f"http://{HOST}/"

    @property
    def setting(self) -> Setting:
        """The imitated screen."""
        return Setting("fake", "1", WIDTH, HEIGHT, 1.0, "en-US", simulated=True)

    def reset(self) -> Observation:
        """Opens a fresh shop.

        Raises:
            DeviceUnavailable: if that fault was asked for.
        """
        self._episode += 1
        self._actions = 0
        if self._fault("unavailable") is not None:
            raise DeviceUnavailable("the shop is closed, as asked")
        self._history, self._at = [_Page(self.start)], 0
        self._orders, self._notice, self._focus = [], None, None
        self._open, self._crashed = True, False
        return self.observe()

    def observe(self) -> Observation:
        """What is seen now.

        Raises:
            DeviceLost: if there was no `reset`, or that fault was asked for.
        """
        self._require()
        self._clock += 1
        time = EPOCH + timedelta(seconds=self._clock)
        notice, self._notice = self._notice, None
        if self._crashed:
            return Observation(None, None, self._page.location, None, (), None, time, notice="the page crashed")
        elements = self._elements()
        tree = self._tree(elements)
        title = next((each.name for each in elements if each.role == "heading"), "")
        return Observation(
            screen=_draw(tree),
            tree=tree,
            location=self._page.location,
            title=title,
            windows=(title,),
            scroll=ScrollPosition(0, self._page.scrolled, 0, self._furthest(elements)),
            time=time,
            content_type="text/html",
            can_go_back=self._at > 0,
            notice=notice,
        )

    def act(self, action: Action) -> Outcome:
        """Does the action.

        Raises:
            UnsupportedAction: for a swipe, a drag or a turn of the screen.
            DeviceLost: if that fault was asked for.
        """
        self._require()
        step, self._actions = self._actions, self._actions + 1
        if self._fault("lost", step) is not None:
            self._open = False
            raise DeviceLost("the shop burned down, as asked")
        if self._crashed or self._fault("crash", step) is not None:
            self._crashed = True
            return Outcome("crashed", message="the page crashed, as asked")
        return replace(self._do(action), settle="quiet 0")

    def close(self) -> None:
        """Closes the shop; may be called twice."""
        self._open = False

    # ---- inside

    @property
    def _page(self) -> _Page:
        return self._history[self._at]

    def _require(self) -> None:
        if not self._open:
            raise DeviceLost("no shop is open: reset comes first")

    def _fault(self, kind: Fault, step: int = 0) -> Faults | None:
        for fault in self._faults:
            if fault.kind == kind and fault.episode == self._episode and (kind == "unavailable" or fault.step == step):
                return fault
        return None

    def _do(self, action: Action) -> Outcome:
        point = point_of(action)
        hit = None if point is None else self._hit(point)
        match action:
            case Click() | DoubleClick() | MiddleClick() | LongPress():
                return self._press(hit)
            case Type(text, place, clear, submit):
                return self._type(text, hit if place is not None else self._focused(), clear, submit)
            case Select(option):
                if hit is None or option not in hit.options or "disabled" in hit.flags:
                    return Outcome("no target", message=f"no option named {option!r} there")
                self._page.entered[hit.id or ""] = option
            case Key(keys):
                if keys == "Enter" and self._focused() is not None:
                    self._submit()
            case Scroll(_, dy):
                most = self._furthest(self._elements())
                self._page.scrolled = int(min(max(self._page.scrolled + dy, 0), most))
            case Back() | Forward():
                wanted = self._at + (-1 if isinstance(action, Back) else 1)
                if not 0 <= wanted < len(self._history):
                    return Outcome("refused", message="the history has no page there")
                self._at, self._focus = wanted, None
            case Reload():
                self._history[self._at] = _Page(self._page.location)
            case Home():
                self._go(self.start)
            case Open(location):
                if urlsplit(location).netloc != HOST:
                    return Outcome("refused", message=f"{location} is not on {HOST}")
                self._go(location)
            case Hover() | RightClick() | Wait() | Stop() | Answer():
                pass
            case Check() | Upload() | ScrollTo() | NewTab() | FocusTab() | CloseTab():
                pass
            case Maximize() | MoveWindow() | Invoke():
                pass
            case Swipe() | Drag() | Rotate():
                raise UnsupportedAction(f"the shop has no {type(action).__name__.lower()}")
            case _:
                assert_never(action)
        return Outcome("ok")

    def _press(self, hit: _Element | None) -> Outcome:
        if hit is None or "disabled" in hit.flags:
            return Outcome("ok", message="nothing is there that can be pressed")
        self._focus = hit.id
        if hit.href is not None:
            self._go(hit.href)
        elif hit.role == "checkbox":
            ticked = self._page.entered.get(hit.id or "") == "yes"
            self._page.entered[hit.id or ""] = "" if ticked else "yes"
        elif hit.does == "submit":
            self._submit()
        elif hit.does == "break":
            self._notice = "alert: Something went wrong"
        return Outcome("ok")

    def _type(self, text: str, hit: _Element | None, clear: bool, submit: bool) -> Outcome:
        if hit is None or "editable" not in hit.flags:
            return Outcome("no target", message="expected an editable field, found none")
        self._focus = hit.id
        old = "" if clear else self._page.entered.get(hit.id or "", "")
        self._page.entered[hit.id or ""] = old + text
        if submit:
            self._submit()
        return Outcome("ok")

    def _submit(self) -> None:
        entered, path = self._page.entered, urlsplit(self._page.location).path
        if path == "/":
            self._go(f"http://{HOST}/?search={quote(entered.get('search', ''))}")
        elif path == "/order":
            if not entered.get("name"):
                self._notice = "alert: A name is required"
                return
            self._orders.append(entered["name"])
            self._go(f"http://{HOST}/orders")

    def _go(self, location: str) -> None:
        del self._history[self._at + 1 :]
        self._history.append(_Page(location))
        self._at, self._focus = len(self._history) - 1, None

    def _focused(self) -> _Element | None:
        return next((each for each in self._elements() if each.id is not None and each.id == self._focus), None)

    def _hit(self, point: Point) -> _Element | None:
        x = point.x if point.x is not None else (point.fx or 0) * WIDTH
        y = point.y if point.y is not None else (point.fy or 0) * HEIGHT
        for each in reversed(self._elements()):
            usable = each.href or each.does or each.options or each.role == "checkbox" or "editable" in each.flags
            if usable and _box(each, self._page.scrolled).contains(x, y):
                return each
        return None

    def _furthest(self, elements: list[_Element]) -> int:
        return max(0, max((each.row for each in elements), default=0) * LINE + 2 * LINE - HEIGHT)

    # ---- the pages

    def _elements(self) -> list[_Element]:
        parts = urlsplit(self._page.location)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        elements = [
            _Element("navigation"),
            *_line(
                _Element("link", "Shop", depth=1, href=f"http://{HOST}/"),
                _Element("link", "Order", depth=1, href=f"http://{HOST}/order", x=90),
                _Element("link", "Orders", depth=1, href=f"http://{HOST}/orders", x=170),
            ),
        ]
        match parts.path:
            case "/":
                elements += self._list(query)
            case "/order":
                elements += self._form()
            case "/orders":
                elements += [_Element("heading", f"{len(self._orders)} orders", level=1), _Element("list")]
                elements += [_Element("listitem", f"Order of {name}", depth=1) for name in self._orders]
            case path if path.startswith("/articles/") and path[10:].isdigit() and int(path[10:]) < len(ARTICLES):
                name, kind, price = ARTICLES[int(path[10:])]
                elements += [
                    _Element("heading", name, level=1),
                    _Element("text", f"Kind: {kind}"),
                    _Element("text", f"Price: {price} euro"),
                    _Element("button", "Rate", does="nothing", id="rate"),
                    _Element("button", "Preview", does="break", id="preview"),
                    _Element("button", "Sold out", flags=("disabled",), does="submit", id="sold"),
                ]
            case _:
                elements.append(_Element("heading", "Not found", level=1))
        return _placed(elements)

    def _list(self, query: dict[str, str]) -> list[_Element]:
        search, order = query.get("search", "").casefold(), query.get("sort")
        rows = [(number, *row) for number, row in enumerate(ARTICLES) if search in " ".join(row).casefold()]
        if order in ("name", "kind"):
            rows.sort(key=lambda row: row[1 if order == "name" else 2])
        elif order == "price":
            rows.sort(key=lambda row: int(row[3]))
        entered = self._page.entered
        elements = [
            _Element("heading", f"{len(rows)} articles", level=1),
            _Element("search"),
            *_line(
                self._text_field("search", "Search articles", entered, depth=1, kind="search"),
                _Element("button", "Search", depth=1, does="submit", id="go", x=330, field="submit"),
            ),
            _Element("table", "Articles"),
            _Element("row", depth=1),
        ]
        heads = []
        for number, column in enumerate(("Name", "Kind", "Price")):
            x = 10.0 + 150 * number
            heads.append(_Element("columnheader", column, depth=2, x=x, width=140))
            heads.append(
                _Element(
                    "link", column, depth=3, x=x, href=f"http://{HOST}/?sort={column.lower()}", id=f"sort-{column}"
                )
            )
        elements += _line(*heads)
        for number, name, kind, price in rows:
            elements.append(_Element("row", depth=1))
            elements += _line(
                _Element("cell", name, depth=2, column="Name", width=140),
                _Element("link", name, depth=3, href=f"http://{HOST}/articles/{number}"),
                _Element("cell", kind, depth=2, column="Kind", x=160, width=140),
                _Element("cell", price, depth=2, column="Price", x=310, width=140),
            )
        return elements

    def _form(self) -> list[_Element]:
        entered = self._page.entered
        return [
            _Element("heading", "Order", level=1),
            _Element("form"),
            self._text_field("name", "Name", entered, depth=1, kind="text"),
            self._text_field("code", "Password", entered, depth=1, kind="password"),
            _Element(
                "combobox",
                "Shipping",
                depth=1,
                value=entered.get("shipping", SHIPPING[0]),
                options=SHIPPING,
                id="shipping",
                width=160,
            ),
            _Element(
                "checkbox",
                "Gift wrap",
                depth=1,
                flags=("checked",) if entered.get("gift") == "yes" else (),
                id="gift",
                field="checkbox",
            ),
            _Element("button", "Place it", depth=1, does="submit", id="place", field="submit"),
        ]

    def _text_field(self, id: str, name: str, entered: dict[str, str], *, depth: int, kind: str) -> _Element:
        flags: list[Flag] = ["editable"]
        if self._focus == id:
            flags.append("focused")
        if kind == "password":
            flags.append("password")
        role = "searchbox" if kind == "search" else "textbox"
        value = entered.get(id, "")
        return _Element(role, name, value, tuple(flags), depth, field=kind, id=id, width=300)

    def _tree(self, elements: list[_Element]) -> Tree:
        nodes = []
        for each in elements:
            box = _box(each, self._page.scrolled)
            seen = box.y + box.height > 0 and box.y < HEIGHT
            flags = each.flags if seen else (*each.flags, "offscreen")
            nodes.append(
                Node(
                    role=each.role,
                    name=each.name,
                    value=each.value,
                    depth=each.depth,
                    flags=tuple(sorted(flags)),
                    box=box,
                    level=each.level,
                    field=each.field,
                    options=each.options,
                    column=each.column,
                    href=each.href,
                    id=each.id,
                    path=f"#{each.id}" if each.id else f"{each.role}[{each.row}]",
                )
            )
        return redact_tree(Tree("fake", tuple(nodes)))


def _line(*elements: _Element) -> list[_Element]:
    """Elements that share a line of the screen: all but the first take no new one."""
    for each in elements[1:]:
        each.row = -2
    return list(elements)


def _placed(elements: list[_Element]) -> list[_Element]:
    row = -1
    for each in elements:
        if each.role in ("navigation", "search", "form", "table", "row", "list"):
            each.row = row + 1  # the line of what it holds first
            each.width = WIDTH - 20
            continue
        if each.row != -2:
            row += 1
        each.row = row
        each.width = each.width or 8.0 * len(each.name) + 8
    return elements


def _box(element: _Element, scrolled: int) -> Box:
    return Box(element.x, element.row * LINE + 6 - scrolled, element.width, LINE - 4)


def _draw(tree: Tree) -> Screen:
    image = Image.new("RGB", (WIDTH, HEIGHT), "white")
    pen = ImageDraw.Draw(image)
    for node in tree.nodes:
        if node.box is None or "offscreen" in node.flags:
            continue
        x, y = node.box.x, node.box.y
        if node.role in ("button", "textbox", "searchbox", "combobox", "checkbox"):
            pen.rectangle((x, y, x + node.box.width, y + node.box.height), outline="black")
        text = f"{'[x]' if node.has('checked') else '[ ]'} {node.name}" if node.role == "checkbox" else node.name
        if node.role in ("textbox", "searchbox", "combobox"):
            text = node.value or node.name
        if node.role not in ("table", "navigation", "form"):
            pen.text((x + 4, y + 4), text.encode("ascii", "replace").decode(), "blue" if node.href else "black")
    data = io.BytesIO()
    image.save(data, "PNG", compress_level=1)
    return Screen(data.getvalue(), WIDTH, HEIGHT, "png")
