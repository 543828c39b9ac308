"""Our loop: an action and an observation of the web environment, written to a trace or not.

python -m benchmarks.loops.hindtrace --mode viewport [--record]
"""

import argparse
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.environments import DEFAULT, MODES, make_environment
from benchmarks.loops.worker import serve
from benchmarks.pages import CLICK
from explorers.core.recording import Recorder
from explorers.web.extraction import Mode
from schemas.actions import Click, Point
from schemas.protocols import Environment
from schemas.records import Choice, EpisodeStart, Observation
from schemas.traces import trajectory_id


class HindtraceLoop:
    """One environment; with `record`, each step is written to a trace too."""

    def __init__(self, mode: Mode, *, record: bool = False) -> None:
        self._mode, self._record = mode, record
        self._environment: Environment | None = None
        self._seen: Observation | None = None
        self._writer: Recorder | None = None
        self._folder = tempfile.TemporaryDirectory(prefix="hindtrace-")
        self._episode = 0
        self._action = Click(Point.on(*CLICK, width=1280, height=720))

    def open(self, address: str) -> None:
        """Starts an episode at the page."""
        self._end()
        self._environment = make_environment(address, mode=self._mode)
        self._seen = self._environment.reset()
        if self._record:
            self._writer = Recorder(Path(self._folder.name), self._start())
            self._writer.observation(self._seen)

    def step(self) -> None:
        """Acts and looks, and writes both where that is asked."""
        assert self._environment is not None
        if self._writer is not None:
            self._writer.action(Choice(self._action))
        outcome = self._environment.act(self._action)
        if outcome.result != "ok":
            raise RuntimeError(f"expected the click to be done, found {outcome}")
        self._seen = self._environment.observe()
        if self._writer is not None:
            self._writer.observation(self._seen, outcome)

    def title(self) -> str:
        """The title that was seen last."""
        assert self._seen is not None
        return self._seen.title or ""

    def describe(self) -> dict[str, Any]:
        """The number of nodes, and the size of the picture."""
        assert self._seen is not None
        nodes = len(self._seen.tree.nodes) if self._seen.tree is not None else 0
        size = len(self._seen.screen.data) if self._seen.screen is not None else 0
        return {"nodes": nodes, "screen bytes": size}

    def close(self) -> None:
        """Ends the browser."""
        self._end()
        self._folder.cleanup()

    def _end(self) -> None:
        if self._writer is not None:
            self._writer.close()
        if self._environment is not None:
            self._environment.close()

    def _start(self) -> EpisodeStart:
        assert self._environment is not None
        self._episode += 1
        return EpisodeStart(
            trajectory_id=trajectory_id("speed", self._episode),
            run_id="speed",
            episode=self._episode,
            platform=self._environment.platform,
            app=self._environment.app,
            start=self._environment.start,
            policy="benchmark",
            policy_version="1",
            round=0,
            seed=None,
            task_id=None,
            goal=None,
            group=None,
            parent_id=None,
            branch_step=None,
            setting=self._environment.setting,
            source="hindtrace",
            licence=None,
            missing=(),
            time=datetime.now(UTC),
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line of the worker."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mode", choices=MODES, default=DEFAULT)
    parser.add_argument("--record", action="store_true")
    given = parser.parse_args(arguments)
    return serve(HindtraceLoop(given.mode, record=given.record))


if __name__ == "__main__":
    raise SystemExit(main())
