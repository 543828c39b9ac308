import pytest

from explorers.web.extraction import extract_expression, page_facts
from schemas.records import Node, Observation
from schemas.redaction import MASK, KnownSecrets
from schemas.trees import NODE_LIMIT, TEXT_LIMIT, descendants
from tests.explorers.contract import find
from tests.explorers.web.conftest import Visitor, node_of

pytestmark = pytest.mark.web


def outline(seen: Observation) -> list[str]:
    """The tree as lines of role and name, indented by depth."""
    assert seen.tree is not None
    return [f"{'  ' * node.depth}{node.role} {node.name}".rstrip() for node in seen.tree.nodes]


def below(seen: Observation, node: Node) -> list[tuple[str, str]]:
    assert seen.tree is not None
    nodes = seen.tree.nodes
    return [(nodes[index].role, nodes[index].name) for index in descendants(seen.tree, nodes.index(node))]


def test_a_page_is_told_by_its_roles_and_names(visitor: Visitor) -> None:
    assert outline(visitor.visit("/roles")) == [
        "main",
        "  heading Sections",
        "  list",
        "    listitem",
        "      text One",
        "    listitem",
        "      link Two",
        "  group More",
        "    button More",
        "  group Less",
        "    button Less",
        "    text Shown words",
        "  switch Dark mode",
        "  alert",
        "    text Something failed",
        "  button Menu",
        "  button Bold",
        "  img A red door",
        "  img Named elsewhere",
        "  link Here",
        "  generic A clickable box",
        "  generic",
        "    text Long",
    ]


@pytest.mark.parametrize(
    ("role", "name", "flags"),
    [
        ("button", "More", ("collapsed",)),
        ("button", "Less", ("expanded",)),
        ("switch", "Dark mode", ("checked",)),
        ("button", "Menu", ("collapsed", "haspopup")),
        ("button", "Bold", ("pressed",)),
        ("link", "Here", ("current",)),
        ("generic", "", ("scrollable",)),
    ],
)
def test_states_are_flags(visitor: Visitor, role: str, name: str, flags: tuple[str, ...]) -> None:
    assert find(visitor.visit("/roles"), role, name).flags == flags


def test_a_form_is_told_with_its_labels_kinds_and_options(visitor: Visitor) -> None:
    seen = visitor.visit("/form")
    assert seen.tree is not None
    told = [(node.role, node.name, node.field, node.value, node.flags) for node in seen.tree.nodes[2:]]
    assert told == [
        ("group", "Person", None, None, ()),
        ("textbox", "Name", "text", "", ("editable", "required")),
        ("textbox", "Mail", "email", "", ("editable",)),
        ("textbox", "Password", "password", MASK, ("editable", "password")),
        ("combobox", "Kind", None, "- choose -", ()),
        ("checkbox", "Newsletter", "checkbox", None, ()),
        ("textbox", "Day", "date", "", ("editable",)),
        ("textbox", "About", "text", "", ("editable", "multiline")),
        ("button", "Send", "submit", None, ()),
        ("button", "Later", "submit", None, ("disabled",)),
    ]
    assert find(seen, "combobox").options == ("- choose -", "Reader", "Writer")
    assert find(seen, "button", "Send").test_id == "send"
    assert find(seen, "textbox", "Mail").path == "#mail"


def test_a_sort_arrow_is_no_part_of_a_column_and_cells_know_their_column(visitor: Visitor) -> None:
    seen = visitor.visit("/table")
    assert find(seen, "columnheader", "Title").column is None
    assert find(seen, "link", "Title").href == visitor.site.url("/table?sort=title")
    assert find(seen, "cell", "Blue River").column == "Title"
    assert find(seen, "cell", "2004").column == "Year"


def test_columns_are_counted_through_spans(visitor: Visitor) -> None:
    seen = visitor.visit("/nested")
    assert seen.tree is not None
    cells = [(node.name, node.column) for node in seen.tree.nodes if node.role == "cell"]
    assert cells == [
        ("Igor Becker 34", "Name"),
        ("Graz", "Place"),
        ("Austria", "Place"),
        ("Rosa", "Name"),
        ("Styria", "Place"),
    ]


def test_text_that_is_a_name_already_is_not_told_twice_but_beside_an_element_it_is(visitor: Visitor) -> None:
    seen = visitor.visit("/nested")
    assert below(seen, find(seen, "cell", "Igor Becker 34")) == [("link", "Igor Becker"), ("text", "34")]
    assert below(seen, find(seen, "cell", "Rosa")) == []
    assert below(seen, node_of(seen, "icon")) == [("img", "Save")]
    assert node_of(seen, "icon").name == "Save now"


def test_a_table_for_layout_is_only_text(visitor: Visitor) -> None:
    seen = visitor.visit("/nested")
    assert find(seen, "text", "Only layout").depth == 0


@pytest.mark.parametrize(
    ("id", "name"), [("titled", "From the title"), ("held", "From the placeholder"), ("by", "First second")]
)
def test_a_field_is_named_by_what_says_most(visitor: Visitor, id: str, name: str) -> None:
    assert node_of(visitor.visit("/nested"), id).name == name


def test_an_icon_is_called_what_its_title_says(visitor: Visitor) -> None:
    seen = visitor.visit("/icons")
    names = {id: node_of(seen, id).name for id in ("cross", "drawn", "worded", "bare", "both")}
    assert names == {"cross": "Delete row", "drawn": "Send", "worded": "Close", "bare": "✖", "both": "✖ 2"}


