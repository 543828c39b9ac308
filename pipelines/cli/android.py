"""Exploring an app on a phone or an emulator, on several side by side."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.cli.environments import add_environment, environment_of
from pipelines.cli.fleets import add_common_options, add_fleet_options, run_fleet
from pipelines.cli.output import add_verb
from schemas.errors import ConfigurationError

if TYPE_CHECKING:
    from explorers.android import AndroidConfig


def add_android(platforms: Any) -> None:
    """The platform of this module, below the verb."""
    android = add_verb(
        platforms,
        "android",
        "Explore an app on a phone or an emulator.",
        (
            "hindtrace explore android --serial emulator-5554 --app com.example.notes --traces traces --episodes 20",
            "hindtrace explore android --serial R58M123ABC --serial 192.168.1.20:5555 --app com.example.notes "
            "--apk notes.apk --fresh clear --traces traces --policy frontier",
        ),
    )
    add_device_options(android)
    add_common_options(android)
    add_fleet_options(android, {})
    android.set_defaults(run=run_android)


def run_android(options: argparse.Namespace) -> int:
    """Runs `hindtrace explore android`; 1 if no step was recorded, or an episode could not be."""
    from explorers.android import AndroidEnvironment
    from explorers.android.interruptions import InterruptionRules
    from explorers.core.fleet import Explorer
    from explorers.core.safety import Safety
    from schemas.protocols import Policy

    app, name = options.app, None
    if options.environment is not None:
        manifest = environment_of(options, "android", instead=("app", "locale"))
        app, name, options.locale = manifest.start, manifest.name, manifest.locale
    elif app is None:
        raise ConfigurationError("expected --app or --environment: what is explored")
    config = device_config(options)
    environments = [AndroidEnvironment(serial, app, config=config, name=name) for serial in devices_of(options)]

    def explorer(environment: AndroidEnvironment, policy: Policy) -> Explorer:
        rules = InterruptionRules(
            policy,
            app,
            packages=config.packages,
            permission=options.permissions,
            package_named=environment.package_named,
        )
        return Explorer(environment, rules)

    def interrupt() -> None:
        for environment in environments:
            environment.interrupt()

    return run_fleet(
        options,
        "explore android",
        environments,
        app=environments[0].app,
        locale=options.locale or "en-US",
        explorer=explorer,
        safety=Safety(packages=(app, *config.packages)),
        interrupt=interrupt,
    )


def add_device_options(parser: argparse.ArgumentParser) -> None:
    """Which devices, which app, and what each episode begins with."""
    parser.add_argument(
        "--serial",
        action="append",
        required=True,
        metavar="SERIAL",
        help="a device as 'adb devices' shows it, or its address; may be given again: episodes then run side by side",
    )
    parser.add_argument("--app", metavar="PACKAGE", help="the app to explore; others are left alone")
    add_environment(parser)
    parser.add_argument(
        "--backend",
        choices=("adb", "uiautomator2"),
        default="adb",
        help="how trees are read: by what every device has, or faster by the server of the library uiautomator2, "
        "which is started on the device meanwhile; default: adb",
    )
    begin = parser.add_argument_group("what each episode begins with")
    begin.add_argument("--apk", type=Path, metavar="FILE", help="install it on each device first")
    begin.add_argument("--start", metavar="PLACE", help="a component or URL instead of the app's own first screen")
    begin.add_argument(
        "--fresh",
        choices=("stop", "clear"),
        default="stop",
        help="stop the app, or forget all its data as well, FOR GOOD; default: stop",
    )
    begin.add_argument("--snapshot", metavar="NAME", help="load this snapshot of the emulator")
    begin.add_argument("--locale", metavar="LOCALE", help="of text that is made up; default: en-US")
    reached = parser.add_argument_group("what is seen and reached")
    reached.add_argument(
        "--allow-app",
        action="append",
        default=[],
        metavar="PACKAGE",
        help="use this app too where the first one leads there, such as a camera; may be given again",
    )
    reached.add_argument(
        "--permissions",
        choices=("allow", "deny"),
        default="allow",
        help="how the system's questions for permissions are answered; default: allow",
    )
    reached.add_argument(
        "--redact-personal",
        action="store_true",
        help="take e-mail addresses, telephone, card and account numbers out of trees and pictures",
    )


def devices_of(options: argparse.Namespace) -> list[str]:
    """The serials, each once.

    Raises:
        ConfigurationError: if one is given twice.
    """
    if len(set(options.serial)) < len(options.serial):
        raise ConfigurationError("expected each --serial once: a device runs one episode at a time")
    return list(options.serial)


def device_config(options: argparse.Namespace) -> "AndroidConfig":
    """The settings that the options ask for.

    Raises:
        ConfigurationError: if one of them can't work.
    """
    from explorers.android import AndroidConfig

    if options.apk is not None and not options.apk.is_file():
        raise ConfigurationError(f"--apk: expected a file, found none at {options.apk}")
    return AndroidConfig(
        fresh=options.fresh,
        snapshot=options.snapshot,
        apk=options.apk,
        start=options.start,
        packages=tuple(options.allow_app),
        redact_personal=options.redact_personal,
        backend=options.backend,
    )
