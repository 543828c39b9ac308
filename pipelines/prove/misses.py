"""Near misses: a step of a path done to another row, column, value, option or element of its kind."""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from labelers.observed.transitions import Transition
from schemas.actions import Check, Select, Type
from schemas.keys import fraction
from schemas.pages import Page, fold
from schemas.records import Choice, Node
from schemas.targets import target_of

MOST = 4
"""Near misses that are tried of one path."""

MOST_OF_A_STEP = 2

_CELLS = frozenset({"cell", "gridcell", "rowheader"})
_ROWS = frozenset({"row"})
_TABLES = frozenset({"table", "grid", "treegrid"})


class Miss(NamedTuple):
    """A path with one step done otherwise; `kind` is in what way."""

    step: int
    kind: str
    choices: tuple[Choice, ...]


def near_misses(path: tuple[Choice, ...], walk: tuple[Transition, ...]) -> tuple[Miss, ...]:
    """Some near misses of a path that was walked so, the last step's first; which ones hangs on the path alone."""
    chosen: list[Miss] = []
    for step in reversed(range(len(path))):
        others = dict.fromkeys(sorted(_others(path[step], walk[step]), key=lambda other: _draw(step, other)))
        firsts = dict(reversed(others))  # one of each kind goes before a second one
        ranked = sorted(others, key=lambda other: firsts[other[0]] != other[1])
        for kind, choice in ranked[: min(MOST_OF_A_STEP, MOST - len(chosen))]:
            chosen.append(Miss(step, kind, (*path[:step], choice, *path[step + 1 :])))
    return tuple(chosen)


def _draw(step: int, other: tuple[str, Choice]) -> float:
    kind, choice = other
    target = choice.target
    return fraction("near miss", step, kind, choice.action, None if target is None else [target.role, target.name])


def _others(choice: Choice, walked: Transition) -> Iterator[tuple[str, Choice]]:
    """The step done to something else of the page that it was done on."""
    page, index = walked.before, walked.target
    if page is None or index is None:
        return
    node = page.nodes[index]
    match choice.action:
        case Select(option=option):
            yield from (
                ("another option", replace(choice, action=replace(choice.action, option=other)))
                for other in dict.fromkeys(node.options)
                if fold(other) != fold(option) and other.strip()
            )
            return
        case Type(text=text):
            yield from (
                ("another value", replace(choice, action=replace(choice.action, text=other)))
                for other in _values(page, text)
            )
            return
        case Check():
            kinds = [(other, "another box") for other in _alike(page, index)]
        case action if action.presses:
            kinds = list(_places(page, index))
        case _:
            return
    for other, kind in kinds:
        if page.nodes[other].on_screen:
            yield kind, replace(choice, target=target_of(page.nodes[other]))


def _values(page: Page, text: str) -> Iterator[str]:
    """Other texts to enter: of the cells of the page those that are words like this one, else the text turned round."""
    cells = {
        value
        for table in page.tables
        for row in table.rows
        for value in row.cells.values()
        if 1 < len(value) <= 60 and value.isdecimal() == text.isdecimal()
    }
    others = sorted(value for value in cells if fold(text) not in fold(value) and fold(value) not in fold(text))
    yield from others or [text[::-1] if fold(text[::-1]) != fold(text) else text + "x"]


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
    """Elements of the same role elsewhere, those of the same parent first."""
    parent = page.parents[index]
    others = [other for other in range(len(page.nodes)) if _is_other(page, index, other)]
    near = [other for other in others if page.parents[other] == parent]
    yield from near or others


def _is_other(page: Page, index: int, other: int) -> bool:
    node, another = page.nodes[index], page.nodes[other]
    return (
        other != index
        and another.role == node.role
        and another.box is not None
        and bool(another.name.strip())
        and not _same(node, another)
        and not another.has("disabled")
    )


def _same(node: Node, other: Node) -> bool:
    """Whether two elements lead to the same, as far as their looks tell."""
    return fold(node.name) == fold(other.name) if node.href is None else node.href == other.href
