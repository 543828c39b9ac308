"""High-level instructions: a path whose every step has an effect, said as one task, if nothing forbids it.

A path gives none where a shorter way is known, a name in the sentence could not have been seen by then, a step stays
unexplained, or an answer was already in sight. The reason is counted.
"""

import itertools
import re
from dataclasses import dataclass, replace

from labelers.observed.graph import TransitionGraph
from labelers.observed.transitions import Transition
from labelers.rules.claims import claim
from labelers.rules.effects import ARRANGE, MEANS, Effect, Fill, fill_of, listed
from labelers.rules.lists import is_turn
from labelers.rules.paths import RunPath
from labelers.rules.steps import effect_of
from schemas.actions import Click, Scroll, Select, Type
from schemas.conditions import TaskCheck
from schemas.identity import canonical_location, is_volatile
from schemas.ordering import number
from schemas.pages import Page, TableView, fold, heading_parts, is_identifier, is_name, quote

PHRASE_LIMIT = 3
"""Goals in one sentence."""

TEXT_LIMIT = 400
"""Characters of a sentence: a longer one quotes what nobody would say."""

_COUNTING = frozenset({"heading", "link", "listitem", "status", "text", "paragraph"})
_PLACELESS = frozenset({"open", "related", "dialog"})
"""Kinds that are asked for without naming the page one is on."""

HEADING_LIMIT = 8
"""Headings of a page that is still a record and no text."""

_ORDERING = re.compile(r"_?(?:sort|order|o$|page|p$|per|size|limit|start|offset|next|prev|facet|asc|desc|dir)", re.I)
_PLAIN = re.compile(r"\w[\w .,:;@'&+()-]*")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3})")
_MARKUP = re.compile(r"[▲▼↑↓⇅]|https?://|[{}<>\\]")


class NoTask(Exception):
    """Why a run gets no instruction."""


@dataclass(frozen=True, slots=True)
class TaskSentence:
    """A sentence, with the answer where it asks for one, what makes it true, and the template that wrote it.

    `claim` is what makes it true as a check, None where nothing that could be looked for is left on the screen.
    """

    text: str
    answer: str | None
    evidence: str
    template: str
    claim: TaskCheck | None = None


def synthesize(
    run: RunPath, transitions: tuple[Transition, ...], graph: TransitionGraph, site: frozenset[str]
) -> list[TaskSentence]:
    """What the run accomplished, as instructions and questions.

    Raises:
        NoTask: with the reason, if nothing that is true, doable and needs these steps can be said.
    """
    _check_start(run.path[0], transitions)
    effects = explain(run.path, site)
    last = effects[-1]
    if last.kind in MEANS:
        raise NoTask("the last step only serves a next one")
    start, goal = run.path[0].state, run.path[-1].next_state
    if start is None or goal is None or graph.distance(start, goal, limit=len(run.path) - 1) is not None:
        raise NoTask("a shorter way is known")
    _check_shortcuts(run.path)
    _check_return(run.path, last)
    _check_arrangements(run.path, effects)
    _check_search(run.path)
    said = [effect for effect in effects if effect.phrase is not None]
    where, phrases = _compose(said)
    pages = [transition.before for transition in run.path if transition.before is not None]
    tasks: list[TaskSentence] = []
    if len(run.path) > 1:
        tasks.append(
            TaskSentence(
                _sentence(where, phrases), None, "; ".join(effect.evidence for effect in said), _template(said)
            )
        )
    tasks += questions(said, where, pages, run.path[-1].after)
    tasks = [task for task in tasks if len(task.text) <= TEXT_LIMIT and _MARKUP.search(task.text) is None]
    if not tasks:
        raise NoTask("a single step, and nothing to ask" if len(run.path) == 1 else "a name that can't be said")
    return [replace(task, claim=claim(run.path, effects, answer=task.answer, template=task.template)) for task in tasks]


def explain(path: tuple[Transition, ...], site: frozenset[str]) -> tuple[Effect, ...]:
    """The effect of every step of a path.

    Raises:
        NoTask: if a step has none, or what it did was of no use to a later one.
    """
    effects: list[Effect] = []
    fills: list[Fill] = []
    for position, transition in enumerate(path):
        effect = effect_of(transition, tuple(fills), site)
        if effect is None:
            raise NoTask(f"a {type(transition.step.action).__name__.lower()} that no rule explains")
        if effect.kind == "fill":
            fill = fill_of(transition)
            assert fill is not None  # it is what the effect was read from
            fills = [*(earlier for earlier in fills if earlier.place != fill.place), fill]
            if position == len(path) - 1:
                raise NoTask("a field that was filled and not sent")
        elif effect.kind == "reveal":
            _check_reveal(path, position)
        else:
            fills = []
        if effect.kind not in MEANS:
            _check_in_sight(transition, effect)
        effects.append(effect)
    return tuple(effects)


