"""Nameless fields and the words at them."""

from dataclasses import replace

from explorers.desktop.labels import with_labels
from schemas.records import Box, Node

WINDOW = Node("dialog", "Add Notebook", box=Box(0, 0, 400, 300))


def node(role: str, name: str, x: float, y: float, width: float = 80, height: float = 24) -> Node:
    return Node(role, name, depth=1, box=Box(x, y, width, height))


def names(*nodes: Node) -> list[str]:
    return [each.name for each in with_labels([WINDOW, *nodes]) if each.role != "text"][1:]


def test_a_field_is_called_by_the_words_on_its_left_else_by_those_above_it() -> None:
    assert names(node("text", "Name:", 10, 10), node("textbox", "", 100, 8)) == ["Name:"]
    assert names(node("text", "Folder:", 10, 10), node("combobox", "", 10, 40)) == ["Folder:"]
    beside_wins = node("text", "Above", 100, 10), node("text", "Beside", 10, 40), node("spinbutton", "", 100, 38)
    assert names(*beside_wins) == ["Beside"]


def test_words_name_one_field_and_no_field_beyond_another() -> None:
    row = node("text", "From", 10, 10), node("textbox", "", 100, 8), node("textbox", "", 200, 8)
    assert names(*row) == ["From", ""]
    told = node("text", "From", 10, 10), node("textbox", "Start", 100, 8), node("textbox", "", 200, 8)
    assert names(*told) == ["Start", ""]


def test_what_is_far_or_long_or_in_another_window_or_on_the_right_names_nothing() -> None:
    assert names(node("text", "Far", 10, 10, 20), node("textbox", "", 300, 8)) == [""]
    assert names(node("text", "words " * 20, 10, 10), node("textbox", "", 100, 8)) == [""]
    assert names(node("text", "Right", 200, 10), node("textbox", "", 100, 8)) == [""]
    assert names(node("text", "Low", 100, 200), node("textbox", "", 100, 8)) == [""]
    other = replace(WINDOW, name="Other")
    assert names(node("text", "Name:", 10, 10), other, node("textbox", "", 100, 8))[-1] == ""


def test_a_tall_field_is_named_by_words_at_its_top() -> None:
    assert names(node("text", "Notes", 10, 12), node("textbox", "", 100, 8, 200, 200)) == ["Notes"]
    assert names(node("text", "Foot", 10, 180), node("textbox", "", 100, 8, 200, 200)) == [""]


def test_a_field_that_has_a_name_or_no_place_is_left_as_it_is() -> None:
    assert names(node("text", "Name:", 10, 10), node("textbox", "Title", 100, 8)) == ["Title"]
    assert names(node("text", "Name:", 10, 10), replace(node("textbox", "", 0, 0), box=Box(-1, -1, 0, 0))) == [""]


def test_a_screen_without_a_window_has_no_fields() -> None:
    assert with_labels(()) == []
