from labelers.kit.screenshots import target_box
from tests.labelers.site import button, click, scene, walk


def test_the_box_is_that_of_the_element() -> None:
    page = scene("/", button("Save"))
    (one,) = walk(page, click("Save", page)).steps
    assert one.step.target is not None
    assert target_box(one) == one.step.target.box
