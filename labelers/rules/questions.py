"""What can be asked for at the end of a path: a number of rows, an extreme, a value of a record or of what it links to.

The answer is on the last page, on no page before it, and not in the question.
"""

import re
from collections.abc import Iterator, Sequence

from labelers.rules.asking import Question, can_be_asked, counted, given_away, is_answer
from labelers.rules.effects import ARRANGE, Effect
from labelers.rules.links import called_column
from labelers.rules.listing import list_questions
from labelers.rules.lists import is_turn
from schemas.identity import canonical_location
from schemas.keys import fraction
from schemas.ordering import arranges, number
from schemas.page_values import column_words, field_values, named_values, record_values
from schemas.pages import Page, TableView, fold, is_identifier, quote
from schemas.screen_conditions import Called, Cell, Counts, Gives, HasRow, shown

VALUES = 2
"""Values of one record that are asked for at a time."""

RECORD_WAYS = (
    "In {list}, look up {who} and report the {value} that its {what} gives.",
    "In {list}, what {value} does the {what} of {who} give?",
    "Find the {value} that the {what} of {who} in {list} gives.",
)
JOINED_WAYS = (
    "In {list}, look up {who} and report its {value}.",
    "In {list}, what is the {value} of {who}?",
    "Find the {value} of {who} in {list}.",
)

_COUNTING = frozenset({"heading", "link", "listitem", "status", "text", "paragraph"})
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3})")
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[ T].*)?")


def questions(
    effects: Sequence[Effect],
    hops: Sequence[str],
    pages: Sequence[Page],
    moments: Sequence[Page],
    end: Page | None,
    visit: int = 0,
) -> list[Question]:
    """The questions of a path: `effects` are those that are asked for, `moments` the page that each led to.

    `pages` are all that were seen before the end. At another `visit` of a page something else of it is asked for.
    """
    if end is None:
        return []
    last = effects[-1]
    rest = effects[len(hops) :]
    place = hops[-1] if hops else rest[0].context if rest else last.context
    if last.kind in ("record", "open") and len(hops) == len(effects) - 1 and last.context is not None:
        place = hops[-1] if hops else last.context
    narrowed = any(is_narrowed(page) for page in pages)
    asked = _asked(rest, moments[len(hops) :], place, pages, end, visit, narrowed=narrowed)
    return [question for question in asked if _is_new(question, pages)]


def _asked(
    rest: Sequence[Effect],
    moments: Sequence[Page],
    place: str | None,
    pages: Sequence[Page],
    end: Page,
    visit: int,
    *,
    narrowed: bool,
) -> Iterator[Question]:
    if not rest:
        return
    last, kinds = rest[-1], [effect.kind for effect in rest]
    filters = [effect for effect in rest if effect.kind == "filter"]
    # What the list was narrowed to before the path began is not in the question.
    whole = place is not None and (not narrowed or bool(filters))
    among = "".join(
        f" among the rows whose {quote(each.column or '')} is {quote(each.value or '')}"
        for each in filters
        if each is not last
    )
    if last.kind == "search" and len(rest) == 1 and (place is None or not narrowed):
        yield from _count_of_search(last, place, end)
    elif last.kind == "filter" and len(rest) == 1 and place is not None and not narrowed:
        yield from _count_of_filter(last, place, end)
    elif last.kind == "sort" and whole and place is not None and kinds in (["sort"], ["filter", "sort"]):
        yield from _extreme(last, place, among, end, pages[-1])
    elif last.kind == "related":
        yield from _count_of_related(rest, place, end)
    elif last.kind == "narrow" and len(rest) == 1:
        yield from _count_of_narrowed(last, end)
    elif place is not None and last.kind in ("record", "open"):
        yield from _value(rest, moments, place, among, pages, end, visit)
    if last.kind == "open" and len(rest) == 1 and not is_narrowed(end):
        yield from list_questions(last.name, end, pages, visit)


def is_narrowed(page: Page) -> bool:
    """Whether a list shows some of its rows only: its address has more in its query than an order and a page."""
    query = canonical_location(page.location).partition("?")[2]
    return any(value and not arranges(name) for name, _, value in (pair.partition("=") for pair in query.split("&")))


def _is_new(question: Question, pages: Sequence[Page]) -> bool:
    if question.answer.isdecimal() and isinstance(question.shown, Counts):
        said = re.search(rf"(?<!\w){re.escape(question.answer)}(?!\w)", question.ways[0])
        return said is None and not any(_counts(page, int(question.answer)) for page in pages)
    return not given_away(question, pages)


