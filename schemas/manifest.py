"""The manifest of an environment: what an application is, how it starts, and how it is put back; one TOML file.

    [environment]
    name = "library"                                             # what is explored belongs to this application
    version = "1"
    platform = "web"
    start = "http://127.0.0.1:{port}/"
    launch = ["datasette", "{data}/library.db", "-p", "{port}"]  # how a copy starts; none: it runs already
    ready = "/"                                                  # what answers once it is up
    data = "library"                                             # a folder that every copy gets anew
    reset = { restore = "data" }                                 # or request = "POST /reset", command = "PROGRAM ..."
    session = "state.json"                                       # who is logged in, as Playwright saves it
    viewport = [1280, 720]

Its digest is the environment's identity: what was proven in another one is not proven in this. It holds what `data`
says and not where it lies, no port, and of a session whose cookies it has and not their values: who logs in again is
the same.
"""

import ipaddress
import json
import re
import shlex
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args
from urllib.parse import urlsplit

from schemas.errors import ConfigurationError
from schemas.files import read_given
from schemas.folders import folder_key
from schemas.keys import key
from schemas.redaction import redact_location

ManifestPlatform = Literal["web", "desktop", "android", "fake"]
ResetKind: TypeAlias = Literal["request", "command", "restore"]

PORT, DATA = "{port}", "{data}"
"""What stands in a launch for the port of a copy, and for its folder."""

_TEXTS = ("name", "version", "platform", "start", "ready", "data", "session", "locale", "zone", "clock")
_KEYS: Mapping[str, frozenset[str]] = {
    "web": frozenset({*_TEXTS, "launch", "reset", "seed", "viewport"}),
    "desktop": frozenset({"name", "version", "platform", "launch", "data", "locale", "zone", "viewport"}),
    "android": frozenset({"name", "version", "platform", "start", "locale"}),
    "fake": frozenset({"name", "version", "platform", "start"}),
}
"""What can be said of each: a desktop is put back by a new home, and has no clock of its own."""

