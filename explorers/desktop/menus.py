"""Menus that are open while their items say that they don't show: those of GTK 2."""

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
