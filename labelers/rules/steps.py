"""What one step did: the rules in the order in which they are asked."""

from collections import Counter

from labelers.observed.transitions import Transition
from labelers.rules.effects import (
    BOXES,
    CHOICES,
    PRESSABLE,
    TOOL,
    Clicked,
    Effect,
    Fill,
    alike,
    fill_of,
    form_of,
    new_errors,
)
from labelers.rules.forms import is_sayable, sent
from labelers.rules.links import (
    dialog,
    narrowed,
    opened,
    opened_beside,
    opened_by_row,
    opened_by_words,
    opened_entry,
    opened_item,
    opened_labelled,
    opened_record,
    related,
    section,
)
from labelers.rules.lists import filtered_list, is_turn, sorted_list, turned
from schemas.actions import Check, Click, Key, Scroll, Select, Type
from schemas.pages import Page, fold, heading_parts, is_name, page_name, quote
from schemas.screen_conditions import Finds, shown


def effect_of(
    transition: Transition, fills: tuple[Fill, ...], site: frozenset[str], menu: frozenset[str] = frozenset()
) -> Effect | None:
    """What the step did, or None where no rule can tell. `fills` are the fields filled on this page before."""
    before, after = transition.before, transition.after
    if before is None or after is None or transition.change != "content" or new_errors(transition):
        return None
    desktop = transition.step.platform == "desktop"
    context = _window(before) if desktop else None if before.shows_menu else page_name(before, site)
    match transition.step.action:
        case Scroll():
            return Effect("reveal", None, "", context, "the page scrolled")
        case Type(submit=False) | Select():
            fill = fill_of(transition)
            if fill is None:
                return None
            return _entered(transition, fill, before, after, context)
        case Type(submit=True, text=text):
            fill = fill_of(transition)
            return None if fill is None or not text.strip() else sent(transition, (*fills, fill), None, context)
        case Key(keys="Enter"):
            return sent(transition, fills, None, context) if fills else None
        case Click() | Check():
            if transition.target is None:
                return None
            return _clicked(Clicked(before, after, transition.target, context, site, menu), transition, fills)
        case _:
            return None


def _window(page: Page) -> str | None:
    """What a person calls a window: its title, or the end of it, where the document comes first."""
    parts = [part for part in heading_parts(page.title) if is_name(part)]
    return parts[-1] if parts else None


def _entered(transition: Transition, fill: Fill, before: Page, after: Page, context: str | None) -> Effect:
    """A field that holds something now: what narrowed a list by that, or will be sent; on desktops it just stays."""
    typed = isinstance(transition.step.action, Type) and fill.role != "combobox"
    live = typed and _is_narrowed(before, after, fill.value) and shown(Finds(fill.value), after)
    if live and len(fill.field.split()) < 2:
        text = fill.value
        return Effect(
            "search", f"search for {quote(text)}", text, context, f"what is left says {quote(text)}", (), value=text
        )
    evidence = f"{quote(fill.field)} holds {quote(fill.value)}"
    if not (live or transition.step.platform == "desktop") or not is_sayable(fill.value):
        return Effect("fill", None, fill.field, context, evidence, value=fill.value)
    nameless = [node for node in before.nodes if node.role == fill.role and node.has("multiline")]
    quotes: tuple[str, ...] = ()
    node = transition.node
    if is_name(fill.field) and (node is None or fold(node.name) != fold(node.value or "")):
        phrase, quotes = f"set {quote(fill.field)} to {quote(fill.value)}", (fill.field,)
    elif len(nameless) == 1 and node is not None and node.has("multiline"):
        phrase = f"write {quote(fill.value)} in the document"
    else:
        return Effect("fill", None, fill.field, context, evidence, value=fill.value)
    return Effect("set", phrase, fill.field, context, evidence, quotes, value=fill.value, entered=(fill,))


def _is_narrowed(before: Page, after: Page, text: str) -> bool:
    """Whether what is left of a list are those of its rows or items that say the text, and some do not."""
    for role in ("row", "listitem", "option"):
        old, new = (_texts(page, role) for page in (before, after))
        gone = old - new
        # Another page of the list may have come with it, so that rows are new that were not seen before.
        if gone and new and is_name(text) and all(fold(text) in row for row in new):
            return not all(fold(text) in row for row in gone)
    return False


def _texts(page: Page, role: str) -> Counter[str]:
    """What the rows of tables or the items of lists say; the headings of columns are none."""
    rows = [index for index, node in enumerate(page.nodes) if node.role == role]
    heads = {"columnheader"}
    return Counter(
        fold(page.text_of(index)) for index in rows if not any(page.nodes[at].role in heads for at in page.below(index))
    )


