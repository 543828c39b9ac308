# ruff: noqa: RUF001 - dashes, quotes and letters that look like others are what is folded
"""Texts as words are looked for in them: without case, accents and punctuation."""

import re
import unicodedata

_GAPS = re.compile(r"[\s_\-‐-―·.…,:;!?¡¿()\[\]{}\"“”„«»<>|/\\+*#&=]+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def folded(text: str) -> str:
    """The text without case, accents, invisible characters and punctuation, its words parted by one blank."""
    if text.isascii():
        return _GAPS.sub(" ", text.casefold()).strip()
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold()).replace("ı", "i")
    kept = "".join(each for each in plain if unicodedata.category(each) not in ("Mn", "Cf"))
    return _GAPS.sub(" ", unicodedata.normalize("NFC", kept).replace("’", "'")).strip()


def parted(text: str) -> str:
    """An id or a part of an address as words: `deleteItem`, `log-out`."""
    return folded(_HUMP.sub(" ", text))
