"""Near misses of a step: what else could have been done there, and what is no miss."""

import pytest

from labelers.observed.transitions import transitions_of
from pipelines.prove.misses import MOST, MOST_SPARE, Miss, near_misses
from schemas.actions import Check, Click, Point, Select, Type
from schemas.records import Choice
from schemas.targets import target_of
from tests.labelers.site import (
    HOME,
    ORDERS,
    Act,
    Scene,
    button,
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
    scrolled,
    typed,
    walk,
)

POINT = Point(1, 1)


def made(start: Scene, *acts: Act) -> tuple[Miss, ...]:
    """The near misses of the walk."""
    transitions = transitions_of(walk(start, *acts))
    path = tuple(Choice(each.step.action, None if each.node is None else target_of(each.node)) for each in transitions)
    found = near_misses(path, transitions)
    assert len({miss.choices for miss in found}) == len(found)
    assert all(miss.choices != path for miss in found)
    assert all(len(miss.choices) == len(path) and not miss.spare for miss in found if miss.instead and not miss.spare)
    return found


def misses(start: Scene, *acts: Act) -> list[tuple[int, str, str]]:
    """Of each telling one its step, its kind, and what is done there."""
    return [_shown(miss) for miss in made(start, *acts) if not miss.spare]


def spare(start: Scene, *acts: Act) -> list[tuple[int, str, str]]:
    """The same of the others."""
    return [_shown(miss) for miss in made(start, *acts) if miss.spare]


def _shown(miss: Miss) -> tuple[int, str, str]:
    return miss.step, miss.kind, _told(miss.choices[miss.step])


def _told(choice: Choice) -> str:
    match choice.action:
        case Type(text=text):
            return text
        case Select(option=option):
            return option
    return "" if choice.target is None else choice.target.name


def test_a_row_is_missed_by_another_row_and_by_another_link_of_the_same() -> None:
    kinds = [kind for _, kind, _ in misses(plants(), click("Royal Fern", plant("12")))]
    assert kinds == ["another row", "another row"]  # both links of a row lead to the same
    waters = scene("/w", heading("W"), link("Royal Fern", "/plants/12"), link("Lady Fern", "/plants/15"))
    assert [kind for _, kind, _ in misses(waters, click("Royal Fern", plant("12")))] == ["another link"]


def test_an_order_is_missed_by_another_column_and_by_the_other_direction() -> None:
    made = misses(plants(), click("height", plants(by="height")))
    assert {kind for _, kind, _ in made} == {"another column", "once more"}
    assert [(step, name) for step, kind, name in made if kind == "once more"] == [(1, "height")]
    assert "height" not in [name for _, kind, name in made if kind == "another column"]


def test_what_is_entered_is_missed_by_a_word_of_the_page_like_it_and_where_it_is_not_sent() -> None:
    search = typed("Royal", "Search plants", plants(query="Royal"), submit=True)
    assert [kind for _, kind, _ in misses(plants(), search)] == ["another value"] * 2
    assert all("royal" not in name.casefold() for _, _, name in misses(plants(), search))
    assert (0, "not sent", "Royal") in spare(plants(), search)
    numbers = misses(plants(), typed("12", "Search plants", plants(query="12"), submit=True))
    assert all(name.isdecimal() for _, _, name in numbers)


def test_where_no_page_has_such_a_word_two_others_are_entered_or_it_goes_into_another_field() -> None:
    form = scene("/form", heading("New"), field("Name"), field("Town"))
    made = misses(form, typed("Ida", "Name", form))
    assert {kind for _, kind, _ in made} == {"another value", "another field"}
    lone = scene("/form", heading("New"), field("Name"))
    assert len({text for _, _, text in misses(lone, typed("Ida", "Name", lone))} - {"Ida"}) == 2


def test_another_option_another_box_and_the_same_one_turned_again() -> None:
    form = profile("Ida", "Calm")
    assert form.tree is not None
    mood = next(node for node in form.tree.nodes if node.role == "combobox")
    if mood.options:
        act = Act(Select(mood.options[0], POINT), profile("Ida", "Glad"), (mood.name, "combobox", 0))
        assert {kind for _, kind, _ in misses(form, act)} == {"another option"}
    boxes = duties({"Rake": False, "Mow": False, "Sow": False})
    act = Act(Check(POINT), duties({"Rake": True, "Mow": False, "Sow": False}), ("Rake", "checkbox", 0))
    assert {kind for _, kind, _ in misses(boxes, act)} == {"another box", "once more"}
    (again,) = (miss for miss in made(boxes, act) if miss.kind == "once more")
    assert [isinstance(each.action, Check) and each.action.checked for each in again.choices] == [True, False]
    assert not again.instead


def test_what_has_no_other_of_its_kind_is_missed_by_elements_of_another() -> None:
    welcome = part("dialog", "Welcome", part("checkbox", "Show this next time"), button("New file"), button("Close"))
    window = scene("/", button("Help"), welcome)
    act = click("Show this next time", window, role="checkbox")
    assert [kind for _, kind, _ in misses(window, act)] == ["once more"]
    # Those of the same dialog stand nearer.
    assert {(kind, name) for _, kind, name in spare(window, act)} == {
        ("another element", "New file"),
        ("another element", "Close"),
    }
    said = scene("/", heading("Welcome"), link("Start"))
    assert spare(said, click("Start", said)) == [(0, "a click beside it", "Welcome")]


def test_a_path_is_missed_by_its_parts_and_with_its_last_steps_turned_round() -> None:
    bar = [part("menuitem", "File"), part("menuitem", "View")]
    start, opened = scene("/", *bar), scene("/", *bar, part("menuitem", "Status Bar"))
    kinds = [(step, kind) for step, kind, _ in spare(start, click("View", opened), click("Status Bar", start))]
    assert kinds[-2:] == [(0, "in part")] * 2  # there are no words to click on
    assert "turned round" not in dict(map(reversed, kinds))  # the second one's element is not there before
    both = duties({"Rake": False, "Mow": False})
    turned = [miss for miss in made(both, click("Rake", both), click("Mow", both)) if miss.kind == "turned round"]
    assert [[each.target and each.target.name for each in miss.choices] for miss in turned] == [["Mow", "Rake"]]


def test_the_last_step_comes_first_and_there_is_an_end_to_it() -> None:
    steps = (
        click("Plants", plants()),
        click("height", plants(by="height")),
        click("Royal Fern", plant("12")),
    )
    assert [step for step, _, _ in misses(HOME, *steps)] == [2, 2, 1, 0]
    assert len(misses(HOME, *steps)) == MOST
    others = [kind for _, kind, _ in spare(HOME, *steps)]
    assert len(others) <= MOST_SPARE + len(steps) + 1
    assert others[-1] == "a click beside it"


@pytest.mark.parametrize("act", [scrolled(ORDERS), Act(Click(POINT), ORDERS)])
def test_what_has_no_other_has_no_miss(act: Act) -> None:
    assert made(scene("/", heading("Nothing here")), act) == ()


def test_which_misses_are_tried_hangs_on_the_path_alone() -> None:
    acts = (click("Plants", plants()), click("Royal Fern", plant("12")))
    assert made(HOME, *acts) == made(HOME, *acts)
