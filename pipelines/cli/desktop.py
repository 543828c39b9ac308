"""Exploring a desktop application, on an X server of its own or on one that is there."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.cli.environments import SAID_OF_DESKTOPS, add_environment, desktop_settings, environment_of
from pipelines.cli.fleets import add_common_options, add_fleet_options, run_fleet
from pipelines.cli.output import add_verb
from pipelines.cli.web import size_of
from schemas.errors import ConfigurationError

if TYPE_CHECKING:
    from explorers.desktop import DesktopConfig


def add_desktop(platforms: Any) -> None:
    """The platform of this module, below the verb."""
    desktop = add_verb(
        platforms,
        "desktop",
        "Explore a desktop application on X11.",
        (
            "hindtrace explore desktop --app galculator --traces traces --episodes 20 --max-steps 25",
            "hindtrace explore desktop --app 'mousepad Documents/letter.txt' --traces traces --desktops 4",
            "hindtrace explore desktop --app galculator --traces traces --display :0 --share-display",
            "hindtrace explore desktop --environment mousepad.toml --traces traces --desktops 2",
        ),
    )
    desktop.add_argument(
        "--app",
        metavar="COMMAND",
        help="the program and its arguments; it runs in a new home, whose documents it finds by relative paths",
    )
    add_environment(desktop)
    add_common_options(desktop)
    add_fleet_options(desktop, {"--desktops": "episodes at once; "})
    begin = desktop.add_argument_group("what each episode begins with")
    begin.add_argument("--documents", type=Path, metavar="DIR", help="copy these into the home; default: a few of ours")
    begin.add_argument("--screen", metavar="WxH", help="in pixels; default: 1280x720")
    begin.add_argument("--locale", metavar="LOCALE", help="such as de_DE.UTF-8; default: C.UTF-8")
    begin.add_argument("--timezone", metavar="ZONE", help="such as Europe/Berlin; default: UTC")
    begin.add_argument(
        "--pace", type=float, metavar="SECONDS", help="between two keys; default: what the app can follow"
    )
    reach = desktop.add_argument_group("what it reaches")
    reach.add_argument("--network", action="store_true", help="let the application into the network; default: not")
    reach.add_argument(
        "--display", metavar=":N", help="use this display, with whatever is on it; needs --share-display"
    )
    reach.add_argument(
        "--share-display",
        action="store_true",
        help="allow that: its mouse and keyboard are used, and all that it shows is recorded",
    )
    reach.add_argument(
        "--redact-personal",
        action="store_true",
        help="take e-mail addresses, telephone, card and account numbers out of trees, titles and pictures",
    )
    desktop.set_defaults(run=run_desktop)


def desktop_config(options: argparse.Namespace) -> "DesktopConfig":
    """The settings that the options ask for.

    Raises:
        ConfigurationError: if one of them can't work.
    """
    from explorers.desktop import DesktopConfig

    if options.display is not None:
        DesktopConfig(display=options.display)  # one that can't be used at all is refused before it is allowed
        if not options.share_display:
            raise ConfigurationError(
                "--display: its mouse and keyboard are used, and all that it shows is recorded: allow it with "
                "--share-display"
            )
        if options.desktops > 1:
            raise ConfigurationError("--desktops: one display has one mouse; expected 1 beside --display")
    elif options.share_display:
        raise ConfigurationError("--share-display: expected --display beside it")
    width, height = (1280, 720) if options.screen is None else size_of(options.screen, "--screen")
    return DesktopConfig(
        width=width,
        height=height,
        locale=options.locale or "C.UTF-8",
        timezone=options.timezone or "UTC",
        pace=options.pace,
        network=options.network,
        documents=options.documents,
        display=options.display,
        redact_personal=options.redact_personal,
    )


def run_desktop(options: argparse.Namespace) -> int:
    """Runs `hindtrace explore desktop`; 1 if no step was recorded, or an episode could not be."""
    from explorers.desktop import DesktopEnvironment

    app = None
    if options.environment is not None:
        manifest = environment_of(options, "desktop", instead=("app", "display", "share_display", *SAID_OF_DESKTOPS))
        more = {"network": options.network, "redact_personal": options.redact_personal, "pace": options.pace}
        config, command, app = desktop_settings(manifest, **more), manifest.start, manifest.name
    elif options.app is not None:
        config, command = desktop_config(options), options.app
    else:
        raise ConfigurationError("expected --app or --environment: what is explored")
    environments = [DesktopEnvironment(command, config=config, app=app) for _ in range(options.desktops)]

    def interrupt() -> None:
        for environment in environments:
            environment.kill()

    called = environments[0].app
    return run_fleet(options, "explore desktop", environments, app=called, locale="en-US", interrupt=interrupt)
