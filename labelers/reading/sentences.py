"""What a sentence of the rules' language asks for, read from its words alone and not from what made it.

It shares no code with what writes these sentences, nor is it told the path, the end or the writer's claim: where the
two don't agree on a walk, one of them is wrong, and the sentence is not believed. A sentence that is not understood
whole is not read.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from labelers.reading.questions import question
from labelers.reading.unread import Unread
from labelers.reading.vocabulary import Vocabulary
from schemas.conditions import TaskCheck
from schemas.records import Flag
from schemas.screen_conditions import (
    Called,
    Cell,
    EveryRow,
    Finds,
    Gives,
    HasRow,
    Says,
    ScreenCondition,
    Shows,
    SortedBy,
    Tells,
)

_QUOTED = '"([^"]*)"'
_SPLIT = re.compile(r"(\"[^\"]*\")|(, then | and |, )")
_ENTERING = re.compile(
    rf"(?:^|, | and )((?:set|enter|tick|untick|choose|add) (?:[^\"]|\"[^\"]*\")*), then press {_QUOTED}"
    rf"((?:(?:, | and )(?:go to {_QUOTED}|search for {_QUOTED}|open it))*)$",
    re.IGNORECASE,
)
_THEN = re.compile(rf"(go to|search for) {_QUOTED}|(open it)")


@dataclass(frozen=True, slots=True)
class _Phrase:
    """A part of a sentence: what is true once it is done, and where one is then; `before` is what is seen first.

    Of `any` one is true besides.
    """

    conditions: tuple[ScreenCondition, ...]
    place: str | None = None
    record: str | None = None
    before: tuple[ScreenCondition, ...] = ()
    any: tuple[ScreenCondition, ...] = ()


def read(text: str, vocabulary: Vocabulary, *, answer: str | None = None) -> TaskCheck:
    """What the text asks for, as a check; `answer` is the one that is given with a question.

    Raises:
        Unread: if it is not understood.
    """
    sentence = " ".join(text.split())
    if answer is not None:
        return question(sentence, vocabulary, answer)
    phrases = _phrases(sentence.removesuffix("."), vocabulary)
    *earlier, last = [
        conditions for phrase in phrases for conditions in (phrase.before, phrase.conditions) if conditions
    ]
    return TaskCheck(last, phrases[-1].any, tuple(earlier))


# ---- commands


def _phrases(sentence: str, vocabulary: Vocabulary) -> list[_Phrase]:
    place: str | None = None
    phrases: list[_Phrase] = []
    sent = _sent(sentence)
    if sent is not None:
        sentence, last = sent
    begun = re.match(rf"(?:In|On the page|In the window) {_QUOTED}(?:, (?=\w)|$)", sentence)
    if begun is not None:
        place, sentence = begun[1], sentence[begun.end() :]
        phrases.append(_Phrase((Called(place),), place))
    went = re.match(rf"[Gg]o to {_QUOTED}", sentence)
    if went is not None:
        sentence = sentence[went.end() :]
        place = went[1]
        phrases.append(_Phrase((Called(place),), place))
        while (hop := re.match(rf"(?:, | and )then {_QUOTED}(?=, | and |$)", sentence)) is not None:
            sentence, place = sentence[hop.end() :], hop[1]
            phrases.append(_Phrase((Called(place),), place))
        sentence = re.sub(r"^(?:, | and )", "", sentence)
    for part in _parts(sentence):
        phrase = _phrase(part, place, phrases[-1] if phrases else None, vocabulary)
        phrases.append(phrase)
        place = phrase.place
    if sent is not None:
        phrases += last
    if not phrases:
        raise Unread("nothing is asked for")
    return phrases


def _sent(sentence: str) -> tuple[str, list[_Phrase]] | None:
    """What is to be entered and sent at the end of a sentence, and what stands before it."""
    found: re.Match[str] | None = None
    for start in (
        at.start() for at in re.finditer(r"(?:^|, | and )(?=(?:set|enter|tick|untick|choose|add) \")", sentence, re.I)
    ):
        if sentence[:start].count('"') % 2 == 0 and (found := _ENTERING.match(sentence, start)) is not None:
            break
    if found is None:
        return None
    kept, rest = _added(found[1])
    held, boxes = _entered(rest)
    values = (*held, *kept)
    if not values and not boxes:
        raise Unread(f"not understood: {found[1][:80]}")
    place = sentence[: found.start()]
    row = re.search(rf"press {_QUOTED} of {_QUOTED}(?:, | and )?$", place, re.IGNORECASE)
    if not found[3]:
        said = [Gives(values)] if values else []
        return place, [_Phrase((*said, *boxes), any=_changed(row, values))]
    if not found[3].endswith("open it"):  # a list of what there is
        listed = [_come_by(*then.groups()) for then in _THEN.finditer(found[3])]
        end = _Phrase((Gives(values), *listed[-1], *boxes), any=_changed(row, values))
        return place, [*map(_Phrase, listed[:-1]), end]
    filled = Gives(held, fields=True)
    left = Gives(held, fields=True, negated=True)
    *way, last = [_come_by(*then.groups()) for then in _THEN.finditer(found[3])]
    end = _Phrase((Gives(values, fields=True), *last, *boxes), any=_changed(row, values))
    return place, [_Phrase((filled,)), _Phrase((left,)), *map(_Phrase, way), end]


def _come_by(verb: str | None, what: str | None, _: str | None) -> tuple[ScreenCondition, ...]:
    """What is true where what was saved is looked up."""
    if what is None:
        return ()
    return (Called(what),) if verb == "go to" else (Finds(what),)


def _changed(row: re.Match[str] | None, values: Sequence[Cell]) -> tuple[ScreenCondition, ...]:
    """Of what was entered by a row: it has the values now, or none is called so any more."""
    if row is None or not values:
        return ()
    return Gives((Cell(row[2]), *values)), Says(row[2], negated=True)


def _added(words: str) -> tuple[tuple[Cell, ...], str]:
    """The words that are added to a field's, which it shows beside it, and what else is entered."""
    pattern = rf"\badd {_QUOTED} to {_QUOTED}"
    cells = tuple(Cell(value, field) for value, field in re.findall(pattern, words, re.IGNORECASE))
    return cells, re.sub(pattern, "", words, flags=re.IGNORECASE)


