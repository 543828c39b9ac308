"""Exploring: an agent walks through a real interface and every step is recorded."""

import argparse
from pathlib import Path
from typing import Any

from pipelines.cli.output import add_verb, progress, say, summary
from schemas.errors import ConfigurationError

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
        ),
    )
    web.add_argument(
        "--start-url", required=True, metavar="URL", help="where each episode begins; other hosts are left alone"
    )
    _common(web)
    web.set_defaults(run=run_web)
    for name, needed in (("desktop", "--app"), ("android", "--serial")):
        other = add_verb(
            platforms,
            name,
            f"Explore on {name} (not built yet).",
            (f"hindtrace explore {name} {needed} NAME --traces traces", "hindtrace explore web --help"),
        )
        other.add_argument(needed)
        if name == "android":
            other.add_argument("--app")
        _common(other)
        other.set_defaults(run=run_other)


def run_web(options: argparse.Namespace) -> int:
    """Runs `hindtrace explore web`; 1 if no episode recorded a step."""
    from explorers.coverage import measure, write_curve
    from explorers.policies import build_policy
    from explorers.rollout import ExploreConfig, explore
    from explorers.web import WebEnvironment

    config = ExploreConfig(
        episodes=options.episodes, max_steps=options.max_steps, seed=options.seed, run_id=options.run_id
    )
    environment = WebEnvironment(options.start_url)
    memory = _memory(options, environment.app)
    policy = build_policy(options.policy, order=options.order, memory=memory, locale=environment.setting.locale)
    done = []
    with progress("Exploring"):
        for one in explore(environment, policy, options.traces, config):
            done.append(one)
            if one.message is not None:
                say(f"episode {one.episode}: {one.ended_by}: {one.message}")
    policy.memory.share()
    for note in policy.memory.problems():
        say(note)
    coverage, curve = measure([one.path for one in done])
    if options.curve is not None:
        write_curve(options.curve, curve)
    steps = sum(one.steps for one in done)
    ended = {f"ended by {why}": sum(one.ended_by == why for one in done) for why in sorted({o.ended_by for o in done})}
    places = {"traces": str(options.traces)} | ({"memory": options.memory} if options.memory else {})
    summary("explore web", {"episodes": len(done), "steps": steps, **ended, **coverage.named(), **places})
    return 0 if steps else 1


def _memory(options: argparse.Namespace, app: str) -> Any:
    """The memory that is asked for: shared at a URL, else the process's own.

    Raises:
        ConfigurationError: if there is no such place, or a name for none.
    """
    if options.memory is None:
        if options.explorer is not None:
            raise ConfigurationError("expected --memory beside --explorer: a name is for a shared memory")
        return None
    from explorers.shared_memory import SharedMemory

    return SharedMemory(options.memory, app=app, explorer=options.explorer)


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
    parser.add_argument("--run-id", metavar="ID", help="fixes the ids of the episodes, for tests; default: random")


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected at least 1, found {number}")
    return number