def _clicked(click: Clicked, transition: Transition, fills: tuple[Fill, ...]) -> Effect | None:
    node = click.node
    if (fill := fill_of(transition)) is not None:
        return Effect("fill", None, fill.field, click.context, f"{quote(fill.field)} is {fill.value}", value=fill.value)
    form = form_of(click.before, click.target)
    own = tuple(fill for fill in fills if form is None or fill.form in (None, form))
    if own and node.role in PRESSABLE and node.role != "link" and not is_turn(node.name):
        return sent(transition, own, node, click.context)
    if fills:
        return None
    rules = (
        _flag_flipped,
        sorted_list,
        filtered_list,
        turned,
        opened_beside,
        dialog,
        narrowed,
        opened_record,
        related,
        opened_labelled,
        opened,
        opened_item,
        section,
        opened_by_words,
        opened_entry,
        opened_by_row,
    )
    return next((effect for rule in rules if (effect := rule(click)) is not None), None)


def _flag_flipped(click: Clicked) -> Effect | None:
    node, context = click.node, click.context
    beside = _label_beside(click)
    name = node.name.strip() or beside
    if not name or not is_name(name):
        return None
    same = alike(node, click.after)
    if len(same) != 1:
        return None
    now = same[0]
    if node.has("collapsed") and now.has("expanded"):
        return Effect("reveal", None, name, context, f"{quote(name)} is expanded now", (name,), value="expanded")
    if (
        node.has("expanded") != now.has("expanded")
        or node.has("haspopup")
        or click.before.dialogs != click.after.dialogs
        or _menus(click.after) > _menus(click.before)
    ):
        return None  # what opens and closes is switched neither on nor off
    if node.role in BOXES | CHOICES and fold(now.name) != fold(node.name):
        return None  # another item has moved to its place
    verb = evidence = ""
    if node.role in BOXES and node.has("checked") != now.has("checked"):
        verb = "tick" if now.has("checked") else "untick"
        evidence = f"{quote(name)} is {verb}ed now"
    elif node.role in CHOICES and now.has("checked") and not node.has("checked"):
        verb, evidence = "choose", f"{quote(name)} is chosen now"
    elif node.has("pressed") != now.has("pressed"):
        verb = "switch on" if now.has("pressed") else "switch off"
        evidence = f"{quote(name)} changed its state"
    elif _shows_a_part(click) and now.has("selected") and not node.has("selected"):
        return Effect("tab", f"switch to {quote(name)}", name, context, f"{quote(name)} is selected now", (name,))
    if not verb or _is_sent(click):
        return None  # of no effect until the form is sent
    alike_named = [other for other in click.before.nodes if other.role == node.role and other.name == node.name]
    in_row = click.before.row_of(click.target) is not None and len(click.before.tables) == 1
    if (len(alike_named) == 1 and not in_row) or not node.name.strip():
        row = name if not node.name.strip() else None
        tool = TOOL if click.before.ancestor(click.target, _TOOLS) is not None and row is None else None
        return Effect("toggle", f"{verb} {quote(name)}", name, context, evidence, (name,), value=tool, row=row)
    if beside is None or not is_name(beside) or _labels(click).count(fold(beside)) != 1:
        return None  # nobody could say which
    phrase = f"{verb} {quote(name)} in the row of {quote(beside)}"
    return Effect("toggle", phrase, name, context, evidence, (name, beside), row=beside)


def _menus(page: Page) -> int:
    """How many menus are open over a page."""
    return sum(node.role == "menu" and node.has("modal") for node in page.nodes)


def _shows_a_part(click: Clicked) -> bool:
    """Whether what was pressed is a tab, or an item that stands for one; on the web an option is one of a field's."""
    return click.node.role == "tab" or (click.node.role in _PAGES and click.before.tree.kind == "atspi")


def _is_sent(click: Clicked) -> bool:
    """Whether the element stands in a form that has a button to send it."""
    page = click.before
    form = page.ancestor(click.target, frozenset({"form"}))
    return form is not None and any(page.nodes[index].role == "button" for index in page.below(form))


_TOOLS = frozenset({"toolbar"})
_ITEMS = frozenset({"listitem", "row"})
_PAGES = frozenset({"option", "treeitem"})
"""What stands for a part of a window of a desktop, which is shown when it is selected."""


def _label_beside(click: Clicked) -> str | None:
    """What the row is called that the element stands in, or the text of its list item."""
    return _label(click.before, click.target)


def _label(page: Page, index: int) -> str | None:
    place = page.row_of(index)
    if place is not None:
        return place[1].name
    around = page.ancestor(index, _ITEMS)
    if around is None:
        return None
    own = page.nodes[index].name
    return page.text_of(around).removeprefix(own).strip() or None


def _labels(click: Clicked) -> list[str]:
    """What each row or item is called that holds such an element."""
    page, node = click.before, click.node
    alike = [at for at, other in enumerate(page.nodes) if other.role == node.role and other.name == node.name]
    return [fold(_label(page, at) or "") for at in alike]
