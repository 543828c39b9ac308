"""Worker processes on this machine: Beam waits for one that was killed until the end of time, so they are watched."""

import contextlib
import os
import queue
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from schemas.errors import LakeError

THREAD = "run_worker"
"""What Beam calls the thread that waits for a worker process; it fails when the process ends with a code."""

SECONDS = 10.0


def watched(run: Callable[[], object]) -> None:
    """Calls `run`, which starts worker processes, and ends the others when one of them dies.

    Raises:
        LakeError: if a worker process was killed; whatever `run` raises comes through.
    """
    before = set(_workers())
    news: queue.Queue[BaseException | None] = queue.Queue()
    hook = threading.excepthook

    def tell(failed: threading.ExceptHookArgs) -> None:
        if failed.thread is not None and failed.thread.name == THREAD:
            news.put(LakeError(f"{failed.exc_value}: it was killed, or ran out of memory; run the job again"))
        else:
            hook(failed)

    def call() -> None:
        try:
            run()
        except BaseException as error:  # noqa: BLE001 it is raised below, in the thread that asked
            news.put(error)
        else:
            news.put(None)

    threading.excepthook = tell
    try:
        # A daemon: where a worker was killed this thread never ends.
        threading.Thread(target=call, name="pipeline", daemon=True).start()
        said = news.get()
        if said is not None:
            _end(before)
            raise said
    finally:
        threading.excepthook = hook


def _end(before: set[int]) -> None:
    """Ends the worker processes that were not there before, and waits for the threads that wait for them."""
    for worker in set(_workers()) - before:
        with contextlib.suppress(ProcessLookupError):
            os.kill(worker, signal.SIGKILL)
    for thread in threading.enumerate():
        if thread.name == THREAD:
            thread.join(SECONDS)


def _workers() -> Iterator[int]:
    """This process's children that are Beam's workers; none where the system does not tell them."""
    for listed in Path("/proc/self/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in listed.read_text().split():
                if b"sdk_worker" in Path(f"/proc/{child}/cmdline").read_bytes():
                    yield int(child)
