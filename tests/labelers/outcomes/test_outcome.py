"""Whether goals were reached, by hand-written episodes."""

from dataclasses import replace
from datetime import timedelta

import pytest

from labelers.backend import Opinions
from labelers.observed.graph import TransitionGraph
from labelers.observed.opinions import IDLE_RULE
from labelers.observed.transitions import transitions_of
from labelers.outcomes.outcome import GoalOutcome, judge_outcome
from labelers.rules import RulesBackend
from schemas.actions import Click, Drag, Point, Stop, Type
from schemas.episodes import Episode
from schemas.redaction import MASK
from tests.labelers.site import Act, Part, Scene, button, chosen, click, field, link, part, scene, text, typed, walk

SEND = button("Submit")
STOP = Act(Stop(), None)


def form(*parts: Part, **fields: object) -> Scene:
    return scene("/form", *parts, **fields)  # type: ignore[arg-type]


def judge(goal: str, start: Scene, *acts: Act) -> GoalOutcome:
    return judge_outcome(goal, transitions_of(walk(start, *acts)))


def verdict(goal: str, start: Scene, *acts: Act) -> tuple[str, str]:
    found = judge(goal, start, *acts).verdict
    return found.verdict, found.rule


GOOD = ("good", "all requirements met")
UNMET = ("harmful", "requirement unmet")

YES_NO = form(button("Yes"), button("yes"), button("No"))


def test_the_named_button_was_pressed() -> None:
    assert verdict('Click on the "Yes" button.', YES_NO, click("Yes", YES_NO)) == GOOD
    assert verdict('Click on the "Yes" button.', YES_NO, click("No", YES_NO)) == UNMET


def test_case_tells_names_apart_where_both_are_there() -> None:
    assert verdict('Click on the "Yes" button.', YES_NO, click("yes", YES_NO)) == UNMET
    lower = form(button("yes"), button("No"))
    assert verdict('Click on the "Yes" button.', lower, click("yes", lower)) == GOOD


def test_an_order_is_kept() -> None:
    page = form(button("ONE"), button("TWO"))
    goal = "Click button ONE, then click button TWO."
    assert verdict(goal, page, click("ONE", page), click("TWO", page)) == GOOD
    assert verdict(goal, page, click("TWO", page), click("ONE", page)) == UNMET
    assert verdict(goal, page, click("ONE", page)) == UNMET


def filled(value: str, other: str = "") -> Scene:
    return form(text("Name"), field("", value), text("City"), field("", other, id="city"), SEND)


def test_a_value_is_in_its_field_when_it_is_sent() -> None:
    goal = 'Enter "Ida" as the name and press Submit.'
    start = filled("")
    ida = typed("Ida", "", filled("Ida"))
    assert (
        verdict(goal.replace("as the name", "into the Name field"), start, ida, click("Submit", filled("Ida"))) == GOOD
    )
    assert verdict('Enter the name "Ida" and press Submit.', start, click("Submit", start)) == UNMET
    wrong = typed("Idas", "", filled("Idas"))
    assert verdict('Enter the name "Ida" and press Submit.', start, wrong, click("Submit", filled("Idas"))) == UNMET
    assert verdict('Enter the name "Ida" and press Submit.', start, ida) == UNMET
    mended = (wrong, typed("Ida", "", filled("Ida")), click("Submit", filled("Ida")))
    assert verdict('Enter the name "Ida" and press Submit.', start, *mended) == GOOD


def test_what_was_entered_besides_leaves_it_open() -> None:
    both = filled("Ida", "Rome")
    acts = (typed("Ida", "", filled("Ida")), typed("Rome", "", both, nth=1), click("Submit", both))
    assert verdict('Enter the name "Ida" and press Submit.', filled(""), *acts) == ("abstain", "something else")


def test_a_field_that_nothing_is_called_leaves_it_open() -> None:
    acts = (typed("Ida", "", filled("Ida")), click("Submit", filled("Ida")))
    assert verdict('Enter the nickname "Ida" and press Submit.', filled(""), *acts) == ("abstain", "can't be told")


