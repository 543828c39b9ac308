"""What the words of a task may mean on the pages of its walk: every element that they fit, and no other."""

from labelers.observed.transitions import transitions_of
from pipelines.prove.referents import Phrase, fitting, phrases_of, readings
from schemas.actions import Action, Check, Click, Point, Scroll, Select, Type
from schemas.conditions import TaskCheck
from schemas.pages import Page
from schemas.records import Choice
from schemas.screen_conditions import Called, Cell, EveryRow, Finds, HasRow, Says, Shows, SortedBy, Tells
from schemas.targets import target_of
from tests.labelers.site import (
    HOME,
    Scene,
    button,
    click,
    duties,
    field,
    heading,
    link,
    plant,
    plants,
    profile,
    scene,
    table,
    typed,
    walk,
)

PRESS = Click(Point(1, 1))


def page(seen: Scene) -> Page:
    assert seen.tree is not None
    return Page(seen.tree, title=seen.title, location=seen.location)


def fits(
    seen: Scene, action: Action, *texts: str, said: str = "", column: bool = False, rows: bool = True
) -> list[str]:
    """The roles and names of what fits."""
    here = page(seen)
    found = fitting(here, action, Phrase(texts, column, rows), said)
    return [f"{here.nodes[index].role} {here.nodes[index].name}" for index in found]


def test_a_phrase_is_what_the_read_check_says_that_a_step_makes_true() -> None:
    sort = click("height", plants(by="height"))
    walked = transitions_of(walk(HOME, click("Plants", plants()), sort, click("Royal Fern", plant("12"))))
    read = TaskCheck((Tells("Royal Fern", ("height",)),), (), ((Called("Plants"),), (SortedBy("height"),)))
    assert {step: phrase.texts for step, phrase in phrases_of(read, walked).items()} == {
        0: ("Plants",), 1: ("height",), 2: ("Royal Fern",),
    }  # fmt: skip
    found = TaskCheck((Called("Plants"), Finds("Osmunda")))
    (tagged,) = transitions_of(walk(HOME, click("Orders", plants(only=("family", "Osmunda")))))
    assert phrases_of(found, [tagged])[0].texts == ("Osmunda",), "it is not pressed as the list is called"
    there = TaskCheck((Called("Plants"),), (), ((Called("Fernwood"),),))
    assert list(phrases_of(there, walked[:1])) == [0], "where it begins is no step's doing"


def test_all_that_is_called_so_fits_and_what_only_holds_the_words_where_nothing_is() -> None:
    two = scene("/", link("Workflows"), link("Workflows", "/b"), link("My workflows"), heading("Workflows"))
    assert fits(two, PRESS, "Workflows") == ["link Workflows"] * 2
    assert fits(scene("/", link("My workflows")), PRESS, "Workflows") == ["link My workflows"]
    assert fits(scene("/", link("Workflowsy")), PRESS, "Workflows") == []


def test_a_row_fits_by_its_cells_through_what_opens_it() -> None:
    assert fits(plants(), PRESS, "Osmunda") == ["link Osmunda"], "what filters is called so"
    listed = scene("/", table(("id", "name"), [(link("7"), "Royal Fern"), (link("8"), "Lady Fern")]))
    assert fits(listed, PRESS, "Royal Fern") == ["link 7"]


def test_what_filters_lies_in_no_row_and_what_sorts_in_the_head() -> None:
    families = scene("/", link("Osmunda", "/f"), table(("family",), [(link("Osmunda", "/o"),)]))
    assert len(fits(families, PRESS, "Osmunda")) == 2
    assert len(fits(families, PRESS, "Osmunda", rows=False)) == 1
    heads = scene("/", link("height", "/h"), table(("height",), [("1",)], sortable="/plants"))
    assert len(fits(heads, PRESS, "height", column=True)) == 1


