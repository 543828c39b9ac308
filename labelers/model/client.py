"""The client: asks an OpenAI-compatible server, many calls at once, until each has an answer or a reason for none.

What may pass by itself is tried again, and so is an answer that does not fit its form. What a try cost is counted also
where its answer was of no use.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

from labelers.model.answers import Answer
from labelers.model.budget import Budget, Cost
from labelers.model.flying import as_they_end
from labelers.model.gallery import Gallery
from labelers.model.pace import Pace
from labelers.model.prices import Usage
from labelers.model.requests import Request, body_of
from labelers.model.sending import Endpoint, Sender, Tried, pause_before
from schemas.errors import LakeError, ModelError, SchemaError
from schemas.records import Screen

MALFORMED_TRIES = 3


@dataclass(frozen=True, slots=True)
class Answered:
    """A request with its answer, whose usage is that of all tries; `tries` of them took so many seconds."""

    request: Request
    answer: Answer
    tries: int
    seconds: float


class Client:
    """Asks one server; `check` says what is wrong with an answer, or None.

    Used inside of one event loop; `close` gives the connections back. `exhausted` tells that the budget is used up.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        budget: Budget,
        pace: Pace,
        screen: Callable[[str], Screen],
        check: Callable[[str], str | None],
    ) -> None:
        self._endpoint, self._budget, self._pace = endpoint, budget, pace
        self._gallery, self._check = Gallery(screen), check
        self._sender = Sender(endpoint)
        self._hopeless: str | None = None
        self.exhausted = False

    async def close(self) -> None:
        """Gives the connections back."""
        await self._sender.close()

    async def answers(self, requests: Iterable[Request]) -> AsyncIterator[Answered]:
        """Each request with its answer, in the order in which they come.

        Takes a request when a call is free for it, and none after the budget is used up.

        Raises:
            ModelError: if the server said what makes every other question useless, after those under way ended.
        """
        waiting = iter(requests)

        def following() -> Coroutine[Any, Any, Answered] | None:
            request = self._next(waiting)
            return None if request is None else self._ask(request)

        async with aclosing(as_they_end(following, self._endpoint.flights)) as ending:
            async for one in ending:
                yield one
        if self._hopeless is not None:
            raise ModelError(self._hopeless)

    def _next(self, waiting: Iterator[Request]) -> Request | None:
        """The next request, with what it can cost set aside."""
        if self.exhausted or self._hopeless is not None:
            return None
        request = next(waiting, None)
        if request is not None and not self._budget.hold(self._budget.most(request)):
            self.exhausted = True
            return None
        return request

    async def _ask(self, request: Request) -> Answered:
        began = time.monotonic()
        most = self._budget.most(request)  # which is set aside
        try:
            body = await made_body(request, self._gallery)
        except (SchemaError, KeyError, LakeError) as error:
            self._budget.settle(most, Cost())
            return Answered(request, not_made(error), 0, time.monotonic() - began)
        tries, malformed = 0, 0
        usage: Usage | None = None
        while True:
            tries += 1
            cost = most  # where nobody hears how a try ended
            try:
                await self._pace.take(request.most_input + request.most_output)
                tried = self._judged(await self._sender.send(body))
                cost = most if tried.cost_unknown else self._budget.cost(tried.answer.usage or Usage(0, 0))
            finally:
                self._budget.settle(most, cost)
            usage = _sum(usage, tried.answer.usage)
            malformed += tried.answer.status == "malformed"
            self._hopeless = self._hopeless or tried.hopeless
            done = tried.pause is None or malformed == MALFORMED_TRIES or tries == self._endpoint.tries
            if done or self._hopeless is not None:
                break
            await asyncio.sleep(pause_before(request.digest, tries, wish=tried.pause))
            if not self._budget.hold(most):
                self.exhausted = True
                break
        return Answered(request, replace(tried.answer, usage=usage), tries, time.monotonic() - began)

    def _judged(self, tried: Tried) -> Tried:
        """The try, with what is wrong with an answer that does not fit its form."""
        if tried.answer.status != "ok" or (problem := self._check(tried.answer.text or "")) is None:
            return tried
        return replace(tried, answer=replace(tried.answer, status="malformed", error=problem[:500]), pause=0.0)


async def made_body(request: Request, gallery: Gallery) -> bytes:
    """The body of a request, made in another thread where it has pictures: drawing takes longer than many answers.

    Raises:
        KeyError: if a screen is not there.
        SchemaError: if one is no image.
    """
    if not any(turn.pictures for turn in request.turns):
        return body_of(request, gallery)
    return await asyncio.to_thread(body_of, request, gallery)


def not_made(error: Exception) -> Answer:
    """The answer to a request that can't be sent because a picture can't be made: a failure that names it."""
    said = f"screen {error} is not there" if isinstance(error, KeyError) else str(error)
    return Answer("failed", None, f"not asked: {said}"[:500])


def _sum(one: Usage | None, other: Usage | None) -> Usage | None:
    if one is None or other is None:
        return one or other
    return Usage(one.input + other.input, one.output + other.output, one.cached + other.cached)
