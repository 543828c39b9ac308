"""What a step did: each rule with a case that is true and its near misses."""

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelers.observed.transitions import transitions_of
from labelers.rules.effects import TOOL, Effect, Fill, fill_of
from labelers.rules.forms import kept
from labelers.rules.steps import effect_of
from schemas.actions import DoubleClick, Point, Wait
from schemas.ordering import number, order_of
from schemas.pages import quote
from schemas.redaction import MASK
from tests.labelers.site import (
    ERROR,
    HOME,
    HOST,
    ORDERS,
    PLANTS,
    Act,
    Part,
    Scene,
    button,
    chosen,
    click,
    duties,
    enter,
    field,
    heading,
    link,
    part,
    partly,
    plant,
    plants,
    profile,
    scene,
    scrolled,
    table,
    text,
    typed,
    walk,
    waterings,
)


def effect(start: Scene, *acts: Act, site: frozenset[str] = frozenset()) -> Effect | None:
    """The effect of the last act, with the fields that those before it filled."""
    *before, last = transitions_of(walk(start, *acts))
    fills = tuple(fill for transition in before if (fill := fill_of(transition)) is not None)
    return effect_of(last, fills, site)


def kind(start: Scene, *acts: Act) -> str | None:
    found = effect(start, *acts)
    return found and found.kind


def phrase(start: Scene, *acts: Act, site: frozenset[str] = frozenset()) -> str | None:
    found = effect(start, *acts, site=site)
    return found and found.phrase


# Nothing to tell.


def test_a_step_that_changed_nothing_has_no_effect() -> None:
    assert effect(HOME, click("Plants", HOME)) is None


def test_a_step_that_led_to_an_error_has_no_effect_but_an_old_error_does_not_hinder() -> None:
    assert effect(HOME, click("Plants", ERROR)) is None
    alert = part("alert", "An error occurred")
    start, end = scene("/", heading("A"), link("Plants"), alert), scene("/plants", heading("Plants"), alert)
    assert kind(start, click("Plants", end)) == "open"


def test_an_action_that_no_rule_knows_has_no_effect() -> None:
    assert effect(HOME, Act(DoubleClick(Point(1, 1)), ORDERS)) is None
    assert effect(HOME, Act(Wait(), ORDERS)) is None
    assert effect(HOME, enter(ORDERS)) is None


def test_a_page_that_was_not_seen_tells_of_no_effect() -> None:
    assert effect(HOME, click("Plants", None)) is None


def test_a_click_beside_everything_has_no_effect() -> None:
    episode = walk(HOME, click("Plants", plants()))
    (transition,) = transitions_of(episode)
    assert effect_of(dataclasses.replace(transition, target=None), (), frozenset()) is None


# Opening.


def test_a_link_opens_the_page_that_calls_itself_so() -> None:
    found = effect(HOME, click("Plants", plants()))
    assert found is not None
    assert (found.kind, found.phrase, found.quotes) == ("open", 'open "Plants"', ("Plants",))
    assert found.evidence == 'the page is headed "Plants"'
    assert found.context == "Fernwood"


def test_a_title_is_a_name_as_well() -> None:
    titled = scene("/orders", text("None"), title="Orders - Fernwood")
    assert phrase(HOME, click("Orders", titled)) == 'open "Orders"'


@pytest.mark.parametrize(
    "end",
    [
        scene("/x", heading("All about ferns")),
        scene("/x", heading("Plantsmen")),
        scene("/x", heading("The ferns and mosses that are called plants")),
        scene("/x", text("Plants")),
        scene("/x", heading("One"), heading("Two"), heading("Plants", 3)),
        scene("/plants/7", heading("Seven")),
        scene("/x?q=plants", heading("Search")),
    ],
)
def test_a_page_that_calls_itself_otherwise_was_not_opened(end: Scene) -> None:
    assert effect(HOME, click("Plants", end)) is None


@pytest.mark.parametrize(
    ("end", "evidence"),
    [
        (scene("/x", heading("Plants")), 'the page is headed "Plants"'),
        (scene("/x", heading("Fernwood Plants")), 'the page is headed "Fernwood Plants"'),
        (scene("/x", heading("The finest plants here")), 'the page is headed "The finest plants here"'),
        (scene("/x", heading("Fernwood: plants")), 'the page is headed "Fernwood: plants"'),
        (scene("/x", heading("P.L.A.N.T.S.")), 'the page is headed "P.L.A.N.T.S."'),
        (scene("/plants", heading("Ferns")), 'the address of the page ends with "Plants"'),
    ],
)
def test_a_page_may_say_its_name_in_a_few_more_words_or_in_its_address(end: Scene, evidence: str) -> None:
    found = effect(HOME, click("Plants", end))
    assert found is not None
    assert (found.phrase, found.evidence) == ('open "Plants"', evidence)


def test_a_plural_may_lead_to_its_singular() -> None:
    assert phrase(HOME, click("Plants", scene("/x", heading("Select plant to change")))) == 'open "Plants"'
    assert phrase(HOME, click("Plants", scene("/x", heading("Select planter to change")))) is None


def test_the_mark_behind_a_fields_name_is_left_out() -> None:
    start, held = (scene("/p", field("Nickname: *", value)) for value in ("", "Mossy"))
    found = effect(start, typed("Mossy", "Nickname: *", held))
    assert found is not None
    assert found.name == "Nickname"


