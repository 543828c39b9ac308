"""A budget in money and tokens: what a call may cost at most is set aside before it is sent."""

from dataclasses import dataclass

from labelers.model.prices import Price, Usage
from labelers.model.requests import Request
from schemas.errors import ConfigurationError


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
