import pytest

from explorers.policies.gestures import chords_in, drags, listed_keys
from explorers.policies.view import View
from schemas.actions import Drag, Key
from schemas.records import Box
from tests.explorers.screens import node, screen


@pytest.mark.parametrize(
    ("name", "chords"),
    [
        ("Save (Ctrl+S)", ["Control+s"]),
        ("Show preview pane - [alt-P]", ["Alt+p"]),
        ("Redo Ctrl+Shift+Z", ["Control+Shift+z"]),
        ("Rename (F2)", ["F2"]),
        ("Strg + Enter", ["Control+Enter"]),
        ("Control panel", []),
        ("shift-work", []),
        ("Boeing F22 raptor", []),
    ],
)
def test_the_keys_that_a_name_tells(name: str, chords: list[str]) -> None:
    assert list(chords_in(name)) == chords


def test_keys_are_listed_once_and_those_that_close_or_quit_never() -> None:
    view = View(
        screen(
            node("menuitem", "Save (Ctrl+S)"),
            node("text", "Ctrl+S saves", y=40),
            node("menuitem", "Close window (Ctrl+W)", y=70),
        )
    )
    assert [option.action for option in listed_keys(view)] == [Key("Control+s")]


def test_a_thumb_a_tab_and_what_may_drop_are_dragged() -> None:
    view = View(
        screen(
            node("slider", "Volume", y=10, box=Box(10, 10, 200, 20)),
            node("tab", "One", y=60, path="ul > li:nth-of-type(1)"),
            node("tab", "Two", y=90, path="ul > li:nth-of-type(2)"),
            node("generic", "Card", y=130),
            node("text", "Drop it here", y=200),
        )
    )
    dragged = {option.name: option.action for option in drags(view)}
    assert set(dragged) == {"drag Volume", "drag One", "drag Card"}
    thumb = dragged["drag Volume"]
    assert isinstance(thumb, Drag)
    assert (thumb.end.x or 0) > (thumb.start.x or 0)
    card = dragged["drag Card"]
    assert isinstance(card, Drag)
    assert card.end.y == 210


def test_what_is_pulled_to_pay_is_not_dragged() -> None:
    view = View(screen(node("slider", "Slide to pay now", box=Box(10, 10, 200, 20))))
    assert drags(view) == []
