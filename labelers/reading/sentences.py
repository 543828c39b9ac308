"""What a sentence of the rules' language asks for, read from its words alone and not from what made it.

It shares no code with what writes these sentences, nor is it told the path, the end or the writer's claim: where the
two don't agree on a walk, one of them is wrong, and the sentence is not believed. A sentence that is not understood
whole is not read.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from labelers.reading.vocabulary import Vocabulary
from schemas.conditions import Answered, Condition, TaskCheck
from schemas.screen_conditions import (
    Called,
    Cell,
    Counts,
    EveryRow,
    HasRow,
    Says,
    ScreenCondition,
    Shows,
    SortedBy,
    Tells,
)

_QUOTED = '"([^"]*)"'
_SPLIT = re.compile(r"(\"[^\"]*\")|(, then | and |, )")


class Unread(Exception):
    """Why a sentence was not understood."""


@dataclass(frozen=True, slots=True)
class _Phrase:
    """A part of a sentence: what is true once it is done, and where one is then; `before` is what is seen first."""

    conditions: tuple[ScreenCondition, ...]
    place: str | None = None
    record: str | None = None
    before: tuple[ScreenCondition, ...] = ()


def read(text: str, vocabulary: Vocabulary, *, answer: str | None = None) -> TaskCheck:
    """What the text asks for, as a check; `answer` is the one that is given with a question.

    Raises:
        Unread: if it is not understood.
    """
    sentence = " ".join(text.split())
    if answer is not None:
        return _question(sentence, vocabulary, answer)
    phrases = _phrases(sentence.removesuffix("."), vocabulary)
    *earlier, last = [
        conditions for phrase in phrases for conditions in (phrase.before, phrase.conditions) if conditions
    ]
    return TaskCheck(last, (), tuple(earlier))


# ---- commands


def _phrases(sentence: str, vocabulary: Vocabulary) -> list[_Phrase]:
    place: str | None = None
    phrases: list[_Phrase] = []
    begun = re.match(rf"In {_QUOTED}, (?=\w)", sentence)
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
    if not phrases:
        raise Unread("nothing is asked for")
    return phrases


def _parts(sentence: str) -> list[str]:
    """The phrases between commas and `and`, with what stands in quotation marks whole; values to enter stay one."""
    if re.match(r"[Ss]et \"", sentence):
        return [sentence]
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
    for name, pattern in _PHRASES.items():
        matched = pattern.fullmatch(words)
        if matched is not None:
            return _meaning(name, matched.groups(), place, before, vocabulary)
    raise Unread(f"not understood: {words[:80]}")


def _meaning(
    name: str, said: Sequence[str], place: str | None, before: _Phrase | None, vocabulary: Vocabulary
) -> _Phrase:
    here: tuple[ScreenCondition, ...] = () if place is None else (Called(place),)
    match name, *said:
        case "record", what:
            from_record = before is not None and before.record is not None  # where a link may lead anywhere
            return _Phrase((Tells(what, () if from_record else vocabulary.of(place)),), None, what)
        case "linked", column, what:
            return _Phrase((Tells(what),), None, what, (*here, HasRow((Cell(what, column),))))
        case "belonging", what:
            if before is None or before.record is None:
                raise Unread("rows that belong to nothing that was opened")
            return _Phrase((Called(what), Says(before.record)), what)
        case "open", what:
            return _Phrase((Called(what),), what)
        case "rows", what, column, value:
            return _Phrase((Called(what), EveryRow(column, value)), what)
        case "sort", column, order:
            return _Phrase((*here, SortedBy(column, descending=order == "descending")), place)
        case "only", column, value:
            return _Phrase((EveryRow(column, value),), place)
        case (("search" | "add"), what):
            return _Phrase((Says(what),), place)
        case (("tick" | "choose"), what):
            return _Phrase((Shows(name=what, flag="checked"),), place)
        case "untick", what:
            return _Phrase((Shows(name=what, flag="checked", negated=True),), place)
        case "switch on", what:
            return _Phrase((Shows(name=what, flag="pressed"),), place)
        case "switch off", what:
            return _Phrase((Shows(name=what, flag="pressed", negated=True),), place)
        case "switch", what:
            return _Phrase((Shows(name=what, flag="selected"),), place)
        case "dialog", what:
            return _Phrase((Shows("dialog", what),), place)
        case "no dialog", what:
            return _Phrase((Shows("dialog", what, negated=True),), place)
        case _:
            values = [value for _, value in re.findall(rf"{_QUOTED} to {_QUOTED}", said[0])]
            return _Phrase(tuple(map(Says, values)), place)


_PHRASES = {
    name: re.compile(pattern, re.IGNORECASE)
    for name, pattern in {
        "record": rf"open the record of {_QUOTED}",
        "linked": rf"open the {_QUOTED} {_QUOTED}",
        "belonging": rf"go on from there to the rows of {_QUOTED} that belong to it",
        "open": rf"(?:open|go on from there to) {_QUOTED}",
        "rows": rf"list the rows of {_QUOTED} whose {_QUOTED} is {_QUOTED}",
        "sort": rf"sort the list by {_QUOTED} in (ascending|descending) order",
        "only": rf"show only the rows whose {_QUOTED} is {_QUOTED}",
        "search": rf"search for {_QUOTED}",
        "add": rf"add {_QUOTED}",
        "tick": rf"tick {_QUOTED}",
        "choose": rf"choose {_QUOTED}",
        "untick": rf"untick {_QUOTED}",
        "switch on": rf"switch on {_QUOTED}",
        "switch off": rf"switch off {_QUOTED}",
        "switch": rf"switch to {_QUOTED}",
        "dialog": rf"open the dialog {_QUOTED}",
        "no dialog": rf"close the dialog {_QUOTED}",
        "entered": rf"set ((?:{_QUOTED} to {_QUOTED}(?:, | and )?)+), then press {_QUOTED}",
    }.items()
}


# ---- questions


def _question(sentence: str, vocabulary: Vocabulary, answer: str) -> TaskCheck:
    given = Answered(answer)
    asked = re.fullmatch(rf"How many results does a search for {_QUOTED} find\?", sentence)
    if asked is not None:
        return _asked(None, (Says(asked[1]),), _count(answer), given)
    asked = re.fullmatch(rf"In {_QUOTED}, how many results does a search for {_QUOTED} find\?", sentence)
    if asked is not None:
        return _asked(asked[1], (Says(asked[2]),), _count(answer), given)
    asked = re.fullmatch(rf"In {_QUOTED}, how many rows have {_QUOTED} as their {_QUOTED}\?", sentence)
    if asked is not None:
        return _asked(asked[1], (EveryRow(asked[3], asked[2]),), _count(answer), given)
    asked = re.fullmatch(rf"In {_QUOTED}, which {_QUOTED} has the (highest|lowest) {_QUOTED}\?", sentence)
    if asked is not None:
        ordered = SortedBy(asked[4], descending=asked[3] == "highest")
        first = HasRow((Cell(answer, asked[2]),), first=True)
        return _asked(asked[1], (ordered,), first, given)
    asked = re.fullmatch(
        rf"In {_QUOTED}, look up the {_QUOTED} {_QUOTED} and report the {_QUOTED} that its record gives\.", sentence
    )
    if asked is not None:
        seen = (Called(asked[1]), HasRow((Cell(asked[3], asked[2]),)))
        return TaskCheck((Tells(asked[3]), Says(answer), given), (), (seen,))
    asked = re.fullmatch(
        rf"In {_QUOTED}, look up {_QUOTED} and report the {_QUOTED} that its (record|page) gives\.", sentence
    )
    if asked is not None:
        columns = vocabulary.of(asked[1]) if asked[4] == "record" else ()
        return TaskCheck((Tells(asked[2], columns), Says(answer), given))
    raise Unread(f"not understood: {sentence[:80]}")


def _count(answer: str) -> ScreenCondition:
    if not answer.isdecimal():
        raise Unread(f"expected a number as an answer, found {answer[:40]!r}")
    return Counts(int(answer))


def _asked(place: str | None, seen: Sequence[ScreenCondition], *shown: Condition) -> TaskCheck:
    here: tuple[Condition, ...] = () if place is None else (Called(place),)
    return TaskCheck((*here, *seen, *shown))
