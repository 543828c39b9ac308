"""Two questions of the rules as one: which of two things has more."""

import pytest

from labelers.rules.comparing import COMPARED_WAYS, ValueQuestion, comparison, value_question
from labelers.rules.questions import JOINED_WAYS, RECORD_WAYS


def asked(who: str, value: str = "Length", place: str = "Rivers", what: str = "page", way: int = 0) -> str:
    return RECORD_WAYS[way].format(list=f'"{place}"', who=f'"{who}"', value=f'"{value}"', what=what)


@pytest.mark.parametrize("way", range(len(RECORD_WAYS)))
def test_each_way_of_asking_for_a_value_says_of_what_and_where(way: int) -> None:
    assert value_question(asked("Elbe", way=way)) == ValueQuestion("Rivers", "Elbe", "Length", "page")


@pytest.mark.parametrize(
    "text",
    [
        JOINED_WAYS[0].format(list='"Rivers"', who='the "Mouth" of "Elbe"', value='"Depth"'),
        RECORD_WAYS[0].format(list='"Rivers"', who='the "River" with the highest "Length"', value='"L"', what="page"),
        'In "Rivers", open the record of "Elbe".',
    ],
)
def test_what_asks_for_more_than_a_named_things_value_is_no_part_of_a_comparison(text: str) -> None:
    assert value_question(text) is None


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        (("1094 km", "866 km"), ("higher", "lower")),
        (("1,094", "866"), ("higher", "lower")),
        (("2024-03-01", "2023-11-30"), ("later", "earlier")),
    ],
)
def test_the_answer_is_the_one_that_has_more_or_less_as_the_question_says(
    answers: tuple[str, str], words: tuple[str, str]
) -> None:
    made = comparison((asked("Elbe"), asked("Oder", way=1)), answers)
    turned = comparison((asked("Oder", way=1), asked("Elbe")), (answers[1], answers[0]))
    for found in (made, turned):
        assert found is not None
        text, answer = found
        more, less = words
        assert (answer == "Elbe") == (f" {more} " in text)
        assert (answer == "Oder") == (f" {less} " in text)


def test_each_way_of_comparing_is_drawn() -> None:
    made = (comparison((asked(f"A{number}"), asked("B")), ("1", "2")) for number in range(40))
    begun = {found[0].partition('"')[0] for found in made if found is not None}
    assert begun == {"In ", "Look up ", "Find out which page in "}
    assert len(begun) == len(COMPARED_WAYS)


@pytest.mark.parametrize(
    ("texts", "answers"),
    [
        ((asked("Elbe"), asked("elbe")), ("1", "2")),
        ((asked("Elbe"), asked("Oder", value="Depth")), ("1", "2")),
        ((asked("Elbe"), asked("Oder", place="Lakes")), ("1", "2")),
        ((asked("Elbe"), asked("Oder", what="record")), ("1", "2")),
        ((asked("Elbe"), asked("Oder")), ("12", "12.0")),
        ((asked("Elbe"), asked("Oder")), ("12 km", "800 m")),
        ((asked("Elbe"), asked("Oder")), ("North Sea", "Baltic Sea")),
        ((asked("Elbe"), asked("Oder")), ("2024-03-01", "2024-03")),
        ((asked("Elbe"), asked("Oder")), ("2024-03-01", "7")),
    ],
)
def test_what_is_not_alike_or_not_unlike_is_not_compared(texts: tuple[str, str], answers: tuple[str, str]) -> None:
    assert comparison(texts, answers) is None
