"""The client: asks an OpenAI-compatible server, many calls at once, until each has an answer or a reason for none."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, replace

from labelers.model.answers import ModelAnswer
from labelers.model.budget import Budget, Cost, Pace
from labelers.model.caller import Caller
from labelers.model.gallery import Gallery
from labelers.model.requests import Request, body_of
from labelers.model.sending import Endpoint, Tried
from schemas.errors import LakeError, SchemaError
from schemas.records import Screen

MALFORMED_TRIES = 3


@dataclass(frozen=True, slots=True)
class AnsweredRequest:
    """A request with its answer, whose usage is that of all tries; `tries` of them took so many seconds."""

    request: Request
    answer: ModelAnswer
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
        self._budget, self._gallery, self._check = budget, Gallery(screen), check
        self._caller = Caller(endpoint, budget, pace, malformed_tries=MALFORMED_TRIES)
        self._first_picture = asyncio.Lock()
        self._pictures_tried = False

    @property
    def exhausted(self) -> bool:
        """Whether the budget is used up."""
        return self._caller.exhausted

    async def close(self) -> None:
        """Gives the connections back."""
        await self._caller.close()

    async def answers(self, requests: Iterable[Request]) -> AsyncIterator[AnsweredRequest]:
        """Each request with its answer, in the order in which they come.

        Takes a request when a call is free for it, and none after the budget is used up.

        Raises:
            ModelError: if the server said what makes every other question useless, after those under way ended.
        """
        async for answered in self._caller.results(iter(requests), self._budget.most, self._ask):
            yield answered

    async def _ask(self, request: Request) -> AnsweredRequest:
        began = time.monotonic()
        most = self._budget.most(request)  # which is set aside
        try:
            body = await made_body(request, self._gallery)
        except (SchemaError, KeyError, LakeError) as error:
            self._budget.settle(most, Cost())
            return AnsweredRequest(request, not_made(error), 0, time.monotonic() - began)

        async def send() -> Tried:
            if any(turn.pictures for turn in request.turns) and not self._pictures_tried:
                async with self._first_picture:  # whether the server takes pictures is asked once
                    if self._caller.hopeless is not None:
                        return Tried(ModelAnswer("failed", None, f"not asked: {self._caller.hopeless}"), None)
                    if not self._pictures_tried:
                        return self._judged(await self._caller.sender.send(body), pictured=True)
            return self._judged(await self._caller.sender.send(body))

        called = await self._caller.call(request.digest, most, request.most_input + request.most_output, send)
        answer = replace(called.tried.answer, usage=called.usage)
        return AnsweredRequest(request, answer, called.tries, time.monotonic() - began)

    def _judged(self, tried: Tried, *, pictured: bool = False) -> Tried:
        """The try, with what is wrong with an answer that does not fit its form."""
        self._pictures_tried = self._pictures_tried or pictured
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


def not_made(error: Exception) -> ModelAnswer:
    """The answer to a request that can't be sent because a picture can't be made: a failure that names it."""
    said = f"screen {error} is not there" if isinstance(error, KeyError) else str(error)
    return ModelAnswer("failed", None, f"not asked: {said}"[:500])
