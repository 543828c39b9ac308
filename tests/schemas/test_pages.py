"""What a page says to a reader."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.pages import (
    Page,
    fold,
    heading_of,
    heading_parts,
    is_identifier,
    is_name,
    page_name,
    says_count,
)
from schemas.records import Node, Tree
from schemas.trees import descendants, parents
from tests.labelers.site import HOME, HOST, PLANTS, Part, Scene, heading, link, part, plants, table, text, tree_of


def page_of(*parts: Part, title: str = "") -> Page:
    return Page(tree_of(*parts), title=title, location="http://fernwood.test/")


def page(seen: Scene) -> Page:
    assert seen.tree is not None
    return Page(seen.tree, title=seen.title, location=seen.location)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("  Silver   Fern ", "silver fern"),
        ("«Silver Fern»:", "silver fern"),
        ("Sign-in", "sign-in"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("… — !", ""),
        ("", ""),
    ],
)
def test_folding_leaves_out_case_and_what_stands_at_the_ends(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    # Some letters only settle after a second casefold; the rest of the folding must be done after the first.
    once = fold(text)
    assert fold(once) == fold(fold(once))
    assert once == "" or (once[0].isalnum() or once[0] != " ")


def test_a_table_is_read_by_columns_and_rows() -> None:
    (view,) = page(plants()).tables
    assert view.columns == ("id", "name", "family", "height")
    assert [row.cells["height"] for row in view.rows] == [row[3] for row in PLANTS]
    assert view.values("name")[0] == "Silver Fern"
    assert [row.name for row in view.rows] == [row[1] for row in PLANTS]


def test_a_column_that_a_row_lacks_reads_as_empty() -> None:
    rows = part("row", "", part("cell", "Fern", column="name"))
    heads = part("row", "", part("columnheader", "name"), part("columnheader", "height"))
    (view,) = page_of(part("table", "", heads, rows)).tables
    assert view.values("height") == ("",)


def test_how_much_of_a_list_is_shown_is_no_part_of_what_a_column_is_called() -> None:
    (found,) = page_of(table(("Title 1-2 of 5 pages", "Status"), [("Breads", "live"), ("Cakes", "draft")])).tables
    assert found.columns == ("Title", "Status")
    assert [row.cells for row in found.rows] == [
        {"Title": "Breads", "Status": "live"},
        {"Title": "Cakes", "Status": "draft"},
    ]
    assert [heading_of(text) for text in ("Length (km)", "2000-2010", "Name 1\u201320 von 35 Seiten")] == [
        "Length (km)",
        "2000-2010",
        "Name",
    ]


def test_a_column_that_appears_twice_is_left_out() -> None:
    (view,) = page_of(table(("name", "note", "note"), [("Fern", "a", "b")])).tables
    assert view.rows[0].cells == {"name": "Fern"}


def test_a_layout_table_around_a_table_is_no_data() -> None:
    inner = table(("name", "height"), [("Fern", "10")])
    outer = part(
        "table",
        "",
        part("row", "", part("columnheader", "menu")),
        part("row", "", part("cell", "", inner, column="menu")),
    )
    assert [view.columns for view in page_of(outer).tables] == [("name", "height")]


@pytest.mark.parametrize(
    "hollow",
    [
        table(("name",), []),
        part("table", "", part("row", "", part("cell", "Fern"))),
        part("table"),
        part("row", "", part("cell", "Fern", column="name")),
    ],
)
def test_a_table_without_headings_or_rows_is_none(hollow: Part) -> None:
    assert page_of(hollow).tables == ()


def test_rows_that_share_a_name_have_none() -> None:
    (view,) = page_of(table(("name",), [["Fern"], ["fern "], ["Moss"]])).tables
    assert [row.name for row in view.rows] == [None, None, "Moss"]


def test_the_name_of_a_row_stands_in_the_column_that_is_called_so() -> None:
    rows = [("Tall one", "Silver Fern"), ("Small one", "Moss")]
    (view,) = page_of(table(("remark", "plant name"), rows)).tables
    assert [row.name for row in view.rows] == ["Silver Fern", "Moss"]


def test_an_id_is_never_the_name_of_a_row() -> None:
    (view,) = page_of(table(("uuid", "height"), [("abcd-efgh", "10"), ("ijkl-mnop", "12")])).tables
    assert [row.name for row in view.rows] == [None, None]


@pytest.mark.parametrize("column", ["id", "plant_id", "ID", "#", "No.", "pk", "user uuid", "api key"])
def test_columns_of_ids_are_known(column: str) -> None:
    assert is_identifier(column)


@pytest.mark.parametrize("column", ["name", "height", "valid", "notes", "keyboard", "identity", "paid"])
def test_columns_that_a_person_asks_for_are_no_ids(column: str) -> None:
    assert not is_identifier(column)


@pytest.mark.parametrize("words", ["Silver Fern", "Öl", "C3PO", "Überwald-Nord"])
def test_names_are_names(words: str) -> None:
    assert is_name(words)


@pytest.mark.parametrize("words", ["", "7", "A", "12 34 56 ab", "x" * 81, "Saved 3 minutes ago", "▲▼", "two  spaces"])
def test_numbers_marks_times_and_long_texts_are_no_names(words: str) -> None:
    assert not is_name(words)


def test_the_highest_heading_comes_first() -> None:
    read = page_of(
        heading("Small", 3), heading("Large", 1), heading("Middle", 2), heading("Large too", 1), heading(" ")
    )
    assert read.headings == ("Large", "Large too", "Middle", "Small")


def test_a_page_is_called_by_its_heading_but_not_by_the_sites() -> None:
    read = page_of(heading("Fernwood"), heading("Plants", 2), title="Orders - Fernwood")
    assert page_name(read) == "Fernwood"
    assert page_name(read, frozenset({"fernwood"})) == "Plants"


@pytest.mark.parametrize(
    ("heading_name", "title", "called"),
    [
        ("FernwoodOrders", "Orders - Fernwood", "Orders"),
        ("FernwoodOrders - Late", "Orders - Late - Fernwood", "Orders - Late"),
        ("FernwoodOrders:US (Last entry: 2025-12-19)", "Orders:US - Fernwood", "Orders:US"),
        ("Fernwood Orders", "Orders - Fernwood", "Fernwood Orders"),
        ("Fernwoods", "Orders - Fernwood", "Fernwoods"),
    ],
)
def test_the_name_of_the_site_stuck_before_a_pages_own_is_no_part_of_it(
    heading_name: str, title: str, called: str
) -> None:
    assert page_of(heading(heading_name), title=title).headings == (called,)


def test_a_page_whose_heading_counts_is_called_by_the_head_of_its_title() -> None:
    assert page_name(page_of(heading("12 rows where height > 3"), title="Plants | Fernwood")) == "Plants"
    assert page_name(page_of(heading("12 rows where height > 3"), title="12 rows")) is None
    assert page_name(page_of(title="  ")) is None
    assert page_name(page_of(heading("Open tickets (12 matches)"))) == "Open tickets"


def test_a_heading_is_taken_apart_at_its_marks_and_not_in_words() -> None:
    assert heading_parts("Plants  -  Fernwood: all | now :: x-ray") == ("Plants", "Fernwood", "all", "now", "x-ray")
    assert heading_parts("") == ()


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ("7 rows", 7),
        ("1 row where family = 'Boston'", 1),
        ("Showing 1,204 results", 1204),
        ("about 12 matches", 12),
        ("0 results", 0),
        ("Results 1 - 10 of 37", 37),
        ("1-10 of 37", 37),
        ("Open tickets (12 matches)", 12),
        ("A text of 1 to 3 of 9 " + "words " * 50, None),
        ("rows 7", None),
        ("7 rowboats", None),
        ("There are 7 rows", None),
        ("9" * 5_000 + " rows", None),
    ],
)
def test_a_page_says_how_many_rows_it_has(words: str, count: int | None) -> None:
    said = page_of(heading("Plants"), text(words)).count
    assert (said and said[0]) == count


def test_words_that_begin_with_a_count_are_no_name() -> None:
    assert says_count("7 rows of ferns")
    assert says_count(" Showing 1,204 results")
    assert not says_count("Open tickets (12 matches)")
    assert not says_count("7 rowboats")


def test_a_page_that_says_two_numbers_says_none() -> None:
    assert page_of(text("7 rows"), text("9 rows")).count is None
    assert page_of(text("7 rows"), text("7 results")).count is not None


def test_alerts_headings_and_marked_fields_tell_of_errors() -> None:
    assert page_of(part("alert", "Could not save: nickname is required")).errors
    assert page_of(heading("404 Not Found")).errors
    assert page_of(title="500 Internal Server Error").errors
    assert page_of(part("textbox", "Nickname", flags=("invalid",))).errors == ("Nickname is invalid",)


def test_news_and_plain_words_are_no_errors() -> None:
    assert (
        page_of(part("alert", "Saved"), text("An error occurred"), part("button", "x", flags=("invalid",))).errors == ()
    )
    assert page_of(heading("Plants"), heading("Trials"), heading("Errors of the past", 3)).errors == ()


def test_a_page_says_whole_words_only() -> None:
    read = page_of(text("A Silver Fern, in the sun."), part("textbox", "Royal Fern"))
    assert read.says("silver fern")
    assert read.says("Silver Fern,")
    assert not read.says("Silver Fer")
    assert not read.says("ilver Fern")
    assert not read.says("…")
    assert read.says("Royal Fern"), "the whole name of a field is said"
    assert not read.says("Royal"), "but it is no prose to find words in"


def test_options_of_a_list_are_not_said() -> None:
    assert not page_of(part("combobox", "Mood", part("option", "Calm"))).says("Calm")


@pytest.mark.parametrize("hostile", ["(a+)+$", "[", "\\", "a|b", ".*", "(?P<x>", "^", "fern\nfern", '"', "\u202egnp"])
def test_a_page_can_be_asked_for_any_text(hostile: str) -> None:
    assert page_of(text(f"before {hostile} after"), text("a" * 300)).says(hostile) == bool(fold(hostile))
    assert not page_of(text("nothing")).says(hostile + "Q")


def test_a_node_without_a_name_says_what_is_below_it() -> None:
    read = page_of(part("listitem", "", part("checkbox"), text("Water"), text(" the  ferns ")), text("beside"))
    assert read.text_of(0) == "Water the ferns"
    assert read.text_of(1) == ""


def test_what_is_below_a_node_is_read_to_a_limit() -> None:
    read = page_of(part("list", "", *(text("x" * 100) for _ in range(1_000))))
    assert 2_000 <= len(read.text_of(0)) <= 2_200


def test_a_row_is_found_from_anything_inside_it() -> None:
    read = page(plants())
    cell = next(at for at, node in enumerate(read.nodes) if node.role == "link" and node.name == "Royal Fern")
    place = read.row_of(cell)
    assert place is not None
    assert place[1].name == "Royal Fern"
    assert read.row_of(0) is None
    assert read.row_of(place[0].index) is None


def test_the_heading_of_a_column_is_found_from_the_link_in_it() -> None:
    read = page(plants())
    at = next(at for at, node in enumerate(read.nodes) if node.name == "height")
    assert read.column_of(at) == "height"
    assert read.column_of(0) is None


def test_dialogs_are_told_by_name() -> None:
    assert page_of(part("dialog", "New plant"), part("alertdialog", "Sure?")).dialogs == ("New plant", "Sure?")
    assert page(HOME).dialogs == ()


@given(st.lists(st.integers(-2, 6), max_size=40))
def test_what_is_below_a_node_is_what_a_walk_of_the_tree_gives(depths: list[int]) -> None:
    tree = Tree("fake", tuple(Node("list", "x", depth=depth) for depth in depths))
    read = Page(tree, title=None, location=None)
    for index in range(len(depths)):
        assert list(read.below(index)) == list(descendants(tree, index))
        above = [at for at in range(index) if index in read.below(at)]
        assert parents(tree)[index] == (above[-1] if above else None)


@pytest.mark.parametrize(
    "hostile", ["a" + "." * 100_000 + "a", "7" + " " * 100_000 + "7", "9" * 100_000, "." * 100_000]
)
def test_a_huge_name_is_read_to_its_end(hostile: str) -> None:
    read = page_of(heading(hostile), text(hostile), link("Plants"), title=hostile)
    assert read.says("Plants")
    assert page_name(read) is None
    assert read.count is None
    assert read.errors == ()


def test_headings_of_groups_within_a_table_are_no_columns() -> None:
    heads = part("row", "", *(part("columnheader", name) for name in ("id", "title")))
    rows = [part("row", "", part("cell", str(at)), part("cell", name)) for at, name in enumerate(("Lamp", "Door"))]
    group, pager = (part("row", "", part("columnheader", name)) for name in ("urgent", "1..2 out of 2"))
    (view,) = page_of(part("table", "", heads, group, *rows, pager)).tables
    assert view.columns == ("id", "title")
    assert [row.name for row in view.rows] == ["Lamp", "Door"]


def test_a_box_in_a_row_is_not_what_the_row_is_called() -> None:
    cells = [(part("checkbox", f"Select {name}"), name) for name in ("Lamp", "Door")]
    (view,) = page_of(table(("pick", "title"), cells)).tables
    assert [row.name for row in view.rows] == ["Lamp", "Door"]


def test_links_to_the_page_itself_name_it() -> None:
    own = Page(
        tree_of(link("books", "/books"), link("top", "/books#top"), link("members", "/members")),
        title="Site",
        location=HOST + "/books",
    )
    assert own.own_names == ("books",)
    assert page_name(own, frozenset({"site"})) == "books"
