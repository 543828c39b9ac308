"""How fast a step is: BrowserGym, ours and a bare DevTools loop, on the same pages, taking turns in one run.

    python -m benchmarks.speed
    python -m benchmarks.speed --rounds 20 --contexts 8 --markdown

A step is a click and everything that is seen after it. Each loop has a process and a browser of its own, all with the
same program; in each round every loop makes a few steps, in an order that changes. BrowserGym's two built-in delays
are set to zero. The page counts the clicks, and each has to arrive. Ends with 1 if a click was lost or a bar missed.
"""

import argparse
import contextlib
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.contexts import Throughput, measure_contexts
from benchmarks.environments import DEFAULT, MODES
from benchmarks.loops.chromium import executable
from benchmarks.loops.worker import Worker, WorkerError
from benchmarks.loops.workers import VERSION, browsergym_worker, own_worker
from benchmarks.pages import BIG, PAGES, SMALL, element_count, html_of
from benchmarks.processes import cpu_seconds, tree
from benchmarks.sites.installing import CACHE, SiteError
from benchmarks.sites.serving import clean_up_when_terminated, static_files
from benchmarks.tables import fastest_tenth, own_share, ratio, spread, table

BROWSERGYM, COORDINATES, BARE, RECORDED = "BrowserGym", "its click at a point", "bare", "recorded"
WARM_UP = 2
"""Rounds at the start of each page that don't count."""

Samples = Mapping[str, Mapping[str, Sequence[float]]]
"""Seconds of each step, by page and by loop."""

Computed = Mapping[str, Mapping[str, float]]
"""Seconds that all processes computed for a step together, by page and by loop: the same on a busy machine."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A figure that has to be reached; `least` tells whether it is the least or the most.

    `found` is of medians, `undisturbed` of the fastest tenths, where that makes sense.
    """

    what: str
    found: float
    bar: float
    undisturbed: float | None = None
    least: bool = True
    percent: bool = False

    @property
    def met(self) -> bool:
        """Whether it is reached."""
        return self.found >= self.bar if self.least else self.found < self.bar

    def row(self) -> tuple[str, ...]:
        """As a row of the table."""
        told = "{:.0%}" if self.percent else "{:.1f} x"
        undisturbed = "" if self.undisturbed is None else told.format(self.undisturbed)
        bar = f"{'at least' if self.least else 'under'} {told.format(self.bar)}"
        return self.what, told.format(self.found), undisturbed, bar, "yes" if self.met else "**no**"


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=12, help="that count, for each page (default: 12)")
    parser.add_argument("--clicks", type=int, default=5, help="of each loop in a round (default: 5)")
    parser.add_argument("--contexts", type=int, default=8, help="of one browser, against one; 0 leaves it out")
    parser.add_argument("--seconds", type=float, default=8.0, help="of a window of the contexts (default: 8)")
    parser.add_argument("--without", action="append", default=[], metavar="LOOP", help="leave a loop out")
    parser.add_argument("--json", type=Path, default=CACHE / "speed.json", help="the file for all that was measured")
    parser.add_argument("--markdown", action="store_true", help="print the tables for the README and nothing else")
    given = parser.parse_args(arguments)
    clean_up_when_terminated()
    throughput = None
    try:
        with _served_pages() as addresses:
            with _workers(given.without) as workers:
                samples, computed, described, lost = _measure(workers, addresses, given.rounds, given.clicks)
            if given.contexts:
                address = addresses[SMALL.name]
                throughput = measure_contexts(address, given.contexts, windows=3, seconds=given.seconds, mode=DEFAULT)
                if throughput.sent != throughput.counted:
                    lost.append(f"{throughput.sent} clicks sent in contexts, {throughput.counted} counted")
    except (SiteError, WorkerError) as error:
        print(error, file=sys.stderr)
        return 1
    found = bars(samples, throughput)
    setting = _setting()
    print(report(samples, computed, found, throughput))
    if not given.markdown:
        print("\n" + "\n".join(f"{name}: {value}" for name, value in setting.items()))
    given.json.parent.mkdir(parents=True, exist_ok=True)
    result = {
        "setting": setting,
        "bars": [asdict(bar) | {"met": bar.met} for bar in found],
        "seconds": samples,
        "computed": computed,
        "seen": described,
        "contexts": None if throughput is None else asdict(throughput),
        "lost": lost,
    }
    given.json.write_text(json.dumps(result, indent=1))
    for line in lost:
        print(f"lost: {line}", file=sys.stderr)
    return 1 if lost or not all(bar.met for bar in found) else 0


def bars(samples: Samples, throughput: Throughput | None) -> list[Bar]:
    """What has to be reached, as far as it was measured."""
    found = []
    for mode, least in (("full", {BIG: 4.5, SMALL: 6.0}), ("viewport", {BIG: 25.0, SMALL: 6.5})):
        for page, bar in least.items():
            loops = samples[page.name]
            if BROWSERGYM in loops and mode in loops:
                what = f"BrowserGym / {mode}, {element_count(page):,} elements"
                pair = loops[BROWSERGYM], loops[mode]
                found.append(Bar(what, ratio(*pair), bar, ratio(*pair, middle=fastest_tenth)))
    loops = samples[SMALL.name]
    if BARE in loops and "viewport" in loops:
        pair = loops["viewport"], loops[BARE]
        what = "Own share of a step, (viewport - bare) / viewport, small page"
        share = own_share(*pair), own_share(*pair, middle=fastest_tenth)
        found.append(Bar(what, share[0], 0.2, share[1], least=False, percent=True))
    if throughput is not None:
        found.append(Bar(f"{throughput.contexts} contexts of one browser / 1, steps a second", throughput.gain, 2.0))
    return found


