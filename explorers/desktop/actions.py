"""Actions on a desktop: what the record says, done with the keyboard and the mouse of the display."""

import time
from dataclasses import dataclass
from typing import assert_never

from explorers.desktop.markup import plain
from explorers.desktop.scrolling import scroll
from explorers.desktop.session import Session
from explorers.desktop.text_entry import TypingPace, type_text
from explorers.desktop.watch import DesktopLook
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
    Hover,
    Invoke,
    Key,
    LongPress,
    Maximize,
    MiddleClick,
    MoveWindow,
    OnDesktop,
    Point,
    Reload,
    RightClick,
    Scroll,
    Select,
    Stop,
    Type,
    Wait,
    point_of,
)
from schemas.errors import UnsupportedAction
from schemas.records import Outcome

WAIT_LIMIT = 10.0
ACTION_SECONDS = 2.0
"""How long an application may take to answer a question about one of its elements."""

MENU_SECONDS = 0.3
"""How long the pointer rests on what opens a menu: GTK opens one in a menu after 225 ms."""

_OPTION_ROLES = frozenset({"menuitem", "menuitemradio", "menuitemcheckbox", "option", "gridcell", "treeitem"})
OK = Outcome("ok")


@dataclass(frozen=True, slots=True)
class DesktopContext:
    """What an action stands on: the desktop, what was last seen of it, and what is known of the application's pace."""

    session: Session
    look: DesktopLook
    typing: TypingPace


def perform(action: Action, context: DesktopContext) -> Outcome:
    """Does the action without waiting for what it leads to; a point outside the screen is no target.

    Raises:
        UnsupportedAction: for an action that a desktop doesn't have.
    """
    if not isinstance(action, OnDesktop):
        raise UnsupportedAction(f"a desktop has no {type(action).__name__}")
    session, look = context.session, context.look
    place = point_of(action)
    spot = None if place is None else _pixel(place, session)
    if place is not None and spot is None:
        return Outcome("no target", message="the point is outside the screen")
    x, y = spot or (0, 0)
    match action:
        case Click(modifiers=held):
            if held:
                session.keyboard.hold(held, down=True)
            try:
                session.pointer.click(x, y)
            finally:
                if held:
                    session.keyboard.hold(held[::-1], down=False)
        case RightClick() | MiddleClick():
            session.pointer.click(x, y, button="right" if isinstance(action, RightClick) else "middle")
        case DoubleClick():
            session.pointer.click(x, y, times=2)
        case LongPress(seconds=seconds):
            session.pointer.click(x, y, seconds=min(max(seconds, 0.0), WAIT_LIMIT))
        case Hover():
            session.pointer.move(x, y)
            if any(look.tree.tree.nodes[index].has("haspopup") for index in look.tree.at(x, y)):
                time.sleep(MENU_SECONDS)
        case Drag(_, end):
            last = _pixel(end, session)
            if last is None:
                return Outcome("no target", message="the point is outside the screen")
            session.pointer.drag((x, y), last)
        case Key(keys):
            if not session.keyboard.press(keys):
                return Outcome("refused", message=f"no key named {keys[:40]!r}")
        case Type():
            return type_text(session, look, context.typing, action, spot)
        case Scroll(dx, dy):
            return scroll(session, look, dx, dy, spot)
        case Select(option):
            return _select(context, option, (x, y))
        case Check(_, checked):
            return _check(context, checked, (x, y))
        case Invoke(name):
            return _invoke(context, name, (x, y))
        case Back():
            return _back(context)
        case FocusTab(index):
            windows = look.ordinary
            if not 0 <= index < len(windows):
                return Outcome("no target", message=f"there are {len(windows)} windows, and none of index {index}")
            session.windows.focus(windows[index].id)
        case CloseTab():
            if len(look.ordinary) < 2 or look.active is None:
                return Outcome("refused", message="the last window stays open")
            session.windows.close(look.active.id)
        case Maximize(maximized):
            if look.active is None:
                return Outcome("no target", message="no window is open")
            session.windows.maximize(look.active.id, on=maximized)
        case MoveWindow(end):
            corner = _pixel(end, session)
            if look.active is None or corner is None:
                return Outcome("no target", message="no window is open, or the point is outside the screen")
            session.windows.move(look.active.id, *corner)
        case Reload():
            session.restart()
        case Wait(seconds):
            time.sleep(min(max(seconds, 0.0), WAIT_LIMIT))
        case Stop() | Answer():
            pass
        case _:
            assert_never(action)
    return OK


