from dataclasses import replace
from pathlib import Path

import pytest

from explorers.tasks.outcome import Ending, described, failing, holds
from schemas.conditions import (
    Answered,
    Condition,
    FileContains,
    FileEquals,
    FileExists,
    FileMatches,
    LocationContains,
    Prints,
    Shows,
    TaskCheck,
)
from schemas.errors import DeviceLost
from tests.explorers.screens import node, screen
from tests.explorers.tasks.homes import FolderHome

SEEN = replace(
    screen(
        node("button", "Save"), node("checkbox", "Gift", "checked", y=40), node("textbox", "City", y=70, value="Oslo")
    ),
    location="http://shop.example/cart?n=2",
    title="Your cart",
)


@pytest.fixture
def ending(tmp_path: Path) -> Ending:
    (tmp_path / "Documents").mkdir()
    (tmp_path / "Documents/a.txt").write_text("bread\ntea\n\n")
    (tmp_path / "b.bin").write_bytes(b"\xff\xfebread")
    return Ending(SEEN, "  Forty  TWO ", FolderHome(tmp_path))


TRUE: tuple[Condition, ...] = (
    FileExists("Documents"),
    FileExists("Documents/a.txt"),
    FileContains("Documents/a.txt", "tea"),
    FileContains("b.bin", "bread"),
    FileEquals("Documents/a.txt", "bread\ntea"),
    FileMatches("Documents/a.txt", "^bread\nte."),
    Prints(("cat", "Documents/a.txt"), "tea"),
    Prints(("cat", "Documents/a.txt"), pattern="t.a"),
    Prints(("true",)),
    Prints(("sh", "-c", "exit 3"), code=3),
    Shows(name="Save"),
    Shows(role="checkbox", flag="checked"),
    Shows(value="Oslo"),
    LocationContains("n=2"),
    LocationContains("Your cart"),
    Answered("forty two"),
)
FALSE: tuple[Condition, ...] = (
    FileExists("Documents/b.txt"),
    FileContains("Documents/a.txt", "milk"),
    FileContains("Documents", "tea"),
    FileContains("none", "tea"),
    FileEquals("Documents/a.txt", "tea"),
    FileMatches("Documents/a.txt", "^tea$"),
    Prints(("cat", "Documents/a.txt"), "milk"),
    Prints(("false",)),
    Prints(("sleep", "9"), seconds=0.1),
    Prints(("cat", "none"), "No such file"),
    Shows(role="link", name="Save"),
    Shows(name="Save", flag="disabled"),
    LocationContains("n=3"),
    Answered("41"),
)


@pytest.mark.parametrize("condition", TRUE, ids=described)
def test_it_holds_and_its_contrary_does_not(condition: Condition, ending: Ending) -> None:
    assert holds(condition, ending)
    assert not holds(replace(condition, negated=True), ending)


@pytest.mark.parametrize("condition", FALSE, ids=described)
def test_it_does_not_hold_and_its_contrary_does(condition: Condition, ending: Ending) -> None:
    assert not holds(condition, ending)
    assert holds(replace(condition, negated=True), ending)


def test_all_must_hold_and_one_of_any(ending: Ending) -> None:
    yes, no = Shows(name="Save"), Shows(name="Send")
    assert failing(TaskCheck((yes, yes)), ending) is None
    assert failing(TaskCheck((yes,), (no, yes)), ending) is None
    assert failing(TaskCheck((yes, no)), ending) == f"not so: {described(no)}"
    assert failing(TaskCheck((yes,), (no, no)), ending) == f"not so: any of {described(no)}; {described(no)}"


def test_without_an_answer_a_tree_or_a_home_nothing_is_true_by_chance() -> None:
    nothing = Ending(replace(SEEN, tree=None, location=None, title=None))
    for condition in (Answered("x"), Shows(name="Save"), LocationContains("a")):
        assert not holds(condition, nothing)
    with pytest.raises(DeviceLost):
        holds(FileExists("a"), nothing)


def test_a_long_condition_is_cut_in_a_message() -> None:
    assert len(described(Answered("x" * 1_000))) == 200
