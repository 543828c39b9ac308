"""What is read off the history of a tab, whatever interrupts the reading."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from explorers.web.devtools import DevtoolsError
from explorers.web.navigations import Histories
from schemas.actions import Action, Back, Forward, Open, Reload


@dataclass
class Tabbed:
    """A tab with a history that is written by hand."""

    target: str = "one"
    gone: bool = False
    at: int = 0
    entries: list[dict[str, Any]] = field(default_factory=lambda: [{"id": 1, "url": "http://a/"}])
    refuses: int = 0

    @property
    def history(self) -> "Tabbed":
        return self

    def read(self) -> tuple[int, list[dict[str, Any]]]:
        if self.refuses:
            self.refuses -= 1
            raise DevtoolsError("a dialog opened")
        return self.at, self.entries

    def went(self, at: int, transition: str = "link", *, new: bool = False) -> "Tabbed":
        if new:
            self.entries = [*self.entries[:at], {"id": 10 + at, "url": f"http://a/{at}"}]
        self.at = at
        self.entries[at] = {**self.entries[at], "transitionType": transition}
        return self


def follow(histories: Histories, *tabs: Tabbed, front: Tabbed, caused: bool = False) -> list[Action]:
    found = histories.follow(tabs, front, lambda _: caused)  # type: ignore[arg-type]
    return [action for _, action in found]


def begun(*tabs: Tabbed) -> Histories:
    histories = Histories()
    for tab in tabs:
        histories.remember(tab)  # type: ignore[arg-type]
    return histories


def test_addresses_and_the_buttons_of_the_browser() -> None:
    tab = Tabbed()
    histories = begun(tab)
    done: list[Action] = []
    for at, transition, new in (
        (1, "typed", True), (0, "typed", False), (1, "typed", False), (1, "reload", False), (2, "link", True),
        (2, "auto_subframe", False), (0, "typed", False),
    ):  # fmt: skip
        tab.went(at, transition, new=new)
        histories.commit("one", 5.0)
        done += follow(histories, tab, front=tab)
    assert done == [Open("http://a/1"), Back(), Forward(), Reload(), Open("http://a/")]


@pytest.mark.parametrize("transition", ["link", "form_submit"])
def test_what_pages_do_is_no_action_of_the_browser(transition: str) -> None:
    tab = Tabbed()
    histories = begun(tab)
    tab.went(1, transition, new=True)
    histories.commit("one", 5.0)
    assert follow(histories, tab, front=tab) == []
    tab.went(0, "typed")
    histories.commit("one", 6.0, within=True)
    assert follow(histories, tab, front=tab, caused=True) == []
    histories.request("one")
    tab.went(1, "typed")
    histories.commit("one", 7.0)
    assert follow(histories, tab, front=tab) == []
    tab.went(0)  # what was asked for is over
    histories.commit("one", 8.0)
    assert follow(histories, tab, front=tab) == [Back()]


def test_a_reading_that_was_interrupted_is_made_again() -> None:
    tab, other = Tabbed(), Tabbed("other")
    histories = begun(tab, other)
    tab.went(1, "typed", new=True).refuses = 1
    other.went(1, "typed", new=True)
    histories.commit("one", 5.0)
    histories.commit("other", 5.0)
    histories.commit("closed", 5.0)
    with pytest.raises(DevtoolsError):
        follow(histories, tab, other, front=tab)
    assert follow(histories, tab, other, front=tab) == [Open("http://a/1")]
    other.gone = True
    histories.commit("other", 6.0)
    assert follow(histories, tab, other, front=other) == []


def test_where_tabs_went_while_the_browser_opened_is_forgotten() -> None:
    tab = Tabbed()
    histories = begun(tab)
    tab.went(1, "typed", new=True)
    histories.commit("one", 5.0)
    histories.forget()
    assert follow(histories, tab, front=tab) == []
