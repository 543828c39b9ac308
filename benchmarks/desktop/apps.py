"""Explores applications, and says what their steps did and whether an episode ended in an error of ours.

    python -m benchmarks.desktop.apps
    python -m benchmarks.desktop.apps galculator "localc --norestore --nologo" --episodes 10 --steps 20 --desktops 2

Ends with 1 if an episode could not be recorded, did not start, took no step, lost its desktop, or was ended by the
explorer's own Back or Close.
"""

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from benchmarks.deeds import deeds, ended_itself, shares
from benchmarks.tables import table
from explorers.core.coverage import measure
from explorers.core.fleet import EpisodeFailure, Explorer, agenda, explore_together
from explorers.core.rollout import ExploreConfig
from explorers.desktop import DesktopEnvironment
from explorers.policies import build_policy
from schemas.recordings import read_trace

APPS = (
    "galculator",
    "mousepad",
    "l3afpad",
    "pcmanfm",
    "thunar",
    "qalculate-gtk",
    "speedcrunch",
    "localc --norestore --nologo",
)
BAD = ("start failed", "device lost", "killed")
HEADINGS = ("application", "episodes", "steps", "states", "did", "ended by", "steps/s")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("apps", nargs="*", default=APPS)
    parser.add_argument("--episodes", type=int, default=10)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--desktops", type=int, default=2)
    parser.add_argument("--policy", default="novelty")
    given = parser.parse_args(arguments)
    rows, wrong = [], 0
    for app in given.apps:
        config = ExploreConfig(episodes=given.episodes, max_steps=given.steps, seed=1)
        explorers = [
            Explorer(DesktopEnvironment(app), build_policy(given.policy, locale="en-US")) for _ in range(given.desktops)
        ]
        began = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            traces = Path(folder)
            results = list(explore_together(explorers, traces, config, agenda(traces, config)))
            failed = [each for each in results if isinstance(each, EpisodeFailure)]
            done = [each for each in results if not isinstance(each, EpisodeFailure)]
            coverage, _ = measure([each.path for each in done])
            recordings = [read_trace(each.path) for each in done]
            did = deeds(recordings)
            own = sum(ended_itself(one, each.ended_by) for one, each in zip(recordings, done, strict=True))
        seconds = time.perf_counter() - began
        ended = Counter(each.ended_by for each in done)
        wrong += len(failed) + own + sum(each.ended_by in BAD or not each.steps for each in done)
        steps = sum(each.steps for each in done)
        for each in (*failed, *(one for one in done if one.ended_by in BAD)):
            print(f"{app}, episode {each.episode}: {each.message}")
        told = ", ".join(f"{count} {why}" for why, count in sorted(ended.items()))
        states = coverage.named()["distinct states"]
        rows.append((app, len(done), steps, states, shares(did), told, f"{steps / seconds:.1f}"))
        print(table(HEADINGS, rows[-1:]), flush=True)
    print(table(HEADINGS, rows))
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
