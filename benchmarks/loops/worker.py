"""A loop in a process of its own, spoken to in lines of JSON; standard library only, for other environments import it.

What is measured is measured inside: the pipe between the processes costs nothing of a step.
"""

import contextlib
import gc
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

ANSWER_SECONDS = 300.0
PROJECT = Path(__file__).resolve().parents[2]


class Loop(Protocol):
    """Something that clicks and looks."""

    def open(self, address: str) -> None:
        """Shows the page."""

    def step(self) -> None:
        """Clicks once at the loop's point, and sees what came of it."""

    def title(self) -> str:
        """The title of the page, as it was seen last."""

    def describe(self) -> dict[str, Any]:
        """What the last look held: sizes and counts."""

    def close(self) -> None:
        """Ends the browser."""


def serve(loop: Loop) -> int:
    """Answers each line of the standard input with a line, until there are no more."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer
    try:
        for line in sys.stdin:
            order = json.loads(line)
            result: Any = None
            if order["do"] == "open":
                loop.open(order["address"])
            elif order["do"] == "steps":
                result = _measured(loop, order["number"])
            elif order["do"] == "title":
                result = loop.title()
            elif order["do"] == "describe":
                result = loop.describe()
            print(json.dumps(result), file=answers, flush=True)
    finally:
        loop.close()
    return 0


def _measured(loop: Loop, number: int) -> list[float]:
    gc.collect()
    seconds = []
    for _ in range(number):
        began = time.perf_counter()
        loop.step()
        seconds.append(time.perf_counter() - began)
    return seconds


class WorkerError(Exception):
    """A worker that ended or hangs; the message ends with its last lines."""


class Worker:
    """The other end: starts the process, and asks it."""

    def __init__(self, command: Sequence[str], *, env: Mapping[str, str] | None = None) -> None:
        self._errors: list[str] = []
        self._process = subprocess.Popen(
            command,
            env={**os.environ, "PYTHONPATH": str(PROJECT), **(env or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._drain, daemon=True)
        self._reader.start()

    def open(self, address: str) -> None:
        """Shows the page."""
        self._ask({"do": "open", "address": address})

    def steps(self, number: int) -> list[float]:
        """The seconds that each of so many steps took."""
        return [float(seconds) for seconds in self._ask({"do": "steps", "number": number})]

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    def clicks(self) -> int:
        """How many clicks the page counted."""
        title = self._ask({"do": "title"})
        found = re.search(r"Clicks (\d+)", title)
        if not found:
            raise WorkerError(f"expected the number of clicks in the title, found {title!r}")
        return int(found[1])

    def describe(self) -> dict[str, Any]:
        """What the last look held."""
        return dict(self._ask({"do": "describe"}))

    def close(self) -> None:
        """Ends the process and all that it started; may be called twice."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(20)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._reader.join()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _ask(self, order: Mapping[str, Any]) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        timer = threading.Timer(ANSWER_SECONDS, self._process.kill)
        timer.start()
        try:
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except OSError:
            line = ""
        finally:
            timer.cancel()
        if not line:
            self.close()
            raise WorkerError(f"{order['do']} got no answer:\n" + "".join(self._errors[-15:]))
        return json.loads(line)

    def _drain(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as lines:
            for line in lines:
                self._errors.append(line)
                del self._errors[:-50]
