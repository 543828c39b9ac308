"""What a task in anybody's words asks for, read from the words and the page where it begins, as a check of screens.

What is pressed has the keyboard's attention then, so that a press is seen though nothing else comes of it. An element
that another of the page can be taken for, or that no press leaves a trace of, is not read.
"""

import re
from datetime import date, time

from labelers.outcomes.fulfilment import SENDS
from labelers.outcomes.goals import Requirement, read_goal
from labelers.outcomes.mentions import (
    FIELDS,
    fields_meant,
    is_known_field,
    lists_offering,
    moment_of,
    nodes_named,
    nodes_of_kind,
    numbered,
)
from labelers.reading.unread import Unread
from schemas.conditions import TaskCheck
from schemas.pages import Page, fold
from schemas.records import Node
from schemas.screen_conditions import ScreenCondition, Shows

_FOCUSED = frozenset({"button", "textbox", "searchbox", "checkbox", "radio", "switch", "combobox", "spinbutton"})
"""What has the keyboard's attention once it was pressed."""

_NUMBERS = frozenset({"slider", "spinbutton"})
_MOVED = re.compile(
    r"^Select (-?\d+(?:\.\d+)?) (?:with|on|using) the (?:slider|spinner)(?: and|, then)? *", re.IGNORECASE
)
_WRITTEN = {time: ("%H:%M", "%I:%M %p"), date: ("%Y-%m-%d", "%m/%d/%Y")}
_TICKED = frozenset({"checkbox", "radio", "switch", "menuitemcheckbox", "menuitemradio"})


def read_utterance(text: str, start: Page) -> TaskCheck:
    """What the text asks for of someone who sees that page.

    Raises:
        Unread: if a part of it is not understood, or would be seen on no screen.
    """
    plain, moved = _without_moved(text, start)
    goal = read_goal(plain)
    if not goal.sure or not goal.requirements:
        raise Unread(f"not understood: {text[:80]}")
    earlier: list[tuple[ScreenCondition, ...]] = []
    end: list[ScreenCondition] = []
    values: list[tuple[ScreenCondition, ...]] = []
    for number, asked in enumerate(goal.requirements):
        last = number == len(goal.requirements) - 1
        match asked.kind:
            case "press":
                pressed = [_pressed(each, asked, start) for each in asked.names or ("",)]
                earlier += [(each,) for each in (pressed[:-1] if last else pressed)]
                end += pressed[-1:] if last else []
            case "choose":
                chosen = _chosen(asked, start)
                end += chosen if isinstance(chosen, list) else []
                values += [chosen] if isinstance(chosen, tuple) else []
            case "enter":
                values.append(_entered(asked, start))
            case "expand":
                end.append(_expanded(start))
            case _:
                raise Unread(f"no screen tells of it: {asked.kind}")
    if goal.requirements[-1].kind != "press":
        end += _sent(start)
    values += moved
    end += [forms[0] for forms in values if len(forms) == 1]
    several = [forms for forms in values if len(forms) > 1]
    if len(several) > 1:
        raise Unread("several values that may be written in one way or another")
    return TaskCheck(tuple(end), several[0] if several else (), tuple(earlier))


def _without_moved(text: str, start: Page) -> tuple[str, list[tuple[ScreenCondition, ...]]]:
    """The text without a number that something is to be moved to, and where that number may stand then."""
    found = _MOVED.search(text)
    if found is None:
        return text, []
    if any(node.name.strip() == found[1] for node in start.nodes):
        raise Unread(f"it stands there before: {found[1]}")
    fields = {node.role for node in start.nodes if node.role in _NUMBERS}
    forms = tuple(Shows(role, value=found[1]) for role in sorted(fields)) or (Shows("text", found[1]),)
    return text[: found.start()] + text[found.end() :], [forms]


def _pressed(name: str, asked: Requirement, start: Page) -> ScreenCondition:
    if not name:
        at = numbered(start, asked.noun, asked.ordinal or 1)
        known = [] if at is None else [at]
    else:
        known = nodes_named(start, name, asked.noun)
        if asked.noun == "widget" and not known:
            known = nodes_of_kind(start, name)
        if asked.ordinal is not None:
            raise Unread(f"one of several by its number: {name}")
    node = _only(known, start, name or asked.noun)
    if node.role == "tab":
        return Shows(node.role, node.name, flag="selected")
    if node.role not in _FOCUSED:
        raise Unread(f"nothing tells that it was pressed: {node.role} {node.name[:40]!r}")
    return Shows(node.role, node.name, flag="focused")