def _counts(page: Page, number: int) -> bool:
    """Whether the page says the number as a count: before a word, or behind a name as facets do."""
    for index, node in enumerate(page.nodes):
        if node.role in _COUNTING:
            words = re.findall(r"[^\W_]+", _THOUSANDS.sub("", page.text_of(index)))
            if len(words) > 1 and (words[-1] == str(number) or (words[0] == str(number) and words[1][0].isalpha())):
                return True
    return False


# ---- counts


def _count(end: Page, ways: tuple[str, ...], template: str) -> Iterator[Question]:
    """The number that the page says; one and none are no number to ask for."""
    found = counted(end)
    if found is not None and found[0] > 1:
        count, sentence = found
        yield Question(ways, str(count), Counts(count), f"the page says {quote(sentence)}", template)


def _count_of_search(last: Effect, place: str | None, end: Page) -> Iterator[Question]:
    text = quote(last.name)
    if place is None:
        ways = (f"How many results does a search for {text} find?", f"Search for {text}: how many results are there?")
    else:
        ways = (
            f"In {quote(place)}, how many results does a search for {text} find?",
            f"Search {quote(place)} for {text}: how many results are there?",
        )
    yield from _count(end, ways, "search+count")


def _count_of_filter(last: Effect, place: str, end: Page) -> Iterator[Question]:
    list_, column, value = quote(place), quote(last.column or ""), quote(last.value or "")
    ways = (
        f"In {list_}, how many rows have {value} as their {column}?",
        f"How many rows of {list_} have {value} as their {column}?",
        f"Count the rows of {list_} whose {column} is {value}.",
    )
    yield from _count(end, ways, "filter+count")


def _count_of_narrowed(last: Effect, end: Page) -> Iterator[Question]:
    list_, value = quote(last.name), quote(last.value or "")
    ways = (f"How many rows does {list_} have for {value}?", f"In {list_}, how many rows are there for {value}?")
    yield from _count(end, ways, "narrow+count")


def _count_of_related(rest: Sequence[Effect], place: str | None, end: Page) -> Iterator[Question]:
    """The rows that belong to the one record that was opened, or whose page one was on."""
    last = rest[-1]
    list_, value = quote(last.name), quote(last.value or "")
    if len(rest) == 1:
        column = quote(last.column or "")
        ways = (
            f"How many rows of {list_} have {value} as their {column}?",
            f"Count the rows of {list_} whose {column} is {value}.",
        )
    elif [effect.kind for effect in rest] == ["record", "related"] and place is not None and rest[0].column is None:
        ways = (
            f"In {quote(place)}, look up {value}: how many rows of {list_} belong to it?",
            f"How many rows of {list_} belong to {value} in {quote(place)}?",
        )
    else:
        return
    yield from _count(end, ways, "related+count")


# ---- extremes


def _extreme(last: Effect, place: str, among: str, end: Page, before: Page) -> Iterator[Question]:
    found = extreme(last, end)
    if found is None:
        return
    if end.location == before.location and any(node.role == "link" and is_turn(node.name) for node in end.nodes):
        return  # sorted in the browser, and this is not the whole list
    label, most, name, value = found
    what, column = quote(label), quote(last.column or "")
    ways = (
        f"In {quote(place)}, which {what} has the {most} {column}{among}?",
        f"Which {what} in {quote(place)} has the {most} {column}{among}?",
        f"Find the {what} with the {most} {column} in {quote(place)}{among}.",
    )
    evidence = f"the first row of the sorted list is {quote(name)} with {quote(value)}"
    yield Question(
        ways, name, HasRow((Cell(name),), first=True), evidence, "filter+sort+extreme" if among else "sort+extreme"
    )


def extreme(last: Effect, page: Page) -> tuple[str, str, str, str] | None:
    """What stands first in a list that was sorted by numbers or dates, if no other row shares it.

    The column that names it, `highest` or the like, its name, and its value.
    """
    if not page.whole:
        return None  # the first row that was seen need not be the first one
    for table in page.tables:
        if last.column not in table.columns or is_identifier(last.column):
            continue
        values = table.values(last.column)
        first = table.rows[0]
        words = _extreme_words(values)
        if len(values) < 3 or words is None or first.name is None:
            continue
        if values[0] == values[1] or (number(values[0]) is not None and number(values[0]) == number(values[1])):
            continue
        label = next((column for column, value in first.cells.items() if value == first.name), None)
        if label is not None:
            most = words[0] if last.order == "descending" else words[1]
            return called_column(table, label), most, first.name, values[0]
    return None


