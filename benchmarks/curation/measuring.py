"""What the benchmarks of curation share: computing time in turns, bars, and the file of a result."""

import json
import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.tables import table

RESULTS = Path(__file__).parents[1] / "results"


@dataclass(frozen=True, slots=True)
class Bar:
    """A figure that has to be reached; `least` tells whether it is the least or the most."""

    what: str
    found: float
    bar: float
    least: bool = True

    @property
    def met(self) -> bool:
        """Whether it is reached."""
        return self.found >= self.bar if self.least else self.found <= self.bar


def in_turns(rounds: int, **contenders: Callable[[], object]) -> dict[str, list[float]]:
    """Seconds that this process computed for each contender, in so many rounds in which all take their turn.

    Others on the machine slow all contenders alike, so their ratios hold where their seconds don't.
    """
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds):
        names = list(contenders)
        for name in names[number % len(names) :] + names[: number % len(names)]:
            start = time.process_time()
            contenders[name]()
            taken[name].append(time.process_time() - start)
    return taken


def ratio_in_rounds(slow: Sequence[float], fast: Sequence[float]) -> float:
    """How many times one is the other: the median over the rounds."""
    return median(one / other for one, other in zip(slow, fast, strict=True))


def finish(name: str, bars: Sequence[Bar], measured: Mapping[str, Any], packages: Sequence[str] = ()) -> int:
    """Prints the bars, writes `results/NAME.json`, and returns 1 where a bar is missed."""
    rows = [
        (
            bar.what,
            f"{bar.found:.3g}",
            f"{'at least' if bar.least else 'at most'} {bar.bar:g}",
            "yes" if bar.met else "**no**",
        )
        for bar in bars
    ]
    print(table(("what", "found", "bar", "met"), rows))
    setting = {
        "Python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "load at the end": f"{os.getloadavg()[1]:.1f} processes, over five minutes",
        **{package: version(package) for package in packages},
    }
    RESULTS.mkdir(exist_ok=True)
    result = {"setting": setting, "bars": [asdict(bar) | {"met": bar.met} for bar in bars], **measured}
    (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n")
    return 0 if all(bar.met for bar in bars) else 1
