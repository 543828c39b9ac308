"""A first manifest of an application: what can be found out by opening it once, and what there is to add."""

import argparse
import json
import re
import shlex
import tomllib
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pipelines.cli.output import add_verb, check_place, failed, progress, summary
from pipelines.cli.signals import terminable
from schemas.errors import ConfigurationError, DeviceUnavailable
from schemas.manifest import parse_manifest
from schemas.redaction import redact_location

if TYPE_CHECKING:
    from schemas.records import Observation

LEAST_ERROR = 400
"""Of the statuses of HTTP."""

NAME_LIMIT = 60
_WORDS = re.compile(r"[^\W_]+")

_WEB = """\
[environment]
name = {name}
version = "1"  # change it when the application changes: what was proven in another version is not proven in this
platform = "web"
start = {start}
viewport = [{width}, {height}]

# Add what is true of it; without a reset only tasks that read are proven.
# launch = ["PROGRAM", "{{data}}/FILE", "--port", "{{port}}"]  # how a copy starts; then start = "http://127.0.0.1:{{port}}/"
# ready = "/"                      # what answers once a copy is up
# data = "FOLDER"                  # beside this file: every copy gets it anew
# reset = {{ restore = "data" }}     # or {{ request = "POST /reset" }}, or {{ command = "PROGRAM ARGUMENTS" }}
{session}# clock = "2026-01-05T09:00:00Z"   # like zone, locale and seed: what each page begins with
"""
_LOGGED_OUT = '# session = "state.json"          # who is logged in, as Playwright saves it\n'
_LOGGED_IN = '# session = "state.json"          # IT ASKS FOR A PASSWORD: who is logged in, as Playwright saves it\n'

_DESKTOP = """\
[environment]
name = {name}
version = "1"  # change it when the application changes: what was proven in another version is not proven in this
platform = "desktop"
launch = {launch}
viewport = [{width}, {height}]

# data = "FOLDER"                  # beside this file: the home that each episode begins with; default: a few documents
# zone = "Europe/Berlin"
# locale = "C.UTF-8"
"""


def add(verbs: Any) -> None:
    """The verb of this module."""
    init = add_verb(
        verbs,
        "init",
        "Open an application once, and write a first manifest of it.",
        (
            "hindtrace init --start-url http://localhost:8001/ --out library.toml",
            "hindtrace init --app 'mousepad Documents/letter.txt' --out mousepad.toml",
        ),
    )
    what = init.add_mutually_exclusive_group(required=True)
    what.add_argument("--start-url", metavar="URL", help="where the site answers now")
    what.add_argument("--app", metavar="COMMAND", help="the program of a desktop, and its arguments")
    init.add_argument("--out", type=Path, required=True, metavar="FILE", help="the manifest; must not be there yet")
    init.set_defaults(run=run_init)


def run_init(options: argparse.Namespace) -> int:
    """Runs `hindtrace init`; 1 if the application does not answer."""
    if options.out.exists() or options.out.is_symlink():
        raise ConfigurationError(f"--out: expected a file that is not there yet, found {options.out}")
    check_place("--out", options.out.absolute().parent)
    try:
        with terminable(), progress("Opening"):
            text, told = _site(options.start_url) if options.app is None else _desktop(options.app)
    except DeviceUnavailable as error:
        return failed("init", f"nothing was written: {error}")
    parse_manifest(tomllib.loads(text))
    try:
        with options.out.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise ConfigurationError(f"--out: expected a place for the manifest, found {error}") from error
    summary("init", {**told, "manifest": str(options.out)})
    return 0


def _site(url: str) -> tuple[str, dict[str, object]]:
    """The manifest of a site that answers there, and what was found.

    Raises:
        DeviceUnavailable: if it does not answer, or with an error.
    """
    from explorers.core.safety.walls import is_password_field
    from explorers.web import WebConfig, WebEnvironment

    parse_manifest({"environment": {"name": "site", "start": url}})  # refuses what is no address
    config = WebConfig()
    with closing(WebEnvironment(url, config=config)) as site:
        seen = site.reset()
        (status,) = site.start_statuses
    if status >= LEAST_ERROR:
        raise DeviceUnavailable(f"{redact_location(url)} answered with HTTP {status}: check the address")
    asks = any(map(is_password_field, seen.nodes))
    name = _name(seen.title or "") or _name(urlsplit(url).hostname or "") or "site"
    text = _WEB.format(
        name=json.dumps(name, ensure_ascii=False),
        start=json.dumps(url, ensure_ascii=False),
        width=config.width,
        height=config.height,
        session=_LOGGED_IN if asks else _LOGGED_OUT,
    )
    return text, _told(name, seen) | ({"asks for": "a password: add a session"} if asks else {})


def _desktop(command: str) -> tuple[str, dict[str, object]]:
    """The manifest of a program whose window comes, and what was found.

    Raises:
        DeviceUnavailable: if none does.
    """
    from explorers.desktop import DesktopConfig, DesktopEnvironment

    config = DesktopConfig()
    with closing(DesktopEnvironment(command, config=config)) as desktop:
        seen = desktop.reset()
        name = _name(desktop.app) or "program"
    launch = json.dumps(shlex.split(command), ensure_ascii=False)
    text = _DESKTOP.format(
        name=json.dumps(name, ensure_ascii=False), launch=launch, width=config.width, height=config.height
    )
    return text, _told(name, seen)


def _told(name: str, seen: "Observation") -> dict[str, object]:
    return {"name": name, "title": seen.title or "none", "elements": len(seen.nodes)}


def _name(title: str) -> str:
    """A title as the name of an application: its words in small letters, joined."""
    words = _WORDS.findall(title.casefold())
    name = ""
    for word in words:
        longer = f"{name}-{word}" if name else word[:NAME_LIMIT]
        if len(longer) > NAME_LIMIT:
            break
        name = longer
    return name
