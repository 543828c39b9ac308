"""What an episode begins with on request: cookies and local storage, a seed and a clock for the page's scripts.

None of it is in a trace. The values of cookies and storage are secrets: no message names one, and no `repr` shows one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import orjson

from explorers.web.scripts import PageScripts, fill_script
from schemas.errors import ConfigurationError

STATE_LIMIT = 10 * 2**20
"""Bytes of a storage state's file."""

_KEY = re.compile(r"(?=.*\d)(?=.*[A-Za-z])\S+")
_SAME_SITE = ("Strict", "Lax", "None")
_LOCALE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z]{4})?(?:-(?:[A-Za-z]{2}|\d{3}))?")
_SEED_LIMIT = 2**53
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class StorageState:
    """Cookies as DevTools takes them, and by origin the names and values of its local storage."""

    cookies: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    local: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict, repr=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Those of the values that are long enough, and mixed, to be keys: a language or a colour is none."""
        values = (
            *(str(cookie["value"]) for cookie in self.cookies),
            *(v for pairs in self.local.values() for _, v in pairs),
        )
        return tuple(text for text in values if 8 <= len(text) <= 1_000 and _KEY.fullmatch(text))

    @property
    def script(self) -> str | None:
        """A script that fills the local storage of the document that it runs in, or None where there is none."""
        return fill_script(self.local) if self.local else None


@dataclass(frozen=True, slots=True)
class EpisodeConfig:
    """What each episode begins with.

    `seed` makes `Math.random` repeatable, `clock` is the instant that `Date` starts from, and goes on from there. Both
    hold in the documents of the tabs that are opened for the agent. A tab that a page opens, and a frame of another
    site, has them from its second document on at the latest; workers have not.

    Raises:
        ConfigurationError: for a seed that is negative or no exact number in a script, or a time without its zone.
    """

    storage: StorageState | None = None
    seed: int | None = None
    clock: datetime | None = None

    def __post_init__(self) -> None:
        """Refuses what no page could be given."""
        if self.seed is not None and not 0 <= self.seed < _SEED_LIMIT:
            raise ConfigurationError(f"expected a page's seed from 0 to 2**53 - 1, found {self.seed}")
        if self.clock is not None and self.clock.tzinfo is None:
            raise ConfigurationError(f"expected a time with its zone, such as {self.clock.isoformat()}Z")

    def scripts(self, began: datetime) -> "PageScripts":
        """The scripts of an episode that began at that time."""
        ahead = None if self.clock is None else round((self.clock - began).total_seconds() * 1000)
        return PageScripts(self.seed, ahead)


PLAIN = EpisodeConfig()


def load_storage_state(path: Path) -> StorageState:
    """A storage state as Playwright's `storage_state(path=...)` writes it.

    Raises:
        ConfigurationError: if it can't be read, is none, or holds what can't be restored.
    """
    try:
        with path.open("rb") as file:
            data = file.read(STATE_LIMIT + 1)
    except OSError as error:
        raise ConfigurationError(f"{path}: expected a storage state, found {error.strerror or 'no file'}") from error
    if len(data) > STATE_LIMIT:
        raise ConfigurationError(f"{path}: expected a storage state of at most {STATE_LIMIT} bytes, found more")
    try:
        return storage_state(orjson.loads(data))
    except orjson.JSONDecodeError:
        # Not chained: the decoder's message may show a part of the text.
        raise ConfigurationError(f"{path}: expected a storage state in JSON, found none") from None
    except ConfigurationError as error:
        raise ConfigurationError(f"{path}: {error}") from error


def storage_state(state: Any) -> StorageState:
    """The storage state of a parsed JSON.

    Raises:
        ConfigurationError: if it is none, or holds what can't be restored; the message holds none of its values.
    """
    if not isinstance(state, dict) or not {"cookies", "origins"} & set(state):
        raise ConfigurationError("expected a storage state: an object with `cookies` and `origins`")
    cookies = _checked(state.get("cookies", []), list, "cookies", "a list")
    origins = _checked(state.get("origins", []), list, "origins", "a list")
    local: dict[str, tuple[tuple[str, str], ...]] = {}
    for number, each in enumerate(origins):
        origin, items = _origin(each, f"origin {number}")
        if origin in local:
            raise ConfigurationError(f"origin {number}: expected each origin once, found one twice")
        local[origin] = items
    return StorageState(tuple(_cookie(each, f"cookie {number}") for number, each in enumerate(cookies)), local)


def check_place(locale: str, timezone: str) -> None:
    """Refuses a locale or a time zone that no browser knows.

    Raises:
        ConfigurationError: for either.
    """
    if not _LOCALE.fullmatch(locale):
        raise ConfigurationError(f"expected a locale such as en-US, found {locale[:40]!r}")
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        if timezone != "UTC" and available_timezones():  # a machine without any can't tell
            raise ConfigurationError(f"expected a time zone such as Europe/Berlin, found {timezone[:40]!r}") from error


def instant(text: str) -> datetime:
    """The time of an ISO 8601 text; one without a zone is UTC.

    Raises:
        ConfigurationError: if it is none.
    """
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigurationError(f"expected a time such as 2026-01-31T09:00:00Z, found {text[:40]!r}") from error
    return time if time.tzinfo is not None else time.replace(tzinfo=UTC)


def _cookie(value: Any, where: str) -> dict[str, Any]:
    cookie: dict[str, Any] = _checked(value, dict, where, "an object")
    checked: dict[str, Any] = {name: _text(cookie, name, where) for name in ("name", "value", "domain")}
    checked["path"] = _text(cookie, "path", where) if "path" in cookie else "/"
    if not checked["name"] and not checked["value"]:
        raise ConfigurationError(f"{where}: expected a name")
    if not checked["domain"].strip("."):
        raise ConfigurationError(f"{where}: expected a domain")
    if not checked["path"].startswith("/"):
        raise ConfigurationError(f"{where}: expected a path that begins with /")
    for name in ("httpOnly", "secure"):
        checked[name] = _checked(cookie.get(name, False), bool, where, f"true or false as {name}")
    if "sameSite" in cookie:
        if cookie["sameSite"] not in _SAME_SITE:
            raise ConfigurationError(f"{where}: expected {', '.join(_SAME_SITE)} as sameSite")
        checked["sameSite"] = cookie["sameSite"]
    expires = cookie.get("expires", -1)
    if isinstance(expires, bool) or not isinstance(expires, int | float):
        raise ConfigurationError(f"{where}: expected seconds since 1970 as expires, or -1")
    if expires != -1:
        checked["expires"] = expires
    if "partitionKey" in cookie:
        across = cookie.get("_crHasCrossSiteAncestor", False)
        checked["partitionKey"] = {
            "topLevelSite": _text(cookie, "partitionKey", where),
            "hasCrossSiteAncestor": across is True,
        }
    return checked


def _origin(value: Any, where: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    entry: dict[str, Any] = _checked(value, dict, where, "an object")
    origin = _text(entry, "origin", where)
    try:
        parts = urlsplit(origin)
        plain = parts.scheme in ("http", "https") and origin == f"{parts.scheme}://{parts.netloc}" and parts.hostname
    except ValueError:
        plain = False
    if not plain:
        raise ConfigurationError(f"{where}: expected an origin such as https://example.org")
    if entry.get("indexedDB"):
        raise ConfigurationError(f"{where}: expected cookies and localStorage, found indexedDB, which is not restored")
    items: list[Any] = _checked(entry.get("localStorage", []), list, f"{where}: localStorage", "a list")
    for item in items:
        _checked(item, dict, f"{where}: localStorage", "an object")
    return origin, tuple((_text(item, "name", where), _text(item, "value", where)) for item in items)


def _text(entry: Mapping[str, Any], name: str, where: str) -> str:
    return _checked(entry.get(name), str, where, f"a text as {name}")


def _checked(value: Any, kind: type[_T], where: str, what: str) -> _T:
    if not isinstance(value, kind):
        raise ConfigurationError(f"{where}: expected {what}")
    return value
