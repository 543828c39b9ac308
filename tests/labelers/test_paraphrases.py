import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from labelers.paraphrases import QUOTES, names, numbers, quoted_values, what_changed

WORDS = st.text(st.characters(categories=("Ll",)), min_size=1, max_size=8)
VALUES = st.text(st.characters(categories=("Ll", "Lu", "Nd", "Zs")), min_size=1, max_size=12).filter(str.strip)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ('Search for "blue fern".', ["blue fern"]),
        ("Open Anna's list and Emil's page, don't save.", []),
        ("Set 'Name' to “Emil's”.", ["Name", "Emil's"]),
        ("Type `a b` and «c».", ["a b", "c"]),
    ],
)
def test_what_is_quoted(text: str, values: list[str]) -> None:
    assert quoted_values(text) == values


def test_numbers_are_counted_as_they_are_written() -> None:
    assert numbers("From 3.50 to 3.50 on 2026-01-05 at 10:30, 3 times") == {
        "3.50": 2,
        "2026-01-05": 1,
        "10:30": 1,
        "3": 1,
    }


def test_names_begin_no_sentence() -> None:
    assert names("Open the Plants page. Then ask Anna's aunt in Bergen: Yes?") == ["Plants", "Anna", "Bergen"]
    assert names('"Blue fern" is searched for.') == []


@pytest.mark.parametrize(
    ("text", "other", "why"),
    [
        ('Search for "fern".', "look for fern", None),
        ('Search for "fern".', 'look for "Fern"', "a quoted value is lost"),
        ('Search for "fern".', "look for ferns", "a quoted value is lost"),
        ('Search for "fern".', 'look for "fern" in "plants"', "a quoted value is added"),
        ("Order 2 ferns.", "order two ferns", "a number is changed"),
        ("Order 2 ferns.", "order 3 ferns", "a number is changed"),
        ("Order ferns.", "order 2 ferns", "a number is changed"),
        ("Order 2 ferns for 2 rooms.", "order 2 ferns for the rooms", "a number is changed"),
        ("Send it to Anna Grieg.", "send it to anna", "a name is lost"),
        ("Send it to Anna Grieg.", "anna grieg gets it", None),
        ("How tall is the fern?", "is the fern 40 cm tall?", "a number is changed"),
        ("How does the fern grow?", "does the fern grow slowly?", "the answer is told"),
        ("Say that it grows slowly.", "say how it grows", "the answer is lost"),
    ],
)
def test_what_another_phrasing_changed(text: str, other: str, why: str | None) -> None:
    assert what_changed(text, other, answer="Slowly") == why


@given(WORDS, VALUES, WORDS, st.sampled_from(QUOTES[:4]))
def test_a_quoted_value_is_never_lost(before: str, value: str, after: str, quotes: tuple[str, str]) -> None:
    text = f"{before} {quotes[0]}{value}{quotes[1]} {after}"
    assert quoted_values(text) == [value]
    assert what_changed(text, f"{after} {quotes[0]}{value}{quotes[1]} {before}", answer=None) is None
    assert what_changed(text, "...", answer=None) == "a quoted value is lost"


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=5), st.integers(0, 10**6), st.integers(0, 4))
def test_numbers_may_be_moved_and_not_changed(values: list[int], other: int, at: int) -> None:
    def said(numbers: list[int]) -> str:
        return "set " + " and ".join(map(str, numbers))

    assert what_changed(said(values), said(values[::-1]), answer=None) is None
    changed = list(values)
    changed[at % len(values)] = other
    if sorted(changed) != sorted(values):
        assert what_changed(said(values), said(changed), answer=None) == "a number is changed"
    assert what_changed(said(values), said(values[:-1]), answer=None) == "a number is changed"


@given(st.text(), st.one_of(st.none(), st.text()))
@example("0A", None)
def test_a_sentence_asks_for_what_it_asks(text: str, answer: str | None) -> None:
    assert what_changed(text, text, answer=answer) is None