def _entered(words: str) -> tuple[tuple[Cell, ...], list[ScreenCondition]]:
    cells = [Cell(value, field) for field, value in re.findall(rf"{_QUOTED} to {_QUOTED}", words)]
    cells += [Cell(value, field) for value, field in re.findall(rf"{_QUOTED} as {_QUOTED}", words)]
    boxes = [
        condition
        for verb, name in re.findall(rf"\b(tick|untick|choose) {_QUOTED}", words, re.IGNORECASE)
        for condition in _turned(name, "checked", on=verb.casefold() != "untick")
    ]
    return tuple(cells), boxes


def _parts(sentence: str) -> list[str]:
    """The phrases between commas and `and`, with what stands in quotation marks whole."""
    parts = [""]
    for piece in _SPLIT.split(sentence):
        if piece is None:
            continue
        if piece in (", ", " and ", ", then "):
            parts.append("")
        else:
            parts[-1] += piece
    return [part for part in parts if part]


def _phrase(words: str, place: str | None, before: _Phrase | None, vocabulary: Vocabulary) -> _Phrase:
    """One phrase, said where one is after the phrase before it."""
    for name, pattern in _PHRASES:
        matched = pattern.fullmatch(words)
        if matched is not None:
            return _meaning(name, matched.groups(), place, before, vocabulary)
    raise Unread(f"not understood: {words[:80]}")


def _meaning(
    name: str, said: Sequence[str], place: str | None, before: _Phrase | None, vocabulary: Vocabulary
) -> _Phrase:
    if name in _TURNED:
        name, places = _TURNED[name]
        said = [said[at] for at in places]
    here: tuple[ScreenCondition, ...] = () if place is None else (Called(place),)
    from_record = before is not None and before.record is not None  # where a link may lead anywhere
    match name, *said:
        case "record", what if from_record or place is None:
            return _Phrase((Tells(what),), None, what)
        case "record", what:
            row = (*here, HasRow((Cell(what),), named=True))
            return _Phrase((Tells(what, vocabulary.of(place)),), None, what, row)
        case "of a row", row, column, what:
            seen = (*here, HasRow((Cell(row), Cell(what, column))))
            return _Phrase((Tells(what),), None, what, seen)
        case "its", _, what:
            return _Phrase((Tells(what),), None, what)
        case "linked", column, what:
            return _Phrase((Tells(what),), None, what, (*here, HasRow((Cell(what, column),))))
        case "belonging", what:
            if before is None or before.record is None:
                raise Unread("rows that belong to nothing that was opened")
            return _Phrase((Called(what), Says(before.record)), what)
        case "open", what:
            return _Phrase((Called(what),), what)
        case "press in", _, row:
            return _Phrase((), place, None, (*here, Says(row)))
        case "press", _:
            return _Phrase((), place)
        case "menu", menu, what:
            return _Phrase((Called(what),), what, None, (Shows(name=menu, flag="expanded"),))
        case "rows", what, column, value:
            return _Phrase((Called(what), EveryRow(column, value)), what)
        case "narrow to", what, value:
            return _Phrase((Called(what), Finds(value)), what)
        case "sort", column, order:
            return _Phrase((*here, SortedBy(column, descending=order == "descending")), place)
        case "only", column, value:
            return _Phrase((EveryRow(column, value),), place)
        case "search", what:
            return _Phrase((Finds(what),), place)
        case "add", what:
            return _Phrase((Says(what),), place)
        case (("tick" | "untick" | "choose"), what):
            return _Phrase(_turned(what, "checked", on=name != "untick"), place)
        case "tick in", verb, what, row:
            return _Phrase(_turned(what, "checked", on=verb != "untick", inside=row), place)
        case "switch in", verb, what, row:
            return _Phrase(_turned(what, "pressed", on=verb != "off", inside=row), place)
        case (("switch on" | "switch off"), what):
            return _Phrase(_turned(what, "pressed", on=name == "switch on"), place)
        case "switch", what:
            return _Phrase((Shows(name=what, flag="selected"),), place)
        case "dialog", what:
            return _Phrase((Shows("dialog", what),), place)
        case "set", field, value:
            return _Phrase((Gives((Cell(value, field),), fields=True),), place)
        case "write", what:
            return _Phrase((Shows("textbox", value=what),), place)
        case _:
            raise Unread(f"not understood: {name}")


