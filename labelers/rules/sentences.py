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
    "option": "option",
    "radio": "option",
    "searchbox": "search field",
    "spinbutton": "number field",
    "switch": "switch",
    "tab": "tab",
    "textbox": "field",
}


_TICKS = {"checkbox": ("Tick", "Untick"), "switch": ("Switch on", "Switch off")}

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
        case Select(option=option):
            if MASK in option:
                raise Unnamed("a secret was chosen")
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
        case Drag() | ScrollTo() | NewTab() | FocusTab() | CloseTab() as other:
            raise Unnamed(f"a {type(other).__name__.lower()} has no sentence")
        case Maximize() | MoveWindow() | Invoke() | Rotate() | Stop() | Answer() as other:
            raise Unnamed(f"a {type(other).__name__.lower()} has no sentence")
        case other:
            assert_never(other)


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
    sayable = bool(fold(name)) and len(name) <= 80 and MASK not in name
    alike = [
        index
        for index, other in enumerate(page.nodes)
        if other.role == node.role and fold(other.name) == fold(name) and other.on_screen and index != transition.target
    ]
    if sayable and not alike:
        return f"the {noun} {quote(name)}"
    if (
        sayable
        and all(page.column_of(index) is None for index in alike)
        and page.column_of(transition.target) is not None
    ):
        return f"the column heading {quote(name)}"
    row = _row_name(page, transition.target)
    if fold(row) == fold(name) or any(_row_name_or_none(page, index) == row for index in alike):
        raise Unnamed("several elements have that name")
    return f"the {noun} {quote(name)} in the row of {quote(row)}" if sayable else f"the {noun} beside {quote(row)}"


def _row_name(page: Page, index: int) -> str:
    name = _row_name_or_none(page, index)
    if name is None:
        raise Unnamed("the element has no name of its own, or not alone")
    return name


def _row_name_or_none(page: Page, index: int) -> str | None:
    if (place := page.row_of(index)) is not None:
        return place[1].name
    item = page.ancestor(index, frozenset({"listitem"}))
    text = "" if item is None else page.text_of(item)
    return text if is_name(text) else None
