"""Whether a typed text is there: signs and case don't count, but where they make another number of it.

Fields write texts in their own way: `555-1234` for 5551234, `12.50` for 12,5, `31/01/2024` for 31.01.2024. What may be
another number is no such way: `125` for 12,5, `40` for -40, and `3.000` for `3 000`, which in one country is three.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

LOOKED_AT = 100
"""Letters and digits of a text that are looked for: trees cut long values."""

_SIGNS = re.compile(r"[^\w]|_")
_PARTS = re.compile(
    r"(?P<minus>(?<![\w)])[-+](?=[.,]?\d))"
    r"|(?P<number>\d+(?:[.,]\d+)*|(?<!\w)[.,]\d+)(?:e(?P<power>[-+]?\d+)(?!\w))?"
    r"|(?P<word>[^\W\d_]+)|(?P<unit>[%‰°$€£¥₹₽₩])"
)
_SAME_SIGNS = str.maketrans("\u2212\u2013\u066a\u066b\u066c", "--%,,")
"""The other signs of minus, and the Arabic ones of numbers, as they are written here."""


@dataclass(frozen=True, slots=True)
class Part:
    """A word, a sign of plus or minus, a unit, a group of digits, or a number that is more than digits.

    Digits that are `joined` to the next ones may as well be written without what is between.
    """

    kind: Literal["word", "minus", "unit", "digits", "number"]
    text: str
    joined: bool = True


def is_in(typed: str, shown: str) -> bool:
    """Whether what was typed is in what is shown."""
    typed, shown = _plain(typed), _plain(shown)
    if not any(sign.isdigit() for sign in typed):
        return _SIGNS.sub("", typed)[:LOOKED_AT] in _SIGNS.sub("", shown)
    wanted, there = _cut(_parts(typed)), list(_parts(shown))
    return any(_begins(wanted, there, place) for place in range(len(there)))


def _plain(text: str) -> str:
    """The text in small letters, with digits and signs as ASCII has them."""
    folded = unicodedata.normalize("NFKC", text.translate(_SAME_SIGNS)).casefold()
    return "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in folded)


def _cut(parts: Iterator[Part]) -> list[Part]:
    """The first ones, whole, with at most `LOOKED_AT` signs, but at least one."""
    kept: list[Part] = []
    length = 0
    for part in parts:
        length += len(part.text)
        if kept and length > LOOKED_AT:
            break
        kept.append(part)
    return kept


def _parts(text: str) -> Iterator[Part]:
    for match in _PARTS.finditer(text):
        if match["number"] is None:
            kind = match.lastgroup
            assert kind is not None  # one of them matched
            yield Part(kind, match[0])  # type: ignore[arg-type]
        else:
            follows = text[match.start() - 1 : match.start()].isalpha()
            yield from _number(match["number"], match["power"], exact=follows)


def _number(text: str, power: str | None, *, exact: bool) -> Iterator[Part]:
    """A number as the parts that tell it from others; one that follows a letter, as in v1.10, has no value."""
    *_, last = ("", *re.findall(r"[.,]", text))
    groups = re.split(r"[.,]", text)
    fraction = groups[-1] if last and text.count(last) == 1 else ""
    whole = groups[:-1] if fraction else groups
    thousands = len(whole) > 1 and 1 <= len(whole[0]) <= 3 and all(len(group) == 3 for group in whole[1:])
    if exact or (len(whole) > 1 and not thousands):  # a date, an address, a version
        yield from (Part("digits", group, joined=False) for group in groups[:-1])
        yield Part("digits", groups[-1])
        return
    value = "".join(whole)
    if fraction:
        either = len(groups) == 2 and len(fraction) == 3 and re.fullmatch(r"[1-9]\d{0,2}", value)
        value = value.lstrip("0") or "0"
        fraction = f"{last}{fraction}" if either else f".{fraction}".rstrip("0").rstrip(".")
    scale = "" if power is None else f"e{int(power[:6])}"
    yield Part("number" if fraction or scale else "digits", f"{value}{fraction}{scale}")


def _begins(wanted: Sequence[Part], there: Sequence[Part], place: int) -> bool:
    """Whether the parts are there from that place on; the first and the last word may be the end and begin of one."""
    if place and there[place - 1].kind == "minus" and wanted[0].kind != "minus":
        return False
    at = 0
    while at < len(wanted):
        if place == len(there) or wanted[at].kind != there[place].kind:
            return False
        part, other = wanted[at], there[place]
        edge = (at == 0 and other.text.endswith(part.text)) or (
            at == len(wanted) - 1 and other.text.startswith(part.text)
        )
        padded = len(part.text) == 1 and other.text == f"0{part.text}"
        if not ((edge and part.kind == "word") or (padded and part.kind == "digits")):
            both = _joined(wanted, at, there, place)
            if both is None:
                return False
            at, place = both
        at, place = at + 1, place + 1
    return True


def _joined(wanted: Sequence[Part], at: int, there: Sequence[Part], place: int) -> tuple[int, int] | None:
    """The places of the last parts that make the same text, as few as can be; None where they don't."""
    left, right = wanted[at].text, there[place].text
    while left[:LOOKED_AT] != right[:LOOKED_AT]:
        if len(left) < len(right) and right.startswith(left) and _goes_on(wanted, at):
            at += 1
            left += wanted[at].text
        elif len(right) < len(left) and left.startswith(right) and _goes_on(there, place):
            place += 1
            right += there[place].text
        else:
            return None
    return at, place


def _goes_on(parts: Sequence[Part], at: int) -> bool:
    part = parts[at]
    is_like = at + 1 < len(parts) and parts[at + 1].kind == part.kind
    return is_like and part.joined and part.kind in ("word", "digits")
