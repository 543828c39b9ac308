"""Was each step good for the instruction that its run accomplished?"""

import dataclasses

import pytest

from labelers.observed.graph import TransitionGraph, edges
from labelers.observed.opinions import Opinion
from labelers.observed.transitions import Transition, transitions_of
from labelers.rules.paths import RunPath, runs
from labelers.rules.verdicts import judge_steps
from schemas.actions import Click, Hover, Point, Wait
from tests.labelers.site import (
    ERROR,
    FILE,
    HOME,
    ORDERS,
    Act,
    Scene,
    back,
    button,
    click,
    duties,
    heading,
    link,
    part,
    plant,
    plants,
    profile,
    scene,
    text,
    typed,
    walk,
)

ROYAL = click("Royal Fern", plant("12"))
TO_PLANTS = click("Plants", plants())


def judged(start: Scene, *acts: Act, known: tuple[tuple[Scene, Scene], ...] = ()) -> tuple[Opinion, ...]:
    """The opinions on every step of the run from the first step to the last."""
    episode = walk(start, *acts)
    transitions = transitions_of(episode)
    more = [(_state(here), _state(there)) for here, there in known]
    (run,) = (run for run in runs(transitions) if (run.first, run.last) == (0, len(acts) - 1))
    return judge_steps(run, transitions, TransitionGraph([*edges(episode), *more]))


def _state(of: Scene) -> str:
    assert of.moment.keys is not None
    return of.moment.keys.content


def rules(opinions: tuple[Opinion, ...]) -> list[tuple[str, str]]:
    return [(one.verdict, one.rule) for one in opinions]


MATCH = ("good", "effect matches the target")


def test_the_steps_of_the_path_are_good() -> None:
    opinions = judged(HOME, TO_PLANTS, ROYAL)
    assert rules(opinions) == [MATCH, MATCH]
    assert opinions[1].reason == 'the click on "Royal Fern" changed the page, and the way to the goal needs it'


def test_a_typed_value_that_the_way_needs_is_good() -> None:
    opinions = judged(profile(), typed("Mossy", "Nickname", profile("Mossy")), click("Save", profile(saved="Mossy")))
    assert rules(opinions) == [("good", "typed value visible"), MATCH]
    assert opinions[0].reason == 'typing into "Nickname" filled the field, and the goal needs it'


def test_a_step_that_changed_nothing_is_harmful() -> None:
    still = dataclasses.replace(HOME, shade=3)
    opinions = judged(still, click("Orders", still), TO_PLANTS)
    assert rules(opinions) == [("harmful", "nothing changed"), MATCH]
    assert opinions[0].reason == 'the click on "Orders" changed nothing'


def test_a_step_that_changed_pixels_only_is_left_open() -> None:
    first, last = (dataclasses.replace(HOME, shade=shade) for shade in (0, 200))
    assert rules(judged(first, Act(Hover(Point(9, 9)), last), TO_PLANTS)) == [("abstain", "unclear"), MATCH]


def test_a_step_whose_pixels_were_not_seen_is_left_open() -> None:
    opinions = judged(dataclasses.replace(HOME, shade=1), click("Orders", HOME), TO_PLANTS)
    assert rules(opinions)[0] == ("abstain", "unclear")


def test_a_step_that_led_to_an_error_is_harmful() -> None:
    opinions = judged(HOME, click("Orders", ERROR), back(HOME), TO_PLANTS)
    assert rules(opinions) == [("harmful", "error shown"), ("abstain", "off the path"), MATCH]
    assert opinions[0].reason == 'the click on "Orders" led to an error: "An error occurred"'


def test_an_error_that_was_there_before_is_not_the_steps() -> None:
    alert = part("alert", "An error occurred")
    start = scene("/", heading("Home"), alert, link("Plants"), link("Orders"))
    away = scene("/orders", heading("Orders"), alert)
    opinions = judged(start, click("Orders", away), back(start), TO_PLANTS)
    assert rules(opinions)[0] == ("harmful", "loop")


def test_a_step_that_left_the_pages_of_the_site_is_harmful() -> None:
    opinions = judged(HOME, click("Orders", FILE), back(HOME), TO_PLANTS)
    assert rules(opinions) == [("harmful", "left the app"), ("abstain", "off the path"), MATCH]
    refused = judged(HOME, click("Orders", ORDERS, result="refused"), back(HOME), TO_PLANTS)
    assert rules(refused)[0] == ("harmful", "left the app")


@pytest.mark.parametrize("kind", ["text/html", "application/xhtml+html", None])
def test_a_page_is_no_file(kind: str | None) -> None:
    page = dataclasses.replace(ORDERS, content_type=kind)
    assert rules(judged(HOME, click("Orders", page), back(HOME), TO_PLANTS))[0] == ("harmful", "loop")


def test_a_step_away_that_came_back_is_a_loop_and_the_step_back_is_not_blamed() -> None:
    opinions = judged(HOME, click("Orders", ORDERS), back(HOME), TO_PLANTS)
    assert rules(opinions) == [("harmful", "loop"), ("abstain", "off the path"), MATCH]
    assert opinions[0].reason == 'the click on "Orders" led away from the goal, and step 2 came back to the same page'


def test_no_step_of_a_long_detour_but_its_first_is_blamed() -> None:
    stock = scene("/stock", heading("Stock"), link("Fernwood"))
    there = scene("/orders", heading("Orders"), link("Stock"))
    opinions = judged(HOME, click("Orders", there), click("Stock", stock), back(there), back(HOME), TO_PLANTS)
    assert [one.verdict for one in opinions] == ["harmful", "abstain", "abstain", "abstain", "good"]
    by_link = judged(HOME, click("Orders", there), click("Stock", stock), click("Fernwood", HOME), TO_PLANTS)
    assert [one.verdict for one in by_link] == ["harmful", "abstain", "abstain", "good"]


