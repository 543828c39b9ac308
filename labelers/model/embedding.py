"""Sentences as vectors by a server's `/v1/embeddings`: many texts a call, many calls at once, each with its digest.

The same budget, pace, retries and keys as with a chat. What a text's vector is depends on the model, the text and the
dimensions asked for, so its digest serves as the name of the answer in a cache.
"""

import asyncio
import base64
from collections.abc import AsyncIterator, Coroutine, Iterable, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from labelers.model.answers import TOKEN_LIMIT
from labelers.model.budget import Budget, Cost
from labelers.model.flying import as_they_end
from labelers.model.pace import Pace
from labelers.model.prices import Usage
from labelers.model.requests import BYTES_PER_TOKEN
from labelers.model.sending import Endpoint, Sender, pause_before
from labelers.model.vectors import digest_of, vector_of
from schemas.errors import ModelError, SchemaError
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
        self._endpoint, self._model, self._dimensions = endpoint, model, dimensions
        self._budget, self._pace = budget, pace
        self._sender = Sender(endpoint)
        self._hopeless: str | None = None
        self.exhausted = False

    async def close(self) -> None:
        """Gives the connections back."""
        await self._sender.close()

    def digest(self, text: str) -> str:
        """What the vector of a text depends on, as a key."""
        return digest_of(self._model, self._dimensions, text)

    async def vectors(self, texts: Iterable[str], known: Mapping[str, str]) -> AsyncIterator[Embedded]:
        """The distinct texts that are not `known` by their digest, each with its vector, as they come.

        No call is made after the budget is used up.

        Raises:
            ModelError: if the server said what makes every other call useless, after those under way ended.
        """
        batches = self._batches(texts, known)

        def following() -> Coroutine[Any, Any, list[Embedded]] | None:
            batch = self._next(batches)
            return None if batch is None else self._ask(batch)

        async with aclosing(as_they_end(following, self._endpoint.flights)) as ending:
            async for found in ending:
                for one in found:
                    yield one
        if self._hopeless is not None:
            raise ModelError(self._hopeless)

    def _batches(self, texts: Iterable[str], known: Mapping[str, str]) -> Iterator[dict[str, str]]:
        """The texts by their digests, so many at once."""
        fresh = {digest: text for text in texts if (digest := self.digest(text)) not in known}
        rows = iter(fresh.items())
        while batch := dict(islice(rows, TEXTS)):
            yield batch

    def _next(self, batches: Iterator[dict[str, str]]) -> dict[str, str] | None:
        if self.exhausted or self._hopeless is not None:
            return None
        batch = next(batches, None)
        if batch is not None and not self._budget.hold(self._most(batch)):
            self.exhausted = True
            return None
        return batch

    def _most(self, batch: Mapping[str, str]) -> Cost:
        return self._budget.cost(Usage(most_tokens(batch.values()), 0))

    async def _ask(self, batch: Mapping[str, str]) -> list[Embedded]:
        most, tokens = self._most(batch), most_tokens(batch.values())
        long = {digest: text for digest, text in batch.items() if not 0 < len(text.encode()) <= TEXT_BYTES}
        asked = {digest: text for digest, text in batch.items() if digest not in long}
        told = [_failed(one, text, f"expected 1 to {TEXT_BYTES} bytes of text") for one, text in long.items()]
        if not asked:
            self._budget.settle(most, Cost())
            return told
        body, name = self._body(asked), key("embeddings", list(asked))
        error, pause = "no answer", None
        for tries in range(1, self._endpoint.tries + 1):
            cost = most  # where nobody hears how a try ended
            try:
                await self._pace.take(tokens)
                said = await self._sender.exchange(body, PATH)
                if isinstance(said, bytes):
                    found, usage = _vectors(said, len(asked))
                    cost = most if usage is None else self._budget.cost(usage)
                    error, pause = str(found), 0.0
                else:
                    found = None
                    cost = most if said.cost_unknown else Cost()
                    error, pause = said.answer.error or "no answer", said.pause
                    self._hopeless = self._hopeless or said.hopeless
            finally:
                self._budget.settle(most, cost)
            if isinstance(found, list):
                counted = [usage or Usage(tokens, 0), *[Usage(0, 0)] * (len(asked) - 1)]
                rows = zip(asked.items(), found, counted, strict=True)
                return told + [Embedded(one, text, vector, None, part) for (one, text), vector, part in rows]
            if pause is None or self._hopeless is not None or tries == self._endpoint.tries:
                break
            await asyncio.sleep(pause_before(name, tries, wish=pause))
            if not self._budget.hold(most):
                self.exhausted = True
                break
        return told + [_failed(one, text, error) for one, text in asked.items()]

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
        found = parse_json(data)
        told = found.get("usage") or {}
        tokens = told.get("prompt_tokens")
        if type(tokens) is int and 0 <= tokens < TOKEN_LIMIT:
            usage = Usage(tokens, 0)
        rows = sorted(found["data"], key=lambda row: int(row["index"]))
        if [row["index"] for row in rows] != list(range(count)):
            raise SchemaError(f"expected {count} vectors, found {len(rows)}")
        answers = [_packed(row["embedding"]) for row in rows]
        if len({len(vector_of(one)) for one in answers}) != 1:
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
