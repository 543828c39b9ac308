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
    Invoke,
    Key,
    LongPress,
    MiddleClick,
    NewTab,
    Open,
    Point,
    RightClick,
    Scroll,
    Select,
    Swipe,
    Type,
    Upload,
)
from schemas.errors import ConfigurationError
from schemas.records import Node, Observation
from schemas.redaction import MASK
from tests.explorers.screens import HEIGHT, HERE, WIDTH, node, screen, screens

AT = Point.on(20, 15, width=WIDTH, height=HEIGHT)
LOCAL = "http://127.0.0.1:8000/list"
PRESS = Click(AT)
SAFETY = Safety()


def refusal(*nodes: Node, action: Action = PRESS, location: str = HERE, safety: Safety = SAFETY) -> str | None:
    return safety.refuses(screen(*nodes, location=location), action)


FIELD = node("textbox", "Title", "editable", "focused", y=10)
SENDER = node("button", "Publish", y=60, field="submit")


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


PAYING = ("Pay now", "Buy", "Place order", "Send", "Publish", "Jetzt kaufen", "Publier", "送信", "Bayar", "Надіслати")


@pytest.mark.parametrize("method", ["post", "get", "dialog", None, "GET"])
@pytest.mark.parametrize("name", PAYING)
def test_what_is_named_like_a_payment_or_a_message_is_not_pressed_whatever_its_form_says(
    name: str, method: str | None
) -> None:
    assert refusal(*form(node("button", name, field="submit"), method=method))
    assert refusal(node("button", name, field="submit", method=method))
    assert refusal(*form(replace(FIELD, name="Note"), node("button", name, y=60), method=method), action=Key("Enter"))


@pytest.mark.parametrize("href", ["javascript:order()", f"{HERE}#", f"{HERE}#pay", HERE, None])
@pytest.mark.parametrize("name", ["Order", *PAYING])
def test_a_link_to_its_own_page_is_a_button(name: str, href: str | None) -> None:
    assert refusal(node("link", name, href=href))


def test_a_link_to_another_page_may_be_named_like_it_but_not_order_it() -> None:
    for place in ("Order", "Book", "Payments", "Buy tickets online", "Send us a message", "Forgot your password?"):
        assert refusal(node("link", place, href="http://shop.example/order")) is None, place
    for deed in ("Pay now", "Buy", "Publish", "Kaufen", "Reset password"):
        assert refusal(node("link", deed, href="http://shop.example/order")), deed


@pytest.mark.parametrize("name", ["Reset password", "Passwort zurücksetzen", "비밀번호 재설정"])
def test_what_mails_people_is_not_pressed(name: str) -> None:
    assert refusal(*form(node("button", name, field="submit"), method="get"))


def test_an_end_of_the_session_is_told_by_ids_and_addresses_in_whatever_language_its_name_is() -> None:
    name = "Saqartvelo"  # in no language of the words
    assert refusal(node("link", name, href="http://shop.example/session/out"))
    assert refusal(node("link", name, href="http://shop.example/auth/endsession"))
    assert refusal(node("button", name, id="btn-log-out"))
    assert refusal(node("menuitem", name, test_id="signOut"))
    assert refusal(node("button", name, id="logo")) is None
    assert refusal(node("link", name, href="http://shop.example/outlook")) is None


@pytest.mark.parametrize(
    "name", ["Log keluar", "Logga ut", "Odhlásit se", "Đăng xuất", "ออกจากระบบ", "התנתקות", "Вийти"]
)
def test_a_way_out_is_told_in_further_languages(name: str) -> None:
    assert refusal(node("link", name, href="http://shop.example/x"))


SWITCHER = node("combobox", "Language", options=("English", "Bahasa Melayu"))


@pytest.mark.parametrize(
    "each",
    [
        SWITCHER,
        node("combobox", "", options=("Deutsch", "English", "Français")),
        node("listbox", "Idioma", options=("es", "en")),
        node("link", "Deutsch", href="http://shop.example/a"),
        node("menuitem", "🇩🇪 Deutsch"),
        node("menuitemradio", "Português (Brasil)"),
        node("button", "🇫🇷"),
        node("button", "Switch to German"),
        node("radio", "日本語"),
        node("link", "Change", href=f"{HERE}?lang=de"),
    ],
)
def test_the_language_is_left_as_it_is(each: Node) -> None:
    assert "language" in (refusal(each) or "")
    assert refusal(each, safety=Safety(allow=(".",))) is None
    assert not SAFETY.offers(Scene(screen(each)), 0)


