"""What a page tells of one thing, however it is laid out."""

import pytest

from schemas.page_values import headed_by, named_values, sections, value_node
from schemas.pages import Page
from schemas.screen_conditions import Cell, Gives, HasRow, Tells, shown
from tests.labelers.site import Part, heading, link, part, table, text, tree_of


def page(*parts: Part) -> Page:
    return Page(tree_of(*parts), title="", location="http://fernwood.test/2")


def row(*cells: str) -> Part:
    return part("row", "", *(part("cell", cell) for cell in cells))


LABELS = (row("Title:", "Path floods"), row("Status:", "Open", "Kind:", "Defect"), row("Contact:", ""))
COLUMNS = (row("Title", "Path floods"), row("Status", "Open"), row("Kind", "Defect"))
TOLD = {"Title": "Path floods", "Status": "Open", "Kind": "Defect"}


@pytest.mark.parametrize(
    "parts",
    [
        (part("table", "", *LABELS),),
        (part("table", "", *COLUMNS),),
        (text("Title: Path floods"), text("Status: Open"), text("Kind: Defect")),
        (text("Title:"), text("Path floods"), text("Status:"), link("Open"), text("Kind:"), text("Defect")),
        (part("dialog", "", part("table", "", *COLUMNS), flags=("modal",)), text("Shop: Fernwood")),
    ],
)
def test_what_stands_beside_names_is_told_of_one_thing(parts: tuple[Part, ...]) -> None:
    seen = page(heading("Ticket"), *parts)
    assert named_values(seen) == TOLD
    assert shown(Gives((Cell("Open", "Status"),)), seen)
    assert not shown(Gives((Cell("Defect", "Status"),)), seen)


def test_what_stands_around_a_list_tells_of_no_record() -> None:
    rows = [("Fern", "2"), ("Ivy", "3")]
    assert named_values(page(table(("Name", "Price"), rows), text("Shape: flat"), text("Sort: name"))) == {}


def test_what_stands_behind_a_value_is_no_part_of_it() -> None:
    headers = (("author", "Cook <cook@example.org>"), ("date", "3 Jul 2026 (5 months ago)"), ("size", "3 files [+]"))
    rows = (part("row", "", part("rowheader", name), part("cell", value)) for name, value in headers)
    assert named_values(page(part("table", "", *rows))) == {"author": "Cook", "date": "3 Jul 2026", "size": "3 files"}


def test_the_element_of_a_value_is_found_by_its_name() -> None:
    seen = page(part("table", "", *COLUMNS))
    index = value_node(seen, "Status")
    assert index is not None
    assert seen.nodes[index].name == "Open"
    assert value_node(seen, "Colour") is None


def test_a_page_tells_of_what_it_says_beside_its_values_and_not_of_what_it_links_to() -> None:
    values = part("table", "", *COLUMNS)
    assert shown(Tells("Path floods"), page(heading("Ticket"), values))
    assert not shown(Tells("Leaking roof"), page(heading("Ticket"), values, link("Leaking roof")))
    assert not shown(Tells("Path floods"), page(heading("Tickets"), text("Path floods"))), "it names no values"


def test_a_row_is_called_by_the_link_with_which_a_cell_begins_where_no_column_holds_names() -> None:
    def entry(name: str) -> Part:
        return part("cell", f"{name} draft", link(name), text("draft"), column="what")

    lines = (part("row", "", part("cell", "Ann", column="who"), entry(name)) for name in ("Add beds", "Add pond"))
    heads = part("row", "", part("columnheader", "who"), part("columnheader", "what"))
    (view,) = page(heading("Log"), part("table", "", heads, *lines)).tables
    assert [each.name for each in view.rows] == ["Add beds", "Add pond"]


def test_the_items_of_a_list_are_called_by_what_no_other_says_and_those_of_a_menu_are_none() -> None:
    def item(name: str) -> Part:
        return part("listitem", "", link(name), text("draft"))

    seen = page(part("list", "", item("Help")), heading("Log"), part("list", "", item("Add beds"), item("Add pond")))
    assert seen.items == {"add beds", "add pond"}
    assert shown(HasRow((Cell("Add pond"),), named=True), seen)
    assert not shown(HasRow((Cell("Help"),), named=True), seen)


def test_what_stands_under_each_of_several_headings_is_told_of_one_thing() -> None:
    things = (("Figs", "A wall"), ("Beans", "In May"), ("Herbs", "Basil"))
    parts = [each for name, said in things for each in (heading(name, 2), text(said), link("Edit", f"/{name}"))]
    page = Page(tree_of(text("3 things"), *parts), title="", location="http://fernwood.test/")
    assert len(sections(page)) == 4
    assert shown(Gives((Cell("Beans"), Cell("In May"))), page)
    assert not shown(Gives((Cell("Beans"), Cell("Basil"))), page)
    edits = [at for at, node in enumerate(page.nodes) if node.name == "Edit"]
    assert [headed_by(page, at) for at in edits] == ["Figs", "Beans", "Herbs"]
