"""Explores one site in one context for an hour, and watches its memory.

    python -m benchmarks.soak
    python -m benchmarks.soak --minutes 10 --site dokuwiki

The memory is that of the explorer and all processes that it started. It is flat if the median of the last quarter of
the samples is at most a tenth above that of the second quarter; the first quarter warms up. Ends with 1 if it is not
flat, if a process is left, or if an episode ended badly.
"""

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from benchmarks.apps import BAD_ENDS
from benchmarks.environments import make_environment
from benchmarks.episodes import explore
from benchmarks.processes import Process, memory, tree
from benchmarks.sites import SITES, SiteError
from benchmarks.sites.installing import CACHE
from benchmarks.sites.serving import clean_up_when_terminated
from benchmarks.tables import table
from explorers.core.rollout import ExploreConfig
from explorers.policies.novelty import NoveltyPolicy

GROWTH = 1.1
"""Memory may grow by this factor from the second quarter to the last."""

FEWEST = 8
"""Samples that a verdict needs."""

GRACE_SECONDS = 120.0
MIB = 2**20


@dataclass(frozen=True, slots=True)
class Sample:
    """One look: minutes since the start, MiB of all processes, MiB of the explorer's own, processes, steps so far."""

    minutes: float
    pss: float
    rss: float
    own: float
    processes: int
    steps: int


def is_flat(sizes: Sequence[float]) -> bool:
    """Whether the median of the last quarter is at most a tenth above that of the second quarter.

    Raises:
        ValueError: if there are too few samples to say.
    """
    second, last = quarters(sizes)
    return last <= GROWTH * second


def quarters(sizes: Sequence[float]) -> tuple[float, float]:
    """The medians of the second and of the last quarter."""
    if len(sizes) < FEWEST:
        raise ValueError(f"expected at least {FEWEST} samples, found {len(sizes)}")
    part = len(sizes) // 4
    return median(sizes[part : 2 * part]), median(sizes[-part:])


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--every", type=float, default=60.0, help="seconds from sample to sample (default: 60)")
    parser.add_argument("--site", choices=list(SITES), default="datasette")
    parser.add_argument("--steps", type=int, default=25, help="of an episode (default: 25)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, default=CACHE / "soak.json")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.child:
        return _explore(given.child, given.minutes, given.steps, given.seed)
    if given.minutes * 60 / given.every < FEWEST:
        parser.error(f"expected time for at least {FEWEST} samples: more --minutes, or less --every")
    clean_up_when_terminated()
    try:
        with SITES[given.site]() as address:
            samples, bad, code, left = _soak(address, given)
    except SiteError as error:
        print(error, file=sys.stderr)
        return 1
    headings = ("minutes", "MiB (PSS)", "MiB (RSS)", "of it Python", "processes", "steps")
    rows = [(f"{s.minutes:.0f}", f"{s.pss:.0f}", f"{s.rss:.0f}", f"{s.own:.0f}", s.processes, s.steps) for s in samples]
    print(table(headings, rows))
    given.json.parent.mkdir(parents=True, exist_ok=True)
    given.json.write_text(json.dumps([asdict(sample) for sample in samples], indent=1))
    problems = [f"an episode ended badly: {line}" for line in bad]
    if code:
        problems.append(f"the explorer ended with code {code}")
    if left:
        problems.append(f"processes left: {', '.join(str(process.pid) for process in left)}")
    if len(samples) < FEWEST:
        problems.append(f"only {len(samples)} samples: no verdict")
    else:
        second, last = quarters([sample.pss for sample in samples])
        flat = is_flat([sample.pss for sample in samples])
        verdict = "flat" if flat else "not flat"
        print(f"\nMemory is {verdict}: second quarter {second:.0f} MiB, last quarter {last:.0f} MiB (PSS, medians).")
        if not flat:
            problems.append("memory grows")
        whole = samples[-1]
        print(f"{whole.steps} steps, {whole.steps / whole.minutes:.0f} a minute; {len(left)} processes left.")
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def _soak(address: str, given: argparse.Namespace) -> tuple[list[Sample], list[str], int, list[Process]]:
    """The samples, the episodes that ended badly, the explorer's code, and the processes that outlived it."""
    command = [sys.executable, "-m", "benchmarks.soak", "--child", address, "--minutes", str(given.minutes)]
    command += ["--steps", str(given.steps), "--seed", str(given.seed)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    counted = _Counted(child)
    known: set[Process] = set()
    samples: list[Sample] = []
    began = time.monotonic()
    stop = began + given.minutes * 60 + GRACE_SECONDS
    try:
        while child.poll() is None and time.monotonic() < stop:
            due = began + (len(samples) + 1) * given.every
            while child.poll() is None and time.monotonic() < due:
                known.update(tree(child.pid))
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(min(2.0, max(0.0, due - time.monotonic())))
            processes = tree(child.pid)
            if child.poll() is None and processes and time.monotonic() < began + given.minutes * 60 + given.every / 2:
                whole = memory(processes)
                own = memory([process for process in processes if process.pid == child.pid])
                minutes = (time.monotonic() - began) / 60
                sizes = (whole.pss / MIB, whole.rss / MIB, own.pss / MIB)
                samples.append(Sample(minutes, *sizes, len(processes), counted.steps))
                print(f"{minutes:.0f} min: {sizes[0]:.0f} MiB, {counted.steps} steps", file=sys.stderr, flush=True)
        child.wait(0 if child.poll() is not None else 1)
    except subprocess.TimeoutExpired:
        counted.bad.append("the explorer did not end in time")
    finally:
        if child.poll() is None:
            child.kill()
        code = child.wait()
    time.sleep(1)  # an ended browser's last processes may take a moment
    left = sorted(process for process in known if process.alive)
    for process in left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
    return samples, counted.bad, code, left


class _Counted:
    """Reads what the explorer tells of its episodes, in a thread of its own."""

    def __init__(self, child: "subprocess.Popen[str]") -> None:
        self.steps = 0
        self.bad: list[str] = []
        self._child = child
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._child.stdout is not None
        for line in self._child.stdout:
            episode = json.loads(line)
            self.steps += episode["steps"]
            if episode["ended_by"] in BAD_ENDS:
                self.bad.append(f"{episode['ended_by']}: {episode['message']}")


def _explore(address: str, minutes: float, steps: int, seed: int) -> int:
    """In the child: episode after episode until the time is over."""
    end = time.monotonic() + minutes * 60
    environment = make_environment(address)
    config = ExploreConfig(episodes=10**6, max_steps=steps, seed=seed)
    with tempfile.TemporaryDirectory(prefix="hindtrace-") as folder:
        episodes = explore(environment, NoveltyPolicy(), Path(folder), config)
        for summary in episodes:
            summary.path.unlink()
            told = {"steps": summary.steps, "ended_by": summary.ended_by, "message": summary.message}
            print(json.dumps(told), flush=True)
            if time.monotonic() >= end:
                break
        environment.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
