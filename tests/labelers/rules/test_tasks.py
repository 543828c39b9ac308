"""What is asked for in one sentence, and all that forbids it: each refusal with the case that it must let pass."""

import dataclasses
from typing import Any

import pytest

from labelers.observed.graph import TransitionGraph, edges
from labelers.observed.transitions import site_names, transitions_of
from labelers.rules.paths import runs
from labelers.rules.questions import is_narrowed
from labelers.rules.tasks import TEXT_LIMIT, NoTask, TaskSentence, synthesize
from schemas.identity import tree_keys
from schemas.page_values import record_values
from schemas.pages import Page
from tests.labelers.site import (
    HOME,
    HOST,
    ORDERS,
    PLANTS,
    Act,
    Part,
    Scene,
    back,
    button,
    chosen,
    click,
    duties,
    enter,
    field,
    heading,
    link,
    lower,
    part,
    partly,
    plant,
    plants,
    profile,
    scene,
    scrolled,
    table,
    text,
    tree_of,
    typed,
    walk,
    waterings,
)


def state(of: Scene) -> str:
    """The content state of a scene."""
    assert of.moment.keys is not None
    return of.moment.keys.content


def ask(start: Scene, *acts: Act, known: tuple[tuple[Scene, Scene], ...] = (), first: int = 0) -> list[TaskSentence]:
    """The tasks of the run from step `first` to the last, where all that is known is this walk and `known`."""
    episode = walk(start, *acts)
    transitions = transitions_of(episode)
    ways = TransitionGraph([*edges(episode), *((state(here), state(there)) for here, there in known)])
    spans = [run for run in runs(transitions) if run.last == len(acts) - 1 and run.first <= first <= run.path[0].index]
    return synthesize(spans[-1], transitions, ways, site_names(transitions))


def texts(start: Scene, *acts: Act, **rest: Any) -> list[str]:
    return [task.plain for task in ask(start, *acts, **rest)]


def reason(start: Scene, *acts: Act, **rest: Any) -> str:
    with pytest.raises(NoTask) as silence:
        ask(start, *acts, **rest)
    return str(silence.value)


def question(start: Scene, *acts: Act, **rest: Any) -> tuple[str, str | None] | None:
    """The question that a walk gives with its answer, None where it gives none."""
    try:
        asked = [task for task in ask(start, *acts, **rest) if task.answer is not None]
    except NoTask:
        return None
    return (asked[0].plain, asked[0].answer) if asked else None


TO_PLANTS = click("Plants", plants())


# Sentences.


def test_a_page_to_go_to_and_a_record_to_open_there() -> None:
    task = ask(HOME, TO_PLANTS, click("Royal Fern", plant("12")))[0]
    assert task.plain == 'In "Plants", open the record of "Royal Fern".'
    assert task.answer is None
    assert task.evidence == 'the page is headed "Plants"; the page shows "Royal Fern"'
    assert task.template == "open+record"


def test_what_is_done_on_the_page_where_one_is_names_that_page() -> None:
    sorted_ = plants(by="height")
    more = plants(by="height", rows=[("19", "Dwarf Fern", "Boston", "5"), *PLANTS])
    found = texts(plants(), click("height", sorted_), click("Osmunda", plants(only=("family", "Osmunda")), role="link"))
    assert found[0] == (
        'In "Plants", sort the list by "height" in ascending order and show only the rows whose "family" is "Osmunda".'
    )
    dwarf = scene("/plants/19", heading("Dwarf Fern"), text("A page of its own"))
    assert texts(plants(), click("height", more), click("Dwarf Fern", dwarf))[0] == (
        'In "Plants", sort the list by "height" in ascending order and open the record of "Dwarf Fern".'
    )


def test_pages_to_pass_are_named_in_order() -> None:
    garden = scene("/garden", heading("Garden"), link("Beds"))
    beds = scene("/beds", heading("Beds"), link("Orders"))
    assert texts(scene("/", heading("Home"), link("Garden")), click("Garden", garden), click("Beds", beds)) == [
        'Go to "Garden" and open "Beds".'
    ]
    three = [click("Garden", garden), click("Beds", beds), click("Orders", ORDERS)]
    start = scene("/", heading("Home"), link("Garden"))
    assert reason(start, *three) == "wandering from page to page"
    ticked = (scene("/beds", heading("Beds"), part("checkbox", "Weed", flags=flags)) for flags in ((), ("checked",)))
    acts = [click("Garden", garden), click("Beds", next(ticked)), click("Weed", next(ticked))]
    assert texts(start, *acts) == ['Go to "Garden", then "Beds" and tick "Weed".']


