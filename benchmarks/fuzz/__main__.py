"""Changes traces, data files, answers, pictures, configurations, tasks and trees, and looks what becomes of each.

    python -m benchmarks.fuzz
    python -m benchmarks.fuzz --cases 10000 --seed 1
    python -m benchmarks.fuzz --cases 1 --seed 4711

A case is a number, which says what is changed and how; from `--seed` on they are run in turn, so that a fault is seen
again by its number, and a run goes on where another one ended. Ends with 1 if there is a fault: an exception that is
none of ours, a hang, a process that died, a refusal that is no row, an answer that differs though nothing says so.
"""

import argparse
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from benchmarks.fuzz.sample import make_sample
from benchmarks.fuzz.targets import TARGETS, run_case
from benchmarks.fuzz.workers import FAULTS, Result, run_all
from benchmarks.tables import table
from pipelines.lake.delta import create_lake

SECONDS = 30.0
"""A case that takes longer hangs."""

TOLD = 500
"""Cases after which it is told how far it is."""


def fuzz(numbers: Sequence[int], folder: Path, *, workers: int, seconds: float = SECONDS) -> list[Result]:
    """What became of each case; the folder holds the sample, and is made if it is not there."""
    if not (folder / "lake").exists():
        make_sample(folder)
        create_lake(str(folder / "empty"), buckets=2)
    results = []
    for result in run_all(run_case, folder, iter(numbers), workers=workers, seconds=seconds):
        results.append(result)
        if result.fate in FAULTS:
            print(f"case {result.number} ({result.kind or 'unknown'}): {result.fate}: {result.why}", flush=True)
        if len(results) % TOLD == 0:
            faults = sum(each.fate in FAULTS for each in results)
            print(f"{len(results)} of {len(numbers)} cases, {faults} faults", file=sys.stderr, flush=True)
    return results


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the cases, and prints how many of each kind ended how."""
    parser = argparse.ArgumentParser(prog="benchmarks.fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=10_000, metavar="N", help="how many (default: 10000)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="the first case's number (default: 0)")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, metavar="N")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as name:
        numbers = range(options.seed, options.seed + options.cases)
        results = fuzz(numbers, Path(name), workers=min(options.workers, options.cases))
    counts = Counter((result.kind, result.fate) for result in results)
    fates = ("refused", "same", "told", *FAULTS)
    kinds = [kind for kind in (*TARGETS, "") if any(counts[kind, fate] for fate in fates)]
    rows = [[kind or "unknown", *(counts[kind, fate] for fate in fates)] for kind in kinds]
    print(table(("changed", *fates), rows))
    faults = sorted((result for result in results if result.fate in FAULTS), key=lambda result: result.number)
    print(
        f"\n{len(results)} cases, {len(faults)} faults"
        + "".join(f"\n--cases 1 --seed {each.number}" for each in faults)
    )
    return 1 if faults or len(results) != options.cases else 0


if __name__ == "__main__":
    sys.exit(main())