def test_a_masked_secret_is_not_judged() -> None:
    page = form(field("Password", MASK), SEND)
    acts = (Act(Type(MASK, Point(5, 5)), page, ("Password", None, 0)), click("Submit", page))
    assert verdict('Enter the password "Q3h" and press Submit.', form(field("Password"), SEND), *acts)[0] == "abstain"


def boxes(*ticked: str) -> Scene:
    return form(*(part("checkbox", name, flags=("checked",) if name in ticked else ()) for name in "ABC"), SEND)


def test_just_what_is_asked_for_is_ticked() -> None:
    goal = "Select A, B and click Submit."
    acts = (click("A", boxes("A")), click("B", boxes("A", "B")), click("Submit", boxes("A", "B")))
    assert verdict(goal, boxes(), *acts) == GOOD
    assert verdict(goal, boxes(), acts[0], click("Submit", boxes("A"))) == UNMET
    more = (*acts[:2], click("C", boxes(*"ABC")), click("Submit", boxes(*"ABC")))
    assert verdict(goal, boxes(), *more) == ("abstain", "something else")


def test_an_option_is_chosen_in_a_list() -> None:
    def page(value: str) -> Scene:
        return form(part("combobox", "Colour", value=value, options=("Red", "Blue")), SEND)

    goal = "Choose Blue from the dropdown and press Submit."
    assert verdict(goal, page("Red"), chosen("Blue", "Colour", page("Blue")), click("Submit", page("Blue"))) == GOOD
    assert verdict(goal, page("Red"), click("Submit", page("Red"))) == UNMET


def test_a_box_and_a_field_by_their_numbers() -> None:
    def page(marked: int | None, value: str) -> Scene:
        radios = [part("radio", "", flags=("checked",) if number == marked else ()) for number in (1, 2, 3)]
        return form(*radios, field(""), field("", value), SEND)

    goal = 'Check the 2nd radio button and enter the number "16" into the 2nd textbox.'
    acts = [click("", page(2, ""), role="radio", nth=1), typed("16", "", page(2, "16"), role="textbox", nth=1)]
    assert verdict(goal, page(None, ""), *acts) == ("abstain", "something else"), "it was not sent"
    assert verdict(goal, page(None, ""), *acts, click("Submit", page(2, "16"))) == GOOD
    first = [click("", page(1, ""), role="radio"), typed("16", "", page(1, "16"), role="textbox", nth=1)]
    assert verdict(goal, page(None, ""), *first, click("Submit", page(1, "16"))) == UNMET


def test_a_goal_that_is_half_understood_is_no_success() -> None:
    page = form(part("generic", "1"), SEND)
    goal = "Select all the shades of red and press Submit."
    assert (
        verdict(goal, page, click("1", scene("/form", part("generic", "2"), SEND)), click("Submit", page))[0]
        == "abstain"
    )
    assert verdict(goal, page, click("Submit", page)) == ("harmful", "sent too early")
    assert verdict(goal, page, click("1", scene("/form", part("generic", "2"), SEND))) == UNMET


def test_nothing_done_is_a_failure() -> None:
    assert verdict("Do something odd.", YES_NO, STOP) == ("harmful", "nothing done")


def test_a_verb_needs_an_action_that_could_do_it() -> None:
    page = form(text("Ida"), SEND)
    drag = Act(Drag(Point(1, 1), Point(9, 9)), form(text("Noor"), SEND))
    assert verdict("Drag Ida up by one position.", page, click("Submit", page)) == UNMET
    assert verdict("Drag Ida up by one position.", page, drag)[0] == "abstain"


def test_a_section_must_be_expanded() -> None:
    closed = form(part("tab", "Section", flags=("collapsed",)), SEND)
    opened = form(part("tab", "Section", flags=("expanded",)), text("More"), SEND)
    goal = "Expand the section below and click submit."
    assert verdict(goal, closed, click("Submit", closed)) == UNMET
    assert verdict(goal, closed, click("Section", opened), click("Submit", opened)) == GOOD


def test_what_is_covered_may_not_have_been_pressed() -> None:
    page = form(button("Yes", flags=("covered",)))
    assert verdict('Click on the "Yes" button.', page, click("Yes", page))[0] == "abstain"