def test_a_way_of_several_pages_and_several_wishes_is_one_list() -> None:
    garden = scene("/garden", heading("Garden"), link("Beds"))
    beds = scene("/beds", heading("Beds"), link("Plants", "/plants"))
    acts = [click("Garden", garden), click("Beds", beds), click("Plants", plants())]
    found = texts(
        scene("/", heading("Home"), link("Garden")),
        *acts,
        click("Silver Fern", plant("11")),
        click("waterings", waterings("Silver Fern")),
    )
    assert found == [
        'Go to "Garden", then "Beds", then "Plants", open the record of "Silver Fern" '
        'and go on from there to the rows of "Waterings" that belong to it.',
        'In "Plants", look up "Silver Fern": how many rows of "Waterings" belong to it?',
    ]


def test_from_a_record_one_goes_on_to_what_belongs_to_it() -> None:
    found = texts(plants(), click("Silver Fern", plant("11")), click("waterings", waterings("Silver Fern")))
    assert found == [
        'In "Plants", open the record of "Silver Fern" '
        'and go on from there to the rows of "Waterings" that belong to it.',
        'In "Plants", look up "Silver Fern": how many rows of "Waterings" belong to it?',
    ]


def test_a_form_that_was_saved_names_its_fields() -> None:
    found = texts(
        scene("/", heading("Home"), link("Profile")),
        click("Profile", profile()),
        typed("Mossy", "Nickname", profile("Mossy")),
        click("Save", profile(saved="Mossy")),
    )
    assert found == ['In "Profile", set "Nickname" to "Mossy", then press "Save".']


def test_a_box_to_tick() -> None:
    off, on = (duties({"Water": False, "Weed": done}) for done in (False, True))
    assert texts(HOME, click("Duties", off), click("Weed", on, role="checkbox")) == ['In "Duties", tick "Weed".']


# What is asked for.


def test_a_value_of_the_record_that_nothing_showed_before() -> None:
    asked = question(plants(), click("Royal Fern", plant("12")))
    assert asked == ('In "Plants", look up "Royal Fern" and report the "plot" that its record gives.', "Pond")


def test_an_answer_that_an_earlier_page_shows_is_not_asked_for() -> None:
    shown = plants(around=[text("Noor Khan is on leave"), part("list", "", part("listitem", "at the Pond"))])
    assert question(shown, click("Royal Fern", plant("12"))) is None
    partly = plants(around=[text("Noor Khan is on leave")])
    asked = question(partly, click("Royal Fern", plant("12")))
    assert asked == ('In "Plants", look up "Royal Fern" and report the "plot" that its record gives.', "Pond")


def test_an_answer_that_the_first_page_of_the_path_shows_is_not_asked_for_either() -> None:
    start = scene("/", heading("Fernwood"), link("Plants"), text("Today: Noor Khan works at the Pond."))
    assert question(start, TO_PLANTS, click("Royal Fern", plant("12"))) is None
    assert question(HOME, TO_PLANTS, click("Royal Fern", plant("12"))) is not None


def test_an_answer_that_the_question_quotes_is_not_asked_for() -> None:
    def asked(keeper: str) -> Any:
        name = 'The "Royal" Fern'
        start = scene("/p", heading("Plants"), table(("name", "family"), [(link(name, "/p/1"), "Osmunda")]))
        return question(start, click(name, scene("/p/1", heading(name), table(("name", "keeper"), [(name, keeper)]))))

    assert asked("Royal") is None
    assert asked('The "Royal"') is None
    assert asked("the royals") == (
        'In "Plants", look up "The \'Royal\' Fern" and report the "keeper" that its record gives.',
        "the royals",
    )


def test_an_id_a_mark_or_a_passing_time_is_not_asked_for() -> None:
    def asked(**values: str) -> Any:
        record = scene(
            "/plants/12", heading("Royal Fern"), table(("name", *values), [("Royal Fern", *values.values())])
        )
        return question(plants(), click("Royal Fern", record))

    assert asked(keeper="Noor") is not None
    for hollow in (
        {"keeper_id": "7700"},
        {"seen": "3 minutes ago"},
        {"keeper": "▲ up"},
        {"keeper": "-"},
        {"k": "x" * 61},
    ):
        assert asked(**hollow) is None


def test_a_number_that_is_none_to_count_with_can_be_asked_for() -> None:
    assert question(plants(), click("Royal Fern", plant("12", values={"keeper": "²²"})))


