"""Applications that are the same under two names: most of what one of them shows or says the other one does too."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import TypeVar

import polars as pl

K = TypeVar("K")

SAME = 0.5
"""The share of what an application shows, or of what it says, from which on another one that has it is the same."""

CROWD = 64
"""Applications that have a thing in common of which all pairs are compared; of more, the first with each other one."""


def same_apps(things: pl.DataFrame) -> list[tuple[str, str]]:
    """The pairs of applications that are the same, by `app` and `thing`: what each shows, or what each says.

    What one or two have counts 1, what n have counts 2 / n: what is common to many joins nothing, and copies of one
    application are the same however many there are. Of two, what counts is the share of the one that has less.
    """
    distinct = things.select("app", "thing").unique()
    common = distinct.group_by("thing").agg(pl.col("app").sort()).with_columns(many=pl.col("app").list.len())
    counted = distinct.join(common.select("thing", "many"), on="thing").group_by("app", "many").len()
    whole = _sums({(app, many): count for app, many, count in counted.iter_rows()})
    both = Counter[tuple[tuple[str, str], int]]()
    for apps, many in common.filter(pl.col("many") > 1).select("app", "many").iter_rows():
        both.update((pair, many) for pair in _pairs(apps))
    shared = _sums(both)
    return sorted(pair for pair, weight in shared.items() if weight >= SAME * min(whole[app] for app in pair))


def _pairs(apps: list[str]) -> Iterator[tuple[str, str]]:
    if len(apps) <= CROWD:
        yield from combinations(apps, 2)
    else:
        yield from ((apps[0], other) for other in apps[1:])


def _sums(counted: Mapping[tuple[K, int], int]) -> dict[K, float]:
    """The weight of each key; exact sums, so that their order does not count."""
    parts: dict[K, list[float]] = {}
    for (key, many), count in counted.items():
        parts.setdefault(key, []).append(count * min(1.0, 2 / many))
    return {key: math.fsum(weights) for key, weights in parts.items()}
