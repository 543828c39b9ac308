"""Kills the jobs at random moments and starts them again: whether the bytes are those of jobs that were left alone."""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.engines.jobs import ROOT, digests, environment


def kill_and_resume(folder: Path, traces: Path, times: int, *, seed: int = 0) -> list[Sequence[object]]:
    """A row a kill: after how many seconds, the files there by then and in the end, and how many of these are right."""
    folder.mkdir(parents=True)
    start = time.monotonic()
    _start(traces, folder / "whole").wait()
    longest, expected = time.monotonic() - start, digests(folder / "whole")
    if not expected:
        raise RuntimeError("the jobs failed without being killed")
    chance = random.Random(seed)
    rows: list[Sequence[object]] = []
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
        # A job that was killed may leave files that no version names: nobody reads them, and `vacuum` removes them.
        rows.append((f"{after:.1f} s", held, len(found), same, "yes" if whole else "**no**"))
        print(f"kill {number + 1} of {times}: {rows[-1]}", file=sys.stderr, flush=True)
    return rows


def _start(traces: Path, out: Path) -> "subprocess.Popen[bytes]":
    out.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "benchmarks.engines.jobs", str(traces), str(out)]
    nothing = subprocess.DEVNULL
    return subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=nothing, stderr=nothing)
