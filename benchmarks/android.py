"""Android behind the real adb server: what a step costs beside plain adbutils calls, and which screens a walk reaches.

    python -m benchmarks.android speed --rounds 50
    python -m benchmarks.android coverage --recording FOLDER --seeds 5

The device is simulated and takes no time: what is measured is what stands between it and the explorer. None of it says
anything of a real phone's speed, where `uiautomator dump` alone takes one or two seconds.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.tables import table
from explorers.android import AndroidConfig, AndroidEnvironment
from explorers.android.interruptions import InterruptionRules
from explorers.core.rollout import episode_seed
from explorers.core.safety import Safety
from explorers.policies import build_policy
from schemas.actions import Click, Point
from schemas.records import Outcome
from tests.explorers.android.conftest import adb_programs, album_folder, served
from tests.explorers.android.device import AlbumPlayer
from tests.explorers.android.device.adbd import plugged

NOTES = "com.hindtrace.notes"
CAMERA = "com.sec.android.app.camera"
PLACES = ((375, 40), (40, 40))
"""A button of the first screen, and the way back from where it leads."""


def measure_speed(rounds: int) -> dict[str, list[float]]:
    """Milliseconds of one step each way, in turns: a tap, the tree, the screenshot, the activity, the keyboard."""
    import adbutils

    found: dict[str, list[float]] = {"hindtrace": [], "adbutils": []}
    with _phone() as serial:
        environment = AndroidEnvironment(serial, NOTES, config=AndroidConfig(fresh="clear"))
        environment.reset()
        device = adbutils.AdbClient().device(serial)
        ways: dict[str, Callable[[int, int], Any]] = {
            "hindtrace": lambda x, y: _ours(environment, x, y),
            "adbutils": lambda x, y: _plain(device, x, y),
        }
        for number in range(rounds + 2):
            for name, step in ways.items():
                for x, y in PLACES:
                    began = time.perf_counter()
                    step(x, y)
                    if number >= 2:  # both have drawn both screens by then
                        found[name].append((time.perf_counter() - began) * 1000)
        environment.close()
    return found


@contextmanager
def _phone() -> Iterator[str]:
    """A phone in a process of its own, by its serial: it must not wait for what measures it."""
    command = [sys.executable, "-m", "tests.explorers.android.device"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()


def _ours(environment: AndroidEnvironment, x: int, y: int) -> None:
    assert environment.act(Click(Point(x=float(x), y=float(y)))).result == "ok"
    seen = environment.observe()
    assert seen.screen is not None
    assert seen.tree is not None


def _plain(device: Any, x: int, y: int) -> None:
    device.click(x, y)
    assert device.dump_hierarchy()
    assert device.shell("screencap -p", encoding=None)
    assert device.app_current().package
    assert device.shell("dumpsys input_method | grep -E 'mInputShown='")


def walk(policy: str, seed: int, folder: Path, *, budget: int, length: int) -> tuple[int, int, int, list[int]]:
    """Walks the recorded album until all of it is seen, or so many steps are made, in episodes of one length.

    Returns the steps, the screens seen, the actions without a recorded edge, and the steps at which screens were new.
    """
    player = AlbumPlayer(folder, shrink=8)
    app, goal = player.recording.package, player.recording.reachable()
    safety = Safety(packages=(app, CAMERA))
    steps, episode, new = 0, 0, []
    with plugged(player) as adbd:
        environment = AndroidEnvironment(adbd.serial, app, config=AndroidConfig(packages=(CAMERA,)))
        walking = InterruptionRules(build_policy(policy), app, packages=(CAMERA,))
        while steps < budget and len(player.visited) < len(goal):
            seen = environment.reset()
            walking.begin(seed=episode_seed(seed, episode))
            episode += 1
            for _ in range(length):
                choice = walking.choose(seen)
                if choice is None or steps >= budget or len(player.visited) == len(goal):
                    break
                refusal = safety.refuses(seen, choice.action)
                outcome = environment.act(choice.action) if refusal is None else Outcome("refused", message=refusal)
                after = environment.observe()
                walking.learn(seen, choice, outcome, after)
                seen, steps = after, steps + 1
                new += [steps] * (len(player.visited) - len(new))
        environment.close()
    return steps, len(player.visited), len(player.unrecorded), new


def main(argv: list[str] | None = None) -> int:
    """Prints a table; 1 if the frontier left a screen out, or a step costs more than a quarter."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.android", description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=("speed", "coverage"))
    parser.add_argument("--rounds", type=int, default=50, help="of the speed, default: 50")
    parser.add_argument("--recording", type=Path, default=album_folder(), help="folder of DroidBot's run of the album")
    parser.add_argument("--seeds", type=int, default=5, help="of each policy, default: 5")
    parser.add_argument("--budget", type=int, default=600, help="steps of a walk at most, default: 600")
    options = parser.parse_args(argv)
    programs = adb_programs()
    if not programs:
        print("no adb: run 'apt-get install -y adb' as root", file=sys.stderr)
        return 1
    if options.what == "coverage" and options.recording is None:
        print("no recording of DroidBot: name its folder with --recording", file=sys.stderr)
        return 1
    with served(next(iter(programs.values())), Path(tempfile.mkdtemp(prefix="hindtrace-adb-"))):
        return _speed(options.rounds) if options.what == "speed" else _coverage(options)


def _speed(rounds: int) -> int:
    found = measure_speed(rounds)
    medians = {name: statistics.median(times) for name, times in found.items()}
    rows = [
        (name, f"{statistics.median(times):.1f}", f"{min(times):.1f}", f"{max(times):.1f}", f"{len(times)}")
        for name, times in found.items()
    ]
    print(table(("a step by", "median ms", "least", "most", "steps"), rows))
    part = medians["hindtrace"] / medians["adbutils"]
    print(f"A step of hindtrace costs {part:.2f} of the same by adbutils, on a simulated device that takes no time.")
    return 0 if part <= 0.25 else 1


def _coverage(options: argparse.Namespace) -> int:
    rows, least = [], {}
    for policy in ("frontier", "novelty", "random"):
        walks = [
            walk(policy, seed, options.recording, budget=options.budget, length=60) for seed in range(options.seeds)
        ]
        least[policy] = min(seen for _, seen, _, _ in walks)
        for seed, (steps, seen, unrecorded, new) in enumerate(walks):
            half = new[10] if len(new) > 10 else "-"
            rows.append((policy, f"{seed}", f"{seen} of 21", f"{steps}", f"{half}", f"{unrecorded}"))
    print(table(("policy", "seed", "screens", "steps", "11 screens after", "without an edge"), rows))
    return 0 if least["frontier"] == 21 else 1


if __name__ == "__main__":
    sys.exit(main())
