"""Our tree against the one of the system's own bindings: the same nodes, in how much less time.

    python -m benchmarks.desktop.trees --rounds 15
    python -m benchmarks.desktop.trees mousepad thunar

On one desktop, taking turns. Compared are role, name and box of all that is showing. Ends with 1 if they differ, or if
the median over the applications of how many times faster we are is below 3. Needs python3-gi and gir1.2-atspi-2.0.
"""

import argparse
import json
import os
import subprocess
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.tables import table
from explorers.desktop import DesktopConfig
from explorers.desktop.accessible import Accessible
from explorers.desktop.session import Session

APPS = ("galculator", "mousepad", "l3afpad", "pcmanfm", "thunar", "qalculate-gtk", "speedcrunch")
BAR = 3.0
WALK = Path(__file__).with_name("gi_walk.py")
Key = tuple[int, str, tuple[int, ...] | None]


def ours(session: Session) -> tuple[float, Counter[Key]]:
    """The seconds of a read, and what is showing."""
    began = time.perf_counter()
    found = session.registry.read(until=time.monotonic() + 20)
    seconds = time.perf_counter() - began
    return seconds, Counter(
        _key(node) for app in found if app.root is not None for node in app.root.below() if node.showing
    )


def theirs(worker: "subprocess.Popen[str]") -> tuple[float, Counter[Key]]:
    """The same of the bindings."""
    assert worker.stdin is not None
    assert worker.stdout is not None
    worker.stdin.write("\n")
    worker.stdin.flush()
    seconds, found = json.loads(worker.stdout.readline())
    return seconds, Counter((role, name, _box(box)) for role, name, box, _ in found)


def _box(box: Any) -> tuple[int, ...] | None:
    return None if box is None or box[0] < -(2**30) else tuple(box)


def _key(node: Accessible) -> Key:
    box = node.box
    place = None if box is None else (int(box.x), int(box.y), int(box.width), int(box.height))
    return node.role, node.name, place


def compare(app: str, rounds: int) -> tuple[int, int, list[float], list[float]]:
    """How many nodes show, how many differ, and the seconds of both."""
    session = Session([app], DesktopConfig())
    environment = {**os.environ, "AT_SPI_BUS_ADDRESS": session.outside_address, "DISPLAY": session.process.display}
    worker = subprocess.Popen(
        ["/usr/bin/python3", "-I", str(WALK)], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    mine, other = [], []
    nodes = differing = 0
    try:
        for number in range(rounds + 1):
            first, left = ours(session)
            second, right = theirs(worker)
            if number:  # the first round only warms up
                mine.append(first)
                other.append(second)
                nodes, differing = left.total(), ((left - right) + (right - left)).total()
        if differing:
            for who, only in (("ours", left - right), ("theirs", right - left)):
                print(f"{app}: only {who}: {list(only.elements())[:5]}")
    finally:
        worker.kill()
        worker.wait()
        session.close()
    return nodes, differing, mine, other


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("apps", nargs="*", default=APPS)
    parser.add_argument("--rounds", type=int, default=15)
    given = parser.parse_args(arguments)
    rows, ratios, wrong = [], [], 0
    for app in given.apps:
        nodes, differing, mine, other = compare(app, given.rounds)
        ratios.append(median(other) / median(mine))
        wrong += differing
        rows.append(
            (app, nodes, differing, f"{1000 * median(mine):.1f}", f"{1000 * median(other):.1f}", f"{ratios[-1]:.1f}")
        )
    print(table(("application", "showing", "differing", "ours ms", "gi ms", "times faster"), rows))
    print(f"median over the applications: {median(ratios):.1f} times faster; {wrong} nodes differ")
    return 0 if not wrong and median(ratios) >= BAR else 1


if __name__ == "__main__":
    raise SystemExit(main())
