"""What came of a form that was sent: a narrower list, results, or the new thing on the page."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from labelers.observed.transitions import Transition
from labelers.rules.effects import BOXES, CHOICES, SEARCH, TICKED, WORD, Effect, Fill, field_name
from labelers.rules.lists import only, same_tables
from labelers.rules.wording import entering
from schemas.actions import Key, Type
from schemas.pages import Page, fold, is_identifier, is_name, page_name, quote
from schemas.records import Node
from schemas.screen_conditions import Called, Cell, Finds, Gives, HasRow, Shows, place_of, shown

_CODE = re.compile(r"[{}<>\\\n]")
_AWAY = re.compile(
    r"^(?:cancel|close|back|reset|clear|undo|discard|delete|remove|search|find|filter|abbrechen|annuler|cancelar|x)\b",
    re.I,
)
"""Buttons of a form that keep nothing of it, or send no record."""


AGAIN = "open it"
"""How one comes to what was saved where that is one thing, be it its form."""

ENTRIES = frozenset({"textbox", "searchbox", "spinbutton"})
_RESULTS = frozenset(
    {"link", "cell", "gridcell", "rowheader", "listitem", "heading", "option", "treeitem", "text", "paragraph"}
)


def sent(transition: Transition, fills: tuple[Fill, ...], button: Node | None, context: str | None) -> Effect | None:
    """A form that was sent: told by what came of it, a narrower list, results, or the new thing on the page.

    Where the page that came does not tell what was entered, it may have been taken all the same: the record tells.
    """
    before, after = transition.before, transition.after
    assert before is not None
    assert after is not None
    typed = [fill for fill in fills if fill.value.strip()]
    if not typed:
        return None
    asked = frozenset(fold(value) for _, value in (place_of(after.location) or ("", ()))[1])
    searched = [
        fill
        for fill in typed
        if fill.search
        or (button is not None and SEARCH.search(button.name))
        or (button is None and not fill.field and fold(fill.value) in asked)  # a field without a name, and Enter
    ]
    if len(typed) == len(searched) == 1:
        return _found(before, after, searched[0].value, context)
    if (effect := _narrowed(before, after, typed, context)) is not None:
        return effect
    return _saved(before, after, typed, button, context)


def _narrowed(before: Page, after: Page, fills: list[Fill], context: str | None) -> Effect | None:
    """Every row left has a value that was entered, in a column that was chosen or is alone in having it."""
    if not after.whole:
        return None  # the rows that were not seen may have other values
    values = {fold(fill.value): fill.value for fill in fills}
    for old, new in same_tables(before, after):
        for column in new.columns:
            if is_identifier(column):
                continue
            left_over = {fold(value) for value in new.values(column)}
            if (
                len(left_over) == 1
                and (left := next(iter(left_over))) in values
                and {fold(v) for v in old.values(column)} != left_over
            ):
                others = [fill for fill in fills if fold(fill.value) not in (left, fold(column))]
                if not any(fill.role != "combobox" for fill in others):
                    return only(column, new.rows[0].cells[column], context, ())
    return None


def _found(before: Page, after: Page, text: str, context: str | None) -> Effect | None:
    """Results that say what was searched for, on a page that changed, and not only in the words that echo the query."""
    wanted = fold(text).split()
    rows = [" ".join(row.cells.values()) for table in after.tables for row in table.rows]
    if not rows:
        rows = [
            node.name for node in after.nodes if node.role in ("link", "listitem") and node.name not in before.texts
        ]
        rows = [row for row in rows if fold(row) not in before.texts]
    hits = [row for row in rows if all(word in fold(row) for word in wanted)]
    # Links around the results are new as well; where hardly any link says it, the search jumped to another page.
    if not hits or not is_name(text) or len(hits) < (0.5 if after.tables else 0.2) * len(rows):
        return None
    if [row.cells for table in before.tables for row in table.rows] == [
        r.cells for t in after.tables for r in t.rows
    ] and after.tables:
        return None
    evidence = f"{len(hits)} of {len(rows)} results say {quote(text)}"
    on_page = any(same_tables(before, after))
    context = context if on_page else None  # what is searched is the list on this page, or all there is
    return Effect("search", f"search for {quote(text)}", text, context, evidence, (), value=text)


def _saved(before: Page, after: Page, fills: list[Fill], button: Node | None, context: str | None) -> Effect | None:
    """What was entered is told by a record now, or the one thing typed stands in a list, where it did not before."""
    typed = [fill for fill in fills if fill.role in ENTRIES]
    if any(fill.search for fill in fills):
        return None
    where = {node.role for fill in typed for node in _says_anew(before, after, fill.value)}
    if (
        len(fills) == len(typed) == 1
        and (button is None or fold(button.name) in ("add", "create"))
        and {"listitem", "row", "cell"} & where
        and is_sayable(typed[0].value)
    ):
        text = typed[0].value
        evidence = f"{quote(text)} is in the list now"
        return Effect("add", f"add {quote(text)}", text, context, evidence, value=text)
    if button is None or _AWAY.match(button.name.strip()) or not is_name(button.name):
        return None
    names = [fill.field for fill in fills]
    effect = Effect(
        "save", None, button.name.strip(), context, "", tuple(names), entered=tuple(fills), button=button.name.strip()
    )
    if not _said(fills):
        return None
    if not _can_be_said(fills):
        return replace(effect, kind="submit", quotes=(), evidence="the form was sent")
    said = shown(told(fills), after) and not shown(told(fills), before) and any(where)
    if said and {fill.role for fill in fills} <= ENTRIES | {"combobox", "listbox", WORD}:
        return replace(effect, phrase=saving(effect), evidence="a record with these values is shown now")
    if same_fields(fills, after):
        return None  # it stands there as it did before it was sent
    return replace(effect, kind="submit", evidence="the form was sent")


def _can_be_said(fills: Sequence[Fill]) -> bool:
    """Whether all of what was entered can be said."""
    return len(_said(fills)) == len(fills)


def _said(fills: Sequence[Fill]) -> list[Fill]:
    """Those fields that have a name of their own, and were given what a person would say."""
    names = Counter(fold(fill.field) for fill in fills)
    return [fill for fill in fills if is_name(fill.field) and names[fold(fill.field)] == 1 and is_sayable(fill.value)]


def kept(
    sent: Effect, transition: Transition, way: Sequence[Effect] = (), looked_for: Fill | None = None
) -> Effect | None:
    """What was entered is on a page of its own or in a list: a record tells it, or the form is open again and holds it.

    `way` are the effects since it was sent, `looked_for` is what a search was given that this step may send.
    """
    before, after, action = transition.before, transition.after, transition.step.action
    if before is None or after is None or not (action.presses or isinstance(action, Key | Type)):
        return None
    if not _can_be_said(sent.entered):
        return None
    values = [fill for fill in sent.entered if fill.role not in BOXES | CHOICES]
    is_listed = len(values) == len(sent.entered) and shown(told(values), after)
    is_there = same_fields(sent.entered, after) or is_listed
    if not values or not is_there or same_fields(sent.entered, before) or shown(told(values), before):
        return None
    then = _come_by(transition, after, way, looked_for, values if is_listed else ())
    if then is None:
        return None
    evidence = "the record holds these values when it is opened again"
    return replace(sent, kind="kept", phrase=f"{saving(sent)}{then}", evidence=evidence, then=then)


def _come_by(
    transition: Transition, after: Page, way: Sequence[Effect], looked_for: Fill | None, listed_as: Sequence[Fill]
) -> str | None:
    """In words how one came to where it is told: to a list, by a search, to the thing itself; None where none tell."""
    parts = []
    for effect in way:
        if effect.kind == "search":
            parts.append(f"search for {quote(effect.value or '')}")
        elif effect.kind == "open":
            parts.append(f"go to {quote(effect.name)}")
        elif effect.kind not in ("fill", "reveal"):
            return None
    action = transition.step.action
    text = action.text if isinstance(action, Type) else None if looked_for is None else looked_for.value
    if text is not None:
        if not shown(Finds(text), after):
            return None
        parts.append(f"search for {quote(text)}")
    elif (
        listed_as and any(len(table.rows) > 1 for table in after.tables) and shown(HasRow(told(listed_as).cells), after)
    ):
        name = next((each for each in _names_of(transition, after) if shown(Called(each), after)), None)
        if name is None:
            return None
        parts.append(f"go to {quote(name)}")
    elif isinstance(action, Key):
        return None
    else:
        parts.append(AGAIN)
    return f", {', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else f" and {parts[0]}"


def _names_of(transition: Transition, after: Page) -> Iterator[str]:
    if transition.node is not None and is_name(transition.node.name):
        yield transition.node.name.strip()
    if (name := page_name(after)) is not None:
        yield name


def told_of(fills: Sequence[Fill], before: Page, after: Page) -> tuple[Fill, ...]:
    """Those of what was entered that one record tells now; none where none of it is new there."""
    fills = _said(fills)
    telling = [
        fill for fill in fills if fill.role in ENTRIES and len(fold(fill.value)) > 2 and not before.says(fill.value)
    ]
    best: list[Fill] = []
    for first in telling:
        found = [first] if shown(told([first]), after) else []
        for fill in fills:
            if found and fill is not first and fill.role not in BOXES | CHOICES and shown(told([*found, fill]), after):
                found.append(fill)
        best = max(best, found, key=len)
    return tuple(fill for fill in fills if fill in best)


def told(fills: Sequence[Fill]) -> Gives:
    """That a record with these values is shown."""
    return Gives(tuple(Cell(fill.value, fill.field) for fill in fills))


def same_fields(fills: Sequence[Fill], page: Page) -> bool:
    """Whether the page has all these fields, and they hold these values."""
    return all(held(fill, page) is not None for fill in fills)


def held(fill: Fill, page: Page) -> Shows | None:
    """The one field of that name, as it holds the value; None where it does not."""
    same = [node for node in page.nodes if node.role == fill.role and fold(field_name(node)) == fold(fill.field)]
    if len(same) != 1:
        return None
    node = same[0]
    if fill.role in BOXES | CHOICES:
        ticked = fill.value == TICKED
        return (
            Shows(node.role, node.name, flag="checked", negated=not ticked) if node.has("checked") == ticked else None
        )
    return Shows(node.role, node.name, node.value) if fold(node.value or "") == fold(fill.value) else None


def saving(effect: Effect) -> str:
    """What is to be entered and pressed, in plain words."""
    return f"{entering(effect.entered)[0]}, then press {quote(effect.button or '')}"


def is_sayable(text: str) -> bool:
    """Whether a person would say the text as something to enter: short, no markup, nothing that is no text."""
    return len(text) <= 120 and bool(fold(text)) and _CODE.search(text) is None


def _says_anew(before: Page, after: Page, text: str) -> Iterator[Node]:
    if len(fold(text)) < 2 or before.texts[fold(text)] >= after.texts[fold(text)]:
        return
    for node in after.nodes:
        if node.role in _RESULTS and fold(node.name) == fold(text):
            yield node