def test_the_values_of_a_record_may_be_a_list_of_terms() -> None:
    def values(*parts: Part) -> dict[str, str]:
        return record_values(Page(tree_of(*parts), title=None, location=None))

    def term(name: str, *said: Part) -> tuple[Part, Part]:
        return part("term", name), part("definition", "", *said)

    three = (*term("Keeper:", text("Noor")), *term("Plot", text("Pond")), *term("Age", text("9"), text("years")))
    assert values(part("list", "", *three)) == {"Keeper": "Noor", "Plot": "Pond", "Age": "9 years"}
    assert values(part("list", "", *three[:4])) == {"Keeper": "Noor", "Plot": "Pond"}
    assert values(part("list", "", *three[:2])) == {}, "one term is no record"
    assert values(part("list", "", *three, *term("Plot", text("Wall")))) == {
        "Keeper": "Noor",
        "Age": "9 years",
    }, "a name that comes twice is left out"
    assert values(part("list", "", *three[:2], *term("Age", field("Age", "9")))) == {}, "a form is no record"
    assert values(part("list", "", *three[:3], text("Pond"))) == {}, "a term without a definition says nothing"
    types = (*term("id", text("integer")), *term("born", text("date NULL")), *term("name", text("varchar(40)")))
    assert values(part("list", "", *types)) == {}, "the types of columns are no record"
    assert values(*(heading(f"Part {at}") for at in range(9)), part("list", "", *three)) == {}, "a text is no record"
    rows = (part("row", "", part("rowheader", name), part("cell", name + "!")) for name in ("a", "b", "c"))
    assert values(part("table", "", *rows)) == {"a": "a!", "b": "b!", "c": "c!"}
    assert record_values(Page(plants().tree, title=None, location=None)) == {}  # type: ignore[arg-type]


def test_a_look_up_names_all_that_leads_to_it() -> None:
    """From one record on to another: the question says by way of which."""
    keeper = scene("/keepers/2", heading("Noor Khan"), table(("name", "born"), [("Noor Khan", "1971")]))
    record = scene(
        "/plants/12",
        heading("Royal Fern"),
        table(("name", "keeper"), [("Royal Fern", link("Noor Khan", "/keepers/2"))]),
    )
    acts = [click("Royal Fern", record), click("Noor Khan", keeper)]
    assert texts(plants(), *acts) == [
        'In "Plants", open the record of "Royal Fern" and go on from there to its "keeper" "Noor Khan".',
        'In "Plants", look up the "keeper" of "Royal Fern" and report its "born".',
    ]
    assert question(record, acts[1]) == (
        'In "Royal Fern", look up the "keeper" "Noor Khan" and report the "born" that its record gives.',
        "1971",
    )


def test_how_many_rows_a_filter_leaves() -> None:
    asked = question(HOME, TO_PLANTS, click("Osmunda", plants(only=("family", "Osmunda")), role="link"))
    assert asked == ('In "Plants", how many rows have "Osmunda" as their "family"?', "2")


@pytest.mark.parametrize("shown", ["Osmunda 2", "Osmunda (2)", "Osmunda: 2", "2 Osmunda"])
def test_a_number_that_the_page_before_counts_is_not_asked_for(shown: str) -> None:
    narrowed = plants(only=("family", "Osmunda"))
    assert question(plants(around=[text(shown)]), click("Osmunda", narrowed, role="link")) is None
    assert question(plants(around=[text("2"), text("Hall 2b")]), click("Osmunda", narrowed, role="link")) is not None


def test_a_count_of_nothing_is_not_asked_for() -> None:
    none = dataclasses.replace(plants(only=("family", "Osmunda")))
    zero = scene("/plants?x", heading("Plants"), text("0 rows"), table(("name", "family"), [("Royal Fern", "Osmunda")]))
    start = scene(
        "/plants", heading("Plants"), link("Osmunda"), table(("name", "family"), [row[1:3] for row in PLANTS])
    )
    assert question(start, click("Osmunda", zero)) is None
    assert question(plants(), click("Osmunda", none, role="link")) is not None


MORE = (*PLANTS, ("16", "Silver Birch", "Betula", "900"), ("17", "Silver Pine", "Cyathea", "800"))


def test_how_many_is_not_asked_of_a_list_that_was_narrowed_before() -> None:
    def asked(**shown: Any) -> Any:
        held, end = plants(rows=MORE, holds="Silver", **shown), plants(rows=MORE, query="Silver", **shown)
        return question(plants(rows=MORE, **shown), typed("Silver", "Search plants", held), click("Find", end))

    assert asked() is not None
    assert asked(only=("family", "Cyathea")) is None


