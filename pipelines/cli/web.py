"""The options of an episode on a website, which exploring and replaying share."""

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schemas.errors import ConfigurationError

if TYPE_CHECKING:
    from explorers.core.resets import Reset
    from explorers.web import WebConfig

OBSERVED = ("viewport", "page", "full")
_SIZE = re.compile(r"(\d{1,5})[xX](\d{1,5})")


def add_page_options(parser: argparse.ArgumentParser, *, recorded: bool = False) -> None:
    """What an episode begins with, what is seen of it, and what it may reach; `recorded` names a trace's defaults."""
    locale, viewport, scale, mode = ("as recorded",) * 4 if recorded else ("en-US", "1280x720", "1", "viewport")
    begin = parser.add_argument_group(
        "what each episode begins with",
        "State, seed, clock and zone are in no trace: give those that were given when it was recorded."
        if recorded
        else None,
    )
    begin.add_argument(
        "--storage-state", type=Path, metavar="FILE", help="cookies and local storage, as Playwright saves them"
    )
    begin.add_argument("--page-seed", type=int, metavar="N", help="make the page's Math.random repeatable")
    begin.add_argument("--clock", metavar="TIME", help="when the page's Date starts, such as 2026-01-31T09:00:00Z")
    begin.add_argument("--timezone", metavar="ZONE", help="such as Europe/Berlin; default: UTC")
    begin.add_argument("--locale", metavar="LOCALE", help=f"such as de-DE; default: {locale}")
    begin.add_argument("--viewport", metavar="WxH", help=f"the screen in pixels; default: {viewport}")
    begin.add_argument("--scale", type=float, metavar="N", help=f"pixels of the picture a pixel; default: {scale}")
    begin.add_argument("--uploads", type=Path, metavar="DIR", help="folder of the files that may be uploaded")
    seen = parser.add_argument_group("what is seen and reached")
    seen.add_argument(
        "--observe",
        choices=OBSERVED,
        help=f"what is on the screen, the whole page, or all that the browser tells; default: {mode}",
    )
    seen.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="HOST[:PORT]",
        help="visit this host too, besides that of the start; may be given again",
    )
    seen.add_argument(
        "--redact-personal",
        action="store_true",
        help="take e-mail addresses, telephone, card and account numbers out of trees, addresses and pictures",
    )


def add_reset_options(parser: argparse.ArgumentParser) -> None:
    """What is done before each episode."""
    reset = parser.add_argument_group(
        "before each episode", "In this order; each may be given again. One that fails ends the episode: start failed."
    )
    reset.add_argument(
        "--reset-copy",
        action="append",
        default=[],
        metavar="SRC:DST",
        help="replace the folder DST by a copy of SRC; DST must be new, or such a copy",
    )
    reset.add_argument(
        "--reset-command",
        action="append",
        default=[],
        metavar="COMMAND",
        help="run a program with its arguments, without a shell",
    )
    reset.add_argument(
        "--reset-url",
        action="append",
        default=[],
        metavar="URL",
        help='ask a URL of this machine by POST, or by GET: "GET http://..."',
    )
    reset.add_argument(
        "--reset-seconds", type=float, default=60.0, metavar="N", help="time limit of a command or URL; default: 60"
    )


SAID_OF_PAGES = ("storage_state", "page_seed", "clock", "timezone", "locale", "viewport")
SAID_OF_RESETS = ("reset_copy", "reset_command", "reset_url")
"""Options that a manifest makes needless."""


def web_config(options: argparse.Namespace, **defaults: Any) -> "WebConfig":
    """The settings that the options ask for, over the defaults that are given, over those of `WebConfig`.

    With a manifest these are all that it says, the beginning of an episode too.

    Raises:
        ConfigurationError: if one of them can't work.
    """
    from explorers.web import WebConfig
    from explorers.web.episode import EpisodeConfig, instant, load_storage_state

    chosen = dict(defaults)
    if options.viewport is not None:
        width, height = size_of(options.viewport, "--viewport")
        chosen |= {"width": width, "height": height}
    for name in ("locale", "timezone", "scale"):
        if getattr(options, name) is not None:
            chosen[name] = getattr(options, name)
    if options.observe is not None:
        chosen["mode"] = options.observe
    if options.uploads is not None and not options.uploads.is_dir():
        raise ConfigurationError(f"--uploads: expected a folder, found none at {options.uploads}")
    episode = EpisodeConfig(
        storage=None if options.storage_state is None else load_storage_state(options.storage_state),
        seed=options.page_seed,
        clock=None if options.clock is None else instant(options.clock),
    )
    return WebConfig(
        **{"episode": episode, **chosen},
        uploads=options.uploads,
        hosts=tuple(options.allow_host),
        redact_personal=options.redact_personal,
    )


def size_of(text: str, option: str) -> tuple[int, int]:
    """Width and height of an option such as 1280x720.

    Raises:
        ConfigurationError: if it is none.
    """
    size = _SIZE.fullmatch(text)
    if size is None:
        raise ConfigurationError(f"{option}: expected a size such as 1280x720, found {text[:40]!r}")
    return int(size[1]), int(size[2])


def resets_of(options: argparse.Namespace) -> "tuple[Reset, ...]":
    """What the options ask to be done before each episode.

    Raises:
        ConfigurationError: if one of them can't be done.
    """
    from explorers.core.resets import ResetCommand, ResetCopy, ResetRequest, asked_of, command_of

    resets: list[Reset] = []
    for text in options.reset_copy:
        source, colon, destination = text.partition(":")
        if not (source and colon and destination):
            raise ConfigurationError(f"--reset-copy: expected SRC:DST, found {text[:80]!r}")
        resets.append(ResetCopy(Path(source), Path(destination)))
    for text in options.reset_command:
        resets.append(ResetCommand(command_of(text, "--reset-command"), options.reset_seconds))
    for text in options.reset_url:
        method, url = asked_of(text)
        resets.append(ResetRequest(url, method, options.reset_seconds, tuple(options.allow_host)))
    return tuple(resets)
