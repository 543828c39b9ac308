"""Windows and what applications tell of them: which accessible is which window, and where it is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from explorers.desktop.accessible import Accessible, Application
from explorers.desktop.display import Window
from explorers.desktop.roles import Role
from schemas.records import Box


@dataclass(slots=True)
class Top:
    """A window with its accessible; either may be missing."""

    accessible: Accessible | None
    window: Window | None


def top_levels(app: Application, windows: Sequence[Window]) -> Iterable[Top]:
    """The windows that an application tells, each with the display's window that it is, where there is one."""
    assert app.root is not None
    free = [window for window in windows if window.pid in (None, app.pid)]
    for top in app.root.children:
        if not top.showing:
            continue
        fitting = [window for window in free if window.kind != "popup" and window.title == top.name]
        if len(fitting) != 1 and top.box is not None:
            near = [window for window in fitting or free if _same_place(window.box, top.box)]
            fitting = near or fitting
        window = fitting[-1] if fitting else None
        if window is not None:
            free.remove(window)
        if window is not None and _is_relative(top.box, window.box):
            _put(top, window.box)
        if top.role == Role.TOOL_TIP or (window is not None and window.kind == "tooltip"):
            continue  # it comes and goes with the pointer
        yield Top(top, window)


def _is_relative(accessible: Box | None, window: Box) -> bool:
    """Whether an application tells its boxes from the corner of its window on, as GTK 4 does, and not of the screen."""
    if accessible is None or _same_place(window, accessible) or (accessible.x, accessible.y) != (0, 0):
        return False
    return abs(accessible.width - window.width) < 80 and abs(accessible.height - window.height) < 80


def _put(top: Accessible, window: Box) -> None:
    """Puts the boxes of a window and of what is in it where the window is: their middles are one, shadows or not."""
    assert top.box is not None
    x, y = window.centre[0] - top.box.centre[0], window.centre[1] - top.box.centre[1]
    for node in top.below():
        if node.box is not None:
            node.box = Box(node.box.x + x, node.box.y + y, node.box.width, node.box.height)


def _same_place(window: Box, accessible: Box) -> bool:
    """Whether they are the same window: with or without what the window manager draws around it, or a shadow."""
    (x, y), (accessible_x, accessible_y) = window.centre, accessible.centre
    return abs(x - accessible_x) < 40 and abs(y - accessible_y) < 40 and abs(window.width - accessible.width) < 80