def _check_start(first: Transition, transitions: tuple[Transition, ...]) -> None:
    """A task doesn't start on an error, nor with a form that is half filled."""
    if first.before is not None and first.before.errors:
        raise NoTask("it would start on an error page")
    before = transitions[first.index - 1] if first.index else None
    if before is None or not first.step.continuous or not isinstance(before.step.action, Type | Select):
        return
    if not (isinstance(before.step.action, Type) and before.step.action.submit):
        raise NoTask("it would start in the middle of a form")


def _check_return(path: tuple[Transition, ...], last: Effect) -> None:
    """To open a page that is called like one on the way is no task: the walk just came round."""
    headings = [
        transition.before.headings[0]
        for transition in path
        if transition.before is not None and transition.before.headings
    ]
    if last.kind == "open" and fold(last.name) in [
        fold(part) for heading in headings for part in heading_parts(heading)
    ]:
        raise NoTask("it came round to a page like an earlier one")
    start, end = path[0].before, path[-1].after
    if last.kind == "related" and start is not None and end is not None and _rows(end) <= _rows(start):
        raise NoTask("it came round to a page like an earlier one")


def _rows(page: Page) -> set[tuple[str, ...]]:
    """The rows of a page's tables, whatever their order."""
    return {tuple(sorted(row.cells.values())) for table in page.tables for row in table.rows}


def _check_arrangements(path: tuple[Transition, ...], effects: tuple[Effect, ...]) -> None:
    """A list is sorted, filtered or searched for a record only if the page did not show the record anyway."""
    for position, effect in enumerate(effects):
        following = next((later for later in effects[position:] if later.kind == "record"), None)
        page = path[position].before
        if effect.kind in ARRANGE and following is not None and page is not None and page.says(following.name):
            raise NoTask("an arrangement that was not needed")


def _check_search(path: tuple[Transition, ...]) -> None:
    """What is searched for on every page alike needs no way to one of them."""
    for position, transition in enumerate(path):
        node = transition.node
        if position == 0 or node is None or not isinstance(transition.step.action, Type):
            continue
        if not isinstance(path[position - 1].step.action, Click):
            continue
        for earlier in path[:position]:
            if earlier.before is not None and any(
                other.role == node.role and other.name == node.name and other.id == node.id
                for other in earlier.before.nodes
            ):
                raise NoTask("an earlier page has the same field")


def _check_reveal(path: tuple[Transition, ...], position: int) -> None:
    """A scroll or another page of a list is of use only if it brings the target of what follows into sight."""
    own = path[position].node
    turned = isinstance(path[position].step.action, Click)
    later = [transition for transition in path[position + 1 :] if not isinstance(transition.step.action, Scroll)]
    if turned:
        later = [
            transition
            for transition in later
            if own is None or transition.node is None or transition.node.name != own.name
        ]
    if not later:
        raise NoTask("a scroll at the end")
    before, following = path[position].before, later[0].node
    if before is None or following is None:
        raise NoTask("a scroll that led to nothing")
    for node in before.nodes:
        if node.role != following.role or node.name != following.name:
            continue
        if turned or (node.on_screen and not node.has("covered")):
            raise NoTask("a scroll that was not needed")


def _check_in_sight(transition: Transition, effect: Effect) -> None:
    assert transition.before is not None
    for name in effect.quotes:
        if not transition.before.says(name) and not any(
            fold(node.name) == fold(name) for node in transition.before.nodes
        ):
            raise NoTask("a name that is not in sight where it is needed")


def _check_shortcuts(path: tuple[Transition, ...]) -> None:
    """An earlier page that already has a link to where a later link leads makes the steps between needless."""
    for position, transition in enumerate(path):
        node = transition.node
        if position == 0 or node is None or node.href is None:
            continue
        goal = canonical_location(node.href)
        while position and isinstance(path[position - 1].step.action, Scroll):
            position -= 1  # the same page, before it was scrolled
        for earlier in path[:position]:
            if earlier.before is not None and any(
                link.role == "link" and link.href is not None and canonical_location(link.href) == goal
                for link in earlier.before.nodes
            ):
                raise NoTask("an earlier page already links there")


