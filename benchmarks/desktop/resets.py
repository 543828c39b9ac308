"""Makes a new desktop many times, and compares what is seen first: every one has to be ready, and the same.

python -m benchmarks.desktop.resets --times 200 --app galculator
"""

import argparse
from collections import Counter
from collections.abc import Sequence
from statistics import median, quantiles
from time import perf_counter

from explorers.desktop import DesktopEnvironment
from schemas.errors import DeviceUnavailable
from schemas.identity import state_keys
from schemas.trees import tree_bytes


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 0 if every desktop came up with the same tree."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--app", default="galculator")
    given = parser.parse_args(arguments)
    environment = DesktopEnvironment(given.app)
    trees: Counter[bytes] = Counter()
    states: Counter[str] = Counter()
    seconds: list[float] = []
    failed = 0
    try:
        for _ in range(given.times):
            environment.close()
            began = perf_counter()
            try:
                seen = environment.reset()
            except DeviceUnavailable as error:
                failed += 1
                print(error)
                continue
            seconds.append(perf_counter() - began)
            assert seen.tree is not None
            trees[tree_bytes(seen.tree)] += 1
            keys = state_keys(seen)
            states[keys.content if keys is not None else ""] += 1
    finally:
        environment.close()
    low, _, high = quantiles(seconds, n=4)
    print(
        f"{len(seconds)} of {given.times} desktops ready with {given.app}, {len(trees)} different trees, "
        f"{len(states)} different states; median {median(seconds):.3f} s, quartiles {low:.3f} and {high:.3f}"
    )
    return 0 if not failed and len(trees) == 1 else 1


if __name__ == "__main__":
    raise SystemExit(main())
