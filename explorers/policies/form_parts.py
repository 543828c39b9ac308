"""What belongs to a form: its fields, by what it is told, and the buttons that send it."""

import re

from explorers.core.affordances import DEFAULT, FORMS, Affordance, is_search
from explorers.core.safety import Scene
from explorers.policies.demands import Demand
from explorers.policies.fields import kind_of
from explorers.policies.options import Option
from explorers.policies.view import View
from schemas.actions import Action, Select
from schemas.records import Node

_AWAY = re.compile(
    r"\b(?:cancel|close|reset|clear|back|discard|dismiss|help|preview|browse|previous|don't|abbrechen|schließen|annuler|"
    r"cancelar|zurück|skip|not now|search|find|remove|add (?:a )?(?:row|line|another)|choose|today|now|show|hide)\b",
    re.IGNORECASE,
)
_KEEPS = re.compile(
    r"\b(?:save|submit|confirm|done|ok|send|apply|update|register|sign up|speichern|enregistrer|guardar)\b",
    re.IGNORECASE,
)
"""Of what sends a form that which says most plainly that it is the end of it."""

_SENDS = re.compile(
    r"\b(?:save|submit|add|create|send|ok|apply|update|sign up|register|go|done|confirm|continue|next|finish|store|"
    r"insert|accept|speichern|senden|anlegen|weiter|enregistrer|envoyer|guardar|enviar|replace|jump|set)\b",
    re.IGNORECASE,
)


def is_field(each: Affordance) -> bool:
    """Whether it is something that a form is filled by; a list of the page's own making is one too."""
    return each.kind != "press" or (each.node.role == "combobox" and not each.node.options)


def form_name(view: View, each: Affordance) -> tuple[str, ...]:
    """What the form around an element is told by, wherever the page is scrolled to: its name and id, or its number."""
    if each.form is None:
        return ("page",)
    nodes = view.observation.nodes
    form = nodes[each.form]
    if form.name or form.id:
        return (form.role, form.name, form.id or "")
    return view.form_key(each)


def is_record_form(view: View, each: Affordance) -> bool:
    """Whether a field belongs to a form that keeps something: not a search, and more than one line to enter."""
    nodes = view.observation.nodes
    fields = [other for other in view.affordances if other.form == each.form and is_field(other)]
    texts = [other for other in fields if other.kind == "fill" and not is_search(other.node)]
    if each.form is None:
        return len(texts) > 1 and bool(senders(view, None))
    form = nodes[each.form]
    if form.role == "search" or (form.method or "").lower() == "get":
        return False
    if form.role != "form" and not senders(view, each.form):
        return False
    return bool(texts) and (len(fields) > 1 or (form.method or "").lower() == "post")


def senders(view: View, form: int | None) -> list[Affordance]:
    """The buttons that may send a form, the likeliest first; outside of every form those that say so.

    A form inside another, as the chooser in a desktop's dialog, may be sent by a button of the outer one.
    """
    own = _senders(view, form)
    around = None if form is None else Scene(view.observation).enclosing(Scene(view.observation).above[form], FORMS)
    if around is None or any(_KEEPS.search(each.node.name) for each in own):
        return own
    outer = [each for each in senders(view, around) if _KEEPS.search(each.node.name)]
    return outer or own


def _senders(view: View, form: int | None) -> list[Affordance]:
    buttons = [each for each in view.affordances if each.form == form and each.node.role == "button"]
    kept = [each for each in buttons if not _AWAY.search(each.node.name) or _SENDS.match(each.node.name)]
    declared = [each for each in kept if each.node.field == "submit"]
    if declared and form is not None:
        return declared
    named = [each for each in kept if _SENDS.search(each.node.name)]
    named.sort(key=lambda each: (_KEEPS.search(each.node.name) is None, _SENDS.fullmatch(each.node.name) is None))
    return named or (kept if form is not None and len(kept) == 1 else [])


def may_choose(view: View, each: Affordance, option: str) -> bool:
    """Whether an option of a list may be chosen: "Delete selected" may not."""
    return DEFAULT.refuses(view.observation, Select(option, each.point)) is None


def other_text(node: Node, demand: Demand, again: int) -> str:
    """A text of another shape, where those of the field's kind were refused."""
    if node.role == "spinbutton" or kind_of(node) in ("number", "price", "year"):
        return ("1", "10", "100", "2024")[again % 4]
    texts = ("12345", "AB-1234", "Linden", "1234567890")
    return demand.fit(texts[again % len(texts)], "name")


def same_group(view: View, one: Affordance, other: Affordance) -> bool:
    """Whether two buttons of a choice belong together: in one group, or side by side without any."""
    nodes = view.observation.nodes

    def group(each: Affordance) -> int | None:
        depth = nodes[each.index].depth
        for index in range(each.index - 1, -1, -1):
            if nodes[index].depth < depth:
                depth = nodes[index].depth
                if nodes[index].role in ("group", "radiogroup", "list"):
                    return index
        return None

    if group(one) != group(other):
        return False
    between = nodes[min(one.index, other.index) : max(one.index, other.index)]
    return not any(node.role in ("textbox", "combobox", "spinbutton", "checkbox") for node in between)


def key_of(each: Affordance) -> str:
    return each.node.path or "\n".join(each.identity)


def option_on(action: Action, each: Affordance) -> Option:
    return Option(action, each.label, 10.0, each.identity, each.target, each)
