"""What can be done on a screen: its elements as candidate actions, those left out that can't or mustn't be used."""

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from explorers.core.safety import Safety, Scene
from schemas.actions import Point
from schemas.identity import canonical_location
from schemas.records import Node, Observation, Target, Tree
from schemas.targets import target_of
from schemas.trees import descendants

Kind = Literal["press", "tick", "fill", "choose"]

PRESSED = frozenset({"button", "link", "tab", "menuitem", "option", "treeitem", "generic"})
TICKED = frozenset({"checkbox", "radio", "switch", "menuitemcheckbox", "menuitemradio"})
FILLED = frozenset({"textbox", "searchbox", "spinbutton"})
FORMS = frozenset({"form", "search", "dialog", "alertdialog"})

DEFAULT = Safety()

_NOT_A_PAGE = re.compile(
    r"\.(?:json|csv|tsv|xml|rss|atom|txt|pdf|zip|gz|tar|tgz|png|jpe?g|gif|svg|webp|ico|mp[34]|webm|docx?|xlsx?|db|sqlite|js|css|yml|yaml|blob)$",
    re.IGNORECASE,
)
_SEARCH = re.compile(r"search|find\b", re.IGNORECASE)
_TELLING = frozenset({"cell", "gridcell", "rowheader", "text", "link"})
_NUMBERS = re.compile(r"[\d\s.,:/#()+-]+")
_POSITION = re.compile(r":nth-of-type\(\d+\)")


@dataclass(frozen=True, slots=True)
class Affordance:
    """An element of the screen that can be used; `index` is its place in the tree.

    `identity` is the same for the same element on another visit, `family` for its siblings in a list or a table as
    well. `form` is the index of the form around it. `label` names it for people: a bare number by its row.
    """

    index: int
    node: Node
    kind: Kind
    point: Point
    identity: tuple[str, ...]
    family: tuple[str, ...]
    form: int | None
    label: str

    @property
    def target(self) -> Target:
        """The element as the record names it."""
        return target_of(self.node)


def affordances(observation: Observation, safety: Safety = DEFAULT) -> tuple[Affordance, ...]:
    """Everything on the screen that may be used, in the order of the tree; what `safety` would refuse is left out."""
    tree, screen = observation.tree, observation.screen
    if tree is None or screen is None:
        return ()
    scene = Scene(observation)
    modal = _modal(tree)
    usable = []
    for index, node in enumerate(tree.nodes):
        kind = _kind(node)
        if kind is None or not _usable(node) or (modal is not None and not modal.start <= index < modal.stop):
            continue
        if leads_away(node, observation.location):
            continue
        point = visible_point(node, screen.width, screen.height)
        if point is None or not safety.offers(scene, index):
            continue
        family = (node.role, shape_of(node), node.column or "")
        usable.append(
            Affordance(
                index=index,
                node=node,
                kind=kind,
                point=point,
                identity=(*family, node.name or node.id or ""),
                family=family,
                form=scene.enclosing(scene.above[index], FORMS),
                label=_label(scene, index),
            )
        )
    return tuple(usable)


def leads_away(node: Node, location: str | None) -> bool:
    """Whether a link leads to something that is no page of this site: a file, a mail, another host."""
    if node.field == "download":
        return True
    if not node.href:
        return False
    link, here = urlsplit(node.href), urlsplit(location or "")
    if link.scheme == "javascript":
        return False
    if link.scheme not in ("http", "https") or link.netloc != here.netloc:
        return True
    return _NOT_A_PAGE.search(link.path) is not None or "format=json" in link.query


def leads_here(node: Node, location: str | None) -> bool:
    """Whether a link leads to the page that it is on."""
    if not node.href or "#" in node.href:
        return False
    return canonical_location(node.href) == canonical_location(location)


def shape_of(node: Node) -> str:
    """The node's path without positions and ids with numbers: what it shares with its siblings."""
    return re.sub(r"\d+", "0", _POSITION.sub("", node.path or ""))


def visible_point(node: Node, width: int, height: int) -> Point | None:
    """The middle of the part of the node that is on the screen, or None."""
    box = node.box
    if box is None or "offscreen" in node.flags:
        return None
    left, top = max(box.x, 0.0), max(box.y, 0.0)
    right, bottom = min(box.x + box.width, float(width)), min(box.y + box.height, float(height))
    if right - left < 1 or bottom - top < 1:
        return None
    return Point.on(round((left + right) / 2, 1), round((top + bottom) / 2, 1), width=width, height=height)


def fields_of(usable: tuple[Affordance, ...], form: int | None) -> list[Affordance]:
    """The fields of a form in their order."""
    return [each for each in usable if form is not None and each.form == form and each.kind != "press"]


def submit_of(usable: tuple[Affordance, ...], form: int | None) -> Affordance | None:
    """The button that sends a form: its submit button, else its first button."""
    buttons = [each for each in usable if each.form == form and each.node.role == "button"]
    declared = [each for each in buttons if each.node.field == "submit"]
    return next(iter(declared or buttons), None)


def is_search(node: Node) -> bool:
    """Whether a field is for searching: by its role, or by what it is called."""
    return node.role == "searchbox" or _SEARCH.search(f"{node.name} {node.id or ''}") is not None


def _row_words(scene: Scene, index: int) -> str:
    """The first words of the row or list item around a node that are not its own."""
    row = scene.enclosing(scene.above[index], ("row", "listitem"))
    own = scene.nodes[index].name
    for below in () if row is None else scene.within(row):
        node = scene.nodes[below]
        if node.role in _TELLING and node.name != own and node.name and not _NUMBERS.fullmatch(node.name):
            return node.name[:80]
    return ""


def _kind(node: Node) -> Kind | None:
    if node.role in ("combobox", "listbox") and node.options:
        return "choose"
    if node.role in FILLED or (node.role == "combobox" and node.has("editable")):
        return "fill" if node.has("editable") and node.field not in ("file", "color") else None
    if node.role in TICKED:
        return "tick"
    if node.role == "combobox":
        return "press"  # it shows its options when it is opened
    if node.role == "gridcell":
        # A cell of a spreadsheet, or a row of a list, on a desktop; on the web a cell is no control.
        return "fill" if node.has("editable") else "press" if node.actions else None
    if node.role == "generic" and node.has("scrollable"):
        return None
    return "press" if node.role in PRESSED else None


def _usable(node: Node) -> bool:
    if node.has("disabled") or node.has("covered") or node.has("readonly") or not node.on_screen:
        return False
    return node.field not in ("file", "reset")


def _modal(tree: Tree) -> range | None:
    """The nodes of the last modal dialog: what lies behind it can't be used."""
    for index in range(len(tree.nodes) - 1, -1, -1):
        node = tree.nodes[index]
        if node.has("modal") and node.on_screen:
            return range(index, index + 1 + sum(1 for _ in descendants(tree, index)))
    return None


def _label(scene: Scene, index: int) -> str:
    name = scene.nodes[index].name
    if name and len(name) > 3 and not _NUMBERS.fullmatch(name):
        return name
    row = _row_words(scene, index)
    return f"{name} ({row})".strip() if row else name
