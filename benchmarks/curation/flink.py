"""The memory that exact duplicates take on Flink: that of the cluster and that of the worker, as the rows grow.

    python -m benchmarks.curation.flink
    python -m benchmarks.curation.flink --rows 1000000 3000000

A mini cluster in Beam's job server, whose heap ends at 512 MiB, beyond which Flink writes to disk, and one worker in
the process that sends the job. The rows lie in files of 62,500, as the buckets of a lake of that size do. Ends with
1 if the bar is missed, 0 where Flink can't be had, which is said.
"""

import argparse
import re
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.curation.exact import MANY, kept, measure, run
from benchmarks.curation.measuring import Bar, finish
from benchmarks.curation.rows import write_rows
from benchmarks.engines import servers
from benchmarks.engines.getting import NotToBeHad
from benchmarks.tables import table

ROWS_A_FILE = 62_500

FLAT = 8
"""Bytes a row more that count as flat: a quarter of the record that is shuffled for it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=list(MANY))
    given = parser.parse_args(arguments)
    found: dict[int, tuple[int, int]] = {}
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="hindtrace-") as name:
        folder = Path(name)
        for count in given.rows:
            source = write_rows(folder, count, files=max(count // ROWS_A_FILE, 1))
            try:
                found[count] = _on_flink(source, folder / "flink")
            except NotToBeHad as error:
                print(f"not measured: {error}", file=sys.stderr)
                return 0
            run("duckdb", source, folder / "duckdb")
            wrong += kept(folder / "flink" / "out") != kept(folder / "duckdb")
            shutil.rmtree(source)
    cells = [
        (f"{count:,}", f"{worker / 2**20:,.0f}", f"{cluster / 2**20:,.0f}")
        for count, (worker, cluster) in found.items()
    ]
    print(table(("rows", "worker, MiB", "cluster, MiB"), cells) + "\n")
    bars = [Bar("runs that kept other rows than DuckDB", wrong, 0, least=False)]
    least, most = min(found), max(found)
    if most > least:
        for place, what in enumerate(("worker", "cluster")):
            grown = (found[most][place] - found[least][place]) / (most - least)
            bars.append(Bar(f"bytes of memory of the {what} for each row more", grown, FLAT, least=False))
    measured = {"memory": [{"rows": count, "worker": one, "cluster": other} for count, (one, other) in found.items()]}
    return finish("flink", bars, measured, ("apache-beam", "numpy", "pyarrow"))


def _on_flink(source: Path, folder: Path) -> tuple[int, int]:
    """The most bytes that the worker held, and the cluster."""
    if folder.exists():
        shutil.rmtree(folder)
    with servers.flink(folder, heap="512m") as flags:
        out = (*flags, *servers.LOOPBACK)
        taken = measure("-m", "benchmarks.curation.exact_worker", "hindtrace", str(source), str(folder / "out"), *out)
        port = next(flag for flag in flags if flag.startswith("--job_endpoint")).rpartition(":")[2]
        return taken.memory, _most_held(f"--job-port={port}")


def _most_held(argument: str) -> int:
    """The most bytes that the process with that argument held until now."""
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            if argument.encode() in status.with_name("cmdline").read_bytes().split(b"\0"):
                (kibibytes,) = re.findall(r"VmHWM:\s+(\d+) kB", status.read_text())
                return int(kibibytes) * 1024
        except OSError:
            continue  # the process ended meanwhile
    raise RuntimeError(f"no process has the argument {argument}")


if __name__ == "__main__":
    raise SystemExit(main())