def test_a_step_of_the_path_that_was_taken_back_and_done_again_is_not_blamed() -> None:
    opinions = judged(HOME, TO_PLANTS, back(HOME), TO_PLANTS, ROYAL)
    assert rules(opinions) == [
        ("abstain", "another step of the path"),
        ("abstain", "another step of the path"),
        MATCH,
        MATCH,
    ]


def test_the_goal_itself_visited_on_the_way_is_not_blamed() -> None:
    opinions = judged(HOME, TO_PLANTS, back(HOME), click("Plants", plants()))
    assert rules(opinions)[0] == ("abstain", "another way")


def test_typing_that_was_undone_is_harmful() -> None:
    opinions = judged(
        profile(),
        typed("Wrong", "Nickname", profile("Wrong")),
        typed("", "Nickname", profile()),
        typed("Mossy", "Nickname", profile("Mossy")),
        click("Save", profile(saved="Mossy")),
    )
    assert rules(opinions)[:2] == [("harmful", "undone later"), ("abstain", "off the path")]
    assert opinions[0].reason == 'typing into "Nickname" brought the goal no nearer and was undone by step 2'


def test_what_was_undone_on_the_same_page_is_no_loop() -> None:
    off, on = duties({"Water": False, "Weed": False}), duties({"Water": True, "Weed": False})
    goal = duties({"Water": False, "Weed": True})
    clicks = [click(name, then, role="checkbox") for name, then in (("Water", on), ("Water", off), ("Weed", goal))]
    opinions = judged(off, *clicks)
    assert rules(opinions) == [("harmful", "undone later"), ("abstain", "off the path"), MATCH]
    assert opinions[0].reason == 'the click on "Water" brought the goal no nearer and was undone by step 2'


def test_a_step_to_where_the_goal_is_known_to_be_as_near_is_left_open() -> None:
    garden = scene("/garden", heading("Garden"), link("Beds"))
    acts = (click("Orders", garden), back(HOME), TO_PLANTS, ROYAL)
    assert rules(judged(HOME, *acts))[0] == ("harmful", "loop")
    assert rules(judged(HOME, *acts, known=((garden, plant("12")),)))[0] == ("abstain", "another way")
    as_near = ((garden, ORDERS), (ORDERS, plant("12")))
    assert rules(judged(HOME, *acts, known=as_near))[0] == ("abstain", "another way")
    farther = ((garden, ORDERS), (ORDERS, ERROR), (ERROR, plant("12")))
    assert rules(judged(HOME, *acts, known=farther))[0] == ("harmful", "loop")


def test_what_was_not_seen_is_left_open() -> None:
    acts = (click("Orders", ORDERS, result="crashed"), back(HOME), TO_PLANTS)
    assert rules(judged(HOME, *acts))[0] == ("abstain", "unseen")
    episode = walk(HOME, click("Orders", None), Act(Wait(), HOME, before=HOME), TO_PLANTS)
    transitions = transitions_of(episode)
    run = RunPath(0, 2, transitions[2:])
    assert rules(judge_steps(run, transitions, TransitionGraph([])))[0] == ("abstain", "unseen")


def test_a_step_that_was_never_taken_back_is_left_open() -> None:
    transitions = transitions_of(
        walk(HOME, click("Orders", ORDERS), click("Plants", plants()), click("Plants", plants(), before=HOME))
    )
    run = RunPath(0, 2, transitions[2:])
    assert rules(judge_steps(run, transitions, TransitionGraph([])))[0] == ("abstain", "unclear")


def test_a_step_from_a_later_page_of_the_path_is_judged_as_well() -> None:
    opinions = judged(HOME, TO_PLANTS, click("13", plant("13"), role="link"), back(plants()), ROYAL)
    assert [one.verdict for one in opinions] == ["good", "harmful", "abstain", "good"]


def test_a_step_on_nothing_that_has_a_name_is_still_told_in_words() -> None:
    still = dataclasses.replace(HOME, shade=3)
    opinions = judged(still, Act(Click(Point(1, 9_900)), still), TO_PLANTS)
    assert opinions[0].reason == "the click changed nothing"
    nameless = scene("/", heading("Home"), button(""), text("x"))
    assert judged(nameless, click("", HOME, role="button"))[0].reason.startswith("the click changed the page")


def test_reasons_stay_short_whatever_the_page_says() -> None:
    alert = scene("/e", heading("Oops"), part("alert", "error " * 10_000))
    start = scene("/", heading("Home"), link("x" * 10_000), link("Plants"))
    opinions = judged(start, click("x" * 10_000, alert, role="link"), back(start), TO_PLANTS)
    assert rules(opinions)[0] == ("harmful", "error shown")
    assert max(len(one.reason) for one in opinions) < 400


def test_a_long_name_on_the_path_keeps_the_reason_short() -> None:
    start = scene("/", heading("Home"), link("x" * 10_000))
    assert len(judged(start, click("x" * 10_000, ORDERS, role="link"))[0].reason) < 400


def test_every_step_of_a_run_has_one_opinion_in_order() -> None:
    acts = (
        click("Orders", ORDERS),
        back(HOME),
        TO_PLANTS,
        click("13", plant("13"), role="link"),
        back(plants()),
        ROYAL,
    )
    opinions = judged(HOME, *acts)
    assert len(opinions) == len(acts)
    assert all(one.reason and one.rule for one in opinions)


def test_readings_are_enough_to_judge() -> None:
    transitions: tuple[Transition, ...] = transitions_of(walk(HOME, TO_PLANTS))
    assert judge_steps(RunPath(0, 0, transitions), transitions, TransitionGraph([]))[0].verdict == "good"
