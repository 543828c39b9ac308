"""Finding again what a form kept: where it is named, in its row, by what says that it was kept, in the list above."""

from explorers.policies.finding import RecordFinder
from explorers.policies.view import View
from schemas.actions import Click
from schemas.records import Node
from tests.explorers.screens import node, screen

FORM = "http://shop.example/tools/new"


def link(name: str, to: str, y: float, depth: int = 0) -> Node:
    return node("link", name, y=y, depth=depth, href=f"http://shop.example{to}")


def pressed(finder: RecordFinder, *nodes: Node, location: str = "http://shop.example/") -> str | None:
    view = View(screen(*nodes, location=location))
    option = finder.next(view)
    if option is None or option.affordance is None:
        return None
    assert isinstance(option.action, Click)
    return option.affordance.node.name


def test_it_is_pressed_where_it_is_named_or_where_it_is_said_to_be_kept() -> None:
    named = (link("Home", "/", 20), link("Rake 7", "/tools/7", 50))
    assert pressed(RecordFinder("Rake 7", ("Rake 7", "C3"), FORM), *named) == "Rake 7"
    told = (link("Home", "/", 20), link("The tool was added.", "/tools/7", 50))
    assert pressed(RecordFinder("Rake 7", ("Rake 7", "C3"), FORM), *told) == "The tool was added."


def test_a_row_that_says_it_is_opened_by_its_link() -> None:
    row = (node("row", y=50), node("cell", "Rake 7", y=50, depth=1), link("View", "/tools/7", 51, 1))
    other = (node("row", y=90), node("cell", "Spade", y=90, depth=1), link("View", "/tools/1", 91, 1))
    finder = RecordFinder("Rake 7", ("Rake 7", "C3"), FORM)
    view = View(screen(*other, *row))
    option = finder.next(view)
    assert option is not None
    assert option.affordance is not None
    assert option.affordance.node.href == "http://shop.example/tools/7"


def test_the_list_that_the_form_lies_below_is_gone_to_once() -> None:
    finder = RecordFinder("Rake 7", ("Rake 7",), FORM)
    links = (link("Tools", "/tools", 20), link("Books", "/books", 50))
    assert pressed(finder, *links) == "Tools"
    assert pressed(finder, *links, location="http://shop.example/tools") is None


def test_nothing_is_looked_for_where_a_row_tells_all_of_it() -> None:
    cells = (node("cell", "Rake 7", y=50, depth=2, column="Name"), node("cell", "C3", y=51, depth=2, column="Shelf"))
    head = (node("columnheader", "Name", y=30, depth=2), node("columnheader", "Shelf", y=31, depth=2))
    page = (node("table"), node("row", depth=1), *head, node("row", y=50, depth=1), *cells, link("Tools", "/tools", 90))
    assert pressed(RecordFinder("Rake 7", ("Rake 7", "C3"), FORM), *page) is None
