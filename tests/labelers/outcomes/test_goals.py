"""Goals read as requirements."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelers.outcomes.goals import GOAL_LIMIT, Requirement, read_goal


def asked(text: str) -> list[tuple[object, ...]]:
    return [(one.kind, *one.names) for one in read_goal(text).requirements]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('Click on the "Yes" button.', [("press", "Yes")]),
        ('Enter "Ida" into the text field and press Submit.', [("enter", "Ida"), ("press", "Submit")]),
        ('Type "ida" in all upper case letters in the input and press "OK".', [("enter", "IDA"), ("press", "OK")]),
        ('Set "Name" to "Ida" and "City" to "Rome".', [("enter", "Ida"), ("enter", "Rome")]),
        ('Enter "x" in the field "Name" and press Save.', [("enter", "x"), ("press", "Save")]),
        ("Select Ida, Noor and Pavel and click Submit.", [("choose", "Ida, Noor and Pavel"), ("press", "Submit")]),
        ("Expand the section below and click submit.", [("expand",), ("press", "submit")]),
        ('Switch between the tabs to find and click on the link "Fern".', [("press", "Fern")]),
        ("Enter 8:22 AM as the time and press submit.", [("enter", "8:22 AM"), ("press", "submit")]),
        ('Click "A", wait 2 seconds, then click "B".', [("press", "A"), ("wait",), ("press", "B")]),
        ("Please click the second link.", [("press",)]),
        ('Search for "salt".', [("enter", "salt")]),
    ],
)  # fmt: skip
def test_a_goal_that_is_understood_asks_for_what_it_says(text: str, expected: list[tuple[object, ...]]) -> None:
    assert asked(text) == expected
    assert read_goal(text).sure


def test_fields_ordinals_and_nouns_are_kept() -> None:
    first, second = read_goal('Check the 1st radio button and enter the number "16" into the 3rd textbox.').requirements
    assert first == Requirement("choose", (), "radio button", ordinal=1)
    assert second == Requirement("enter", ("16",), "textbox", field="number", ordinal=3, quoted=True)
    (both, _) = read_goal('Enter the password "Q3h" into both text fields and press submit.').requirements
    assert (both.field, both.every) == ("password", True)


@pytest.mark.parametrize(
    "text",
    [
        "Select all the shades of red and press Submit.",
        "How many small items are there?",
        'Find the cheapest book and click "Buy".',
        "Find the email by Helena and click the trash icon to delete it.",
        'Click the button "A", not "B".',
        'In "Books", tick "Blue House".',
        "Solve the problem and type your answer into the textbox.",
        "Drag the circle right then press Submit.",
        "",
        "x" * (GOAL_LIMIT + 1),
    ],
)
def test_what_is_not_understood_is_said(text: str) -> None:
    goal = read_goal(text)
    assert not goal.sure or not goal.requirements
    assert not goal.sure or goal.first_unread is None


def test_whose_element_it_is_must_be_touched() -> None:
    assert asked("Find the email by Helena and forward that email to Brooke.")[0] == ("touch", "Helena")


@given(st.text(max_size=300))
def test_any_text_can_be_read(text: str) -> None:
    goal = read_goal(text)
    assert goal.sure == (goal.first_unread is None)


@given(
    st.lists(
        st.sampled_from(["click", "enter", "the", '"a"', "and", ",", "⟦0⟧", "then", "2nd", "button", "."]), max_size=20
    )
)
def test_any_words_of_goals_can_be_read(words: list[str]) -> None:
    read_goal(" ".join(words))