@pytest.mark.parametrize(
    ("query", "narrowed"),
    [
        ("", False),
        ("?_sort=name&page=3&o=-1&_next=20", False),
        ("?q=", False),
        ("?family=Osmunda", True),
        ("?_sort=id&name__exact=Lady+Fern", True),
    ],
)
def test_a_list_is_narrowed_by_more_than_an_order_and_a_page(query: str, narrowed: bool) -> None:
    assert is_narrowed(Page(tree_of(heading("Plants")), title=None, location=f"http://a/plants{query}")) == narrowed


def test_the_same_rows_in_another_order_are_no_way_to_them() -> None:
    seen = waterings("Silver Fern")
    fern = link("Silver Fern", "/plants/11")
    turned = scene(
        "/waterings?plant=Silver&down=1",
        heading("Waterings"),
        table(("id", "plant", "amount"), [("2", fern, "2 litres"), ("1", fern, "1 litres")]),
    )
    acts = [click("Silver Fern", plant("11")), click("waterings", seen)]
    assert texts(plants(), *acts) != []
    with pytest.raises(NoTask, match="came round"):
        ask(turned, *acts)


def test_how_many_results_a_search_finds() -> None:
    def search(words: str) -> tuple[str, str | None] | None:
        held, end = plants(rows=MORE, holds=words), plants(rows=MORE, query=words)
        return question(plants(rows=MORE), typed(words, "Search plants", held), click("Find", end))

    assert search("Silver") == ('In "Plants", how many results does a search for "Silver" find?', "3")
    assert search("Royal") is None, "one is no number to ask for"


HEIGHTS = [("Silver Fern", "300"), ("Royal Fern", "160"), ("Sword Fern", "90"), ("Lady Fern", "120")]


def heights(rows: Any, name: str = "height", query: str = "") -> Scene:
    return scene(f"/heights{query}", heading("Heights"), table(("name", name), rows, sortable="/heights?"))


def test_which_row_has_the_most_or_the_least() -> None:
    """The first row of the sorted list; it is asked for only where the list did not show it before."""
    later = sorted(HEIGHTS, key=lambda row: int(row[1]))
    start = heights([HEIGHTS[0], HEIGHTS[1], ("Tree Fern", "170")])
    up, down = heights(later, query="?s"), heights([("Giant Fern", "900"), *later[::-1]], query="?d")
    assert question(start, click("height", up)) == ('In "Heights", which "name" has the lowest "height"?', "Sword Fern")
    assert question(start, click("height", down)) == (
        'In "Heights", which "name" has the highest "height"?',
        "Giant Fern",
    )
    assert question(heights(HEIGHTS), click("height", up)) is None, "the list showed it"
    assert question(start, click("height", partly(up))) is None, "the first row need not have been seen"


@pytest.mark.parametrize(
    "rows",
    [
        [("Sword Fern", "90"), ("Lady Fern", "90.0"), ("Royal Fern", "160")],
        [("Sword Fern", "1.10.2024"), ("Lady Fern", "1.9.2024"), ("Royal Fern", "2.1.2023")],
        [("Sword Fern", "90"), ("Lady Fern", "120")],
        [("7", "90"), ("8", "120"), ("9", "160")],
    ],
)
def test_ties_dates_short_lists_and_nameless_rows_have_no_extreme(rows: Any) -> None:
    assert question(heights([("Tree Fern", "170"), ("Moss", "1")]), click("height", heights(rows, query="?s"))) is None


# What forbids a task.


def test_a_single_step_is_no_task_unless_there_is_something_to_ask() -> None:
    orders = click("Orders", scene("/orders", heading("Orders")))
    assert reason(HOME, orders) == "a single step, and nothing to ask"
    assert question(plants(), click("Royal Fern", plant("12"))) is not None


def test_a_step_that_no_rule_explains_forbids_it() -> None:
    odd = scene("/odd", heading("Something else"), link("Moss"), link("Orders"))
    assert reason(HOME, click("Plants", odd)) == "a single step, and nothing to ask"
    assert (
        reason(HOME, click("Plants", dataclasses.replace(odd, tree=tree_of(link("Moss")))))
        == "a click that no rule explains"
    )
    assert reason(HOME, click("Plants", odd), click("Orders", ORDERS)) == "an earlier page already links there"
    plants_only = scene("/plants", heading("Plants"), link("Orders", "/orders/all"))
    assert reason(HOME, click("Plants", plants_only), click("Orders", ORDERS)) == (
        "nothing but a page that a menu has, or that is not headed so, or tools that are switched"
    )


