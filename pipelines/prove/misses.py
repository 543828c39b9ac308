"""Near misses: a path with one step done to something else or once more, with two in the other order, or in part.

The most telling come first: another row, column, direction, value, option, field, or element of its kind. The others
are `spare`: they are tried where too few of those could be.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from labelers.observed.transitions import Transition
from schemas.actions import Check, Click, Select, Type, point_of
from schemas.keys import fraction
from schemas.pages import Page, fold
from schemas.records import PRESS, Choice, Node
from schemas.targets import target_of

MOST = 4
"""Near misses of a path that are tried whatever comes of them."""

MOST_SPARE = 4
"""Spare ones, besides parts of the path: those were tried when steps were left out, and cost nothing."""

LAST, EARLIER = 2, 1
"""How many are tried whatever comes of them: of the last step, and of each before it."""

ONCE_MORE, PART, BESIDE = "once more", "in part", "a click beside it"
WEAK = frozenset({PART, BESIDE})
"""What is hardly more than a step left out: these alone tell nothing."""

_CELLS = frozenset({"cell", "gridcell", "rowheader"})
_ROWS = frozenset({"row"})
_TABLES = frozenset({"table", "grid", "treegrid"})
_AROUND = frozenset({"dialog", "alertdialog", "menu", "toolbar", "form", "navigation"})
_PRESSED = frozenset(
    {
        "button",
        "link",
        "tab",
        "menuitem",
        "menuitemcheckbox",
        "menuitemradio",
        "checkbox",
        "radio",
        "switch",
        "treeitem",
    }
)
_TURNED = frozenset({"checkbox", "switch", "menuitemcheckbox"})


class Miss(NamedTuple):
    """A path that is nearly the one that was walked; `kind` is in what way, `step` where it differs in its own count.

    `instead` says that one step is done to something else, and all others as they were.
    """

    step: int
    kind: str
    choices: tuple[Choice, ...]
    instead: bool = True
    spare: bool = False


class _Other(NamedTuple):
    """What else is done at a step."""

    kind: str
    choice: Choice
    spare: bool = False


def near_misses(path: tuple[Choice, ...], walk: tuple[Transition, ...]) -> tuple[Miss, ...]:
    """Near misses of a path that was walked so: the telling ones, the last step's first, then the spare ones.

    Which ones hangs on the path and its pages alone.
    """
    telling: list[Miss] = []
    rounds: list[list[Miss]] = []
    for step in reversed(range(len(path))):
        distinct: dict[tuple[bool, Choice], _Other] = {}
        for other in _others(path[step], walk[step]):  # one element may be another of its kind, and one beside it
            distinct.setdefault((other.kind == ONCE_MORE, other.choice), other)
        others = sorted(distinct.values(), key=lambda other: _draw(step, other))
        nth: dict[_Other, int] = {}
        seen: Counter[str] = Counter()
        for other in others:
            nth[other] = seen[other.kind]
            seen[other.kind] += 1
        wanted = min(LAST if step == len(path) - 1 else EARLIER, MOST - len(telling))
        chosen = sorted((other for other in others if not other.spare), key=nth.__getitem__)[:wanted]
        left = sorted((other for other in others if other not in chosen), key=nth.__getitem__)
        telling += [_missed(path, step, other) for other in chosen]
        rounds.append([_missed(path, step, other)._replace(spare=True) for other in left])
    spare = [miss for turn in range(MOST_SPARE) for each in rounds for miss in each[turn : turn + 1]]
    others_first = (*_turned_round(path, walk), *spare)[:MOST_SPARE]
    return (*telling, *others_first, *_parts(path), *_beside(path, walk))


def _missed(path: tuple[Choice, ...], step: int, other: _Other) -> Miss:
    if other.kind == ONCE_MORE:
        choices = (*path[: step + 1], other.choice, *path[step + 1 :])
        return Miss(step + 1, other.kind, choices, instead=False, spare=other.spare)
    return Miss(step, other.kind, (*path[:step], other.choice, *path[step + 1 :]), spare=other.spare)


def _draw(step: int, other: _Other) -> float:
    action, target = other.choice.action, other.choice.target
    return fraction("near miss", step, other.kind, action, None if target is None else [target.role, target.name])


def _turned_round(path: tuple[Choice, ...], walk: tuple[Transition, ...]) -> Iterator[Miss]:
    """The last two steps in the other order, where the last one's element is there before both."""
    if len(path) < 2:
        return
    page, target = walk[len(path) - 2].before, path[-1].target
    if page is not None and target is not None and any(_is_it(node, target.role, target.name) for node in page.nodes):
        yield Miss(len(path) - 1, "turned round", (*path[:-2], path[-1], path[-2]), instead=False, spare=True)


def _parts(path: tuple[Choice, ...]) -> Iterator[Miss]:
    """The path without one of its steps, the last one first."""
    if len(path) > 1:
        for step in reversed(range(len(path))):
            yield Miss(len(path) - 2, PART, (*path[:step], *path[step + 1 :]), instead=False, spare=True)


def _beside(path: tuple[Choice, ...], walk: tuple[Transition, ...]) -> Iterator[Miss]:
    """The last step as a click on the first words that can be seen and that it was not done to."""
    page, index, point = walk[-1].before, walk[-1].target, point_of(path[-1].action)
    if page is None or index is None or point is None:
        return
    for other, node in enumerate(page.nodes):
        apart = not page.below(other) and other not in page.below(index)
        if node.role in ("heading", "text") and node.on_screen and apart and _could_be(page, index, other):
            yield Miss(len(path) - 1, BESIDE, (*path[:-1], Choice(Click(point), target_of(node))), spare=True)
            return


