"""What calls may cost and how fast they may go: a budget in money and tokens, and a pace in calls and tokens a minute.

What a call may cost at most is set aside before it is sent.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import monotonic

from labelers.model.prices import Price, Usage
from labelers.model.requests import Request
from schemas.errors import ConfigurationError

MINUTE = 60.0
BURST = 1.0
"""Seconds of flow that may be taken at once."""


@dataclass(frozen=True, slots=True)
class Cost:
    """US dollars and tokens."""

    money: float = 0.0
    tokens: int = 0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.money + other.money, self.tokens + other.tokens)

    def __sub__(self, other: "Cost") -> "Cost":
        return Cost(self.money - other.money, self.tokens - other.tokens)


class Budget:
    """What may be spent, what is, and what calls under way may still take. One thread uses it.

    None is no limit; without a price only tokens count.
    """

    def __init__(self, price: Price | None, *, money: float | None = None, tokens: int | None = None) -> None:
        if money is not None and price is None:
            raise ConfigurationError("a budget in US dollars needs the price of the model: give a table of prices")
        self._price = price
        self._money, self._tokens = money, tokens
        self._held = Cost()
        self.spent = Cost()

    def most(self, request: Request) -> Cost:
        """What one call of the request can cost."""
        return self.cost(Usage(request.most_input, request.most_output))

    def cost(self, usage: Usage) -> Cost:
        """What tokens cost."""
        money = self._price.money(usage) if self._price is not None else 0.0
        return Cost(money, usage.input + usage.output)

    def hold(self, cost: Cost) -> bool:
        """Sets aside what a call can cost at most; False, and nothing is, where that would exceed the budget."""
        after = self.spent + self._held + cost
        if self._money is not None and after.money > self._money:
            return False
        if self._tokens is not None and after.tokens > self._tokens:
            return False
        self._held += cost
        return True

    def settle(self, held: Cost, cost: Cost) -> None:
        """A call ended: what was set aside for it is free again, and what it did cost is spent."""
        self._held -= held
        self.spent += cost


class Pace:
    """At most so many calls and tokens a minute; each None is no limit. One event loop uses it.

    A bucket fills steadily and holds what flows in within `BURST`; a call that needs more than is there empties it
    below nothing, and those after it wait. (aiolimiter refuses a call that is larger than its bucket.)
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
