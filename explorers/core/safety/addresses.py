"""What an address says that going there would do: addresses are written in English whatever a page is written in."""

import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from explorers.core.safety.words import DENIED, ENDED
from schemas.folding import parted

READING = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PROPFIND", "SEARCH", "REPORT", "QUERY"})
"""The safe methods of HTTP (RFC 9110, section 9.2.1, and its registry): they ask, and change nothing."""

_OUT = frozenset({"out", "exit", "quit", "bye", "disconnect"})
_WHOSE = frozenset(
    {"account", "accounts", "user", "users", "member", "members", "admin", "me", "my", "profile", "panel"}
)
_SESSIONS = frozenset({"session", "sessions", "auth", "token", "tokens", "login", "signin", "sign in"})
_CLOSING = _OUT | {"end", "close", "terminate", "destroy", "expire", "invalidate", "clear", "kill", "stop"}
"""What ends what is named before it, where that is a session."""

_ORDERS = frozenset({"del", "rm", "kill", "unlink", "drop", "truncate"})
"""Words that destroy where they are all that a segment or a value says."""

_RUN_TOGETHER = re.compile(r"(?<!\w)\w*(?:logg?(?:me)?|sign(?:me)?)(?:out|off)(?!put|let|line|look)\w*", re.IGNORECASE)
"""A way out inside of a longer word: `dologout`, `wsignout1`."""

_RUN_ON = re.compile(r"(?:cata|ana|dia|pro|b)log(?:out|off)", re.IGNORECASE)

_FILE = re.compile(
    r"\.(?:js|mjs|css|map|json|html?|svg|png|jpe?g|gif|webp|avif|ico|woff2?|ttf|txt|xml|wasm)\Z", re.IGNORECASE
)
_LONGEST = 2
"""Blanks of a segment: one of more words is a title (`/how-to-delete-a-branch`), and no order."""


def denied_word(location: str) -> str | None:
    """The denied word of an address: a segment of its path, or a value of its query (`?action=delete`)."""
    for text in _texts(location):
        if (word := DENIED.find(text) or _ended(text)) is not None:
            return word
        if text in _ORDERS:
            return text
    return _way_out(location)


def ends_session(method: str, location: str) -> str | None:
    """The word by which a request would end the session, or None: `/logout`, `/session/out`, `DELETE /session`."""
    for text in _texts(location, onward=False):
        if (word := _ended(text)) is not None:
            return word
    word = _way_out(location)
    if word is None and method.upper() == "DELETE" and (last := _last(location)) in _SESSIONS:
        word = f"DELETE {last}"
    return word


def is_file(location: str) -> bool:
    """Whether an address is that of a file, which is read and does nothing: `/icons/logout.svg`."""
    try:
        return _FILE.search(urlsplit(location).path) is not None
    except ValueError:
        return False


def _texts(location: str, *, onward: bool = True) -> Iterator[str]:
    """The segments of the path and the words of the query, as words; what leads `onward` from there is one of them."""
    try:
        parts = urlsplit(location)
    except ValueError:
        return
    segments = [segment for segment in unquote(parts.path).split("/") if segment]
    values = [value for field in unquote(parts.query).split("&") for value in field.split("=")]
    for text in (*segments, *(value for value in values if onward or "/" not in value)):
        words = parted(text.rpartition(".")[0] or text)
        # Titles are written with hyphens, what programmers call something with underscores: `j_spring_security_logout`.
        if words.count(" ") <= _LONGEST or ("_" in text and not {"-", " ", "+"} & set(text)):
            yield words


def _ended(text: str) -> str | None:
    """The word by which a segment or a value ends the session, also where it is run together with others."""
    if (word := ENDED.find(text)) is not None:
        return word
    run = _RUN_TOGETHER.search(text)
    return None if run is None or _RUN_ON.search(run[0]) else run[0]


def _last(location: str) -> str | None:
    """The last segment of the path, as words."""
    try:
        path = unquote(urlsplit(location).path).rstrip("/")
    except ValueError:
        return None
    last = path.rpartition("/")[2]
    return parted(last.rpartition(".")[0] or last) or None


def _way_out(location: str) -> str | None:
    """The last word of a path that leads out of a session: alone, or after what says whose it is."""
    last = _last(location)
    if last is None or (last not in _CLOSING and last != "slo"):
        return None
    before = [parted(segment) for segment in unquote(urlsplit(location).path).split("/") if segment][:-1]
    if last == "slo":
        return last if "saml" in " ".join(before) or "sso" in before else None  # single log-out
    if last not in _OUT:
        return last if before and before[-1] in _SESSIONS else None
    return last if not before or before[-1] in _SESSIONS | _WHOSE else None
