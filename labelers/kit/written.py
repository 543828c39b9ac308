"""Whether what a model wrote can stand as a sentence: small models fill a form with `yes`, `1` or `N/A`."""

import re

LETTERS = 4
"""Of a sentence in a script that puts no spaces between words."""

_WORD = re.compile(r"[^\W\d_]+")
_SPACED = re.compile(r"[A-Za-z\u00c0-\u058f\u05d0-\u07bf\u0900-\u0dff\u10a0-\u10ff\uac00-\ud7a3]")
"""Letters of scripts that put spaces between words."""

_NONE = frozenset(
    {
        "an empty string",
        "empty",
        "empty string",
        "n a",
        "nil",
        "no action",
        "no change",
        "no goal",
        "no high level goal",
        "no instruction",
        "no sentence",
        "no task",
        "no thought",
        "none",
        "not applicable",
        "not available",
        "not specified",
        "nothing",
        "nothing changed",
        "nothing happened",
        "null",
        "the empty string",
        "unknown",
    }
)
"""What is written, in words alone, where there is nothing to write."""


def no_sentence(text: str, *, most: int) -> str | None:
    """Why a text is no sentence of at most so many characters, or None."""
    words = _WORD.findall(text)
    if len(text) > most:
        return "it is too long"
    if " ".join(words).casefold() in _NONE:
        return "it says that there is none"
    if len(words) < 2 and (_SPACED.search(text) or sum(map(len, words)) < LETTERS):
        return "it is no sentence"
    return None


def words_in(text: str) -> set[str]:
    """The words of a text, in small letters."""
    return {word.casefold() for word in _WORD.findall(text)}