def report(samples: Samples, computed: Computed, found: Sequence[Bar], throughput: Throughput | None) -> str:
    """The tables: ratios first, for they say the same on other machines, then milliseconds."""
    parts = [table(("what", "medians", "fastest tenths", "bar", "met"), [bar.row() for bar in found])]
    loops = list(next(iter(samples.values())))
    rows = []
    for page in PAGES:
        row = [f"{page.name}, {element_count(page):,} elements"]
        for loop in loops:
            taken = samples[page.name][loop]
            low, high = spread(taken)
            row.append(f"{1000 * median(taken):.0f} ({1000 * low:.0f} to {1000 * high:.0f})")
        rows.append(row)
    parts.append("Milliseconds a step, median and quartiles:\n")
    parts.append(table(("page", *loops), rows))
    parts.append("Milliseconds of computing a step, of all processes together:\n")
    rows = [[page.name, *(f"{1000 * computed[page.name][loop]:.0f}" for loop in loops)] for page in PAGES]
    parts.append(table(("page", *loops), rows))
    if throughput is not None:
        alone, together = median(throughput.alone), median(throughput.together)
        parts.append(f"Steps a second: 1 context {alone:.1f}, {throughput.contexts} contexts {together:.1f}.")
    return "\n\n".join(part.rstrip("\n") for part in parts)


def _measure(
    workers: Mapping[str, Worker], addresses: Mapping[str, str], rounds: int, clicks: int
) -> tuple[dict[str, dict[str, list[float]]], dict[str, dict[str, float]], dict[str, Any], list[str]]:
    """The seconds of each step, those of computing, what each loop saw, and which clicks were lost."""
    samples: dict[str, dict[str, list[float]]] = {}
    computed: dict[str, dict[str, float]] = {}
    described: dict[str, Any] = {}
    lost = []
    names = list(workers)
    for page, address in addresses.items():
        samples[page] = {name: [] for name in names}
        for worker in workers.values():
            worker.open(address)
        for number in range(WARM_UP + rounds):
            if number == WARM_UP:
                before = {name: cpu_seconds(tree(worker.pid)) for name, worker in workers.items()}
            first = number % len(names)
            for name in names[first:] + names[:first]:
                taken = workers[name].steps(clicks)
                if number >= WARM_UP:
                    samples[page][name] += taken
            print(f"{page} page: round {number + 1} of {WARM_UP + rounds}", end="\r", file=sys.stderr, flush=True)
        computed[page] = {
            name: (cpu_seconds(tree(worker.pid)) - before[name]) / (rounds * clicks) for name, worker in workers.items()
        }
        sent = (WARM_UP + rounds) * clicks
        for name, worker in workers.items():
            counted = worker.clicks()
            if counted != sent:
                lost.append(f"{name} on the {page} page: {sent} clicks sent, {counted} counted")
        described[page] = {name: worker.describe() for name, worker in workers.items()}
    print(" " * 40, end="\r", file=sys.stderr)
    return samples, computed, described, lost


@contextlib.contextmanager
def _workers(without: Sequence[str]) -> Iterator[dict[str, Worker]]:
    """The loops by name, until the end of the block."""
    makers: dict[str, Callable[[], Worker]] = {
        BROWSERGYM: browsergym_worker,
        COORDINATES: partial(browsergym_worker, "--coordinates"),
        **{mode: partial(own_worker, "hindtrace", "--mode", mode) for mode in reversed(MODES)},
        RECORDED: lambda: own_worker("hindtrace", "--record"),
        BARE: lambda: own_worker("bare"),
    }
    with ExitStack() as stack:
        workers = {}
        for name, make in makers.items():
            if name not in without:
                workers[name] = make()
                stack.callback(workers[name].close)
        yield workers


@contextlib.contextmanager
def _served_pages() -> Iterator[dict[str, str]]:
    """The address of each page by its name."""
    with tempfile.TemporaryDirectory(prefix="hindtrace-") as folder:
        for page in PAGES:
            (Path(folder) / f"{page.name}.html").write_text(html_of(page))
        with static_files(Path(folder), "/") as address:
            yield {page.name: f"{address}{page.name}.html" for page in PAGES}


def _setting() -> dict[str, str]:
    """Where the figures come from."""
    version = subprocess.run([executable(), "--version"], capture_output=True, text=True, check=False).stdout.strip()
    return {
        "browser": version or "unknown",
        "BrowserGym": VERSION,
        "Python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "load at the end": f"{os.getloadavg()[1]:.1f} processes, over five minutes",
    }


if __name__ == "__main__":
    raise SystemExit(main())