def test_a_link_that_says_the_heading_in_more_words_opens_what_the_heading_says() -> None:
    long = "Read all about the Silver Fern of Fernwood in June"
    start = scene("/", heading("Home"), link(long, "/x"))
    assert phrase(start, click(long, scene("/x", heading("Silver Fern")))) == 'open "Silver Fern"'
    assert phrase(start, click(long, scene("/x", heading("Fernwood")))) is None, "one word is too little to be sure"


def section(*, seen: bool, twice: bool = False) -> Scene:
    flags = () if seen else ("offscreen",)
    return scene(
        "/p#soil" if seen else "/p",
        heading("Handbook"),
        link("Soil", "/p#soil"),
        *(part("heading", "Soil", level=2, flags=flags) for _ in range(1 + twice)),
        text("Much of it." if seen else "Little of it."),
    )


def test_a_link_to_a_section_brings_its_heading_into_sight() -> None:
    found = effect(section(seen=False), click("Soil", section(seen=True), role="link"))
    assert found is not None
    assert (found.kind, found.phrase) == ("reveal", None)
    again = dataclasses.replace(section(seen=True), scroll=9)
    assert effect(section(seen=True), click("Soil", again, role="link")) is None, "it was in sight"
    assert effect(section(seen=False, twice=True), click("Soil", section(seen=True, twice=True), role="link")) is None


def test_a_name_that_leads_to_two_places_opens_neither() -> None:
    start = scene("/", heading("Home"), link("Plants", "/plants"), link("Plants", "/plants/old"))
    assert effect(start, click("Plants", scene("/plants", heading("Plants")))) is None
    again = scene("/", heading("Home"), link("Plants", "/plants"), link("Plants", "/plants"))
    assert kind(again, click("Plants", scene("/plants", heading("Plants")))) == "open"


def test_two_buttons_of_one_name_open_nothing_that_could_be_said() -> None:
    end = scene("/plants", heading("Plants"))
    assert effect(scene("/", button("Plants"), button("Plants")), click("Plants", end)) is None
    assert kind(scene("/", button("Plants")), click("Plants", end)) == "open"


@pytest.mark.parametrize("name", ["More", "Next", "Edit", "Log in", "7", "»"])
def test_a_name_that_says_nothing_opens_nothing(name: str) -> None:
    start = scene("/", heading("Home"), link(name, "/x"))
    assert kind(start, click(name, scene("/x", heading(name)))) in (None, "reveal")


def test_the_page_that_one_is_on_is_not_opened_again() -> None:
    start = scene("/plants", heading("Plants"), link("Plants", "/plants?all=1"))
    assert effect(start, click("Plants", scene("/plants?all=1", heading("Plants"), text("all of them")))) is None


# Records.


def test_a_link_in_a_row_opens_the_record_of_the_row() -> None:
    for name, role in (("Royal Fern", "link"), ("12", "link")):
        found = effect(plants(), click(name, plant("12"), role=role))
        assert found is not None
        assert (found.kind, found.phrase) == ("record", 'open the record of "Royal Fern"')
        assert found.evidence == 'the page shows "Royal Fern"'
        assert found.context == "Plants"


def test_a_page_that_does_not_say_the_rows_name_is_not_its_record() -> None:
    assert kind(plants(), click("12", plant("13"), role="link")) != "record"


def test_a_page_that_says_the_rows_name_in_passing_is_not_about_it() -> None:
    aside = scene("/plants/12", heading("Plot 7"), text("Royal Fern stood here"), link("Royal Fern"))
    assert kind(plants(), click("12", aside, role="link")) is None
    form = scene("/plants/12", heading("Change plant"), field("name", "Royal Fern"))
    assert kind(plants(), click("12", form, role="link")) == "record"
    beds = table(("bed", "plants"), [("Pond", "Royal Fern"), ("Gate", "Royal Fern")])
    narrowed = scene("/beds?plants=Royal+Fern", heading("Beds"), field("plants", "Royal Fern"), beds)
    assert kind(plants(), click("12", narrowed, role="link")) is None, "what a list is narrowed by is no record"


def test_a_row_whose_name_is_not_its_own_has_no_record() -> None:
    twins = plants(rows=[("11", "Royal Fern", "Osmunda", "1"), ("12", "Royal Fern", "Osmunda", "2")])
    assert kind(twins, click("12", plant("12"), role="link")) != "record"
    assert kind(twins, click("Royal Fern", plant("12"), nth=1)) != "record"


def test_a_list_of_the_same_columns_is_no_record() -> None:
    assert kind(plants(), click("Royal Fern", plants(only=("family", "Osmunda")))) != "record"


def test_a_link_of_another_thing_in_the_row_opens_the_record_of_that_thing() -> None:
    rows = [
        ("1", link("Ida Lund", "/keepers/1")),
        ("2", link("Noor Khan", "/keepers/2")),
        ("3", link("Ida Lund", "/keepers/1")),
    ]
    start = scene("/visits", heading("Visits"), table(("id", "keeper"), rows))
    end = scene("/keepers/1", heading("Ida Lund"))
    assert phrase(start, click("Ida Lund", end)) == 'open the "keeper" "Ida Lund"'
    rows[2] = ("3", link("Ida Lund", "/keepers/9"))
    twins = scene("/visits", heading("Visits"), table(("id", "keeper"), rows))
    assert kind(twins, click("Ida Lund", end)) != "record"


def test_a_link_that_edits_a_row_opens_what_is_headed_by_both() -> None:
    start = scene("/p", heading("Plants"), table(("name", "action"), [("Silver Fern", link("Edit", "/p/1/edit"))]))
    assert phrase(start, click("Edit", scene("/p/1/edit", heading("Edit Silver Fern")))) == 'open "Edit Silver Fern"'
    assert kind(start, click("Edit", scene("/p/1/edit", heading("Change plant")))) is None


