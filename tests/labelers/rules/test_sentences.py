"""Low-level instructions: what one step did, in words that fit one element only."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelers.observed.transitions import Transition, transitions_of
from labelers.rules.sentences import TEXT_LIMIT, Unnamed, sentence
from schemas.actions import (
    Action,
    Answer,
    Back,
    Check,
    Click,
    CloseTab,
    DoubleClick,
    Drag,
    FocusTab,
    Forward,
    Home,
    Hover,
    Key,
    LongPress,
    Maximize,
    MiddleClick,
    NewTab,
    Open,
    Point,
    Reload,
    RightClick,
    Rotate,
    Scroll,
    Stop,
    Swipe,
    Type,
    Upload,
    Wait,
)
from schemas.records import Flag
from schemas.redaction import MASK
from tests.labelers.site import (
    HOME,
    Act,
    Part,
    button,
    chosen,
    click,
    duties,
    field,
    heading,
    link,
    part,
    plants,
    profile,
    scene,
    table,
    text,
    typed,
    walk,
)

AT = Point(1, 1)


def read(start: Act | None, *parts: Part) -> Transition:
    assert start is not None
    return transitions_of(walk(scene("/p", *parts), start))[0]


def say(act: Act, *parts: Part) -> str:
    return sentence(read(act, *parts))


def reason(act: Act, *parts: Part) -> str:
    with pytest.raises(Unnamed) as unnamed:
        say(act, *parts)
    return str(unnamed.value)


@pytest.mark.parametrize(
    ("role", "noun"),
    [
        ("button", "button"),
        ("link", "link"),
        ("tab", "tab"),
        ("textbox", "field"),
        ("combobox", "list"),
        ("columnheader", "column heading"),
        ("menuitem", "menu item"),
        ("spinbutton", "number field"),
    ],
)
def test_an_element_is_called_by_its_kind_and_name(role: str, noun: str) -> None:
    assert say(click("Ferns", HOME, role=role), part(role, "Ferns")) == f'Click the {noun} "Ferns".'


@pytest.mark.parametrize(
    ("action", "words"),
    [
        (DoubleClick(AT), "Double-click"),
        (RightClick(AT), "Right-click"),
        (MiddleClick(AT), "Middle-click"),
        (LongPress(AT), "Press and hold"),
        (Hover(AT), "Move the pointer over"),
    ],
)
def test_each_way_to_press_has_its_word(action: Action, words: str) -> None:
    assert say(Act(action, HOME, ("Ferns", None, 0)), button("Ferns")) == f'{words} the button "Ferns".'


@pytest.mark.parametrize(
    ("action", "words"),
    [
        (Back(), "Go back to the previous page."),
        (Forward(), "Go forward again."),
        (Reload(), "Load the page again."),
        (Home(), "Go to the start page."),
        (Wait(), "Wait a moment."),
        (NewTab(), "Open a new tab."),
        (NewTab("http://fernwood.test/"), "Open http://fernwood.test/ in a new tab."),
        (CloseTab(), "Close the tab."),
        (Maximize(), "Have the window fill the screen."),
        (Rotate("landscape"), "Hold the device in landscape."),
        (Key("Control+a"), "Press Control+a."),
        (Open("http://fernwood.test/"), "Open http://fernwood.test/."),
        (Scroll(0, 400), "Scroll down."),
        (Scroll(0, -400), "Scroll up."),
        (Scroll(30, 0), "Scroll right."),
        (Scroll(-30, 0), "Scroll left."),
    ],
)
def test_what_needs_no_element_is_said_without(action: Action, words: str) -> None:
    assert say(Act(action, HOME), text("anything")) == words


@pytest.mark.parametrize("action", [Swipe(AT, AT), Drag(AT, AT), FocusTab(3), Stop(), Answer("7"), Scroll(0, 0)])
def test_some_actions_have_no_sentence(action: Action) -> None:
    assert "has no sentence" in reason(Act(action, HOME), text("anything"))


@pytest.mark.parametrize(
    ("role", "checked", "words"),
    [
        ("checkbox", True, 'Tick the checkbox "Water".'),
        ("checkbox", False, 'Untick the checkbox "Water".'),
        ("switch", True, 'Switch on the switch "Water".'),
        ("switch", False, 'Switch off the switch "Water".'),
    ],
)
def test_a_box_is_brought_into_a_state(role: str, checked: bool, words: str) -> None:
    assert say(Act(Check(AT, checked), HOME, ("Water", role, 0)), part(role, "Water")) == words


def test_what_is_no_box_is_not_ticked_in_words() -> None:
    assert "has no sentence" in reason(Act(Check(AT), HOME, ("Go", None, 0)), button("Go"))
    assert "has no sentence" in reason(Act(Check(AT), HOME), text("anything"))


def test_an_upload_says_the_files_and_where() -> None:
    one, two = (Act(Upload(names, AT), HOME, ("Photos", None, 0)) for names in (("a.png",), ("a.png", "b.png")))
    assert say(one, button("Photos")) == 'Give the file "a.png" to the button "Photos".'
    assert say(two, button("Photos")) == 'Give the files "a.png", "b.png" to the button "Photos".'
    assert "has no sentence" in reason(Act(Upload((), AT), HOME, ("Photos", None, 0)), button("Photos"))


@pytest.mark.parametrize(("dx", "dy", "word"), [(0, -90, "up"), (5, 90, "down"), (-90, 0, "left"), (90, 5, "right")])
def test_a_swipe_says_the_way_of_the_finger(dx: int, dy: int, word: str) -> None:
    assert say(Act(Swipe(Point(100, 100), Point(100 + dx, 100 + dy)), HOME), text("anything")) == f"Swipe {word}."


def test_a_swipe_known_by_fractions_alone_is_not_said() -> None:
    swipe = Swipe(Point(fx=0.1, fy=0.1), Point(fx=0.1, fy=0.9))
    assert "has no sentence" in reason(Act(swipe, HOME), text("anything"))


def test_typing_says_what_and_where_and_whether_it_was_sent() -> None:
    parts = field("Nickname"), button("Save")
    assert say(typed("Mossy", "Nickname", HOME), *parts) == 'Type "Mossy" into the field "Nickname".'
    sent = typed("Mossy", "Nickname", HOME, submit=True)
    assert say(sent, *parts) == 'Type "Mossy" into the field "Nickname" and press Enter.'


def test_choosing_says_the_option_and_the_list() -> None:
    assert say(chosen("Wild", "Mood", HOME), field("Mood", role="combobox")) == 'Choose "Wild" in the list "Mood".'


@pytest.mark.parametrize("words", [MASK, f"pass{MASK}", f"{MASK}\n"])
def test_a_secret_is_never_said(words: str) -> None:
    assert reason(typed(words, "Password", HOME), field("Password", flags=("password",))) == "a secret was typed"


def test_a_secret_is_neither_chosen_nor_part_of_a_name() -> None:
    assert reason(chosen(MASK, "API key", HOME), field("API key", role="combobox")) == "a secret was chosen"
    with pytest.raises(Unnamed):
        say(click(f"Hello {MASK}", HOME), button(f"Hello {MASK}"))


def test_to_type_nothing_is_not_said() -> None:
    assert reason(typed("  ", "Nickname", HOME), field("Nickname")) == "nothing was typed"


def test_more_than_a_person_would_say_is_not_said() -> None:
    assert "too much" in reason(typed("x" * TEXT_LIMIT, "Nickname", HOME), field("Nickname"))
    assert "too much" in reason(Act(Open("http://fernwood.test/" + "x" * 100_000), HOME))
    assert len(say(typed("x" * 300, "Nickname", HOME), field("Nickname"))) <= TEXT_LIMIT


def test_an_element_of_a_name_that_others_have_is_called_by_its_row() -> None:
    rows = [("Silver Fern", button("Edit")), ("Royal Fern", button("Edit"))]
    acts = [click("Edit", HOME, nth=nth) for nth in (0, 1)]
    lines = table(("name", "do"), rows)
    assert [say(act, lines) for act in acts] == [
        'Click the button "Edit" in the row of "Silver Fern".',
        'Click the button "Edit" in the row of "Royal Fern".',
    ]


def test_an_element_of_a_name_that_others_have_in_its_own_row_is_the_first_or_the_second() -> None:
    lines = table(("name", "do", "also"), [("Silver Fern", button("Edit"), button("Edit"))])
    assert say(click("Edit", HOME), lines) == 'Click the first button "Edit".'
    assert say(click("Edit", HOME, nth=1), lines) == 'Click the second button "Edit".'


def test_elements_of_one_name_outside_any_row_are_counted_up_to_the_ninth() -> None:
    assert say(click(" edit", HOME), button("Edit"), button(" edit")) == 'Click the second button "edit".'
    many = [button("Edit") for _ in range(12)]
    assert say(click("Edit", HOME, nth=8), *many) == 'Click the ninth button "Edit".'
    assert reason(click("Edit", HOME, nth=9), *many) == "several elements have that name"


def test_a_name_that_is_the_rows_own_does_not_tell_it_from_another() -> None:
    lines = table(("name",), [[link("Silver Fern")], [link("Royal Fern")]])
    said = say(click("Silver Fern", HOME, nth=1), link("Silver Fern"), lines)
    assert said == 'Click the second link "Silver Fern".'


@pytest.mark.parametrize("flag", ["offscreen"])
def test_another_of_the_name_that_is_out_of_sight_does_not_hinder(flag: Flag) -> None:
    parts = button("Edit"), button("Edit", flags=(flag,))
    assert say(click("Edit", HOME), *parts) == 'Click the button "Edit".'


def test_another_kind_of_element_of_the_name_does_not_hinder() -> None:
    assert (
        say(click("Edit", HOME, role="button"), button("Edit"), link("Edit"), text("Edit"))
        == 'Click the button "Edit".'
    )


def test_a_box_without_a_name_is_called_by_what_stands_beside_it() -> None:
    start = duties({"Water": False, "Weed": False}, nameless=True)
    done = duties({"Water": False, "Weed": True}, nameless=True)
    transition = transitions_of(walk(start, click("", done, role="checkbox", nth=1)))[0]
    assert sentence(transition) == 'Click the checkbox beside "Weed".'


def test_two_boxes_without_a_name_beside_one_text_are_not_named() -> None:
    item = part("listitem", "", part("checkbox"), part("checkbox"), text("Weed"))
    assert "no name of its own" in reason(click("", HOME, role="checkbox"), item)
    twins = (part("listitem", "", part("checkbox"), text("Weed")) for _ in range(2))
    assert "no name of its own" in reason(click("", HOME, role="checkbox"), *twins)


def test_an_element_without_a_name_beside_nothing_is_not_named() -> None:
    assert "no name of its own" in reason(click("", HOME, role="button"), button(""), text("Weed"))
    assert say(typed("Moss", "", HOME, role="textbox"), field("")) == 'Type "Moss" into the field.'
    assert "no name of its own" in reason(typed("Moss", "", HOME, role="textbox"), field(""), field(""))


def test_a_sign_is_a_name() -> None:
    assert say(click("*", HOME, role="button"), button("*"), button("-")) == 'Click the button "*".'
    assert say(click("*", HOME, role="button"), button("*"), button("*")) == 'Click the first button "*".'


def test_a_name_too_long_to_say_is_told_by_its_row() -> None:
    name = "Fern " * 20
    assert say(click(name, HOME, role="link"), part("listitem", "Weed", link(name))) == 'Click the link beside "Weed".'
    assert "no name of its own" in reason(click(name, HOME, role="link"), link(name))


def test_an_element_that_is_no_thing_to_name_is_not_named() -> None:
    assert "generic element is no thing" in reason(click("Ferns", HOME, role="generic"), part("generic", "Ferns"))
    assert "nameless element is no thing" in reason(click("Ferns", HOME, role=""), part("", "Ferns"))


def test_an_element_that_is_not_in_the_tree_is_not_named() -> None:
    assert reason(Act(Click(Point(1, 9_000)), HOME), text("Weed")) == "the element is not in the tree"
    assert reason(Act(Type("Mossy"), HOME), field("Nickname")) == "the element is not in the tree"
    unseen = transitions_of(walk(None, Act(Click(AT), HOME)))[0]
    with pytest.raises(Unnamed, match="not in the tree"):
        sentence(unseen)


def test_a_sentence_is_one_line_whatever_the_page_says() -> None:
    assert say(click('a\n"b"\u202e', HOME), button('a\n"b"\u202e')) == "Click the button \"a 'b'\"."


@given(st.text(max_size=100), st.text(max_size=100))
def test_any_name_and_any_text_are_said_or_refused(name: str, words: str) -> None:
    for act in (click(name, HOME, role="textbox"), typed(words, name, HOME, role="textbox")):
        parts = heading("Profile"), field(name), part("listitem", "", field("Other"), text("Mood"))
        try:
            said = say(act, *parts)
        except Unnamed:
            continue
        assert said.endswith(".")
        assert len(said.splitlines()) == 1
        assert MASK not in said


def test_a_real_list_is_said_row_by_row() -> None:
    transition = transitions_of(walk(plants(), click("Royal Fern", profile())))[0]
    assert sentence(transition) == 'Click the link "Royal Fern".'


def test_a_heading_of_a_column_is_told_from_a_facet_of_the_same_name() -> None:
    both = (table(["name", "family"], [["Royal Fern", "Osmunda"]], sortable="/plants?by="), link("family", "/facets"))
    assert say(click("family", HOME, role="link"), *both) == 'Click the column heading "family".'
    assert say(click("family", HOME, role="link", nth=1), *both) == 'Click the second link "family".'


def test_on_a_desktop_one_does_not_go_back() -> None:
    (transition,) = transitions_of(walk(HOME, Act(Back(), HOME)))
    on_desktop = dataclasses.replace(transition, step=dataclasses.replace(transition.step, platform="desktop"))
    assert sentence(on_desktop) == "Press Escape."
