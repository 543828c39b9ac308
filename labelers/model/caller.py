"""Calls to one server: many at once, each tried again where that may help, within a budget and at a pace.

What may pass by itself is tried again, and so is an answer of another form. What a try cost is counted also where its
answer was of no use.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, TypeVar

from labelers.model.answers import ModelAnswer
from labelers.model.budget import Budget, Cost, Pace
from labelers.model.dialects import Dialect
from labelers.model.prices import Usage
from labelers.model.sending import Endpoint, PicturesRefused, Sender, Tried, pause_before
from schemas.errors import ModelError

IN_VAIN = 32
"""Calls in a row that came to nothing after all their tries: what follows would cost and not be answered either."""

DOUBTS = 5
"""Calls that were refused in a way that may be theirs alone, and none answered, after which it is held to be all's."""

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Called:
    """How the last try of a call ended, how many there were, and the tokens of all."""

    tried: Tried
    tries: int
    usage: Usage | None


class Caller:
    """Used inside of one event loop; `close` gives the connections back. `exhausted` tells that the budget is used up.

    `hopeless` is what makes every other call useless, once that is known: the server said so, or `IN_VAIN` came to
    nothing. An answer of another form is tried again `malformed_tries` times in all (None: as often as any other).
    """

    def __init__(
        self,
        endpoint: Endpoint,
        budget: Budget,
        pace: Pace,
        *,
        malformed_tries: int | None = None,
        dialect: Dialect | None = None,
    ) -> None:
        self._endpoint, self._budget, self._pace = endpoint, budget, pace
        self._malformed_tries = malformed_tries
        self.sender = Sender(endpoint, dialect)
        self.hopeless: ModelError | None = None
        self._in_vain = 0
        self._doubts: list[str] = []
        self._answered = False
        self.exhausted = False

    async def close(self) -> None:
        """Gives the connections back."""
        await self.sender.close()

    async def results(
        self, waiting: Iterator[T], most: Callable[[T], Cost], ask: Callable[[T], Coroutine[Any, Any, R]]
    ) -> AsyncIterator[R]:
        """What `ask` gives for each thing, in the order in which it comes.

        Takes a thing when a call is free for it, with what it can cost set aside, and none after the budget is used up.

        Raises:
            ModelError: if every other call is useless, after those under way ended.
        """

        def following() -> Coroutine[Any, Any, R] | None:
            if self.exhausted or self.hopeless is not None:
                return None
            for thing in waiting:
                if self._budget.hold(most(thing)):
                    return ask(thing)
                self.exhausted = True
                break
            return None

        async with aclosing(as_they_end(following, self._endpoint.flights)) as ending:
            async for result in ending:
                yield result
        if self.hopeless is None and self._doubts and not self._answered:
            self.hopeless = ModelError(self._doubts[-1])
        if self.hopeless is not None:
            raise self.hopeless

    async def call(self, name: str, most: Cost, tokens: int, send: Callable[[], Awaitable[Tried]]) -> Called:
        """Sends until there is an answer, or no other try will help; `most` was set aside for the first one."""
        tries = malformed = 0
        usage: Usage | None = None
        while True:
            if self.hopeless is not None:  # since it was taken up
                self._budget.settle(most, Cost())
                return Called(Tried(ModelAnswer("failed", None, f"not asked: {self.hopeless}"), None), tries, usage)
            tries += 1
            cost = most  # where nobody hears how a try ended
            try:
                await self._pace.take(tokens)
                tried = await send()
                cost = most if tried.cost_unknown else self._budget.cost(tried.answer.usage or Usage(0, 0))
            finally:
                self._budget.settle(most, cost)
            usage = _sum(usage, tried.answer.usage)
            malformed += tried.answer.status == "malformed"
            self._weigh(tried)
            done = tried.pause is None or malformed == self._malformed_tries or tries == self._endpoint.tries
            if done or self.hopeless is not None:
                break
            await asyncio.sleep(pause_before(name, tries, wish=tried.pause))
            if not self._budget.hold(most):
                self.exhausted = True
                break
        self._count(tried)
        return Called(tried, tries, usage)

    def _weigh(self, tried: Tried) -> None:
        """Takes in what a try says of all others."""
        if tried.hopeless is None or self.hopeless is not None:
            return
        if tried.no_pictures:
            self.hopeless = PicturesRefused(tried.hopeless)
        elif not tried.doubtful:
            self.hopeless = ModelError(tried.hopeless)
        else:
            self._doubts.append(tried.hopeless)
            if len(self._doubts) >= DOUBTS and not self._answered:
                self.hopeless = ModelError(tried.hopeless)

    def _count(self, tried: Tried) -> None:
        """Counts calls in a row that came to nothing."""
        answered = tried.answer.status in ("ok", "refused")
        self._answered = self._answered or answered
        self._in_vain = 0 if answered else self._in_vain + 1
        if self._in_vain >= IN_VAIN:
            self.hopeless = self.hopeless or ModelError(
                f"the last {self._in_vain} calls came to nothing, the last one because of: {tried.answer.error}; what "
                "was answered before is kept: mend that, or choose another model, and go on"
            )


async def as_they_end(following: Callable[[], Coroutine[Any, Any, T] | None], most: int) -> AsyncGenerator[T, None]:
    """What calls give, in the order in which they end, with at most so many under way.

    `following` is asked for the next call when there is room for it, and gives None where none is to begin now; the
    end has come when none is under way either. Calls that are under way when the caller stops listening are cancelled.
    """
    under_way: set[asyncio.Task[T]] = set()
    try:
        while True:
            while len(under_way) < most and (call := following()) is not None:
                under_way.add(asyncio.create_task(call))
            if not under_way:
                break
            done, under_way = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                yield task.result()
    finally:
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


def _sum(one: Usage | None, other: Usage | None) -> Usage | None:
    if one is None or other is None:
        return one or other
    return Usage(one.input + other.input, one.output + other.output, one.cached + other.cached)
