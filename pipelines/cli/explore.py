"""Exploring: an agent walks through a real interface and every step is recorded."""

import argparse
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pipelines.cli.android import add_android
from pipelines.cli.desktop import add_desktop
from pipelines.cli.fleets import add_common_options, add_fleet_options, run_fleet
from pipelines.cli.output import add_verb, say
from pipelines.cli.web import add_page_options, add_reset_options, resets_of, web_config
from schemas.errors import ConfigurationError

if TYPE_CHECKING:
    from explorers.web import WebEnvironment

LEAST_ERROR = 400
"""Of the statuses of HTTP."""

_EXAMPLES = (
    "hindtrace explore web --start-url http://localhost:8001/ --traces traces --episodes 20 --max-steps 25",
    "hindtrace explore web --start-url https://example.org/ --traces traces --policy novelty --seed 7",
)


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
        ),
    )
    web.add_argument(
        "--start-url", required=True, metavar="URL", help="where each episode begins; other hosts are left alone"
    )
    add_common_options(web)
    add_fleet_options(web, {"--contexts": "episodes at once in each browser; ", "--browsers": ""})
    add_page_options(web)
    add_reset_options(web)
    web.set_defaults(run=run_web)
    add_desktop(platforms)
    add_android(platforms)


def run_web(options: argparse.Namespace) -> int:
    """Runs `hindtrace explore web`; 1 if no step was recorded, an episode could not be, or each began with an error."""
    from explorers.core.fleet import Explorer
    from explorers.core.resets import ResettingEnvironment
    from explorers.web import WebEnvironment
    from explorers.web.browser import SharedBrowser

    web, resets = web_config(options), resets_of(options)
    if resets and options.browsers * options.contexts > 1:
        raise ConfigurationError("a reset before one context's episode would change the site under the others: use one")
    browsers = [SharedBrowser() for _ in range(options.browsers)]
    environments = [
        WebEnvironment(options.start_url, config=web, browser=browser) for browser in browsers * options.contexts
    ]

    def finish() -> None:
        for browser in browsers:
            browser.close()
        for status, times in sorted(_statuses(environments).items()):
            if status >= LEAST_ERROR:
                say(
                    f"{environments[0].start} answered with HTTP {status}, {times} times: what was explored is a page "
                    "that says so; check the address, or log in by --storage-state"
                )

    def interrupt() -> None:
        for reset in resets:
            reset.stop()
        finish()

    code = run_fleet(
        options,
        "explore web",
        environments,
        app=environments[0].app,
        locale=web.locale,
        explorer=lambda environment, policy: Explorer(ResettingEnvironment(environment, resets), policy),
        interrupt=interrupt,
        finish=finish,
    )
    statuses = _statuses(environments)
    return code or int(bool(statuses) and min(statuses) >= LEAST_ERROR)


def _statuses(environments: "Sequence[WebEnvironment]") -> Counter[int]:
    """With which status of HTTP the start page was answered, and how often."""
    return sum((environment.start_statuses for environment in environments), Counter[int]())
