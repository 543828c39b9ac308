"""Tests of explorers.core.safety: what is refused, on whichever platform."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorers.core.safety import Safety, Scene, touched
from explorers.core.safety.policy import is_loopback, noted
from schemas.actions import (
    Action,
    Check,
    Click,
    CloseTab,
    DoubleClick,
    Drag,
    Hover,
    Key,
    LongPress,
    MiddleClick,
    NewTab,
    Open,
    Point,
    RightClick,
    Scroll,
    Select,
    Type,
)
from schemas.errors import ConfigurationError
from schemas.records import Node, Observation
from tests.explorers.screens import HEIGHT, HERE, WIDTH, node, screen, screens

AT = Point.on(20, 15, width=WIDTH, height=HEIGHT)
LOCAL = "http://127.0.0.1:8000/list"
PRESS = Click(AT)
SAFETY = Safety()


def refusal(*nodes: Node, action: Action = PRESS, location: str = HERE, safety: Safety = SAFETY) -> str | None:
    return safety.refuses(screen(*nodes, location=location), action)


def form(*fields: Node, method: str | None = "post") -> tuple[Node, ...]:
    return (node("form", method=method), *(replace(field, depth=1) for field in fields))


@pytest.mark.parametrize("action", [Click(AT), DoubleClick(AT), MiddleClick(AT), LongPress(AT), Check(AT)])
def test_what_deletes_is_not_pressed_in_any_way(action: Action) -> None:
    assert refusal(node("button", "Delete account"), action=action) == "denied: 'delete' in 'Delete account'"


@pytest.mark.parametrize("action", [Hover(AT), RightClick(AT), Scroll(0, 100, AT), CloseTab()])
def test_what_changes_nothing_is_done_there(action: Action) -> None:
    assert refusal(node("button", "Delete account"), action=action) is None


def test_a_press_on_the_text_of_a_button_is_a_press_on_the_button() -> None:
    assert refusal(node("button", "Remove"), node("text", "x", depth=1))


def test_a_press_by_fractions_alone_is_looked_at_too() -> None:
    assert refusal(node("button", "Remove"), action=Click(Point(fx=0.05, fy=0.05)))


def test_what_something_else_covers_is_not_pressed() -> None:
    assert refusal(node("button", "Remove", "covered"), node("dialog", "Hello", "modal")) is None


@pytest.mark.parametrize(("id", "refused"), [("btnDeleteRow", True), ("row-remove", True), ("toggle", False)])
def test_an_icon_without_a_name_is_told_by_its_id(id: str, refused: bool) -> None:
    assert (refusal(node("button", id=id)) is not None) is refused
    assert (refusal(node("button", test_id=id)) is not None) is refused


@pytest.mark.parametrize(
    ("href", "refused"),
    [
        ("http://shop.example/logout/", True),
        ("http://shop.example/books/7/delete", True),
        ("http://shop.example/doku.php?id=start&do=logout", True),
        ("http://shop.example/cart?action=removeItem&id=7", True),
        ("http://shop.example/blog/how-to-delete-a-branch", False),
        ("http://shop.example/books/7", False),
        ("file:///etc/passwd", True),
        ("intent://scan/#Intent;end", True),
        ("mailto:ada@shop.example", True),
        ("java\nscript:show()", False),
        ("da\tta:text/html,hello", True),
    ],
)
def test_a_link_is_told_by_its_address_too(href: str, refused: bool) -> None:
    assert (refusal(node("link", "Go", href=href)) is not None) is refused


@pytest.mark.parametrize(
    ("method", "refused"), [("post", True), ("get", False), ("dialog", False), (None, True), ("GET", False)]
)
def test_a_word_of_consent_counts_where_something_would_be_changed(method: str | None, refused: bool) -> None:
    assert (refusal(*form(node("button", "Send", field="submit"), method=method)) is not None) is refused
    assert (refusal(node("button", "Send", field="submit", method=method)) is not None) is refused


def test_a_word_of_consent_on_a_link_leads_somewhere_only() -> None:
    assert refusal(node("link", "Order", href="http://shop.example/order")) is None
    assert refusal(node("link", "Order", href="javascript:order()"))


def test_a_denied_word_is_denied_by_every_method() -> None:
    assert refusal(*form(node("button", "Delete", field="submit"), method="get"))


def test_a_choice_in_a_list_is_told_by_its_option() -> None:
    listed = node("combobox", "Action", options=("Export", "Delete selected books"))
    assert refusal(listed, action=Select("Delete selected books", AT))
    assert refusal(listed, action=Select("Export", AT)) is None


def test_something_is_not_dragged_onto_what_deletes() -> None:
    start = Point.on(200, 200, width=WIDTH, height=HEIGHT)
    assert refusal(node("button", "Empty trash"), action=Drag(start, AT))


FIELD = node("textbox", "Title", "editable", "focused", y=10)
SENDER = node("button", "Publish", y=60, field="submit")


@pytest.mark.parametrize("action", [Type("x", AT, submit=True), Type("x", submit=True), Key("Enter")])
def test_enter_in_a_field_presses_the_button_of_its_form(action: Action) -> None:
    assert refusal(*form(FIELD, SENDER), action=action)
    assert refusal(*form(FIELD, SENDER, method="get"), action=action) is None
    assert refusal(*form(FIELD, replace(SENDER, name="Save")), action=action) is None


def test_typing_without_enter_sends_nothing() -> None:
    assert refusal(*form(FIELD, SENDER), action=Type("x", AT)) is None


def test_enter_in_a_text_of_several_lines_breaks_the_line() -> None:
    area = replace(FIELD, flags=("editable", "focused", "multiline"))
    assert refusal(*form(area, SENDER), action=Key("Enter")) is None
    assert refusal(*form(area, SENDER), action=Key("Control+Enter"))


@pytest.mark.parametrize("keys", ["Enter", "Space", " ", "NumpadEnter"])
def test_a_key_presses_the_button_that_has_the_focus(keys: str) -> None:
    assert refusal(node("button", "Delete", "focused"), action=Key(keys))


@pytest.mark.parametrize("keys", ["Alt+F4", "Control+w", "ctrl+Q", "Meta+Q", "Shift+Delete", "Control+Alt+Delete"])
def test_keys_that_close_or_quit_are_refused(keys: str) -> None:
    assert refusal(action=Key(keys))


@pytest.mark.parametrize("keys", ["a", "Control+a", "Tab", "Escape", "F5", "Control+Shift+k", "+", "Control++"])
def test_other_keys_are_pressed(keys: str) -> None:
    assert refusal(node("button", "Delete"), action=Key(keys)) is None


def test_the_delete_key_is_for_text() -> None:
    assert refusal(FIELD, action=Key("Delete")) is None
    assert refusal(node("treeitem", "Thesis", "focused"), action=Key("Delete"))


@pytest.mark.parametrize(
    ("location", "refused"),
    [
        ("http://shop.example/a", False),
        ("https://shop.example/a", False),
        ("/a?b=c", False),
        ("localhost:8000/a", False),
        ("com.android.settings", False),
        ("Calculator", False),
        ("file:///etc/passwd", True),
        ("data:text/html,x", True),
        ("JavaScript:alert(1)", True),
        (" java\tscript:alert(1)", True),
        ("chrome://settings", True),
        ("intent://x#Intent;end", True),
        ("view-source:http://shop.example/", True),
        ("about:blank", True),
        ("http://shop.example/account/logout", True),
    ],
)
def test_a_place_is_refused_by_its_scheme_and_where_going_there_is_an_act(location: str, refused: bool) -> None:
    assert (refusal(action=Open(location)) is not None) is refused
    assert (refusal(action=NewTab(location)) is not None) is refused


def test_a_reason_tells_no_secret_of_an_address() -> None:
    assert "hunter2" not in (refusal(action=Open("http://me:hunter2@a/logout?token=hunter2")) or "")


LOGIN = form(
    node("textbox", "User", "editable", y=10),
    node("textbox", "Password", "editable", "password", y=40),
    node("button", "Log in", field="submit", y=70),
)
SEND = Click(Point.on(20, 75, width=WIDTH, height=HEIGHT))
SECRET = Type("swordfish", Point.on(20, 45, width=WIDTH, height=HEIGHT))


def test_a_login_is_sent_on_this_machine_only() -> None:
    for action in (SEND, SECRET):
        assert refusal(*LOGIN, action=action)
        assert refusal(*LOGIN, action=action, location=LOCAL) is None
        assert refusal(*LOGIN, action=action, safety=Safety(login_hosts=("shop.example",))) is None
    assert refusal(*LOGIN, action=Type("ada", AT)) is None
    assert (
        refusal(*LOGIN, action=Type("x", AT, submit=True)) == "denied: no login is sent on a host that is not loopback"
    )


def test_a_payment_is_sent_only_with_consent_wherever_it_is() -> None:
    payment = form(
        node("textbox", "Card number", "editable", value="", y=10), node("button", "Continue", field="submit", y=70)
    )
    asked: list[str] = []
    agreed = Safety(consent=lambda reason, *_: asked.append(reason) is None)
    for location in (HERE, LOCAL):
        assert refusal(*payment, action=SEND, location=location) == "needs consent: it sends a payment"
        assert refusal(*payment, action=SEND, location=location, safety=agreed) is None
    assert asked == ["needs consent: it sends a payment"] * 2


def test_a_test_for_humans_is_left_alone() -> None:
    assert refusal(node("checkbox", "I'm not a robot"), action=Click(AT))
    assert refusal(node("iframe", "reCAPTCHA"), node("checkbox", "x", depth=1), action=Click(AT)) is None


def test_patterns_deny_lift_and_ask() -> None:
    save, delete = node("button", "Save"), node("button", "Delete")
    assert refusal(save, safety=Safety(deny=("^sa",)))
    assert refusal(delete, safety=Safety(allow=("delete",))) is None
    assert refusal(delete, safety=Safety(allow=("delete",), deny=("del",)))
    assert refusal(save, safety=Safety(confirm=("save",)))
    assert refusal(save, safety=Safety(confirm=("save",), consent=lambda *_: True)) is None
    assert refusal(delete, safety=Safety(consent=lambda *_: True)), "consent does not lift what is denied"
    link = node("link", "Go", href="http://shop.example/admin/")
    assert refusal(link, safety=Safety(deny=("/admin/",)))


@pytest.mark.parametrize("wrong", [{"deny": ("(",)}, {"allow": ("[",)}, {"changes": -1}])
def test_a_wrong_policy_is_a_wrong_call(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError):
        Safety(**wrong)  # type: ignore[arg-type]


def test_what_may_change_something_is_told_from_what_only_leads_on() -> None:
    def changes(action: Action, *nodes: Node) -> bool:
        return SAFETY.may_change(screen(*nodes), action)

    assert changes(Click(AT), node("button", "Save"))
    assert changes(Key("Enter"), *form(FIELD, SENDER))
    assert not changes(Click(AT), node("link", "Next", href=HERE))
    assert not changes(Click(AT), node("button", "Search", method="get"))
    assert not changes(Type("x", AT), *form(FIELD, SENDER))
    assert not changes(Open(HERE))


def test_what_is_offered_is_what_would_not_be_refused() -> None:
    seen = screen(node("button", "Delete"), node("button", "Send", y=50), node("button", "Save", y=90))
    assert [Safety().offers(Scene(seen), index) for index in range(3)] == [False, False, True]
    asking = Safety(consent=lambda *_: True)
    assert [asking.offers(Scene(seen), index) for index in range(3)] == [False, True, True]


@given(screens(), st.sampled_from([Click, DoubleClick, Hover]))
def test_every_screen_has_an_answer(seen: Observation, press: type) -> None:
    assert seen.tree is not None
    for each in seen.tree.nodes:
        if each.box is None:
            continue
        SAFETY.refuses(seen, press(Point(*each.box.centre)))
        SAFETY.refuses(seen, Type("x", Point(*each.box.centre), submit=True))
    blind = replace(seen, screen=None, tree=None)
    assert SAFETY.refuses(blind, Click(AT)) is None
    assert touched(blind, Click(AT)) is None
    assert noted(blind) is blind


def test_text_without_a_point_goes_to_the_innermost_element_in_focus() -> None:
    around = (node("window", "Editor", "focused"), node("generic", "", "focused", depth=1))
    secret = node("textbox", "Password", "editable", "focused", "password", depth=2)
    seen = screen(*around, secret, node("button", "Save", y=50))
    assert touched(seen, Type("swordfish")) is secret


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("a.localhost", True),
        ("LOCALHOST.", True),
        ("127.0.0.1.evil.example", False),
        ("localhost.evil.example", False),
        ("10.0.0.1", False),
        ("", False),
    ],
)
def test_loopback_is_told_from_what_looks_like_it(host: str, here: bool) -> None:
    assert is_loopback(host) is here
