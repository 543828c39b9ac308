"""OpenAI's Batch API as the way to ask: half the price, and an answer within a day.

Requests are gathered in a file, sent, and the batch is polled until it ends. What is under way is known to the server
alone: a batch carries the name of who sent it, so that a job that was killed finds its batches again and sends nothing
twice.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import openai
from openai.types import Batch

from labelers.model.answers import ModelAnswer, read_answer
from labelers.model.budget import Budget, Cost
from labelers.model.client import AnsweredRequest, made_body, not_made
from labelers.model.dialects import DIALECTS, Dialect, takes_no_pictures
from labelers.model.gallery import Gallery
from labelers.model.prices import Usage
from labelers.model.requests import Request, body_of
from labelers.model.sending import NO_PICTURES, RAW_LIMIT, Endpoint, PicturesRefused, without_keys
from schemas.errors import LakeError, ModelError, SchemaError
from schemas.keys import parse_json
from schemas.records import Screen

NAME = "hindtrace"
MOST_REQUESTS = 50_000
MOST_BYTES = 150_000_000
"""Of a file; OpenAI takes 50,000 requests and 200 MB."""

POLL_SECONDS = 30.0
RECENT = 100
"""Batches that are looked through for those of an earlier job: the server's page."""

PUT_WRONGLY = frozenset({"HTTP 400", "HTTP 422"})
"""Errors of a line that may name a parameter which the server does not know."""

_ENDED = frozenset({"completed", "failed", "expired", "cancelled"})


@dataclass(slots=True)
class _Sent:
    """A batch under way, and those of its requests that are waited for."""

    id: str
    digests: frozenset[str]


