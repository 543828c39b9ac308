"""Runs the four jobs over the same traces on every engine, and compares the sha256 of every file with the first one's.

python -m benchmarks.engines                      all of them, then shards and workers, then kills
python -m benchmarks.engines --only flink         those whose name has the word, and nothing else
python -m benchmarks.engines --kills 50           so many kills

What was found is written to `benchmarks/results/engines.json`, where all of it was asked for. An engine that can't be
had here is named with the reason and counts as neither passed nor failed. The code is 1 where a file differs or a job
failed.
"""

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from benchmarks.curation.measuring import Bar, finish
from benchmarks.engines import servers
from benchmarks.engines.getting import NotToBeHad
from benchmarks.engines.jobs import ROOT, digests, environment
from benchmarks.engines.kills import kill_and_resume
from benchmarks.engines.servers import Flags
from benchmarks.tables import table
from schemas.traces import find_traces
from tests.pipelines.recorded import WALKS, record, record_all

FIRST = "in memory"
TWO_PROCESSES = ("--direct_running_mode=multi_processing", "--direct_num_workers=2")
EIGHT_THREADS = ("--direct_running_mode=multi_threading", "--direct_num_workers=8")
WORKERS: Mapping[int, Flags] = {1: (), 2: TWO_PROCESSES, 8: EIGHT_THREADS}
SHARDS = (1, 3, 17)
MINUTES = 10
KILLED = ("killed after", "files by then", "files in the end", "the same", "all the same")


@contextmanager
def loopback(server: AbstractContextManager[Flags]) -> Iterator[Flags]:
    """The server with workers in the process that sends the job."""
    with server as flags:
        yield (*flags, *servers.LOOPBACK)


@contextmanager
def external(server: AbstractContextManager[Flags], folder: Path) -> Iterator[Flags]:
    """The server with workers on another root."""
    with server as flags, servers.elsewhere(folder / "elsewhere") as workers:
        yield (*flags, *workers)


def engines(folder: Path) -> Mapping[str, AbstractContextManager[Flags]]:
    """Every engine by name; nothing runs before its context is entered."""
    return {
        FIRST: nullcontext(()),
        "in memory, 8 threads": nullcontext(EIGHT_THREADS),
        "2 worker processes": nullcontext(TWO_PROCESSES),
        "job service, loopback": loopback(servers.portable(folder / "1")),
        "job service, external workers": external(servers.portable(folder / "2"), folder / "2"),
        "Flink, loopback": loopback(servers.flink(folder / "3")),
        "Flink, external workers": external(servers.flink(folder / "4"), folder / "4"),
        "Prism, loopback": loopback(servers.prism_server(folder / "5")),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 1 if an engine gave other bytes or failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", metavar="WORD", help="engines whose name has the word")
    parser.add_argument("--kills", type=int, default=15, help="how often the jobs are killed")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="hindtrace-engines-") as name:
        folder = Path(name)
        traces = record_all(folder / "traces")
        chosen = {
            engine: context
            for engine, context in engines(folder).items()
            if engine == FIRST or given.only.lower() in engine.lower()
        }
        wrong, compared = _compare("engine", chosen, dict.fromkeys(chosen, traces), folder / "engines")
        if given.only:
            return 1 if wrong else 0
        more, shards = _shards(folder / "shards")
        rows = kill_and_resume(folder / "kills", traces, given.kills)
        print(table(KILLED, rows), end="\n\n")
        wrong += more + sum(row[-1] != "yes" for row in rows)
        killed = [dict(zip(KILLED, row, strict=True)) for row in rows]
    bars = [Bar("engines, inputs and kills that gave other bytes or failed", wrong, 0, least=False)]
    measured = {"engines": compared, "shards and workers": shards, "kills": killed}
    return finish("engines", bars, measured, ("apache-beam", "deltalake", "polars", "pyarrow"))


def _compare(
    heading: str, contexts: Mapping[str, AbstractContextManager[Flags]], traces: Mapping[str, Path], folder: Path
) -> tuple[int, list[dict[str, object]]]:
    """Runs the jobs in every context and prints how they compare with the first one: how many differ, and the rows."""
    rows, expected, wrong = [], dict[str, str](), 0
    for name, context in contexts.items():
        found, seconds, reason = _run(name, context, traces[name], folder)
        expected = expected or found
        same = sum(found.get(path) == digest for path, digest in expected.items())
        whole = bool(found) and found == expected
        wrong += not whole and not reason.startswith("not to be had")
        verdict = "yes" if whole else (reason or "**no**: " + ", ".join(sorted(_others(found, expected))[:3]))
        rows.append((name, len(found), same, verdict, f"{seconds:.0f} s"))
        print(f"{name}: {verdict}", file=sys.stderr, flush=True)
    columns = (heading, "files", "the same", "all the same", "took")
    print(table(columns, rows), end="\n\n")
    return wrong, [dict(zip(columns, row, strict=True)) for row in rows]


def _shards(folder: Path) -> tuple[int, list[dict[str, object]]]:
    """The same traces in so many folders, in another order and by other names each time, with so many workers."""
    whole = folder / "traces"
    for number in range(3):
        for walk in WALKS:
            record(whole, walk, run_id=f"{number}{'a' * 31}")
    contexts: dict[str, AbstractContextManager[Flags]] = {}
    traces = {}
    for shards in SHARDS:
        mixed = _mixed(whole, folder / f"{shards} shards", shards)
        for workers, flags in WORKERS.items():
            name = f"{shards} shards, {workers} workers"
            contexts[name], traces[name] = nullcontext(flags), mixed
    return _compare("input", contexts, traces, folder)


def _mixed(traces: Path, folder: Path, shards: int) -> Path:
    found = list(find_traces(traces))
    random.Random(shards).shuffle(found)
    for number, trace in enumerate(found):
        shard = folder / f"shard {number % shards}"
        shard.mkdir(parents=True, exist_ok=True)
        shutil.copy(trace, shard / f"{number:02d}.trace.zip")
    return folder


def _run(
    engine: str, context: AbstractContextManager[Flags], traces: Path, folder: Path
) -> tuple[dict[str, str], float, str]:
    """What the engine wrote, how long it took, and where it wrote nothing, why."""
    out = folder / engine.replace(" ", "-").replace(",", "")
    start = time.monotonic()
    try:
        with context as flags:
            failed = _jobs(traces, out, flags)
    except NotToBeHad as error:
        return {}, 0.0, f"not to be had: {error}"
    return ({} if failed else digests(out)), time.monotonic() - start, f"**failed**: {failed}" if failed else ""


def _jobs(traces: Path, out: Path, flags: Flags) -> str:
    """Runs the jobs in a fresh process; why they failed, or nothing."""
    out.mkdir(parents=True)
    command = [sys.executable, "-m", "benchmarks.engines.jobs", str(traces), str(out), *flags]
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=environment(),
            capture_output=True,
            text=True,
            timeout=60 * MINUTES,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"it took more than {MINUTES} minutes"
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    return "" if done.returncode == 0 else (lines[-1][:300] if lines else f"it ended with code {done.returncode}")


def _others(found: Mapping[str, str], expected: Mapping[str, str]) -> set[str]:
    return {path for path in {*found, *expected} if found.get(path) != expected.get(path)}


if __name__ == "__main__":
    raise SystemExit(main())
