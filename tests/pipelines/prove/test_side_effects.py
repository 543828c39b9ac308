"""What was changed besides: what differs on the same pages, and what of it no word of the sentence names."""

from collections.abc import Iterable
from dataclasses import replace

from labelers.observed.transitions import transitions_of
from pipelines.prove.side_effects import Changes, compare, facts_of, places_of, said_by, sent_in
from schemas.actions import Open
from schemas.conditions import TaskCheck
from schemas.pages import Page
from schemas.records import Choice, Request
from schemas.redaction import MASK
from schemas.screen_conditions import Called
from tests.labelers.site import (
    ERROR,
    HOME,
    ORDERS,
    PLANTS,
    Scene,
    click,
    duties,
    field,
    heading,
    link,
    part,
    plant,
    plants,
    profile,
    scene,
    table,
    walk,
)

TREE_FERN = ("16", "Tree Fern", "Dicksonia", "400")


def page(seen: Scene) -> Page:
    assert seen.tree is not None
    return Page(seen.tree, title=seen.title, location=seen.location)


def changed(before: Scene, after: Scene, *named: str, changing: Iterable[str] = ()) -> Changes:
    return compare([page(before)], [page(after)], named, frozenset(changing))


def rows(*cells: tuple[str, ...]) -> Scene:
    return plants(rows=cells)


def test_what_the_sentence_names_is_no_side_effect() -> None:
    changes = changed(plants(), rows(*PLANTS, TREE_FERN), "tree fern")
    assert (changes.named, changes.unnamed) == (["new row 16, tree fern, dicksonia, 400"], [])
    assert changed(plants(), plants(), "tree fern").compared == 1


def test_another_row_that_is_gone_new_or_another_is_one() -> None:
    gone = changed(plants(), rows(*PLANTS[1:], TREE_FERN), "tree fern")
    assert gone.unnamed == ["gone row 11, silver fern, cyathea, 300"]
    lower = (*PLANTS[0][:3], "30")
    became = changed(plants(), rows(lower, *PLANTS[1:], TREE_FERN), "tree fern")
    assert became.unnamed == ["row 11, silver fern, cyathea, 300 became 11, silver fern, cyathea, 30"]
    moss = changed(plants(), rows(*PLANTS, TREE_FERN, ("17", "Moss", "Bryum", "2")), "tree fern")
    assert moss.unnamed == ["new row 17, moss, bryum, 2"]


def test_a_row_that_was_changed_is_named_by_what_it_was_or_by_what_it_is() -> None:
    lower = (*PLANTS[0][:3], "30")
    for named in ("silver fern", "30"):
        changes = changed(plants(), rows(lower, *PLANTS[1:]), named)
        assert (len(changes.named), changes.unnamed) == (1, [])


def test_one_sentence_names_one_new_row_and_not_its_double() -> None:
    for another in (("17", *TREE_FERN[1:]), TREE_FERN):
        twice = changed(plants(), rows(*PLANTS, TREE_FERN, another), "tree fern")
        assert len(twice.named) == len(twice.unnamed) == 1
    worse = changed(plants(), rows(*PLANTS, TREE_FERN, ("17", "Moss", "Dicksonia", "2")), "tree fern", "dicksonia")
    assert worse.unnamed == ["new row 17, moss, dicksonia, 2"]


def test_what_a_full_list_has_no_room_for_is_not_gone() -> None:
    assert not changed(plants(), rows(TREE_FERN, *PLANTS[:-1]), "tree fern").unnamed
    assert changed(plants(), rows(TREE_FERN, *PLANTS[1:]), "tree fern").unnamed
    assert not changed(rows(*PLANTS[:-1]), rows(*PLANTS[1:]), "silver fern").unnamed


def test_fields_entries_and_ticks_count_too() -> None:
    assert changed(profile("Ida"), profile("Noor")).unnamed
    assert not changed(profile("Ida"), profile("Noor"), "noor").unnamed
    ticked = changed(duties({"Rake": False, "Mow": False}), duties({"Rake": True, "Mow": True}), "rake")
    assert len(ticked.unnamed) == 1
    assert "mow" in ticked.unnamed[0]
    assert changed(duties({"Rake": False}), duties({"Rake": False, "Sow": False}), "rake").unnamed


def test_what_changes_by_itself_and_another_page_say_nothing() -> None:
    lower = (*PLANTS[0][:3], "30")
    assert not changed(plants(), rows(lower, *PLANTS[1:]), changing=["300", "30"]).unnamed
    for other in (ERROR, ORDERS):
        assert changed(plants(), other).compared == 0
    assert compare([page(plants())], [None], (), ()).compared == 0


def test_a_sentence_says_what_stands_in_quotation_marks_and_what_its_checks_name() -> None:
    check = TaskCheck((Called("Royal Fern"),))
    assert said_by('In "Plants", set "height" to "30".', (check, None)) == {"plants", "height", "30", "royal fern"}


def test_its_start_and_the_pages_with_rows_are_looked_at_again() -> None:
    walked = transitions_of(walk(HOME, click("Plants", plants()), click("Royal Fern", plant("12"))))
    assert places_of(walked) == tuple(Choice(Open(place)) for place in ("/", "/plants", "/plants/12"))
    masked = replace(plants(), location=f"http://fernwood.test/{MASK}/plants")
    assert len(places_of(transitions_of(walk(HOME, click("Plants", masked))))) == 1
    assert not list(facts_of(page(HOME)))


def test_what_was_sent_is_counted_by_method_and_not_known_where_one_step_is_not() -> None:
    one, other = transitions_of(walk(HOME, click("Plants", plants()), click("Royal Fern", plant("12"))))
    assert sent_in((one, other)) is None
    told = [replace(each, step=replace(each.step, requests=(Request("POST", 2),))) for each in (one, other)]
    assert sent_in(told) == {"POST": 4}
    assert sent_in(()) == {}


def test_tabs_around_a_list_and_what_is_empty_are_none() -> None:
    def shelf(path: str, *tabs: str) -> Scene:
        items = [part("listitem", "", link(tab)) for tab in tabs]
        return scene(path, heading("Shelf"), *items, field("Action"), table(("Name", "Place"), [("Rake", "A1")]))

    assert not changed(shelf("/tools", "All"), shelf("/tools", "All", "Random")).unnamed
    assert not changed(shelf("/tools"), shelf("/tools/7", "Edit")).compared, "it was not there yet"
