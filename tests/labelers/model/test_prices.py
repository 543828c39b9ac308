from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelers.model.budget import Budget, Cost
from labelers.model.prices import Price, Usage, load_prices
from schemas.errors import ConfigurationError


def test_money_follows_the_tokens() -> None:
    price = Price(input=2.0, output=10.0, cached=1.0)
    assert price.money(Usage(1_000_000, 100_000)) == pytest.approx(3.0)
    assert price.money(Usage(1_000_000, 0, cached=400_000)) == pytest.approx(1.6)
    assert price.money(Usage(1_000_000, 100_000), batch=True) == pytest.approx(1.5)


def test_the_first_pattern_that_fits_counts_and_a_file_goes_before(tmp_path: Path) -> None:
    assert load_prices(None).of("gpt-4o-mini-2024-07-18") != load_prices(None).of("gpt-4o-2024-08-06")
    assert load_prices(None).of("qwen2.5-vl") is None
    file = tmp_path / "prices.toml"
    file.write_text('["qwen*"]\ninput = 0.2\noutput = 0.6\n["gpt-4o*"]\ninput = 1\noutput = 2\ncached = 0.5\n')
    prices = load_prices(file)
    assert prices.of("qwen2.5-vl") == Price(0.2, 0.6, 0.2)
    assert prices.of("gpt-4o-mini") == Price(1, 2, 0.5)


@pytest.mark.parametrize(
    "text",
    [
        "[broken",
        "a = 1",
        "[a]\ninput = 1",
        "[a]\ninput = 1\noutput = -1",
        "[a]\ninput = true\noutput = 1",
        "[a]\ninput = inf\noutput = 1",
        "[a]\ninput = 1\noutput = 1\nmore = 2",
    ],
)
def test_a_table_that_says_something_else_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "prices.toml"
    file.write_text(text)
    with pytest.raises(ConfigurationError, match=r"prices\.toml"):
        load_prices(file)
    with pytest.raises(ConfigurationError, match="none"):
        load_prices(tmp_path / "none")


def test_a_budget_in_money_needs_a_price() -> None:
    with pytest.raises(ConfigurationError, match="price"):
        Budget(None, money=1.0)


@given(st.integers(0, 500), st.lists(st.tuples(st.integers(0, 60), st.integers(0, 100)), max_size=40))
def test_what_is_held_and_spent_never_exceeds_the_budget(tokens: int, calls: list[tuple[int, int]]) -> None:
    budget = Budget(Price(1.0, 1.0, 1.0), tokens=tokens)
    under_way: list[tuple[Cost, Cost]] = []
    for number, (most, share) in enumerate(calls):
        held = Cost(0.0, most)
        if budget.hold(held):
            under_way.append((held, Cost(0.0, most * share // 100)))
        if number % 3 == 2 and under_way:
            budget.settle(*under_way.pop(0))
        assert budget.spent.tokens + sum(held.tokens for held, _ in under_way) <= tokens
    for pair in under_way:
        budget.settle(*pair)
    assert budget.hold(Cost(0.0, tokens - budget.spent.tokens))
    assert not budget.hold(Cost(0.0, 1))
