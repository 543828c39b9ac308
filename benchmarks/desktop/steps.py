"""Steps a second: a click and everything that is seen after it, recorded, on one desktop and on several at once.

    python -m benchmarks.desktop.steps --steps 60 --desktops 1 4

Presses the digits of galculator, with no pace of its own. Ends with 1 if one desktop makes less than 10 a second, or a
digit is lost.
"""

import argparse
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from explorers.core.rollout import ExploreConfig, run_episode
from explorers.desktop import DesktopConfig, DesktopEnvironment
from schemas.actions import Click, Point
from schemas.records import Choice, Node, Observation, Outcome

DIGITS = "1234567890"
BAR = 10.0


class Presser:
    """Presses one digit after another, and AC after twelve; counts those that the display shows."""

    name, version = "presser", "1"

    def __init__(self) -> None:
        self.shown = ""
        self.expected = ""
        self.lost = 0
        self.began = 0.0

    def begin(self, *, seed: int) -> None:  # noqa: ARG002
        """The first press is when the clock starts: a desktop comes up before."""
        self.expected = ""
        self.began = time.perf_counter()

    def choose(self, observation: Observation) -> Choice | None:
        """The next digit."""
        assert observation.tree is not None
        name = "AC" if len(self.expected) >= 8 else DIGITS[len(self.expected)]
        self.expected = "" if name == "AC" else self.expected + name
        node = next(each for each in observation.tree.nodes if each.name == name and each.role == "button")
        return Choice(Click(_middle(node)))

    def learn(self, before: Observation, choice: Choice, outcome: Outcome, after: Observation) -> None:  # noqa: ARG002
        """Looks whether the digit is there."""
        assert after.tree is not None
        shown = next(each.value for each in after.tree.nodes if each.role == "textbox")
        self.lost += (shown or "") != (self.expected or "0")


def _middle(node: Node) -> Point:
    assert node.box is not None
    return Point.on(*node.box.centre, width=1280, height=720)


def run(desktops: int, steps: int) -> tuple[float, int]:
    """Steps a second of so many desktops together, and how many digits were lost."""
    with tempfile.TemporaryDirectory() as folder:
        pressers = [Presser() for _ in range(desktops)]

        def one(number: int) -> float:
            environment = DesktopEnvironment("galculator", config=DesktopConfig(pace=0.0))
            config = ExploreConfig(episodes=1, max_steps=steps)
            try:
                run_episode(environment, pressers[number], Path(folder), config, run_id=f"steps-{number}", episode=0)
                return time.perf_counter() - pressers[number].began
            finally:
                environment.close()

        with ThreadPoolExecutor(desktops) as pool:
            seconds = list(pool.map(one, range(desktops)))
    return sum(steps / each for each in seconds), sum(presser.lost for presser in pressers)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--desktops", type=int, nargs="+", default=[1, 4])
    given = parser.parse_args(arguments)
    failed = False
    for count in given.desktops:
        rate, lost = run(count, given.steps)
        failed = failed or lost > 0 or (count == 1 and rate < BAR)
        print(f"{count} desktops: {rate:.1f} steps a second, {lost} of {count * given.steps} digits lost", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
