"""What is read of the picture where an application tells nothing."""

from contextlib import closing
from dataclasses import replace
from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray

from explorers.desktop import DesktopEnvironment
from explorers.desktop.accessible import Application
from explorers.desktop.display import Window
from explorers.desktop.drawn import _with_bar
from explorers.desktop.roles import Role
from explorers.desktop.tree import DesktopTree, build_tree, with_drawn
from explorers.pixels import PixelReader, can_read
from explorers.pixels.reader import Reading, Word
from schemas.actions import Click, Key, Type
from schemas.records import Box, Node
from schemas.redaction import KnownSecrets
from tests.explorers.contract import find, middle
from tests.explorers.desktop.test_tree import PID, made, window

PICTURE = np.zeros((480, 640, 4), np.uint8)


class Written:
    """A reader of one text for each size of picture."""

    def __init__(self, *words: tuple[str, float, float]) -> None:
        self._words = words

    def read(self, pixels: NDArray[np.uint8]) -> Reading:  # noqa: ARG002
        return Reading(tuple(Word(text, Box(x, y, 40.0, 12.0), f"{x}-{y}") for text, x, y in self._words))


def drawn(seen: DesktopTree, *words: tuple[str, float, float]) -> list[Node]:
    reader = cast(PixelReader, Written(*words))
    read = with_drawn(seen, PICTURE, reader, KnownSecrets())
    assert len(read.sources) == len(read.tree.nodes)
    assert read.tree.kind == "atspi"
    return list(read.tree.nodes)


def of(*windows: Window) -> DesktopTree:
    return build_tree([], windows, 640, 480, KnownSecrets())


def test_a_window_without_a_tree_holds_what_is_written_in_it_but_its_own_buttons() -> None:
    title, *rest = drawn(of(window("Tool", box=Box(100.0, 50.0, 400.0, 300.0))), ("Open", 10, 20), ("x", 370, 10))
    assert title.role == "window"
    assert [(node.role, node.name, node.depth, node.has("pixels")) for node in rest] == [("generic", "Open", 1, True)]
    assert rest[0].box == Box(110, 70, 40, 12)


def test_what_lies_below_another_window_is_not_read_as_of_the_lower_one() -> None:
    above = window("Above", kind="dialog", box=Box(0.0, 0.0, 80.0, 80.0), id=2)
    nodes = drawn(of(window("Below"), above), ("Yes", 10, 10), ("No", 200, 200))
    assert [(node.name, node.depth) for node in nodes] == [("Below", 0), ("No", 1), ("Above", 0), ("Yes", 1), ("No", 1)]


def test_a_window_of_rows_above_the_others_is_a_menu_and_one_of_one_row_is_a_hint() -> None:
    popup = window("", kind="popup", box=Box(20.0, 30.0, 200.0, 100.0), id=2)
    _, menu, first, second = drawn(of(window("Tool"), popup), ("New", 5, 5), ("Ctrl+N", 150, 5), ("Open", 5, 30))[-4:]
    assert (menu.role, menu.has("modal")) == ("menu", True)
    assert [(row.role, row.name, row.value, row.depth) for row in (first, second)] == [
        ("menuitem", "New", "Ctrl+N", 1),
        ("menuitem", "Open", None, 1),
    ]
    assert drawn(of(window("Tool"), popup), ("Opens a file", 5, 5))[-1].role == "text"


def test_a_menu_that_its_application_tells_is_not_read() -> None:
    item = made(Role.MENU_ITEM, "Open", box=Box(22.0, 40.0, 196.0, 20.0))
    root = made(Role.APPLICATION, "app", made(Role.FRAME, "Main", made(Role.MENU, "File", item)))
    popup = window("", kind="popup", box=Box(20.0, 30.0, 200.0, 100.0), id=2)
    assert build_tree([Application(":1.1", PID, root)], (window(), popup), 640, 480, KnownSecrets()).mute == ()


