import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelers.sameness import DOING, OTHER_ORDER, OTHER_WORDS, THINGS, comparable, what_differs

WORDS = """
open show the a record of in from to not and Ann Ben 'Plants' "fern" five 5 first sort by ascending list turn on off
delete remove, all
"""
SENTENCES = st.lists(st.sampled_from(WORDS.split()), max_size=9).map(" ".join)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Sort the books by title in ascending order.", "Please sort the books by title, ascending."),
        ('In "books", open the record of "Ines Sato".', 'Show the record of "Ines Sato" in "books".'),
        ("Turn on dark mode.", "Switch dark mode on."),
        ("Wait for five minutes.", "Wait for 5 minutes."),
        ("What is the fern's price?", "Find the price of the fern."),
        ('Type "salt" into the field "Title".', 'Enter "salt" in the field "Title".'),
        ("Öffne die Liste.", "Öffne die Liste!"),
    ],
)
def test_the_same_in_other_words_is_one_task(one: str, other: str) -> None:
    assert what_differs(one, other) is None
    assert comparable(one) == comparable(other)


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        ("Sort the books in ascending order.", "Sort the books in descending order.", OTHER_WORDS),
        ("Turn the light on.", "Turn the light off.", OTHER_WORDS),
        ("Show the rows that are late.", "Show the rows that are not late.", OTHER_WORDS),
        ("Show the rows that are late.", "Show the rows that aren't late.", OTHER_WORDS),
        ('Open "A".', 'Open "A" and go on to its loans.', OTHER_WORDS),
        ("Open the orders.", "Open the invoices.", OTHER_WORDS),
        ("Open the second row.", "Open the third row.", OTHER_WORDS),
        ("Wait for five minutes.", "Wait for 6 minutes.", "a number is changed"),
        ("Set it to 5.", "Set it to -5.", "a number is changed"),
        ('Open "A".', 'Open "B".', "a quoted value is lost"),
        ("Send it to Ann.", "Send it to Ben.", "a name is lost"),
        ('Replace "cat" with "dog".', 'Replace "dog" with "cat".', OTHER_ORDER),
        ("Show the mail from Ann.", "Show the mail to Ann.", OTHER_ORDER),
        ('Tick "A" and untick "B".', 'Untick "A" and tick "B".', OTHER_ORDER),
        ("Öffne die Liste.", "Zeige die Liste.", OTHER_WORDS),
    ],
)
def test_the_contrary_a_part_and_another_thing_are_two_tasks(one: str, other: str, why: str) -> None:
    assert what_differs(one, other) == what_differs(other, one) == why


def test_a_word_means_the_same_as_those_of_one_group() -> None:
    words = [word for group in (*DOING, *THINGS) for word in group.split()]
    assert len(words) == len(set(words))


@settings(max_examples=200, deadline=None)
@given(SENTENCES, SENTENCES)
def test_which_of_two_comes_first_says_nothing(one: str, other: str) -> None:
    assert what_differs(one, other) == what_differs(other, one)
    assert what_differs(one, one) is None
    if what_differs(one, other) is None:
        assert comparable(one) == comparable(other)
