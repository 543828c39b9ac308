"""What shows while it says that it doesn't: the items of GTK 2's open menus, and the icons of its views."""

from collections.abc import Iterable, Iterator, Sequence

from explorers.desktop.accessible import Accessible, AccessibleState, Application
from explorers.desktop.display import Window
from explorers.desktop.roles import Role
from schemas.records import Box

MENU_DEPTH = 6
"""Menus within each other that are looked into."""

BORDER = 16
"""Pixels between the edge of a menu and its items."""

_OPENS = frozenset({Role.MENU, Role.POPUP_MENU, Role.COMBO_BOX, Role.WINDOW})


def hidden_items(applications: Iterable[Application]) -> list[tuple[Accessible, int]]:
    """What may be in an open menu without saying so: the children of menus none of which shows, with their process."""
    return [
        (item, app.pid)
        for app in applications
        if app.root is not None
        for menu in _shown(app.root)
        if menu.role in _OPENS and not any(item.showing for item in menu.children)
        for item in menu.children
        if item.has(AccessibleState.VISIBLE)
    ]


def hidden_icons(roots: Iterable[Accessible]) -> list[tuple[Accessible, Accessible]]:
    """The icons of views none of which shows, each with its view.

    GTK 2 counts an icon as showing when a view is scrolled; one that was asked for before it had its place says for
    good that it is nowhere.
    """
    return [
        (icon, view)
        for root in roots
        for view in root.below()
        if view.role == Role.LAYERED_PANE and view.showing and not any(icon.showing for icon in view.children)
        for icon in view.children
        if icon.role == Role.ICON and icon.has(AccessibleState.VISIBLE)
    ]


def within(icons: Sequence[tuple[Accessible, Accessible]], boxes: Sequence[Box | None]) -> list[Accessible]:
    """Has those icons show whose middle lies in their view, and returns them."""
    found: list[Accessible] = []
    for (icon, view), box in zip(icons, boxes, strict=True):
        if view.box is None or box is None or box.width <= 1 or box.height <= 1 or not view.box.contains(*box.centre):
            continue
        icon.states |= AccessibleState.SHOWING
        found.append(icon)
    return found


def untold_popups(roots: Iterable[Accessible], popups: Sequence[Window]) -> list[Window]:
    """The windows of menus of which no application shows an item."""
    if not popups:
        return []
    boxes = [node.box for root in roots for node in root.below() if node.showing and node.box is not None]
    return [popup for popup in popups if not any(_spans(box, popup.box) for box in boxes)]


def reveal(
    items: Sequence[tuple[Accessible, int]], boxes: Sequence[Box | None], popups: Sequence[Window]
) -> list[Accessible]:
    """Has those show that lie in a menu's window of their process, and returns them."""
    found: list[Accessible] = []
    for (item, pid), box in zip(items, boxes, strict=True):
        if box is None or box.width <= 1 or box.height <= 1:
            continue
        if any(popup.pid in (None, pid) and _spans(box, popup.box) for popup in popups):
            item.states |= AccessibleState.SHOWING
            found.append(item)
    return found


def _spans(item: Box, popup: Box) -> bool:
    """Whether an item goes from side to side of a menu's window: one of a menu that was closed keeps its old box."""
    left, right = item.x - popup.x, popup.x + popup.width - item.x - item.width
    return 0 <= left <= BORDER and 0 <= right <= BORDER and popup.contains(*item.centre)


def _shown(root: Accessible) -> Iterator[Accessible]:
    """What shows, and the windows of menus, whatever they say."""
    yield from (node for top in root.children for node in top.below() if node.showing or top.role == Role.WINDOW)
