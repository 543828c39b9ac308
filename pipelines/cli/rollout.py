"""Trying given tasks again and again: each is set up, tried by a policy with the goal before it, and checked."""

import argparse
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.cli.environments import (
    add_environment,
    browsed,
    desktop_settings,
    environment_of,
    page_settings,
)
from pipelines.cli.fleets import add_fleet_options, add_run_options, positive, run_fleet
from pipelines.cli.output import add_verb
from pipelines.cli.signals import terminable
from schemas.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from explorers.core.instances import Instance
    from explorers.desktop import DesktopConfig
    from explorers.tasks import RunnableTask
    from explorers.web.browser import SharedBrowser
    from schemas.manifest import Manifest
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
            "hindtrace rollout --tasks tasks.jsonl --environment library.toml --policy random --traces new",
        ),
    )
    rollout.add_argument(
        "--tasks", type=Path, required=True, metavar="FILE", help="a JSON list of tasks, or a line of JSON for each"
    )
    rollout.add_argument("--n", type=positive, default=1, metavar="N", help="tries at each task; default: 1")
    add_run_options(rollout, policy="model")
    rollout.set_defaults(order="depth", memory=None, explorer=None, curve=None, timings=False)
    add_fleet_options(rollout, {"--parallel": "episodes at once; "})
    reach = rollout.add_argument_group("what is reached")
    add_environment(rollout)
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
    from explorers.tasks import read_tasks
    from explorers.web.browser import SharedBrowser

    tasks = read_tasks(options.tasks)
    options.episodes = len(tasks) * options.n
    with terminable():
        if options.environment is None:
            with closing(SharedBrowser()) as browser:
                make = partial(_environment, options=options, browser=browser)
                return _try(options, tasks, [make] * options.parallel, browser.close)
        manifest = _manifest(options, tasks)
        if manifest.platform == "desktop":
            config = desktop_settings(manifest, network=options.network)
            return _try(options, tasks, [partial(_desktop, config=config, app=manifest.name)] * options.parallel)
        with browsed(manifest, options.parallel, hosts=options.allow_host) as sites:

            def stop() -> None:
                for instance, browser in sites:
                    instance.stop()
                    browser.close()

            makes = [partial(_site, options=options, instance=each, browser=browser) for each, browser in sites]
            return _try(options, tasks, makes, stop)


def _try(
    options: argparse.Namespace,
    tasks: "Sequence[RunnableTask]",
    makes: "Sequence[Callable[[RunnableTask], Environment]]",
    stop: "Callable[[], None]" = lambda: None,
) -> int:
    """Tries the tasks in as many places as there are makers of environments; `stop` ends one that is waited for."""
    from explorers.core.fleet import Explorer
    from explorers.tasks import TaskEnvironment
    from schemas.protocols import Policy

    for task in tasks:
        makes[0](task)  # refuses what can't work before anything starts
    places = [TaskEnvironment(tasks[0], make) for make in makes]

    def explorer(place: TaskEnvironment, policy: Policy) -> Explorer:
        return Explorer(place, policy, lambda episode: place.set(tasks[episode // options.n]))

    def interrupt() -> None:
        for place in places:
            place.kill()
        stop()

    return run_fleet(options, "rollout", places, app="tasks", locale="en-US", explorer=explorer, interrupt=interrupt)


def _manifest(options: argparse.Namespace, tasks: "Sequence[RunnableTask]") -> "Manifest":
    """The manifest of all the tasks.

    Raises:
        ConfigurationError: if one of them is of another platform.
    """
    manifest = environment_of(options, "web", "desktop", instead=("documents",))
    for each in tasks:
        if each.task.platform != manifest.platform:
            raise ConfigurationError(
                f"{options.environment}: expected one of {each.task.platform}, as a task is, found {manifest.platform}"
            )
    return manifest


def _environment(task: "RunnableTask", options: argparse.Namespace, browser: "SharedBrowser") -> "Environment":
    """Where a task is tried of which no manifest is given.

    Raises:
        ConfigurationError: if it can't be.
    """
    match task.task.platform:
        case "web":
            from explorers.web import WebConfig, WebEnvironment

            return WebEnvironment(task.start, config=WebConfig(hosts=tuple(options.allow_host)), browser=browser)
        case "desktop":
            from explorers.desktop import DesktopConfig

            return _desktop(task, DesktopConfig(documents=options.documents, network=options.network))
    raise ConfigurationError(f"no task on {task.task.platform} can be tried yet: expected one on web or desktop")


def _desktop(task: "RunnableTask", config: "DesktopConfig", app: str | None = None) -> "Environment":
    from explorers.desktop import DesktopEnvironment
    from explorers.tasks.workspace import prepare

    steps = task.setup.steps
    return DesktopEnvironment(task.start, config=config, prepare=lambda home: prepare(home, steps), app=app)


def _site(
    task: "RunnableTask", options: argparse.Namespace, browser: "SharedBrowser", instance: "Instance"
) -> "Environment":
    """A task's start on an instance, wherever it was when the task was written."""
    from explorers.core.instances import OnInstance
    from explorers.web import WebConfig, WebEnvironment
    from pipelines.prove.addresses import relative

    here = instance.manifest
    config = WebConfig(**page_settings(here), hosts=tuple(options.allow_host))
    start = here.address(relative(task.start))
    return OnInstance(WebEnvironment(start, config=config, browser=browser, app=here.name), instance)
