"""How fast real exploring is: recorded episodes, and a bare Playwright loop over the same actions, in turns in one run.

    python -m benchmarks.exploring
    python -m benchmarks.exploring tiddlywiki --rounds 10 --steps 40 --markdown

An explored step is all of it: a policy that chooses, what may refuse it, the action, what is waited for, the look, and
the recording on the disk. The bare loop does the actions that were recorded: click, load, screenshot. In each round one
context explores an episode and the bare loop repeats it, then `--contexts` explore one each and as many pages of the
bare loop repeat those. Both have one browser with the same program, which stays.
"""

import argparse
import asyncio
import os
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.environments import make_environment, shared_browser
from benchmarks.loops.repeating import Deed, Repeater, deeds_of
from benchmarks.processes import cpu_seconds, tree
from benchmarks.sites import SITES, SiteError
from benchmarks.sites.serving import clean_up_when_terminated
from benchmarks.tables import fastest_tenth, ratio, table
from explorers.core.fleet import EpisodeFailure, Explorer, agenda, explore_together
from explorers.core.rollout import ExploreConfig
from explorers.core.watching import Doing
from explorers.policies import build_policy
from explorers.web.browser import SharedBrowser
from schemas.recordings import read_trace

NAMES = ("datasette", "django-admin", "tiddlywiki")
MOST = 1.3
"""Times the bare loop's that an explored step may take."""

GAIN = 0.95
"""Of the bare loop's gain by more contexts that exploring has at least."""


@dataclass(slots=True)
class Turns:
    """What one side took in its turns: seconds of each step, whether that went to another page, and of whole turns."""

    steps: list[float] = field(default_factory=list)
    moved: list[bool] = field(default_factory=list)
    walls: list[float] = field(default_factory=list)
    computed: list[float] = field(default_factory=list)
    done: int = 0

    def took(self, moved: bool) -> list[float]:
        """The seconds of the steps that went to another page, or of those that did not."""
        return [seconds for seconds, each in zip(self.steps, self.moved, strict=True) if each is moved]

    @property
    def rate(self) -> float:
        """Steps a second, with the starts of the episodes."""
        return self.done / sum(self.walls)


@dataclass(slots=True)
class Measured:
    """The turns of a site, by how many contexts were busy."""

    ours: dict[int, Turns]
    bare: dict[int, Turns]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(SITES)} (default: {' '.join(NAMES)})")
    parser.add_argument("--rounds", type=int, default=6, help="for each site (default: 6)")
    parser.add_argument("--steps", type=int, default=25, help="of an episode (default: 25)")
    parser.add_argument("--contexts", type=int, default=4, help="at once, against one; 1 leaves it out (default: 4)")
    parser.add_argument("--policy", default="novelty")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--markdown", action="store_true", help="print the tables and nothing else")
    given = parser.parse_args(arguments)
    if unknown := [name for name in given.names if name not in SITES or name == "miniwob"]:
        parser.error(f"expected names of {', '.join(SITES)} without miniwob, found {', '.join(unknown)}")
    clean_up_when_terminated()
    measured = {}
    try:
        for name in given.names or NAMES:
            with SITES[name]() as address:
                measured[name] = asyncio.run(_measure(name, address, given))
    except SiteError as error:
        print(error, file=sys.stderr)
        return 1
    print(report(measured, given.contexts))
    if not given.markdown:
        print(f"\n{os.cpu_count()} cores, {os.getloadavg()[1]:.1f} processes over five minutes")
    return 0 if all(_met(each, given.contexts) for each in measured.values()) else 1


def report(measured: dict[str, Measured], contexts: int) -> str:
    """The tables: ratios, for they say the same on other machines, then milliseconds."""
    ratios, times = [], []
    for name, site in measured.items():
        ours, bare = site.ours[1], site.bare[1]
        gains = _gains(site, contexts)
        ratios.append(
            (
                name,
                f"{ratio(ours.steps, bare.steps):.2f}",
                *(_told(ours.took(moved), bare.took(moved)) for moved in (True, False)),
                f"{sum(ours.computed) / sum(bare.computed):.2f}",
                *(
                    ("-",) * 3
                    if gains is None
                    else (f"{gains[0]:.2f}", f"{gains[1]:.2f}", f"{gains[0] / gains[1]:.2f}")
                ),
                "yes" if _met(site, contexts) else "**no**",
            )
        )
        for count in site.ours:
            pair = (site.ours[count], site.bare[count])
            medians = (f"{1000 * median(each.steps):.0f}" for each in pair)
            moved = (f"{1000 * median(each.took(True)):.0f}" if any(each.moved) else "-" for each in pair)
            computed = (f"{1000 * sum(each.computed) / each.done:.0f}" for each in pair)
            rates = (f"{each.rate:.1f}" for each in pair)
            times.append((name, count, pair[0].done, *medians, *moved, *computed, *rates))
    first = (
        "explored / bare",
        f"a step (at most {MOST})",
        "another page",
        "the same page",
        "computing",
        f"{contexts} contexts / 1",
        "of the bare",
        f"part (at least {GAIN})",
        "met",
    )
    second = (
        "milliseconds (median)",
        "contexts",
        "steps",
        "a step",
        "bare",
        "to another page",
        "bare",
        "computing",
        "bare",
        "steps a second",
        "bare",
    )
    return f"{table(first, ratios)}\n\n{table(second, times)}"


