"""Exploring: an agent walks through a real interface and every step is recorded."""

import argparse
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from pipelines.cli.android import add_android
from pipelines.cli.desktop import add_desktop
from pipelines.cli.environments import add_environment, environment_of, instances_of, page_settings
from pipelines.cli.fleets import add_common_options, add_fleet_options, run_fleet
from pipelines.cli.output import add_verb, say
from pipelines.cli.signals import terminable
from pipelines.cli.web import (
    SAID_OF_PAGES,
    SAID_OF_RESETS,
    add_page_options,
    add_reset_options,
    resets_of,
    web_config,
)
from schemas.errors import ConfigurationError

if TYPE_CHECKING:
    from explorers.web import WebEnvironment
    from explorers.web.browser import SharedBrowser
    from schemas.protocols import Environment

LEAST_ERROR = 400
"""Of the statuses of HTTP."""

_EXAMPLES = (
    "hindtrace explore web --start-url http://localhost:8001/ --traces traces --episodes 20 --max-steps 25",
    "hindtrace explore web --start-url https://example.org/ --traces traces --policy novelty --seed 7",
)


_Place: TypeAlias = "Callable[[SharedBrowser, int], tuple[WebEnvironment, Environment]]"
"""Makes an environment in the browser of that number: the page itself, and what is explored."""


def add(verbs: Any) -> None:
    """The verb of this module."""
    explore = add_verb(
        verbs,
        "explore",
        "Walk through an interface without a task, and record every step.",
        _EXAMPLES,
    )
    platforms = explore.add_subparsers(dest="platform", metavar="PLATFORM", required=True)
    web = add_verb(
        platforms,
        "web",
        "Explore a website in Chromium.",
        (
            *_EXAMPLES,
            "hindtrace explore web --start-url http://localhost:8001/ --traces traces --contexts 8 --run-id r --resume",
            "hindtrace explore web --environment library.toml --traces traces --browsers 2",
        ),
    )
    web.add_argument("--start-url", metavar="URL", help="where each episode begins; other hosts are left alone")
    add_environment(web)
    add_common_options(web)
    add_fleet_options(web, {"--contexts": "episodes at once in each browser; ", "--browsers": ""})
    add_page_options(web)
    add_reset_options(web)
    web.set_defaults(run=run_web)
    add_desktop(platforms)
    add_android(platforms)


def run_web(options: argparse.Namespace) -> int:
    """Runs `hindtrace explore web`; 1 if no step was recorded, an episode could not be, or each began with an error."""
    if options.environment is None:
        if options.start_url is None:
            raise ConfigurationError("expected --start-url or --environment: where each episode begins")
        return _explore(options, *_at_url(options))
    manifest = environment_of(options, "web", instead=("start_url", *SAID_OF_PAGES, *SAID_OF_RESETS))
    _check_resets(options, resets=manifest.reset is not None)
    with terminable(), instances_of(manifest, options.browsers, hosts=options.allow_host) as instances:

        def place(browser: "SharedBrowser", number: int) -> "tuple[WebEnvironment, Environment]":
            from explorers.core.instances import OnInstance
            from explorers.web import WebEnvironment

            here = instances[number].manifest
            config = web_config(options, **page_settings(here))
            page = WebEnvironment(here.start, config=config, browser=browser, app=manifest.name)
            return page, OnInstance(page, instances[number])

        def stop() -> None:
            for each in instances:
                each.stop()

        web_config(options, **page_settings(manifest))  # refuses what can't work before anything starts
        return _explore(options, place, stop)


def _check_resets(options: argparse.Namespace, *, resets: bool) -> None:
    """Refuses contexts that share what is put back.

    Raises:
        ConfigurationError: if there are several of a browser.
    """
    if resets and options.contexts > 1:
        raise ConfigurationError("a reset before one context's episode would change the site under the others: use one")


def _at_url(options: argparse.Namespace) -> "tuple[_Place, Callable[[], None]]":
    """What makes an environment where the options say, and what stops its resets."""
    web, resets = web_config(options), resets_of(options)
    _check_resets(options, resets=bool(resets))
    if resets and options.browsers > 1:
        raise ConfigurationError("a reset before one browser's episode would change the site under the others: use one")

    def place(browser: "SharedBrowser", _number: int) -> "tuple[WebEnvironment, Environment]":
        from explorers.core.resets import ResettingEnvironment
        from explorers.web import WebEnvironment

        page = WebEnvironment(options.start_url, config=web, browser=browser)
        return page, ResettingEnvironment(page, resets)

    def stop() -> None:
        for reset in resets:
            reset.stop()

    return place, stop


def _explore(options: argparse.Namespace, place: "_Place", stop: "Callable[[], None]") -> int:
    """Explores in as many places as are asked for."""
    from explorers.web.browser import SharedBrowser

    browsers = [SharedBrowser() for _ in range(options.browsers)]
    made = [place(browser, number) for _ in range(options.contexts) for number, browser in enumerate(browsers)]
    pages = [page for page, _ in made]

    def finish() -> None:
        for browser in browsers:
            browser.close()
        for status, times in sorted(_statuses(pages).items()):
            if status >= LEAST_ERROR:
                say(
                    f"{pages[0].start} answered with HTTP {status}, {times} times: what was explored is a page "
                    "that says so; check the address, or log in by --storage-state"
                )

    def interrupt() -> None:
        stop()
        finish()

    code = run_fleet(
        options,
        "explore web",
        [environment for _, environment in made],
        app=pages[0].app,
        locale=pages[0].setting.locale,
        interrupt=interrupt,
        finish=finish,
    )
    statuses = _statuses(pages)
    return code or int(bool(statuses) and min(statuses) >= LEAST_ERROR)


def _statuses(environments: "Sequence[WebEnvironment]") -> Counter[int]:
    """With which status of HTTP the start page was answered, and how often."""
    return sum((environment.start_statuses for environment in environments), Counter[int]())