def test_one_link_that_is_called_otherwise_may_lead_to_what_is_asked_for() -> None:
    moss = scene("/moss", heading("Moss"))
    odd, other = (scene(f"/{at}", heading(f"The {at}"), link("Deeper"), link("Moss")) for at in ("first", "second"))
    bare = scene("/first", heading("The first"), link("Deeper"))
    assert texts(HOME, click("Plants", odd), click("Moss", moss)) == ['Go to "The first" and open "Moss".']
    assert reason(HOME, click("Plants", bare), click("Deeper", other), click("Moss", moss)) == (
        "a click that no rule explains"
    )


def test_a_shorter_way_that_is_known_forbids_it() -> None:
    end = plant("12")
    acts = (TO_PLANTS, click("Royal Fern", end))
    assert reason(HOME, *acts, known=((HOME, end),)) == "a shorter way is known"
    assert texts(HOME, *acts, known=((HOME, ORDERS), (ORDERS, end))), "a way as long is none that is shorter"


def test_an_earlier_page_that_links_to_the_goal_forbids_it() -> None:
    direct = scene("/", heading("Home"), link("Plants"), link("today's fern", "/plants/12"))
    assert reason(direct, TO_PLANTS, click("Royal Fern", plant("12"))) == "an earlier page already links there"
    other = scene("/", heading("Home"), link("Plants"), link("today's fern", "/plants/13"))
    image = scene("/", heading("Home"), link("Plants"), part("image", "fern", href=HOST + "/plants/12"))
    assert texts(image, TO_PLANTS, click("Royal Fern", plant("12"))), "only a link can be pressed"
    assert texts(other, TO_PLANTS, click("Royal Fern", plant("12")))


def test_a_name_that_is_not_in_sight_where_it_is_needed_forbids_it() -> None:
    opened = scene("/d", heading("Desk"), button(""), part("dialog", "New plant", part("checkbox", "Hardy")))
    ticked = scene(
        "/d", heading("Desk"), button(""), part("dialog", "New plant", part("checkbox", "Hardy", flags=("checked",)))
    )
    start = scene("/d", heading("Desk"), button("New"), part("checkbox", "Hardy"))
    assert texts(start, click("New", opened), click("Hardy", ticked))
    rows = [("11", link("Edit", "/plants/11"), "5"), ("12", link("Fern of Kings", "/plants/12"), "5")]
    hidden = scene("/k", heading("Kings"), table(("id", "name", "age"), rows))
    unseen = scene("/plants/12", heading("Royal Fern"))
    assert reason(HOME, click("Plants", hidden), click("Fern of Kings", unseen)) == "a click that no rule explains"


@pytest.mark.parametrize("name", ["height ▼", "↑ height", "{{ height }}", "<b>height</b>", "http://x.test/height"])
def test_arrows_and_markup_are_never_said(name: str) -> None:
    start, end = heights(HEIGHTS[:3], name), heights(sorted(HEIGHTS[1:], key=lambda row: int(row[1])), name, "?s")
    home = scene("/", heading("Home"), link("Heights"))
    assert reason(home, click("Heights", start), click(name, end)) == "a name that can't be said"
    plain = heights(sorted(HEIGHTS[1:], key=lambda row: int(row[1])), query="?s")
    assert texts(home, click("Heights", heights(HEIGHTS[:3])), click("height", plain))


