"""How many distinct states each policy reaches in the same number of steps, in real applications.

    python -m benchmarks.coverage
    python -m benchmarks.coverage dokuwiki tiddlywiki --steps 300 --seeds 3
    python -m benchmarks.coverage http://localhost:8000/ --policies random,frontier --order breadth

A site is a name of `benchmarks.sites`, started anew for each walk, or an address. A state is counted by a key of this
benchmark's own, which no policy knows: the path with numbers, UUIDs and hexadecimal ids replaced, and the set of the
roles and names that are seen, durations and clocks folded. The policies take turns, seed by seed. Ends with 1 if a
walk could not be finished.
"""

import argparse
import csv
import json
import re
import statistics
import sys
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args
from urllib.parse import urlsplit

from benchmarks.sites import SITES, SiteError
from benchmarks.sites.serving import clean_up_when_terminated
from benchmarks.tables import table
from explorers.core.rollout import episode_seed
from explorers.policies import build_policy
from explorers.policies.registry import Order
from explorers.web import WebEnvironment
from schemas.errors import DeviceLost, DeviceUnavailable
from schemas.identity import stable_text
from schemas.protocols import Environment, Policy
from schemas.records import Observation

BASELINE = "random"
FOUR = ("datasette", "django-admin", "dokuwiki", "todomvc-react")
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
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sites", nargs="*", default=FOUR, help=f"names or addresses (default: {' '.join(FOUR)})")
    parser.add_argument("--policies", default="random,novelty,frontier", metavar="NAMES", help="in the order of turns")
    parser.add_argument("--order", choices=get_args(Order), default="depth", help="of the policy frontier")
    parser.add_argument("--steps", type=int, default=500, metavar="N", help="of a walk, over all its episodes")
    parser.add_argument("--episode", type=int, default=25, metavar="N", help="most steps of an episode")
    parser.add_argument("--seeds", type=int, default=5, metavar="N", help="how many")
    parser.add_argument("--first", type=int, default=0, metavar="SEED")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers of each walk")
    parser.add_argument(
        "--curves", type=Path, metavar="FILE", help="write the curves as CSV: site, policy, seed, step, states"
    )
    given = parser.parse_args(arguments)
    unknown = [site for site in given.sites if site not in SITES and "://" not in site]
    if unknown:
        parser.error(f"expected addresses or some of {', '.join(SITES)}, found {', '.join(unknown)}")
    clean_up_when_terminated()
    names = given.policies.split(",")
    seeds = range(given.first, given.first + given.seeds)
    walked: dict[tuple[str, str, int], Walked] = {}
    try:
        for site in given.sites:
            for seed in seeds:
                for name in names:
                    with SITES[site]() if site in SITES else nullcontext(site) as url:
                        policy = build_policy(name, order=given.order)
                        one = walk(WebEnvironment(url), policy, seed=seed, steps=given.steps, most=given.episode)
                    walked[site, name, seed] = one
                    told = f"{site} {name} seed {seed}: {len(one.seen)} states, {one.seconds:.0f} s"
                    print(told, file=sys.stderr, flush=True)
    except SiteError as error:
        print(error, file=sys.stderr)
        return 1
    _print(walked, given.sites, names, seeds, given.steps)
    if given.json:
        rows = [
            {"site": u, "policy": n, "seed": s, "states": len(w.seen), "problems": w.problems}
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
    return "#".join(
        "/".join("*" if _ID.fullmatch(part) else part for part in path.split("/")) for path in (parts.path, route)
    )


def _print(
    walked: dict[tuple[str, str, int], Walked], sites: Sequence[str], names: Sequence[str], seeds: range, steps: int
) -> None:
    """A table: each site with the median of the distinct states by policy, and their ratio to the baseline's."""
    rows: list[tuple[object, ...]] = []
    for site in sites:
        medians = {name: statistics.median(len(walked[site, name, seed].seen) for seed in seeds) for name in names}
        for name in names:
            each = ", ".join(str(len(walked[site, name, seed].seen)) for seed in seeds)
            ratio = f"{medians[name] / medians[BASELINE]:.2f}" if medians.get(BASELINE) else "-"
            rows.append((site, name, f"{medians[name]:g} ({each})", ratio))
    print(f"\nDistinct states in {steps} steps, median of {len(seeds)} seeds (and each):\n")
    print(table(("site", "policy", "states", f"ratio to {BASELINE}"), rows))
    for (site, name, seed), one in walked.items():
        for problem in one.problems:
            print(f"{site} {name} seed {seed}: {problem}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
