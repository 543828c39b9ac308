"""What one step did: the rules in the order in which they are asked."""

from labelers.observed.transitions import Transition
from labelers.rules.effects import PRESSABLE, Clicked, Effect, Fill, alike, fill_of, new_errors
from labelers.rules.forms import sent
from labelers.rules.links import dialog, opened, opened_item, opened_record, related, section
from labelers.rules.lists import filtered_list, sorted_list, turned
from schemas.actions import Click, Key, Scroll, Select, Type
from schemas.pages import fold, is_name, page_name, quote

_MARKED = frozenset({"checkbox", "switch", "menuitemcheckbox", "radio", "menuitemradio"})


def effect_of(transition: Transition, fills: tuple[Fill, ...], site: frozenset[str]) -> Effect | None:
    """What the step did, or None where no rule can tell. `fills` are the fields filled on this page before."""
    before, after = transition.before, transition.after
    if before is None or after is None or transition.change != "content" or new_errors(transition):
        return None
    context = None if before.shows_menu else page_name(before, site)  # nobody says which page a menu is on
    match transition.step.action:
        case Scroll():
            return Effect("reveal", None, "", context, "the page scrolled")
        case Type(submit=False) | Select():
            fill = fill_of(transition)
            if fill is None:
                return None
            evidence = f"{quote(fill.field)} holds {quote(fill.value)}"
            return Effect("fill", None, fill.field, context, evidence, value=fill.value)
        case Type(submit=True, text=text):
            fill = fill_of(transition)
            return None if fill is None or not text.strip() else sent(transition, (*fills, fill), None, context)
        case Key(keys="Enter"):
            return sent(transition, fills, None, context) if fills else None
        case Click():
            if transition.target is None:
                return None
            return _clicked(Clicked(before, after, transition.target, context, site), transition, fills)
        case _:
            return None


def _clicked(click: Clicked, transition: Transition, fills: tuple[Fill, ...]) -> Effect | None:
    node = click.node
    if fills and node.role in PRESSABLE and node.role != "link":
        return sent(transition, fills, node, click.context)
    if fills:
        return None
    rules = (
        _flag_flipped,
        sorted_list,
        filtered_list,
        turned,
        opened_record,
        related,
        opened,
        opened_item,
        section,
        dialog,
    )
    return next((effect for rule in rules if (effect := rule(click)) is not None), None)


def _flag_flipped(click: Clicked) -> Effect | None:
    node, context = click.node, click.context
    name = node.name.strip() or _label_beside(click)
    if not name or not is_name(name):
        return None
    same = alike(node, click.after)
    if len(same) != 1:
        return None
    now = same[0]
    if node.role in _MARKED and fold(now.name) != fold(node.name):
        return None  # another item has moved to its place
    if node.role in ("checkbox", "switch", "menuitemcheckbox") and node.has("checked") != now.has("checked"):
        verb = "tick" if now.has("checked") else "untick"
        if _is_sent(click):
            return None  # of no effect until the form is sent
        return Effect("toggle", f"{verb} {quote(name)}", name, context, f"{quote(name)} is {verb}ed now", (name,))
    if node.role in ("radio", "menuitemradio") and now.has("checked") and not node.has("checked"):
        if _is_sent(click):
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


def _is_sent(click: Clicked) -> bool:
    """Whether the element stands in a form that has a button to send it."""
    page = click.before
    form = page.ancestor(click.target, frozenset({"form"}))
    return form is not None and any(page.nodes[index].role == "button" for index in page.below(form))


def _label_beside(click: Clicked) -> str:
    """The text of the list item or row that a nameless box stands in."""
    around = click.before.ancestor(click.target, frozenset({"listitem", "row"}))
    return "" if around is None else click.before.text_of(around)
