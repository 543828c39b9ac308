"""Whether a text of an application tells a value that was entered: as it is, among others, or written its way."""

import re
from datetime import date

from schemas.pages import fold

LEAST = 3
"""Characters of a value that may stand among other words."""

_AMOUNT = re.compile(r"-?\d+(?:\.\d+)?")
_NUMBERS = re.compile(r"-?\d[\d.,' \u00a0\u202f]*")
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_DAY_FIRST = re.compile(r"\b(\d{1,2})[./-](\d{1,2})[./-](\d{4})\b")
_NAMED = (
    re.compile(r"\b([a-z]{3})[a-z]*\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})\b", re.I),
    re.compile(r"\b(\d{1,2})(?:st|nd|rd|th|\.)? ([a-z]{3})[a-z]*\.?,? (\d{4})\b", re.I),
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def tells_value(text: str, value: str) -> bool:
    """Whether the text tells the value.

    >>> tells_value("May 17, 2024", "2024-05-17"), tells_value("€1,012.50", "1012.5"), tells_value("Anna", "Ann")
    (True, True, False)
    """
    said, wanted = fold(text), fold(value)
    if said == wanted:
        return True
    if (day := _ISO.fullmatch(value.strip())) is not None:
        return _day(int(day[1]), int(day[2]), int(day[3])) in _days(text)
    if _AMOUNT.fullmatch(value.strip()):
        return _amount(text) == float(value)
    letters = any(character.isalpha() for character in wanted)
    return letters and len(wanted) >= LEAST and re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", said) is not None


def _amount(text: str) -> float | None:
    """The one number of a text, whatever stands around it: its thousands apart, two places behind its last sign."""
    if len(text) > 40:
        return None
    found = [each.strip(" .,'\u00a0\u202f") for each in _NUMBERS.findall(text)]
    if len(found) != 1:
        return None
    whole, sign, rest = found[0], "", ""
    if (parts := re.fullmatch(r"(.*)([.,])(\d{1,2})", whole)) is not None:
        whole, sign, rest = parts.groups()
    digits = re.sub(r"[^\d-]", "", whole)
    return float(f"{digits or '0'}.{rest or '0'}") if digits or sign else None


def _days(text: str) -> set[date]:
    if len(text) > 80:
        return set()
    told = {_day(int(each[1]), int(each[2]), int(each[3])) for each in _ISO.finditer(text)}
    for each in _DAY_FIRST.finditer(text):
        told |= {_day(int(each[3]), int(each[2]), int(each[1])), _day(int(each[3]), int(each[1]), int(each[2]))}
    for pattern in _NAMED:
        for each in pattern.finditer(text):
            month, day = (each[1], each[2]) if each[2].isdecimal() else (each[2], each[1])
            if month.casefold() in _MONTHS:
                told.add(_day(int(each[3]), _MONTHS.index(month.casefold()) + 1, int(day)))
    return {each for each in told if each is not None}


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
