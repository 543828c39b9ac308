"""Near misses of a step: what else could have been done there, and what is no miss."""

import pytest

from labelers.observed.transitions import transitions_of
from pipelines.prove.misses import MOST, near_misses
from schemas.actions import Check, Click, Point, Scroll, Select, Type
from schemas.records import Choice
from schemas.targets import target_of
from tests.labelers.site import (
    HOME,
    ORDERS,
    Act,
    Scene,
    click,
    duties,
    heading,
    link,
    plant,
    plants,
    profile,
    scene,
    scrolled,
    typed,
    walk,
)

POINT = Point(1, 1)


def misses(start: Scene, *acts: Act) -> list[tuple[int, str, str]]:
    """Of each near miss of the walk its step, its kind, and what is done there."""
    transitions = transitions_of(walk(start, *acts))
    path = tuple(Choice(each.step.action, None if each.node is None else target_of(each.node)) for each in transitions)
    made = near_misses(path, transitions)
    assert all(len(miss.choices) == len(path) for miss in made)
    assert all(miss.choices != path for miss in made)
    return [(miss.step, miss.kind, _told(miss.choices[miss.step])) for miss in made]


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


def test_an_order_is_missed_by_another_column() -> None:
    made = misses(plants(), click("height", plants(by="height")))
    assert [kind for _, kind, _ in made] == ["another column"] * 2
    assert "height" not in [name for _, _, name in made]


def test_what_is_entered_is_missed_by_a_word_of_the_page_like_it() -> None:
    made = misses(plants(), typed("Royal", "Search plants", plants(query="Royal"), submit=True))
    assert [kind for _, kind, _ in made] == ["another value"] * 2
    assert all("royal" not in name.casefold() for _, _, name in made)
    assert misses(HOME, click("Plants", ORDERS))[0][1] == "another link"
    numbers = misses(plants(), typed("12", "Search plants", plants(query="12"), submit=True))
    assert all(name.isdecimal() for _, _, name in numbers)


def test_another_option_and_another_box() -> None:
    form = profile("Ida", "Calm")
    assert form.tree is not None
    mood = next(node for node in form.tree.nodes if node.role == "combobox")
    if mood.options:
        act = Act(Select(mood.options[0], POINT), profile("Ida", "Glad"), (mood.name, "combobox", 0))
        assert {kind for _, kind, _ in misses(form, act)} == {"another option"}
    boxes = duties({"Rake": False, "Mow": False, "Sow": False})
    act = Act(Check(True, POINT), duties({"Rake": True, "Mow": False, "Sow": False}), ("Rake", "checkbox", 0))
    assert {name for _, _, name in misses(boxes, act)} == {"Mow", "Sow"}


def test_the_last_step_comes_first_and_there_is_an_end_to_it() -> None:
    made = misses(
        HOME,
        click("Plants", plants()),
        click("height", plants(by="height")),
        click("Royal Fern", plant("12")),
    )
    assert len(made) == MOST
    assert [step for step, _, _ in made] == [2, 2, 1, 1]


@pytest.mark.parametrize("act", [scrolled(ORDERS), Act(Click(POINT), ORDERS)])
def test_what_has_no_other_has_no_miss(act: Act) -> None:
    assert misses(scene("/", heading("Nothing here")), act) == []


def test_which_misses_are_tried_hangs_on_the_path_alone() -> None:
    acts = (click("Plants", plants()), click("Royal Fern", plant("12")))
    assert misses(HOME, *acts) == misses(HOME, *acts)
    assert Scroll not in {type(choice) for choice in acts}
