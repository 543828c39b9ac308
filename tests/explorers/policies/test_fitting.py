import re
from random import Random

import pytest

from explorers.policies.demands import Demand
from explorers.policies.fitting import PLACES, FittingValues
from explorers.policies.generated import PASSWORD, FakerText
from schemas.records import Node

NOTHING = Demand()


def values(seed: int = 1) -> FittingValues:
    return FittingValues(FakerText(), Random(seed))


def field(name: str, kind: str = "text") -> Node:
    return Node("spinbutton" if kind == "number" else "textbox", name, flags=("editable",), field=kind)


def filled(*names: str, seed: int = 1) -> list[str]:
    made = values(seed)
    return [made.text(field(name), NOTHING) for name in names]


@pytest.mark.parametrize("seed", range(5))
def test_one_person_fills_the_form(seed: int) -> None:
    first, last, name, mail, site = filled("First name", "Last name", "Full name", "E-mail", "Homepage", seed=seed)
    assert name == f"{first} {last}"
    assert mail.endswith("@mail.example")
    assert re.sub("[^a-z]", "", last.lower()) in mail
    assert site.startswith("https://www.")
    assert ".example/" in site


@pytest.mark.parametrize("seed", range(5))
def test_the_place_is_one_of_the_countries_that_a_list_offers(seed: int) -> None:
    made = values(seed)
    country = Node("combobox", "Country", options=("-", "Germany", "Italy", "Atlantis"))
    made.settle([country])
    city, postcode = made.text(field("City"), NOTHING), made.text(field("Postcode"), NOTHING)
    chosen = made.option(country, ["Germany", "Italy", "Atlantis"])
    assert (chosen, city, postcode) in {(place.country, place.city, place.postcode) for place in PLACES}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("start", "end"), [("Start date", "End date"), ("Date of arrival", "Departure date")])
def test_a_start_is_before_an_end_and_a_birth_long_before(start: str, end: str, seed: int) -> None:
    first, last, born = filled(start, end, "Date of birth", seed=seed)
    assert born < first < last
    begins, ends = filled("Begins at time", "End time", seed=seed)
    assert begins < ends


def test_what_is_asked_for_again_is_said_again() -> None:
    made = values()
    mail = made.text(field("E-mail", "email"), NOTHING)
    before = [Node("textbox", "E-mail", value=mail, field="email")]
    assert made.text(field("Confirm e-mail", "email"), NOTHING, before) == mail
    assert made.text(field("Repeat password", "password"), NOTHING) == PASSWORD


@pytest.mark.parametrize(("low", "high"), [(1, 8), (1990, 2026), (None, 3), (18, None)])
def test_a_number_lies_between_its_bounds(low: float | None, high: float | None) -> None:
    number = float(values().text(field("Seats", "number"), Demand(low, high)))
    assert (number if low is None else low) <= number <= (number if high is None else high)


def test_what_a_refusal_asks_for_decides() -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", values().text(field("Returned"), Demand(kind="date")))


def test_what_does_not_fit_is_refusable_and_only_where_something_would_refuse_it() -> None:
    made = values()
    assert "@" not in (made.malformed(field("E-mail", "email")) or "@")
    assert made.malformed(field("Name")) is None
    assert made.malformed(field("Day", "date")) is None, "a browser's own field takes no such text"
    start, end = made.text(field("Start date"), NOTHING), made.before_the_begin(field("End date"))
    assert end is not None
    assert end < start
    assert made.before_the_begin(field("Start date")) is None


def test_the_same_chance_makes_the_same_values() -> None:
    names = ("Full name", "City", "Start date", "Price", "Notes", "Company")
    assert filled(*names, seed=7) == filled(*names, seed=7)
    assert filled(*names, seed=7) != filled(*names, seed=8)
