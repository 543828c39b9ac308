"""Exploring: an agent walks through a real interface and every step is recorded."""

import argparse
from typing import Any

from pipelines.cli.android import add_android
from pipelines.cli.desktop import add_desktop
from pipelines.cli.fleets import (
    add_common_options,
    add_share_options,
    agenda_of,
    build_policies,
    positive,
    run_explorers,
)
from pipelines.cli.output import add_verb
from pipelines.cli.web import add_page_options, add_reset_options, resets_of, web_config, with_resets
from schemas.errors import ConfigurationError


def add(verbs: Any) -> None:
    """The verb of this module."""
    explore = add_verb(
        verbs,
        "explore",
        "Walk through an interface without a task, and record every step.",
        (
            "hindtrace explore web --start-url http://localhost:8001/ --traces traces --episodes 20 --max-steps 25",
            "hindtrace explore web --start-url https://example.org/ --traces traces --policy novelty --seed 7",
        ),
    )
    platforms = explore.add_subparsers(dest="platform", metavar="PLATFORM", required=True)
    web = add_verb(
        platforms,
        "web",
        "Explore a website in Chromium.",
        (
            "hindtrace explore web --start-url http://localhost:8001/ --traces traces --episodes 20 --max-steps 25",
            "hindtrace explore web --start-url https://example.org/ --traces traces --policy novelty --seed 7",
            "hindtrace explore web --start-url http://localhost:8001/ --traces traces --contexts 8 --run-id r --resume",
        ),
    )
    web.add_argument(
        "--start-url", required=True, metavar="URL", help="where each episode begins; other hosts are left alone"
    )
    add_common_options(web)
    fleet = web.add_argument_group("how many at once, and on how many machines")
    fleet.add_argument(
        "--contexts", type=positive, default=1, metavar="N", help="episodes at once in each browser; default: 1"
    )
    fleet.add_argument("--browsers", type=positive, default=1, metavar="N", help="default: 1")
    add_share_options(fleet)
    add_page_options(web)
    add_reset_options(web)
    web.set_defaults(run=run_web)
    add_desktop(platforms)
    add_android(platforms)


def run_web(options: argparse.Namespace) -> int:
    """Runs `hindtrace explore web`; 1 if no step was recorded, or an episode could not be."""
    from explorers.core.fleet import Explorer
    from explorers.web import WebEnvironment
    from explorers.web.browser import SharedBrowser

    web, resets = web_config(options), resets_of(options)
    if resets and options.browsers * options.contexts > 1:
        raise ConfigurationError("a reset before one context's episode would change the site under the others: use one")
    todo = agenda_of(options)
    browsers = [SharedBrowser() for _ in range(options.browsers)]
    places = (browsers * options.contexts)[: max(len(todo.episodes), 1)]
    environments = [WebEnvironment(options.start_url, config=web, browser=browser) for browser in places]
    policies = build_policies(options, environments[0].app, len(environments), web.locale)
    explorers = [
        Explorer(with_resets(environment, resets), policy)
        for environment, policy in zip(environments, policies, strict=True)
    ]

    def interrupt() -> None:
        for reset in resets:
            reset.stop()
        for browser in browsers:
            browser.close()

    def finish() -> None:
        for browser in browsers:
            browser.close()

    return run_explorers(options, explorers, policies, todo, title="explore web", interrupt=interrupt, finish=finish)