def test_a_number_in_a_row_that_is_not_its_id_does_not_stand_for_the_row() -> None:
    rows = [("11", "Silver Fern", link("300", "/plants/11")), ("12", "Royal Fern", link("160", "/plants/12"))]
    start = scene("/plants", heading("Plants"), table(("id", "name", "height"), rows))
    assert kind(start, click("300", plant("11"), role="link")) != "record"


def test_a_button_in_a_row_opens_no_record() -> None:
    for press, found in ((button("11"), None), (link("11", "/plants/11"), "record")):
        start = scene("/plants", heading("Plants"), table(("id", "name"), [(press, "Silver Fern")]))
        assert kind(start, click("11", plant("11"))) == found


# Sorting.


@pytest.mark.parametrize(
    ("column", "down", "order"),
    [("height", False, "ascending"), ("height", True, "descending"), ("name", False, "ascending")],
)
def test_a_columns_heading_sorts_the_list(column: str, down: bool, order: str) -> None:
    found = effect(plants(), click(column, plants(by=column, down=down)))
    assert found is not None
    assert (found.kind, found.column, found.order) == ("sort", column, order)
    assert found.phrase == f'sort the list by "{column}" in {order} order'


def test_the_evidence_of_an_order_is_its_first_and_last_value() -> None:
    found = effect(plants(), click("height", plants(by="height")))
    assert found is not None
    assert found.evidence == '"height" runs from "90" to "300"'


def test_numbers_are_sorted_as_numbers_and_not_as_text() -> None:
    as_text = plants(rows=sorted(PLANTS, key=lambda row: row[3]))
    assert [row[3] for row in sorted(PLANTS, key=lambda row: row[3])] == ["120", "160", "210", "300", "90"]
    assert effect(plants(), click("height", as_text)) is None


def test_an_order_that_is_none_is_no_sort() -> None:
    shuffled = plants(rows=[PLANTS[at] for at in (2, 0, 1, 4, 3)])
    assert effect(plants(), click("height", shuffled)) is None


def test_an_order_that_was_there_before_is_no_sort() -> None:
    again = dataclasses.replace(plants(by="height"), location=HOST + "/plants?again")
    assert effect(plants(by="height"), click("height", again)) is None


def test_two_values_are_too_few_to_see_an_order() -> None:
    two = [(*row[:3], "100" if row[0] < "13" else "200") for row in PLANTS]
    assert effect(plants(rows=two[::-1]), click("height", plants(rows=two))) is None


def test_a_column_of_equal_values_can_not_be_sorted() -> None:
    same = [(row[0], row[1], row[2], "100") for row in PLANTS]
    assert effect(plants(rows=same), click("height", plants(rows=same[::-1]))) is None


def test_to_sort_by_an_id_is_nothing_to_ask_for() -> None:
    assert effect(plants(), click("id", plants(by="id", down=True))) is None


def test_a_sort_happens_in_the_heading_of_the_column() -> None:
    start = plants(around=[link("height", "/plants?sort=height")])
    assert (
        effect(start, click("height", plants(by="height", around=[link("height", "/plants?sort=height")]), nth=1))
        is None
    )


@pytest.mark.parametrize(
    ("values", "order"),
    [
        (("1", "2", "10"), "ascending"),
        (("1,000", "$999", "5.5"), "descending"),
        (("apple", "Birch", "cedar"), "ascending"),
        (("b", "a", "c"), None),
        (("2", "10", "9"), None),
        (("-3", "2"), "ascending"),
        ((), "ascending"),
    ],
)
def test_values_run_up_or_down_or_neither(values: tuple[str, ...], order: str | None) -> None:
    assert order_of(values) == order


@given(st.lists(st.integers(-10_000, 10_000), min_size=2, unique=True))
def test_sorted_numbers_are_an_order_and_another_permutation_is_none(numbers: list[int]) -> None:
    ordered = sorted(numbers)
    assert order_of(tuple(f"{one:,}" for one in ordered)) == "ascending"
    assert order_of(tuple(f"{one:,}" for one in ordered[::-1])) == "descending"
    if len(numbers) > 2:
        assert order_of(tuple(map(str, [*ordered[1:], ordered[0]]))) is None


@pytest.mark.parametrize(("words", "value"), [("1,204", 1204.0), ("€ 5", None), ("€5.50", 5.5), ("-3", -3.0)])
def test_a_cell_may_hold_a_number(words: str, value: float | None) -> None:
    assert number(words) == value


@pytest.mark.parametrize("words", ["", "1.2.3", "12 cm", "²", "1e5", "nan", "2024-01-02"])
def test_a_cell_with_anything_else_holds_none(words: str) -> None:
    assert number(words) is None


# Filtering.


def test_a_click_on_a_value_that_all_rows_then_have_is_a_filter() -> None:
    found = effect(plants(), click("Osmunda", plants(only=("family", "Osmunda")), role="link"))
    assert found is not None
    assert (found.kind, found.column, found.value) == ("filter", "family", "Osmunda")
    assert found.phrase == 'show only the rows whose "family" is "Osmunda"'
    assert found.evidence == 'every row that is left has "Osmunda" as its "family"'


