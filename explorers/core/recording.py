"""Recording while the next action is thought about: pictures are packed in threads, and lines keep their order."""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from explorers.core.packing import PACKING
from explorers.core.timings import part
from schemas.records import Choice, EpisodeEnd, EpisodeStart, Observation, Outcome, Screen, Task
from schemas.traces import TraceWriter


class Recorder:
    """Records one episode, its screens as lossless WebP; the caller closes it with `end` or `close`.

    An observation is on the disk before the action that follows it is, so that whoever is killed loses the step in
    flight and no other. Raises what `TraceWriter` does, for an observation at the latest with what comes after it.
    """

    def __init__(self, traces: Path, start: EpisodeStart, task: Task | None = None) -> None:
        self._writer = TraceWriter(traces, start, task)
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="recorder")
        self._pending: Future[None] | None = None
        self._last: tuple[Observation, Observation] | None = None

    def observation(self, observation: Observation, outcome: Outcome | None = None) -> None:
        """What is seen, and what the action before it came to."""
        self._wait()
        packing = None if observation.screen is None else PACKING.begin(observation.screen)
        self._pending = self._worker.submit(self._write, observation, packing, outcome)

    def action(self, choice: Choice) -> None:
        """What is about to be done; returns when it, and all before it, is written."""
        self._wait()
        with part("writing"):
            self._writer.action(choice)

    def end(self, end: EpisodeEnd) -> Path:
        """Writes the end, seals the trace and returns its file."""
        self._wait()
        with part("writing"):
            return self._writer.end(end)

    def close(self) -> None:
        """Writes what is pending, and leaves the trace unsealed unless it was ended; may be called twice."""
        try:
            self._wait()
        finally:
            self._worker.shutdown()
            self._writer.close()

    @part("packing")
    def _wait(self) -> None:
        pending, self._pending = self._pending, None
        if pending is not None:
            pending.result()

    def _write(self, observation: Observation, packing: "Future[Screen] | None", outcome: Outcome | None) -> None:
        if self._last is None or self._last[0] is not observation:  # what is seen twice is stored once
            packed = observation if packing is None else replace(observation, screen=packing.result())
            self._last = (observation, packed)
        self._writer.observation(self._last[1], outcome)
