"""Which way a column of texts runs, read as a person reads it: numbers as numbers, else as words."""

import itertools
import re
from collections.abc import Sequence
from typing import Literal, TypeAlias

Order: TypeAlias = Literal["ascending", "descending"]


_ARRANGING = re.compile(r"_?(?:sort|order|o$|page|p$|per|size|limit|start|offset|next|prev|facet|asc|desc|dir)", re.I)


def arranges(parameter: str) -> bool:
    """Whether a parameter of an address, by its name, says in what order or which page of a list is shown."""
    return _ARRANGING.match(parameter) is not None


def order_of(values: Sequence[str]) -> Order | None:
    """Which way the values run, as numbers if all are, else as text; None if neither."""
    numbers = [number(value) for value in values]
    keys: list[float] | list[str]
    keys = (
        [number for number in numbers if number is not None]
        if None not in numbers
        else [value.casefold() for value in values]
    )
    pairs = list(itertools.pairwise(keys))
    if all(left <= right for left, right in pairs):  # type: ignore[operator]
        return "ascending"
    return "descending" if all(left >= right for left, right in pairs) else None  # type: ignore[operator]


def number(text: str) -> float | None:
    """The number that a cell holds, with or without separators of thousands and a currency, or None."""
    cleaned = text.strip().replace(",", "").lstrip("$€£")
    return float(cleaned) if re.fullmatch(r"-?\d+(?:\.\d+)?", cleaned) else None
