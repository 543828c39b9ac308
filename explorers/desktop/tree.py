"""AT-SPI's accessibles as the tree that all platforms share: ARIA's roles, and only what can be seen."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from explorers.core.safety.terminals import TERMINAL
from explorers.desktop.accessible import Accessible, AccessibleState, Application
from explorers.desktop.bars import scroll_of
from explorers.desktop.display import Window
from explorers.desktop.drawn import Mute, inserted, is_canvas, nodes_in
from explorers.desktop.labels import with_labels
from explorers.desktop.markup import plain
from explorers.desktop.roles import ROLES, Role
from explorers.desktop.tops import Top, top_levels
from explorers.pixels.reader import PixelReader
from schemas.records import Box, Flag, Node, ScrollPosition, Tree
from schemas.redaction import KnownSecrets
from schemas.trees import NODE_LIMIT, OPTION_LIMIT, clip

KIND = "atspi"

_FIELDS = frozenset({Role.TEXT, Role.ENTRY})
_LAYOUTS = frozenset({Role.FILLER, Role.PANEL})

INTERACTIVE = frozenset(
    {
        "button", "checkbox", "combobox", "gridcell", "link", "menuitem", "menuitemcheckbox", "menuitemradio",
        "option", "radio", "slider", "spinbutton", "tab", "textbox", "treeitem",
    }
)  # fmt: skip
_ATOMIC = frozenset({"button", "checkbox", "link", "option", "radio", "spinbutton", "textbox", "menuitemcheckbox"})
"""Their static texts say what they say themselves."""

_NAMED_BY_CONTENT = frozenset({"button", "checkbox", "gridcell", "link", "option", "radio", "treeitem"})
_MENU_ITEMS = frozenset({"menuitem", "menuitemcheckbox", "menuitemradio", "option", "gridcell", "treeitem"})

_LISTS = frozenset(
    {
        Role.DESKTOP_ICON, Role.DESKTOP_FRAME, Role.LAYERED_PANE, Role.LIST, Role.TABLE, Role.TREE, Role.TREE_TABLE,
        Role.LIST_BOX,
    }
)  # fmt: skip

_SILENT = frozenset({Role.SCROLL_BAR, Role.SEPARATOR, Role.ARROW, Role.RULER, Role.ANIMATION})
"""They and what is below them tell nothing: scroll bars are the position of what they scroll."""

_NOWHERE = Box(-1e6, -1e6, 0.0, 0.0)


@dataclass(slots=True)
class DesktopTree:
    """A tree, and what its nodes are on the bus: `sources` has an accessible, or None, for each node.

    `mute` is what applications draw and tell nothing of.
    """

    tree: Tree
    sources: tuple[Accessible | None, ...]
    scroll: ScrollPosition | None
    bars: tuple[Accessible | None, Accessible | None] = (None, None)
    mute: tuple[Mute, ...] = ()

    def at(self, x: float, y: float) -> list[int]:
        """The indexes of the nodes at a pixel that nothing covers, from the outermost inwards."""
        return [
            index
            for index, node in enumerate(self.tree.nodes)
            if node.box is not None
            and node.box.contains(x, y)
            and not node.has("offscreen")
            and not node.has("covered")
        ]


def build_tree(
    applications: Sequence[Application], windows: Sequence[Window], width: int, height: int, known: KnownSecrets
) -> DesktopTree:
    """The tree of what applications show in windows, from the lowest to the topmost; secrets are masked.

    What is `known` grows by those that it holds.
    """
    builder = _Builder(windows, width, height)
    tops = [top for app in applications if app.root is not None for top in top_levels(app, windows)]
    claimed = {top.window.id for top in tops if top.window is not None}
    blank = [Top(None, window) for window in windows if window.id not in claimed and window.kind != "tooltip"]
    order = {window.id: layer for layer, window in enumerate(windows)}
    # A menu that is a window of its own to its application has no window of that name: it is above them all.
    for top in sorted([*tops, *blank], key=lambda top: len(order) if top.window is None else order[top.window.id]):
        builder.add_top(top)
    tree = known.redact_tree(Tree(KIND, tuple(with_labels(builder.nodes)), builder.cut), place=KIND)
    scroll, bars = scroll_of(builder.bars, windows)
    return DesktopTree(tree, tuple(builder.sources), scroll, bars, tuple(builder.mute))


def with_drawn(seen: DesktopTree, pixels: NDArray[np.uint8], reader: PixelReader, known: KnownSecrets) -> DesktopTree:
    """The tree with what is read of the picture (height, width, BGRX) where applications tell nothing."""
    read = [(mute.index, *nodes_in(mute, pixels, reader)) for mute in seen.mute]
    nodes, sources = inserted(seen.tree.nodes, seen.sources, [(index, more) for index, more, _ in read])
    cut = seen.tree.cut + sum(unread for _, _, unread in read)
    return replace(seen, tree=known.redact_tree(Tree(KIND, nodes, cut), place=KIND), sources=sources)


@dataclass(slots=True)
class _Builder:
    windows: Sequence[Window]
    width: int
    height: int
    nodes: list[Node] = field(default_factory=list)
    sources: list[Accessible | None] = field(default_factory=list)
    bars: list[Accessible] = field(default_factory=list)
    mute: list[Mute] = field(default_factory=list)
    cut: int = 0
    _paths: list[str] = field(default_factory=list)
    _counts: list[Counter[str]] = field(default_factory=list)
    _above: list[Box] = field(default_factory=list)

    def add_top(self, top: Top) -> None:
        """Adds a window and what is in it."""
        layer = next((n for n, window in enumerate(self.windows) if top.window is window), len(self.windows))
        self._above = [window.box for window in self.windows[layer + 1 :] if window.kind != "tooltip"]
        mark, muted, window = len(self.nodes), len(self.mute), top.window
        if top.accessible is not None:
            self._add(top.accessible, 0, None, in_menu=False)
            if any(node.role in INTERACTIVE or node.name for node in self.nodes[mark + 1 :]):
                return
            del self.mute[muted:]
        elif window is not None and window.kind != "popup":
            flags: tuple[Flag, ...] = ("focused",) if window.active else ()
            role = "dialog" if window.kind == "dialog" else "window"
            self._emit(Node(role, clip(window.title), flags=self._placed(flags, window.box), box=window.box), None)
        if window is None or (window.kind == "popup" and self._tells(window.box)):
            return
        inside = len(self.nodes) > mark
        self._mute(window.box, 1 if inside else 0, self.nodes[mark].path or "" if inside else "", window)

    # ---- inside

    def _tells(self, popup: Box) -> bool:
        """Whether what is in the window of a menu is told, by the menu that it belongs to."""
        return any(
            node.role in _MENU_ITEMS and node.box is not None and popup.contains(*node.box.centre)
            for node in self.nodes
        )

    def _mute(self, box: Box, depth: int, above: str, window: Window | None = None) -> None:
        popup = window is not None and window.kind == "popup"
        self.mute.append(Mute(len(self.nodes), depth, above, box, tuple(self._above), window, popup))

    def _add(self, source: Accessible, depth: int, parent: Accessible | None, *, in_menu: bool) -> None:
        if not source.showing:
            return
        if source.role in _SILENT:
            if source.role == Role.SCROLL_BAR:
                self.bars.append(source)
            return
        if source.role == Role.PAGE_TAB_LIST:
            self._add_tabs(source, depth, in_menu=in_menu)
            return
        role = _role(source, parent)
        name = _called(source)
        if role is None and name and source.children and source.role in _LAYOUTS:
            role = "group"
        if not name and role in _NAMED_BY_CONTENT:
            name = _content(source)
        if role == "text" or source.role == Role.ICON:
            name = name or plain(source.text or "").strip()
        if role is None or (role == "text" and not name) or (role == "img" and not name and not source.actions):
            self._note_canvas(source, depth)
            self._children(source, depth, in_menu=in_menu)
            return
        in_menu = in_menu or role == "menu" or (role == "menuitem" and source.role == Role.MENU)
        node = self._node(source, role, name, depth, parent, in_menu=in_menu)
        mark = len(self.nodes)
        if not self._emit(node, source):
            return
        if role == "combobox":
            return  # its list is its options
        self._note_canvas(source, depth + 1)
        self._children(source, depth + 1, in_menu=in_menu)
        if role in _ATOMIC:
            self._drop_repeated(mark + 1, source, name)

    def _note_canvas(self, source: Accessible, depth: int) -> None:
        if source.box is not None and is_canvas(source):
            self._mute(source.box, depth, self._paths[depth - 1] if 0 < depth <= len(self._paths) else "")

    def _children(self, source: Accessible, depth: int, *, in_menu: bool) -> None:
        for child in _in_reading_order(source):
            self._add(child, depth, source, in_menu=in_menu)

    def _add_tabs(self, source: Accessible, depth: int, *, in_menu: bool) -> None:
        """The tabs of a list, then what the chosen one shows, which AT-SPI puts below the tab."""
        tabs = [tab for tab in source.children if tab.showing and tab.role == Role.PAGE_TAB]
        shown = [tab for tab in tabs if tab.box is not None and tab.box.width > 0 and tab.box.height > 0]
        if shown:
            name = plain(source.name or source.label).strip()
            if self._emit(self._node(source, "tablist", name, depth, None, in_menu=in_menu), source):
                for tab in shown:
                    self._emit(self._node(tab, "tab", _called(tab), depth + 1, source, in_menu=in_menu), tab)
        for tab in tabs:
            self._children(tab, depth, in_menu=in_menu)
        for other in source.children:
            if other.role != Role.PAGE_TAB:
                self._add(other, depth, source, in_menu=in_menu)

    def _node(
        self, source: Accessible, role: str, name: str, depth: int, parent: Accessible | None, *, in_menu: bool
    ) -> Node:
        value = _value(source, role)
        options: tuple[str, ...] = ()
        field_kind: str | None = "password" if source.role == Role.PASSWORD_TEXT else None
        if role == "combobox":
            options = _options(source)
            value = _chosen(source)
            name = plain(source.label or (source.description if source.name == value else source.name)).strip()
        elif role in ("textbox", "spinbutton", "paragraph", "document"):
            name = plain(source.label or source.name or source.description).strip()
            field_kind = TERMINAL if source.role == Role.TERMINAL else field_kind
        elif role == "button" and source.states & (1 << 39):
            field_kind = "submit"
        box = source.box if source.box is not None and source.box.width > 0 and source.box.height > 0 else None
        flags = self._placed(_flags(source, role), box or _NOWHERE, on_top=in_menu)
        return Node(
            role=role,
            name=clip(name),
            value=None if value is None else clip(value),
            depth=depth,
            flags=flags,
            box=box or _NOWHERE,
            field=field_kind,
            options=tuple(clip(option) for option in options),
            column=_column(source, parent),
            actions=tuple(clip(action, 80) for action in source.actions),
        )

    def _placed(self, flags: Iterable[Flag], box: Box, *, on_top: bool = False) -> tuple[Flag, ...]:
        """The flags, with whether it is outside of the screen or below another window."""
        all_flags = set(flags)
        x, y = box.centre
        if box.x >= self.width or box.y >= self.height or box.x + box.width <= 0 or box.y + box.height <= 0:
            all_flags.add("offscreen")
        elif not on_top and any(above.contains(x, y) for above in self._above):
            all_flags.add("covered")
        return tuple(sorted(all_flags))

    def _emit(self, node: Node, source: Accessible | None) -> bool:
        if len(self.nodes) >= NODE_LIMIT:
            self.cut += 1
            return False
        # A list for each depth: how many of each role there are among siblings, and the path of the last of them.
        del self._counts[node.depth + 1 :], self._paths[node.depth :]
        if len(self._counts) <= node.depth:
            self._counts.append(Counter())
        self._counts[node.depth][node.role] += 1
        own = f"{node.role}:nth-of-type({self._counts[node.depth][node.role]})"
        path = f"{self._paths[-1]}>{own}" if self._paths else own
        self._paths.append(path)
        self.nodes.append(_with_path(node, path))
        self.sources.append(source)
        return True

    def _drop_repeated(self, mark: int, source: Accessible, name: str) -> None:
        """Takes out static texts below an element that only repeat what it is called or holds."""
        said = {name, plain(source.text or "").strip()}
        kept = [
            index
            for index in range(mark, len(self.nodes))
            if not _repeats(self.nodes[index], said) and not (self.nodes[index].role == "text" and not source.name)
        ]
        self.nodes[mark:] = [self.nodes[index] for index in kept]
        self.sources[mark:] = [self.sources[index] for index in kept]
        self.mute = [replace(each, index=min(each.index, len(self.nodes))) for each in self.mute]


def _in_reading_order(source: Accessible) -> list[Accessible]:
    """The children: those of a layout from the top left on, because toolkits list them as they were put there."""
    if source.role not in _LAYOUTS or any(child.box is None for child in source.children if child.showing):
        return source.children
    return sorted(source.children, key=lambda child: (child.box.y // 8, child.box.x) if child.box else (0.0, 0.0))


def _content(source: Accessible) -> str:
    """What is written in an element that has no name of its own."""
    texts = (each.name or each.text or "" for each in source.below() if each.role == Role.LABEL and each.showing)
    return " ".join(plain(text).strip() for text in texts if text.strip())


def _repeats(node: Node, said: set[str]) -> bool:
    return node.role in ("text", "img") and (not node.name or node.name in said)


def _with_path(node: Node, path: str) -> Node:
    object.__setattr__(node, "path", path)  # it was made a moment ago, and nobody has it yet
    return node


def _role(source: Accessible, parent: Accessible | None) -> str | None:
    role = ROLES.get(source.role)
    above = parent.role if parent is not None else 0
    match source.role:
        case Role.MENU if above in (
            Role.MENU,
            Role.MENU_BAR,
            Role.POPUP_MENU,
            Role.PANEL,
        ):  # a submenu is its item, and what opens from it
            return "menuitem"
        case Role.TABLE_CELL if above in (Role.TREE, Role.TREE_TABLE):
            return "treeitem"
        case Role.WINDOW if not source.name:
            return None  # the window of a menu
        case Role.ICON if above not in _LISTS and not source.has(AccessibleState.SELECTABLE):
            return "img"  # GTK's pictures are icons too
    return role


def _flags(source: Accessible, role: str) -> set[Flag]:
    flags: set[Flag] = set()
    textual = role in ("textbox", "spinbutton", "combobox", "gridcell", "document", "paragraph")
    if source.role in (Role.TOGGLE_BUTTON, Role.PUSH_BUTTON_MENU):
        if source.has(AccessibleState.CHECKED) or source.has(AccessibleState.PRESSED):
            flags.add("pressed")
    elif source.has(AccessibleState.CHECKED) and role not in ("window", "dialog"):
        flags.add("checked")
    if source.role == Role.MENU and role == "menuitem":
        open_now = any(child.showing for child in source.children)
        flags |= {"haspopup", "expanded", "modal"} if open_now else {"haspopup", "collapsed"}
    elif role == "menu":
        flags.add("modal")
    elif source.has(AccessibleState.EXPANDABLE) or source.has(AccessibleState.EXPANDED):
        flags.add("expanded" if source.has(AccessibleState.EXPANDED) else "collapsed")
    if source.has(AccessibleState.SELECTED) and role not in ("menuitem", "menu", "menuitemcheckbox", "menuitemradio"):
        flags.add("selected")  # in a menu it is where the pointer is
    if role in INTERACTIVE and not source.has(
        AccessibleState.SENSITIVE | AccessibleState.ENABLED
    ):  # LibreOffice's cells have one of them
        flags.add("disabled")
    if source.has(AccessibleState.MODAL):
        flags.add("modal")
    if source.has(AccessibleState.FOCUSED):
        flags.add("focused")
    editable = source.has(AccessibleState.EDITABLE) and not source.has(AccessibleState.READ_ONLY)
    if role == "combobox":
        editable = any(child.has(AccessibleState.EDITABLE) and child.role in _FIELDS for child in source.children)
    if textual and (editable or source.role == Role.TERMINAL) and "disabled" not in flags:
        flags.add("editable")
    elif role == "textbox" and not editable:
        flags.add("readonly")
    if textual and source.has(AccessibleState.MULTI_LINE) and role != "gridcell":
        flags.add("multiline")
    if source.role == Role.PASSWORD_TEXT:
        flags.add("password")
    for state, flag in _STATE_FLAGS:
        if source.has(state):
            flags.add(flag)
    return flags


_STATE_FLAGS: tuple[tuple[int, Flag], ...] = (
    (AccessibleState.REQUIRED, "required"),
    (AccessibleState.INVALID_ENTRY, "invalid"),
    (AccessibleState.VISITED, "visited"),
    (AccessibleState.HAS_POPUP, "haspopup"),
)


def _value(source: Accessible, role: str) -> str | None:
    if role in ("textbox", "spinbutton", "paragraph", "document", "gridcell"):
        if source.text is not None and (role != "gridcell" or source.text != source.name):
            return source.text
        return "" if role in ("textbox", "spinbutton") else None
    if source.value is not None:
        return f"{source.value:g}"
    return None


def _chosen(source: Accessible) -> str:
    """What a combo box has chosen: the text of its field, or the name that it takes from its chosen option."""
    entry = next(
        (child for child in source.children if child.role in _FIELDS and child.text is not None),
        None,
    )
    if entry is not None:
        return entry.text or ""
    chosen = next(
        (each.name for each in source.below() if each is not source and each.has(AccessibleState.SELECTED)), None
    )
    return source.name if source.name else chosen or ""


def _options(source: Accessible) -> tuple[str, ...]:
    """The labels of a combo box's list, open or not."""
    names = (
        plain(each.name).strip()
        for each in source.below()
        if each.role
        in (
            Role.MENU_ITEM,
            Role.LIST_ITEM,
            Role.TABLE_CELL,
            Role.RADIO_MENU_ITEM,
            Role.CHECK_MENU_ITEM,
        )
    )
    return tuple(dict.fromkeys(name for name in names if name))[:OPTION_LIMIT]


def _called(source: Accessible) -> str:
    return plain(source.name or source.label or source.description).strip()


def _column(source: Accessible, parent: Accessible | None) -> str | None:
    """The heading of a cell's column: AT-SPI lists the headers of a table first, then its cells row by row."""
    if source.role != Role.TABLE_CELL or parent is None:
        return None
    heads = [child.name for child in parent.children if child.role in (Role.COLUMN_HEADER, Role.TABLE_COLUMN_HEADER)]
    if not any(heads):
        return None
    return clip(plain(heads[max(source.index - len(heads), 0) % len(heads)])) or None