def _compose(effects: list[Effect]) -> tuple[list[str], list[Effect]]:
    """The names of the pages to go to first, and the effects to ask for there.

    Raises:
        NoTask: if it is too much or too mixed for one sentence.
    """
    hops: list[str] = []
    rest = list(effects)
    while len(rest) > 1 and rest[0].kind == "open":
        hops.append(rest.pop(0).name)
    if len(rest) > PHRASE_LIMIT or len(hops) > PHRASE_LIMIT:
        raise NoTask("too many things at once")
    kinds = [effect.kind for effect in rest]
    if any(kind in ("save", "add") for kind in kinds[:-1]):
        raise NoTask("it goes on after it was saved")
    columns = [effect.column for effect in rest if effect.kind in ("sort", "filter")]
    if len(set(columns)) < len(columns):
        raise NoTask("an arrangement that another one makes needless")
    if kinds.count("sort") > 1 or kinds.count("search") > 1:
        raise NoTask("a wish that a later one undoes")
    if kinds == ["open"] and len(hops) > 1:
        raise NoTask("wandering from page to page")
    if any(kind == "open" for kind in kinds[:-1]):
        raise NoTask("wandering from page to page")
    if kinds.count("record") > 1 and kinds != ["record", "record"]:
        raise NoTask("wandering from page to page")
    for earlier, later in itertools.pairwise(rest):
        if earlier.kind in ("sort", "filter") and later.kind == "open":
            raise NoTask("an arrangement that the next page does not keep")
        if fold(earlier.name) == fold(later.name):
            raise NoTask("the same thing twice")
    return hops, rest


def _sentence(hops: list[str], effects: list[Effect]) -> str:
    """The task in words: where to go, then what to do there."""
    phrases = [_phrase(effect, effects[:position]) for position, effect in enumerate(effects)]
    first = effects[0]
    if not hops and (first.context is None or fold(first.context) == fold(first.name) or first.kind in _PLACELESS):
        return _capital(listed(phrases)) + "."
    if len(hops) < 2 and first.kind not in _PLACELESS:
        return f"In {quote(hops[0] if hops else first.context or '')}, {listed(phrases)}."
    return _capital(listed(["go to " + ", then ".join(map(quote, hops)), *phrases])) + "."


def _phrase(effect: Effect, before: list[Effect]) -> str:
    """The effect as a task after those before it: from a record one goes on."""
    if before and before[-1].kind == "record":
        if effect.kind == "related":
            return f"go on from there to the rows of {quote(effect.name)} that belong to it"
        if effect.kind in ("record", "open"):
            return f"go on from there to {quote(effect.name)}"
    return effect.phrase or ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _template(effects: list[Effect]) -> str:
    return "+".join(effect.kind for effect in effects)


def questions(effects: list[Effect], hops: list[str], pages: list[Page], end: Page | None) -> list[TaskSentence]:
    """What can be asked for at the end of the path: a count, an extreme, a value of the record.

    The answer is on the last page, on no page before it, and not in the question.
    """
    if end is None:
        return []
    last = effects[-1]
    place = hops[-1] if hops else last.context
    if place is not None and last.kind in ARRANGE and any(is_narrowed(page) for page in pages):
        return []  # the question would be about the whole list, and the answer about a part of it
    arranged = effects[len(hops) : -1]
    asked: list[TaskSentence] = []
    if place is None:
        asked = _count(last, None, end) if last.kind == "search" else []
    elif last.kind in ("filter", "search") and not arranged:
        asked = _count(last, place, end)
    elif last.kind == "sort" and not arranged:
        asked = _extreme(last, place, end, pages[-1])
    elif last.kind in ("record", "open") and all(effect.kind in ARRANGE for effect in arranged):
        asked = _value(last, place, end, pages)
    return [task for task in asked if _is_new(task, pages)]


def is_narrowed(page: Page) -> bool:
    """Whether a list shows some of its rows only: its address has more in its query than an order and a page."""
    query = canonical_location(page.location).partition("?")[2]
    return any(
        value and not _ORDERING.match(name) for name, _, value in (pair.partition("=") for pair in query.split("&"))
    )


def _is_new(task: TaskSentence, pages: list[Page]) -> bool:
    answer = (task.answer or "").replace('"', "'")  # as a question would quote it
    if re.search(rf"(?<!\w){re.escape(fold(answer))}(?!\w)", fold(task.text)):
        return False
    if answer.isdecimal():
        return not any(_counts(page, int(answer)) for page in pages)
    return not any(page.says(answer) for page in pages)


def _counts(page: Page, number: int) -> bool:
    """Whether the page says the number as a count: before a word, or behind a name as facets do."""
    for index, node in enumerate(page.nodes):
        if node.role in _COUNTING:
            words = re.findall(r"[^\W_]+", _THOUSANDS.sub("", page.text_of(index)))
            if len(words) > 1 and (words[-1] == str(number) or (words[0] == str(number) and words[1][0].isalpha())):
                return True
    return False


