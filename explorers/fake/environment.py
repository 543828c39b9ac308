"""The shop as an environment: what acting in it does.

It has a list that can be searched and sorted, a page for each article, a form with a checkbox and a list, a button that
does nothing and one that breaks. Faults can be asked for, so that what comes after a dead device can be tested.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal, assert_never
from urllib.parse import quote, urlsplit

from explorers.fake.pages import HOST, ShopPage, elements_of
from explorers.fake.screen import HEIGHT, LINE, WIDTH, ShopElement, box_of, draw, tree_of
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
    Key,
    LongPress,
    MiddleClick,
    NewTab,
    OnWeb,
    Open,
    Point,
    Reload,
    RightClick,
    Scroll,
    ScrollTo,
    Select,
    Stop,
    Type,
    Upload,
    Wait,
    point_of,
)
from schemas.errors import DeviceLost, DeviceUnavailable, UnsupportedAction
from schemas.records import Observation, Outcome, Platform, ScrollPosition, Setting

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)

Fault = Literal["unavailable", "crash", "lost"]


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong: `kind` happens at action number `step` (from 0) of episode number `episode` (from 0).

    "unavailable" happens on `reset` and needs no step.
    """

    kind: Fault
    episode: int = 0
    step: int = 0


class FakeEnvironment:
    """The shop as an environment; every episode begins with a fresh one, at one of its pages, and time is a counter."""

    platform: Platform = "web"
    setting = Setting("fake", "1", WIDTH, HEIGHT, 1.0, "en-US", simulated=True)

    def __init__(self, place: str = "/", *, app: str = HOST, faults: tuple[Faults, ...] = ()) -> None:
        self.app, self.start = app, f"http://{HOST}{place}"
        self._faults = faults
        self._episode = -1
        self._actions = 0
        self._clock = 0
        self._open = False
        self._history: list[ShopPage] = []
        self._at = 0
        self._orders: list[str] = []
        self._crashed = False
        self._notice: str | None = None
        self._focus: str | None = None

    def reset(self) -> Observation:
        """Opens a fresh shop.

        Raises:
            DeviceUnavailable: if that fault was asked for.
        """
        self._episode += 1
        self._actions = 0
        if self._fault("unavailable") is not None:
            raise DeviceUnavailable("the shop is closed, as asked")
        self._history, self._at = [ShopPage(self.start)], 0
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
        tree = tree_of(elements, self._page.scrolled)
        title = next((each.name for each in elements if each.role == "heading"), "")
        return Observation(
            screen=draw(tree),
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
            UnsupportedAction: for what a browser does not have, and what the shop does not.
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
    def _page(self) -> ShopPage:
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
        if not isinstance(action, OnWeb):
            raise UnsupportedAction(f"the shop has no {type(action).__name__}")
        point = point_of(action)
        if point is not None and not _shown(point):
            return Outcome("no target", message="the point is outside the screen")
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
                self._history[self._at] = ShopPage(self._page.location)
            case Home():
                self._go(self.start)
            case Open(location):
                if urlsplit(location).netloc != HOST:
                    return Outcome("refused", message=f"{location} is not on {HOST}")
                self._go(location)
            case Hover() | RightClick() | Wait() | Stop() | Answer():
                pass
            case Drag() | Check() | Upload() | ScrollTo() | NewTab() | FocusTab() | CloseTab():
                raise UnsupportedAction(f"the shop has no {type(action).__name__}")
            case _:
                assert_never(action)
        return Outcome("ok")

    def _press(self, hit: ShopElement | None) -> Outcome:
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

    def _type(self, text: str, hit: ShopElement | None, clear: bool, submit: bool) -> Outcome:
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
        self._history.append(ShopPage(location))
        self._at, self._focus = len(self._history) - 1, None

    def _focused(self) -> ShopElement | None:
        return next((each for each in self._elements() if each.id is not None and each.id == self._focus), None)

    def _hit(self, point: Point) -> ShopElement | None:
        x, y = point.pixel(WIDTH, HEIGHT)
        for each in reversed(self._elements()):
            usable = each.href or each.does or each.options or each.role == "checkbox" or "editable" in each.flags
            if usable and box_of(each, self._page.scrolled).contains(x, y):
                return each
        return None

    def _elements(self) -> list[ShopElement]:
        return elements_of(self._page, orders=self._orders, focus=self._focus)

    def _furthest(self, elements: list[ShopElement]) -> int:
        return max(0, max((each.row for each in elements), default=0) * LINE + 2 * LINE - HEIGHT)


def _shown(point: Point) -> bool:
    x, y = point.pixel(WIDTH, HEIGHT)
    return 0 <= x <= WIDTH and 0 <= y <= HEIGHT