def test_a_language_is_not_chosen_in_a_list_either() -> None:
    assert refusal(SWITCHER, action=Select("Bahasa Melayu", AT))
    assert refusal(node("combobox", "Sprache", options=("de", "en")), action=Select("en", AT))


def test_codes_side_by_side_are_languages_and_one_alone_is_not() -> None:
    both = (node("navigation"), node("link", "EN", depth=1), node("link", "DE", depth=1, y=50))
    assert refusal(*both)
    assert refusal(node("button", "OK"), node("button", "IT", y=50)) is None


@pytest.mark.parametrize(
    "each",
    [
        node("combobox", "Programming language", options=("Python", "C")),
        node("combobox", "Sort", options=("Name", "Date")),
        node("link", "German books", href="http://shop.example/german"),
        node("link", "Next", href=f"{HERE}?lang=de&page=2"),
        node("button", "Language"),
    ],
)
def test_what_only_speaks_of_languages_is_used(each: Node) -> None:
    assert refusal(each) is None


def test_a_language_in_a_table_is_a_fact_of_its_row() -> None:
    table = (node("table"), node("row", depth=1), node("cell", "x", depth=2), node("link", "Deutsch", depth=3))
    assert refusal(*table) is None


def test_a_denied_word_is_denied_by_every_method() -> None:
    assert refusal(*form(node("button", "Delete", field="submit"), method="get"))


def test_a_choice_in_a_list_is_told_by_its_option() -> None:
    listed = node("combobox", "Action", options=("Export", "Delete selected books"))
    assert refusal(listed, action=Select("Delete selected books", AT))
    assert refusal(listed, action=Select("Export", AT)) is None


END = Point.on(200, 15, width=WIDTH, height=HEIGHT)


@pytest.mark.parametrize("action", [Drag(AT, END), Swipe(AT, END)])
def test_a_slider_that_says_yes_is_not_pulled(action: Action) -> None:
    assert refusal(node("slider", "Slide to pay"), action=action)
    assert refusal(node("slider", "Volume"), action=action) is None


@pytest.mark.parametrize("keys", ["Shift+Enter", "Alt+Enter", "Shift+Space", "Control+Shift+Enter"])
def test_a_button_in_focus_is_pressed_by_enter_whatever_is_held_with_it(keys: str) -> None:
    assert refusal(node("button", "Publish", "focused"), action=Key(keys))
    area = replace(FIELD, flags=(*FIELD.flags, "multiline"))
    assert (refusal(*form(area, SENDER), action=Key(keys)) is None) == (keys in ("Shift+Enter", "Shift+Space"))


def test_what_is_to_be_read_on_an_element_counts_as_its_name_does() -> None:
    assert refusal(node("button", "Continue", description="Pay now"))
    assert refusal(node("button", "x", description="Delete this record"))
    assert refusal(node("button", "Continue", description="Shows what you and others may send or pay")) is None
    assert refusal(node("button", "x", description="Delete"), safety=Safety(allow=("Delete",))) is None


@pytest.mark.parametrize("title", ["Delete this record?", "Confirm payment", "Wirklich löschen?", "ログアウト"])
def test_a_dialog_is_not_told_yes_to_what_is_not_pressed(title: str) -> None:
    named = node("alertdialog", title, "modal")
    headed = (node("dialog", "", "modal"), node("heading", title, depth=1, y=80))
    for answer, refused in (("Yes", True), ("Ja", True), ("Cancel", False), ("Abbrechen", False), ("\u00d7", False)):
        for around in ((named,), headed):
            assert (refusal(*around, node("button", answer, depth=1)) is not None) is refused, (answer, around)
    assert refusal(node("dialog", "Edit record"), node("button", "Yes", depth=1)) is None


def test_what_is_pulled_to_say_yes_is_told_by_its_few_words() -> None:
    assert refusal(node("generic", "Slide to pay"), action=Drag(AT, END))
    assert refusal(node("generic", "Pay the rent to the landlord"), action=Drag(AT, END)) is None


def test_a_row_is_not_wiped_aside_where_that_deletes_and_scrolling_touches_nothing() -> None:
    down = Point.on(20, 200, width=WIDTH, height=HEIGHT)
    assert refusal(node("button", "Delete"), action=Swipe(AT, END))
    assert refusal(node("button", "Delete"), action=Swipe(AT, down)) is None
    assert refusal(node("text", "Delete"), action=Swipe(AT, END)) is None


