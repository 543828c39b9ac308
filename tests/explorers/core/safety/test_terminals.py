"""At a prompt nothing is entered but lines of a list."""

import pytest

from explorers.core.safety import Safety
from explorers.core.safety.terminals import PYTHON, SHELL, harmless, prompts_of
from schemas.actions import Action, Click, Key, MiddleClick, Point, Type
from schemas.records import Box, Node
from tests.explorers.screens import screen

PLACE = Point.on(100.0, 100.0, width=400, height=300)
TERMINAL = Node(
    "textbox",
    "terminal",
    value="# ",
    flags=("editable", "focused", "pixels"),
    box=Box(0, 0, 240, 280),
    field="terminal",
)


@pytest.mark.parametrize(
    "action",
    [
        Type("rm -rf .", PLACE, submit=True),
        Type("ls; rm shopping.txt", PLACE, submit=True),
        Type("ls\nrm shopping.txt\n", PLACE),
        Type("hello there", None),
        Type("__import__('os').remove('shopping.txt')", PLACE, submit=True),
        Type("cat shopping.txt > Documents/notes.txt", PLACE),
        Key("x"),
        Key("Control+d"),
        Key("Control+Shift+v"),
        Key("Shift+Insert"),
        MiddleClick(PLACE),
    ],
)
def test_what_is_no_line_of_the_list_is_refused(action: Action) -> None:
    assert "denied" in (Safety().refuses(screen(TERMINAL), action) or "")


@pytest.mark.parametrize(
    "action",
    [*(Type(line, PLACE, submit=True) for line in (*SHELL, *PYTHON)), Key("ArrowUp"), Key("Enter"), Click(PLACE)],
)
def test_what_only_shows_something_is_entered(action: Action) -> None:
    assert Safety().refuses(screen(TERMINAL), action) is None


def test_another_field_beside_a_terminal_takes_any_text() -> None:
    beside = Node("textbox", "Title", value="", flags=("editable",), box=Box(300, 0, 90, 40))
    there = Point.on(350.0, 20.0, width=400, height=300)
    assert Safety().refuses(screen(TERMINAL, beside), Type("hello there", there)) is None


def test_no_line_of_the_list_destroys_or_reaches_out() -> None:
    words = {word for line in SHELL for word in line.split()}
    assert not words & {"rm", "mv", "cp", "dd", "kill", "curl", "wget", "ssh", "sudo", "chmod", "tee", "python3", "sh"}
    assert not any(sign in line for line in SHELL for sign in ";|&><`$")
    assert not any(word in line for line in PYTHON for word in ("import", "open(", "exec", "eval", "__"))


def test_lines_fit_the_prompt() -> None:
    assert prompts_of(["Python 3.11.2", ">>>", ""]) == PYTHON
    assert prompts_of(["$ ls", "$"]) == SHELL
    assert harmless("ls\npwd\n")
    assert not harmless("ls -l /")
