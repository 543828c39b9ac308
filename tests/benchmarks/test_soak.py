import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.soak import FEWEST, is_flat, quarters


def test_what_warms_up_and_then_stays_is_flat() -> None:
    assert is_flat([100, 200, 300, 400, 405, 410, 400, 410, 402, 400, 408, 405])


def test_what_grows_all_the_time_is_not_flat() -> None:
    assert not is_flat([100 + 10 * minute for minute in range(60)])


def test_a_peak_is_no_growth_and_shrinking_is_flat() -> None:
    assert is_flat([400.0] * 55 + [900.0] + [400.0] * 4)
    assert is_flat([float(900 - minute) for minute in range(60)])


def test_a_tenth_is_allowed_and_more_is_not() -> None:
    assert is_flat([100.0] * 6 + [110.0] * 2)
    assert not is_flat([100.0] * 6 + [110.5] * 2)


def test_too_few_samples_say_nothing() -> None:
    with pytest.raises(ValueError, match=f"at least {FEWEST} samples, found 7"):
        is_flat([1.0] * 7)


@given(st.lists(st.floats(1, 1000), min_size=FEWEST, max_size=70))
def test_the_quarters_are_medians_of_samples(sizes: list[float]) -> None:
    second, last = quarters(sizes)
    assert min(sizes) <= second <= max(sizes)
    assert min(sizes) <= last <= max(sizes)
