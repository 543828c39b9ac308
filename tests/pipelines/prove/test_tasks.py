"""Tasks of a lake as they are tried: what was done on their way that no sentence names."""

from pipelines.prove.tasks import with_scrolls
from tests.labelers.site import HOME, ORDERS, back, click, plant, plants, scrolled, walk


def test_a_path_has_the_scrolls_that_brought_its_elements_in_sight() -> None:
    acts = (
        click("Plants", plants()),
        scrolled(plants()),
        scrolled(plants()),
        click("Royal Fern", plant("12")),
        scrolled(plant("12")),
        back(plants()),
        click("Fernwood", HOME),
        click("Orders", ORDERS),
    )
    steps = {(each.step.trajectory_id, each.step.step_index): each.step for each in walk(HOME, *acts).steps}
    path = [step for (_, index), step in steps.items() if index in (0, 3, 7)]
    assert [step.step_index for step in with_scrolls(path, steps)] == [0, 1, 2, 3, 7]
    assert [step.step_index for step in with_scrolls(path[1:], steps)] == [1, 2, 3, 7]
    recorded = [steps[key] for key in steps if key[1] in (1, 3)]
    assert [step.step_index for step in with_scrolls(recorded, steps)] == [1, 2, 3]
