"""Exploring: an agent walks through a real interface and every step is recorded."""

import argparse
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.cli.android import add_device_options, device_config, devices_of
from pipelines.cli.output import add_verb, progress, say, summary
from pipelines.cli.web import add_page_options, add_reset_options, resets_of, terminable, web_config, with_resets
from schemas.errors import ConfigurationError

if TYPE_CHECKING:
    from explorers.fleet import Agenda, Explorer, Shard
    from explorers.memory import Memory
    from explorers.policies import RandomPolicy
    from explorers.rollout import ExploreConfig
    from explorers.safety import Safety

POLICIES = ("random", "novelty", "frontier", "model")


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
    _common(web)
    _fleet(web)
    add_page_options(web)
    add_reset_options(web)
    web.set_defaults(run=run_web)
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
    _common(android)
    android.set_defaults(run=run_android)
    desktop = add_verb(
        platforms,
        "desktop",
        "Explore on desktop (not built yet).",
        ("hindtrace explore desktop --app NAME --traces traces", "hindtrace explore web --help"),
    )
    desktop.add_argument("--app")
    _common(desktop)
    desktop.set_defaults(run=run_other)


def run_web(options: argparse.Namespace) -> int:
    """Runs `hindtrace explore web`; 1 if no step was recorded, or an episode could not be."""
    from explorers.fleet import Explorer, agenda
    from explorers.web import WebEnvironment
    from explorers.web.browser import SharedBrowser

    config = _explore_config(options)
    web, resets = web_config(options), resets_of(options)
    if resets and options.browsers * options.contexts > 1:
        raise ConfigurationError("a reset before one context's episode would change the site under the others: use one")
    todo = agenda(options.traces, config, shard=_shard(options.shard), resume=options.resume)
    browsers = [SharedBrowser() for _ in range(options.browsers)]
    places = (browsers * options.contexts)[: max(len(todo.episodes), 1)]
    environments = [WebEnvironment(options.start_url, config=web, browser=browser) for browser in places]
    policies = _policies(options, environments[0].app, len(environments), web.locale)
    explorers = [
        Explorer(with_resets(environment, resets), policy)
        for environment, policy in zip(environments, policies, strict=True)
    ]

    def interrupt() -> None:
        for reset in resets:
            reset.stop()
        for browser in browsers:
            browser.close()

    try:
        return _record(options, explorers, policies, config, todo, interrupt=interrupt)
    finally:
        for browser in browsers:
            browser.close()


def run_android(options: argparse.Namespace) -> int:
    """Runs `hindtrace explore android`; 1 if no step was recorded, or an episode could not be."""
    from explorers.android import AndroidEnvironment
    from explorers.android.manners import Manners
    from explorers.fleet import Explorer, agenda
    from explorers.safety import Safety

    config, android = _explore_config(options), device_config(options)
    environments = [AndroidEnvironment(serial, options.app, config=android) for serial in devices_of(options)]
    todo = agenda(options.traces, config, shard=_shard(options.shard), resume=options.resume)
    environments = environments[: max(len(todo.episodes), 1)]
    policies = _policies(options, options.app, len(environments), options.locale)
    explorers = [
        Explorer(
            environment,
            Manners(policy, options.app, packages=android.packages, permission=options.permissions),
        )
        for environment, policy in zip(environments, policies, strict=True)
    ]
    safety = Safety(packages=(options.app, *android.packages))

    def interrupt() -> None:
        for environment in environments:
            environment.interrupt()

    return _record(options, explorers, policies, config, todo, safety=safety, interrupt=interrupt)


