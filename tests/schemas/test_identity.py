"""Tests of schemas.identity: what makes two screens the same, and what does not."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.identity import (
    StateKeys,
    canonical_location,
    first_leaf_on_screen,
    is_volatile,
    stable_text,
    state_keys,
    tree_keys,
)
from schemas.records import Box, Flag, Node, ScrollPosition
from tests.schemas.samples import observation, tree

BOX = Box(0, 0, 10, 10)
URL = "http://127.0.0.1:8001/books?sort=title&page=2"


def keys(*nodes: Node, location: str | None = URL, scroll: ScrollPosition | None = None) -> StateKeys:
    return tree_keys(tree(*nodes), location=location, scroll=scroll)


FIELD = Node("textbox", "Search", value="", depth=1, box=BOX)
TICK = Node("checkbox", "Only new", depth=1, box=BOX)


@pytest.mark.parametrize("flag", ["checked", "selected", "expanded", "disabled", "modal", "pressed"])
def test_a_flag_that_shows_a_choice_changes_structure_and_so_content(flag: Flag) -> None:
    before, after = keys(TICK), keys(replace(TICK, flags=(flag,)))
    assert before.structure != after.structure
    assert before.content != after.content


@pytest.mark.parametrize("flag", ["focused", "visited", "current", "covered", "offscreen", "haspopup"])
def test_focus_and_visited_links_change_nothing(flag: Flag) -> None:
    assert keys(FIELD) == keys(replace(FIELD, flags=(flag,)))


def test_the_order_in_which_flags_were_found_changes_nothing() -> None:
    assert keys(replace(TICK, flags=("checked", "disabled"))) == keys(replace(TICK, flags=("disabled", "checked")))


@pytest.mark.parametrize(
    "other",
    [
        replace(FIELD, box=Box(5, 5, 10, 10)),
        replace(FIELD, id="q2", test_id="q", path="/html/input[2]"),
        replace(FIELD, name="  Search \n"),
    ],
)
def test_boxes_ids_and_white_space_change_no_key(other: Node) -> None:
    assert keys(FIELD) == keys(other)


@pytest.mark.parametrize(
    "other", [replace(FIELD, value="river"), replace(FIELD, value=None), replace(FIELD, name="Find")]
)
def test_a_value_or_a_name_changes_content_and_not_structure(other: Node) -> None:
    assert keys(FIELD).structure == keys(other).structure
    assert keys(FIELD).content != keys(other).content


@pytest.mark.parametrize("other", [replace(FIELD, role="searchbox"), replace(FIELD, depth=2)])
def test_a_role_or_a_place_in_the_tree_changes_structure(other: Node) -> None:
    assert keys(FIELD).structure != keys(other).structure


def test_a_name_that_moves_to_another_node_changes_content() -> None:
    assert keys(Node("text", "a"), Node("text", "b")).content != keys(Node("text", "b"), Node("text", "a")).content
    assert keys(Node("text", "a", value="b")).content != keys(Node("text", "b", value="a")).content


VOLATILE = [
    ("Queries took 2.64ms", "Queries took 13ms"),
    ("Query took 0.1 seconds", "Query took 12 seconds"),
    ("Loaded in 1.5 s", "Loaded in 12.25s"),
    ("12:03", "23:59"),
    ("9:41 AM", "10:02 pm"),
    ("12:03:07.123", "12:03:08"),
    ("Saved at 12:03.", "Saved at 14:00."),
    ("Saved 3 minutes ago", "Saved an hour ago"),
    ("Saved 3 minutes ago", "Saved just now"),
    ("1 day, 2 hours ago", "2 days ago"),
    ("2026-05-01T12:00:00Z", "2026-05-02 13:01:02.5+02:00"),
    ("May 1, 2026 at 12:00", "Jun 12, 2026 9:15"),
    ("took 5 µs", "took 900 ns"),
]
STABLE = [
    ("39 rows", "40 rows"),
    ("Version 1.2", "Version 1.3"),
    ("2026-05-01", "2026-05-02"),
    ("May 2026", "June 2026"),
    ("Agent 5", "Agent 6"),
    ("3 min read", "4 min read"),
    ("127.0.0.1:8001", "127.0.0.1:8002"),
    ("$12.50", "$12.60"),
    ("5 stars", "6 stars"),
    ("in 5 minutes", "in 6 minutes"),
    ("1:2", "1:3"),
    ("10 km", "11 km"),
    ("A long time ago", "Two long times ago"),
    ("Class 12a", "Class 12b"),
]


@pytest.mark.parametrize(("one", "other"), VOLATILE)
def test_a_clock_or_a_duration_does_not_change_content(one: str, other: str) -> None:
    for field in ("name", "value"):
        before, after = keys(replace(FIELD, **{field: one})), keys(replace(FIELD, **{field: other}))
        assert before == after
        assert before.volatile == (BOX,)


@pytest.mark.parametrize(("one", "other"), STABLE)
def test_a_number_that_is_no_time_changes_content(one: str, other: str) -> None:
    assert keys(Node("text", one, box=BOX)).content != keys(Node("text", other, box=BOX)).content
    assert not is_volatile(one)
    assert keys(Node("text", one, box=BOX)).volatile == ()


@given(st.text())
def test_a_stable_text_has_folded_space_and_is_stable(text: str) -> None:
    once = stable_text(text)
    assert once == " ".join(once.split())
    assert stable_text(once) == once


@pytest.mark.parametrize("part", ["1", "1.", "1 s ", "jan", "jan 1 ", "12:", "1 hour, and ", "a minute ", "\u2003 "])
def test_a_hostile_text_of_the_longest_length_is_read_at_once(part: str) -> None:
    text = (part * 2_000)[:2_000]
    assert len(stable_text(text)) <= 2_000 * 3


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://a/x", "https://b:8443/x"),
        ("http://user:pw@a/x", "http://a/x"),
        ("http://a", "http://a/"),
        ("http://a/?b=1&a=2", "http://a/?a=2&b=1"),
        ("http://a/q?sql=select+*", "http://a/q?sql=select+%2A"),
        ("http://a/q?sql=a+b", "http://a/q?sql=a%20b"),
        ("http://a/caf%c3%a9", "http://a/café"),
        ("http://a/%7Eme", "http://a/~me"),
        ("http://a/x?", "http://a/x"),
        ("http://a/x#top", "http://a/x#bottom"),
    ],
)
def test_two_ways_to_write_a_page_are_one_location(one: str, other: str) -> None:
    assert canonical_location(one) == canonical_location(other)
    assert keys(FIELD, location=one) == keys(FIELD, location=other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://a/x", "http://a/y"),
        ("http://a/x", "http://a/x/"),
        ("http://a/x", "http://a/X"),
        ("http://a/x?a=1", "http://a/x?a=2"),
        ("http://a/x?a", "http://a/x"),
        ("http://a/x?a=1", "http://a/x?a=1&a=1"),
        ("http://a/x%2Fy", "http://a/x/y"),
        ("http://a/x?a=1%26b=2", "http://a/x?a=1&b=2"),
        ("http://a/x?a%3D1=2", "http://a/x?a=1=2"),
        ("http://a/x?a=%2B", "http://a/x?a=+"),
        ("http://a/x%3Fa=1", "http://a/x?a=1"),
        ("http://a/#/inbox", "http://a/#/sent"),
        ("http://a/#!inbox", "http://a/#!sent"),
        ("http://a/", None),
        ("about:blank", "chrome-error://chromewebdata/"),
        ("Inbox - Mail", "Sent - Mail"),
    ],
)
def test_two_pages_are_two_locations(one: str, other: str | None) -> None:
    assert canonical_location(one) != canonical_location(other)
    assert keys(FIELD, location=one).structure != keys(FIELD, location=other).structure


@given(st.text(st.characters()).map("http://a/{}".format) | st.text(st.characters()))
def test_any_location_has_a_canonical_form_which_is_a_fixed_point(location: str) -> None:
    once = canonical_location(location)
    assert canonical_location("http://other" + once) == once or not once.startswith("/")


@pytest.mark.parametrize("location", ["http://[", "http://[::1", "http://a/\ud800", "https://\u2100/"])
def test_a_location_that_is_no_url_still_has_keys(location: str) -> None:
    assert keys(FIELD, location=location) == keys(FIELD, location=location)


LEAVES = tuple(Node("text", f"Row {number}", depth=1, box=BOX) for number in range(4))
AWAY = tuple(replace(leaf, flags=("offscreen",)) for leaf in LEAVES)
LONG, SHORT = ScrollPosition(0, 0, 0, 900), ScrollPosition(0, 0, 0, 0)


def test_scrolling_changes_content_and_not_structure_where_something_scrolls() -> None:
    top, below = (*LEAVES[:2], *AWAY[2:]), (*AWAY[:2], *LEAVES[2:])
    assert keys(*top, scroll=LONG).structure == keys(*below, scroll=LONG).structure
    assert keys(*top, scroll=LONG).content != keys(*below, scroll=LONG).content
    assert keys(*top, scroll=SHORT) == keys(*below, scroll=SHORT) == keys(*top, scroll=None)


def test_scrolling_by_less_than_an_element_changes_nothing() -> None:
    assert keys(*LEAVES, scroll=LONG) == keys(*LEAVES, scroll=replace(LONG, y=7))


def test_the_first_on_the_screen_is_a_leaf_with_a_box() -> None:
    def first(*nodes: Node) -> int:
        return first_leaf_on_screen(tree(*nodes).nodes)

    assert first(*AWAY[:2], *LEAVES[2:]) == 3
    assert first(replace(LEAVES[0], box=None), LEAVES[1]) == 2
    assert first(Node("list", depth=1, box=BOX), replace(LEAVES[0], depth=2)) == 2
    assert first(*AWAY) == 0


def test_a_state_without_a_tree_has_no_keys() -> None:
    assert state_keys(observation(tree=None)) is None


def test_a_state_is_its_tree_its_location_and_its_scroll() -> None:
    seen = observation(3)
    assert seen.tree is not None
    assert state_keys(seen) == tree_keys(seen.tree, location=seen.location, scroll=None)
    assert state_keys(seen) == state_keys(replace(seen, screen=None, title="Other", windows=(), notice="dialog"))


def with_advertisement(*inside: Node, **named: str) -> tuple[Node, ...]:
    frame = Node("iframe", depth=1, box=Box(300, 0, 300, 250), **named)
    return (Node("main"), FIELD, frame, *inside, TICK)


def test_the_same_page_with_another_advertisement_or_none_is_one_state() -> None:
    shoes = with_advertisement(Node("link", "Shoes", depth=2, href="https://ads.test/1"), id="ad-top")
    trains = with_advertisement(Node("img", "Trains", depth=2), Node("text", "from 12", depth=2), id="ad-top")
    without = (Node("main"), FIELD, TICK)
    found = [keys(*nodes, scroll=LONG) for nodes in (shoes, trains, without)]
    assert len({one.content for one in found}) == len({one.structure for one in found}) == 1
    assert found[0].volatile == (Box(300, 0, 300, 250),)
    assert found[2].volatile == ()


def test_a_frame_that_is_no_advertisement_is_two_states() -> None:
    one, other = (with_advertisement(Node("text", text, depth=2), id="editor") for text in ("a", "b"))
    assert keys(*one).structure == keys(*other).structure
    assert keys(*one).content != keys(*other).content


def test_a_ticked_checkbox_beside_an_advertisement_stays_two_states() -> None:
    nodes = with_advertisement(id="ad-top")
    ticked = (*nodes[:-1], replace(nodes[-1], flags=("checked",)))
    assert keys(*nodes).content != keys(*ticked).content
