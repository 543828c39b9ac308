"""Tables for a terminal and for Markdown, and the little arithmetic that the benchmarks share."""

from collections.abc import Callable, Sequence
from statistics import median, quantiles
from typing import TypeAlias


def table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """The rows as a Markdown table, with columns of equal width so that it reads well as it is."""
    cells = [[str(cell).replace("|", "\\|") for cell in row] for row in (headings, *rows)]
    widths = [max(3, *(len(row[column]) for row in cells)) for column in range(len(headings))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in cells
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


Middle: TypeAlias = Callable[[Sequence[float]], float]


def fastest_tenth(values: Sequence[float]) -> float:
    """The value that a tenth stays below: what is found where nothing else runs on the machine."""
    return sorted(values)[len(values) // 10]


def ratio(slow: Sequence[float], fast: Sequence[float], *, middle: Middle = median) -> float:
    """How many times the median of one is that of the other."""
    return middle(slow) / middle(fast)


def own_share(ours: Sequence[float], bare: Sequence[float], *, middle: Middle = median) -> float:
    """The part of our median that a bare loop does not need; negative where ours is faster."""
    return 1 - middle(bare) / middle(ours)


def spread(values: Sequence[float]) -> tuple[float, float]:
    """The first and third quartile."""
    if len(values) < 2:
        return values[0], values[0]
    low, _, high = quantiles(values, n=4, method="inclusive")
    return low, high
