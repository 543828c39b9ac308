"""What exploring has in common on every platform: its options, its policies, and the run of many explorers at once."""

import argparse
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from explorers.policies.registry import POLICIES
from pipelines.cli.output import progress, say, summary
from pipelines.cli.web import terminable
from schemas.errors import ConfigurationError

if TYPE_CHECKING:
    from explorers.core.fleet import Agenda, Explorer, Shard
    from explorers.core.memory import Memory
    from explorers.core.rollout import ExploreConfig
    from explorers.core.safety import Safety
    from explorers.policies.random import RandomPolicy
    from schemas.protocols import ChatModel


def add_common_options(parser: argparse.ArgumentParser) -> None:
    """How a walk goes: how often, by which policy, what is known before, and what is written down."""
    parser.add_argument("--episodes", type=positive, default=20, metavar="N", help="default: 20")
    add_run_options(parser, policy="novelty")
    parser.add_argument(
        "--order", choices=("depth", "breadth"), default="depth", help="which way the frontier search goes first"
    )
    parser.add_argument(
        "--memory", metavar="URL", help="what explorers of one app share: a folder, file:///..., s3://..., gs://..."
    )
    parser.add_argument("--explorer", metavar="NAME", help="this explorer's name in the memory; default: drawn")
    parser.add_argument("--curve", type=Path, metavar="FILE", help="write the coverage after each step as CSV")


def add_run_options(parser: argparse.ArgumentParser, *, policy: str) -> None:
    """How long, by which policy, and where the recordings go; `policy` is the one that acts unless told otherwise."""
    parser.add_argument("--traces", type=Path, required=True, metavar="DIR", help="folder for the recordings")
    parser.add_argument("--max-steps", type=positive, default=25, metavar="N", help="of an episode, default: 25")
    parser.add_argument("--policy", choices=POLICIES, default=policy, help=f"default: {policy}")
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="same seed, same site: same choices; default: 0"
    )
    parser.add_argument(
        "--model", metavar="NAME", help="a chat model that makes up texts, and thinks for --policy model"
    )
    parser.add_argument("--base-url", metavar="URL", help="of its server (default: OPENAI_BASE_URL, else OpenAI's)")
    parser.add_argument(
        "--model-tokens", type=positive, default=2_000_000, metavar="N", help="most for the run (default: 2,000,000)"
    )
    parser.add_argument("--run-id", metavar="ID", help="fixes the ids of the episodes; default: random")


def add_share_options(fleet: "argparse._ArgumentGroup") -> None:
    """Which part of a run this machine records."""
    fleet.add_argument(
        "--shard",
        default="0/1",
        metavar="I/N",
        help="record the episodes whose number modulo N is I; all machines need the same --run-id and --seed",
    )
    fleet.add_argument(
        "--resume",
        action="store_true",
        help="go on with the run of that --run-id: an episode that was begun stays as it is, whole or broken off",
    )


def explore_config(options: argparse.Namespace) -> "ExploreConfig":
    """How the run goes, as the options say."""
    from explorers.core.rollout import ExploreConfig

    return ExploreConfig(
        episodes=options.episodes, max_steps=options.max_steps, seed=options.seed, run_id=options.run_id
    )


def agenda_of(options: argparse.Namespace) -> "Agenda":
    """The episodes that are to be recorded.

    Raises:
        ConfigurationError: if there is no such part of a run.
        TraceError: if one of them was recorded before.
    """
    from explorers.core.fleet import agenda

    return agenda(options.traces, explore_config(options), shard=_shard(options.shard), resume=options.resume)


def run_explorers(
    options: argparse.Namespace,
    explorers: "Sequence[Explorer]",
    policies: "Sequence[RandomPolicy]",
    todo: "Agenda",
    *,
    title: str,
    safety: "Safety | None" = None,
    interrupt: Callable[[], None] = lambda: None,
    finish: Callable[[], None] = lambda: None,
) -> int:
    """Records the episodes, says what became of them; 1 if no step was recorded, or an episode could not be.

    `interrupt` takes the devices away from a run that ends early; `finish` gives back what all shared.
    """
    from explorers.core.coverage import measure, write_curve
    from explorers.core.fleet import EpisodeFailure, explore_together
    from explorers.core.rollout import DEFAULT, EpisodeSummary

    done: list[EpisodeSummary] = []
    failed: list[EpisodeFailure] = []
    running = explore_together(
        explorers, options.traces, explore_config(options), todo, safety=safety or DEFAULT, interrupt=interrupt
    )
    try:
        with (
            terminable(),
            progress("Exploring"),
            closing(running) as results,
        ):
            for one in results:
                if isinstance(one, EpisodeFailure):
                    failed.append(one)
                    say(f"episode {one.episode}: not recorded: {one.message}")
                    continue
                done.append(one)
                if one.message is not None:
                    say(f"episode {one.episode}: {one.ended_by}: {one.message}")
    finally:
        finish()
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
    said = [one.success for one in done if one.success is not None]
    judged = {"the task was done": sum(said), "the task was not done": len(said) - sum(said)} if said else {}
    counts = {"episodes": len(done), "steps": steps, **ended, **judged, **{name: n for name, n in earlier.items() if n}}
    left = {"run": todo.run_id, "traces": str(options.traces), **({"memory": options.memory} if options.memory else {})}
    summary(title, {**counts, **coverage.named(), **left})
    return 0 if (steps or not todo.episodes) and not failed else 1


def build_policies(options: argparse.Namespace, app: str, count: int, locale: str) -> "list[RandomPolicy]":
    """A policy of the name that is asked for, with a memory of its own, for each explorer."""
    from explorers.policies import build_policy

    model = _model(options)
    return [
        build_policy(
            options.policy,
            order=options.order,
            memory=_memory(options, app, index, count),
            model=model,
            locale=locale,
        )
        for index in range(count)
    ]


def _model(options: argparse.Namespace) -> "ChatModel | None":
    """The chat model that is asked for, or None."""
    if options.model is None:
        return None
    from labelers.model.chat import Chat
    from labelers.model.sending import Endpoint

    endpoint = Endpoint(options.base_url)
    endpoint.connect()  # refuses a server without its key before a device starts
    return Chat(endpoint, options.model, most_tokens=options.model_tokens)


def _shard(text: str) -> "Shard":
    from explorers.core.fleet import Shard

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
    from explorers.core.shared_memory import SharedMemory

    name = options.explorer if options.explorer is None or count == 1 else f"{options.explorer}-{index}"
    return SharedMemory(options.memory, app=app, explorer=name)


def positive(text: str) -> int:
    """An option's number, which must be at least 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected at least 1, found {number}")
    return number
