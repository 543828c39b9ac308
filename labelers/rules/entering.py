"""On the way to a form and into it: what brings its fields up, what a field takes that keeps a list of words."""

import re
from collections import Counter

from labelers.observed.transitions import Transition
from labelers.rules.effects import BOXES, CHOICES, PRESSABLE, WORD, Effect, Fill, field_name, form_of, new_errors
from labelers.rules.forms import is_sayable
from schemas.actions import Click, Key, Type
from schemas.page_values import headed_by, sections
from schemas.pages import Page, fold, is_name, page_name, quote
from schemas.records import Node
from schemas.redaction import MASK

_FIELDS = frozenset({"textbox", "combobox", "spinbutton", "listbox"}) | BOXES | CHOICES
_ITEMS = frozenset({"listitem", "article"})
_NAMING = frozenset({"heading", "link"})
_CHIPS = frozenset({"listitem", "option", "button", "text", "generic", "link"})
_SIGN_BEFORE = re.compile(r"^[^\w(]+")
"""Icons that stand before what a button is called."""

_SIGNS = "\u00d7\u2715\u2716x \u00a0"


def opened_form(transition: Transition, following: Transition, site: frozenset[str]) -> Effect | None:
    """A press by which the field came that is filled next: asked for by its name, and the row that it stands in."""
    node, before, after, field = transition.node, transition.before, transition.after, following.node
    if node is None or before is None or after is None or field is None or transition.target is None:
        return None
    if node.role not in PRESSABLE or not transition.step.action.presses or new_errors(transition):
        return None
    name = _SIGN_BEFORE.sub("", node.name.strip())
    if field.role not in _FIELDS or not is_name(name) or _has(before, field) or not _has(after, field):
        return None
    alike = [other for other in before.nodes if other.role == node.role and fold(other.name) == fold(name)]
    is_list = transition.step.platform == "desktop" or bool(sections(before))
    context = None if is_list else page_name(before, site)
    evidence = f"{quote(name)} brings {quote(field.name)} up"
    if len(alike) == 1:
        return Effect("form", f"press {quote(name)}", name, context, evidence, (name,))
    row = _row_name(before, transition.target)
    if row is None or fold(row) == fold(name):
        return None
    phrase = f"press {quote(name)} of {quote(row)}"
    return Effect("form", phrase, name, context, evidence, (name, row), row=row)


def unseen_fill(transition: Transition) -> Fill | None:
    """What was typed into a field of a form that does not show what it holds: where it was saved, the record tells."""
    node, before, action = transition.node, transition.before, transition.step.action
    if node is None or before is None or transition.target is None or not isinstance(action, Type) or action.submit:
        return None
    if node.role not in ("textbox", "combobox") or MASK in action.text or not is_sayable(action.text):
        return None
    form = form_of(before, transition.target)
    if form is None or node.has("secret") or transition.step.result != "ok" or new_errors(transition):
        return None
    return Fill(field_name(node), node.role, action.text, False, node.id or node.path or node.name, form)


def _has(page: Page, field: Node) -> bool:
    return any(node.role == field.role and node.name == field.name and node.id == field.id for node in page.nodes)


def _row_name(page: Page, index: int) -> str | None:
    """What the row or the item of a list is called that an element stands in, where no other is called so."""
    place = page.row_of(index)
    if place is not None:
        return place[1].name
    around = page.ancestor(index, _ITEMS)
    if around is None:
        return headed_by(page, index)
    for at in page.below(around):
        name = page.nodes[at].name.strip()
        if page.nodes[at].role in _NAMING and is_name(name) and fold(name) in page.items:
            return name
    return None


def word_kept(transition: Transition, following: Transition | None) -> Fill | None:
    """What a field took that keeps a list of words: it was typed, then Enter or the entry that the field offers.

    None where it is no field of a form that something else sends, or the word stands nowhere then.
    """
    node, before, action = transition.node, transition.before, transition.step.action
    if following is None or node is None or before is None or transition.target is None:
        return None
    if not isinstance(action, Type) or action.submit or not action.text.strip() or following.after is None:
        return None
    done = following.step.action
    pressed = following.node
    if isinstance(done, Click):
        if pressed is None or pressed.role not in ("option", "listitem") or fold(pressed.name) != fold(action.text):
            return None
    elif not isinstance(done, Key) or done.keys != "Enter":
        return None
    form = form_of(before, transition.target)
    if form is None or form != _form_again(following.after, form):
        return None
    wanted = fold(action.text)
    if _words(following.after)[wanted] <= _words(before)[wanted]:
        return None
    return Fill(field_name(node), WORD, action.text, False, node.id or node.path or node.name, form)


def _form_again(page: Page, form: str) -> str | None:
    """The form, where the page still has it, and a button that sends it."""
    for index, node in enumerate(page.nodes):
        if node.role == "form" and form in (node.id, node.path, str(index)):
            buttons = any(page.nodes[at].role == "button" for at in page.below(index))
            return form if buttons else None
    return None


def _words(page: Page) -> Counter[str]:
    return Counter(fold(node.name.strip(_SIGNS)) for node in page.nodes if node.role in _CHIPS and node.name)
