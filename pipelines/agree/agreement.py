"""How well verdicts agree with a gold set: counts, shares and their intervals, Cohen's kappa, risk and coverage."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

Z = 1.959963984540054
"""Of the normal distribution: 95 % lie within."""


@dataclass(frozen=True, slots=True)
class Share:
    """A share with the bounds that hold it in 95 of 100 cases; all None where there was nothing to count."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Confusion:
    """Pairs of a gold verdict and a labeler's, good being the positive one; `open_` got no verdict that decides."""

    true_positive: int = 0
    false_positive: int = 0
    true_negative: int = 0
    false_negative: int = 0
    open_: int = 0

    @property
    def covered(self) -> int:
        """Pairs in which the labeler decided."""
        return self.true_positive + self.false_positive + self.true_negative + self.false_negative

    @property
    def rows(self) -> int:
        """All pairs."""
        return self.covered + self.open_

    @property
    def coverage(self) -> Share:
        """How often it decided."""
        return wilson(self.covered, self.rows)

    @property
    def precision(self) -> Share:
        """Of what it called good, how much is."""
        return wilson(self.true_positive, self.true_positive + self.false_positive)

    @property
    def recall(self) -> Share:
        """Of what is good and was decided, how much it called so."""
        return wilson(self.true_positive, self.true_positive + self.false_negative)

    @property
    def f1(self) -> float | None:
        """The harmonic mean of both."""
        pairs = 2 * self.true_positive + self.false_positive + self.false_negative
        return 2 * self.true_positive / pairs if pairs else None

    @property
    def kappa(self) -> Share:
        """Cohen's kappa among what was decided, with the interval of Fleiss, Cohen and Everitt (1969)."""
        return kappa(self.true_positive, self.false_positive, self.true_negative, self.false_negative)

    @classmethod
    def of(cls, pairs: Iterable[tuple[bool, bool | None]]) -> "Confusion":
        """The counts of pairs: whether gold says good, and whether the labeler does (None: it does not say)."""
        counts = Counter(pairs)
        return cls(
            true_positive=counts[True, True],
            false_positive=counts[False, True],
            true_negative=counts[False, False],
            false_negative=counts[True, False],
            open_=counts[True, None] + counts[False, None],
        )


def wilson(hits: int, among: int) -> Share:
    """The share with Wilson's interval (1927), which keeps within 0 and 1 for few and for rare ones."""
    if among == 0:
        return Share(None, None, None)
    share = hits / among
    middle = (share + Z * Z / (2 * among)) / (1 + Z * Z / among)
    reach = Z * sqrt(share * (1 - share) / among + Z * Z / (4 * among * among)) / (1 + Z * Z / among)
    return Share(share, max(0.0, min(share, middle - reach)), min(1.0, max(share, middle + reach)))


def kappa(true_positive: int, false_positive: int, true_negative: int, false_negative: int) -> Share:
    """Agreement beyond that of chance: 1 complete, 0 none; None where one of the two always says the same."""
    total = true_positive + false_positive + true_negative + false_negative
    if total == 0:
        return Share(None, None, None)
    cells = ((true_positive / total, false_negative / total), (false_positive / total, true_negative / total))
    gold = [sum(row) for row in cells]
    said = [cells[0][column] + cells[1][column] for column in (0, 1)]
    agreed = cells[0][0] + cells[1][1]
    chance = sum(g * s for g, s in zip(gold, said, strict=True))
    if chance >= 1:
        return Share(None, None, None)
    value = (agreed - chance) / (1 - chance)
    diagonal = sum(cells[i][i] * (1 - (gold[i] + said[i]) * (1 - value)) ** 2 for i in (0, 1))
    across = (1 - value) ** 2 * sum(cells[i][j] * (said[i] + gold[j]) ** 2 for i in (0, 1) for j in (0, 1) if i != j)
    variance = max(0.0, diagonal + across - (value - chance * (1 - value)) ** 2) / (total * (1 - chance) ** 2)
    reach = Z * sqrt(variance)
    return Share(value, max(-1.0, value - reach), min(1.0, value + reach))


@dataclass(frozen=True, slots=True)
class RiskPoint:
    """What is accepted when scores of at least `threshold` count as good: how much, and how much of it is good."""

    threshold: float
    accepted: int
    coverage: float
    precision: Share


def risk_curve(scored: Sequence[tuple[bool, float]]) -> list[RiskPoint]:
    """For every score, from the highest: how many pairs reach it, and how many of those gold calls good."""
    points: list[RiskPoint] = []
    ordered = sorted(scored, key=lambda pair: -pair[1])
    good = 0
    for place, (gold, score) in enumerate(ordered, 1):
        good += gold
        if place == len(ordered) or ordered[place][1] != score:
            points.append(RiskPoint(score, place, place / len(ordered), wilson(good, place)))
    return points


def suggested_threshold(curve: Sequence[RiskPoint], *, precision: float) -> float | None:
    """The lowest score whose acceptance is precise enough with certainty: by the lower bound; None where none is."""
    enough = [
        point.threshold for point in curve if point.precision.low is not None and point.precision.low >= precision
    ]
    return min(enough, default=None)