def test_a_sentence_longer_than_a_person_would_write_is_none() -> None:
    def save(name: str) -> list[str]:
        start = scene("/", heading("Home"), link("Profile"))
        held, end = profile(name), profile(saved=name)
        return texts(start, click("Profile", profile()), typed(name, "Nickname", held), click("Save", end))

    assert save("Moss " * 9)
    with pytest.raises(NoTask):
        save("Moss " * (TEXT_LIMIT // 5))


def test_a_search_without_results_is_no_task() -> None:
    acts = (TO_PLANTS, typed("moss", "Search plants", plants(holds="moss")))
    assert reason(HOME, *acts, click("Find", plants(query="moss"))) == "a click that no rule explains"
    acts = (TO_PLANTS, typed("silver", "Search plants", plants(holds="silver")))
    assert texts(HOME, *acts, click("Find", plants(query="silver")))[0] == 'In "Plants", search for "silver".'


LONG = plants(around=[text("half"), link("Garden rules", "/rules", flags=("offscreen",)), link("Shed rules", "/shed")])
HALF = lower(LONG, "half", "Garden rules")
LOWER = lower(LONG, "Garden rules")
RULES = scene("/rules", heading("Garden rules"))
SHED = scene("/shed", heading("Shed rules"))


def test_a_scroll_is_needed_where_its_target_was_out_of_sight() -> None:
    acts = (click("Plants", LONG), scrolled(LOWER))
    assert texts(HOME, *acts, click("Garden rules", RULES)) == ['Go to "Plants" and open "Garden rules".']
    assert reason(HOME, *acts, click("Shed rules", SHED)) == "a scroll that was not needed"


def test_a_target_that_is_covered_is_out_of_sight() -> None:
    covered = plants(around=[link("Garden rules", "/rules", flags=("covered",))])
    acts = (click("Plants", covered), scrolled(lower(covered, "Garden rules")))
    assert texts(HOME, *acts, click("Garden rules", RULES))


def test_two_scrolls_in_a_row_are_judged_by_what_they_bring_into_sight() -> None:
    acts = (click("Plants", LONG), scrolled(HALF), scrolled(LOWER))
    assert texts(HOME, *acts, click("Garden rules", RULES)) == ['Go to "Plants" and open "Garden rules".']
    assert reason(HOME, *acts, click("Shed rules", SHED)) == "a scroll that was not needed"


def test_a_scroll_at_the_end_leads_nowhere() -> None:
    assert reason(HOME, click("Plants", LONG), scrolled(LOWER)) == "a scroll at the end"


def leaf(rows: Any, number: int) -> Scene:
    return scene(
        f"/plants?page={number}",
        heading("Plants"),
        table(("id", "name", "family"), [(row[0], link(row[1], f"/plants/{row[0]}"), row[2]) for row in rows]),
        button("Next page"),
    )


def test_a_page_of_a_list_is_turned_for_what_it_did_not_show() -> None:
    turn = [click("Plants", leaf(PLANTS[:2], 1)), click("Next page", leaf(PLANTS[2:4], 2))]
    assert texts(HOME, *turn, click("Sword Fern", plant("13")))[0] == 'In "Plants", open the record of "Sword Fern".'
    twice = [*turn, click("Next page", leaf(PLANTS[4:], 3))]
    assert texts(HOME, *twice, click("Lady Fern", plant("15")))[0] == 'In "Plants", open the record of "Lady Fern".'
    assert reason(HOME, *turn) == "a scroll at the end"


def test_a_page_of_a_list_that_showed_it_already_is_not_turned() -> None:
    second = leaf(PLANTS[2:4], 2)
    shown = scene(
        "/plants?page=1",
        *_parts(PLANTS[:2]),
        part("aside", "", link("Sword Fern", flags=("offscreen",))),
        button("Next page"),
    )
    acts = [click("Plants", shown), click("Next page", second), click("Sword Fern", plant("13"))]
    assert reason(HOME, *acts) == "a scroll that was not needed"


def _parts(rows: Any) -> list[Part]:
    lines = [(row[0], link(row[1], f"/plants/{row[0]}"), row[2]) for row in rows]
    return [heading("Plants"), table(("id", "name", "family"), lines)]


def test_a_task_does_not_start_in_a_form_that_is_half_filled() -> None:
    held, both = profile("Mossy"), profile("Mossy", "Wild")
    acts = [typed("Mossy", "Nickname", held), chosen("Wild", "Mood", both), click("Save", profile(saved="Wild"))]
    assert reason(profile(), *acts, first=1) == "it would start in the middle of a form"
    whole = [typed("Mossy", "Nickname", held), click("Save", profile(saved="Mossy"))]
    assert texts(profile(), *whole)


def test_a_task_may_start_after_a_search_that_was_sent() -> None:
    found = plants(query="silver")
    acts = [typed("silver", "Search plants", found, submit=True), click("Silver Fern", plant("11"))]
    assert texts(plants(), *acts, first=1)
    assert texts(plants(), acts[0], click("Silver Fern", plant("11"), before=plants(query="silver")), first=1)


def test_a_task_does_not_start_on_an_error() -> None:
    broken = scene("/oops", heading("404 Not Found"), link("Plants"))
    acts = (TO_PLANTS, click("Royal Fern", plant("12")))
    assert reason(broken, *acts) == "it would start on an error page"
    assert texts(HOME, *acts)


def test_what_can_be_searched_for_on_every_page_needs_no_way_to_one() -> None:
    box = field("Search plants", "", "searchbox")
    acts = [TO_PLANTS, typed("silver", "Search plants", plants(holds="silver")), click("Find", plants(query="silver"))]
    home = scene("/", heading("Home"), box, link("Plants"))
    assert reason(home, *acts) == "an earlier page has the same field"
    assert texts(HOME, *acts)


def test_a_search_of_all_there_is_names_no_page() -> None:
    start = scene("/", heading("Home"), field("Search", "", "searchbox"))
    held = scene("/", heading("Home"), field("Search", "silver", "searchbox"))
    end = scene("/s", heading("Results"), text("2 results"), link("Silver Fern", "/1"), link("Silver Moss", "/2"))
    assert texts(start, typed("silver", "Search", held), enter(end)) == [
        'Search for "silver".',
        'How many results does a search for "silver" find?',
    ]


def test_a_form_that_was_filled_and_not_sent_is_no_task() -> None:
    start = scene("/", heading("Home"), link("Profile"))
    acts = (click("Profile", profile()), typed("Mossy", "Nickname", profile("Mossy")))
    assert reason(start, *acts) == "a field that was filled and not sent"


def test_a_step_back_is_in_no_task_but_may_be_in_its_run() -> None:
    acts = [click("Orders", ORDERS), back(HOME), TO_PLANTS, click("Royal Fern", plant("12"))]
    assert texts(HOME, *acts)[0] == 'In "Plants", open the record of "Royal Fern".'
    leap = walk(plants(), back(HOME), TO_PLANTS)
    assert [run.first for run in runs(transitions_of(leap)) if any(one.index == 0 for one in run.path)] == []


def test_a_name_that_leads_to_two_places_forbids_it() -> None:
    twins = [("1", link("Fern", "/a")), ("2", link("Fern", "/b"))]
    end = scene("/a", heading("Fern"))
    start = scene("/plants", heading("Plants"), table(("id", "name"), twins))
    assert reason(HOME, click("Plants", start), click("Fern", end)) == "a click that no rule explains"
    one = scene("/plants", heading("Plants"), table(("id", "name"), [twins[0], ("2", "Moss")]))
    assert texts(HOME, click("Plants", one), click("Fern", end))


def test_to_sort_by_an_id_forbids_it() -> None:
    assert reason(HOME, TO_PLANTS, click("id", plants(by="id", down=True))) == "a click that no rule explains"
    assert texts(HOME, TO_PLANTS, click("height", plants(by="height", down=True)))


def test_an_order_that_is_none_forbids_it() -> None:
    shuffled = plants(rows=[PLANTS[at] for at in (2, 0, 1, 4, 3)])
    assert reason(HOME, TO_PLANTS, click("height", shuffled)) == "a click that no rule explains"


def test_to_come_round_to_a_page_called_like_an_earlier_one_is_no_task() -> None:
    start = scene("/a", heading("Ferns: all"), link("Garden"))
    garden = scene("/garden", heading("Garden"), link("Ferns"))
    assert reason(start, click("Garden", garden), click("Ferns", scene("/b", heading("Ferns")))) == (
        "it came round to a page like an earlier one"
    )
    moss = scene("/garden", heading("Garden"), link("Moss"))
    assert texts(start, click("Garden", moss), click("Moss", scene("/b", heading("Moss"))))


def test_an_arrangement_is_needed_only_for_a_record_that_was_not_shown() -> None:
    sorted_ = plants(by="height")
    assert (
        reason(HOME, TO_PLANTS, click("height", sorted_), click("Royal Fern", plant("12")))
        == "an arrangement that was not needed"
    )
    taller = [*PLANTS, ("19", "Giant Fern", "Cyathea", "900")]
    giant = scene("/plants/19", heading("Giant Fern"))
    found = texts(
        HOME, TO_PLANTS, click("height", plants(by="height", down=True, rows=taller)), click("Giant Fern", giant)
    )
    assert found[0] == (
        'In "Plants", sort the list by "height" in descending order and open the record of "Giant Fern".'
    )


def test_an_arrangement_before_a_record_on_the_way_is_looked_at_as_well() -> None:
    acts = [
        click("height", plants(by="height")),
        click("Silver Fern", plant("11")),
        click("waterings", waterings("Silver Fern")),
    ]
    assert reason(plants(), *acts) == "an arrangement that was not needed"


def test_a_later_sort_undoes_an_earlier_one() -> None:
    columns = ("name", "height", "age")
    rows = [("Silver Fern", "300", "5"), ("Royal Fern", "160", "9"), ("Sword Fern", "90", "7")]
    lists = [
        scene(
            f"/l?{at}", heading("Ferns"), table(columns, sorted(rows, key=lambda row, at=at: int(row[at] if at else 0)))
        )  # type: ignore[misc]
        for at in range(3)
    ]
    acts = [click("height", lists[1]), click("age", lists[2])]
    assert reason(lists[0], *acts) == "a wish that a later one undoes"
    assert question(lists[0], acts[1]) is None
    home = scene("/", heading("Home"), link("Ferns"))
    assert texts(home, click("Ferns", lists[0]), acts[0]) == [
        'In "Ferns", sort the list by "height" in ascending order.'
    ]


def test_two_arrangements_by_one_column_are_one_too_many() -> None:
    only = plants(only=("family", "Osmunda"))
    acts = [click("family", plants(by="family")), click("Osmunda", only, role="link")]
    assert reason(plants(), *acts) == "an arrangement that another one makes needless"


def test_a_task_ends_when_something_was_saved() -> None:
    start = scene("/", heading("Home"), link("Profile"))
    saved = profile(saved="Mossy")
    assert saved.tree is not None
    nodes = (*saved.tree.nodes, *tree_of(link("Orders")).nodes)
    saved = dataclasses.replace(saved, tree=dataclasses.replace(saved.tree, nodes=nodes))
    acts = [typed("Mossy", "Nickname", profile("Mossy")), click("Save", saved), click("Orders", ORDERS)]
    assert texts(start, click("Profile", profile()), *acts[:2])
    assert reason(start, click("Profile", profile()), *acts) == "it goes on after it was saved"


def test_what_is_folded_is_opened_for_what_it_hid() -> None:
    shut = scene("/p", heading("Handbook"), button("Soil", flags=("collapsed",)))
    ajar = scene("/p", heading("Handbook"), button("Soil", flags=("expanded",)), link("Orders"))
    home = scene("/", heading("Home"), link("Handbook", "/p"))
    acts = [click("Handbook", shut), click("Soil", ajar)]
    assert texts(home, *acts, click("Orders", ORDERS)) == ['Go to "Handbook" and open "Orders" from the menu "Soil".']
    assert reason(home, *acts) == "a scroll at the end"


def test_several_things_of_one_list_are_one_task_and_what_is_undone_is_none() -> None:
    names = ("Water", "Weed", "Prune")
    lists = [duties({name: at < ticked for at, name in enumerate(names)}) for ticked in range(4)]
    acts = [click(name, lists[at + 1], role="checkbox") for at, name in enumerate(names)]
    assert texts(lists[0], *acts[:3]) == ['In "Duties", tick "Water", tick "Weed" and tick "Prune".']
    again = duties({"Water": False, "Weed": True, "Prune": False})
    twice = [click("Water", lists[1], role="checkbox"), click("Water", again, role="checkbox")]
    assert reason(lists[0], *twice) == "a wish that a later one undoes"


def test_an_arrangement_that_the_next_page_does_not_keep_is_no_task() -> None:
    sorted_ = plants(by="height", around=[link("Orders")])
    acts = [click("height", sorted_), click("Orders", ORDERS)]
    assert reason(plants(), *acts) == "an arrangement that the next page does not keep"


def test_wandering_is_no_task() -> None:
    off, on = (duties({"Water": done, "Weed": False}, title="x") for done in (False, True))
    tree = on.tree
    assert tree is not None
    linked = dataclasses.replace(
        on, tree=dataclasses.replace(tree, nodes=(*tree.nodes, *tree_of(link("Orders")).nodes))
    )
    orders = scene("/orders", heading("Orders"), link("Stock"))
    acts = [
        click("Water", linked, role="checkbox"),
        click("Orders", orders),
        click("Stock", scene("/stock", heading("Stock"))),
    ]
    assert reason(off, *acts) == "a wish that a later one undoes"


def test_a_run_is_judged_with_its_own_states_only() -> None:
    """The helper above relies on it: content states don't hang on the name of the host."""
    tree = HOME.tree
    assert tree is not None
    elsewhere = tree_keys(tree, location="https://other.test:99/", scroll=HOME.moment.seen.scroll)
    assert elsewhere == HOME.moment.keys


def test_enter_sends_a_form_as_a_button_does() -> None:
    start = scene("/", heading("Home"), link("Duties"))
    held = duties({"Water": False}, holds="Prune hedges")
    after = scene("/duties", heading("Duties"), field("New duty"), part("listitem", "Prune hedges"))
    acts = [click("Duties", duties({"Water": False})), typed("Prune hedges", "New duty", held), enter(after)]
    assert texts(start, *acts) == ['In "Duties", add "Prune hedges".']
