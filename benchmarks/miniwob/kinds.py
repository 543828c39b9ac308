"""The kinds of task, and their two halves: one was looked at while the rules were written, the other was not.

The split was made from the names alone before any task was looked at, and is written down in `halves.txt`. Variants of
a task, whose names begin with the same two words, are in the same half.
"""

import hashlib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Literal, TypeAlias, cast

Half: TypeAlias = Literal["opened", "unopened"]

_SEED = "hindtrace 1"


def split(kinds: Iterable[str]) -> dict[str, Half]:
    """The half of each kind: families in the order of a seeded hash, each to the half that has fewer kinds so far."""
    families: dict[str, list[str]] = {}
    for kind in sorted(kinds):
        families.setdefault("-".join(kind.split("-")[:2]), []).append(kind)
    halves: dict[str, Half] = {}
    counts: dict[Half, int] = {"opened": 0, "unopened": 0}
    for family in sorted(families, key=lambda name: hashlib.sha256(f"{_SEED} {name}".encode()).hexdigest()):
        half: Half = "opened" if counts["opened"] <= counts["unopened"] else "unopened"
        counts[half] += len(families[family])
        halves.update(dict.fromkeys(families[family], half))
    return dict(sorted(halves.items()))


@cache
def halves() -> dict[str, Half]:
    """The half of each kind as it was declared."""
    lines = files("benchmarks.miniwob").joinpath("halves.txt").read_text("utf-8").splitlines()
    return {kind: cast(Half, half) for half, kind in (line.split() for line in lines)}
