"""Tests of explorers.core.experience."""

from dataclasses import replace

import pytest

from explorers.core.experience import Experience
from schemas.actions import Check, Click, DoubleClick, Drag, Key, Point, Scroll, Select, Type
from schemas.records import Node, Observation
from tests.explorers.screens import HEIGHT, WIDTH, node, screen

AT = Point.on(20, 15, width=WIDTH, height=HEIGHT)
PRESS = Click(AT)
SHOP = "http://shop.example"


def knowing(deed: str, *nodes: Node, location: str = f"{SHOP}/items/1") -> Experience:
    experience = Experience()
    experience.learn(screen(*nodes, location=location), PRESS, deed)  # type: ignore[arg-type]
    return experience


def at(location: str, *nodes: Node) -> Observation:
    return screen(*nodes, location=f"{SHOP}{location}")


ZORK = node("button", "Zork")


def test_what_changed_something_is_known_on_pages_like_that_one_by_any_press() -> None:
    experience = knowing("changed something", ZORK)
    for action in (PRESS, DoubleClick(AT), Check(AT), Drag(AT, AT)):
        assert experience.tells(at("/items/2?page=3", ZORK), action) == "changed something"
    assert experience.tells(at("/items/2", replace(ZORK, path="body > button:nth-of-type(7)")), PRESS)
    assert experience.tells(at("/other", ZORK), PRESS) is None
    assert experience.tells(at("/items/2", node("button", "Blip")), PRESS) is None
    assert experience.tells(at("/items/2", ZORK), Scroll(0, 100, AT)) is None
    assert experience.tells(at("/items/2"), PRESS) is None


def test_in_a_part_that_all_pages_have_it_is_known_on_all() -> None:
    bar = (node("banner"), replace(ZORK, depth=1))
    assert knowing("changed something", *bar).tells(at("/other", *bar), PRESS)


@pytest.mark.parametrize(
    "same",
    [
        node("link", "Saqart", href=f"{SHOP}/session/x?next=2", path="nav > a"),
        node("link", "Other words", href=f"{SHOP}/session/x", path="footer > a"),
        node("link", "Other words", href=f"{SHOP}/y", path="main > a:nth-of-type(2)"),
    ],
)
def test_what_ended_the_session_is_known_by_its_name_its_address_and_its_place(same: Node) -> None:
    out = node("link", "Saqart", href=f"{SHOP}/session/x", path="main > a:nth-of-type(2)")
    experience = knowing("ended the session", out, replace(out, path="nav > a"))
    experience.learn(at("/items/1", out), PRESS, "ended the session")
    assert experience.tells(at("/items/9", same), PRESS) == "ended the session"


def test_the_worst_that_it_did_is_told() -> None:
    experience = knowing("changed something", ZORK)
    experience.learn(at("/items/1", ZORK), PRESS, "ended the session")
    experience.learn(at("/items/1", ZORK), PRESS, "changed something")
    assert experience.tells(at("/items/1", ZORK), PRESS) == "ended the session"


def test_keys_press_the_button_of_their_form_and_a_list_is_known_by_itself() -> None:
    form = (
        node("form"),
        node("textbox", "Note", "editable", "focused", depth=1),
        node("button", "Zork", depth=1, y=60),
    )
    experience = Experience()
    experience.learn(at("/a", *form), Click(Point.on(20, 65, width=WIDTH, height=HEIGHT)), "changed something")
    assert experience.tells(at("/a", *form), Key("Enter"))
    assert experience.tells(at("/a", *form), Type("x", AT, submit=True))
    assert experience.tells(at("/a", *form), Type("x", AT)) is None
    listed = node("combobox", "Kind", options=("a", "b"))
    experience.learn(at("/b", listed), Select("a", AT), "changed something")
    assert experience.tells(at("/b", listed), Select("b", AT))


def test_a_lost_session_is_lost_until_a_start_shows_it_again() -> None:
    inside, wall = at("/", node("heading", "Desk")), at("/", node("textbox", "Kata", "editable", "password"))
    experience = Experience()
    assert experience.begins(inside) is None
    experience.lost = "the session was lost"
    assert experience.begins(wall) == "the session was lost"
    assert experience.begins(inside) is None
    assert experience.begins(wall) is None, "an episode may begin at a wall where none was lost"
