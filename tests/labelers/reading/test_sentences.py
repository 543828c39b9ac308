"""What is read from the words of a task alone: of each form of sentence what it asks for, and of others nothing."""

import pytest

from labelers.reading import Unread, Vocabulary, read, vocabulary_of
from schemas.conditions import Answered, TaskCheck
from schemas.pages import Page
from schemas.screen_conditions import (
    Called,
    Cell,
    Counts,
    EveryRow,
    Finds,
    Gives,
    HasRow,
    Says,
    ScreenCondition,
    Shows,
    SortedBy,
    Tells,
)
from tests.labelers.site import ORDERS, Scene, plant, plants

WORDS = Vocabulary({"plants": ("family", "height")})
HERE = Called("Plants")
ROYAL = (HERE, HasRow((Cell("Royal Fern"),), named=True))
IDA = (Cell("Ida", "Name"), Cell("Ulm", "Town"))
FIND = ((Called("Find"),),)


def asked(*end: ScreenCondition, passed: tuple[tuple[ScreenCondition, ...], ...] = ()) -> TaskCheck:
    return TaskCheck(end, (), passed)


@pytest.mark.parametrize(
    ("text", "check"),
    [
        ('Open "Plants".', asked(HERE)),
        ('Go to "Home" and open "Plants".', asked(HERE, passed=((Called("Home"),),))),
        (
            'Go to "Home", then "Plants" and open the record of "Royal Fern".',
            asked(Tells("Royal Fern", ("family", "height")), passed=((Called("Home"),), (HERE,), ROYAL)),
        ),
        (
            'In "Plants", open the record of "Royal Fern".',
            asked(Tells("Royal Fern", ("family", "height")), passed=((HERE,), ROYAL)),
        ),
        ('Open the record of "Royal Fern".', asked(Tells("Royal Fern"))),
        (
            'In "Plants", open the "keeper" "Ida Lund".',
            asked(Tells("Ida Lund"), passed=((HERE,), (HERE, HasRow((Cell("Ida Lund", "keeper"),))))),
        ),
        (
            'In "Plants", open the record of "Salt and Lime, then Sand" and go on from there to "Ida Lund".',
            asked(
                Called("Ida Lund"),
                passed=(
                    (HERE,),
                    (HERE, HasRow((Cell("Salt and Lime, then Sand"),), named=True)),
                    (Tells("Salt and Lime, then Sand", ("family", "height")),),
                ),
            ),
        ),
        (
            'Open the record of "A" and go on from there to the rows of "Waterings" that belong to it.',
            asked(Called("Waterings"), Says("A"), passed=((Tells("A"),),)),
        ),
        (
            'In "Plants", sort the list by "height" in descending order and open the record of "A".',
            asked(
                Tells("A", ("family", "height")),
                passed=(
                    (HERE,),
                    (HERE, SortedBy("height", descending=True)),
                    (HERE, HasRow((Cell("A"),), named=True)),
                ),
            ),
        ),
        (
            'In "Plants", show only the rows whose "family" is "Osmunda".',
            asked(EveryRow("family", "Osmunda"), passed=((HERE,),)),
        ),
        (
            'List the rows of "Plants" whose "family" is "Osmunda".',
            asked(HERE, EveryRow("family", "Osmunda")),
        ),
        ('Search for "fern".', asked(Finds("fern"))),
        ('In "Duties", add "Rake".', asked(Says("Rake"), passed=((Called("Duties"),),))),
        ('Tick "Rake".', asked(Shows(name="Rake", flag="checked"))),
        ('Untick "Rake".', asked(Shows(name="Rake"), Shows(name="Rake", flag="checked", negated=True))),
        ('Switch on "Bold".', asked(Shows(name="Bold", flag="pressed"))),
        ('Switch off "Bold".', asked(Shows(name="Bold"), Shows(name="Bold", flag="pressed", negated=True))),
        ('Switch to "Details".', asked(Shows(name="Details", flag="selected"))),
        ('Open the dialog "Print".', asked(Shows("dialog", "Print"))),
        ('Set "Name" to "Ida" and "Town" to "Ulm", then press "Save".', asked(Gives(IDA))),
        (
            'In "Plants", tick "Done" in the row of "Ivy".',
            asked(Shows(name="Done", flag="checked", inside="Ivy"), passed=((HERE,),)),
        ),
        (
            'Go to "Plants", set "Name" to "Ida" and "Town" to "Ulm", tick "Mail", then press "Save" and open it.',
            asked(
                Gives(IDA, fields=True),
                Shows(name="Mail", flag="checked"),
                passed=((HERE,), (Gives(IDA, fields=True),), (Gives(IDA, fields=True, negated=True),)),
            ),
        ),
        (
            'Open "Orders" from the menu "Soil".',
            asked(Called("Orders"), passed=((Shows(name="Soil", flag="expanded"),),)),
        ),
        ('In "Find", write "a, b and c" in the document.', asked(Shows("textbox", value="a, b and c"), passed=FIND)),
        (
            'In "Find", set "Search for" to "film" and tick "Match case".',
            asked(
                Shows(name="Match case", flag="checked"),
                passed=(*FIND, (Gives((Cell("film", "Search for"),), fields=True),)),
            ),
        ),
    ],
)
def test_what_a_sentence_asks_for(text: str, check: TaskCheck) -> None:
    assert read(text, WORDS) == check


