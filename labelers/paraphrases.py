"""Whether another phrasing still asks for the same, as far as code can tell: its quotes, numbers, names and answer."""

import re
from collections import Counter

CURLY = "\u2019"
"""An apostrophe as typographers set it."""

QUOTES = (
    ('"', '"'),
    ("\u201c", "\u201d"),
    ("\u201e", "\u201c"),
    ("«", "»"),
    ("`", "`"),
    ("\u2018", CURLY),
    ("'", "'"),
)
_QUOTED = re.compile("|".join(rf"(?<!\w){re.escape(left)}(.+?){re.escape(right)}(?!\w)" for left, right in QUOTES))
_NUMBER = re.compile(r"(?:(?<![\w)])[-\u2212])?\d+(?:[.,:/-]\d+)*")
_WORD = re.compile(rf"(?<!\w)[^\W\d_][\w{CURLY}'-]*")
_SENTENCE_END = frozenset(".!?:")


def quoted_values(text: str) -> list[str]:
    """What stands between quotation marks, in order; an apostrophe in a word is none."""
    return [next(part for part in match.groups() if part is not None) for match in _QUOTED.finditer(text)]


def numbers(text: str) -> Counter[str]:
    """The numbers in digits, each as it is written and as often: dates, prices and times are one each."""
    return Counter(_NUMBER.findall(text))


def names(text: str) -> list[str]:
    """The words with a capital that begin no sentence and no quotation, in order."""
    capitalised = []
    for word in _WORD.finditer(text):
        before = text[: word.start()].rstrip("".join({mark for pair in QUOTES for mark in pair}) + "( ")
        if word[0][0].isupper() and before and before[-1] not in _SENTENCE_END:
            capitalised.append(word[0].removesuffix("'s").removesuffix(f"{CURLY}s"))
    return capitalised


def what_changed(text: str, other: str, *, answer: str | None) -> str | None:
    """What the other phrasing lost, changed or added, or None; `answer` is that of both.

    Quoted values are compared with their case, names and the answer without.
    """
    kept, said, asked = other.casefold(), text.casefold(), (answer or "").casefold().strip()
    if not all(holds(other, value) for value in quoted_values(text)):
        return "a quoted value is lost"
    if not all(holds(text, value) for value in quoted_values(other)):
        return "a quoted value is added"
    if numbers(text) != numbers(other):
        return "a number is changed"
    if not all(holds(kept, name.casefold()) for name in names(text)):
        return "a name is lost"
    if asked and (asked in said) != (asked in kept):
        return "the answer is lost" if asked in said else "the answer is told"
    return None


def holds(text: str, part: str) -> bool:
    """Whether the part is in the text, and not as a piece of longer words."""
    return re.search(rf"(?<!\w){re.escape(part)}(?!\w)", text) is not None
