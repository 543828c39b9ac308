"""What is true when a task is done, as conditions: read off the pages that its steps led to."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from labelers.observed.transitions import Transition
from labelers.rules.effects import BOXES, CHOICES, WORD, Effect
from labelers.rules.forms import AGAIN, ENTRIES, held, told
from schemas.claims import claim_of, fulfilled
from schemas.conditions import TaskCheck
from schemas.pages import Page, fold, is_name
from schemas.records import Flag, Node
from schemas.redaction import MASK
from schemas.screen_conditions import (
    At,
    Called,
    Cell,
    EveryRow,
    Finds,
    HasRow,
    Parameter,
    Says,
    ScreenCondition,
    Shows,
    SortedBy,
    Tells,
    elements,
    place_of,
    shown,
    tells_of,
)

_STATES: tuple[Flag, ...] = ("selected", "pressed", "checked")


def claim(
    path: Sequence[Transition],
    effects: Sequence[Effect],
    *,
    answer: str | None = None,
    shows: ScreenCondition | None = None,
) -> TaskCheck | None:
    """The claim of a path whose steps had these effects, and of the answer that its question has and what shows it.

    None where an effect that is asked for leaves nothing on its page that could be looked for, or where what should be
    there is not: a claim that its own walk does not fulfil proves nothing.
    """
    end = path[-1].after
    moments: list[tuple[ScreenCondition, ...]] = []
    row: str | None = None
    for transition, effect in zip(path, effects, strict=True):
        if effect.phrase is None or transition.after is None:
            continue
        if effect.kind == "form":
            row = effect.row
            continue  # what it brought up is filled then
        if effect.menu is not None:
            moments.append((Shows(name=effect.menu, flag="expanded"),))
        page = transition.after
        conditions = tuple(_conditions(transition, effect, page))
        if row is not None and effect.kind in ("save", "kept"):
            conditions = (*conditions, *_changed(row, effect, page))
        if not conditions or not all(shown(condition, page) for condition in conditions):
            return None
        moments.append(conditions)
    if end is None or not moments:
        return None
    if shows is not None:
        moments.append((shows,))
    check = claim_of(moments, end, answer=answer)
    last = effects[-1]
    if last.kind == "kept" and last.then.endswith(AGAIN):
        # What stands in a form was sent only if the form was left, and holds it when one comes again.
        entered = replace(
            told([fill for fill in last.entered if fill.role not in BOXES | CHOICES | {WORD}]), fields=True
        )
        check = replace(check, passed=(*check.passed, (entered,), (replace(entered, negated=True),)))
    if any(isinstance(each, At) and MASK in each.location for each in check.conditions):
        return None  # what was masked can't be compared
    return check if fulfilled(check, list(_seen(path)), answer) else None


def undone(transition: Transition, effect: Effect, end: Page | None) -> bool:
    """Whether what was set or switched is not so any more at the end."""
    page = transition.after
    if effect.kind not in ("toggle", "tab", "set") or page is None or end is None:
        return False
    conditions = [each for each in _conditions(transition, effect, page) if not isinstance(each, At)]
    return not all(shown(condition, end) for condition in conditions)


def _seen(path: Sequence[Transition]) -> Iterator[Page]:
    pages = (*(each.before for each in path[:1]), *(each.after for each in path))
    yield from (page for page in pages if page is not None)


def _conditions(transition: Transition, effect: Effect, page: Page) -> Iterator[ScreenCondition]:
    """What of an effect is seen on the page that it led to."""
    node = transition.node
    match effect.kind:
        case "open":
            yield from _place(page)
            before = transition.before
            if before is not None and before.headings[:1] == page.headings[:1]:
                yield from filter(lambda called: shown(called, page), [Called(effect.name)])
            else:
                yield from (Called(heading, whole=True) for heading in page.headings[:1])
        case "record":
            yield from _place(page)
            yield from _record(effect.name, page)
        case "related" | "filter" if effect.column is not None and effect.value is not None:
            yield from _place(page)
            yield EveryRow(effect.column, effect.value)
        case "sort" if effect.column is not None:
            yield from _place(page)
            yield SortedBy(effect.column, descending=effect.order == "descending")
        case "narrow" if effect.value is not None:
            yield from _search(effect.value, page)
        case "search" if effect.value is not None:
            yield from _search(effect.value, page)
        case "add" if effect.value is not None:
            yield from _entered(transition, effect.value, page)
        case "save":
            yield from _place(page)
            yield told(effect.entered)
        case "kept" | "set":
            yield from _place(page)
            values = [fill for fill in effect.entered if fill.role not in BOXES | CHOICES]
            if effect.kind == "kept" and shown(told(values), page):
                yield told(values)
            else:
                yield from (held(fill, page) or Says(fill.value) for fill in effect.entered)
        case "dialog":
            is_open = any(fold(name) == fold(effect.name) for name in page.dialogs)
            roles = {node.role for node in page.nodes if node.name == effect.name} & {"dialog", "alertdialog"}
            role = min(roles, default="dialog")
            yield Shows(role, effect.name, negated=not is_open)
        case "toggle" | "tab" if node is not None:
            yield from _switched(node, effect.row, page)


def _changed(row: str, effect: Effect, page: Page) -> Iterator[ScreenCondition]:
    """That it is the row called so that has the values now, or is called otherwise."""
    has = told([fill for fill in effect.entered if fill.role not in BOXES | CHOICES])
    same = replace(has, cells=(Cell(row), *has.cells))
    if shown(same, page):
        yield same
    else:
        yield Says(row, negated=True)


def _place(page: Page) -> Iterator[ScreenCondition]:
    place = place_of(page.location)
    if place is not None:
        yield At(place[0])


def _record(name: str, page: Page) -> Iterator[ScreenCondition]:
    """The record's own page: its one row with the name, else what heads it."""
    for table in page.tables:
        if len(table.rows) != 1:
            continue
        for column, value in table.rows[0].cells.items():
            if fold(value) == fold(name):
                yield HasRow((Cell(value, column),), only=True)
                return
    if page.headings:
        yield Called(page.headings[0], whole=True)
    if tells_of(name, page):
        yield Tells(name)
    elif page.says(name):
        yield Says(name)
    for index in sorted(page.fields):
        if fold(page.nodes[index].value or "") == fold(name):
            yield Shows(page.nodes[index].role, page.nodes[index].name, page.nodes[index].value)
            return