def _chosen(asked: Requirement, start: Page) -> list[ScreenCondition] | tuple[ScreenCondition, ...]:
    """What is marked then; or the ways in which the one field of the page may hold what no element is called."""
    if not asked.names:
        at = numbered(start, asked.noun, asked.ordinal or 1)
        return [_ticked(_only([] if at is None else [at], start, asked.noun))]
    if asked.ordinal is not None:
        raise Unread(f"one of several by its number: {asked.names[0]}")
    for names in [asked.names] if asked.quoted else _listed(asked.names[0]):
        if all(nodes_named(start, name, asked.noun) or lists_offering(start, name) for name in names):
            return [_one_chosen(name, asked, start) for name in names]
    fields = [at for at, node in enumerate(start.nodes) if node.role in FIELDS]
    if len(fields) == 1 and re.search(r"\d", asked.names[0]):
        return _holding(_only(fields, start, asked.names[0]), asked.names[0])
    raise Unread(f"not on the page: {asked.names[0][:80]}")


def _one_chosen(name: str, asked: Requirement, start: Page) -> ScreenCondition:
    offering = lists_offering(start, name)
    boxes = [at for at in nodes_named(start, name, asked.noun) if start.nodes[at].role in _TICKED]
    if boxes:
        return _ticked(_only(boxes, start, name))
    if len(offering) != 1:
        raise Unread(f"nothing to choose it from: {name[:40]}")
    option = next(option for option in offering[0].options if fold(option) == fold(name))
    return Shows(_unlike_others(offering[0], start).role, offering[0].name, value=option)


def _ticked(node: Node) -> ScreenCondition:
    if node.role not in _TICKED:
        raise Unread(f"nothing to tick: {node.role}")
    return Shows(node.role, node.name, flag="checked")


def _listed(name: str) -> list[tuple[str, ...]]:
    """One name, or several between commas, the last two of which a word may join."""
    parts = [part.strip().removeprefix("and ").strip() for part in name.split(",") if part.strip()]
    joined = [piece.strip() for piece in parts[-1].split(" and ")] if parts else []
    return [(name,), tuple(parts), (*parts[:-1], *joined)]


def _entered(asked: Requirement, start: Page) -> tuple[ScreenCondition, ...]:
    """The ways in which the field that is meant may hold the value: a date and a time are written in several."""
    value = asked.names[0]
    meant = fields_meant(start, asked.field, asked.ordinal)
    if asked.every or not is_known_field(start, asked.field):
        raise Unread(f"which field is meant: {asked.field[:40]}")
    node = _only(meant, start, asked.field)
    if node.has("password"):
        raise Unread("a secret is to be entered")
    return _holding(node, value)


def _holding(node: Node, value: str) -> tuple[ScreenCondition, ...]:
    moment = moment_of(value)
    forms = [value] if moment is None else [value, *(moment.strftime(form) for form in _WRITTEN[type(moment)])]
    return tuple(Shows(node.role, node.name, value=form) for form in dict.fromkeys(forms))


def _expanded(start: Page) -> ScreenCondition:
    folded = [at for at, node in enumerate(start.nodes) if node.has("collapsed") and node.role not in ("combobox",)]
    node = _only(folded, start, "to expand")
    return Shows(node.role, node.name, flag="expanded")


def _sent(start: Page) -> list[ScreenCondition]:
    """What was entered or chosen is to be sent, where the page has a button for it, whether or not the words say so."""
    sending = [at for at, node in enumerate(start.nodes) if node.role == "button" and fold(node.name) in SENDS]
    if not sending:
        return []
    node = _only(sending, start, "to send")
    return [Shows(node.role, node.name, flag="focused")]


def _only(known: list[int], start: Page, what: str) -> Node:
    if len(known) != 1:
        raise Unread(f"{len(known)} of the page are meant: {what[:40]}")
    return _unlike_others(start.nodes[known[0]], start)


def _unlike_others(node: Node, start: Page) -> Node:
    """The element, if its role and name tell it from the others.

    Raises:
        Unread: if they don't.
    """
    if sum((each.role, each.name) == (node.role, node.name) for each in start.nodes) > 1:
        raise Unread(f"another one is called so: {node.role} {node.name[:40]!r}")
    return node
