import pytest
from hypothesis import given

from explorers.core.affordances import affordances, fields_of, submit_of
from explorers.core.safety.words import DENIED
from schemas.records import Box, Flag, Observation
from tests.explorers.screens import HEIGHT, HERE, WIDTH, node, screen, screens


def names(seen: Observation) -> list[str]:
    return [each.node.name for each in affordances(seen)]


@given(screens())
def test_nothing_is_offered_that_cannot_or_must_not_be_used(seen: Observation) -> None:
    assert seen.tree is not None
    for each in affordances(seen):
        assert not {"disabled", "covered", "offscreen", "readonly"} & set(each.node.flags)
        assert each.node.has("editable") or DENIED.find(each.node.name) is None
        assert each.node is seen.tree.nodes[each.index]
        assert each.node.box is not None
        assert each.point.x is not None
        assert each.point.y is not None
        assert 0 <= each.point.x <= WIDTH
        assert 0 <= each.point.y <= HEIGHT
        assert each.node.box.contains(each.point.x, each.point.y)


def test_a_screen_without_a_tree_offers_nothing() -> None:
    seen = screen(node("button", "Save"))
    blind = Observation(None, None, seen.location, None, (), None, seen.time)
    assert affordances(blind) == ()


@pytest.mark.parametrize("flag", ["disabled", "covered", "offscreen", "readonly"])
def test_a_button_in_such_a_state_is_left_out(flag: Flag) -> None:
    assert names(screen(node("button", "Save", flag), node("button", "Open"))) == ["Open"]


@pytest.mark.parametrize("name", ["Log out", "Sign out", "Delete book", "Remove", "DROP table", "Place order"])
def test_what_ends_destroys_or_costs_is_left_alone(name: str) -> None:
    assert names(screen(node("button", name))) == []


@pytest.mark.parametrize("name", ["Dropdown", "Deleted items", "Payments", "Removal services"])
def test_words_that_only_look_like_it_are_not_denied(name: str) -> None:
    assert names(screen(node("button", name))) == [name]


@pytest.mark.parametrize(
    ("href", "offered"),
    [
        ("http://shop.example/other", True),
        ("http://shop.example/list.csv?x=1", False),
        ("http://shop.example/photo.JPG", False),
        ("http://shop.example/feed?format=json", False),
        ("mailto:ada@shop.example", False),
        ("http://elsewhere.example/", False),
        ("http://shop.example:8080/", False),
        ("javascript:show()", True),
    ],
)
def test_links_to_what_is_no_page_of_the_site_are_left_out(href: str, offered: bool) -> None:
    assert bool(affordances(screen(node("link", "Go", href=href)))) is offered


def test_a_link_that_is_to_be_saved_is_left_out() -> None:
    assert names(screen(node("link", "Go", href=HERE + "/x", field="download"))) == []


def test_behind_a_modal_dialog_nothing_is_offered() -> None:
    seen = screen(node("button", "Behind"), node("dialog", "", "modal"), node("button", "Yes", depth=1))
    assert names(seen) == ["Yes"]


def test_the_point_is_in_the_part_that_is_seen() -> None:
    [each] = affordances(screen(node("button", "Wide", box=Box(-100, 10, 200, 20))))
    assert (each.point.x, each.point.y) == (50, 20)


def test_a_number_is_named_by_its_row() -> None:
    seen = screen(
        node("row"),
        node("cell", "11", depth=1),
        node("link", "11", depth=2, href=HERE + "/11"),
        node("cell", "Emil Dumas", depth=1),
    )
    [each] = affordances(seen)
    assert each.label == "11 (Emil Dumas)"
    assert each.target.name == "11"


def test_siblings_of_a_list_are_one_family_of_several_identities() -> None:
    first, second = affordances(
        screen(
            node("link", "One", path="body > ul > li:nth-of-type(1) > a", href=HERE + "/1"),
            node("link", "Two", path="body > ul > li:nth-of-type(2) > a", href=HERE + "/2"),
        )
    )
    assert first.family == second.family
    assert first.identity != second.identity


def test_an_element_is_the_same_where_only_its_place_differs() -> None:
    [first] = affordances(screen(node("button", "Save", y=10)))
    [second] = affordances(screen(node("button", "Save", y=90)))
    assert first.identity == second.identity


def test_a_target_has_its_locators_in_the_order_of_trust() -> None:
    [each] = affordances(screen(node("button", "Save", id="save", test_id="t", path="#save")))
    assert [locator.kind for locator in each.target.locators] == ["test id", "id", "role", "path"]


def test_a_form_knows_its_fields_and_its_submit_button() -> None:
    found = affordances(
        screen(
            node("textbox", "Outside", "editable", field="text"),
            node("form"),
            node("textbox", "Name", "editable", depth=1, field="text"),
            node("button", "Help", depth=1),
            node("button", "Save", depth=1, field="submit"),
        )
    )
    form = found[1].form
    assert [each.node.name for each in fields_of(found, form)] == ["Name"]
    submit = submit_of(found, form)
    assert submit is not None
    assert submit.node.name == "Save"
    assert fields_of(found, None) == []
