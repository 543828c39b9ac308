"""Values that were entered, as applications write them."""

import pytest

from schemas.same_values import tells_value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Rake", "rake"),
        ("autumn leaves", "autumn"),
        ("May 17, 2024", "2024-05-17"),
        ("17. May 2024", "2024-05-17"),
        ("17/05/2024", "2024-05-17"),
        ("2024-05-17T09:00", "2024-05-17"),
        ("\u20ac1,012.50", "1012.5"),
        ("1.012,50 \u20ac", "1012.50"),
        ("4.50 EUR", "4.50"),
        ("7", "7"),
    ],
)
def test_a_value_is_told_as_it_is_among_other_words_or_written_in_another_way(text: str, value: str) -> None:
    assert tells_value(text, value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Anna", "Ann"),
        ("June 17, 2024", "2024-05-17"),
        ("5 of 12", "5"),
        ("12.50", "12.5x"),
        ("45.00", "4.50"),
        ("on it", "it"),
        ("", "4"),
        ("1" * 500, "11"),
    ],
)
def test_what_only_looks_alike_tells_it_not(text: str, value: str) -> None:
    assert not tells_value(text, value)