def _told(ours: Sequence[float], bare: Sequence[float]) -> str:
    """How many times the one took what the other took: of medians, and in brackets of the fastest tenths."""
    if not ours or not bare:
        return "-"
    return f"{ratio(ours, bare):.2f} ({ratio(ours, bare, middle=fastest_tenth):.2f})"


def _gains(site: Measured, contexts: int) -> tuple[float, float] | None:
    """How many times the steps a second of one context several make: explored, and by the bare loop."""
    if contexts not in site.ours or contexts == 1:
        return None
    return site.ours[contexts].rate / site.ours[1].rate, site.bare[contexts].rate / site.bare[1].rate


def _met(site: Measured, contexts: int) -> bool:
    gains = _gains(site, contexts)
    fast = ratio(site.ours[1].steps, site.bare[1].steps) <= MOST
    return fast and (gains is None or gains[0] / gains[1] >= GAIN)


async def _measure(name: str, address: str, given: argparse.Namespace) -> Measured:
    counts = sorted({1, given.contexts})
    site = Measured({count: Turns() for count in counts}, {count: Turns() for count in counts})
    with tempfile.TemporaryDirectory(prefix="hindtrace-") as folder, shared_browser() as browser:
        async with Repeater() as repeater:
            for number in range(-1, given.rounds):
                for count in counts:
                    walk = _Walk(Path(folder), browser, address, count, given, number)
                    taken = await _turn(site.ours[count], number >= 0, lambda walk=walk: asyncio.to_thread(walk.walk))
                    episodes = [deeds_of(read_trace(path)) for path in taken.paths]
                    repeat = _Repeat(repeater, address, episodes)
                    again = await _turn(site.bare[count], number >= 0, repeat.walk)
                    if number >= 0:
                        _pair(site, count, taken, again)
                    for path in taken.paths:
                        path.unlink()
                print(f"{name}: round {number + 1} of {given.rounds}", end="\r", file=sys.stderr, flush=True)
    print(" " * 40, end="\r", file=sys.stderr)
    return site


@dataclass(slots=True)
class _Walked:
    """What a turn left: the traces, in order, and of each episode the seconds of its steps that count, by number."""

    paths: list[Path]
    episodes: list[dict[int, float]]
    deeds: list[list[Deed]] = field(default_factory=list)


async def _turn(turns: Turns, counts: bool, work: Callable[[], Coroutine[Any, Any, _Walked]]) -> _Walked:
    computed, began = cpu_seconds(tree(os.getpid())), time.perf_counter()
    walked = await work()
    if counts:
        turns.walls.append(time.perf_counter() - began)
        turns.computed.append(cpu_seconds(tree(os.getpid())) - computed)
    return walked


def _pair(site: Measured, count: int, taken: _Walked, again: _Walked) -> None:
    """Counts the steps that both did."""
    for ours, bare, deeds in zip(taken.episodes, again.episodes, again.deeds, strict=True):
        site.ours[count].done += len(ours)
        site.bare[count].done += len(bare)
        for deed in deeds:
            if deed.step not in bare:
                continue
            site.ours[count].steps.append(ours[deed.step])
            site.bare[count].steps.append(bare[deed.step])
            for side in (site.ours[count], site.bare[count]):
                side.moved.append(deed.moves)


class _Walk:
    """Episodes of so many explorers at once, with a memory that goes on from round to round for none of them."""

    def __init__(
        self, folder: Path, browser: SharedBrowser, address: str, count: int, given: argparse.Namespace, number: int
    ) -> None:
        self._folder, self._browser, self._address, self._count, self._given = folder, browser, address, count, given
        self._seed = given.seed * 1000 + number + 1
        self._seen: dict[int, list[float]] = {}

    def walk(self) -> _Walked:
        config = ExploreConfig(
            episodes=self._count, max_steps=self._given.steps, seed=self._seed, run_id=secrets.token_hex(8)
        )
        explorers = [
            Explorer(make_environment(self._address, browser=self._browser), build_policy(self._given.policy))
            for _ in range(self._count)
        ]
        todo = agenda(self._folder, config)
        running = explore_together(explorers, self._folder, config, todo, watch=self._watch)
        with closing(running) as results:
            done = sorted((_whole(each) for each in results), key=lambda each: each.episode)
        times = [self._seen[each.episode] for each in done]
        return _Walked(
            [each.path for each in done],
            [{step: later - earlier for step, (earlier, later) in enumerate(pairwise(seen))} for seen in times],
        )

    def _watch(self, doing: Doing) -> None:
        """Keeps when the first action was about to be done, and when each step was over."""
        seen = self._seen.setdefault(doing.episode, [])
        if doing.what != "starting" and doing.step == len(seen):
            seen.append(time.perf_counter())


class _Repeat:
    """The same episodes at once by the bare loop."""

    def __init__(self, repeater: Repeater, address: str, episodes: list[list[Deed]]) -> None:
        self._repeater, self._address, self._episodes = repeater, address, episodes

    async def walk(self) -> _Walked:
        walks = (self._repeater.repeat(self._address, deeds) for deeds in self._episodes)
        return _Walked([], list(await asyncio.gather(*walks)), self._episodes)


def _whole(result: Any) -> Any:
    if isinstance(result, EpisodeFailure):
        raise RuntimeError(f"episode {result.episode}: {result.message}")
    return result


if __name__ == "__main__":
    raise SystemExit(main())
