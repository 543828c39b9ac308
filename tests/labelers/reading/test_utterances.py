"""What anybody's words ask for, read from them and the page where the task begins."""

import pytest

from labelers.reading import Unread, read_utterance
from schemas.claims import fulfilled
from schemas.conditions import TaskCheck
from schemas.pages import Page
from schemas.screen_conditions import ScreenCondition, Shows
from tests.labelers.site import Part, button, field, part, text, tree_of


def page(*parts: Part) -> Page:
    return Page(tree_of(*parts), title="", location="http://tasks.test/one")


SUBMIT = Shows("button", "Submit", flag="focused")
BOXES = [part("checkbox", "Rake"), part("checkbox", "Sow"), button("Submit")]
LIST = part("combobox", "", value="Ash", options=("Ash", "Elm"))
LINE = [field(""), button("Submit")]


def asked(*end: ScreenCondition, any_of: tuple[ScreenCondition, ...] = (), passed: int = 0) -> TaskCheck:
    groups = tuple((each,) for each in end[:passed])
    return TaskCheck(end[passed:], any_of, groups)


@pytest.mark.parametrize(
    ("words", "parts", "check"),
    [
        (
            'Click on the "Next" button.',
            [button("Next"), button("Back")],
            asked(Shows("button", "Next", flag="focused")),
        ),
        (
            "Click button ONE, then click button TWO.",
            [button("ONE"), button("TWO")],
            asked(Shows("button", "ONE", flag="focused"), Shows("button", "TWO", flag="focused"), passed=1),
        ),
        (
            "Click on Tab #2.",
            [part("tab", "Tab #1"), part("tab", "Tab #2")],
            asked(Shows("tab", "Tab #2", flag="selected")),
        ),
        (
            'Enter "Ida" into the text field and press Submit.',
            LINE,
            asked(SUBMIT, Shows("textbox", "", "Ida")),
        ),
        (
            "Enter 6:09 PM as the time and press submit.",
            LINE,
            asked(SUBMIT, any_of=tuple(Shows("textbox", "", said) for said in ("6:09 PM", "18:09", "06:09 PM"))),
        ),
        (
            "Select Rake, Sow and click Submit.",
            BOXES,
            asked(Shows("checkbox", "Rake", flag="checked"), Shows("checkbox", "Sow", flag="checked"), SUBMIT),
        ),
        (
            "Select Elm from the list and click Submit.",
            [LIST, button("Submit")],
            asked(Shows("combobox", "", "Elm"), SUBMIT),
        ),
        # Whether or not the words say so, what was chosen is to be sent.
        ("Tick Rake.", BOXES, asked(Shows("checkbox", "Rake", flag="checked"), SUBMIT)),
        ("Select 5 with the slider and hit Submit.", [text("3"), button("Submit")], asked(SUBMIT, Shows("text", "5"))),
    ],
)
def test_what_the_words_ask_for_on_that_page(words: str, parts: list[Part], check: TaskCheck) -> None:
    assert read_utterance(words, page(*parts)) == check


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        ("Do as you are told.", LINE),
        ('Click on the "Next" button.', [button("Back")]),
        ('Click on the "Next" button.', [button("Next"), button("Next")]),
        ('Click on the link "Next".', [part("generic", "Next")]),  # nothing would tell that it was
        ('Enter "Ida" into the text field and press Submit.', [field(""), *LINE]),
        ('Enter the password "Ida" and press Submit.', [field("password", flags=("password",)), button("Submit")]),
        ("Select Spade and click Submit.", BOXES),
        ("Click button ONE, wait 2 seconds, then click button TWO.", [button("ONE"), button("TWO")]),
        ("Select 5 with the slider and hit Submit.", [text("5"), button("Submit")]),
    ],
)
def test_what_is_not_understood_whole_or_would_be_seen_nowhere_is_not_read(words: str, parts: list[Part]) -> None:
    with pytest.raises(Unread):
        read_utterance(words, page(*parts))


def test_a_press_is_told_from_that_of_another_button() -> None:
    claim = read_utterance('Click on the "Next" button.', page(button("Next"), button("Back")))
    start = page(button("Next"), button("Back"))
    assert not fulfilled(claim, [start])
    assert fulfilled(claim, [start, page(button("Next", flags=("focused",)), button("Back"))])
    assert not fulfilled(claim, [start, page(button("Next"), button("Back", flags=("focused",)))])
