"""Kills an explorer at random moments, and looks for every finished step in the lake afterwards.

python benchmarks/kill.py --times 50                                        in the shop in memory
python benchmarks/kill.py --times 50 --url http://127.0.0.1:8001/           on a website, with Chromium

The explorer tells each step when its line in the trace is written: what it told must be there, once.
"""

import argparse
import random
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

from benchmarks.episodes import explore
from explorers.core.rollout import ExploreConfig
from explorers.fake import FakeEnvironment
from explorers.policies.novelty import NoveltyPolicy
from schemas.protocols import Environment
from schemas.records import Choice, Observation, Outcome
from schemas.traces import trajectory_id

Told = set[tuple[str, int]]


class TellingPolicy(NoveltyPolicy):
    """Tells each finished step: a policy learns from a step only after it was recorded."""

    def __init__(self, run_id: str) -> None:
        super().__init__()
        self._run_id, self._number, self._step = run_id, -1, 0

    def begin(self, *, seed: int) -> None:
        """The next episode."""
        super().begin(seed=seed)
        self._number, self._step = self._number + 1, 0

    def learn(self, before: Observation, choice: Choice, outcome: Outcome, after: Observation) -> None:
        """Tells the step."""
        print(trajectory_id(self._run_id, self._number), self._step, flush=True)
        self._step += 1
        super().learn(before, choice, outcome, after)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 0 if nothing is missing and nothing is there twice."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=50)
    parser.add_argument("--url", help="a website; default: the shop in memory")
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--longest", type=float, default=3.0, help="seconds from the first step to the latest kill")
    parser.add_argument("--worker", nargs=2, metavar=("RUN", "TRACES"), help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.worker:
        return _explore(given.url, *given.worker)
    from pipelines.ingest.job import ingest  # Beam: the explorers that are killed don't need it
    from pipelines.lake.delta import open_lake

    chance = random.Random(given.seed)
    with tempfile.TemporaryDirectory() as folder:
        traces, lake = Path(folder) / "traces", str(Path(folder) / "lake")
        told: Told = set()
        for number in range(given.times):
            told |= _kill_one(f"kill-{given.seed}-{number}", traces, given.url, chance.random() * given.longest)
            print(f"{number + 1} killed, {len(told)} finished steps told", end="\r", flush=True)
        print()
        ingest(traces, lake)
        ingest(traces, lake)
        rows = open_lake(lake).snapshot().read("steps", columns=["trajectory_id", "step_index", "after"])
    finished = [(row["trajectory_id"], row["step_index"]) for row in rows.to_pylist() if row["after"] is not None]
    missing, twice = told - set(finished), len(finished) - len(set(finished))
    print(f"kills {given.times}, told {len(told)}, in the lake {len(finished)}, missing {len(missing)}, twice {twice}")
    return 1 if missing or twice or not told else 0


def _kill_one(run_id: str, traces: Path, url: str | None, seconds: float) -> Told:
    """Starts an explorer, kills it so many seconds after its first step, and returns the steps that it told."""
    command = [sys.executable, __file__, "--worker", run_id, str(traces), *(["--url", url] if url else [])]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    lines = [process.stdout.readline()]
    if not lines[0]:
        raise SystemExit(f"the explorer ended with code {process.wait()} before its first step")
    timer = threading.Timer(seconds, process.kill)
    timer.start()
    with process:
        lines += process.stdout.readlines()
    timer.cancel()
    return {(line.split()[0], int(line.split()[1])) for line in lines if line.endswith("\n")}


def _explore(url: str | None, run_id: str, traces: str) -> int:
    environment: Environment = FakeEnvironment()
    if url:
        from explorers.web import WebEnvironment

        environment = WebEnvironment(url)
    config = ExploreConfig(episodes=1000, max_steps=10, run_id=run_id, seed=len(run_id))
    for _ in explore(environment, TellingPolicy(run_id), Path(traces), config):
        pass
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