def test_rows_that_were_not_seen_may_have_other_values() -> None:
    """Nothing is said of all rows of a list of which a part was seen."""
    assert kind(plants(), click("Osmunda", partly(plants(only=("family", "Osmunda"))), role="link")) != "filter"
    acts = [
        chosen("family", "", filter_form("family")),
        typed("Boston", "", filter_form("family", "Boston"), role="textbox"),
    ]
    assert kind(filter_form(), *acts, enter(partly(filter_form("family", "Boston", BOSTON)))) != "filter"
    assert kind(plant("11"), click("waterings", waterings("Silver Fern"))) == "related"
    assert kind(plant("11"), click("waterings", partly(waterings("Silver Fern")))) != "related"
    assert kind(partly(plant("11")), click("waterings", waterings("Silver Fern"))) != "related"


def test_one_row_that_has_another_value_makes_it_no_filter() -> None:
    mixed = plants(rows=[PLANTS[1], PLANTS[4], PLANTS[0]])
    assert effect(plants(), click("Osmunda", mixed, role="link")) is None


def test_a_value_that_all_rows_had_before_filters_nothing() -> None:
    rows = [row for row in PLANTS if row[2] == "Osmunda"]
    assert effect(plants(rows=rows), click("Osmunda", plants(rows=rows[:1]), role="link")) is None


def test_another_value_than_that_clicked_is_no_filter() -> None:
    assert effect(plants(), click("Boston", plants(only=("family", "Osmunda")), role="link")) is None


def test_a_list_of_other_columns_is_not_the_list_narrowed() -> None:
    end = scene(
        "/x", heading("Other"), table(("kind", "family", "born"), [("a", "Osmunda", "b"), ("c", "Osmunda", "d")])
    )
    assert effect(plants(), click("Osmunda", end, role="link")) is None


def filter_form(column: str = "", value: str = "", rows: Any = PLANTS, extra: str = "") -> Scene:
    return scene(
        f"/plants?{column}={value}" if rows is not PLANTS else "/plants",
        heading("Plants"),
        field("", column, "combobox", options=("name", "family"), id="column"),
        field("", value, id="value"),
        field("", extra, id="extra"),
        button("Apply"),
        table(("name", "family"), [row[1:3] for row in rows]),
    )


BOSTON = [row for row in PLANTS if row[2] == "Boston"]


def test_a_form_that_left_only_rows_with_the_value_is_a_filter() -> None:
    acts = [
        chosen("family", "", filter_form("family")),
        typed("Boston", "", filter_form("family", "Boston"), role="textbox"),
    ]
    for last in (
        click("Apply", filter_form("family", "Boston", BOSTON)),
        enter(filter_form("family", "Boston", BOSTON)),
    ):
        assert phrase(filter_form(), *acts, last) == 'show only the rows whose "family" is "Boston"'


def test_a_form_that_narrowed_by_more_than_one_value_is_not_said_as_one() -> None:
    acts = [
        typed("Boston", "", filter_form("", "Boston"), role="textbox"),
        typed("sword", "", filter_form("", "Boston", extra="sword"), role="textbox", nth=1),
        click("Apply", filter_form("", "Boston", BOSTON, extra="sword")),
    ]
    assert effect(filter_form(), *acts) is None


# Searching.


def test_results_that_say_the_words_are_a_search() -> None:
    found = effect(
        plants(), typed("silver", "Search plants", plants(holds="silver")), click("Find", plants(query="silver"))
    )
    assert found is not None
    assert (found.kind, found.phrase) == ("search", 'search for "silver"')
    assert found.evidence == '1 of 1 results say "silver"'
    assert (
        phrase(plants(), typed("silver", "Search plants", plants(query="silver"), submit=True)) == 'search for "silver"'
    )


def test_a_search_without_results_found_nothing() -> None:
    acts = (typed("moss", "Search plants", plants(holds="moss")), click("Find", plants(query="moss")))
    assert effect(plants(), *acts) is None


def test_results_that_do_not_say_the_words_are_no_search() -> None:
    acts = (typed("moss", "Search plants", plants(holds="moss")), click("Find", plants(rows=PLANTS[:2], holds="moss")))
    assert effect(plants(), *acts) is None


def test_the_same_rows_as_before_are_no_search() -> None:
    acts = (typed("fern", "Search plants", plants(holds="fern")), click("Find", plants(query="fern")))
    assert effect(plants(), *acts) is None


def test_results_may_be_links_if_they_were_not_there_before() -> None:
    start = scene("/", heading("Home"), field("Search", "", "searchbox"), link("Silver Fern", "/1"))
    held = scene("/", heading("Home"), field("Search", "silver", "searchbox"), link("Silver Fern", "/1"))
    end = scene("/s", heading("Results"), link("Silver Fern", "/1"), link("Silver Moss", "/2"))
    assert kind(start, typed("silver", "Search", held), enter(end)) == "search"
    echo = scene("/s", heading("Results for silver"), text("silver"), link("Silver Fern", "/1"))
    assert effect(start, typed("silver", "Search", held), enter(echo)) is None


def test_a_search_that_jumped_to_a_page_with_hardly_a_link_that_says_it_is_none() -> None:
    start = scene("/", heading("Home"), field("Search", "", "searchbox"))
    held = scene("/", heading("Home"), field("Search", "silver", "searchbox"))
    end = scene("/silver", heading("Silver"), link("Silver too"), *(link(f"Moss {at}") for at in range(9)))
    assert effect(start, typed("silver", "Search", held), enter(end)) is None


def test_a_button_may_say_that_it_searches() -> None:
    for name, found in (("Find", "search"), ("Clear", None)):
        start, held = (scene("/", heading("Home"), field("Words", value), button(name)) for value in ("", "silver"))
        end = scene("/s", heading("Results"), link("Silver Fern"), link("Silver Moss"))
        assert kind(start, typed("silver", "Words", held), click(name, end)) == found