def _others(choice: Choice, walked: Transition) -> Iterator[_Other]:
    """What else can be done on the page of a step."""
    page, index = walked.before, walked.target
    if page is None or index is None:
        return
    node = page.nodes[index]
    match choice.action:
        case Select(option=option):
            for other in dict.fromkeys(node.options):
                if fold(other) != fold(option) and other.strip():
                    yield _Other("another option", replace(choice, action=replace(choice.action, option=other)))
        case Type(text=text):
            for other in _values(page, text):
                yield _Other("another value", replace(choice, action=replace(choice.action, text=other)))
            for at in _alike(page, index):
                yield from _done_to(page, at, choice, "another field")
            if choice.action.submit:
                yield _Other("not sent", replace(choice, action=replace(choice.action, submit=False)), spare=True)
        case Check(checked=checked):
            turned = replace(choice.action, checked=not checked)
            yield _Other(ONCE_MORE, replace(choice, action=turned))
            for at in _alike(page, index):
                yield from _done_to(page, at, choice, "another box")
        case action if action.presses:
            if page.column_of(index) is not None or node.role in _TURNED or node.has("holdable"):
                yield _Other(ONCE_MORE, choice)
            for at, kind in _places(page, index):
                yield from _done_to(page, at, choice, kind)
        case _:
            return
    point = point_of(choice.action)
    for at in _around(page, index):
        if point is not None:
            yield from _done_to(page, at, replace(choice, action=Click(point)), "another element", spare=True)


def _done_to(page: Page, other: int, choice: Choice, kind: str, *, spare: bool = False) -> Iterator[_Other]:
    """The choice on another element, if it can be seen."""
    if page.nodes[other].on_screen:
        yield _Other(kind, replace(choice, target=target_of(page.nodes[other])), spare)


def _values(page: Page, text: str) -> Iterator[str]:
    """Other texts to enter: of the cells of the page those that are words like this one, else the text changed."""
    cells = {
        value
        for table in page.tables
        for row in table.rows
        for value in row.cells.values()
        if 1 < len(value) <= 60 and value.isdecimal() == text.isdecimal()
    }
    others = sorted(value for value in cells if fold(text) not in fold(value) and fold(value) not in fold(text))
    changed = (text[::-1], f"{text}1" if text[-1:].isdecimal() else f"{text}x", text[: len(text) // 2])
    yield from others or [other for other in changed if other and fold(other) != fold(text)][:2]


def _places(page: Page, index: int) -> Iterator[tuple[int, str]]:
    """Other elements to press: of another row, of the same row, of another column, or else of its kind."""
    node, row, column = page.nodes[index], page.ancestor(index, _ROWS), page.column_of(index)
    if column is not None:
        table = page.ancestor(index, _TABLES)
        for other in () if table is None else page.below(table):
            if _is_other(page, index, other) and page.column_of(other) not in (None, column):
                yield other, "another column"
        return
    if row is not None:
        table, cell = page.ancestor(row, _TABLES), page.ancestor(index, _CELLS)
        under = None if cell is None else page.nodes[cell].column
        for other in () if table is None else page.below(table):
            if not _is_other(page, index, other) or page.column_of(other) is not None:
                continue
            around = page.ancestor(other, _CELLS)
            if other in page.below(row):
                yield other, "another link of the row"
            elif around is not None and page.nodes[around].column == under:
                yield other, "another row"
        return
    yield from ((other, f"another {node.role}") for other in _alike(page, index))


def _alike(page: Page, index: int) -> Iterator[int]:
    """Elements of the same role elsewhere, those of the same parent alone where there are enough of these."""
    parent = page.parents[index]
    others = [other for other in range(len(page.nodes)) if _is_other(page, index, other)]
    near = [other for other in others if page.parents[other] == parent and page.nodes[other].on_screen]
    yield from near if len(near) >= LAST else others


def _around(page: Page, index: int) -> Iterator[int]:
    """Elements of any kind that can be pressed: those of the same dialog or menu alone, where it has some."""
    others = [
        other
        for other, node in enumerate(page.nodes)
        if (node.role in _PRESSED or PRESS in node.actions) and _could_be(page, index, other)
    ]
    around = page.ancestor(index, _AROUND)
    near = [] if around is None else [other for other in others if other in page.below(around)]
    yield from near or others


def _is_other(page: Page, index: int, other: int) -> bool:
    return page.nodes[other].role == page.nodes[index].role and _could_be(page, index, other)


def _could_be(page: Page, index: int, other: int) -> bool:
    """Whether another element can be told by its name, and leads elsewhere as far as its looks tell."""
    node, another = page.nodes[index], page.nodes[other]
    return (
        other != index
        and another.box is not None
        and bool(another.name.strip())
        and not _same(node, another)
        and not another.has("disabled")
    )


def _is_it(node: Node, role: str, name: str) -> bool:
    return node.role == role and fold(node.name) == fold(name)


def _same(node: Node, other: Node) -> bool:
    """Whether two elements lead to the same, as far as their looks tell."""
    return fold(node.name) == fold(other.name) if node.href is None else node.href == other.href
