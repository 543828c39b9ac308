"""Sentences as vectors by a server's `/v1/embeddings`: many texts a call, many calls at once, each with its digest.

The same budget, pace, retries and keys as with a chat. What a text's vector is depends on the model, the text and the
dimensions asked for, so its digest serves as the name of the answer in a cache.
"""

import base64
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from labelers.model.answers import TOKEN_LIMIT, ModelAnswer
from labelers.model.budget import Budget, Cost, Pace
from labelers.model.caller import Caller
from labelers.model.prices import Usage
from labelers.model.requests import BYTES_PER_TOKEN
from labelers.model.sending import Endpoint, Tried
from labelers.model.vectors import digest_of, vector_of
from schemas.errors import SchemaError
from schemas.keys import canonical_json, key, parse_json

PATH = "/embeddings"
TEXTS = 64
"""Of one call; OpenAI takes 2,048."""

TEXT_BYTES = 8_000
"""Of one text; a longer one is refused by name. OpenAI takes 8,191 tokens."""

OVERHEAD = 8
"""Tokens reckoned for what a server puts around a text."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """A text with its vector as base64 of little-endian 32-bit floats, or why there is none.

    `usage` is the tokens of its call, told with the call's first text and 0 with the others, so that they can be added.
    """

    digest: str
    text: str
    answer: str | None
    error: str | None
    usage: Usage


class Embedder:
    """Asks one server for vectors; used inside of one event loop, `close` gives the connections back.

    `exhausted` tells that the budget is used up.
    """

    def __init__(
        self, endpoint: Endpoint, model: str, *, budget: Budget, pace: Pace, dimensions: int | None = None
    ) -> None:
        self._model, self._dimensions, self._budget = model, dimensions, budget
        self._caller = Caller(endpoint, budget, pace)

    @property
    def exhausted(self) -> bool:
        """Whether the budget is used up."""
        return self._caller.exhausted

    async def close(self) -> None:
        """Gives the connections back."""
        await self._caller.close()

    def digest(self, text: str) -> str:
        """What the vector of a text depends on, as a key."""
        return digest_of(self._model, self._dimensions, text)

    async def vectors(self, texts: Iterable[str], known: Mapping[str, str]) -> AsyncIterator[Embedded]:
        """The distinct texts that are not `known` by their digest, each with its vector, as they come.

        No call is made after the budget is used up.

        Raises:
            ModelError: if the server said what makes every other call useless, after those under way ended.
        """
        async for batch in self._caller.results(self._batches(texts, known), self._most, self._ask):
            for embedded in batch:
                yield embedded

    def _batches(self, texts: Iterable[str], known: Mapping[str, str]) -> Iterator[dict[str, str]]:
        """The texts by their digests, so many at once."""
        fresh = {digest: text for text in texts if (digest := self.digest(text)) not in known}
        rows = iter(fresh.items())
        while batch := dict(islice(rows, TEXTS)):
            yield batch

    def _most(self, batch: Mapping[str, str]) -> Cost:
        return self._budget.cost(Usage(most_tokens(batch.values()), 0))

    async def _ask(self, batch: Mapping[str, str]) -> list[Embedded]:
        most, tokens = self._most(batch), most_tokens(batch.values())
        long = {digest: text for digest, text in batch.items() if not 0 < len(text.encode()) <= TEXT_BYTES}
        asked = {digest: text for digest, text in batch.items() if digest not in long}
        refused = [_failed(digest, text, f"expected 1 to {TEXT_BYTES} bytes of text") for digest, text in long.items()]
        if not asked:
            self._budget.settle(most, Cost())
            return refused
        body, vectors = self._body(asked), list[str]()

        async def send() -> Tried:
            response = await self._caller.sender.exchange(body, PATH)
            if isinstance(response, Tried):
                return response
            packed, usage = _vectors(response, len(asked))
            if isinstance(packed, SchemaError):
                return Tried(ModelAnswer("malformed", None, str(packed), usage), 0.0, cost_unknown=usage is None)
            vectors.extend(packed)
            return Tried(ModelAnswer("ok", None, None, usage), None, cost_unknown=usage is None)

        called = await self._caller.call(key("embeddings", list(asked)), most, tokens, send)
        answer = called.tried.answer
        if not vectors:
            return refused + [_failed(digest, text, answer.error or "no answer") for digest, text in asked.items()]
        counted = [answer.usage or Usage(tokens, 0), *[Usage(0, 0)] * (len(asked) - 1)]
        rows = zip(asked.items(), vectors, counted, strict=True)
        return refused + [Embedded(digest, text, vector, None, usage) for (digest, text), vector, usage in rows]

    def _body(self, batch: Mapping[str, str]) -> bytes:
        body: dict[str, Any] = {"model": self._model, "input": list(batch.values()), "encoding_format": "base64"}
        if self._dimensions is not None:
            body["dimensions"] = self._dimensions
        return canonical_json(body)


def most_tokens(texts: Iterable[str]) -> int:
    """An upper bound of the tokens that the vectors of texts cost."""
    return sum(-(-len(text.encode()) // BYTES_PER_TOKEN) + OVERHEAD for text in texts)


def _vectors(data: bytes, count: int) -> tuple[list[str] | SchemaError, Usage | None]:
    """The vectors of a response in the order of their texts, or what is wrong with it; and its tokens, if it tells."""
    usage: Usage | None = None
    try:
        body = parse_json(data)
        counted = body.get("usage") or {}
        tokens = counted.get("prompt_tokens")
        if type(tokens) is int and 0 <= tokens < TOKEN_LIMIT:
            usage = Usage(tokens, 0)
        rows = sorted(body["data"], key=lambda row: int(row["index"]))
        if [row["index"] for row in rows] != list(range(count)):
            raise SchemaError(f"expected {count} vectors, found {len(rows)}")
        answers = [_packed(row["embedding"]) for row in rows]
        if len({len(vector_of(answer)) for answer in answers}) != 1:
            raise SchemaError("expected vectors of one length")
    except SchemaError as error:
        return error, usage
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError):
        return SchemaError("expected a list of embeddings, found something else"), usage
    return answers, usage


def _packed(vector: Any) -> str:
    """A vector as base64: some servers give numbers whatever they are asked for."""
    if isinstance(vector, str):
        return vector
    return base64.b64encode(np.asarray(vector, "<f4").tobytes()).decode()


def _failed(digest: str, text: str, error: str) -> Embedded:
    return Embedded(digest, text, None, error[:500], Usage(0, 0))
