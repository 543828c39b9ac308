"""Which of an application's windows is its main one."""

import numpy as np

from explorers.desktop.display import Window, WindowKind
from explorers.desktop.tree import DesktopTree
from explorers.desktop.watch import DesktopLook
from schemas.records import Box, Tree


def _window(id: int, size: int, kind: WindowKind = "normal") -> Window:
    return Window(id, str(id), Box(0.0, 0.0, float(size), 10.0), None, kind, active=False)


def _look(*windows: Window) -> DesktopLook:
    tree = DesktopTree(Tree("atspi", ()), (), None)
    return DesktopLook(np.zeros((1, 1, 4), np.uint8), tree, windows, (), drawn=False)


def test_the_main_window_is_the_one_known_and_else_the_largest_that_is_no_dialog() -> None:
    greeting, small, large = _window(1, 900, "dialog"), _window(2, 100), _window(3, 500)
    assert _look(greeting).main(None) == greeting
    assert _look(small, large, greeting).main(1) == large
    assert _look(small, large, greeting).main(2) == small
    assert _look(greeting, _window(4, 9, "popup")).main(2) == greeting
    assert _look(_window(5, 10, "tooltip")).main(2) is None
