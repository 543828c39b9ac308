"""What is true of a screen, and what is nearly so and is not."""

import dataclasses
from typing import get_args

import pytest

from schemas.pages import Page
from schemas.screen_conditions import (
    At,
    Called,
    Cell,
    Counts,
    EveryRow,
    Finds,
    Gives,
    HasRow,
    LocationContains,
    Parameter,
    Says,
    ScreenCondition,
    Shows,
    SortedBy,
    Tells,
    Tops,
    shown,
)
from tests.labelers.site import Part, field, heading, link, part, table, text, tree_of

PLANTS = (("Fern", "2", "Oslo"), ("Ivy", "10", "Oslo"), ("Rose", "30", "Bergen"))


def page(*parts: Part, location: str = "http://fernwood.test/plants?_sort=price&q=a+b%2Fc", title: str = "") -> Page:
    return Page(tree_of(*parts), title=title, location=location)


LIST = page(
    heading("Plants: all of them"),
    text("3 rows"),
    field("Town", "Oslo"),
    part("checkbox", "In stock", flags=("checked",)),
    table(("Name", "Price", "Town"), PLANTS),
    title="Plants - Fernwood",
)
RECORD = page(heading("plants: 2"), table(("Name", "Price", "Town"), PLANTS[1:2]), location="http://fernwood.test/2")
FILTERED = page(heading("1 row where name = Ivy"), table(("Name", "Price", "Town"), PLANTS[1:2]))
BOXES = page(
    part("listitem", "", part("checkbox", "Done", flags=("checked",)), text("Rake the beds")),
    part("listitem", "", part("checkbox", "Done"), text("Fern")),
)
OWN = page(heading("SQL"), link("Beds", "/plants?_sort=price&q=a+b%2Fc"))
TERMS = page(part("term", "Keeper"), part("definition", "Noor"), part("term", "Plot"), part("definition", "Pond"))
FORM = page(heading("Change plant"), field("Name", "Ivy"), location="http://fernwood.test/2/edit")


@pytest.mark.parametrize(
    ("condition", "where"),
    [
        (Shows("checkbox", "In stock", flag="checked"), LIST),
        (Shows(value="Oslo"), LIST),
        (LocationContains("_sort=price"), LIST),
        (LocationContains("Fernwood"), LIST),
        (At("/plants"), LIST),
        (At("/plants", (Parameter("q", "a b/c"), Parameter("_sort", "price"))), LIST),
        (Called("plants"), LIST),
        (Called("all of them"), LIST),
        (Called("Fernwood"), LIST),
        (Called("Plants: all of them", whole=True), LIST),
        (Says("3 rows"), LIST),
        (Says("Bergen"), LIST),
        (HasRow((Cell("Ivy", "Name"), Cell("10", "price"))), LIST),
        (HasRow((Cell("Bergen"),)), LIST),
        (HasRow((Cell("Fern", "Name"),), first=True), LIST),
        (HasRow((Cell("Ivy", "Name"),), only=True), RECORD),
        (EveryRow("Town", "Oslo"), RECORD),
        (SortedBy("Price"), LIST),
        (SortedBy("Town", descending=True), LIST),
        (Counts(3), LIST),
        (Counts(1), RECORD),
        (Tells("Ivy"), RECORD),
        (Tells("Ivy", ("price", "town")), RECORD),
        (Tells("Ivy"), FORM),
        (Tells("plant"), FORM),
        (Tells("Ivy", ("Name",)), FORM),
        (Called("plants"), FORM),
        (Called("Beds"), OWN),
        (HasRow((Cell("Ivy"),), named=True), LIST),
        (Shows("checkbox", "Done", flag="checked", inside="Rake the beds"), BOXES),
        (Gives((Cell("Ivy", "Name"), Cell("10", "price"))), LIST),
        (Gives((Cell("Ivy"), Cell("10"))), RECORD),
        (Gives((Cell("Ivy", "Name"),), fields=True), FORM),
        (Gives((Cell("Noor", "Keeper"), Cell("Pond", "plot"))), TERMS),
        (Finds("a b/c"), LIST),
        (Finds("Ivy"), RECORD),
    ],
)
def test_it_is_so_and_its_contrary_is_not(condition: ScreenCondition, where: Page) -> None:
    assert shown(condition, where)
    assert not shown(dataclasses.replace(condition, negated=True), where)


@pytest.mark.parametrize(
    ("condition", "where"),
    [
        (Shows("checkbox", "In stock", flag="disabled"), LIST),
        (At("/plant"), LIST),
        (At("/"), LIST),
        (At("/2"), FORM),
        (At("/plants", (Parameter("_sort", "pric"),)), LIST),
        (At("/plants", (Parameter("sort", "price"),)), LIST),
        (Called("all"), LIST),
        (Called("Plants", whole=True), LIST),
        (Says("Berg"), LIST),
        (HasRow((Cell("Ivy", "Name"), Cell("30", "Price"))), LIST),
        (HasRow((Cell("Ivy", "Town"),)), LIST),
        (HasRow((Cell("Ivy", "Name"),), first=True), LIST),
        (HasRow((Cell("Ivy", "Name"),), only=True), LIST),
        (EveryRow("Town", "Oslo"), LIST),
        (EveryRow("City", "Oslo"), LIST),
        (SortedBy("Price", descending=True), LIST),
        (SortedBy("Name", descending=True), LIST),
        (SortedBy("Height"), LIST),
        (SortedBy("Price"), RECORD),
        (Counts(30), LIST),
        (Counts(0), FORM),
        (Tells("Ivy"), LIST),
        (Tells("Rose"), RECORD),
        (Tells("Ivy", ("Name", "Author")), RECORD),
        (Tells("plan"), FORM),
        (Called("plan"), FORM),
        (HasRow((Cell("Oslo"),), named=True), LIST),
        (Shows("checkbox", "Done", inside="Ivy"), BOXES),
        (Shows("checkbox", "Done", flag="checked", inside="Fern"), BOXES),
        (Gives((Cell("Ivy", "Name"), Cell("30", "Price"))), LIST),
        (Gives((Cell("Ivy", "Name"),)), FORM),
        (Gives((Cell("Rose", "Name"),), fields=True), FORM),
        (Finds("Ivy"), LIST),
        (Finds("price"), LIST),
        (Tells("Ivy"), FILTERED),
        (Tells("Ivy"), page(heading("Plants"), field("contains", "Ivy"), table(("Name", "Price", "Town"), PLANTS))),
        (Tells("Ivy", ("Name",)), FILTERED),
    ],
)
def test_what_is_nearly_so_is_not(condition: ScreenCondition, where: Page) -> None:
    assert not shown(condition, where)


def test_of_a_screen_without_anything_nothing_is_so() -> None:
    nothing = Page(tree_of(), title=None, location=None)
    made = (
        Shows(name="a"), LocationContains("a"), At("/"), Called("a"), Says("a"), HasRow((Cell("a"),)),
        EveryRow("a", "b"), SortedBy("a"), Counts(1), Tops("a", "b"), Tells("a"), Gives((Cell("a"),)), Finds("a"),
    )  # fmt: skip
    assert {type(condition) for condition in made} == set(get_args(ScreenCondition))
    assert not any(shown(condition, nothing) for condition in made)


def test_a_place_that_is_no_address_is_compared_as_it_is() -> None:
    window = Page(tree_of(), title="Notes", location="window:Notes")
    assert shown(At("window:Notes"), window)
    assert not shown(At("window:Notes", (Parameter("a", "b"),)), window)