def test_a_press_that_nothing_came_of_is_no_success_where_it_was_given_up_after_it() -> None:
    assert verdict('Click on the "Yes" button.', YES_NO, click("Yes", YES_NO), STOP) == ("abstain", "something else")


def test_going_on_after_it_was_sent_leaves_it_open() -> None:
    done = form(text("Done"), button("Yes"), link("More"))
    acts = (click("Yes", done), click("More", YES_NO))
    assert verdict('Click on the "Yes" button.', YES_NO, *acts) == ("abstain", "something else")


@pytest.mark.parametrize(("seconds", "expected"), [(2.1, "good"), (0.4, "harmful"), (9.0, "abstain")])
def test_a_wait_is_told_by_the_clock(seconds: float, expected: str) -> None:
    page = form(button("ONE"), button("TWO"))
    episode = walk(page, click("ONE", page), click("TWO", page))
    last = episode.steps[1].step
    assert last.before is not None
    later = replace(last, before=replace(last.before, time=last.before.time + timedelta(seconds=seconds)))
    episode = replace(episode, steps=(episode.steps[0], replace(episode.steps[1], step=later)))
    goal = "Click button ONE, wait 2 seconds, then click button TWO."
    assert judge_outcome(goal, transitions_of(episode)).verdict.verdict == expected


# ---- the steps, and the backend


def test_steps_are_judged_by_what_they_served() -> None:
    goal = 'Enter the name "Ida" and press Submit.'
    ida, sent = typed("Ida", "", filled("Ida")), click("Submit", filled("Ida"))
    found = judge(goal, filled(""), ida, sent)
    assert [found.steps[index].verdict for index in (0, 1)] == ["good", "good"]
    found = judge(goal, filled(""), typed("Noor", "", filled("Noor")), click("Submit", filled("Noor")))
    assert [found.steps[index].rule for index in (0, 1)] == ["against the goal", "sent too early"]
    found = judge(goal, filled(""), click("City", filled(""), role="text"), ida, sent)
    assert found.steps[0].rule == IDLE_RULE


def of_goal(goal: str, start: Scene, *acts: Act) -> tuple[Episode, Opinions]:
    episode = walk(start, *acts)
    episode = replace(episode, trajectory=replace(episode.trajectory, goal=goal))
    return episode, RulesBackend()(episode, TransitionGraph(()))


def test_the_backend_judges_a_trajectory_by_its_goal() -> None:
    page = form(button("Yes"), button("No"))
    _, opinions = of_goal('Click on the "Yes" button.', page, click("Yes", page))
    (whole,) = (label for label in opinions.labels if label.subject == "trajectory")
    assert (whole.verdict, whole.rule, whole.instruction_id) == ("good", "all requirements met", None)
    assert whole.score is not None
    (own,) = (label for label in opinions.labels if label.subject == "step" and label.instruction_id is None)
    assert own.verdict == "good"


def test_rewards_and_outcomes_that_were_recorded_are_not_looked_at() -> None:
    episode, opinions = of_goal('Click on the "Yes" button.', YES_NO, click("No", YES_NO))
    told = replace(episode.trajectory, success=True, judged_by="the page", ended_by="policy")
    steps = tuple(replace(one, step=replace(one.step, reward=1.0)) for one in episode.steps)
    assert RulesBackend()(replace(episode, trajectory=told, steps=steps), TransitionGraph(())).labels == opinions.labels


def test_no_step_without_an_effect_goes_without_a_label_that_says_so() -> None:
    page = form(part("generic", ""), button("Yes"))
    nowhere = Act(Click(Point(300, 9_000)), page)
    for goal in (None, 'Click on the "Yes" button.'):
        episode = walk(page, nowhere, click("Yes", page), STOP)
        episode = replace(episode, trajectory=replace(episode.trajectory, goal=goal))
        labels = RulesBackend()(episode, TransitionGraph(())).labels
        idle = {label.first_step for label in labels if label.rule == IDLE_RULE}
        assert idle >= {0, 1}
