"""Menus and views whose items say that they don't show, as those of GTK 2 do."""

from contextlib import closing

import pytest

from explorers.desktop import DesktopEnvironment
from explorers.desktop.accessible import Accessible, AccessibleState, Application
from explorers.desktop.display import Window
from explorers.desktop.roles import Role
from explorers.desktop.showing import hidden_icons, hidden_items, reveal, untold_popups, within
from schemas.actions import Back, Click
from schemas.records import Box
from tests.explorers.contract import find, middle
from tests.explorers.desktop.test_tree import PID, made, window

POPUP = window("", kind="popup", box=Box(100.0, 30.0, 200.0, 80.0), id=9)


def _menu(*names: str) -> Accessible:
    items = [made(Role.MENU_ITEM, name, box=None) for name in names]
    for item in items:
        item.states = AccessibleState.VISIBLE
    return made(Role.MENU, "Edit", *items)


def _application(*menus: Accessible) -> Application:
    return Application(
        ":1.1", PID, made(Role.APPLICATION, "app", made(Role.FRAME, "", made(Role.MENU_BAR, "", *menus)))
    )


def test_an_item_shows_when_it_spans_the_window_of_a_menu() -> None:
    hidden = hidden_items([_application(_menu("Cut", "Copy", "Gone"))])
    assert [item.name for item, _ in hidden] == ["Cut", "Copy", "Gone"]
    boxes = [Box(102.0, 32.0, 196.0, 20.0), Box(80.0, 52.0, 240.0, 20.0), None]
    shown = reveal(hidden, boxes, [POPUP])
    assert [item.name for item in shown] == ["Cut"]
    assert [item.showing for item, _ in hidden] == [True, False, False]


def test_a_menu_of_another_process_and_a_menu_that_tells_what_it_shows_are_left_alone() -> None:
    other = Window(9, "", POPUP.box, PID + 1, "popup", active=False)
    hidden = hidden_items([_application(_menu("Cut"))])
    assert reveal(hidden, [Box(102.0, 32.0, 196.0, 20.0)], [other]) == []
    item = made(Role.MENU_ITEM, "Cut", box=Box(102.0, 32.0, 196.0, 20.0))
    assert hidden_items([_application(made(Role.MENU, "Edit", item))]) == []
    assert untold_popups([item], [POPUP]) == []
    assert untold_popups([made(Role.MENU, "Edit")], [POPUP]) == [POPUP]


def test_an_icon_that_says_that_it_is_nowhere_shows_in_its_view() -> None:
    icons = [made(Role.ICON, name, box=None) for name in ("notes.txt", "scrolled away", "no place yet")]
    for icon in icons:
        icon.states = AccessibleState.VISIBLE
    view = made(Role.LAYERED_PANE, "", *icons, box=Box(100.0, 100.0, 300.0, 200.0))
    hidden = hidden_icons([view])
    assert [(icon.name, its) for icon, its in hidden] == [(icon.name, view) for icon in icons]
    boxes = [Box(110.0, 110.0, 80.0, 60.0), Box(110.0, 400.0, 80.0, 60.0), Box(100.0, 100.0, 0.0, 0.0)]
    assert within(hidden, boxes) == icons[:1]
    assert [icon.showing for icon in icons] == [True, False, False]
    assert hidden_icons([view]) == []


@pytest.mark.desktop
def test_a_menu_of_gtk_2_and_its_icons_are_seen_and_back_closes_no_window() -> None:
    with closing(DesktopEnvironment("pcmanfm")) as environment:
        seen = environment.reset()
        assert find(seen, "option", "shopping.txt").on_screen
        environment.act(Click(middle(find(seen, "menuitem", "Edit"), seen)))
        seen = environment.observe()
        assert find(seen, "menuitem", "Edit").has("expanded")
        items = [
            node for node in seen.nodes if node.role == "menuitem" and node.depth > find(seen, "menubar").depth + 1
        ]
        assert {"Cut", "Paste", "Select All", "Preferences"} <= {item.name for item in items}
        assert find(seen, "menuitem", "Cut").has("disabled")
        assert not find(seen, "menuitem", "Paste").has("disabled")
        assert seen.can_go_back
        assert environment.act(Back()).result == "ok"
        seen = environment.observe()
        assert not find(seen, "menuitem", "Edit").has("expanded")
        assert environment.act(Back()).result == "refused"
        assert environment.observe().windows == seen.windows != ()
