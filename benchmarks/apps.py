"""Explores real applications that no one here wrote, and says how each went.

    python -m benchmarks.apps
    python -m benchmarks.apps dokuwiki tiddlywiki --episodes 5 --steps 40
    python -m benchmarks.apps miniwob --task-steps 5

Each application is explored in a process of its own; of MiniWoB++ every task gets an episode. Ends with 1 if an error
went unhandled anywhere, or an episode ended by a crash, a hang or a start that failed.
"""

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.deeds import deeds, shares
from benchmarks.environments import make_environment, shared_browser
from benchmarks.episodes import explore
from benchmarks.sites import SITES, SiteError, task_urls
from benchmarks.sites.serving import clean_up_when_terminated, end
from benchmarks.tables import table
from explorers.core.rollout import ExploreConfig
from explorers.policies.novelty import NoveltyPolicy
from schemas.actions import Action
from schemas.protocols import Environment
from schemas.recordings import read_trace
from schemas.records import Observation, Outcome, Platform, Setting

SILENT_SECONDS = 900.0
"""An episode that takes longer hangs."""

BAD_ENDS = frozenset({"crashed", "device lost", "killed", "start failed"})
HEADINGS = ("application", "episodes", "steps", "did", "results", "no rest", "ended by", "s a step", "errors")


@dataclass(slots=True)
class Tally:
    """What became of the episodes of an application."""

    name: str
    steps: int = 0
    seconds: float = 0.0
    restless: int = 0
    results: Counter[str] = field(default_factory=Counter)
    did: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)
    """Tracebacks of what no one handled, and the messages of episodes that ended badly."""

    def add(self, episode: dict[str, Any]) -> None:
        """Counts an episode."""
        self.steps += episode["steps"]
        self.seconds += episode["seconds"]
        self.restless += episode["restless"]
        self.results.update(episode["results"])
        self.did.update(episode["did"])
        self.ends[episode["ended_by"]] += 1
        if episode["ended_by"] in BAD_ENDS:
            self.errors.append(f"{episode['start']}: {episode['ended_by']}: {episode['message']}")

    def row(self) -> tuple[object, ...]:
        """As a row of the table."""
        seconds = f"{self.seconds / self.steps:.2f}" if self.steps else "-"
        return (
            self.name,
            sum(self.ends.values()),
            self.steps,
            shares(self.did),
            _counted(self.results),
            self.restless,
            _counted(self.ends),
            seconds,
            len(self.errors),
        )


class Timed:
    """An environment that tells how long acting and looking took in an episode; the rest is in its recording."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self.seconds = 0.0

    @property
    def platform(self) -> Platform:
        """The kind of interface."""
        return self._environment.platform

    @property
    def app(self) -> str:
        """What is explored."""
        return self._environment.app

    @property
    def start(self) -> str:
        """Where an episode begins."""
        return self._environment.start

    @property
    def setting(self) -> Setting:
        """The engine and its screen."""
        return self._environment.setting

    def reset(self) -> Observation:
        """Starts an episode, and the clock anew."""
        self.seconds = 0.0
        return self._environment.reset()

    def observe(self) -> Observation:
        """What is seen now."""
        began = time.monotonic()
        try:
            return self._environment.observe()
        finally:
            self.seconds += time.monotonic() - began

    def act(self, action: Action) -> Outcome:
        """Does the action."""
        began = time.monotonic()
        try:
            return self._environment.act(action)
        finally:
            self.seconds += time.monotonic() - began

    def close(self) -> None:
        """Gives everything back."""
        self._environment.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(SITES)} (default: all)")
    parser.add_argument("--episodes", type=int, default=3, help="of each application (default: 3)")
    parser.add_argument("--steps", type=int, default=25, help="of an episode (default: 25)")
    parser.add_argument("--task-steps", type=int, default=4, help="of the episode of a MiniWoB++ task (default: 4)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.child:
        return _explore_starts(given.episodes, given.steps, given.seed)
    if unknown := [name for name in given.names if name not in SITES]:
        parser.error(f"expected names of {', '.join(SITES)}, found {', '.join(unknown)}")
    clean_up_when_terminated()
    tallies = []
    for name in given.names or SITES:
        tally = Tally(name)
        tallies.append(tally)
        print(f"{name} ...", file=sys.stderr, flush=True)
        try:
            with SITES[name]() as address:
                tasks = name == "miniwob"
                starts = task_urls(address) if tasks else [address]
                episodes, steps = (1, given.task_steps) if tasks else (given.episodes, given.steps)
                for episode in _explored(starts, episodes, steps, given.seed, tally.errors):
                    tally.add(episode)
        except SiteError as error:
            tally.errors.append(f"the site did not start: {error}")
    print(table(HEADINGS, [tally.row() for tally in tallies]))
    for tally in tallies:
        for line in tally.errors:
            print(f"\n{tally.name}: {line}")
    return 1 if any(tally.errors for tally in tallies) else 0


def _explored(
    starts: Sequence[str], episodes: int, steps: int, seed: int, errors: list[str]
) -> Iterator[dict[str, Any]]:
    """Each episode from each start; after an error that no one handled, a new process goes on with the next start."""
    left = list(starts)
    while left:
        numbers = ["--episodes", str(episodes), "--steps", str(steps), "--seed", str(seed)]
        with tempfile.TemporaryFile("w+", errors="replace") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.apps", "--child", *numbers],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
            assert child.stdin is not None
            assert child.stdout is not None
            child.stdin.write("".join(f"{start}\n" for start in left))
            child.stdin.close()
            done = 0
            try:
                while line := _line(child):
                    episode = json.loads(line)
                    done += 1
                    yield episode
                code = child.wait(60)
            finally:
                end(child)
            if code == 0:
                return
            log.seek(0)
            failed = done // episodes
            errors.append(f"{left[failed]}: the explorer ended with code {code}\n{log.read()[-4000:]}")
            left = left[failed + 1 :]


def _line(child: "subprocess.Popen[str]") -> str:
    """The child's next line; it is killed if there is none for too long."""
    assert child.stdout is not None
    timer = threading.Timer(SILENT_SECONDS, child.send_signal, [signal.SIGABRT])
    timer.start()
    try:
        return child.stdout.readline()
    finally:
        timer.cancel()


def _explore_starts(episodes: int, steps: int, seed: int) -> int:
    """In the child: explores from each line of the standard input, and prints each episode as a line of JSON."""
    config = ExploreConfig(episodes=episodes, max_steps=steps, seed=seed)
    with tempfile.TemporaryDirectory(prefix="hindtrace-") as folder, shared_browser() as browser:
        for start in sys.stdin.read().split():
            timed = Timed(make_environment(start, browser=browser))
            for summary in explore(timed, NoveltyPolicy(), Path(folder), config):
                recording = read_trace(summary.path)
                recorded = recording.steps
                summary.path.unlink()
                episode = {
                    "start": start,
                    "steps": summary.steps,
                    "ended_by": summary.ended_by,
                    "message": summary.message,
                    "results": Counter(step.result for step in recorded),
                    "did": deeds([recording]),
                    "restless": sum((step.settle or "").startswith("timeout") for step in recorded),
                    "seconds": timed.seconds,
                }
                print(json.dumps(episode), flush=True)
    return 0


def _counted(counter: Counter[str]) -> str:
    return ", ".join(f"{number} {name}" for name, number in sorted(counter.items())) or "-"


if __name__ == "__main__":
    import faulthandler

    faulthandler.enable()  # a child that hangs is sent SIGABRT, and says where
    raise SystemExit(main())
