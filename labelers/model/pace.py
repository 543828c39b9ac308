"""Calls and tokens a minute: a bucket that fills steadily, and what is taken from it before a call."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic

MINUTE = 60.0
BURST = 1.0
"""Seconds of flow that may be taken at once."""


class Pace:
    """At most so many calls and tokens a minute; each None is no limit. One event loop uses it.

    The bucket holds what flows in within `BURST`; a call that needs more than is there empties it below nothing, and
    those after it wait.
    """

    def __init__(
        self,
        *,
        calls: float | None = None,
        tokens: float | None = None,
        clock: Callable[[], float] = monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clock, self._sleep = clock, sleep
        limits = (("calls", calls), ("tokens", tokens))
        self._rates = {name: most / MINUTE for name, most in limits if most is not None}
        self._paid = dict.fromkeys(self._rates, 0.0)  # the time at which all that was taken has flowed in

    async def take(self, tokens: int) -> None:
        """Waits until a call of so many tokens may be sent; those who wait are served in turn."""
        now = self._clock()
        start = now
        for name in self._rates:
            start = max(start, self._paid[name] - BURST)
        for name, rate in self._rates.items():
            self._paid[name] = max(self._paid[name], start) + (1 if name == "calls" else tokens) / rate
        if start > now:
            await self._sleep(start - now)
