"""A dump of a phone's screen as a tree of roles, names and flags."""

import re
from dataclasses import replace

from explorers.android.covering import Layer, covered
from explorers.android.dump import Hierarchy, UiElement, walk
from schemas.records import Flag, Node, Tree
from schemas.redaction import KnownSecrets
from schemas.trees import bounded

KIND = "uiautomator"
NAME_LIMIT = 300
"""Characters of a name that is put together from the texts inside."""

SYSTEM_UI = "com.android.systemui"

_BARS = frozenset({"toolbar", "action_bar", "topAppBar", "action_bar_container", "collapsing_toolbar", "app_bar"})
_TITLES = frozenset({"alertTitle", "android:id/alertTitle", "action_bar_title", "toolbar_title"})
_LISTS = frozenset({"ListView", "RecyclerView", "GridView", "ExpandableListView", "AbsListView"})
_TEXT_FIELDS = re.compile(r"EditText|AutoCompleteTextView|TextInput")
_SIDEWAYS = re.compile(r"ViewPager|HorizontalScrollView|HorizontalGridView|Gallery")
_SWITCHES = frozenset({"Switch", "SwitchCompat", "SwitchMaterial", "MaterialSwitch", "ToggleButton"})
_ROLES = {
    "Button": "button", "ImageButton": "button", "FloatingActionButton": "button", "MaterialButton": "button",
    "CheckBox": "checkbox", "RadioButton": "radio", "CheckedTextView": "option", "Chip": "button",
    "Spinner": "combobox", "SeekBar": "slider", "RatingBar": "slider", "ProgressBar": "progressbar",
    "WebView": "document", "ImageView": "img", "TabView": "tab", "VideoView": "video",
    **dict.fromkeys(_LISTS, "list"), **dict.fromkeys(_SWITCHES, "switch"),
}  # fmt: skip


_TAKING = frozenset(
    {"button", "checkbox", "radio", "switch", "option", "combobox", "textbox", "searchbox", "generic", "slider", "tab"}
)
"""Roles of elements that take a press, and keep it from what lies below them."""


def tree_of(
    hierarchy: Hierarchy,
    *,
    width: int,
    height: int,
    hidden: frozenset[str] = frozenset(),
    known: KnownSecrets | None = None,
    place: str = "",
) -> Tree:
    """The tree of the windows that are no part of the system's bars or of a keyboard, whose packages are `hidden`.

    Secrets are masked; what is `known` grows by those that it holds, and a field at a `place` that was one for a
    password once stays one: a press on an eye makes it one for text.
    """
    shown = [root for root in hierarchy.roots if root.package not in hidden | {SYSTEM_UI}]
    builder = _TreeBuilder(width, height)
    for root in shown or hierarchy.roots:
        builder.add_window(root)
    return bounded((known or KnownSecrets()).redact_tree(Tree(KIND, tuple(_with_covered(builder.nodes))), place=place))


