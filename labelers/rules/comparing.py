"""Two questions for the same value of two things as one: which of the two has more of it."""

import re
from dataclasses import dataclass

from labelers.rules.questions import RECORD_WAYS, is_date
from labelers.rules.wording import drawn
from schemas.keys import fraction
from schemas.ordering import number
from schemas.pages import fold, quote

COMPARED_WAYS = (
    "In {list}, look up {one} and {other}: which of the two {what}s gives the {more} {value}?",
    "Look up {one} and {other} in {list}: which of their {what}s gives the {more} {value}?",
    "Find out which {what} in {list} gives the {more} {value}, that of {one} or that of {other}.",
)

_PARTS = {name: rf'"(?P<{name}>[^"]*)"' for name in ("list", "who", "value")} | {"what": "(?P<what>record|page)"}


@dataclass(frozen=True, slots=True)
class ValueQuestion:
    """A question of the rules for one value of one thing: the list, the thing, the value, and what tells it."""

    list: str
    who: str
    value: str
    what: str


def value_question(text: str) -> ValueQuestion | None:
    """What the rules' question asks for, or None where it is no such question."""
    for way in RECORD_WAYS:
        parts = (_PARTS.get(piece, re.escape(piece)) for piece in re.split(r"\{(\w+)\}", way))
        asked = re.fullmatch("".join(parts), text)
        if asked is not None:
            return ValueQuestion(**asked.groupdict())
    return None


def comparison(texts: tuple[str, str], answers: tuple[str, str]) -> tuple[str, str] | None:
    """The question which of the two has more, or less, and its answer; None where they can't be compared."""
    one, other = map(value_question, texts)
    if one is None or other is None or fold(one.who) == fold(other.who):
        return None
    if (fold(one.list), fold(one.value), one.what) != (fold(other.list), fold(other.value), other.what):
        return None
    ranked = _ranked(answers)
    if ranked is None:
        return None
    words, first_is_more = ranked
    said = {"list": quote(one.list), "value": quote(one.value), "one": quote(one.who), "other": quote(other.who)}
    asks_more = fraction("compared", *texts) < 0.5
    plain = COMPARED_WAYS[0].format(what=one.what, more=words[not asks_more], **said)
    way = COMPARED_WAYS[drawn(plain)("compared", len(COMPARED_WAYS))]
    answer = one.who if first_is_more == asks_more else other.who
    return way.format(what=one.what, more=words[not asks_more], **said), answer


def _ranked(answers: tuple[str, str]) -> tuple[tuple[str, str], bool] | None:
    """What having more and less of such values is called, and whether the first has more."""
    one, other = (answer.strip() for answer in answers)
    if is_date(one) and is_date(other) and len(one) == len(other) and one != other:
        return ("later", "earlier"), one > other
    measures = _measure(one), _measure(other)
    if measures[0] is None or measures[1] is None or measures[0][1] != measures[1][1] or measures[0] == measures[1]:
        return None
    return ("higher", "lower"), measures[0] > measures[1]


def _measure(text: str) -> tuple[float, str] | None:
    """The number that a value begins with, and its unit."""
    said = re.fullmatch(r"(\S*\d)\s?([^\W\d]{0,8}|%)", text)
    value = None if said is None else number(said[1])
    return None if said is None or value is None else (value, said[2])