def test_a_search_for_nothing_is_none() -> None:
    assert effect(plants(), typed(" ", "Search plants", plants(rows=PLANTS[:2]), submit=True)) is None


def test_a_field_that_was_sent_with_enter_need_not_be_there_any_more() -> None:
    start = scene("/", heading("Home"), field("Search", "", "searchbox"))
    end = scene("/s", heading("Results"), link("Silver Fern"), link("Silver Moss"))
    assert kind(start, typed("silver", "Search", end, submit=True)) == "search"


# Saving and adding.


def test_a_form_whose_words_then_stand_on_the_page_was_saved() -> None:
    found = effect(
        profile(),
        typed("Mossy", "Nickname", profile("Mossy")),
        click("Save", profile(saved="Mossy")),
    )
    assert found is not None
    assert (found.kind, found.phrase) == ("save", 'set "Nickname" to "Mossy", then press "Save"')
    assert found.evidence == "a record with these values is shown now"


def test_a_form_of_which_the_page_tells_a_part_was_sent_and_the_record_has_to_tell_the_rest() -> None:
    wild = chosen("Wild", "Mood", profile("Mossy", "Wild"))
    acts = [typed("Mossy", "Nickname", profile("Mossy")), wild, click("Save", profile(saved="Mossy"))]
    found = effect(profile(), *acts)
    assert found is not None
    assert (found.kind, found.phrase) == ("submit", None)


@pytest.mark.parametrize(
    ("end", "pressed"),
    [
        (profile("Mossy", mood="Wild"), "Save"),
        (profile("Mossy", saved="Saved"), "Save"),
        (profile("", saved="Mossy", button_name="Cancel"), "Cancel"),
    ],
)
def test_a_form_whose_words_stand_nowhere_or_that_was_not_sent_was_not_saved(end: Scene, pressed: str) -> None:
    start, held = profile(button_name=pressed), profile("Mossy", button_name=pressed)
    assert effect(start, typed("Mossy", "Nickname", held), click(pressed, end)) is None


def test_words_that_stood_on_the_page_before_do_not_show_that_it_was_saved() -> None:
    start, held = profile(saved="Mossy"), profile("Mossy", saved="Mossy")
    assert kind(start, typed("Mossy", "Nickname", held), click("Save", profile(mood="Wild", saved="Mossy"))) == "submit"


def test_a_secret_is_no_part_of_a_form_that_was_saved() -> None:
    held = profile(MASK)
    assert effect(profile(), typed(MASK, "Nickname", held), click("Save", profile(saved=MASK))) is None
    assert fill_of(transitions_of(walk(profile(), typed(f"a{MASK}", "Nickname", profile(f"a{MASK}"))))[0]) is None


def test_to_tick_a_box_does_not_send_a_form() -> None:
    held = profile("Mossy")
    assert (
        effect(profile(), typed("Mossy", "Nickname", held), click("Newsletter", profile("Mossy", saved="Mossy")))
        is None
    )


def test_two_fields_of_one_name_are_not_said() -> None:
    def form(one: str, two: str, saved: str = "") -> Scene:
        return scene(
            "/p", text(saved), text("Moss" * bool(saved)), field("Name", one), field("Name", two), button("Save")
        )

    acts = [typed("Fern", "Name", form("Fern", "")), typed("Moss", "Name", form("Fern", "Moss"), nth=1)]
    assert effect(form("", ""), *acts, click("Save", form("", "", "Fern"))) is None
    assert kind(form("", ""), acts[0], click("Save", form("", "", "Fern"))) == "save"


def test_a_link_does_not_send_a_form() -> None:
    start, held = (
        scene("/p", heading("P"), field("Nickname", value), link("Save", "/save")) for value in ("", "Mossy")
    )
    end = scene("/save", heading("Save"), text("Mossy"))
    assert effect(start, typed("Mossy", "Nickname", held), click("Save", end)) is None


def test_one_field_whose_words_then_stand_in_the_list_adds_to_it() -> None:
    start, held = duties({"Water": False}), duties({"Water": False}, holds="Prune hedges")
    end = scene(
        "/duties",
        heading("Duties"),
        field("New duty"),
        button("Add"),
        part("list", "", part("listitem", "Water"), part("listitem", "Prune hedges")),
    )
    for last in (click("Add", end), enter(end)):
        assert phrase(start, typed("Prune hedges", "New duty", held), last) == 'add "Prune hedges"'
    said = scene("/duties", heading("Duties"), text("Prune hedges"), field("New duty"), button("Add"))
    assert effect(start, typed("Prune hedges", "New duty", held), enter(said)) is None


# Filling.


def test_a_field_that_holds_what_was_typed_was_filled() -> None:
    found = effect(profile(), typed("Mossy", "Nickname", profile("Mossy")))
    assert found is not None
    assert (found.kind, found.phrase, found.value) == ("fill", None, "Mossy")
    assert found.evidence == '"Nickname" holds "Mossy"'
    assert kind(profile(), chosen("Wild", "Mood", profile(mood="Wild"))) == "fill"


def test_a_field_that_does_not_hold_it_was_not_filled() -> None:
    assert effect(profile(), typed("Mossy", "Nickname", profile("Moss"))) is None
    assert effect(profile(), chosen("Wild", "Mood", profile("x", mood="Calm"))) is None


def test_fields_without_a_name_are_told_apart_by_their_place() -> None:
    acts = [typed("Boston", "", filter_form("", "Boston"), role="textbox")]
    first = fill_of(transitions_of(walk(filter_form(), *acts))[0])
    acts = [typed("Boston", "", filter_form(extra="Boston"), role="textbox", nth=1)]
    second = fill_of(transitions_of(walk(filter_form(), *acts))[0])
    assert isinstance(first, Fill)
    assert isinstance(second, Fill)
    assert first.field == second.field == ""
    assert first.place != second.place