class _TreeBuilder:
    """The nodes of a tree on their way: what only lays out others is left out, and its children take its place."""

    def __init__(self, width: int, height: int) -> None:
        self._width, self._height = width, height
        self.nodes: list[Node] = []
        self._ids: dict[str, int] = {}
        self._heading = False

    def add_window(self, root: UiElement) -> None:
        """Adds a window; one that leaves part of the screen free lies over another, which can't be used meanwhile."""
        for each in walk(root):
            self._ids[each.id] = self._ids.get(each.id, 0) + 1
        box = root.box
        over = box.width * box.height < 0.9 * self._width * self._height and bool(root.children or root.words)
        if over:
            name = _first_words(root)  # a menu has none: its rows are no title
            self.nodes.append(Node("dialog", name[:NAME_LIMIT], flags=("modal",), box=box, path="dialog"))
        self._add(root, depth=1 if over else 0, above="dialog" if over else "", position=1)

    def _add(
        self,
        element: UiElement,
        *,
        depth: int,
        above: str,
        position: int,
        bar: bool = False,
        named: bool = False,
        pressed: UiElement | None = None,
    ) -> None:
        """Adds an element and what is in it.

        `named` says that its words are in the name of what is around it, `pressed` is what around it takes the press.
        """
        element = _with_twin(element)
        path = self._path(element, above, position)
        bar = bar or element.id in _BARS
        named = named and not element.pressable
        merged = element.pressable and not element.words and not _holds_pressable(element)
        node = None if _is_part(element, pressed) else self._node(element, path, depth, bar=bar, merged=merged)
        if node is not None and named and node.role in ("text", "img"):
            node = None
        named = named or (element.pressable and not element.words)
        if node is not None:
            self.nodes.append(node)
            depth += 1
        if node is not None and (merged or node.role == "combobox"):
            return  # it was called by what is inside
        named = named or (node is not None and node.role in ("textbox", "searchbox"))
        pressed = element if element.pressable else pressed
        counts: dict[str, int] = {}
        for child in element.children:
            counts[child.cls] = counts.get(child.cls, 0) + 1
            self._add(child, depth=depth, above=path, position=counts[child.cls], bar=bar, named=named, pressed=pressed)

    def _path(self, element: UiElement, above: str, position: int) -> str:
        if element.id and self._ids.get(element.id) == 1:
            return f"#{element.id}"
        # What a row holds tells rows of one kind from those of another.
        inner = "" if element.id or not element.pressable else next((e.id for e in walk(element) if e.id), "")
        kind = f"{element.cls or 'View'}{'.' if element.id or inner else ''}{element.id or inner}"
        return f"{above} > {kind}:nth-of-type({position})".removeprefix(" > ")

    def _node(self, element: UiElement, path: str, depth: int, *, bar: bool, merged: bool) -> Node | None:
        inner = next((each for each in walk(element) if each.has("checkable")), None) if merged else None
        judged = inner or element
        role = _role(element, judged)
        name, value = element.words, None
        hint = " ".join(element.attributes.get("hint", "").split())
        if merged or role == "combobox":
            texts = " ".join(each.words for each in walk(element) if each is not element and each.words)
            name, value = (name or element.id, texts) if role == "combobox" else (name or texts[:NAME_LIMIT], None)
        elif role in ("textbox", "searchbox"):
            # An empty field tells its hint as its text.
            text = element.attributes.get("text", "")
            value = "" if text == element.attributes.get("hint") else text
            # Compose tells a hint as a text inside; what is typed stands there as well.
            inside = " ".join(text for text in _inner_texts(element) if text != value)
            name = element.attributes.get("content-desc") or hint or inside[:NAME_LIMIT] or self._label(element)
        elif element.pressable and not name:
            name = _own_words(element)[:NAME_LIMIT]
        if role == "text" and name and not self._heading and (bar or element.id in _TITLES):
            self._heading = True
            role = "heading"
        if not role or (role in ("text", "img") and not name):
            return None
        flags = self._flags(element, judged, role)
        if "offscreen" in flags and not name and value is None:
            return None
        return Node(
            role=role,
            name=name,
            value=value,
            depth=depth,
            flags=flags,
            box=element.box,
            level=1 if role == "heading" else None,
            field=_field(element, role),
            id=element.id or None,
            path=path,
        )

    def _label(self, field: UiElement) -> str:
        """The text just above a field, or to the left of it, where it has no name of its own."""
        for node in reversed(self.nodes):
            if node.role not in ("text", "heading") or node.box is None:
                return ""
            above = 0 <= field.box.y - (node.box.y + node.box.height) <= field.box.height
            beside = node.box.x + node.box.width <= field.box.x and abs(node.box.y - field.box.y) <= field.box.height
            return node.name if node.role == "text" and (above or beside) else ""
        return ""

    def _flags(self, element: UiElement, judged: UiElement, role: str) -> tuple[Flag, ...]:
        box = element.box
        outside = box.x >= self._width or box.y >= self._height or box.x + box.width <= 0 or box.y + box.height <= 0
        marks: dict[Flag, bool] = {
            "checked": judged.has("checked"),
            "disabled": element.attributes.get("enabled") == "false",
            "editable": role in ("textbox", "searchbox"),
            "focused": element.has("focused"),
            "haspopup": role == "combobox",
            "holdable": element.has("long-clickable") and role not in ("textbox", "searchbox"),
            "horizontal": element.has("scrollable") and _SIDEWAYS.search(element.cls) is not None,
            "offscreen": outside or box.width <= 0 or box.height <= 0,
            "password": element.has("password"),
            "scrollable": element.has("scrollable"),
            "selected": element.has("selected"),
        }
        return tuple(flag for flag, holds in marks.items() if holds)