def test_a_checkbox_that_its_label_draws_has_the_labels_box(visitor: Visitor) -> None:
    box = find(visitor.visit("/nested"), "checkbox", "Fancy box").box
    assert box is not None
    assert box.width > 40


def test_inline_text_is_one_run_a_block(visitor: Visitor) -> None:
    assert find(visitor.visit("/nested"), "text", "A sentence with bold, italic and a break.")


def test_an_editable_block_is_a_text_field_with_its_words_as_value(visitor: Visitor) -> None:
    field = node_of(visitor.visit("/nested"), "rich")
    assert (field.role, field.value) == ("textbox", "Written words")
    assert field.flags == ("editable", "multiline")


def test_the_box_of_a_link_over_lines_has_its_middle_on_the_link(visitor: Visitor) -> None:
    seen = visitor.visit("/nested")
    assert not node_of(seen, "broken").has("covered")
    assert visitor.click(seen, "broken")[1].location == visitor.site.url("/done")


def test_what_is_clipped_away_is_offscreen(visitor: Visitor) -> None:
    seen = visitor.visit("/nested")
    assert node_of(seen, "clipped").has("offscreen")
    assert not find(seen, "text", "Seen").has("offscreen")


def test_what_lies_under_something_else_is_covered(visitor: Visitor) -> None:
    seen = visitor.visit("/covered")
    assert find(seen, "button", "Under").has("covered")
    assert not find(seen, "button", "Free").has("covered")


def test_a_modal_dialog_is_flagged_and_covers_what_is_behind(visitor: Visitor) -> None:
    seen = visitor.visit("/modal")
    assert find(seen, "dialog").has("modal")
    assert find(seen, "button", "Behind").has("covered")
    assert find(seen, "button", "Yes").flags == ("focused",)


def test_what_a_frame_holds_has_boxes_of_the_whole_screen(visitor: Visitor) -> None:
    seen = visitor.visit("/frame")
    outer, link = find(seen, "iframe", "Inner").box, find(seen, "link", "Title")
    assert outer is not None
    assert link.box is not None
    assert outer.contains(*link.box.centre)
    assert link.path is not None
    assert link.path.startswith("body > iframe >>> body")
    assert not link.has("covered")


def test_open_shadow_roots_are_walked(visitor: Visitor) -> None:
    seen = visitor.visit("/shadow")
    button = find(seen, "button", "Inside the shadow")
    assert button.path == "#host >>> #inner"
    assert visitor.click(seen, "inner")[1].title == "pressed"


def test_a_page_that_breaks_the_built_ins_is_still_seen(visitor: Visitor) -> None:
    seen = visitor.visit("/hostile")
    assert find(seen, "button", "Still here")
    assert sum(node.role == "textbox" for node in seen.tree.nodes) == 3 if seen.tree else False


def test_a_tree_is_cut_at_its_limit_and_says_by_how_much(visitor: Visitor) -> None:
    seen = visitor.visit("/many")
    assert seen.tree is not None
    assert len(seen.tree.nodes) <= NODE_LIMIT
    assert len(seen.tree.nodes) + seen.tree.cut == 6001
    assert seen.tree.nodes[1].name == "Line 0"


def test_a_long_name_is_clipped(visitor: Visitor) -> None:
    longest = max((node.name for node in visitor.visit("/long").tree.nodes), key=len)  # type: ignore[union-attr]
    assert longest.startswith("word word")
    assert "14999 characters" in longest
    assert len(longest) <= TEXT_LIMIT


def test_secrets_are_masked_in_what_the_script_gave() -> None:
    node = {"role": "link", "name": "Go", "depth": 0, "flags": [], "box": [0, 0, 1, 1], "href": "http://a/?token=x1"}
    page = {
        "nodes": [node],
        "cut": 0,
        "title": "t",
        "location": "http://u:p@a/?password=x2",
        "type": "text/html",
        "http": 200,
        "scroll": [0, 0, 0, 0],
        "fields": [],
        "covered": [],
        "dotted": [],
    }
    facts = page_facts(page, {}, "page", KnownSecrets())
    assert "x1" not in (facts.tree.nodes[0].href or "")
    assert "x2" not in facts.location
    assert "u:p" not in facts.location


def test_the_script_does_not_change_the_page(visitor: Visitor) -> None:
    visitor.visit("/nested")
    page = visitor.environment._session.tab.frame
    before = page.evaluate("document.documentElement.outerHTML")
    page.evaluate(extract_expression("page", KnownSecrets()))
    assert page.evaluate("document.documentElement.outerHTML") == before


def test_an_element_inside_a_link_has_a_path(visitor: Visitor) -> None:
    assert find(visitor.visit("/inside"), "checkbox", "In a link").path == "body > a > span"


def test_a_form_says_how_it_is_sent_whatever_its_fields_are_called(visitor: Visitor) -> None:
    seen = visitor.visit("/inside")
    assert [node.method for node in seen.tree.nodes if node.role == "form"] == ["get", "dialog"]  # type: ignore[union-attr]
    methods = {name: find(seen, "button", name).method for name in ("Send it", "Post it", "Shut")}
    assert methods == {"Send it": "get", "Post it": "post", "Shut": "dialog"}


def test_a_form_whose_fields_are_called_like_its_parts_is_left_out_and_told(visitor: Visitor) -> None:
    """A page can't keep the explorer from looking at the rest of it."""
    seen = visitor.visit("/shadowed")
    assert find(seen, "heading", "Before")
    assert find(seen, "heading", "After")
    assert seen.notice is not None
    assert "1 elements could not be read" in seen.notice
    assert seen.tree is not None
    assert seen.tree.cut == 1
