"""How many of an application's functions each policy exercises in the same number of steps.

    python -m benchmarks.functions
    python -m benchmarks.functions django-admin --seeds 1 --policies goals --missing
    python -m benchmarks.functions --steps 300 --seeds 5 --json functions.json

Each list of functions (`benchmarks/functions/lists`) was written by hand, and says when.
What an episode changes is put back before the next one: a site's server is started anew over fresh data, a desktop is
made anew. The steps are those of recorded episodes, with all that refuses actions in force. Distinct states are counted
as `benchmarks.coverage` does. Ends with 1 if `goals` is below the bars: 60% of a list's functions, and twice random's.
"""

import argparse
import json
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.functions.listing import LISTS, FunctionList, read_list
from benchmarks.functions.places import environment_of
from benchmarks.sites import SiteError
from benchmarks.sites.serving import clean_up_when_terminated
from benchmarks.tables import table
from explorers.core.coverage import CoverageMeter
from explorers.core.experience import Experience
from explorers.core.rollout import ExploreConfig, run_episode
from explorers.policies import build_policy
from schemas.recordings import read_trace

BASELINE, MEASURED = "random", "goals"
PART, TIMES = 0.6, 2.0
"""What `goals` must exercise: this part of a list, and so many times what the baseline does."""


@dataclass(frozen=True, slots=True)
class Walk:
    """What one policy exercised with one seed; `problems` are episodes that ended badly."""

    listed: str
    policy: str
    seed: int
    exercised: tuple[str, ...]
    states: int
    steps: int
    refused: int
    seconds: float
    problems: tuple[str, ...]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    known = sorted(each.stem for each in LISTS.glob("*.toml"))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lists", nargs="*", default=known, help=f"of {', '.join(known)} (default: all)")
    parser.add_argument("--policies", default=f"{BASELINE},{MEASURED}", metavar="NAMES", help="in the order of turns")
    parser.add_argument("--steps", type=int, default=300, metavar="N", help="of a walk, over all its episodes")
    parser.add_argument("--episode", type=int, default=50, metavar="N", help="most steps of an episode")
    parser.add_argument("--seeds", type=int, default=5, metavar="N", help="how many")
    parser.add_argument("--first", type=int, default=0, metavar="SEED")
    parser.add_argument("--missing", action="store_true", help="name what was not exercised")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what each walk exercised")
    parser.add_argument("--traces", type=Path, metavar="DIR", help="keep the recordings there")
    given = parser.parse_args(arguments)
    listed = [read_list(name) for name in given.lists]
    clean_up_when_terminated()
    walks: list[Walk] = []
    try:
        for each in listed:
            for seed in range(given.first, given.first + given.seeds):
                for policy in given.policies.split(","):
                    one = walk(each, policy, seed=seed, steps=given.steps, most=given.episode, keep=given.traces)
                    walks.append(one)
                    print(_told(one, each), file=sys.stderr, flush=True)
                    if given.missing:
                        left = [one_function.does for one_function in each.functions]
                        print("\n".join(f"  not: {does}" for does in left if does not in one.exercised), flush=True)
    except SiteError as error:
        print(error, file=sys.stderr)
        return 1
    if given.json:
        given.json.write_text(json.dumps([asdict(one) for one in walks], indent=1))
    print(_table(listed, walks, given.policies.split(",")))
    for one in walks:
        for problem in one.problems:
            print(f"{one.listed} {one.policy} seed {one.seed}: {problem}", file=sys.stderr)
    below = [each.name for each in listed if not _reaches(each, walks)]
    if below:
        print(f"below the bars: {', '.join(below)}")
    return 1 if below or any(one.problems for one in walks) else 0


def walk(listed: FunctionList, name: str, *, seed: int, steps: int, most: int, keep: Path | None = None) -> Walk:
    """One walk of that many steps in episodes of at most `most`; `keep` is a folder in which the recordings stay.

    Raises:
        SiteError: if the application doesn't start.
    """
    exercised: set[str] = set()
    problems: list[str] = []
    meter = CoverageMeter()
    policy, experience, run_id = build_policy(name), Experience(), f"{listed.name}-{name}-{seed}-{secrets.token_hex(3)}"
    began, taken, refused, empty, episode = time.monotonic(), 0, 0, 0, 0
    with tempfile.TemporaryDirectory(prefix="hindtrace-") as folder, environment_of(listed) as environment:
        traces = keep or Path(folder)
        traces.mkdir(parents=True, exist_ok=True)
        try:
            while taken < steps and empty < 3:
                config = ExploreConfig(max_steps=min(most, steps - taken), seed=seed)
                done = run_episode(
                    environment, policy, traces, config, run_id=run_id, episode=episode, experience=experience
                )
                recording = read_trace(done.path)
                exercised |= listed.exercised(recording)
                meter.read(recording)
                refused += sum(step.result == "refused" for step in recording.steps)
                if keep is None:
                    done.path.unlink()
                if done.ended_by in ("start failed", "device lost"):
                    problems.append(f"episode {episode}: {done.ended_by}: {done.message}")
                taken += done.steps
                empty = 0 if done.steps else empty + 1
                episode += 1
        finally:
            environment.close()
    order = [each.does for each in listed.functions if each.does in exercised]
    seconds = round(time.monotonic() - began, 1)
    return Walk(listed.name, name, seed, tuple(order), meter.now().states, taken, refused, seconds, tuple(problems))


def _told(one: Walk, listed: FunctionList) -> str:
    part = f"{len(one.exercised)} of {len(listed.functions)} functions, {one.states} states"
    return f"{one.listed} {one.policy} seed {one.seed}: {part}, {one.steps} steps in {one.seconds:.0f} s"


def _median(walks: Sequence[Walk], listed: str, policy: str) -> float:
    counts = [len(one.exercised) for one in walks if (one.listed, one.policy) == (listed, policy)]
    return statistics.median(counts) if counts else 0.0


def _reaches(listed: FunctionList, walks: Sequence[Walk]) -> bool:
    """Whether the measured policy is above the bars, as far as it and the baseline walked."""
    if not any((one.listed, one.policy) == (listed.name, MEASURED) for one in walks):
        return True
    found, base = _median(walks, listed.name, MEASURED), _median(walks, listed.name, BASELINE)
    return found >= PART * len(listed.functions) and found >= TIMES * base


def _table(lists: Sequence[FunctionList], walks: Sequence[Walk], policies: Sequence[str]) -> str:
    rows: list[tuple[object, ...]] = []
    for listed in lists:
        base = _median(walks, listed.name, BASELINE)
        for policy in policies:
            own = [one for one in walks if (one.listed, one.policy) == (listed.name, policy)]
            found = _median(walks, listed.name, policy)
            each = ", ".join(str(len(one.exercised)) for one in own)
            rows.append(
                (
                    listed.name,
                    policy,
                    f"{found:g} of {len(listed.functions)} ({each})",
                    f"{found / len(listed.functions):.0%}",
                    f"{found / base:.2f}" if base else "-",
                    f"{statistics.median(one.states for one in own):g}",
                )
            )
    return table(("application", "policy", "functions", "part", f"times {BASELINE}", "states"), rows)


if __name__ == "__main__":
    sys.exit(main())
