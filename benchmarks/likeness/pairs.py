"""The pairs: `same` or `other`, of which kind, and both sentences, a line each with tabs between."""

from dataclasses import dataclass
from pathlib import Path

PAIRS = Path(__file__).with_name("pairs.tsv")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two sentences, whether a person takes them for one task, and what makes them hard to tell."""

    same: bool
    kind: str
    one: str
    other: str


def read_pairs(path: Path) -> list[Pair]:
    """The pairs of a file; empty lines and those that begin with `#` are none."""
    pairs: list[Pair] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            verdict, kind, one, other = line.split("\t")
            pairs.append(Pair(verdict == "same", kind, one, other))
    return pairs