class BatchClient:
    """Asks in batches; the same in use as `Client`. `name` tells who sent a batch: a labeler, version and lake."""

    def __init__(
        self,
        endpoint: Endpoint,
        name: str,
        *,
        budget: Budget,
        screen: Callable[[str], Screen],
        check: Callable[[str], str | None],
        poll: float = POLL_SECONDS,
    ) -> None:
        self._name, self._budget, self._check, self._poll = name, budget, check, poll
        self._gallery = Gallery(screen)
        self._openai = endpoint.connect()
        self._dialect = Dialect()
        self._waiting: dict[str, Request] = {}
        self._again: dict[str, Request] = {}
        self._put: dict[str, Dialect] = {}
        self._lines: list[bytes] = []
        self._fresh: list[str] = []
        self._size = 0
        self._began = time.monotonic()
        self.exhausted = False

    async def close(self) -> None:
        """Gives the connections back; batches go on."""
        await self._openai.close()

    async def answers(self, requests: Iterable[Request]) -> AsyncIterator[AnsweredRequest]:
        """Each request with its answer, batch after batch.

        Raises:
            ModelError: if the server does not take a batch, one fails as a whole, or the model takes no pictures.
        """
        try:
            async for answered in self._answers(requests):
                yield answered
        except openai.OpenAIError as error:
            raise ModelError(f"the server takes no batches: {without_keys(str(error))[:300]}") from error

    async def _answers(self, requests: Iterable[Request]) -> AsyncIterator[AnsweredRequest]:
        earlier = await self._earlier()
        known = frozenset[str]().union(*(sent.digests for sent in earlier))
        sent = list(earlier)
        for request in requests:
            digest = request.digest
            if digest not in known:
                if not self._budget.hold(self._budget.most(request)):
                    self.exhausted = True
                    break
                try:
                    body = await made_body(request, self._gallery)
                except (SchemaError, KeyError, LakeError) as error:
                    self._budget.settle(self._budget.most(request), Cost())
                    yield AnsweredRequest(request, not_made(error), 0, time.monotonic() - self._began)
                    continue
                sent += await self._add(digest, body)
            self._waiting[digest] = request
        for _ in range(DIALECTS + 1):
            sent += await self._flush()
            for batch in sent:
                async for answered in self._answered(batch):
                    yield answered
            sent, again, self._again = [], self._again, {}
            for digest, request in again.items():
                self._put[digest] = replace(self._dialect)
                sent += await self._add(digest, self._dialect.put(await made_body(request, self._gallery)))
            if not again:
                break

    async def _add(self, digest: str, body: bytes) -> list[_Sent]:
        """Puts a request into the next file; the one before it goes out where that is full."""
        line = b'{"body":%b,"custom_id":"%b","method":"POST","url":"/v1/chat/completions"}\n' % (body, digest.encode())
        full = len(self._fresh) == MOST_REQUESTS or self._size + len(line) > MOST_BYTES
        sent = await self._flush() if full else []
        self._lines.append(line)
        self._fresh.append(digest)
        self._size += len(line)
        return sent

    async def _flush(self) -> list[_Sent]:
        """Sends the file that was gathered, if there is anything in it."""
        lines, fresh = self._lines, self._fresh
        self._lines, self._fresh, self._size = [], [], 0
        return [await self._send(lines, fresh)] if fresh else []

    async def _earlier(self) -> list[_Sent]:
        """The batches that an earlier job of this name sent, the newest first."""
        sent: list[_Sent] = []
        page = await self._openai.batches.list(limit=RECENT)
        for batch in page.data:
            if (batch.metadata or {}).get(NAME) != self._name or batch.status in ("failed", "cancelled", "cancelling"):
                continue
            content = await self._openai.files.content(batch.input_file_id)
            sent.append(_Sent(batch.id, frozenset(_digests(content.content))))
        return sent

    async def _send(self, lines: list[bytes], digests: list[str]) -> _Sent:
        file = await self._openai.files.create(file=("requests.jsonl", b"".join(lines)), purpose="batch")
        batch = await self._openai.batches.create(
            input_file_id=file.id,
            endpoint="/v1/chat/completions",
            completion_window="24h",
            metadata={NAME: self._name},
        )
        return _Sent(batch.id, frozenset(digests))

    async def _answered(self, sent: _Sent) -> AsyncIterator[AnsweredRequest]:
        """The answers of a batch once it has ended; what it left out failed."""
        mine = [digest for digest in self._waiting if digest in sent.digests]
        if not mine:
            return
        batch = await self._ended(sent.id)
        for file in (batch.output_file_id, batch.error_file_id):
            if file is not None:
                for digest, answer in _read((await self._openai.files.content(file)).content):
                    if (request := self._waiting.get(digest)) is None:
                        continue
                    if self._is_put_wrongly(request, answer):
                        self._again[digest] = request  # unless another batch of an earlier job has its answer
                    else:
                        del self._waiting[digest]
                        self._again.pop(digest, None)
                        yield self._judged(request, answer)
        for digest in mine:
            if digest not in self._again and (request := self._waiting.pop(digest, None)) is not None:
                yield self._judged(request, ModelAnswer("failed", None, f"the batch {batch.status} without an answer"))

    def _is_put_wrongly(self, request: Request, answer: ModelAnswer) -> bool:
        """Whether the server did not know how the request was put, and another way is left; that is learnt."""
        pictured = any(turn.pictures for turn in request.turns)
        if pictured and answer.status == "failed" and takes_no_pictures(answer.text or ""):
            raise PicturesRefused(f"{NO_PICTURES} ({answer.error})")
        if answer.status != "failed" or answer.text is None or answer.error not in PUT_WRONGLY:
            return False
        bare = replace(request, turns=tuple(replace(turn, pictures=()) for turn in request.turns))
        before = self._put.get(request.digest, Dialect())
        return self._dialect.learn(before.put(body_of(bare, self._gallery)), answer.text.encode())

    async def _ended(self, id: str) -> Batch:
        while True:
            batch = await self._openai.batches.retrieve(id)
            if batch.status == "failed":
                errors = (batch.errors.data if batch.errors is not None else None) or []
                said = errors[0].message if errors else "for no reason that it tells"
                raise ModelError(f"the batch {id} failed: {without_keys(str(said))[:300]}")
            if batch.status in _ENDED:
                return batch
            await asyncio.sleep(self._poll)

    def _judged(self, request: Request, answer: ModelAnswer) -> AnsweredRequest:
        most = self._budget.most(request)
        self._budget.settle(most, self._budget.cost(answer.usage or Usage(0, 0)))
        if answer.status == "ok" and (problem := self._check(answer.text or "")) is not None:
            answer = ModelAnswer("malformed", answer.text, problem[:500], answer.usage)
        return AnsweredRequest(request, answer, 1, time.monotonic() - self._began)


def _read(data: bytes) -> Iterable[tuple[str, ModelAnswer]]:
    """The answers in a file of results, by the digest of their request."""
    for line in data.splitlines():
        try:
            result: Any = parse_json(line)
            digest, response, error = str(result["custom_id"]), result.get("response"), result.get("error")
            body = json.dumps(response.get("body"), ensure_ascii=True).encode() if isinstance(response, dict) else b""
        except (SchemaError, LookupError, TypeError, AttributeError, RecursionError):
            continue  # whose answer it was is not known: it counts as none
        if isinstance(response, dict) and response.get("status_code") == 200:
            yield digest, read_answer(body)
        else:
            said = error if error is not None else f"HTTP {response.get('status_code')}" if response else "no answer"
            yield digest, ModelAnswer("failed", body.decode()[:RAW_LIMIT] or None, without_keys(str(said))[:300])


def _digests(data: bytes) -> Iterable[str]:
    """The ids of the requests in a file that was sent."""
    for line in data.splitlines():
        try:
            yield str(parse_json(line)["custom_id"])
        except (SchemaError, LookupError, TypeError):
            continue
