"""Kills the jobs at random moments and starts them again: whether the bytes are those of jobs that were left alone."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.engines.jobs import ROOT, digests, environment


def kill_and_resume(folder: Path, traces: Path, times: int, *, seed: int = 0) -> list[tuple[object, ...]]:
    """A row a kill: after how many seconds, what was committed by then, files, how many are the same, and all of them."""
    folder.mkdir(parents=True)
    start = time.monotonic()
    _start(traces, folder / "whole").wait()
    longest, expected = time.monotonic() - start, digests(folder / "whole")
    if not expected:
        raise RuntimeError("the jobs failed without being killed")
    chance, rows = random.Random(seed), []
    for number in range(times):
        out, after = folder / str(number), chance.random() * longest
        job = _start(traces, out)
        try:
            job.wait(after)
        except subprocess.TimeoutExpired:
            job.send_signal(signal.SIGKILL)
        job.wait()
        held = len(digests(out))
        again = _start(traces, out).wait()
        found = digests(out)
        same = sum(found.get(path) == digest for path, digest in expected.items())
        whole = again == 0 and same == len(expected)
        # Files that no version names may be left of a job that was killed: nobody reads them, and `vacuum` removes them.
        rows.append((f"{after:.1f} s", held, len(found), same, "yes" if whole else "**no**"))
        print(f"kill {number + 1} of {times}: {rows[-1]}", file=sys.stderr, flush=True)
    return rows


def _start(traces: Path, out: Path) -> "subprocess.Popen[bytes]":
    out.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "benchmarks.engines.jobs", str(traces), str(out)]
    nothing = subprocess.DEVNULL
    return subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=nothing, stderr=nothing)