# Flags.


def test_a_box_that_is_ticked_or_unticked() -> None:
    off, on = duties({"Water": False, "Weed": False}), duties({"Water": False, "Weed": True})
    found = effect(off, click("Weed", on, role="checkbox"))
    assert found is not None
    assert (found.kind, found.phrase, found.evidence) == ("toggle", 'tick "Weed"', '"Weed" is ticked now')
    assert phrase(on, click("Weed", off, role="checkbox")) == 'untick "Weed"'


def test_a_box_without_a_name_is_called_by_its_item() -> None:
    off, on = (duties({"Water": False, "Weed": done}, nameless=True) for done in (False, True))
    assert phrase(off, click("", on, role="checkbox", nth=1)) == 'tick "Weed"'


def test_another_box_that_flipped_is_not_the_one_clicked() -> None:
    off, other = duties({"Water": False, "Weed": False}), duties({"Water": True, "Weed": False})
    assert effect(off, click("Weed", other, role="checkbox")) is None


def test_an_item_that_moved_into_the_place_is_not_the_one_clicked() -> None:
    off = duties({"Weed": False, "Water": True})
    moved = duties({"Water": True, "Weed": False, "Prune": True})
    assert effect(off, click("Weed", moved, role="checkbox")) is None


def test_a_box_in_a_form_is_of_no_effect_until_it_is_sent() -> None:
    ticked = scene("/profile", part("form", "", part("checkbox", "Newsletter", flags=("checked",)), button("Save")))
    start = scene("/profile", part("form", "", part("checkbox", "Newsletter"), button("Save")))
    assert kind(start, click("Newsletter", ticked)) == "fill"
    choice = [
        scene("/p", part("form", "", part("radio", "Shade", flags=flags), button("Save")))
        for flags in ((), ("checked",))
    ]
    assert kind(choice[0], click("Shade", choice[1])) == "fill"
    alone = [scene("/p", part("form", "", part("checkbox", "Newsletter", flags=flags))) for flags in ((), ("checked",))]
    assert kind(alone[0], click("Newsletter", alone[1])) == "toggle"


def flags(role: str, name: str, *held: str) -> Scene:
    return scene("/f", heading("Flags"), part(role, name, flags=held))


@pytest.mark.parametrize(
    ("role", "before", "after", "phrase_", "evidence"),
    [
        ("radio", (), ("checked",), 'choose "Shade"', '"Shade" is chosen now'),
        ("switch", (), ("checked",), 'tick "Shade"', '"Shade" is ticked now'),
        ("button", ("collapsed",), ("expanded",), None, '"Shade" is expanded now'),
        ("button", (), ("pressed",), 'switch on "Shade"', '"Shade" changed its state'),
        ("button", ("pressed",), (), 'switch off "Shade"', '"Shade" changed its state'),
        ("tab", (), ("selected",), 'switch to "Shade"', '"Shade" is selected now'),
    ],
)
def test_each_flag_has_its_words(
    role: str, before: tuple[str, ...], after: tuple[str, ...], phrase_: str | None, evidence: str
) -> None:
    found = effect(flags(role, "Shade", *before), click("Shade", flags(role, "Shade", *after)))
    assert found is not None
    assert (found.phrase, found.evidence) == (phrase_, evidence)


@pytest.mark.parametrize(
    ("role", "before", "after"),
    [
        ("radio", ("checked",), ()),
        ("button", ("expanded",), ("collapsed",)),
        ("tab", ("selected",), ()),
        ("link", (), ("selected",)),
        ("button", (), ("disabled",)),
    ],
)
def test_other_changes_of_flags_have_none(role: str, before: tuple[str, ...], after: tuple[str, ...]) -> None:
    assert effect(flags(role, "Shade", *before), click("Shade", flags(role, "Shade", *after))) is None


def test_of_two_elements_alike_it_is_not_known_which_flipped() -> None:
    twins = [
        scene("/f", text("?"), part("checkbox", "Shade", id="x", flags=held), part("checkbox", "Shade", id="x"))
        for held in ((), ("checked",))
    ]
    assert effect(twins[0], click("Shade", twins[1])) is None


# Dialogs, pages of a list, what belongs to a record, scrolling.


def dialog(*names: str, **fields: Any) -> Scene:
    return scene(
        "/d",
        heading("Desk"),
        button("New"),
        button("Close"),
        *(part("dialog", name, text("Sure?")) for name in names),
        **fields,
    )


def test_a_dialog_opens_and_to_close_it_is_nobodys_goal() -> None:
    found = effect(dialog(), click("New", dialog("New plant")))
    assert found is not None
    assert (found.kind, found.phrase) == ("dialog", 'open the dialog "New plant"')
    assert found.quotes == ("New",)
    assert kind(dialog("New plant"), click("Close", dialog())) == "reveal"
    assert phrase(dialog("New plant"), click("Close", dialog())) is None


@pytest.mark.parametrize("end", [dialog("One thing", "Other thing"), dialog(""), dialog("7")])
def test_two_dialogs_or_one_without_a_name_are_not_said(end: Scene) -> None:
    assert effect(dialog(), click("New", end)) is None


def turned(rows: Any, *extra: Part) -> Scene:
    return plants(rows=rows, around=[button("Next page"), *extra])


