"""What the words of a task may mean: before each step every element that fits its phrase, and not the first of them.

A phrase is what the read check says that a step makes true. It is looked for in what is to be seen, by its words alone:
neither where the element lay that was used, nor the writer's claim, say anything here.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from labelers.observed.transitions import Transition
from pipelines.prove.proving import Claimed, Made, Proving, Walk
from schemas.actions import Action, Check, Select, Type
from schemas.claims import Progress, fulfilled
from schemas.conditions import Condition, TaskCheck
from schemas.pages import Page, fold
from schemas.proofs import Attempt
from schemas.records import Choice
from schemas.screen_conditions import (
    Called,
    EveryRow,
    Finds,
    Says,
    ScreenCondition,
    Shows,
    SortedBy,
    Tells,
    shown,
    stands_inside,
)
from schemas.targets import target_of

MOST = 8
"""Readings that are tried of one task."""

MOST_OF_A_STEP = 4

_PRESSED = frozenset(
    {
        "link", "button", "tab", "option", "menuitem", "menuitemcheckbox", "menuitemradio", "treeitem",
        "checkbox", "radio", "switch", "columnheader", "summary",
    }
)  # fmt: skip
_TICKED = frozenset({"checkbox", "radio", "switch", "menuitemcheckbox", "menuitemradio"})
_TYPED = frozenset({"textbox", "searchbox", "combobox", "spinbutton"})
_QUOTED = re.compile(r'"([^"]*)"')
_PRESSING = re.compile(r'\b(?:press|click|tap)(?: on)? "([^"]*)"', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Phrase:
    """What the words say of a step: the texts that may name its element.

    With `column` that is the heading of a column; without `rows` it lies in no row of a table: it is what filters them.
    With `inside` it lies in the row or the item that is called so.
    """

    texts: tuple[str, ...]
    column: bool = False
    rows: bool = True
    inside: str | None = None


class Reading(NamedTuple):
    """A path with one step done to another element that fits its phrase, or to the same (`choices` is None)."""

    step: int
    phrase: str
    choices: tuple[Choice, ...] | None


def readings(
    text: str, read: TaskCheck, path: Sequence[Choice], walk: Sequence[Transition]
) -> tuple[tuple[Reading, ...], int]:
    """Every element that fits the phrase of a step, for each step that has one; and how many steps have."""
    found: list[Reading] = []
    phrases = phrases_of(read, walk)
    named = 0
    for step, choice in enumerate(path):
        page = walk[step].before
        phrase = phrases.get(step) or _asked_for(choice, text)
        if page is None or phrase is None:
            continue
        phrases[step] = phrase
        fits = list(fitting(page, choice.action, phrase, text))
        named += bool(fits)
        hrefs = {page.nodes[index].href for index in fits if index == walk[step].target} - {None}
        of_step: list[Reading] = []
        for index in fits:
            node = page.nodes[index]
            if index == walk[step].target or node.href in hrefs:
                of_step.append(Reading(step, phrases[step].texts[0], None))
                continue
            hrefs |= {node.href} - {None}
            other = replace(choice, target=target_of(node))
            of_step.append(Reading(step, phrases[step].texts[0], (*path[:step], other, *path[step + 1 :])))
        found += of_step[:MOST_OF_A_STEP]
    return tuple(found[:MOST]), named


def phrases_of(read: TaskCheck, walk: Sequence[Transition]) -> dict[int, Phrase]:
    """The phrases of a check by the steps that make them true: those that were false before the step and are then."""
    phrases: dict[int, Phrase] = {}
    pages = [walk[0].before, *(each.after for each in walk)] if walk else []
    progress = Progress(TaskCheck((), (), read.passed))
    for number, page in enumerate(pages):
        wanted = progress.missing
        if page is not None:
            progress.see(page)
        if number and wanted is not None and progress.missing != wanted:
            _add(phrases, number - 1, wanted)
    for condition in read.all:
        holds = [page is not None and _is_shown(condition, page) for page in pages]
        steps = [step for step in range(len(walk)) if holds[step + 1] and not holds[step]]
        if steps:
            _add(phrases, steps[-1], (condition,))
    return phrases


def fitting(page: Page, action: Action, phrase: Phrase, text: str) -> Iterator[int]:
    """The elements of a page that an action may be meant for, by the words of its phrase and of the whole text."""
    seen = [index for index, node in enumerate(page.nodes) if node.on_screen and not node.has("disabled")]
    seen = [index for index in seen if stands_inside(page, index, phrase.inside)]
    match action:
        case Select(option=option):
            lists = [index for index in seen if fold(option) in map(fold, page.nodes[index].options)]
            yield from _called_in(page, lists, text) or lists
        case Type(text=typed):
            yield from _fields(page, seen, typed, text)
        case Check():
            yield from _named(page, [index for index in seen if page.nodes[index].role in _TICKED], phrase)
        case _ if action.presses:
            pressed = [index for index in seen if page.nodes[index].role in _PRESSED]
            if phrase.column:
                pressed = [index for index in pressed if page.column_of(index) is not None] or pressed
            if not phrase.rows:
                pressed = [index for index in pressed if page.row_of(index) is None]
            yield from _innermost(page, _named(page, pressed, phrase) or _rows(page, pressed, phrase))


def _asked_for(choice: Choice, text: str) -> Phrase | None:
    """What the text itself asks for at a step that makes no clause true: a value to enter, a button to press.

    Which of the buttons that it names belongs to the step is told by the name of what was pressed.
    """
    called = "" if choice.target is None else fold(choice.target.name)
    match choice.action:
        case Type(text=value) | Select(option=value):
            quoted = any(fold(each) == fold(value) for each in _QUOTED.findall(text))
            return Phrase((value,)) if quoted else None
        case action if action.presses:
            return next((Phrase((each,)) for each in _PRESSING.findall(text) if fold(each) == called), None)
    return None


def _is_shown(condition: Condition, page: Page) -> bool:
    return isinstance(condition, ScreenCondition) and shown(condition, page)


def _add(phrases: dict[int, Phrase], step: int, conditions: Sequence[Condition]) -> None:
    before = phrases.get(step, Phrase(()))
    texts = [text for condition in conditions for text in _said(condition)]
    column = before.column or any(isinstance(condition, SortedBy) for condition in conditions)
    rows = before.rows and not any(isinstance(condition, EveryRow) for condition in conditions)
    together = tuple(dict.fromkeys((*before.texts, *texts)))
    if before.texts and (found := [each.text for each in conditions if isinstance(each, Finds)]):
        together = tuple(
            found
        )  # what leads to a list of what says it, in one step, is called by that and not as the list
    inside = [each.inside for each in conditions if isinstance(each, Shows) and each.inside is not None]
    if together:
        phrases[step] = Phrase(together, column, rows, inside[0] if inside else before.inside)


def _said(condition: Condition) -> Iterator[str]:
    """The words by which a condition may name the element that makes it true."""
    match condition:
        case Called(text) | Says(text):
            yield text
        case Tells(name=name) | Shows(name=str(name)):
            yield name
        case EveryRow(value=value):
            yield value
        case SortedBy(column=column):
            yield column


def _named(page: Page, indexes: Sequence[int], phrase: Phrase) -> list[int]:
    """Those that are called as the phrase says, or else those whose names hold it as words."""
    wanted = {fold(text) for text in phrase.texts} - {""}
    exact = [index for index in indexes if fold(page.text_of(index)) in wanted]
    return exact or [
        index for index in indexes if any(f" {each} " in f" {fold(page.text_of(index))} " for each in wanted)
    ]


def _rows(page: Page, indexes: Sequence[int], phrase: Phrase) -> list[int]:
    """The first element of each row that has a cell called so: what opens the row."""
    wanted = {fold(text) for text in phrase.texts} - {""}
    rows = [
        row.index
        for table in page.tables
        for row in table.rows
        if wanted & {fold(value) for value in row.cells.values()}
    ]
    firsts = (next((index for index in indexes if index in page.below(row)), None) for row in rows)
    return [index for index in firsts if index is not None]


def _innermost(page: Page, indexes: Sequence[int]) -> list[int]:
    """Without those that lie around others of them: a heading's link is the heading's."""
    return [index for index in indexes if not any(other in page.below(index) for other in indexes)]


def _fields(page: Page, seen: Sequence[int], typed: str, text: str) -> list[int]:
    """The fields that a value may be meant for: the one named just before it, or else those that search, or all."""
    fields = [index for index in seen if page.nodes[index].role in _TYPED and page.nodes[index].has("editable")]
    quoted = _QUOTED.findall(text)
    before = [quoted[place - 1] for place in range(1, len(quoted)) if fold(quoted[place]) == fold(typed)]
    if re.search(rf'"{re.escape(typed)}" as "', text):
        before = [quoted[place + 1] for place in range(len(quoted) - 1) if fold(quoted[place]) == fold(typed)]
    if (kept := re.search(rf'\badd "{re.escape(typed)}" to "([^"]*)"', text)) is not None:
        before = [kept[1]]
    called = [index for index in fields if fold(page.nodes[index].name) in map(fold, before)]
    if called or not any(fold(each) == fold(typed) for each in quoted):
        return called
    return [index for index in fields if _searches(page, index)] or fields


def _called_in(page: Page, indexes: Sequence[int], text: str) -> list[int]:
    quoted = {fold(each) for each in _QUOTED.findall(text)}
    return [index for index in indexes if fold(page.nodes[index].name) in quoted]


def _searches(page: Page, index: int) -> bool:
    node = page.nodes[index]
    return "search" in (node.role.removesuffix("box"), node.field) or "search" in fold(node.name).split()


def referents_lane(task: Claimed, made: Made, proving: Proving) -> None:
    """Whether all that the words may mean comes to the same, and that is what they ask for."""
    assert proving.copy is not None  # it was done each time
    if task.read is None:
        proving.say("referents", "abstained", task.unread or "not read")
        return
    found, steps = readings(task.text, task.read, proving.path, proving.copy.transitions)
    tried: list[Walk] = []
    held = 0
    otherwise: list[str] = []
    for reading in found:
        walk, what = proving.copy, f"{reading.phrase!r} at step {reading.step}"
        if reading.choices is not None:
            walk = made(Attempt(task.start, reading.choices), "referents", f"another {what}")
            if not walk.done_at(reading.step) and walk.stopped is None:
                continue  # it was not done, so it is no reading
        tried.append(walk)
        if walk.complete and fulfilled(task.read, walk.pages) and walk.ends_like(proving.copy, proving.changing):
            held += 1
        else:
            otherwise.append(what)
    if otherwise:
        told = "; ".join(dict.fromkeys(otherwise))
        proving.say("referents", "failed", f"it may mean something else: {told}", tried, held)
    elif not tried:
        proving.say("referents", "abstained", "nothing that is to be seen is called as it says")
    else:
        proving.say("referents", "passed", f"all that it may mean at {steps} steps comes to the same", tried, held)
