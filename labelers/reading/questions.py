"""What a question of the rules' language asks for, with the answer that is given to it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from labelers.reading.unread import Unread
from labelers.reading.vocabulary import Vocabulary
from schemas.conditions import Answered, Condition, TaskCheck
from schemas.screen_conditions import (
    Called,
    Cell,
    Counts,
    EveryRow,
    Finds,
    Gives,
    HasRow,
    Says,
    ScreenCondition,
    SortedBy,
    Tells,
    Tops,
)

_QUOTED = '"([^"]*)"'
_MOST = "(highest|lowest|latest|earliest)"
_AMONG = r'((?: among the rows whose "[^"]*" is "[^"]*")*)'
_WHO = r'((?:the "[^"]*" of )*(?:the "[^"]*" with the \w+ "[^"]*"' + _AMONG + r'|the "[^"]*" "[^"]*"|"[^"]*"))'


def question(sentence: str, vocabulary: Vocabulary, answer: str) -> TaskCheck:
    """What is asked for, as a check.

    Raises:
        Unread: if it is not understood.
    """
    for pattern, meaning in _QUESTIONS:
        asked = pattern.fullmatch(sentence)
        if asked is not None:
            return meaning(asked.groupdict(), vocabulary, answer)
    raise Unread(f"not understood: {sentence[:80]}")


_Said = dict[str, str | None]


def _found(said: _Said, _: Vocabulary, answer: str) -> TaskCheck:
    return _asked(said.get("place"), (Finds(said["text"] or ""),), _count(answer), Answered(answer))


def _having(said: _Said, _: Vocabulary, answer: str) -> TaskCheck:
    every = EveryRow(said["column"] or "", said["value"] or "")
    return _asked(said["place"], (every,), _count(answer), Answered(answer))


def _belonging(said: _Said, vocabulary: Vocabulary, answer: str) -> TaskCheck:
    place, who, what = said["place"] or "", said["who"] or "", said["list"] or ""
    seen = (Called(place), HasRow((Cell(who),), named=True))
    opened = Tells(who, vocabulary.of(place))
    return TaskCheck((Called(what), Says(who), _count(answer), Answered(answer)), (), (seen, (opened,)))


def _extreme(said: _Said, _: Vocabulary, answer: str) -> TaskCheck:
    ordered = SortedBy(said["column"] or "", descending=_descends(said["most"]))
    first = HasRow((Cell(answer, said["label"]),), first=True)
    return _asked(said["place"], (*_filters(said["among"]), ordered), first, Answered(answer))


def _listed(said: _Said, _: Vocabulary, answer: str) -> TaskCheck:
    row = HasRow((Cell(said["who"] or ""), Cell(answer, said["value"])), named=True)
    return _asked(said["place"], (row,), Answered(answer))


def _which(said: _Said, _: Vocabulary, answer: str) -> TaskCheck:
    row = HasRow((Cell(answer), Cell(said["value"] or "", said["column"])), named=True)
    return _asked(said["place"], (row,), Answered(answer))


def _topping(said: _Said, _: Vocabulary, answer: str) -> TaskCheck:
    top = Tops(answer, said["column"] or "", descending=_descends(said["most"]))
    return _asked(said["place"], (top,), Answered(answer))


def _all_rows(said: _Said, _: Vocabulary, answer: str) -> TaskCheck:
    return _asked(said["place"], (), _count(answer), Answered(answer))


def _narrowed(said: _Said, _: Vocabulary, answer: str) -> TaskCheck:
    return _asked(said["place"], (Finds(said["value"] or ""),), _count(answer), Answered(answer))


def _value(said: _Said, vocabulary: Vocabulary, answer: str) -> TaskCheck:
    place = said["place"] or ""
    subject = _subject(said["who"] or "")
    here: tuple[ScreenCondition, ...] = (Called(place),)
    passed: list[tuple[ScreenCondition, ...]] = [(*here, each) for each in subject.filters]
    end: list[Condition] = [Gives((Cell(answer, said["value"]),), fields=True), Answered(answer)]
    if subject.ordered is not None:
        passed.append((*here, *subject.filters, subject.ordered))
    elif subject.linked is not None:
        passed.append((*here, HasRow((subject.linked,))))
        end.insert(0, Tells(subject.linked.value))
    elif said.get("what") != "page":
        passed.append((*here, HasRow((Cell(subject.name),), named=True)))
    if subject.name and not subject.chain:
        columns = () if said.get("what") == "page" else vocabulary.of(place)
        end.insert(0, Tells(subject.name, columns))
    return TaskCheck(tuple(end), (), tuple(passed))


@dataclass(frozen=True, slots=True)
class _Subject:
    """Whose value is asked for: its name, or what stands first in an order, or what a row links to; and the links."""

    name: str = ""
    ordered: SortedBy | None = None
    filters: tuple[EveryRow, ...] = ()
    linked: Cell | None = None
    chain: tuple[str, ...] = ()


def _subject(who: str) -> _Subject:
    chain: list[str] = []
    while (link := re.match(rf"the {_QUOTED} of ", who)) is not None:
        chain.append(link[1])
        who = who[link.end() :]
    if (top := re.fullmatch(rf"the {_QUOTED} with the {_MOST} {_QUOTED}{_AMONG}", who)) is not None:
        ordered = SortedBy(top[3], descending=_descends(top[2]))
        return _Subject(ordered=ordered, filters=_filters(top[4]), chain=tuple(chain))
    if (linked := re.fullmatch(rf"the {_QUOTED} {_QUOTED}", who)) is not None:
        return _Subject(linked=Cell(linked[2], linked[1]), chain=tuple(chain))
    if (name := re.fullmatch(_QUOTED, who)) is not None:
        return _Subject(name=name[1], chain=tuple(chain))
    raise Unread(f"not understood: {who[:80]}")


def _filters(among: str | None) -> tuple[EveryRow, ...]:
    return tuple(EveryRow(column, value) for column, value in re.findall(rf"whose {_QUOTED} is {_QUOTED}", among or ""))


def _descends(most: str | None) -> bool:
    return most in ("highest", "latest")


def _count(answer: str) -> ScreenCondition:
    if not answer.isdecimal():
        raise Unread(f"expected a number as an answer, found {answer[:40]!r}")
    return Counts(int(answer))


def _asked(place: str | None, seen: Sequence[ScreenCondition], *shown: Condition) -> TaskCheck:
    here: tuple[Condition, ...] = () if place is None else (Called(place),)
    return TaskCheck((*here, *seen, *shown))


_Meaning = Callable[[_Said, Vocabulary, str], TaskCheck]
_PLACE, _VALUE = r'"(?P<place>[^"]*)"', r'"(?P<value>[^"]*)"'
_COLUMN, _TEXT, _LABEL, _LIST, _OF = (rf'"(?P<{name}>[^"]*)"' for name in ("column", "text", "label", "list", "who"))
_WHOSE = _WHO.replace("((?:the", "(?P<who>(?:the", 1)
_MOSTLY = f"with the (?P<most>{_MOST[1:-1]}) {_COLUMN}"
_AMONGST = "(?P<among>" + _AMONG[1:]
_WHAT = "(?P<what>record|page)"

_FORMS: tuple[tuple[str, _Meaning], ...] = (
    (rf"(?:In {_PLACE}, h|H)ow many results does a search for {_TEXT} find\?", _found),
    (rf"Search for {_TEXT}: how many results are there\?", _found),
    (rf"Search {_PLACE} for {_TEXT}: how many results are there\?", _found),
    (rf"In {_PLACE}, how many rows have {_VALUE} as their {_COLUMN}\?", _having),
    (rf"How many rows of {_PLACE} have {_VALUE} as their {_COLUMN}\?", _having),
    (rf"Count the rows of {_PLACE} whose {_COLUMN} is {_VALUE}\.", _having),
    (rf"In {_PLACE}, look up {_OF}: how many rows of {_LIST} belong to it\?", _belonging),
    (rf"How many rows of {_LIST} belong to {_OF} in {_PLACE}\?", _belonging),
    (rf"In {_PLACE}, which {_LABEL} has the (?P<most>{_MOST[1:-1]}) {_COLUMN}{_AMONGST}\?", _extreme),
    (rf"Which {_LABEL} in {_PLACE} has the (?P<most>{_MOST[1:-1]}) {_COLUMN}{_AMONGST}\?", _extreme),
    (rf"Find the {_LABEL} {_MOSTLY} in {_PLACE}{_AMONGST}\.", _extreme),
    (rf"How many rows does {_PLACE} have for {_VALUE}\?", _narrowed),
    (rf"In {_PLACE}, how many rows are there for {_VALUE}\?", _narrowed),
    (rf"How many rows does {_PLACE} list\?", _all_rows),
    (rf"In {_PLACE}, how many rows are listed\?", _all_rows),
    (rf"Of all that {_PLACE} lists, which {_LABEL} has the (?P<most>{_MOST[1:-1]}) {_COLUMN}\?", _topping),
    (rf"Look through {_PLACE}: which {_LABEL} has the (?P<most>{_MOST[1:-1]}) {_COLUMN}\?", _topping),
    (rf"In {_PLACE}, what is listed as {_VALUE} for {_OF}\?", _listed),
    (rf"What does {_PLACE} list as {_VALUE} for {_OF}\?", _listed),
    (rf"Look up in {_PLACE} what is listed as {_VALUE} for {_OF}\.", _listed),
    (rf"In {_PLACE}, which {_LABEL} has {_VALUE} as its {_COLUMN}\?", _which),
    (rf"Which {_LABEL} in {_PLACE} has {_VALUE} as its {_COLUMN}\?", _which),
    (rf"Find the {_LABEL} in {_PLACE} whose {_COLUMN} is {_VALUE}\.", _which),
    (rf"In {_PLACE}, look up {_WHOSE} and report the {_VALUE} that its {_WHAT} gives\.", _value),
    (rf"In {_PLACE}, what {_VALUE} does the {_WHAT} of {_WHOSE} give\?", _value),
    (rf"Find the {_VALUE} that the {_WHAT} of {_WHOSE} in {_PLACE} gives\.", _value),
    (rf"In {_PLACE}, look up {_WHOSE} and report its {_VALUE}\.", _value),
    (rf"In {_PLACE}, what is the {_VALUE} of {_WHOSE}\?", _value),
    (rf"Find the {_VALUE} of {_WHOSE} in {_PLACE}\.", _value),
)
_QUESTIONS = tuple((re.compile(pattern), meaning) for pattern, meaning in _FORMS)