def _count(last: Effect, place: str | None, end: Page) -> list[TaskSentence]:
    if end.count is None or end.count[0] < 1:
        return []
    count, sentence = end.count
    if place is None:
        text = f"How many results does a search for {quote(last.name)} find?"
    elif last.kind == "filter" and last.column and last.value:
        text = f"In {quote(place)}, how many rows have {quote(last.value)} as their {quote(last.column)}?"
    else:
        text = f"In {quote(place)}, how many results does a search for {quote(last.name)} find?"
    return [TaskSentence(text, str(count), f"the page says {quote(sentence)}", f"{last.kind}+count")]


def _extreme(last: Effect, place: str, end: Page, before: Page) -> list[TaskSentence]:
    """Sorted by a number: the first row has the most or the least, if no other row shares it."""
    if not end.whole:
        return []  # the first row that was seen need not be the first one
    if end.location == before.location and any(node.role == "link" and is_turn(node.name) for node in end.nodes):
        return []  # sorted in the browser, and this is not the whole list
    for table in end.tables:
        values = table.values(last.column or "")
        if last.column not in table.columns or len(values) < 3 or is_identifier(last.column):
            continue
        first, numbers = table.rows[0], [number(value) for value in values]
        if first.name is None or None in numbers or numbers[0] == numbers[1]:
            continue
        label = next((column for column, value in first.cells.items() if value == first.name), None)
        if label is None:
            continue
        most = "highest" if last.order == "descending" else "lowest"
        text = f"In {quote(place)}, which {quote(label)} has the {most} {quote(last.column)}?"
        evidence = f"the first row of the sorted list is {quote(first.name)} with {quote(values[0])}"
        return [TaskSentence(text, first.name, evidence, "sort+extreme")]
    return []


def _value(last: Effect, place: str, end: Page, pages: list[Page]) -> list[TaskSentence]:
    """A value of the record that was opened, which no page before has shown."""
    values = record_values(end) if last.kind == "record" else named_values(end)
    for column, value in sorted(values.items()):
        if (
            is_identifier(column)
            or not is_name(column)
            or not _PLAIN.fullmatch(column)
            or fold(value) == fold(last.name)
            or not _is_answer(value)
        ):
            continue
        if any(page.says(value) for page in pages):
            continue
        what = "record" if last.kind == "record" else "page"
        named = quote(last.name) if last.column is None else f"the {quote(last.column)} {quote(last.name)}"
        text = f"In {quote(place)}, look up {named} and report the {quote(column)} that its {what} gives."
        return [TaskSentence(text, value, f"the record says {quote(column)}: {quote(value)}", "record+value")]
    return []


def record_values(page: Page) -> dict[str, str]:
    """The named values of a record's own page: its table of one row, or what stands beside names."""
    singles: list[TableView] = [table for table in page.tables if len(table.rows) == 1]
    if page.whole and len(singles) == 1:
        return dict(singles[0].rows[0].cells)
    return named_values(page)


def named_values(page: Page) -> dict[str, str]:
    """The values of the first table or list that names its rows; a page of many headings is a text and has none."""
    if len(page.headings) > HEADING_LIMIT:
        return {}
    for index, node in enumerate(page.nodes):
        if node.role in ("table", "list", "definitionlist", "group", "form") or index == 0:
            values = _named_values(page, page.below(index))
            if len(values) >= 3:
                return values
    return {}


def _named_values(page: Page, within: range) -> dict[str, str]:
    """What stands beside each term or row's header, where that is no field and no name comes twice."""
    values: dict[str, str] = {}
    doubled: set[str] = set()
    for index in within:
        beside, name = _beside(page, index), page.nodes[index].name.strip().rstrip(":")
        if beside is None or not name or any(inner in page.fields for inner in page.below(beside)):
            continue
        if name in values:
            doubled.add(name)
        values[name] = page.text_of(beside)
    return {name: value for name, value in values.items() if name not in doubled}


def _beside(page: Page, index: int) -> int | None:
    """The definition of a term, or the one cell that a row's header stands before."""
    wanted = {"term": "definition", "rowheader": "cell"}.get(page.nodes[index].role)
    end = page.below(index).stop
    if wanted is None or end >= len(page.nodes) or page.nodes[end].role != wanted:
        return None
    return end if page.parents[end] == page.parents[index] and not page.nodes[end].column else None


def _is_answer(value: str) -> bool:
    return (
        1 < len(value.strip()) <= 60
        and _PLAIN.fullmatch(value.strip()) is not None
        and not is_volatile(value)
        and _MARKUP.search(value) is None
    )
