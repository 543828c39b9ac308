"""The vectors of sentences that a lake holds: which model made them, and what they are."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from labelers.model.vectors import Vector, digest_of, vector_of
from pipelines.lake.delta import Snapshot
from schemas.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Embedding:
    """Which model makes the vectors, and of how many dimensions (None: its own); a labeler by name and version."""

    model: str
    dimensions: int | None = None

    @property
    def name(self) -> str:
        """As the lake records it."""
        return f"embedding/{self.model}"

    @property
    def version(self) -> str:
        """Changes with the vectors."""
        return "1" if self.dimensions is None else f"1-{self.dimensions}"

    @property
    def told(self) -> str:
        """As messages call it."""
        return self.model if self.dimensions is None else f"{self.model} with {self.dimensions} dimensions"

    def digest(self, text: str) -> str:
        """What the vector of a text is known by."""
        return digest_of(self.model, self.dimensions, text)


def check_vectors(snapshot: Snapshot, embedding: Embedding) -> None:
    """Checks that a lake holds vectors of a model that can be compared.

    Raises:
        ConfigurationError: if it holds none, or some of other dimensions than others.
    """
    dimensions = {
        # Of vectors of other dimensions the base64 has another length.
        length // 4 * 3 // 4
        for answers in _answers(snapshot, embedding)
        for length in pc.unique(pc.binary_length(answers["answer"])).to_pylist()
    }
    if not dimensions:
        shorter = "" if embedding.dimensions is None else f" --dimensions {embedding.dimensions}"
        raise ConfigurationError(
            f"expected vectors of {embedding.told} in the lake, found none: hindtrace embed --model "
            f"{embedding.model}{shorter} asks for them"
        )
    if len(dimensions) > 1:
        several = ", ".join(map(str, sorted(dimensions)))
        raise ConfigurationError(
            f"expected vectors of {embedding.told} of one length, found {several} dimensions: "
            "the server changed its model; embed under another name, or with --dimensions"
        )


def vectors_of(snapshot: Snapshot, embedding: Embedding, texts: Iterable[str]) -> dict[str, Vector]:
    """The vectors of those of the texts that have one.

    Raises:
        SchemaError: if what the lake holds is no vector.
    """
    wanted = {embedding.digest(text): text for text in texts}
    vectors: dict[str, Vector] = {}
    for answers in _answers(snapshot, embedding):
        mine = answers.filter(pc.is_in(answers["request"], value_set=pa.array(sorted(wanted), pa.string())))
        for digest, answer in zip(*(mine[name].to_pylist() for name in ("request", "answer")), strict=True):
            vector = vector_of(answer)
            # Two jobs at once may have asked for the same: which came first changes nothing.
            vectors[digest] = min(vector, vectors.get(digest, vector), key=lambda either: either.tobytes())
    return {wanted[digest]: vectors[digest] for digest in sorted(vectors)}


def _answers(snapshot: Snapshot, embedding: Embedding) -> Iterator[pa.Table]:
    """The vectors of a model, bucket by bucket: `request` and `answer`."""
    names = ["request", "labeler", "labeler_version", "status", "answer"]
    mine = (pc.field("labeler") == embedding.name) & (pc.field("labeler_version") == embedding.version)
    for bucket in range(snapshot.buckets):
        rows = snapshot.read("calls", bucket=bucket, columns=names)
        yield rows.filter(mine & (pc.field("status") == "ok") & pc.is_valid(pc.field("answer")))