def test_other_rows_of_the_same_columns_are_another_page_of_the_list() -> None:
    found = effect(turned(PLANTS[:2]), click("Next page", turned(PLANTS[2:])))
    assert found is not None
    assert (found.kind, found.phrase) == ("reveal", None)


def test_rows_that_stayed_are_no_other_page() -> None:
    assert effect(turned(PLANTS[:3]), click("Next page", turned(PLANTS[2:]))) is None


def test_another_list_of_the_same_columns_is_no_other_page_of_this_one() -> None:
    other = dataclasses.replace(turned(PLANTS[2:]), location=HOST + "/seeds")
    assert effect(turned(PLANTS[:2]), click("Next page", other)) is None


def test_a_record_called_next_is_no_page_of_the_list() -> None:
    assert effect(turned(PLANTS[:2]), click("Next page", plant("12"))) is None


def test_the_rows_that_belong_to_a_record_are_related() -> None:
    found = effect(plant("11"), click("waterings", waterings("Silver Fern")))
    assert found is not None
    assert (found.kind, found.name, found.column) == ("related", "Waterings", "plant")
    assert found.phrase == 'list the rows of "Waterings" whose "plant" is "Silver Fern"'


def test_rows_that_belong_to_others_too_are_not_related() -> None:
    assert kind(plant("11"), click("waterings", waterings("Silver Fern", ["Royal Fern"]))) != "related"
    assert kind(plant("12"), click("waterings", waterings("Silver Fern"))) != "related"


def test_rows_that_the_record_showed_already_are_not_related() -> None:
    rows = table(("id", "plant", "amount"), [(str(at), "Silver Fern", f"{at} litres") for at in (1, 2)])
    single = table(("name", "height"), [("Silver Fern", "300")])
    start = scene("/plants/11", heading("Silver Fern"), single, link("waterings"), rows)
    assert kind(start, click("waterings", waterings("Silver Fern"))) != "related"


def test_related_rows_are_called_by_their_list_and_not_by_the_site() -> None:
    rows = table(("id", "plant"), [("1", "Silver Fern"), ("2", "Silver Fern 11")])
    end = scene("/waterings", heading("Fernwood"), heading("Waterings", 2), rows)
    found = effect(plant("11"), click("waterings", end), site=frozenset({"fernwood"}))
    assert found is not None
    assert (found.kind, found.name) == ("related", "Waterings")


def test_a_scroll_only_brings_into_sight() -> None:
    found = effect(plants(), scrolled(dataclasses.replace(plants(), scroll=400)))
    assert found is not None
    assert (found.kind, found.phrase) == ("reveal", None)


# Quoting.


def test_a_name_is_quoted_on_one_line_without_marks_that_hide() -> None:
    assert quote('a "b"\n c') == "\"a 'b' c\""
    assert quote("\u202egnp\u202c.exe\u200b\x00") == '"gnp.exe"'


@given(st.text())
def test_a_quoted_name_never_ends_its_own_quotation(name: str) -> None:
    quoted = quote(name)
    assert quoted[0] == quoted[-1] == '"'
    assert '"' not in quoted[1:-1]
    assert "\n" not in quoted


def notes(*rows: str, menu: bool = False) -> Scene:
    """The first screen of an app of a phone: a list of rows, and a menu over it."""
    over = [part("dialog", "", button("Share"), flags=("modal",))] if menu else []
    listed = part("list", "", *(part("generic", row) for row in rows))
    return scene("/.Main", heading("Notes"), listed, button("More"), *over)


def note(name: str) -> Scene:
    return scene("/.Editor", heading("Note"), part("textbox", "Title", value=name, flags=("editable",)))


def test_a_row_of_an_apps_list_is_opened_by_what_the_next_screen_calls_it() -> None:
    rows = ("Bike tour To the lake", "Shopping Bread", "Bike")
    assert phrase(notes(*rows), click(rows[0], note("Bike tour"))) == 'open "Bike tour"'
    assert phrase(notes(*rows), click(rows[1], scene("/.Show", heading("Shopping")))) == 'open "Shopping"'
    assert phrase(notes(*rows), click(rows[0], note("Lake"))) is None
    assert phrase(notes(*rows), click(rows[0], note("Bike"))) is None  # two rows begin so
    assert phrase(notes(*rows), click(rows[0], scene("/.Show", heading("Notes")))) is None
    choice = scene("/.Show", heading("Form"), part("combobox", "Kind", value="Shopping"))
    assert phrase(notes(*rows), click(rows[1], choice)) is None  # it was chosen and not opened


def test_a_menu_has_no_name_and_serves_what_is_pressed_in_it() -> None:
    assert kind(notes("Bike"), click("More", notes("Bike", menu=True))) == "reveal"
    found = effect(notes("Bike", menu=True), click("Share", scene("/.Share", heading("Share"))))
    assert found is not None
    assert (found.phrase, found.context) == ('open "Share"', None)


def test_a_page_may_be_called_what_is_left_of_its_button_after_a_word_of_looking() -> None:
    album = scene("/.Main", heading("Album"), button("Select image"), button("Image of the day"))
    assert phrase(album, click("Select image", scene("/.Pick", heading("Images")))) == 'open "Images"'
    assert phrase(album, click("Image of the day", scene("/.Pick", heading("Image")))) is None


# Which of several.


def boxes(*ticked: str) -> Scene:
    """A table whose rows have a box of one name each."""
    rows = [
        (part("checkbox", "Select record", flags=("checked",) if name in ticked else ()), name, str(at))
        for at, name in enumerate(("Fern", "Moss", "Moss"))
    ]
    return scene("/rows", heading("Rows"), table(("", "title", "price"), rows))