def _turned(what: str, flag: Flag, *, on: bool, inside: str | None = None) -> tuple[ScreenCondition, ...]:
    """What is on has the flag; what is off is there without it: what is gone is neither."""
    turned = Shows(name=what, flag=flag, negated=not on, inside=inside)
    return (turned,) if on else (Shows(name=what, inside=inside), turned)


_TURNED = {
    "row of": ("of a row", (2, 0, 1)),
    "choose from": ("menu", (1, 0)),
    "rows with": ("rows", (0, 2, 1)),
    "order": ("sort", (1, 0)),
    "narrow": ("only", (1, 0)),
    "enter": ("set", (1, 0)),
}
"""Phrases that say the same as another one, with what they name in another order."""

_PATTERNS = (
    ("record", rf"(?:open the record of|open the entry|show the details of) {_QUOTED}"),
    ("record", rf"(?:go on from there to|from there open) the record of {_QUOTED}"),
    ("its", rf"(?:go on from there to|from there open) its {_QUOTED} {_QUOTED}"),
    ("of a row", rf"go from {_QUOTED} to its {_QUOTED} {_QUOTED}"),
    ("row of", rf"open the {_QUOTED} {_QUOTED} of {_QUOTED}"),
    ("linked", rf"open the {_QUOTED} {_QUOTED}"),
    ("belonging", rf"(?:go on from there to|list) the rows of {_QUOTED} that belong to it"),
    ("belonging", rf"show what {_QUOTED} it has"),
    ("choose from", rf"open {_QUOTED} from the menu {_QUOTED}"),
    ("menu", rf"in the menu {_QUOTED} choose {_QUOTED}"),
    ("open", rf"(?:open|show the page|go on from there to|from there open) {_QUOTED}"),
    ("rows", rf"list the rows of {_QUOTED} whose {_QUOTED} is {_QUOTED}"),
    ("rows with", rf"show every row of {_QUOTED} with {_QUOTED} as its {_QUOTED}"),
    ("narrow to", rf"(?:list what|show the rows of) {_QUOTED} (?:has )?for {_QUOTED}"),
    ("sort", rf"sort the list by {_QUOTED} in (ascending|descending) order"),
    ("order", rf"put the rows in (ascending|descending) order of {_QUOTED}"),
    ("only", rf"show only the rows whose {_QUOTED} is {_QUOTED}"),
    ("narrow", rf"narrow the list to the rows with {_QUOTED} as their {_QUOTED}"),
    ("search", rf"(?:search|look) for {_QUOTED}"),
    ("add", rf"add {_QUOTED}"),
    ("add", rf"put {_QUOTED} on the list"),
    ("tick", rf"tick {_QUOTED}"),
    ("untick", rf"untick {_QUOTED}"),
    ("choose", rf"choose {_QUOTED}"),
    ("tick in", rf"(tick|untick|choose) {_QUOTED} in the row of {_QUOTED}"),
    ("switch in", rf"(?:switch|turn) (on|off) {_QUOTED} in the row of {_QUOTED}"),
    ("switch on", rf"(?:switch|turn) on {_QUOTED}"),
    ("switch off", rf"(?:switch|turn) off {_QUOTED}"),
    ("switch", rf"(?:switch to|show the tab) {_QUOTED}"),
    ("dialog", rf"(?:open|bring up) the dialog {_QUOTED}"),
    ("press in", rf"press {_QUOTED} of {_QUOTED}"),
    ("press", rf"press {_QUOTED}"),
    ("set", rf"set {_QUOTED} to {_QUOTED}"),
    ("enter", rf"enter {_QUOTED} as {_QUOTED}"),
    ("write", rf"write {_QUOTED} in the document"),
)
_PHRASES = tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in _PATTERNS)
