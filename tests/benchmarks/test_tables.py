import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.tables import own_share, ratio, spread, table

SECONDS = st.lists(st.floats(0.001, 10), min_size=1, max_size=30)


def test_a_table_is_markdown_with_columns_of_equal_width() -> None:
    lines = table(("what", "found"), [("a|b", 1), ("longer", "22.5 x")]).splitlines()
    assert lines == [
        "| what   | found  |",
        "|--------|--------|",
        "| a\\|b   | 1      |",
        "| longer | 22.5 x |",
    ]


def test_a_table_without_rows_has_its_headings() -> None:
    assert table(("a", "b"), []).splitlines() == ["| a   | b   |", "|-----|-----|"]


def test_ratio_and_share_are_of_medians() -> None:
    assert ratio([10, 20, 900], [5, 5, 1]) == 4
    assert own_share([50, 60, 50], [40, 40, 99]) == pytest.approx(0.2)
    assert own_share([40.0], [50.0]) < 0


@given(SECONDS)
def test_the_quartiles_lie_among_the_values(values: list[float]) -> None:
    low, high = spread(values)
    assert min(values) <= low <= high <= max(values)