def is_date(text: str) -> bool:
    """Whether a text is a date, or begins with one, as machines write it."""
    return _DATE.fullmatch(text) is not None


def _extreme_words(values: Sequence[str]) -> tuple[str, str] | None:
    """What the greatest and the least of such values are called; None where they are neither numbers nor dates."""
    if all(map(is_date, values)):
        return "latest", "earliest"
    numbers = [number(value) for value in values]
    return None if None in numbers else ("highest", "lowest")


# ---- values


def _value(
    rest: Sequence[Effect],
    moments: Sequence[Page],
    place: str,
    among: str,
    pages: Sequence[Page],
    end: Page,
    visit: int,
) -> Iterator[Question]:
    """Values of the record that was opened, or of what that links to, which no page before has shown: at most two."""
    there = _opened_in(rest, place, pages)
    subject = _subject(rest, moments, among)
    if there is None or subject is None:
        return
    last, (who, ways, kind) = rest[-1], subject
    held = field_values(end) if last.kind == "record" else {}
    values = record_values(end) if last.kind == "record" else named_values(end)
    in_fields = not values
    list_ = quote(there)
    begun = ways[0].format(list=list_, who=who, value="", what="")
    found = 0
    for column, value in sorted((values or held).items(), key=lambda each: fraction("value", begun, visit, each[0])):
        if not can_be_asked(column) or fold(value) == fold(last.name) or not is_answer(value):
            continue
        if any(page.says(value) for page in pages):
            continue
        said = quote(column if in_fields else _called(end, column))
        what = "record" if last.kind == "record" else "page"
        texts = tuple(way.format(list=list_, who=who, value=said, what=what) for way in ways)
        seen = Gives((Cell(value, column),), fields=in_fields)
        evidence = f"the {what} says {quote(column)}: {quote(value)}"
        yield Question(texts, value, seen, evidence, f"{kind}+value")
        found += 1
        if found == VALUES:
            return


def _opened_in(rest: Sequence[Effect], place: str, pages: Sequence[Page]) -> str | None:
    """What the list is called in which the first record was opened: the place, or what a step on the way led to."""
    at = next((at for at, effect in enumerate(rest) if effect.kind not in ARRANGE), None)
    if at is None or len(pages) < len(rest) - at:
        return None
    page = pages[at - len(rest)]
    names = (place, rest[at].context)
    return next((name for name in names if name is not None and shown(Called(name), page)), None)


def _subject(rest: Sequence[Effect], moments: Sequence[Page], among: str) -> tuple[str, tuple[str, ...], str] | None:
    """Whose value is asked for, the ways to ask, and the kind of it."""
    first = next((at for at, effect in enumerate(rest) if effect.kind not in ARRANGE), None)
    if first is None:
        return None
    opened, chain = rest[first], rest[first + 1 :]
    if opened.kind not in ("record", "open") or any(
        effect.kind != "record" or effect.column is None for effect in chain
    ):
        return None
    arranged = rest[:first]
    kinds = [effect.kind for effect in arranged]
    kind = "record"
    top = extreme(arranged[-1], moments[first - 1]) if kinds in (["sort"], ["filter", "sort"]) else None
    if top is not None and opened.kind == "record" and fold(top[2]) in (fold(opened.name), fold(opened.row or "")):
        who, kind = f"the {quote(top[0])} with the {top[1]} {quote(arranged[-1].column or '')}{among}", "extreme"
    elif opened.row is not None:
        who = quote(opened.row)
    elif opened.column is not None and not chain:
        who = f"the {quote(opened.column)} {quote(opened.name)}"
    else:
        who = quote(opened.name)
    links = [opened.column or ""] if opened.row is not None else []
    links += [effect.column or "" for effect in chain]
    for column in links:
        who = f"the {quote(column)} of {who}"
    if links:
        return who, JOINED_WAYS, f"{kind}+join"
    return who, RECORD_WAYS, kind


def _called(page: Page, column: str) -> str:
    singles: list[TableView] = [table for table in page.tables if len(table.rows) == 1 and column in table.columns]
    return called_column(singles[0], column) if singles else column_words(column)
