"""Cases run in processes of their own, one after another: one that hangs or dies is a fault, and is replaced."""

import contextlib
import math
import multiprocessing as mp
import resource
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Literal

Fate = Literal["refused", "same", "told", "fault", "hang", "died"]
"""What became of a case: refused with a reason; read the same; read as the changed bytes say; or a fault of ours."""

MEMORY = 4 * 2**30
"""Bytes that a worker may have: a bomb that is read is a fault, and no end of the machine."""

FAULTS: tuple[Fate, ...] = ("fault", "hang", "died")


@dataclass(frozen=True, slots=True)
class Result:
    """A case by its number, what it was about, what became of it, and why."""

    number: int
    kind: str
    fate: Fate
    why: str


Run = Callable[[Path, int], Result]


class _Worker:
    """A process; `number` is the case that it is at, and `until` when that hangs. It says when it is ready for one."""

    def __init__(self, run: Run, folder: Path) -> None:
        context = mp.get_context("spawn")
        self.pipe, other = context.Pipe()
        self.process: BaseProcess = context.Process(target=_serve, args=(other, run, folder), daemon=True)
        self.process.start()
        other.close()
        self.number: int | None = None
        self.until = math.inf

    def give(self, number: int, seconds: float) -> None:
        self.number, self.until = number, time.monotonic() + seconds
        self.pipe.send(number)

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


def _serve(pipe: Connection, run: Run, folder: Path) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    with contextlib.suppress(EOFError, KeyboardInterrupt):
        pipe.send(None)
        while True:
            number = pipe.recv()
            try:
                result = run(folder, number)
            except Exception:  # noqa: BLE001 - what no input may lead to is what is looked for
                result = Result(number, "", "fault", traceback.format_exc(limit=-6))
            pipe.send(result)


def run_all(run: Run, folder: Path, numbers: Iterator[int], *, workers: int, seconds: float) -> Iterator[Result]:
    """What became of each case, in the order in which they end; a case that takes longer hangs."""
    pool = [_Worker(run, folder) for _ in range(workers)]
    try:
        while pool:
            first = min(worker.until for worker in pool)
            patience = None if math.isinf(first) else max(0.0, first - time.monotonic())
            ready = wait([worker.pipe for worker in pool], patience)
            for worker in list(pool):
                if worker.pipe in ready:
                    result = _told(worker)
                elif time.monotonic() >= worker.until and worker.number is not None:
                    result = Result(worker.number, "", "hang", f"it took longer than {seconds:g} s")
                else:
                    continue
                if result is not None:
                    yield result
                if result is not None and result.fate in ("hang", "died"):
                    worker.end()
                    pool[pool.index(worker)] = _Worker(run, folder)
                elif (number := next(numbers, None)) is not None:
                    worker.give(number, seconds)
                else:
                    pool.remove(worker)
                    worker.end()
    finally:
        for worker in pool:
            worker.end()


def _told(worker: _Worker) -> Result | None:
    """What the worker says: a result, or None where it is ready for its first case.

    Raises:
        RuntimeError: if it died before that.
    """
    try:
        result: Result | None = worker.pipe.recv()
    except (EOFError, ConnectionResetError) as error:
        worker.process.join()
        if worker.number is None:
            raise RuntimeError(f"a worker did not start: exit code {worker.process.exitcode}") from error
        return Result(worker.number, "", "died", f"exit code {worker.process.exitcode}")
    return result
