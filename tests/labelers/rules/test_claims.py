"""What is claimed of each kind of effect: true where its own walk ends, and of none of its near misses."""

from labelers.observed.graph import TransitionGraph, edges
from labelers.observed.transitions import site_names, transitions_of
from labelers.rules.paths import runs
from labelers.rules.tasks import synthesize
from schemas.claims import fulfilled
from schemas.conditions import Answered, TaskCheck
from schemas.pages import Page
from schemas.screen_conditions import At, Called, Cell, Counts, EveryRow, Gives, HasRow, SortedBy
from tests.labelers.site import (
    HOME,
    PLANTS,
    Act,
    Part,
    Scene,
    click,
    duties,
    heading,
    part,
    plant,
    plants,
    scene,
    typed,
    walk,
    waterings,
)

AT = At("/plants")


def claims(start: Scene, *acts: Act) -> dict[str | None, TaskCheck | None]:
    """The claims of a walk's tasks by their answers."""
    episode = walk(start, *acts)
    transitions = transitions_of(episode)
    run = next(run for run in runs(transitions) if run.last == len(acts) - 1 and len(run.path) == len(acts))
    tasks = synthesize(run, transitions, TransitionGraph(edges(episode)), site_names(transitions))
    return {task.answer: task.claim for task in tasks}


def pages(*scenes: Scene) -> list[Page]:
    return [Page(seen.tree, title=seen.title, location=seen.location) for seen in scenes if seen.tree is not None]


SORTED, UP = plants(by="height", down=True), plants(by="height")
SOME = plants(rows=PLANTS[1:])
OSMUNDA = plants(only=("family", "Osmunda"))


def test_a_record_is_claimed_by_its_place_and_its_row() -> None:
    claim = claims(HOME, click("Plants", plants()), click("Royal Fern", plant("12")))[None]
    assert claim == TaskCheck(
        (At("/plants/12"), HasRow((Cell("Royal Fern", "name"),), only=True)), (), ((AT, Called("Plants", whole=True)),)
    )
    assert fulfilled(claim, pages(HOME, plants(), plant("12")))
    assert not fulfilled(claim, pages(HOME, plants(), plant("13")))
    assert not fulfilled(claim, pages(HOME, plant("12")))


def test_an_order_is_claimed_with_its_direction_though_one_goes_on() -> None:
    claim = claims(SOME, click("height", SORTED), click("Silver Fern", plant("11")))[None]
    assert claim is not None
    assert claim.passed == ((AT, SortedBy("height", descending=True)),)
    assert fulfilled(claim, pages(SOME, SORTED, plant("11")))
    assert not fulfilled(claim, pages(plants(), UP, plant("11")))
    assert not fulfilled(claim, pages(plants(), plant("11")))


def test_a_question_claims_its_answer_and_what_shows_it() -> None:
    claim = claims(plants(), click("Osmunda", OSMUNDA))["2"]
    assert claim == TaskCheck((AT, EveryRow("family", "Osmunda"), Counts(2), Answered("2")))
    assert not fulfilled(claim, pages(plants(), OSMUNDA), "3")
    value = claims(HOME, click("Plants", plants()), click("Royal Fern", plant("12")))["Noor Khan"]
    assert value is not None
    assert {Gives((Cell("Noor Khan", "keeper"),)), Answered("Noor Khan")} <= set(value.all)


def test_rows_that_belong_to_a_record_are_claimed_by_their_column() -> None:
    claim = claims(plants(), click("Royal Fern", plant("12")), click("waterings", waterings("Royal Fern")))[None]
    assert claim is not None
    assert claim.all == (At("/waterings"), EveryRow("plant", "Royal Fern"))
    assert not fulfilled(claim, pages(plants(), plant("12"), waterings("Royal Fern", ["Lady Fern"])))


def test_what_was_added_or_searched_is_claimed() -> None:
    before, after = duties({"Rake": False}), duties({"Rake": False, "Mow": False})
    claim = claims(before, typed("Mow", "New duty", duties({"Rake": False}, holds="Mow")), click("Add", after))[None]
    assert claim == TaskCheck((At("/duties"), Gives((Cell("Mow", "New duty"),))))
    searched = plants(query="Royal")
    claim = claims(plants(), typed("Royal", "Search plants", plants(holds="Royal")), click("Find", searched)).get(None)
    assert claim is not None
    assert "q" in str(claim.all)


def test_what_is_switched_off_is_still_there() -> None:
    def settings(*boxes: Part) -> Scene:
        return scene("/settings", heading("Settings"), part("form", "", *boxes))

    ticked = part("checkbox", "Show this page next time", flags=("checked",))
    on, off = settings(ticked), settings(part("checkbox", "Show this page next time"))
    claim = claims(on, click("Show this page next time", off, role="checkbox"))[None]
    assert claim is not None
    assert fulfilled(claim, pages(on, off))
    assert not fulfilled(claim, pages(on, settings()))
