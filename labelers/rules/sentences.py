"""Low-level instructions: what one step did, so that a person could do the same without seeing the recording."""

from typing import assert_never

from labelers.observed.transitions import Transition
from schemas.actions import (
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
)
from schemas.pages import Page, fold, is_name, quote
from schemas.redaction import MASK

_NOUNS = {
    "button": "button",
    "checkbox": "checkbox",
    "columnheader": "column heading",
    "combobox": "list",
    "link": "link",
    "listbox": "list",
    "menuitem": "menu item",
    "menuitemcheckbox": "menu item",
    "menuitemradio": "menu item",
    "option": "option",
    "cell": "cell",
    "gridcell": "cell",
    "heading": "heading",
    "img": "picture",
    "listitem": "item",
    "radio": "option",
    "row": "row",
    "searchbox": "search field",
    "slider": "slider",
    "spinbutton": "number field",
    "switch": "switch",
    "tab": "tab",
    "textbox": "field",
    "treeitem": "item",
}

_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")
"""How elements of one name are told apart that stand in no row: in the order in which they are read."""


_TICKS = {"checkbox": ("Tick", "Untick"), "switch": ("Switch on", "Switch off")}

_ALONE = frozenset({"textbox", "searchbox"})
"""Roles of which the only one on a screen needs no name."""

SIGN_LIMIT = 3
"""Characters of a name without letters and digits."""

TEXT_LIMIT = 400
"""Characters of a sentence."""


class Unnamed(Exception):
    """Why a step gets no low-level instruction."""


def sentence(transition: Transition) -> str:
    """What the step did, as an instruction.

    Raises:
        Unnamed: with the reason, if the element can't be told from others by words.
    """
    if len(said := _said(transition)) > TEXT_LIMIT:
        raise Unnamed("too much was typed for a sentence")
    return said


def _said(transition: Transition) -> str:
    match transition.step.action:
        case Click():
            return f"Click {_element(transition)}."
        case DoubleClick():
            return f"Double-click {_element(transition)}."
        case RightClick():
            return f"Right-click {_element(transition)}."
        case MiddleClick():
            return f"Middle-click {_element(transition)}."
        case LongPress():
            return f"Press and hold {_element(transition)}."
        case Hover():
            return f"Move the pointer over {_element(transition)}."
        case Type(text=text, submit=submit):
            if MASK in text:
                raise Unnamed("a secret was typed")
            if not text.strip():
                raise Unnamed("nothing was typed")
            return f"Type {quote(text)} into {_element(transition)}{' and press Enter' if submit else ''}."
        case Select(option=option, nth=nth):
            if MASK in option:
                raise Unnamed("a secret was chosen")
            if nth is not None:
                raise Unnamed("several options of the list are called so")
            return f"Choose {quote(option)} in {_element(transition)}."
        case Check(checked=checked):
            return f"{_tick(transition, checked=checked)} {_element(transition)}."
        case Upload(files=files):
            if not files:
                raise Unnamed("an upload of nothing has no sentence")
            noun, names = "file" if len(files) == 1 else "files", ", ".join(map(quote, files))
            return f"Give the {noun} {names} to {_element(transition)}."
        case Swipe(start, end):
            return f"Swipe {_direction(start, end)}."
        case Scroll(dy=dy, dx=dx):
            if not (dx or dy):
                raise Unnamed("a scroll has no sentence")
            direction = ("down" if dy > 0 else "up") if dy else ("right" if dx > 0 else "left")
            return f"Scroll {direction}."
        case Key(keys=keys):
            return f"Press {keys}."
        case Back() if transition.step.platform == "desktop":
            return "Press Escape."
        case Back():
            return "Go back to the previous page."
        case Forward():
            return "Go forward again."
        case Reload():
            return "Load the page again."
        case Home():
            return "Go to the start page."
        case Open(location=location):
            return f"Open {location}."
        case Wait():
            return "Wait a moment."
        case NewTab(location=None):
            return "Open a new tab."
        case NewTab(location=location):
            return f"Open {location} in a new tab."
        case FocusTab(index=index):
            return f"Go to {_window(transition, index)}."
        case CloseTab():
            return f"Close the {_pane(transition)}."
        case Maximize(maximized=maximized):
            return "Have the window fill the screen." if maximized else "Have the window fill the screen no longer."
        case Invoke(name=name):
            return f"Have {_element(transition)} do {quote(name)}."
        case Rotate(orientation=orientation):
            return f"Hold the device in {orientation}."
        case Drag() | ScrollTo() | MoveWindow() | Stop() | Answer() as other:
            raise Unnamed(f"a {type(other).__name__.lower()} has no sentence")
        case other:
            assert_never(other)