def _with_covered(nodes: list[Node]) -> list[Node]:
    """The nodes, with a flag on those whose middle lies under something that is drawn later and takes the press."""
    ends = _ends(nodes)
    layers = [
        Layer(node.box, at, ends[at])
        for at, node in enumerate(nodes)
        if node.role in _TAKING and node.on_screen and node.box is not None
    ]
    flagged = list(nodes)
    for layer, under in zip(layers, covered(layers), strict=True):
        if under:
            node = nodes[layer.order]
            flagged[layer.order] = replace(node, flags=(*node.flags, "covered"))
    return flagged


def _ends(nodes: list[Node]) -> list[int]:
    """For each node the index behind the last of what is in it."""
    ends, around = [len(nodes)] * len(nodes), list[int]()
    for at, node in enumerate(nodes):
        while around and nodes[around[-1]].depth >= node.depth:
            ends[around.pop()] = at
        around.append(at)
    return ends


def _role(element: UiElement, judged: UiElement) -> str:
    """The ARIA role, or "" for what only lays out others."""
    if _TEXT_FIELDS.search(element.cls) or (element.has("password") and element.has("focusable")):
        return "searchbox" if "search" in element.id.lower() else "textbox"
    known = _ROLES.get(judged.cls)
    if judged.has("checkable"):
        return known if known in ("radio", "switch", "option") else "checkbox"
    if known in ("img", "option") and element.pressable:
        return "button" if known == "img" else "option"
    if known is not None:
        return known
    if element.pressable:
        leaf = not element.children and element.cls.endswith(("TextView", "Button"))
        inner = any(_is_part(child, element) for child in element.children)
        return "button" if leaf or inner or "Button" in element.cls else "generic"
    if element.has("scrollable"):
        return "generic"
    return "text" if element.words and not _says_the_same(element) else ""


def _says_the_same(element: UiElement) -> bool:
    """Whether a container only repeats what its child says."""
    return any(child.words == element.words for child in element.children)


def _field(element: UiElement, role: str) -> str | None:
    if role == "searchbox":
        return "search"
    if role == "textbox":
        return "password" if element.has("password") else "text"
    return None


def _holds_pressable(element: UiElement) -> bool:
    """Whether something inside can be pressed by itself; what is only ticked belongs to the row around it."""
    below = [each for each in walk(element) if each is not element]
    ticked = [each for each in below if each.has("checkable") and not each.has("clickable")]
    return len(ticked) > 1 or any(
        each.has("clickable") or each.has("long-clickable") or each.has("scrollable") or _TEXT_FIELDS.search(each.cls)
        for each in below
    )


def _is_part(element: UiElement, pressed: UiElement | None) -> bool:
    """Whether an element only says that the one around it, which takes the press, is a button, as Compose does."""
    if pressed is None or element.pressable or element.children or _ROLES.get(element.cls) != "button":
        return False
    return not element.words or element.words == pressed.words


def _with_twin(element: UiElement) -> UiElement:
    """An element that takes the press with the only one in it, of the same place, that takes it as well."""
    if not element.pressable or len(element.children) != 1:
        return element
    (inner,) = element.children
    if not inner.pressable or inner.box != element.box or inner.has("checkable"):
        return element
    attributes = {**element.attributes, **{name: said for name, said in inner.attributes.items() if said}}
    said = element.words if element.words and not inner.words else inner.words or element.words
    return _with_twin(UiElement({**attributes, "content-desc": said}, element.box, inner.children))


def _inner_texts(element: UiElement) -> list[str]:
    """The texts inside of a field one by one, but for those of what can be pressed."""
    texts = []
    for child in element.children:
        if not child.pressable:
            texts += [child.words] if child.words else _inner_texts(child)
    return texts


def _own_words(element: UiElement) -> str:
    """The texts inside that belong to nothing else that can be pressed."""
    words = [child.words or _own_words(child) for child in element.children if not child.pressable]
    return " ".join(filter(None, words))


def _first_words(element: UiElement) -> str:
    """The first words inside that are not on something that is pressed."""
    if element.pressable:
        return ""
    return element.words or next(filter(None, map(_first_words, element.children)), "")
