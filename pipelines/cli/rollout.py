"""Trying given tasks again and again: each is set up, tried by a policy with the goal before it, and checked."""

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.cli.fleets import add_fleet_options, add_run_options, positive, run_fleet
from pipelines.cli.output import add_verb
from schemas.errors import ConfigurationError

if TYPE_CHECKING:
    from explorers.tasks import RunnableTask
    from explorers.web.browser import SharedBrowser
    from schemas.protocols import Environment


def add(verbs: Any) -> None:
    """The verb of this module."""
    rollout = add_verb(
        verbs,
        "rollout",
        "Try given tasks, each several times, and check by program whether they were done.",
        (
            "hindtrace rollout --tasks tasks.json --policy model --model NAME --n 8 --traces traces",
            "hindtrace rollout --tasks tasks.json --policy random --n 4 --max-steps 10 --traces traces --run-id r1",
        ),
    )
    rollout.add_argument(
        "--tasks", type=Path, required=True, metavar="FILE", help="a JSON list of tasks, or a line of JSON for each"
    )
    rollout.add_argument("--n", type=positive, default=1, metavar="N", help="tries at each task; default: 1")
    add_run_options(rollout, policy="model")
    rollout.set_defaults(order="depth", memory=None, explorer=None, curve=None)
    add_fleet_options(rollout, {"--parallel": "episodes at once; "})
    reach = rollout.add_argument_group("what is reached")
    reach.add_argument("--documents", type=Path, metavar="DIR", help="desktop: copy these into each episode's home")
    reach.add_argument("--network", action="store_true", help="desktop: let applications into the network")
    reach.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="HOST[:PORT]",
        help="web: visit this host too, besides that of a task's start; may be given again",
    )
    rollout.set_defaults(run=run_rollout)


def run_rollout(options: argparse.Namespace) -> int:
    """Runs `hindtrace rollout`; 1 if no step was recorded, or an episode could not be."""
    from explorers.core.fleet import Explorer
    from explorers.tasks import TaskEnvironment, read_tasks
    from explorers.web.browser import SharedBrowser
    from schemas.protocols import Policy

    tasks = read_tasks(options.tasks)
    browser = SharedBrowser()
    make = partial(_environment, options=options, browser=browser)
    for task in tasks:
        make(task)  # refuses what can't work before anything starts
    options.episodes = len(tasks) * options.n
    places = [TaskEnvironment(tasks[0], make) for _ in range(options.parallel)]

    def explorer(place: TaskEnvironment, policy: Policy) -> Explorer:
        return Explorer(place, policy, lambda episode: place.set(tasks[episode // options.n]))

    def interrupt() -> None:
        for place in places:
            place.kill()
        browser.close()

    return run_fleet(
        options,
        "rollout",
        places,
        app="tasks",
        locale="en-US",
        explorer=explorer,
        interrupt=interrupt,
        finish=browser.close,
    )


def _environment(task: "RunnableTask", options: argparse.Namespace, browser: "SharedBrowser") -> "Environment":
    """Where a task is tried.

    Raises:
        ConfigurationError: if it can't be.
    """
    match task.task.platform:
        case "web":
            from explorers.web import WebConfig, WebEnvironment

            return WebEnvironment(task.start, config=WebConfig(hosts=tuple(options.allow_host)), browser=browser)
        case "desktop":
            from explorers.desktop import DesktopConfig, DesktopEnvironment
            from explorers.tasks.workspace import prepare

            config = DesktopConfig(documents=options.documents, network=options.network)
            steps = task.setup.steps
            return DesktopEnvironment(task.start, config=config, prepare=lambda home: prepare(home, steps))
    raise ConfigurationError(f"no task on {task.task.platform} can be tried yet: expected one on web or desktop")