def _search(text: str, page: Page) -> Iterator[ScreenCondition]:
    """The results: by the parameter of the address that holds what was searched for, else by the field that does."""
    place = place_of(page.location)
    if place is not None:
        wanted = [Parameter(name, value) for name, value in place[1] if fold(value) == fold(text)]
        if wanted:
            yield At(place[0], tuple(wanted[:1]))
            return
    for index in sorted(page.fields):
        node = page.nodes[index]
        if node.role in ENTRIES | {"combobox"} and fold(node.value or "") == fold(text):
            yield Shows(node.role, node.name, node.value)
            return
    if page.headings and fold(text) in fold(page.headings[0]):
        yield Called(page.headings[0], whole=True)
        return
    yield Finds(text)


def _entered(transition: Transition, text: str, page: Page) -> Iterator[ScreenCondition]:
    """What was entered stands on the page, and did not before."""
    before = transition.before
    if page.says(text) and (before is None or not before.says(text)):
        yield Says(text)


def _switched(node: Node, row: str | None, page: Page) -> Iterator[ScreenCondition]:
    """The element is in another state than it was."""
    wanted = Shows(node.role, node.name or None, inside=row)
    same = [each for each in elements(wanted, page) if each.role == node.role]
    if len(same) != 1 or (row is None and not is_name(node.name)):
        return
    for flag in _STATES:
        if node.has(flag) != same[0].has(flag):
            yield from _place(page)
            if not same[0].has(flag):
                yield wanted  # what is gone is not switched off
            yield replace(wanted, flag=flag, negated=not same[0].has(flag))
            return
