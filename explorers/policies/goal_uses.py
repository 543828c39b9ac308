"""What on a screen is one thing to accomplish: a form, a menu, a page that a link leads to, all rows of a table."""

import re
from urllib.parse import parse_qsl, urlsplit

from explorers.core.affordances import Affordance, is_search
from explorers.core.coverage import url_template
from explorers.core.memory import Memory, StateAction, short_key
from explorers.core.safety import Scene
from explorers.policies.form_parts import form_name, is_field, is_record_form, senders
from explorers.policies.state_actions import Use, link_family, uses_of
from explorers.policies.view import View
from schemas.records import Node

MANY = 8
"""Links of one shape on a screen that are taken for rows of data; those of a menu lead to pages of as many sorts."""

_HEADINGS = frozenset({"columnheader"})
_ROWS = frozenset({"row", "gridcell", "option", "treeitem"})


def goal_uses(view: View, memory: Memory) -> list[Use]:
    """All that can be used on a screen, as things to accomplish.

    The sort says what it is, the family with which others it is one thing in the end: the fields of a form, links that
    change the same part of an address, the rows of a table.
    """
    usable = view.affordances
    shapes = _row_shapes(usable)
    scene = Scene(view.observation)
    return [
        use if use.affordance is None else _goal(use, use.affordance, view, scene, shapes)
        for use in uses_of(view, memory)
    ]


def _row_shapes(usable: tuple[Affordance, ...]) -> frozenset[tuple[str, ...]]:
    """The shapes of links that lead to the rows of a list."""
    led: dict[tuple[str, ...], list[str]] = {}
    for each in usable:
        if each.node.href:
            led.setdefault(each.family, []).append(url_template(each.node.href))
    return frozenset(shape for shape, to in led.items() if len(to) > MANY and len(set(to)) <= len(to) / 2)


def _goal(use: Use, each: Affordance, view: View, scene: Scene, shapes: frozenset[tuple[str, ...]]) -> Use:
    known, node, location = use.state_action, each.node, view.observation.location
    template = url_template(location)
    # Without addresses one name may stand on many screens for many things.
    where = () if view.has_address else (_window(location),)

    def goal(sort: str, *family: str, element: str = known.element) -> Use:
        return Use(StateAction(element, short_key(*family), sort, known.goal), each)

    if known.sort in ("link", "press") and scene.enclosing(each.index, _HEADINGS) is not None:
        return goal("order", "order", template, *each.family)
    if known.sort == "link":
        # A list that was narrowed or sorted is one of its own.
        listed = _in_row(scene, each)
        shown = (template, *_asked(location)) if listed else ()
        if each.family in shapes:
            return goal("row", "links", _above(node), *each.family, *shown)
        same = url_template(node.href) == template
        return goal("query" if same and not listed else "page", link_family(node.href or "", location), *shown)
    if known.sort == "anchor":
        return goal("anchor", "anchors", *each.family)
    if is_field(each) and is_record_form(view, each):
        if each.kind != "tick" or node.role == "radio":
            return goal("form", "form", template, *form_name(view, each))
        return goal("row" if _in_row(scene, each) else "tick", "ticks", template, *each.family)
    if each.kind == "fill" and is_search(node):
        if each.form is None and not where:
            return goal("search", "search", *each.identity)  # one that all pages have
        return goal("search", "search", template, *view.form_key(each))
    if known.sort in ("fill", "choose") and each.form is not None:
        return goal(known.sort, "form", template, *view.form_key(each))
    if known.sort == "tick" and each.form is not None and view.fields(each.form)[0].kind == "fill":
        return goal("option", "options", template, *view.form_key(each))
    if known.sort == "press":
        sort = _press(scene, each)
        return goal(
            sort, *where, *each.family, element=short_key("element", *where, *each.identity) if where else known.element
        )
    return goal("row" if _in_row(scene, each) else known.sort, known.sort, *where, *each.family)


def _window(location: str | None) -> str:
    """What a screen without an address is: an app's component, or a window's title without that of its document.

    >>> _window("mousepad > *Untitled 2 - Mousepad"), _window("mousepad > Find and Replace")
    ('mousepad', 'find and replace')
    """
    app, _, title = (location or "").casefold().partition(" > ")
    return re.sub(r"\d+", "#", title.rpartition(" - ")[2]).strip() or app.strip()


def _press(scene: Scene, each: Affordance) -> str:
    node = each.node
    if node.role == "tab":
        return "tab"
    if node.has("haspopup") or node.has("collapsed"):
        return "menu"
    if node.role == "menuitem":
        return "entry"
    if node.role in _ROWS or _in_row(scene, each) or not node.name:
        return "row"
    return "press"


def _in_row(scene: Scene, each: Affordance) -> bool:
    return scene.enclosing(scene.above[each.index], ("row",)) is not None


def _asked(location: str | None) -> list[str]:
    """The names of the fields of an address's query."""
    try:
        return sorted({name for name, _ in parse_qsl(urlsplit(location or "").query)})
    except ValueError:
        return []


def _above(node: Node) -> str:
    """The path of an address without its last part: what the rows of a list have in common."""
    try:
        return urlsplit(node.href or "").path.rpartition("/")[0]
    except ValueError:
        return ""


def is_sender(view: View, each: Affordance) -> bool:
    """Whether a button sends a form that takes texts: that is done by filling them."""
    if each.node.role != "button":
        return False
    fields = [other for other in view.affordances if other.form == each.form and is_field(other)]
    return (
        bool(fields) and (each.form is not None or is_record_form(view, fields[0])) and each in senders(view, each.form)
    )
