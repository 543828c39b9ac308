from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorers.core.locating import find_again, text_likeness
from schemas.records import Box, Locator, Node, Target, Tree
from schemas.targets import target_of


def node(name: str, y: float, role: str = "button", **more: str) -> Node:
    return Node(role, name, box=Box(10, y, 100, 20), **more)


def tree(*nodes: Node) -> Tree:
    return Tree("web", nodes)


SAVE = node("Save", 0, id="save", test_id="t-save", path="main > button:nth-of-type(1)")
OPEN = node("Open", 40, path="main > button:nth-of-type(2)")
SHUT = node("Shut", 80, path="main > button:nth-of-type(3)")
BEFORE = tree(Node("main"), SAVE, OPEN, SHUT)


@pytest.mark.parametrize(
    ("now", "way"),
    [
        (SAVE, "test id"),
        (replace(SAVE, test_id=None), "id"),
        (replace(SAVE, test_id=None, id=None), "role"),
        (replace(SAVE, test_id=None, id=None, name="Keep"), "path"),
        (replace(SAVE, test_id=None, id=None, role="link", path="a"), "text"),
        (replace(SAVE, test_id=None, id=None, name="Keep", path="footer > button"), "box"),
    ],
)
def test_an_element_is_found_by_the_first_locator_that_still_holds(now: Node, way: str) -> None:
    found = find_again(target_of(SAVE), tree(Node("main"), OPEN, now, SHUT), BEFORE)
    assert found is not None
    assert (found.evidence, found.index, found.matches, found.moved) == (way, 2, 1, False)


def test_an_element_that_lies_elsewhere_has_moved() -> None:
    found = find_again(target_of(OPEN), tree(replace(OPEN, box=Box(10, 400, 100, 20))), BEFORE)
    assert found is not None
    assert (found.evidence, found.moved) == ("role", True)


def test_of_several_that_fit_the_nearest_is_taken_and_their_number_told() -> None:
    rows = tuple(node("Delete", y) for y in (0.0, 30.0, 60.0, 90.0))
    found = find_again(target_of(rows[2]), tree(*rows), tree(*rows))
    assert found is not None
    assert (found.index, found.matches, found.moved) == (2, 4, False)


def test_another_element_that_moved_up_is_not_taken_for_one_that_is_gone() -> None:
    up = replace(SHUT, box=OPEN.box, path=OPEN.path)
    assert find_again(target_of(OPEN), tree(Node("main"), SAVE, up), BEFORE) is None
    renamed = replace(OPEN, name="Look at")
    found = find_again(target_of(OPEN), tree(Node("main"), SAVE, renamed, SHUT), BEFORE)
    assert found is not None
    assert (found.node.name, found.evidence) == ("Look at", "path")


def test_a_name_with_a_clock_in_it_is_still_the_name() -> None:
    then, now = node("Saved at 10:30", 0), node("Saved at 11:45", 0)
    found = find_again(target_of(then), tree(now), tree(then))
    assert found is not None
    assert found.evidence == "role"


def test_what_has_no_box_or_no_tree_is_not_found() -> None:
    assert find_again(target_of(SAVE), None, BEFORE) is None
    assert find_again(target_of(SAVE), tree(replace(SAVE, box=None)), BEFORE) is None
    assert find_again(Target("button", "", None), BEFORE, None) is None


def test_a_locator_by_text_is_understood() -> None:
    target = Target("link", "", None, (Locator("text", "Open"),))
    found = find_again(target, BEFORE, None)
    assert found is not None
    assert (found.node, found.evidence) == (OPEN, "text")


def test_the_likeness_of_texts_counts_what_both_have() -> None:
    assert text_likeness(BEFORE, BEFORE) == 1
    assert text_likeness(tree(), tree()) == 1
    assert text_likeness(tree(SAVE), tree(OPEN)) == 0
    assert text_likeness(tree(SAVE, OPEN), tree(OPEN)) == round(2 / 3, 4)


NODES = st.lists(
    st.builds(
        Node,
        role=st.sampled_from(["button", "link", "text"]),
        name=st.sampled_from(["", "a", "b", "10:30"]),
        id=st.sampled_from([None, "x", "y"]),
        path=st.sampled_from([None, "p", "q"]),
        box=st.none() | st.builds(Box, st.floats(0, 500), st.floats(0, 500), st.floats(1, 99), st.floats(1, 99)),
    ),
    max_size=8,
)


@given(NODES, NODES)
def test_what_is_found_is_there_and_an_unchanged_page_finds_the_element_itself(
    old: list[Node], new: list[Node]
) -> None:
    before, after = tree(*old), tree(*new)
    for each in old:
        found = find_again(target_of(each), after, before)
        assert found is None or (after.nodes[found.index] is found.node and found.matches >= 1)
        again = find_again(target_of(each), before, before)
        if each.box is not None:
            assert again is not None
            assert not again.moved
    assert 0 <= text_likeness(before, after) == text_likeness(after, before) <= 1
