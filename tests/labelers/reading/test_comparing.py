"""What the question which of two has more asks for, from its words and what each of the two has."""

import pytest

from labelers.reading import Unread, Vocabulary, read, read_comparison
from labelers.rules.comparing import COMPARED_WAYS
from schemas.conditions import Answered, TaskCheck

FOUND = ("1094 km", "866 km")


def said(way: int, more: str = "higher", what: str = "page") -> str:
    names = {"list": '"Rivers"', "one": '"Elbe"', "other": '"Oder"', "value": '"Length"'}
    return COMPARED_WAYS[way].format(more=more, what=what, **names)


@pytest.mark.parametrize("way", range(len(COMPARED_WAYS)))
@pytest.mark.parametrize(("more", "answer"), [("higher", "Elbe"), ("lower", "Oder")])
def test_both_are_looked_up_one_after_the_other(way: int, more: str, answer: str) -> None:
    check = read_comparison(said(way, more), Vocabulary(), found=FOUND, answer=answer)
    one, other = (
        read(f'In "Rivers", what "Length" does the page of "{who}" give?', Vocabulary(), answer=value)
        for who, value in zip(("Elbe", "Oder"), FOUND, strict=True)
    )
    assert check == TaskCheck(
        (*other.all[:-1], Answered(answer)),
        (),
        (*one.passed, one.all[:-1], *other.passed),  # type: ignore[arg-type]
    )


def test_dates_are_earlier_and_later() -> None:
    dates = ("2024-03-01", "2023-11-30")
    assert read_comparison(said(0, "later"), Vocabulary(), found=dates, answer="Elbe")
    assert read_comparison(said(0, "earlier"), Vocabulary(), found=dates, answer="Oder")


@pytest.mark.parametrize(
    ("text", "found", "answer"),
    [
        (said(0), FOUND, "Oder"),
        (said(0), ("12", "12"), "Elbe"),
        (said(0), ("12 km", "800 m"), "Elbe"),
        (said(0), ("North Sea", "7"), "Elbe"),
        (said(0, "later"), FOUND, "Elbe"),
        ('In "Rivers", open the record of "Elbe".', FOUND, "Elbe"),
    ],
)
def test_what_the_values_do_not_say_is_not_read(text: str, found: tuple[str, str], answer: str) -> None:
    with pytest.raises(Unread):
        read_comparison(text, Vocabulary(), found=found, answer=answer)
