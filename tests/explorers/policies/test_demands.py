from dataclasses import replace
from datetime import date

import pytest

from explorers.policies.demands import blamed, demand_of, labelled, refusals, says_saved
from schemas.records import Box, Node
from tests.explorers.screens import node


def field(name: str = "", *, y: float = 40, **rest: object) -> Node:
    return node("textbox", name, "editable", y=y, field="text", **rest)


@pytest.mark.parametrize(
    ("said", "low", "high"),
    [
        ("between 2 and 40", 2, 40),
        ("(1-8)", 1, 8),
        ("at most 5000", None, 5000),
        ("Must be at least 18.", 18, None),
        ("Ensure this value is greater than or equal to 0.", 0, None),
        ("must be greater than 3", 4, None),
    ],
)
def test_bounds_of_a_number_are_read_beside_it(said: str, low: float | None, high: float | None) -> None:
    demand = demand_of((field("Seats"), node("text", said)), 0)
    assert (demand.low, demand.high) == (low, high)


@pytest.mark.parametrize(
    ("said", "length"),
    [("5-digit number", (5, 5)), ("Must be exactly 4 characters.", (4, 4)), ("150 characters or fewer", (None, 150))],
)
def test_lengths_are_told_from_numbers(said: str, length: tuple[int | None, int | None]) -> None:
    demand = demand_of((field("Staff"), node("text", said)), 0)
    assert (demand.shortest, demand.longest) == length
    assert demand.low is None


def test_a_text_is_made_as_long_as_is_asked_for() -> None:
    least = demand_of((field("Text"), node("text", "Must be at least 20 characters.")), 0)
    assert len(least.fit("Blue", "words")) >= 20
    most = demand_of((field("Text"), node("text", "max. 6 characters")), 0)
    assert most.fit("Blue house", "words") == "Blue h"
    digits = demand_of((field("Staff"), node("text", "5-digit number")), 0)
    assert digits.fit("3", "number").isdecimal()
    assert len(digits.fit("3", "number")) == 5


@pytest.mark.parametrize(
    ("name", "written"), [("Day (DD.MM.YYYY)", "17.05.2024"), ("Day", "2024-05-17"), ("mm/dd/yyyy", "05/17/2024")]
)
def test_a_day_is_written_as_the_label_says(name: str, written: str) -> None:
    assert demand_of((field(name),), 0).day(date(2024, 5, 17)) == written


def test_an_example_is_what_an_unknown_field_takes() -> None:
    assert demand_of((field("Code"), node("text", "e.g. AB-1234")), 0).fit("house", "words") == "AB-1234"


def test_what_a_refusal_asks_for_is_the_kind_of_the_field() -> None:
    assert demand_of((field("Returned"), node("text", "Enter a valid date.")), 0).kind == "date"
    assert demand_of((field("Returned"), node("link", "Today")), 0).kind == "date"
    assert demand_of((field("Returned"), node("text", "a date, maybe")), 0).kind is None


def test_what_is_said_of_the_next_field_is_not_said_of_this_one() -> None:
    nodes = (field("One"), field("Two"), node("text", "at most 7"))
    assert demand_of(nodes, 0).high is None
    assert demand_of(nodes, 1).high == 7


def test_a_field_without_a_name_is_called_as_the_text_before_it_or_its_column() -> None:
    assert labelled((node("text", "Mail:"), field()), 1).name == "Mail:"
    assert labelled((node("cell", "", column="Price"), field(depth=1)), 1).name == "Price"
    assert labelled((field("Own"),), 0).name == "Own"


def test_the_field_on_the_line_of_a_refusal_is_blamed_before_one_above() -> None:
    said = replace(node("text", "This field is required."), box=Box(200, 42, 90, 16))
    nodes = (field("One", y=10), field("Two", y=40), said, field("Three", y=70))
    told = refusals(nodes)
    assert told == {"This field is required."}
    assert blamed(nodes, [0, 1, 3], told) == {1}


def test_the_link_that_sets_the_next_field_says_nothing_of_this_one() -> None:
    nodes = (field("Discount"), field("Contract start"), node("link", "Today"))
    assert demand_of(nodes, 0).kind is None
    assert demand_of(nodes, 1).kind == "date"


def test_what_is_said_of_the_whole_form_blames_no_field() -> None:
    said = replace(node("text", "Please correct the errors below."), box=Box(10, 20, 200, 16))
    assert blamed((said, field("Name", y=40)), [1], {said.name}) == frozenset()


def test_what_was_saved_is_read_and_long_texts_are_not() -> None:
    nodes = (node("text", "The author was added successfully."), node("text", "saved " * 100), node("button", "Saved"))
    assert says_saved(nodes) == {"The author was added successfully."}
