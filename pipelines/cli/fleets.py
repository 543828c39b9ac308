"""What exploring has in common on every platform: its options, its policies, and the run of many explorers at once."""

import argparse
import shlex
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from explorers.policies.registry import POLICIES
from pipelines.cli.output import check_place, say, summary
from pipelines.cli.progress import RunProgress
from pipelines.cli.signals import terminable
from schemas.errors import ConfigurationError

if TYPE_CHECKING:
    from explorers.core.fleet import Explorer, Shard
    from explorers.core.memory import Memory
    from explorers.core.safety import Safety
    from explorers.core.timings import Timings
    from explorers.policies.random import RandomPolicy
    from schemas.protocols import ChatModel, Environment

E = TypeVar("E", bound="Environment")


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
    parser.add_argument("--timings", action="store_true", help="say where the time of a step went, in the summary")
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
    parser.add_argument(
        "--json", action="store_true", help="print progress, episodes and the summary as lines of JSON, for machines"
    )


def add_fleet_options(parser: argparse.ArgumentParser, at_once: Mapping[str, str]) -> None:
    """How many episodes run at once, by options with these helps, and which part of a run this machine records."""
    title = "how many at once, and on how many machines" if at_once else "on how many machines"
    fleet = parser.add_argument_group(title)
    for option, about in at_once.items():
        fleet.add_argument(option, type=positive, default=1, metavar="N", help=f"{about}default: 1")
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


def run_fleet(
    options: argparse.Namespace,
    title: str,
    environments: Sequence[E],
    *,
    app: str,
    locale: str,
    explorer: "Callable[[E, RandomPolicy], Explorer] | None" = None,
    safety: "Safety | None" = None,
    interrupt: Callable[[], None],
    finish: Callable[[], None] = lambda: None,
) -> int:
    """Records the episodes and says what became of them; 1 if no step was recorded, or an episode could not be.

    Each environment gets a policy of its own; `explorer` makes one of both where more than that belongs to it. `app`
    and `locale` are what the memory is about, and what texts are made up in. `interrupt` takes the devices away from a
    run that ends early; `finish` gives back what all shared.

    Raises:
        ConfigurationError: if there is no such part of a run.
        TraceError: if one of the episodes was recorded before.
    """
    from explorers.core.coverage import measure, write_curve
    from explorers.core.fleet import EpisodeFailure, Explorer, agenda, explore_together
    from explorers.core.rollout import DEFAULT, EpisodeSummary, ExploreConfig
    from explorers.core.timings import Timings

    config = ExploreConfig(
        episodes=options.episodes, max_steps=options.max_steps, seed=options.seed, run_id=options.run_id
    )
    check_place("--traces", options.traces)
    if options.curve is not None:
        check_place("--curve", options.curve.absolute().parent)
    todo = agenda(options.traces, config, shard=_shard(options.shard), resume=options.resume)
    environments = environments[: max(len(todo.episodes), 1)]
    policies = _policies(options, app, len(environments), locale)
    explorers = list(map(explorer or Explorer, environments, policies))
    done: list[EpisodeSummary] = []
    failed: list[EpisodeFailure] = []
    going = RunProgress(len(todo.episodes), options.max_steps, as_json=options.json)
    timings = Timings() if options.timings else None
    running = explore_together(
        explorers,
        options.traces,
        config,
        todo,
        safety=safety or DEFAULT,
        interrupt=interrupt,
        watch=going.told,
        timings=timings,
    )
    try:
        with terminable(), going.shown(), closing(running) as results:
            for result in results:
                if isinstance(result, EpisodeFailure):
                    failed.append(result)
                    going.failed(result.episode, result.message)
                    say(f"episode {result.episode}: not recorded: {result.message}")
                    continue
                done.append(result)
                going.over(result)
                if result.message is not None:
                    say(f"episode {result.episode}: {result.ended_by}: {result.message}")
    finally:
        finish()
        for policy in policies:
            policy.memory.share()
    for policy in policies:
        for note in policy.memory.problems():
            say(note)
    done.sort(key=lambda episode: episode.episode)
    coverage, curve = measure([episode.path for episode in done])
    if options.curve is not None:
        write_curve(options.curve, curve)
    steps = sum(episode.steps for episode in done)
    ended = {f"ended by {why}": count for why, count in sorted(Counter(episode.ended_by for episode in done).items())}
    earlier = {"recorded earlier": len(todo.sealed), "broke off earlier": len(todo.broken), "not recorded": len(failed)}
    checked = [episode.success for episode in done if episode.success is not None]
    judged = {"the task was done": sum(checked), "the task was not done": len(checked) - sum(checked)}
    counts = {"episodes": len(done), "steps": steps, **ended, **(judged if checked else {})}
    counts |= {name: count for name, count in earlier.items() if count}
    took = {} if timings is None else _a_step(timings, steps)
    left = {"run": todo.run_id, "traces": str(options.traces), **({"memory": options.memory} if options.memory else {})}
    broken = len(failed) + len(todo.broken)
    following = _following(options, todo.run_id, something=steps > 0 or bool(todo.sealed), broken=broken)
    if options.json:
        by_part = {"milliseconds a step": took} if took else {}
        going.summary({**counts, **coverage.named(), **by_part, **left, "next": following})
    else:
        summary(title, {**counts, **coverage.named(), **_told(took), **left})
        print(f"next: {following}")
    return 0 if (steps or not todo.episodes) and not failed else 1


def _a_step(timings: "Timings", steps: int) -> dict[str, float]:
    """Milliseconds a step by part, the longest first; episodes' starts and ends are shared out."""
    parts = sorted(timings.seconds.items(), key=lambda each: (-each[1], each[0]))
    return {name: round(1000 * seconds / max(steps, 1), 1) for name, seconds in parts}


def _told(took: Mapping[str, float]) -> dict[str, str]:
    """The same in words, with the share of each part."""
    whole = sum(took.values())
    if not whole:
        return {}
    parts = {f"- {name}": f"{taken:.0f} ms ({taken / whole:.0%})" for name, taken in took.items() if taken >= 0.5}
    return {"a step": f"{whole:.0f} ms", **parts}


def _following(options: argparse.Namespace, run_id: str, *, something: bool, broken: int) -> str:
    """What to do after a run, as it ended: a command that can be pasted, or where to look."""
    if not something:
        return "no step was recorded: the lines above say why, and `hindtrace doctor` what this machine lacks"
    ingest = f"hindtrace ingest --traces {shlex.quote(str(options.traces))} --lake lake"
    if broken:
        return f"{ingest} (for as many whole episodes, {broken} more: --resume --run-id {run_id} --episodes ...)"
    return ingest


def _policies(options: argparse.Namespace, app: str, count: int, locale: str) -> "list[RandomPolicy]":
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
