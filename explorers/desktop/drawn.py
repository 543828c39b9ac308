"""What applications draw and tell nothing of, read from the picture: windows without a tree, empty canvases, menus."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from explorers.core.safety.terminals import TERMINAL
from explorers.desktop.accessible import Accessible
from explorers.desktop.display import Window
from explorers.desktop.roles import Role
from explorers.pixels.frames import with_frames
from explorers.pixels.nodes import PIXELS, in_reading_order, nodes_of, rows_of, with_paths
from explorers.pixels.reader import PixelReader, Reading, Word
from schemas.folding import folded
from schemas.records import Box, Flag, Node
from schemas.trees import NODE_LIMIT, clip

LEAST_WIDTH, LEAST_HEIGHT = 64.0, 32.0
"""Pixels of a canvas in which words are looked for."""

BUTTONS_WIDTH, BUTTONS_HEIGHT = 130.0, 50.0
"""Pixels at the upper right corner of a window where toolkits draw its own buttons: to close it, to hide it."""

BAR_HEIGHT, BAR_LINE = 30.0, 8.0
"""Pixels below the upper edge of a window in which its bar of menus lies, and by which the middles of these differ."""

BAR_LEFT = 16.0
"""Pixels by which the word of a menu stands further right than its menu."""

MENU_ROWS = 2
"""Rows of a window above the others that make it a menu; fewer are a hint."""

CANVASES = frozenset(
    {
        Role.CANVAS, Role.DRAWING_AREA, Role.EMBEDDED, Role.LAYERED_PANE, Role.LIST, Role.PANEL, Role.SCROLL_PANE,
        Role.TABLE, Role.TREE, Role.TREE_TABLE, Role.UNKNOWN, Role.VIEWPORT, Role.IMAGE, Role.ANIMATION, Role.CHART,
    }
)  # fmt: skip
"""Roles of what may draw more than it tells."""

_MENUS = frozenset(
    map(
        folded,
        (
            "File", "Edit", "View", "Options", "Help", "Datei", "Bearbeiten", "Ansicht", "Hilfe", "Fichier", "Édition",
            "Affichage", "Aide", "Archivo", "Editar", "Ver", "Ayuda", "Modifica", "Visualizza", "Aiuto", "Arquivo",
            "Exibir", "Ajuda", "Bestand", "Bewerken", "Beeld", "Plik", "Edycja", "Widok", "Pomoc", "Файл", "Правка",
            "Вид", "Справка", "ファイル", "編集", "表示", "ヘルプ", "文件", "编辑", "视图", "帮助",
        ),
    )
)  # fmt: skip
"""What menus of a bar are called; those beside one of them are menus as well."""

_TERMINALS = re.compile(r"term|konsole|rxvt|kitty|alacritty|tilix|guake|yakuake", re.IGNORECASE)
_PROMPT = re.compile(r"(?:>>>|»>|In \[\d+\]:).*|\S*[@:~/]\S*\s?[$#%]")


@dataclass(frozen=True, slots=True)
class Mute:
    """A part of the screen whose application tells nothing of what it draws there.

    Its nodes come at `index` among those of the tree, at that depth below the node whose path is `above`. `covered`
    are the boxes of windows over it, `popup` says that it is a window above the others.
    """

    index: int
    depth: int
    above: str
    box: Box
    covered: tuple[Box, ...] = ()
    window: Window | None = None
    popup: bool = False


def is_canvas(source: Accessible) -> bool:
    """Whether an accessible may draw what it does not tell: one of some size without anything in it that shows."""
    box = source.box
    if source.role not in CANVASES or box is None or box.width < LEAST_WIDTH or box.height < LEAST_HEIGHT:
        return False
    return not any(child.showing and child.role != Role.SCROLL_BAR for child in source.children)


def nodes_in(mute: Mute, pixels: NDArray[np.uint8], reader: PixelReader) -> tuple[list[Node], int]:
    """What is drawn in a part of the screen (height, width, BGRX) as nodes, and how much was not looked at."""
    height, width, _ = pixels.shape
    left, top = max(int(mute.box.x), 0), max(int(mute.box.y), 0)
    right, bottom = min(int(mute.box.x + mute.box.width), width), min(int(mute.box.y + mute.box.height), height)
    if right - left < 4 or bottom - top < 4:
        return [], 0
    reading = reader.read(pixels[top:bottom, left:right, 2::-1])
    moved = _moved(reading, left, top)
    words = [word for word in moved if not any(each.contains(*word.box.centre) for each in mute.covered)]
    if mute.popup:
        return _menu(mute, words), reading.cut
    if mute.window is None:
        return nodes_of(with_frames(words, pixels), depth=mute.depth, above=mute.above), reading.cut
    if _TERMINALS.search(mute.window.program):
        return [_terminal(mute, words)], reading.cut
    words = [word for word in words if not _is_own_button(word, mute.box)]
    nodes = _with_bar(nodes_of(with_frames(words, pixels), depth=mute.depth, above=mute.above), mute.box, mute.covered)
    prompt = _prompt(mute, words)
    return with_paths([*nodes, *([] if prompt is None else [prompt])], mute.above), reading.cut


def inserted(
    nodes: Sequence[Node],
    sources: Sequence[Accessible | None],
    read: Sequence[tuple[int, Sequence[Node]]],
) -> tuple[tuple[Node, ...], tuple[Accessible | None, ...]]:
    """The nodes and their accessibles with those that were read at their places, the places rising."""
    all_nodes, all_sources, at = list[Node](), list[Accessible | None](), 0
    for index, more in read:
        all_nodes += [*nodes[at:index], *more]
        all_sources += [*sources[at:index], *([None] * len(more))]
        at = index
    return (*all_nodes, *nodes[at:])[:NODE_LIMIT], (*all_sources, *sources[at:])[:NODE_LIMIT]


def _moved(reading: Reading, left: int, top: int) -> list[Word]:
    return [replace(word, box=replace(word.box, x=word.box.x + left, y=word.box.y + top)) for word in reading.words]


def _menu(mute: Mute, words: Sequence[Word]) -> list[Node]:
    """A window above the others: a menu that is open, or a hint with nothing to press."""
    path = "drawn-menu" if mute.window is None else f"drawn-menu:nth-of-type({mute.index + 1})"
    rows = rows_of(words, mute.box, depth=mute.depth + 1, above=path)
    if len(rows) < MENU_ROWS:
        return [replace(row, role="text", depth=mute.depth, path=f"{path}>text") for row in rows]
    flags: tuple[Flag, ...] = ("modal", PIXELS)
    return [Node("menu", depth=mute.depth, flags=flags, box=mute.box, path=path), *rows]


def _with_bar(nodes: Sequence[Node], window: Box, over: Sequence[Box] = ()) -> list[Node]:
    """The nodes, those of the window's first line as its menus where they are called as menus are.

    `over` are the boxes of what lies over the window: a menu is open that hangs from where it is called.
    """
    named = [node for node in nodes if node.name and node.box is not None]
    first = min((node.box.centre[1] for node in named if node.box is not None), default=0.0)
    bar = [node for node in named if node.box is not None and node.box.centre[1] - first <= BAR_LINE]
    if first - window.y > BAR_HEIGHT or len(bar) < MENU_ROWS or not any(folded(node.name) in _MENUS for node in bar):
        return list(nodes)
    hanging = [box.x for box in over if 0 < box.y - first <= BAR_HEIGHT]
    return [replace(node, role="menuitem", flags=_menu_flags(node, hanging)) if node in bar else node for node in nodes]


def _menu_flags(node: Node, hanging: Sequence[float]) -> tuple[Flag, ...]:
    """Whether the menu of a bar is open: `hanging` are the left edges of what hangs from the bar."""
    is_open = node.box is not None and any(-4 <= node.box.x - left <= BAR_LEFT for left in hanging)
    return ("expanded", "haspopup", PIXELS) if is_open else ("collapsed", "haspopup", PIXELS)


def _terminal(mute: Mute, words: Sequence[Word]) -> Node:
    assert mute.window is not None
    flags: set[Flag] = {"editable", "multiline", PIXELS}
    if mute.window.active:
        flags.add("focused")
    return Node(
        "textbox",
        "terminal",
        value=clip("\n".join(_lines(words))),
        depth=mute.depth,
        flags=tuple(sorted(flags)),
        box=mute.box,
        field=TERMINAL,
        path=f"{mute.above}>terminal",
    )


def _prompt(mute: Mute, words: Sequence[Word]) -> Node | None:
    """The line at which a window without a tree waits for a command, where its last words say that it does."""
    told = [word for word in in_reading_order(words) if word.text]
    asking = [word for word in told if _PROMPT.fullmatch(word.text)]
    if not asking:
        return None
    last = max(asking, key=lambda word: word.box.y)
    box = Box(last.box.x, last.box.y - 2, mute.box.x + mute.box.width - last.box.x - 8, last.box.height + 4)
    flags: tuple[Flag, ...] = ("editable", PIXELS)
    return Node("textbox", "prompt", clip(last.text), mute.depth, flags, box, field=TERMINAL)


def _lines(words: Sequence[Word]) -> list[str]:
    lines: list[list[Word]] = []
    for word in in_reading_order([word for word in words if word.text]):
        if lines and word.box.x >= lines[-1][-1].box.x and abs(word.box.centre[1] - lines[-1][-1].box.centre[1]) < 8:
            lines[-1].append(word)
        else:
            lines.append([word])
    return [" ".join(word.text for word in line) for line in lines]


def _is_own_button(word: Word, window: Box) -> bool:
    """Whether a sign is one of those that close or hide the window."""
    x, y = word.box.centre
    right, top = window.x + window.width - x, y - window.y
    return right <= BUTTONS_WIDTH and top <= BUTTONS_HEIGHT and len(word.text) <= 1