def _record(
    options: argparse.Namespace,
    explorers: "list[Explorer]",
    policies: "list[RandomPolicy]",
    config: "ExploreConfig",
    todo: "Agenda",
    *,
    safety: "Safety | None" = None,
    interrupt: Callable[[], None] = lambda: None,
) -> int:
    """Records the episodes of an agenda and says what became of them; the exit code."""
    from explorers.coverage import measure, write_curve
    from explorers.fleet import EpisodeFailure, explore_together
    from explorers.rollout import DEFAULT, EpisodeSummary

    done: list[EpisodeSummary] = []
    failed: list[EpisodeFailure] = []
    running = explore_together(explorers, options.traces, config, todo, safety=safety or DEFAULT, interrupt=interrupt)
    try:
        with terminable(), progress("Exploring"), closing(running) as results:
            for one in results:
                if isinstance(one, EpisodeFailure):
                    failed.append(one)
                    say(f"episode {one.episode}: not recorded: {one.message}")
                    continue
                done.append(one)
                if one.message is not None:
                    say(f"episode {one.episode}: {one.ended_by}: {one.message}")
    finally:
        for policy in policies:
            policy.memory.share()
    for policy in policies:
        for note in policy.memory.problems():
            say(note)
    coverage, curve = measure([one.path for one in sorted(done, key=lambda one: one.episode)])
    if options.curve is not None:
        write_curve(options.curve, curve)
    steps = sum(one.steps for one in done)
    ended = {f"ended by {why}": sum(one.ended_by == why for one in done) for why in sorted({o.ended_by for o in done})}
    earlier = {"recorded earlier": len(todo.sealed), "broke off earlier": len(todo.broken), "not recorded": len(failed)}
    counts = {"episodes": len(done), "steps": steps, **ended, **{name: n for name, n in earlier.items() if n}}
    left = {"run": todo.run_id, "traces": str(options.traces), **({"memory": options.memory} if options.memory else {})}
    summary(f"explore {options.platform}", {**counts, **coverage.named(), **left})
    return 0 if (steps or not todo.episodes) and not failed else 1


def _explore_config(options: argparse.Namespace) -> "ExploreConfig":
    from explorers.rollout import ExploreConfig

    return ExploreConfig(
        episodes=options.episodes, max_steps=options.max_steps, seed=options.seed, run_id=options.run_id
    )


def _policies(options: argparse.Namespace, app: str, count: int, locale: str) -> "list[RandomPolicy]":
    """A policy of the name that is asked for, with a memory of its own, for each explorer."""
    from explorers.policies import build_policy

    return [
        build_policy(options.policy, order=options.order, memory=_memory(options, app, index, count), locale=locale)
        for index in range(count)
    ]


def _shard(text: str) -> "Shard":
    from explorers.fleet import Shard

    index, slash, count = text.partition("/")
    if not (slash and index.isdecimal() and count.isdecimal()):
        raise ConfigurationError(f"--shard: expected a part of the run such as 0/4, found {text[:40]!r}")
    return Shard(int(index), int(count))


def _memory(options: argparse.Namespace, app: str, index: int, count: int) -> "Memory | None":
    """The memory of one of so many explorers: shared at the URL that is asked for, else None for its own.

    Raises:
        ConfigurationError: if there is no such place, or a name for none.
    """
    if options.memory is None:
        if options.explorer is not None:
            raise ConfigurationError("expected --memory beside --explorer: a name is for a shared memory")
        return None
    from explorers.shared_memory import SharedMemory

    name = options.explorer if options.explorer is None or count == 1 else f"{options.explorer}-{index}"
    return SharedMemory(options.memory, app=app, explorer=name)


def run_other(options: argparse.Namespace) -> int:
    """Refuses a platform that is not built yet."""
    raise ConfigurationError(f"exploring on {options.platform} is not built yet; there is `explore web`")


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--traces", type=Path, required=True, metavar="DIR", help="folder for the recordings")
    parser.add_argument("--episodes", type=_count, default=20, metavar="N", help="default: 20")
    parser.add_argument("--max-steps", type=_count, default=25, metavar="N", help="of an episode, default: 25")
    parser.add_argument("--policy", choices=POLICIES, default="novelty", help="default: novelty")
    parser.add_argument(
        "--order", choices=("depth", "breadth"), default="depth", help="which way the frontier search goes first"
    )
    parser.add_argument(
        "--memory", metavar="URL", help="what explorers of one app share: a folder, file:///..., s3://..., gs://..."
    )
    parser.add_argument("--explorer", metavar="NAME", help="this explorer's name in the memory; default: drawn")
    parser.add_argument("--curve", type=Path, metavar="FILE", help="write the coverage after each step as CSV")
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="same seed, same site: same choices; default: 0"
    )
    parser.add_argument("--run-id", metavar="ID", help="fixes the ids of the episodes; default: random")
    parser.add_argument(
        "--shard",
        default="0/1",
        metavar="I/N",
        help="record the episodes whose number modulo N is I; all machines need the same --run-id and --seed",
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on with the run of that --run-id: an episode that was begun stays as it is, whole or broken off",
    )


def _fleet(parser: argparse.ArgumentParser) -> None:
    fleet = parser.add_argument_group("how many at once")
    fleet.add_argument(
        "--contexts", type=_count, default=1, metavar="N", help="episodes at once in each browser; default: 1"
    )
    fleet.add_argument("--browsers", type=_count, default=1, metavar="N", help="default: 1")


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected at least 1, found {number}")
    return number