def _pane(transition: Transition) -> str:
    return "window" if transition.step.platform == "desktop" else "tab"


def _window(transition: Transition, index: int) -> str:
    """The tab or window of that index, by its title."""
    before = transition.step.before
    titles = () if before is None else before.windows
    if not 0 <= index < len(titles) or not is_name(titles[index]) or titles.count(titles[index]) > 1:
        raise Unnamed("a focustab on what has no title of its own has no sentence")
    return f"the {_pane(transition)} {quote(titles[index])}"


def _tick(transition: Transition, *, checked: bool) -> str:
    """The verb that brings what was touched into that state."""
    verbs = _TICKS.get(transition.node.role) if transition.node is not None else None
    if verbs is None:
        raise Unnamed("a check of what is no box or switch has no sentence")
    return verbs[0] if checked else verbs[1]


def _direction(start: Point, end: Point) -> str:
    """The way of the finger, by its longer side."""
    if start.x is not None and start.y is not None and end.x is not None and end.y is not None:
        across, down = end.x - start.x, end.y - start.y
    else:  # shares of a width and a height can't be compared
        raise Unnamed("a swipe whose way is not known in pixels has no sentence")
    if abs(across) == abs(down):
        raise Unnamed("a swipe that goes no way by a word has no sentence")
    if abs(across) > abs(down):
        return "right" if across > 0 else "left"
    return "down" if down > 0 else "up"


def _element(transition: Transition) -> str:
    """The element in words that fit no other element on the screen."""
    page, node = transition.before, transition.node
    if page is None or node is None or transition.target is None:
        raise Unnamed("the element is not in the tree")
    noun = _NOUNS.get(node.role)
    if noun is None:
        raise Unnamed(f"a {node.role or 'nameless'} element is no thing that a person would name")
    name = node.name.strip()
    plain = bool(fold(name)) or 0 < len(name) <= SIGN_LIMIT  # a sign, such as the keys of a calculator
    sayable = plain and len(name) <= 80 and MASK not in name
    alike = [
        index
        for index, other in enumerate(page.nodes)
        if other.role == node.role and _same(other.name, name) and other.on_screen and index != transition.target
    ]
    if sayable and not alike:
        return f"the {noun} {quote(name)}"
    if (
        sayable
        and all(page.column_of(index) is None for index in alike)
        and page.column_of(transition.target) is not None
    ):
        return f"the column heading {quote(name)}"
    if not alike and not sayable and node.on_screen and not name and node.role in _ALONE:
        return f"the {noun}"  # there is no other without a name, nor needs it one where it is the only one
    row = _row_name_or_none(page, transition.target)
    if row is None or fold(row) == fold(name) or any(_row_name_or_none(page, index) == row for index in alike):
        return _nth(page, transition.target, noun, name if sayable else "", alike)
    return f"the {noun} {quote(name)} in the row of {quote(row)}" if sayable else f"the {noun} beside {quote(row)}"


def _same(name: str, other: str) -> bool:
    """Whether two names are one to a person; of signs each is its own."""
    return fold(name) == fold(other) if fold(name) or fold(other) else name.strip() == other.strip()


def _nth(page: Page, index: int, noun: str, name: str, alike: list[int]) -> str:
    """Which of the elements of one name it is, in the order in which they are read.

    Raises:
        Unnamed: if it has no name, or too many have it.
    """
    if not name:
        raise Unnamed("the element has no name of its own, or not alone")
    place = sum(other < index for other in alike)
    if page.nodes[index].on_screen and place < len(_ORDINALS):
        return f"the {_ORDINALS[place]} {noun} {quote(name)}"
    raise Unnamed("several elements have that name")


def _row_name_or_none(page: Page, index: int) -> str | None:
    if (place := page.row_of(index)) is not None:
        return place[1].name
    item = page.ancestor(index, frozenset({"listitem"}))
    text = "" if item is None else page.text_of(item)
    return text if is_name(text) else None