def test_a_box_of_a_row_is_told_with_the_row_and_not_where_two_rows_are_called_alike() -> None:
    found = effect(boxes(), click("Select record", boxes("Fern"), role="checkbox"))
    assert found is not None
    assert (found.phrase, found.row) == ('tick "Select record" in the row of "Fern"', "Fern")
    assert effect(boxes(), click("Select record", boxes("Moss"), role="checkbox", nth=1)) is None


def test_what_opens_a_menu_or_is_expanded_is_not_switched() -> None:
    for before, after in (
        (("haspopup",), ("haspopup", "pressed")),
        (("expanded", "pressed"), ("collapsed",)),
        (("expanded", "selected"), ("collapsed", "selected")),
    ):
        found = effect(flags("button", "More", *before), click("More", flags("button", "More", *after)))
        assert found is None or found.kind == "reveal"
    menu = scene("/menu", part("button", "Heading...", flags=("pressed",)), part("menu", "", flags=("modal",)))
    assert effect(flags("button", "Heading..."), click("Heading...", menu)) is None
    picked = [flags("option", "report.txt", *held) for held in ((), ("selected",))]
    assert effect(picked[0], click("report.txt", picked[1])) is None, "to pick a file is to switch to nothing"


def test_a_switch_of_a_toolbar_is_a_tool() -> None:
    tools = [scene("/tools", part("toolbar", "", part("button", "Strike", flags=on))) for on in ((), ("pressed",))]
    found = effect(tools[0], click("Strike", tools[1]))
    assert found is not None
    assert (found.phrase, found.value) == ('switch on "Strike"', TOOL)


@pytest.mark.parametrize("name", ["dialog-question", "gtk-dialog-warning", "Error", "Warning", "cat.svg"])
def test_an_icons_name_or_a_message_is_no_dialog_to_open(name: str) -> None:
    assert kind(dialog(), click("New", dialog(name))) != "dialog"


def test_a_link_that_leads_away_closes_no_dialog_and_what_commits_does_not() -> None:
    shown = scene("/menu", heading("Home"), part("dialog", "Pages", link("News", "/news"), button("Insert")))
    assert phrase(shown, click("News", scene("/news", heading("News")))) == 'open "News"'
    assert effect(shown, click("Insert", scene("/menu", heading("Home")))) is None


def test_a_list_that_is_narrowed_as_one_types_was_searched_by_the_typing() -> None:
    def orders(held: str, *names: str) -> Scene:
        items = part("list", "", *(part("listitem", name) for name in names))
        return scene("/orders", heading("Orders"), field("Search", held), items, button("Next page"))

    start, found = orders("", "one open", "two closed", "three open"), orders("open", "one open", "three open")
    typing = typed("open", "Search", found)
    assert phrase(start, typing) == 'search for "open"'
    assert kind(start, typed("open", "Search", orders("open", "one open", "two closed"))) == "fill"
    assert kind(start, typing, click("Next page", orders("open", "nine open"))) != "search"


def test_a_button_that_sends_a_form_opens_nothing() -> None:
    form = part("form", "", field("Name", "Pump"), button("Save"))
    start = scene("/record/7", heading("Edit"), form)
    assert effect(start, click("Save", scene("/record/save", heading("Machines")))) is None


def test_another_page_is_opened_by_the_words_of_its_link_and_its_row() -> None:
    rows = [(part("rowheader", name, text(name)), link("Add", f"/{name}/add")) for name in ("Loans", "Books")]
    start = scene("/", heading("Administration"), *(part("row", "", *row) for row in rows))
    assert phrase(start, click("Add", scene("/Loans/add", heading("Add loan")))) == 'open "Add loan"'
    assert effect(start, click("Add", scene("/Loans/add", heading("New entry")))) is None
    assert effect(start, click("Add", scene("/Loans/add", heading("Add")))) is None


def test_a_page_is_called_by_the_links_to_itself() -> None:
    def table_page(name: str) -> Scene:
        return scene(f"/{name}", heading("SQL"), link("books", "/books"), link("members", "/members"), text(name))

    found = effect(table_page("books"), click("members", table_page("members")), site=frozenset({"sql"}))
    assert found is not None
    assert (found.phrase, found.context) == ('open "members"', "books")


def test_a_record_that_was_sent_is_told_by_its_own_page() -> None:
    form = [
        scene(
            "/new",
            heading("New pump"),
            part("form", "", field("Name", name), field("Year", year, "spinbutton"), button("Speichern")),
        )
        for name, year in (("", ""), ("Pump", ""), ("Pump", "2018"))
    ]  # fmt: skip
    done = scene("/pumps", heading("Pumps"), table(("name",), [[link("Pump", "/pumps/1")], [link("Hose", "/pumps/2")]]))
    record = scene("/pumps/1", heading("Record 1"), table(("Name", "Year"), [("Pump", "2018")]))
    acts = [typed("Pump", "Name", form[1]), typed("2018", "Year", form[2], role="spinbutton"), click("Speichern", done)]
    sent = effect(form[0], *acts)
    assert sent is not None
    assert (sent.kind, sent.phrase) == ("submit", None)
    last = transitions_of(walk(done, click("Pump", record, role="link")))[0]
    seen = kept(sent, last)
    assert seen is not None
    assert seen.phrase == 'set "Name" to "Pump" and "Year" to "2018", then press "Speichern" and open it'
    other = scene("/pumps/2", heading("Record 2"), table(("Name", "Year"), [("Hose", "2018")]))
    assert kept(sent, transitions_of(walk(done, click("Hose", other, role="link")))[0]) is None
