import pytest

from pipelines.curate.roles.typed import LOOKED_AT, is_in

OTHER = [
    ("12,5", "125"),
    ("-40", "40"),
    ("1.50", "150"),
    ("3 000", "3.000"),
    # signs
    ("40", "-40"),
    ("\u221240", "40"),
    ("-40", "+40"),
    ("+40", "40"),
    ("-.5", ".5"),
    ("-12,5", "12,5"),
    ("40", "(-40)"),
    # decimals and thousands, wherever one is
    ("125", "12,5"),
    ("150", "1.50"),
    ("12", "12,5"),
    ("5", "12,5"),
    (".5", "5"),
    ("0.5", "5"),
    ("0.5", "05"),
    ("3.000", "3,000"),
    ("3000", "3.000"),
    ("3,000", "3000"),
    ("1.500", "1500"),
    ("1,234.50", "1,234"),
    ("1.234,50", "1234"),
    ("12.5", "1.25"),
    # other digits than were typed
    ("40", "400"),
    ("40", "140"),
    ("007", "7"),
    ("0123", "123"),
    ("7", "70"),
    ("5551234", "555-1235"),
    ("555-1234", "5551235"),
    # units, powers, dates, addresses
    ("50%", "50"),
    ("50%", "50 \u2030"),
    ("$5", "5 \u20ac"),
    ("5 kg", "5"),
    ("5 kg", "5 g"),
    ("-5\u00b0", "5\u00b0"),
    ("1e5", "15"),
    ("1e-5", "1e5"),
    ("1,5e3", "15e3"),
    ("31.01.2024", "31.10.2024"),
    ("31.01.2024", "31012024"),
    ("10.0.0.1", "10001"),
    ("v1.10", "v1.1"),
    # words around them
    ("Salt 12,5", "Salt 125"),
    ("Salt 5", "Pepper 5"),
    ("5 salt", "5"),
    ("\uff11\uff12\uff0c\uff15", "125"),
    ("\u0661\u0662\u066b\u0665", "125"),
]
SAME = [
    ("12,5", "12,5"),
    ("12,5", "12.50"),
    ("12,5", "\uff11\uff12\uff0c\uff15"),
    ("1.50", "1,5 \u20ac"),
    ("5", "5.00"),
    ("5.00", "$5"),
    ("3000", "3,000.00"),
    ("3000", "3 000"),
    ("3 000", "3\u00a0000"),
    ("3'000", "3000"),
    ("1000000", "1,000,000"),
    ("1.000.000", "1,000,000"),
    ("3.000", "3.000 kg"),
    ("-40", "\u221240"),
    ("-40", "-40.0"),
    (".5", "0.50"),
    ("40", "Room 12, 40 seats"),
    ("40", "A-40"),
    ("2024", "May 3 2024"),
    ("7", "07:30"),
    ("0123", "0123"),
    ("5551234", "555-1234"),
    ("5551234567", "(555) 123-4567"),
    ("555-1234", "5551234"),
    ("+49 30 1234", "+49301234"),
    ("31.01.2024", "31/01/2024 12:30"),
    ("31/01/2024", "31012024"),
    ("12:30", "12:30:00"),
    ("10.0.0.1", "http://10.0.0.1/"),
    ("50%", "50 %"),
    ("1e5", "1E+5"),
    ("v1.10", "V1.10"),
    ("iPhone15", "iPhone 15"),
    ("a1b2", "xa1b2y"),
    ("Main St. 12", "12 Main St, 12"),
    ("\u0663", "3"),
    ("Blue salt", "BLUESALT, 2 spoons"),
    ("x" * 3_000, "x" * 2_000),
    ("9" * 3_000, "9" * 2_000),
]


@pytest.mark.parametrize(("typed", "shown"), OTHER)
def test_what_may_be_another_number_is_not_what_was_typed(typed: str, shown: str) -> None:
    assert not is_in(typed, shown)


@pytest.mark.parametrize(("typed", "shown"), SAME)
def test_what_a_field_writes_in_its_own_way_is_what_was_typed(typed: str, shown: str) -> None:
    assert is_in(typed, shown)


@pytest.mark.parametrize("text", [typed for pair in (*OTHER, *SAME) for typed in pair])
def test_what_stays_as_it_was_typed_is_there(text: str) -> None:
    assert is_in(text, text)
    assert is_in(text, f"Value: {text}; done")


def test_only_the_begin_of_a_long_text_is_looked_for() -> None:
    text = " ".join(str(number) for number in range(1_000))
    assert is_in(text, text[: 3 * LOOKED_AT])
    assert not is_in(text, text[1 : 3 * LOOKED_AT])


def test_long_texts_are_quick() -> None:
    assert not is_in("9" * 50 + "8" * 2_000, "9 " * 1_000)
    assert not is_in("1.2." * 500, "1." * 1_000)
    assert is_in("e1" * 1_000, "e1" * 1_000)
