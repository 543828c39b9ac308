"""How many distinct states each policy reaches in the same number of steps, in real applications.

    python -m benchmarks.coverage
    python -m benchmarks.coverage --url http://localhost:8000/ --url http://localhost:8080/ --steps 500 --seeds 5

Without an address it starts Datasette over a generated library. A state is counted by a key of this benchmark's own,
which no policy knows: the path with numbers, UUIDs and hexadecimal ids replaced, and the set of the roles and names
that are seen, durations and clocks folded. The policies take turns, seed by seed, in one browser.
"""

import argparse
import csv
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.demo import library_site
from explorers.policies import build_policy
from explorers.rollout import episode_seed
from explorers.web import WebEnvironment
from schemas.errors import DeviceLost, DeviceUnavailable
from schemas.identity import stable_text
from schemas.protocols import Environment, Policy
from schemas.records import Observation

BASELINE = "random"
_ID = re.compile(r"\d+|[0-9a-f]{8,}|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)

State = tuple[str, frozenset[tuple[str, str]]]


@dataclass(slots=True)
class Walked:
    """What one policy reached with one seed: the distinct states after each step, and what went wrong."""

    seen: set[State] = field(default_factory=set)
    curve: list[int] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures and prints; 1 if a walk could not be finished."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", action="append", metavar="URL", help="where episodes begin; repeat for several sites")
    parser.add_argument("--policies", default="random,novelty,frontier", metavar="NAMES", help="in the order of turns")
    parser.add_argument("--steps", type=int, default=500, metavar="N", help="of a walk, over all its episodes")
    parser.add_argument("--episode", type=int, default=25, metavar="N", help="most steps of an episode")
    parser.add_argument("--seeds", type=int, default=5, metavar="N")
    parser.add_argument("--reset", metavar="COMMAND", help="run before each walk, to give each the same data")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers of each walk")
    parser.add_argument(
        "--curves", type=Path, metavar="FILE", help="write the curves as CSV: site, policy, seed, step, states"
    )
    given = parser.parse_args(arguments)
    names = given.policies.split(",")
    walked: dict[tuple[str, str, int], Walked] = {}
    with ExitStack() as stack:
        urls = given.url or [
            stack.enter_context(library_site(Path(stack.enter_context(tempfile.TemporaryDirectory()))))
        ]
        for url in urls:
            for seed in range(given.seeds):
                for name in names:
                    if given.reset:
                        subprocess.run(given.reset, shell=True, check=True)
                    one = walk(
                        WebEnvironment(url), build_policy(name), seed=seed, steps=given.steps, most=given.episode
                    )
                    walked[url, name, seed] = one
                    print(
                        f"{url} {name} seed {seed}: {one.curve[-1:]} states, {one.seconds:.0f} s",
                        file=sys.stderr,
                        flush=True,
                    )
    _print(walked, urls, names, given.seeds, given.steps)
    if given.json:
        rows = [
            {"url": u, "policy": n, "seed": s, "states": len(w.seen), "problems": w.problems}
            for (u, n, s), w in walked.items()
        ]
        given.json.write_text(json.dumps(rows, indent=1))
    if given.curves:
        with given.curves.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("site", "policy", "seed", "step", "states"))
            writer.writerows(
                (u, n, s, step, states) for (u, n, s), w in walked.items() for step, states in enumerate(w.curve, 1)
            )
    return 1 if any(one.problems for one in walked.values()) else 0


def walk(environment: Environment, policy: Policy, *, seed: int, steps: int, most: int) -> Walked:
    """One walk of that many steps in episodes of at most `most`; closes the environment."""
    done = Walked()
    began = time.monotonic()
    taken = episode = empty = 0
    try:
        while taken < steps and empty < 3:
            try:
                seen = environment.reset()
            except DeviceUnavailable as error:
                done.problems.append(f"episode {episode}: {error}")
                break
            policy.begin(seed=episode_seed(seed, episode))
            done.seen.add(state_of(seen))
            before = taken
            try:
                for _ in range(min(most, steps - taken)):
                    choice = policy.choose(seen)
                    if choice is None:
                        break
                    outcome = environment.act(choice.action)
                    after = environment.observe()
                    taken += 1
                    done.seen.add(state_of(after))
                    done.curve.append(len(done.seen))
                    policy.learn(seen, choice, outcome, after)
                    seen = after
            except DeviceLost as error:
                done.problems.append(f"episode {episode} step {taken}: {error}")
            empty = empty + 1 if taken == before else 0
            episode += 1
    finally:
        environment.close()
    done.seconds = time.monotonic() - began
    return done


def state_of(seen: Observation) -> State:
    """The benchmark's own key of a state."""
    nodes = seen.tree.nodes if seen.tree is not None else ()
    return url_template(seen.location), frozenset((node.role, stable_text(node.name)) for node in nodes)


def url_template(location: str | None) -> str:
    """The path of a URL with ids replaced, and the route in its fragment in the same way."""
    parts = urlsplit(location or "")
    route = parts.fragment if parts.fragment.startswith(("/", "!")) else ""
    return "/".join("*" if _ID.fullmatch(part) else part for part in f"{parts.path}#{route}".split("/"))


def _print(
    walked: dict[tuple[str, str, int], Walked], urls: Sequence[str], names: Sequence[str], seeds: int, steps: int
) -> None:
    """A table: each site with the median of the distinct states by policy, and their ratio to the baseline's."""
    print(f"\nDistinct states in {steps} steps, median of {seeds} seeds (and all of them):\n")
    print(f"| site | policy | states | ratio to {BASELINE} |\n|---|---|---|---|")
    for url in urls:
        medians = {n: statistics.median(len(walked[url, n, s].seen) for s in range(seeds)) for n in names}
        for name in names:
            each = ", ".join(str(len(walked[url, name, s].seen)) for s in range(seeds))
            ratio = f"{medians[name] / medians[BASELINE]:.2f}" if medians.get(BASELINE) else "-"
            print(f"| {url} | {name} | {medians[name]:g} ({each}) | {ratio} |")
    for (url, name, seed), one in walked.items():
        for problem in one.problems:
            print(f"{url} {name} seed {seed}: {problem}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
