"""Precision and recall of "these two sentences are one task", by threshold, with the check of words and without.

    python -m benchmarks.likeness --vectors vectors.json
    python -m benchmarks.likeness --model nomic-embed-text --base-url http://localhost:11434/v1

The vectors come from a file (`benchmarks.likeness.minilm` writes one) or from a server. A pair is taken for one task
where their cosine reaches the threshold and, with the check, nothing differs by `labelers.sameness`.
"""

import argparse
import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.likeness.pairs import PAIRS, Pair, read_pairs
from benchmarks.tables import table
from labelers.model.budget import Budget, Pace
from labelers.model.embedding import Embedder
from labelers.model.sending import Endpoint
from labelers.model.vectors import Vector, vector_of
from labelers.sameness import what_differs
from pipelines.agree.agreement import Share, wilson

THRESHOLDS = (0.8, 0.85, 0.9, 0.95, 0.97)


def measured(
    pairs: Sequence[Pair], vectors: Mapping[str, Vector], threshold: float, *, checked: bool
) -> tuple[Share, Share]:
    """Precision and recall of what is taken for one task."""
    taken = [pair for pair in pairs if _cosine(vectors, pair) >= threshold]
    if checked:
        taken = [pair for pair in taken if what_differs(pair.one, pair.other) is None]
    right = sum(pair.same for pair in taken)
    return wilson(right, len(taken)), wilson(right, sum(pair.same for pair in pairs))


def rows_of(pairs: Sequence[Pair], vectors: Mapping[str, Vector]) -> Iterator[tuple[str, ...]]:
    """A row a threshold: precision and recall by the cosine alone, then with the check."""
    for threshold in THRESHOLDS:
        shares = [share for checked in (False, True) for share in measured(pairs, vectors, threshold, checked=checked)]
        yield f"{threshold:g}", *map(_told, shares)


def read_vectors(path: Path) -> dict[str, Vector]:
    """The vectors of a JSON file, by their sentences."""
    rows = json.loads(path.read_text(encoding="utf-8"))
    return {text: np.array(vector, np.float32) for text, vector in rows.items()}


def asked_for(texts: Sequence[str], model: str, url: str | None) -> dict[str, Vector]:
    """The vectors of the sentences, from a server."""

    async def ask() -> dict[str, Vector]:
        embedder = Embedder(Endpoint(url), model, budget=Budget(None), pace=Pace())
        try:
            answers = [each async for each in embedder.vectors(texts, {})]
        finally:
            await embedder.close()
        return {each.text: vector_of(each.answer) for each in answers if each.answer is not None}

    return asyncio.run(ask())


def _cosine(vectors: Mapping[str, Vector], pair: Pair) -> float:
    one, other = vectors[pair.one], vectors[pair.other]
    return float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other)))


def _told(share: Share) -> str:
    return "-" if share.value is None else f"{share.value:.2f} ({share.low:.2f} to {share.high:.2f})"


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--vectors", type=Path, metavar="FILE")
    source.add_argument("--model", metavar="NAME")
    parser.add_argument("--base-url", metavar="URL")
    parser.add_argument("--kind", help="only the pairs of one kind and all that are the same")
    options = parser.parse_args()
    pairs = [pair for pair in read_pairs(PAIRS) if options.kind in (None, pair.kind) or pair.same]
    texts = sorted({text for pair in pairs for text in (pair.one, pair.other)})
    vectors = read_vectors(options.vectors) if options.vectors else asked_for(texts, options.model, options.base_url)
    heads = ("cosine", "precision", "recall", "precision, checked", "recall, checked")
    print(table(heads, list(rows_of(pairs, vectors))))


if __name__ == "__main__":
    main()
