"""What a manifest says as what the verbs need: its option, its instances, and the settings of a page or a desktop."""

import argparse
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from schemas.errors import ConfigurationError
from schemas.manifest import Manifest, ManifestPlatform, load_manifest

if TYPE_CHECKING:
    from explorers.core.instances import Instance
    from explorers.desktop import DesktopConfig
    from explorers.web.browser import SharedBrowser
    from explorers.web.episode import EpisodeConfig

SAID_OF_DESKTOPS = ("documents", "screen", "locale", "timezone")
"""Options of a desktop that a manifest makes needless."""


def add_environment(parser: argparse._ActionsContainer, *, required: bool = False) -> None:
    """The option that names a manifest."""
    parser.add_argument(
        "--environment",
        type=Path,
        required=required,
        metavar="FILE",
        help="manifest of the application: what it is, how it starts and is put back (`hindtrace init` writes one)",
    )


def environment_of(options: argparse.Namespace, *platforms: ManifestPlatform, instead: Collection[str]) -> Manifest:
    """The manifest that is given, of one of these platforms; `instead` are the options that say what it says.

    Raises:
        ConfigurationError: if it is none, or of another platform, or one of those options is given too.
    """
    both = [name for name in instead if getattr(options, name) not in (None, [], False)]
    if both:
        raise ConfigurationError(
            f"--{both[0].replace('_', '-')}: the manifest of --environment says that; leave it out"
        )
    manifest = load_manifest(options.environment)
    if manifest.platform not in platforms:
        wanted = " or ".join(platforms)
        raise ConfigurationError(f"{options.environment}: expected one of {wanted}, found one of {manifest.platform}")
    return manifest


@contextmanager
def instances_of(manifest: Manifest, count: int, *, hosts: Collection[str] = ()) -> "Iterator[Sequence[Instance]]":
    """So many instances of an environment, which end with the block; each is launched when it is first needed.

    Raises:
        ConfigurationError: if there can't be so many, or one can't be put back as the manifest says.
    """
    from explorers.core.instances import Instance

    if count > 1 and manifest.launch is None and manifest.reset is not None:
        raise ConfigurationError(
            "what runs already is put back under all who use it: expected one at a time, or a launch in the manifest"
        )
    made = [Instance(manifest, hosts=hosts) for _ in range(count)]
    try:
        yield made
    finally:
        for each in made:
            each.stop()
            each.close()


@contextmanager
def browsed(
    manifest: Manifest, count: int, *, hosts: Collection[str] = ()
) -> "Iterator[Sequence[tuple[Instance, SharedBrowser]]]":
    """So many instances with a browser for each, which all end with the block.

    A browser visits one site: what runs already is visited by one that all share, a copy by one of its own.

    Raises:
        ConfigurationError: as `instances_of`.
    """
    from explorers.web.browser import SharedBrowser

    with ExitStack() as ending:
        browsers = [SharedBrowser() for _ in range(1 if manifest.launch is None else count)]
        for browser in browsers:
            ending.callback(browser.close)
        instances = ending.enter_context(instances_of(manifest, count, hosts=hosts))
        yield list(zip(instances, cycle(browsers), strict=False))


def page_settings(here: Manifest) -> dict[str, Any]:
    """The settings of `WebConfig` that a manifest says, for an instance that is at its start.

    Raises:
        ConfigurationError: if one of them can't work.
    """
    width, height = here.viewport
    return {
        "width": width,
        "height": height,
        "locale": here.locale,
        "timezone": here.zone,
        "episode": _episode(here),
    }


def desktop_settings(manifest: Manifest, **more: Any) -> "DesktopConfig":
    """The settings of a desktop that a manifest says, and more.

    Raises:
        ConfigurationError: if one of them can't work.
    """
    from explorers.desktop import DesktopConfig

    width, height = manifest.viewport
    return DesktopConfig(
        width=width,
        height=height,
        locale=manifest.locale,
        timezone=manifest.zone,
        documents=manifest.data,
        **more,
    )


def _episode(here: Manifest) -> "EpisodeConfig":
    from explorers.web.episode import EpisodeConfig, instant, load_storage_state

    storage = None if here.session is None else load_storage_state(here.session)
    if storage is not None and here.launch is not None:
        # Cookies are those of a host, whatever its port; what is stored belongs to the port of the copy that saved it.
        host = urlsplit(here.start).hostname
        local = {
            here.origin if urlsplit(origin).hostname == host else origin: kept for origin, kept in storage.local.items()
        }
        storage = replace(storage, local=local)
    return EpisodeConfig(storage=storage, seed=here.seed, clock=None if here.clock is None else instant(here.clock))
