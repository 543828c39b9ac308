"""The manifest of an environment: what an application is, where it starts, and how it is put back; one TOML file.

    [environment]
    name = "library"
    version = "1"
    platform = "web"
    start = "http://127.0.0.1:8001/"
    reset = { request = "POST /reset" }     # or command = "PROGRAM ARGUMENTS"; without one only what reads is tried
    viewport = [1280, 720]

Its digest, without the port, is the environment's identity: what was proven in another one is not proven in this.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from schemas.errors import ConfigurationError
from schemas.files import read_given
from schemas.keys import key
from schemas.redaction import redact_location

ManifestPlatform = Literal["web"]
_TEXTS = ("name", "version", "platform", "start", "locale", "zone", "clock")
_FILE_LIMIT = 100_000


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an environment is; `reset` is how it is put back: the kind of hook and what it is told, or None.

    `viewport` is in pixels, `clock` an instant of ISO 8601 at which the page's clock starts, `seed` that of its random
    numbers.
    """

    name: str
    start: str
    version: str = "1"
    platform: ManifestPlatform = "web"
    reset: tuple[Literal["request", "command"], str] | None = None
    locale: str = "en-US"
    zone: str = "UTC"
    clock: str | None = None
    seed: int | None = None
    viewport: tuple[int, int] = (1280, 720)

    @property
    def origin(self) -> str:
        """Scheme, host and port of its start."""
        parts = urlsplit(self.start)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def digest(self) -> str:
        """Its identity: all that it says but for the port that it answers on."""
        said = asdict(self)
        said["start"] = urlsplit(self.start).path
        said["host"] = urlsplit(self.start).hostname
        if self.reset is not None:
            said["reset"] = [self.reset[0], self.reset[1].replace(self.origin, "")]
        return key("environment", said)

    def address(self, place: str) -> str:
        """An address that is relative to the environment, in full."""
        return self.origin + place if place.startswith("/") else place


def load_manifest(path: Path) -> Manifest:
    """The manifest in a file.

    Raises:
        ConfigurationError: if the file is not there, is no TOML, or says something that is not known.
    """
    try:
        raw = tomllib.loads(read_given(path, _FILE_LIMIT).decode())
    except (OSError, UnicodeDecodeError, RecursionError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"{path}: expected a TOML file: {error}") from error
    try:
        return parse_manifest(raw)
    except ConfigurationError as error:
        raise ConfigurationError(f"{path}: {error}") from error


def parse_manifest(raw: Mapping[str, Any]) -> Manifest:
    """The manifest that a TOML file says.

    Raises:
        ConfigurationError: if it is none; the text says which key.
    """
    said = raw.get("environment")
    if not isinstance(said, Mapping) or set(raw) != {"environment"}:
        raise ConfigurationError(
            f"expected one table [environment], found {', '.join(sorted(map(str, raw))) or 'none'}"
        )
    known = {*_TEXTS, "reset", "seed", "viewport"}
    unknown = sorted(set(said) - known)
    if unknown:
        raise ConfigurationError(f"unknown key {unknown[0][:40]}; known are {', '.join(sorted(known))}")
    for name in _TEXTS:
        if name in said and not (isinstance(said[name], str) and said[name]):
            raise ConfigurationError(f"{name}: expected a text, found {said[name]!r:.80}")
    for name in ("name", "start"):
        if name not in said:
            raise ConfigurationError(f"expected {name}, found none")
    chosen: dict[str, Any] = {name: said[name] for name in _TEXTS if name in said}
    if chosen.get("platform", "web") not in get_args(ManifestPlatform):
        raise ConfigurationError(
            f"platform: expected {' or '.join(get_args(ManifestPlatform))}, found {said['platform']!r}"
        )
    parts = urlsplit(chosen["start"])
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        shown = (redact_location(chosen["start"]) or "")[:80]
        raise ConfigurationError(f"start: expected an http or https address without a password, found {shown!r}")
    if "seed" in said:
        if type(said["seed"]) is not int or not 0 <= said["seed"] < 2**53:
            raise ConfigurationError(f"seed: expected a whole number from 0, found {said['seed']!r:.40}")
        chosen["seed"] = said["seed"]
    if "viewport" in said:
        size = said["viewport"]
        if not (isinstance(size, list) and len(size) == 2 and all(type(side) is int for side in size)):
            raise ConfigurationError(f"viewport: expected [WIDTH, HEIGHT], found {size!r:.40}")
        chosen["viewport"] = tuple(size)
    if "reset" in said:
        chosen["reset"] = _reset(said["reset"])
    return Manifest(**chosen)


def _reset(said: Any) -> tuple[str, str]:
    kinds = ("request", "command")
    if not isinstance(said, Mapping) or len(said) != 1 or not set(said) <= set(kinds):
        raise ConfigurationError(f"reset: expected one of {' or '.join(kinds)}, found {said!r:.80}")
    ((kind, text),) = said.items()
    if not isinstance(text, str) or not text.strip():
        raise ConfigurationError(f"reset: expected what to {'ask' if kind == 'request' else 'run'}, found {text!r:.40}")
    return kind, text
