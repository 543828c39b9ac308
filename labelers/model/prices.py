"""What tokens cost: a table of models, which a user's file adds to."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from types import MappingProxyType
from typing import Any

from schemas.errors import ConfigurationError
from schemas.files import read_given

MILLION = 1_000_000
BATCH_SHARE = 0.5
"""Of the price is asked for what is sent as a batch."""

_RATES = frozenset({"input", "output", "cached"})


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one answer; `cached` are those of the input that the server had kept."""

    input: int
    output: int
    cached: int = 0


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a million tokens."""

    input: float
    output: float
    cached: float

    def money(self, usage: Usage, *, batch: bool = False) -> float:
        """What the tokens cost, in US dollars."""
        fresh = max(usage.input - usage.cached, 0)
        sum_ = fresh * self.input + min(usage.cached, usage.input) * self.cached + usage.output * self.output
        return sum_ / MILLION * (BATCH_SHARE if batch else 1)


# OpenAI's list prices as published in 2025. They change: a user's own table goes before.
_KNOWN: Mapping[str, Price] = MappingProxyType(
    {
        "gpt-4o-mini*": Price(0.15, 0.60, 0.075),
        "gpt-4o*": Price(2.50, 10.00, 1.25),
        "gpt-4.1-nano*": Price(0.10, 0.40, 0.025),
        "gpt-4.1-mini*": Price(0.40, 1.60, 0.10),
        "gpt-4.1*": Price(2.00, 8.00, 0.50),
        "text-embedding-3-small": Price(0.02, 0.0, 0.02),
        "text-embedding-3-large": Price(0.13, 0.0, 0.13),
    }
)


@dataclass(frozen=True, slots=True)
class Prices:
    """The table: patterns of model names in order; the first that fits counts."""

    rows: Mapping[str, Price] = field(default_factory=lambda: _KNOWN)

    def of(self, model: str) -> Price | None:
        """The price of a model, or None where the table has none."""
        return next((price for pattern, price in self.rows.items() if fnmatchcase(model, pattern)), None)


def load_prices(path: Path | None) -> Prices:
    """The known prices, after those of a TOML file: a table a model or pattern, `input`, `output` and `cached` in it.

    Raises:
        ConfigurationError: if the file can't be read or says something else.
    """
    if path is None:
        return Prices()
    try:
        table = tomllib.loads(read_given(path).decode())
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigurationError(f"{path}: expected a table of prices in TOML: {error}") from error
    own = {name: _price(name, rates, path) for name, rates in table.items()}
    return Prices({**own, **{name: price for name, price in _KNOWN.items() if name not in own}})


def _price(name: str, rates: Any, path: Path) -> Price:
    wanted = f'["{name}"] with numbers input, output and maybe cached: US dollars for a million tokens'
    if not isinstance(rates, dict) or not {"input", "output"} <= rates.keys() <= _RATES:
        raise ConfigurationError(f"{path}: expected {wanted}, found {rates!r}")
    if not all(type(rate) in (int, float) and 0 <= rate < MILLION for rate in rates.values()):
        raise ConfigurationError(f"{path}: expected {wanted}, found {rates!r}")
    return Price(rates["input"], rates["output"], rates["cached"] if "cached" in rates else rates["input"])
