"""What one step did: the rules in the order in which they are asked."""

from labelers.rules.effects import PRESSABLE, Effect, Fill, alike, fill_of, new_errors, quote
from labelers.rules.forms import sent
from labelers.rules.links import dialog, opened, opened_item, opened_record, related, section
from labelers.rules.lists import filtered_list, sorted_list, turned
from labelers.rules.pages import fold, is_name, page_name
from labelers.rules.readings import Reading
from schemas.actions import Click, Key, Scroll, Select, Type
from schemas.records import Node

_MARKED = frozenset({"checkbox", "switch", "menuitemcheckbox", "radio", "menuitemradio"})


def effect_of(reading: Reading, fills: tuple[Fill, ...], site: frozenset[str]) -> Effect | None:
    """What the step did, or None where no rule can tell. `fills` are the fields filled on this page before."""
    before, after = reading.before, reading.after
    if before is None or after is None or reading.change != "content" or new_errors(reading):
        return None
    context = None if before.shows_menu else page_name(before, site)  # nobody says which page a menu is on
    match reading.step.action:
        case Scroll():
            return Effect("reveal", None, "", context, "the page scrolled")
        case Type(submit=False) | Select():
            fill = fill_of(reading)
            if fill is None:
                return None
            evidence = f"{quote(fill.field)} holds {quote(fill.value)}"
            return Effect("fill", None, fill.field, context, evidence, value=fill.value)
        case Type(submit=True, text=text):
            fill = fill_of(reading)
            return None if fill is None or not text.strip() else sent(reading, (*fills, fill), None, context)
        case Key(keys="Enter"):
            return sent(reading, fills, None, context) if fills else None
        case Click():
            return _clicked(reading, fills, context, site)
        case _:
            return None


def _clicked(reading: Reading, fills: tuple[Fill, ...], context: str | None, site: frozenset[str]) -> Effect | None:
    before, node = reading.before, reading.node
    assert before is not None  # effect_of looked
    if node is None or reading.target is None:
        return None
    if fills and node.role in PRESSABLE and node.role != "link":
        return sent(reading, fills, node, context)
    if fills:
        return None
    for rule in (_flag_flipped, sorted_list, filtered_list, turned, opened_record):
        if (effect := rule(reading, node, context)) is not None:
            return effect
    return (
        related(reading, node, context, site)
        or opened(reading, node, context)
        or opened_item(reading, node, context)
        or section(reading, node, context)
        or dialog(reading, node, context)
    )


def _flag_flipped(reading: Reading, node: Node, context: str | None) -> Effect | None:
    assert reading.after is not None
    name = node.name.strip() or _label_beside(reading)
    if not name or not is_name(name):
        return None
    same = alike(node, reading.after)
    if len(same) != 1:
        return None
    now = same[0]
    if node.role in _MARKED and fold(now.name) != fold(node.name):
        return None  # another item has moved to its place
    if node.role in ("checkbox", "switch", "menuitemcheckbox") and node.has("checked") != now.has("checked"):
        verb = "tick" if now.has("checked") else "untick"
        if _is_sent(reading):
            return None  # of no effect until the form is sent
        return Effect("toggle", f"{verb} {quote(name)}", name, context, f"{quote(name)} is {verb}ed now", (name,))
    if node.role in ("radio", "menuitemradio") and now.has("checked") and not node.has("checked"):
        if _is_sent(reading):
            return None
        return Effect("toggle", f"choose {quote(name)}", name, context, f"{quote(name)} is chosen now", (name,))
    if node.has("collapsed") and now.has("expanded"):
        return Effect("reveal", None, name, context, f"{quote(name)} is expanded now", (name,))
    if node.has("pressed") != now.has("pressed"):
        verb = "switch on" if now.has("pressed") else "switch off"
        return Effect("toggle", f"{verb} {quote(name)}", name, context, f"{quote(name)} changed its state", (name,))
    if node.role in ("tab", "treeitem", "option") and now.has("selected") and not node.has("selected"):
        return Effect("tab", f"switch to {quote(name)}", name, context, f"{quote(name)} is selected now", (name,))
    return None


def _is_sent(reading: Reading) -> bool:
    """Whether the element stands in a form that has a button to send it."""
    page = reading.before
    assert page is not None
    form = page.ancestor(reading.target or 0, frozenset({"form"}))
    if form is None:
        return False
    return any(page.nodes[one].role == "button" for one in page.below(form))


def _label_beside(reading: Reading) -> str:
    """The text of the list item or row that a nameless box stands in."""
    assert reading.before is not None
    assert reading.target is not None
    around = reading.before.ancestor(reading.target, frozenset({"listitem", "row"}))
    return "" if around is None else reading.before.text_of(around)