def test_a_file_is_not_given_to_what_publishes_it() -> None:
    assert refusal(node("button", "Publish a photo", field="file"), action=Upload(("a.png",), AT))
    assert refusal(node("button", "Photo", field="file"), action=Upload(("a.png",), AT)) is None


def test_what_accessibility_offers_is_told_by_its_own_name_too() -> None:
    assert refusal(node("listitem", "Report"), action=Invoke("delete", AT))
    assert refusal(node("listitem", "Report"), action=Invoke("activate", AT)) is None


def test_something_is_not_dragged_onto_what_deletes() -> None:
    start = Point.on(200, 200, width=WIDTH, height=HEIGHT)
    assert refusal(node("button", "Empty trash"), action=Drag(start, AT))


@pytest.mark.parametrize("action", [Type("x", AT, submit=True), Type("x", submit=True), Key("Enter")])
def test_enter_in_a_field_presses_the_button_of_its_form(action: Action) -> None:
    assert refusal(*form(FIELD, SENDER), action=action)
    assert refusal(*form(FIELD, SENDER, method="get"), action=action)
    assert refusal(*form(FIELD, replace(SENDER, name="Save")), action=action) is None


@pytest.mark.parametrize("action", [Type("x\n", AT), Type("x\r", AT), Type("\nx"), Type("a\nb", AT)])
def test_a_new_line_in_a_field_of_one_line_is_enter(action: Action) -> None:
    assert refusal(*form(FIELD, SENDER), action=action)
    assert refusal(*form(FIELD, replace(SENDER, name="Save")), action=action) is None
    area = replace(FIELD, flags=("editable", "focused", "multiline"))
    assert refusal(*form(area, SENDER), action=action) is None
    assert refusal(*form(area, SENDER), action=replace(action, submit=True))  # type: ignore[arg-type]


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


SEND_BUTTON = node("button", "Keep", y=70, field="submit")


def test_a_payment_is_told_by_the_kind_of_its_field_wherever_its_button_is() -> None:
    fields = form(node("textbox", "Frum", "editable", y=40, field="card"))
    near, far = SEND_BUTTON, replace(SEND_BUTTON, path="#far")
    elsewhere = (node("form", method="get"), replace(far, depth=1))
    told = replace(far, depth=1, flags=("offscreen",))  # the sender of a form that it is not in
    for nodes in ((*fields, replace(near, depth=1)), (near, *fields), (*fields, told, *elsewhere)):
        assert refusal(*nodes, action=SEND) == "needs consent: it sends a payment"
    assert refusal(*fields, *elsewhere, action=SEND) is None
    assert refusal(node("textbox", "Frum", "editable", "focused", field="card"), action=Key("Enter")) is not None


NEW = node("textbox", "Glim", "editable", "password", y=10)
AGAIN = node("textbox", "Again", "editable", "password", y=100)


@pytest.mark.parametrize(
    ("more", "sets"),
    [
        ((), True),
        ((node("heading", "Log in", y=80),), False),
        ((node("textbox", "Frum", "editable", y=100),), False),
        (tuple(node("textbox", f"Frum {each}", "editable", y=100 + 20 * each) for each in range(3)), True),
        ((AGAIN,), True),
        ((AGAIN, node("heading", "Sign in and security", y=80)), True),
        ((AGAIN, node("heading", "Create your account", y=80)), False),
    ],
)
def test_no_password_is_set_without_consent(more: tuple[Node, ...], sets: bool) -> None:
    typed = Type("x", AT)
    asked = Safety(consent=lambda *_: True)
    given = (replace(NEW, value=MASK), *more, SEND_BUTTON)
    for nodes, action in (((NEW, *more, SEND_BUTTON), typed), (given, SEND)):
        reason = refusal(*nodes, action=action, location=LOCAL)
        assert (reason == "needs consent: it sets a password") is sets, reason
        assert refusal(*nodes, action=action, location=LOCAL, safety=asked) is None
        assert refusal(*nodes, action=action, location=LOCAL, safety=Safety(allow=("Glim|Keep",))) is None
    assert refusal(NEW, *more, SEND_BUTTON, action=SEND, location=LOCAL) is None


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
