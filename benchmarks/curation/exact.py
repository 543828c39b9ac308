"""Exact duplicates of steps: the graph of `curate` beside one DuckDB statement that does the same.

    python -m benchmarks.curation.exact
    python -m benchmarks.curation.exact --rows 1000000 --rounds 3

Each run is a process of its own, imports and all, and they take turns. Both read the same 16 files of Parquet and write
the best row of each key; what they keep has to be the same. Ends with 1 if it is not, or a bar is missed.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from benchmarks.curation.measuring import Bar, finish
from benchmarks.curation.rows import write_rows
from benchmarks.tables import table

WAYS = ("duckdb", "hindtrace")
MANY = (1_000_000, 3_000_000, 10_000_000)
FEW = 100
WALL, CPU = {1_000_000: 2.1}, {1_000_000: 1.5}
"""The most that ours may take, in DuckDB's; with more rows it is `MORE`."""

MORE = (1.4, 1.3)
LINEAR = 1.1
BYTES_A_ROW = 120


@dataclass(frozen=True, slots=True)
class Taken:
    """What a process took: seconds of the clock and of computing, and the most memory that it held, in bytes."""

    wall: float
    cpu: float
    memory: int


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=list(MANY))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="for the rows, which stay there; default: a temporary one")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="hindtrace-") as temporary:
        folder = given.folder or Path(temporary)
        taken: dict[tuple[int, str], list[Taken]] = {}
        wrong = 0
        for count in (FEW, *given.rows):
            source = write_rows(folder, count)
            for number in range(given.rounds):
                for way in WAYS[:: 1 if number % 2 else -1]:
                    taken.setdefault((count, way), []).append(run(way, source, folder / way))
                wrong += kept(folder / WAYS[0]) != kept(folder / WAYS[1])
        beam = [imported() for _ in range(given.rounds)]
    rows = [
        (
            f"{count:,}",
            way,
            f"{median(one.wall for one in found):.2f}",
            f"{median(one.cpu for one in found):.2f}",
            f"{median(one.memory for one in found) / 2**20:,.0f}",
        )
        for (count, way), found in taken.items()
    ]
    print(table(("rows", "by", "seconds", "of computing", "MiB"), rows) + "\n")
    bars = [Bar("runs that kept other rows than DuckDB", wrong, 0, least=False), *_bars(taken, given.rows, beam)]
    measured = {
        "runs": [{"rows": count, "by": way, **asdict(one)} for (count, way), found in taken.items() for one in found],
        "importing Beam": beam,
    }
    return finish("exact", bars, measured, ("apache-beam", "duckdb", "numpy", "pyarrow"))


def run(way: str, source: Path, out: Path) -> Taken:
    """One run in a process of its own."""
    if out.exists():
        shutil.rmtree(out)
    return measure("-m", "benchmarks.curation.exact_worker", way, str(source), str(out))


def measure(*arguments: str) -> Taken:
    """What Python takes to do that.

    Raises:
        RuntimeError: if it fails.
    """
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, *arguments], stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(arguments)} ended with {process.returncode}")
    return Taken(wall, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)


def imported() -> float:
    """Seconds of computing that importing Beam takes."""
    return measure("-c", "import apache_beam").cpu


def kept(out: Path) -> tuple[int, int]:
    """How many rows were kept, and a sum that tells which."""
    import duckdb

    query = f"select count(*), sum(hash(trajectory_id, step_index)) from read_parquet('{out}/*.parquet')"
    found: tuple[int, int] = duckdb.connect().execute(query).fetchall()[0]
    return found


def _bars(taken: dict[tuple[int, str], list[Taken]], counts: Sequence[int], beam: Sequence[float]) -> list[Bar]:
    bars = []
    for count in counts:
        theirs, ours = (taken[count, way] for way in WAYS)
        for what, bar in (("wall", WALL.get(count, MORE[0])), ("cpu", CPU.get(count, MORE[1]))):
            ratio = median(getattr(one, what) / getattr(other, what) for one, other in zip(ours, theirs, strict=True))
            bars.append(Bar(f"{what}, {count:,} rows: ours / DuckDB's", ratio, bar, least=False))
    few, least, most = (taken[count, WAYS[1]] for count in (FEW, min(counts), max(counts)))
    fixed = median(one.cpu for one in few)
    bars.append(Bar("computing for 100 rows / importing Beam", fixed / median(beam), 2, least=False))
    for count in sorted(counts)[:-1]:
        grown = max(counts) / count
        work = [median(one.cpu for one in taken[rows, WAYS[1]]) - fixed for rows in (count, max(counts))]
        what = f"computing for {max(counts):,} rows / linear from {count:,}"
        bars.append(Bar(what, work[1] / work[0] / grown, LINEAR, least=False))
    if len(counts) > 1:
        memory = [median(one.memory for one in found) for found in (least, most)]
        a_row = (memory[1] - memory[0]) / (max(counts) - min(counts))
        bars.append(Bar("bytes of memory for each row more", a_row, BYTES_A_ROW, least=False))
    return bars


if __name__ == "__main__":
    sys.exit(main())