def test_a_value_is_meant_for_the_field_before_it_or_for_what_searches_or_for_any() -> None:
    form = scene("/", field("Name", flags=("editable",)), field("Town", flags=("editable",)), button("Save"))
    enter = Type("Ida", Point(1, 1))
    assert fits(form, enter, "Ida", said='set "Name" to "Ida"') == ["textbox Name"]
    assert fits(form, enter, "Ida", said='add "Ida"') == ["textbox Name", "textbox Town"]
    assert fits(form, enter, "Ida", said="add somebody") == []
    search = scene("/", field("Find", role="searchbox", flags=("editable",)), field("Name", flags=("editable",)))
    assert fits(search, enter, "Ida", said='search for "Ida"') == ["searchbox Find"]


def test_boxes_and_lists_are_found_by_their_names_and_options() -> None:
    assert fits(duties({"Rake": False, "Mow": False}), Check(True, Point(1, 1)), "Mow") == ["checkbox Mow"]
    assert fits(profile(), Select("Calm", Point(1, 1)), "Calm") == [
        f"{node.role} {node.name}" for node in page(profile()).nodes if "Calm" in node.options
    ]
    assert fits(HOME, Scroll(0, 100), "Plants") == []


def test_each_reading_is_the_path_with_that_step_done_to_it() -> None:
    two = scene("/w", heading("W"), link("Plants", "/a"), link("Plants", "/b"), link("Plants", "/a"), link("Orders"))
    walked = transitions_of(walk(two, click("Plants", plants())))
    path = (Choice(PRESS, target_of(page(two).nodes[1])),)
    found, steps = readings('Open "Plants".', TaskCheck((Called("Plants"),)), path, walked)
    assert steps == 1
    assert [reading.choices is None for reading in found] == [True, False, True], "the third leads where the first does"
    other = found[1].choices
    assert other is not None
    assert other[0].target == target_of(page(two).nodes[2])


def test_what_is_entered_and_pressed_for_a_clause_of_the_end_is_looked_for_by_the_text() -> None:
    form = scene("/new", field("Name", flags=("editable",)), field("Town", flags=("editable",)), button("Save"))
    saved = scene("/people", heading("People"), table(("name",), [("Ida",), ("Noor",)]))
    walked = transitions_of(walk(form, typed("Ida", "Name", form), click("Save", saved)))
    path = tuple(Choice(each.step.action, each.node and target_of(each.node)) for each in walked)
    read = TaskCheck((HasRow((Cell("Ida", "name"),)),))
    found, steps = readings('Set "Name" to "Ida", then press "Save".', read, path, walked)
    assert (steps, [(reading.step, reading.choices) for reading in found]) == (2, [(0, None), (1, None)])
    found, steps = readings('Enter "Ida" and press "Save".', read, path, walked)
    assert [reading.choices is None for reading in found] == [True, False, True], "it may be the town"
    other = (path[0], Choice(walked[1].step.action, target_of(page(form).nodes[1])))
    assert [each.step for each in readings('Enter "Ida" and press "Save".', read, other, walked)[0]] == [0, 0]


def test_a_step_that_makes_nothing_true_has_no_reading() -> None:
    walked = transitions_of(walk(plants(), typed("Royal", "Search plants", plants(holds="Royal"))))
    path = (Choice(walked[0].step.action, None),)
    assert readings('Search for "Royal".', TaskCheck((Says("Nothing"),)), path, walked) == ((), 0)
    assert phrases_of(TaskCheck((Shows(name="Nothing"), EveryRow("family", "Osmunda"))), walked) == {}


def test_a_word_that_is_added_to_a_field_is_meant_for_the_one_called_so() -> None:
    form = scene("/new", field("Search", flags=("editable",)), field("Tags", flags=("editable",)))
    said = 'Set "Name" to "Rake", add "autumn" to "Tags", then press "Save".'
    assert [name for _, name in map(str.split, fits(form, Type("autumn", Point(1, 1)), "autumn", said=said))] == [
        "Tags"
    ]