def _pixel(point: Point, session: Session) -> tuple[int, int] | None:
    """The pixel of a point, or None for one outside the screen."""
    x, y = point.pixel(session.width, session.height)
    if not (0 <= x <= session.width and 0 <= y <= session.height):
        return None
    return min(int(x), session.width - 1), min(int(y), session.height - 1)


def _back(context: DesktopContext) -> Outcome:
    """Closes a menu, else a dialog: by Escape, else by its close button; a second main window is left for the first."""
    session, look = context.session, context.look
    if look.popup:
        session.keyboard.press("Escape")
        return OK
    second = look.second(session.main.id)
    if second is None:
        return Outcome("refused", message="nothing is open but the main window")
    if second.kind != "dialog":
        session.windows.focus(session.main.id)
        return OK
    if second.active:
        session.keyboard.press("Escape")
        _, look = session.settled(acted=True)
    if any(window.id == second.id for window in look.windows):
        session.windows.close(second.id)
    return OK


def _check(context: DesktopContext, checked: bool, spot: tuple[int, int]) -> Outcome:
    nodes = context.look.tree.tree.nodes
    boxes = [index for index in context.look.tree.at(*spot) if nodes[index].role in _TICKED]
    if not boxes:
        return Outcome("no target", message="expected a box or a switch, found none there")
    node = nodes[boxes[-1]]
    if (node.has("checked") or node.has("pressed")) != checked:
        context.session.pointer.click(*spot)
    return OK


_TICKED = frozenset({"checkbox", "radio", "switch", "menuitemcheckbox", "menuitemradio", "button"})


def _invoke(context: DesktopContext, name: str, spot: tuple[int, int]) -> Outcome:
    for index in reversed(context.look.tree.at(*spot)):
        source = context.look.tree.sources[index]
        if source is not None and name in source.actions:
            until = time.monotonic() + ACTION_SECONDS
            if context.session.registry.act(source, source.actions.index(name), until=until):
                return OK
            return Outcome("refused", message=f"the application did not do {name[:40]!r}")
    return Outcome("no target", message=f"nothing there offers {name[:40]!r}")


def _select(context: DesktopContext, option: str, spot: tuple[int, int]) -> Outcome:
    """Opens the list at the spot, and clicks the option; one outside the screen is chosen by its accessibility."""
    session, tree = context.session, context.look.tree
    boxes = [index for index in tree.at(*spot) if tree.tree.nodes[index].role in ("combobox", "listbox")]
    if not boxes:
        return Outcome("no target", message="expected a list, found none there")
    node, source = tree.tree.nodes[boxes[-1]], tree.sources[boxes[-1]]
    if node.options and option not in node.options:
        return Outcome("no target", message=f"the list has no {option[:80]!r}")
    if node.role == "combobox":
        session.pointer.click(*spot)
        _, look = session.settled(acted=True)
        tree = look.tree
    options = [
        index
        for index, each in enumerate(tree.tree.nodes)
        if each.role in _OPTION_ROLES and each.name == option and not each.has("covered") and not each.has("offscreen")
    ]
    if options:
        box = tree.tree.nodes[options[-1]].box
        assert box is not None  # it is on the screen
        x, y = (int(part) for part in box.centre)
        if 0 <= x < session.width and 0 <= y < session.height:
            session.pointer.move(x, y)
            session.pump(0.05)  # a list that opened under the pointer wants to see it move
            session.pointer.click(x, y)
            return OK
    item = (
        next((each for each in source.below() if plain(each.name).strip() == option), None)
        if source is not None
        else None
    )
    if item is not None and session.registry.act(item, 0, until=time.monotonic() + ACTION_SECONDS):
        return Outcome("ok", message="chosen by its accessibility: it is not on the screen")
    if node.role == "combobox":
        session.keyboard.press("Escape")
    return Outcome("no target", message=f"the list has no {option[:80]!r}")