@pytest.mark.parametrize(
    ("text", "answer", "check"),
    [
        (
            'In "Plants", how many rows have "Osmunda" as their "family"?',
            "2",
            TaskCheck((HERE, EveryRow("family", "Osmunda"), Counts(2), Answered("2"))),
        ),
        (
            'How many results does a search for "fern" find?',
            "5",
            TaskCheck((Finds("fern"), Counts(5), Answered("5"))),
        ),
        (
            'In "Plants", which "name" has the highest "height"?',
            "Silver Fern",
            TaskCheck(
                (
                    HERE,
                    SortedBy("height", descending=True),
                    HasRow((Cell("Silver Fern", "name"),), first=True),
                    Answered("Silver Fern"),
                )
            ),
        ),
        (
            'In "Plants", look up "Royal Fern" and report the "plot" that its record gives.',
            "Pond",
            TaskCheck(
                (
                    Tells("Royal Fern", ("family", "height")),
                    Gives((Cell("Pond", "plot"),), fields=True),
                    Answered("Pond"),
                ),
                (),
                (ROYAL,),
            ),
        ),
        (
            'Find the "born" of the "keeper" of "Royal Fern" in "Plants".',
            "1971",
            TaskCheck((Gives((Cell("1971", "born"),), fields=True), Answered("1971")), (), (ROYAL,)),
        ),
        (
            'In "Plants", look up the "keeper" of the "name" with the highest "height" among the rows whose "family" '
            'is "Osmunda" and report its "born".',
            "1971",
            TaskCheck(
                (Gives((Cell("1971", "born"),), fields=True), Answered("1971")),
                (),
                (
                    (HERE, EveryRow("family", "Osmunda")),
                    (HERE, EveryRow("family", "Osmunda"), SortedBy("height", descending=True)),
                ),
            ),
        ),
        (
            'How many rows of "Waterings" belong to "Royal Fern" in "Plants"?',
            "4",
            TaskCheck(
                (Called("Waterings"), Says("Royal Fern"), Counts(4), Answered("4")),
                (),
                (ROYAL, (Tells("Royal Fern", ("family", "height")),)),
            ),
        ),
        (
            'In "Plants", look up the "keeper" "Ida Lund" and report the "town" that its record gives.',
            "Ulm",
            TaskCheck(
                (Tells("Ida Lund"), Gives((Cell("Ulm", "town"),), fields=True), Answered("Ulm")),
                (),
                ((HERE, HasRow((Cell("Ida Lund", "keeper"),))),),
            ),
        ),
    ],
)
def test_what_a_question_asks_for(text: str, answer: str, check: TaskCheck) -> None:
    assert read(text, WORDS, answer=answer) == check


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("", None),
        ("Find me a nice fern.", None),
        ('Open "Plants" quickly.', None),
        ('Go on from there to the rows of "Waterings" that belong to it.', None),
        ("Open the record of Royal Fern.", None),
        ("How tall is it?", "3"),
        ('In "Plants", how many rows have "Osmunda" as their "family"?', "two"),
    ],
)
def test_what_is_not_understood_whole_is_not_read(text: str, answer: str | None) -> None:
    with pytest.raises(Unread):
        read(text, WORDS, answer=answer)


def page(seen: Scene) -> Page:
    assert seen.tree is not None
    return Page(seen.tree, title=seen.title, location=seen.location)


def test_a_list_is_known_by_its_heading_and_a_record_is_none() -> None:
    words = vocabulary_of([page(plants()), page(plants(by="height")), page(plant("11")), page(ORDERS)])
    assert dict(words.columns) == {"plants": ("family", "height", "id", "name")}
    assert words.of("PLANTS") == ("family", "height", "id", "name")
    assert words.of("Orders") == words.of(None) == ()