def test_an_empty_canvas_and_a_window_whose_tree_tells_nothing_are_read() -> None:
    canvas = made(Role.DRAWING_AREA, "", box=Box(0.0, 100.0, 300.0, 100.0))
    button = made(Role.PUSH_BUTTON, "Draw")

    def seen(*inside: object) -> DesktopTree:
        root = made(Role.APPLICATION, "app", made(Role.FRAME, "Main", *inside))  # type: ignore[arg-type]
        return build_tree([Application(":1.1", PID, root)], (window(),), 640, 480, KnownSecrets())

    assert [node.name for node in drawn(seen(canvas, button), ("North", 10, 10))] == ["Main", "North", "Draw"]
    assert [node.name for node in drawn(seen(made(Role.PANEL, "", box=None)), ("7", 10, 90))] == ["Main", "7"]
    assert seen(button).mute == ()


def test_a_terminal_is_one_field_and_a_prompt_in_a_window_is_another() -> None:
    shell = replace(window("root@host", box=Box(0.0, 0.0, 400.0, 300.0)), program="XTerm")
    (_, terminal) = drawn(of(shell), ("$ ls", 0, 0), ("a.txt", 0, 14), ("$", 0, 28))
    assert (terminal.role, terminal.field, terminal.value) == ("textbox", "terminal", "$ ls\na.txt\n$")
    assert terminal.flags == ("editable", "focused", "multiline", "pixels")
    python = drawn(of(window("Shell")), ("Help", 0, 0), (">>>", 0, 40), ("100%", 0, 80), ("%", 80, 80))
    assert [(node.name, node.field) for node in python if node.role == "textbox"] == [("prompt", "terminal")]


@pytest.mark.desktop
def test_without_the_reader_the_first_look_says_so_and_keys_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("environment", "watch"):
        monkeypatch.setattr(f"explorers.desktop.{name}.can_read", lambda: False)
    with closing(DesktopEnvironment("xmessage Ready?")) as environment:
        seen = environment.reset()
        assert "hindtrace[pixels]" in (seen.notice or "")
        assert [node.role for node in seen.nodes] == ["window"]
        assert environment.act(Key("Tab")).result == "ok"
        assert environment.observe().notice is None


@pytest.mark.desktop
@pytest.mark.skipif(not can_read(), reason="rapidocr is not installed: pip install 'hindtrace[pixels]'")
def test_windows_without_a_tree_are_read_pressed_and_typed_into() -> None:
    with closing(DesktopEnvironment("xmessage -buttons yes:0,later:2 Ready?")) as environment:
        seen = environment.reset()
        assert {"yes", "Ready?"} <= {node.name for node in seen.nodes}
        environment.act(Click(middle(find(seen, "generic", "yes"), seen)))
        assert environment.observe().windows == ()
    with closing(DesktopEnvironment("xterm")) as environment:
        seen = environment.reset()
        terminal = find(seen, "textbox", "terminal")
        assert terminal.has("focused")
        environment.act(Type("cat shopping.txt", middle(terminal, seen), submit=True))
        shown = find(environment.observe(), "textbox", "terminal").value or ""
        assert {"bread", "butter", "coffee", "apples"} <= set(shown.splitlines())


def test_a_first_line_that_is_called_as_menus_is_the_bar_of_a_window() -> None:
    window = Box(0.0, 0.0, 600.0, 400.0)
    line = [
        Node("generic", name, box=Box(10.0 + 50 * at, 8.0, 30.0, 12.0)) for at, name in enumerate(("Shell", "Help"))
    ]
    below = Node("generic", "File", box=Box(10.0, 60.0, 30.0, 12.0))
    assert [node.role for node in _with_bar([*line, below], window)] == ["menuitem", "menuitem", "generic"]
    assert [node.role for node in _with_bar([line[0], below], window)] == ["generic", "generic"]
    opened = _with_bar([*line, below], window, [Box(52.0, 28.0, 120.0, 90.0)])
    assert [node.has("expanded") for node in opened] == [False, True, False]
    assert [node.has("collapsed") for node in opened] == [True, False, False]