_FILE_LIMIT = 100_000
_SESSION_LIMIT = 10 * 2**20
_TEXT_LIMIT, _WORDS_LIMIT = 2_000, 200
_PACKAGE = re.compile(r"[A-Za-z]\w*(?:\.[A-Za-z]\w*)+")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an environment is; `reset` is how it is put back: the kind of hook and what it is told, or None.

    `start` is an address, in which the port of a copy may stand open, a desktop's command, or a package. `data` is a
    folder, and `contents` the key of what it holds; `session` a file, and `holder` the key of who it is. `folder` is
    where launches run. `viewport` is in pixels, `clock` an instant of ISO 8601 at which the page's clock starts, `seed`
    that of its random numbers.
    """

    name: str
    start: str
    version: str = "1"
    platform: ManifestPlatform = "web"
    launch: tuple[str, ...] | None = None
    ready: str | None = None
    data: Path | None = None
    contents: str | None = None
    reset: tuple[ResetKind, str] | None = None
    session: Path | None = None
    holder: str | None = None
    locale: str = "en-US"
    zone: str = "UTC"
    clock: str | None = None
    seed: int | None = None
    viewport: tuple[int, int] = (1280, 720)
    folder: Path = Path()

    @property
    def origin(self) -> str:
        """Scheme, host and port of its start."""
        parts = urlsplit(self.start)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def digest(self) -> str:
        """Its identity: all that it says but for the port that it answers on, and the places of its files."""
        said = asdict(self)
        for place in ("data", "session", "folder"):
            del said[place]
        if self.platform == "web":
            said["start"] = urlsplit(self.start).path
            said["host"] = urlsplit(self.start).hostname
        if self.reset is not None:
            said["reset"] = [self.reset[0], self.reset[1].replace(self.origin, "")]
        return key("environment", said)

    @property
    def puts_back(self) -> bool:
        """Whether what an episode changes can be put back: a desktop has a new home each time."""
        return self.reset is not None or self.platform in ("desktop", "fake")

    def address(self, place: str) -> str:
        """An address that is relative to the environment, in full."""
        return self.origin + place if place.startswith("/") else place

    def on(self, port: int) -> "Manifest":
        """The same of a copy that answers on this port."""
        return replace(self, start=self.start.replace(PORT, str(port)))


def load_manifest(path: Path) -> Manifest:
    """The manifest in a file; its paths are relative to that file.

    Raises:
        ConfigurationError: if the file is not there, is no TOML, or says something that is not known.
    """
    try:
        raw = tomllib.loads(read_given(path, _FILE_LIMIT).decode())
    except (OSError, UnicodeDecodeError, RecursionError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"{path}: expected a TOML file: {error}") from error
    try:
        return parse_manifest(raw, path.absolute().parent)
    except ConfigurationError as error:
        raise ConfigurationError(f"{path}: {error}") from error


def parse_manifest(raw: Mapping[str, Any], folder: Path = Path()) -> Manifest:
    """The manifest that a TOML file of that folder says.

    Raises:
        ConfigurationError: if it is none; the text says which key.
    """
    said = raw.get("environment")
    if not isinstance(said, Mapping) or set(raw) != {"environment"}:
        raise ConfigurationError(
            f"expected one table [environment], found {', '.join(sorted(map(str, raw)))[:200] or 'none'}"
        )
    platform = said.get("platform", "web")
    if platform not in get_args(ManifestPlatform):
        raise ConfigurationError(
            f"platform: expected {' or '.join(get_args(ManifestPlatform))}, found {platform!r:.40}"
        )
    known = _KEYS[platform]
    if unknown := sorted(set(said) - known):
        what = "unknown key" if unknown[0] not in _KEYS["web"] else f"a {platform} environment has no key"
        raise ConfigurationError(f"{what} {unknown[0][:40]}; known are {', '.join(sorted(known))}")
    chosen: dict[str, Any] = {name: _text(said, name) for name in _TEXTS if name in said}
    if "launch" in said:
        chosen["launch"] = _launch(said["launch"])
    match platform:
        case "desktop":
            if "launch" not in chosen:
                raise ConfigurationError("expected launch: the program and its arguments, found none")
            chosen = {"locale": "C.UTF-8", **chosen, "start": shlex.join(chosen["launch"])}
        case "fake":
            chosen = {"start": "/", **chosen}
    for name in ("name", "start"):
        if name not in chosen:
            raise ConfigurationError(f"expected {name}, found none")
    if platform == "android" and not _PACKAGE.fullmatch(chosen["start"]):
        raise ConfigurationError(f"start: expected a package such as com.example.notes, found {chosen['start']!r:.80}")
    if "reset" in said:
        chosen["reset"] = _reset(said["reset"])
    if platform == "web":
        _check_web(chosen)
    if "seed" in said:
        if type(said["seed"]) is not int or not 0 <= said["seed"] < 2**53:
            raise ConfigurationError(f"seed: expected a whole number from 0, found {said['seed']!r:.40}")
        chosen["seed"] = said["seed"]
    if "viewport" in said:
        size = said["viewport"]
        if not (isinstance(size, list) and len(size) == 2 and all(type(side) is int for side in size)):
            raise ConfigurationError(f"viewport: expected [WIDTH, HEIGHT], found {size!r:.40}")
        chosen["viewport"] = tuple(size)
    chosen["folder"] = folder
    if "data" in chosen:
        chosen["data"] = folder / chosen["data"]
        chosen["contents"] = _told("data", folder_key, chosen["data"])
    if "session" in chosen:
        chosen["session"] = folder / chosen["session"]
        chosen["holder"] = _told("session", _holder, chosen["session"])
    return Manifest(**chosen)


def _text(said: Mapping[str, Any], name: str) -> str:
    text = said[name]
    if not isinstance(text, str) or not text.strip():
        raise ConfigurationError(f"{name}: expected a text, found {text!r:.80}")
    if len(text) > _TEXT_LIMIT or not text.isprintable():
        raise ConfigurationError(f"{name}: expected at most {_TEXT_LIMIT} characters without controls")
    return text


def _launch(said: Any) -> tuple[str, ...]:
    if not isinstance(said, list) or not 0 < len(said) <= _WORDS_LIMIT:
        raise ConfigurationError(f"launch: expected a list of the program and its arguments, found {said!r:.80}")
    for word in said:
        if not isinstance(word, str) or len(word) > _TEXT_LIMIT or "\0" in word:
            raise ConfigurationError(f"launch: expected texts, found {word!r:.80}")
    if not said[0].strip():
        raise ConfigurationError("launch: expected a program, found an empty text")
    return tuple(said)


def _check_web(chosen: Mapping[str, Any]) -> None:
    """Refuses an address that is none, and a launch of which no copies can be made.

    Raises:
        ConfigurationError: for either.
    """
    start, launch = chosen["start"], chosen.get("launch")
    try:
        parts = urlsplit(start if launch is None else start.replace(PORT, "1"))
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise ConfigurationError("start: expected an http or https address, found one that is none") from None
    if not whole or parts.username or parts.password:
        shown = (redact_location(start) or "")[:80]
        raise ConfigurationError(f"start: expected an http or https address without a password, found {shown!r}")
    if launch is None:
        for name in ("ready", "data"):
            if name in chosen:
                raise ConfigurationError(f"{name}: expected launch beside it: it is about copies that are started")
    else:
        if not _is_loopback(parts.hostname or ""):
            raise ConfigurationError(f"start: a copy is launched on this machine, found {parts.hostname!r:.80}")
        if not (urlsplit(start.replace(PORT, "1")).port == 1 and any(PORT in word for word in launch)):
            raise ConfigurationError(
                f"launch: expected {PORT} in it and as the port of start: each copy answers on a port of its own"
            )
    kind = chosen["reset"][0] if "reset" in chosen else None
    if kind == "restore" and launch is None:
        raise ConfigurationError("reset: expected launch beside restore: what runs already is not started anew")
    if "ready" in chosen and not chosen["ready"].startswith("/"):
        raise ConfigurationError(f"ready: expected a path that begins with /, found {chosen['ready']!r:.80}")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _reset(said: Any) -> tuple[str, str]:
    kinds = get_args(ResetKind)
    if not isinstance(said, Mapping) or len(said) != 1 or not set(said) <= set(kinds):
        raise ConfigurationError(f"reset: expected one of {', '.join(kinds)}, found {said!r:.80}")
    ((kind, text),) = said.items()
    if kind == "restore":
        if text != "data":
            raise ConfigurationError(f'reset: expected restore = "data", found {text!r:.40}')
    elif not isinstance(text, str) or not text.strip() or len(text) > _TEXT_LIMIT or "\0" in text:
        raise ConfigurationError(f"reset: expected what to {'ask' if kind == 'request' else 'run'}, found {text!r:.40}")
    return kind, text


def _told(name: str, tell: Any, place: Path) -> str:
    """What a file or folder says, refused by the key that names it."""
    try:
        return str(tell(place))
    except ConfigurationError as error:
        raise ConfigurationError(f"{name}: {error}") from error


def _holder(file: Path) -> str:
    """Whose session it is, as far as the names of its cookies and of what is stored tell.

    Raises:
        ConfigurationError: if it is no storage state; no message holds anything of it.
    """
    try:
        state = json.loads(read_given(file, _SESSION_LIMIT))
        cookies = sorted([str(each["domain"]), str(each["name"])] for each in state.get("cookies", []))
        stored = sorted(
            [urlsplit(str(each["origin"])).hostname or "", str(item["name"])]
            for each in state.get("origins", [])
            for item in each.get("localStorage", [])
        )
    except OSError as error:
        raise ConfigurationError(f"{file}: expected a storage state, found {error.strerror or error}") from error
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise ConfigurationError(f"{file}: expected a storage state as Playwright saves it, found none") from None
    return key("session", cookies, stored)
