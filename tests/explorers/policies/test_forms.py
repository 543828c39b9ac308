"""Forms filled by a walk, in an office that checks what it keeps."""

from pathlib import Path
from random import Random

import pytest

from explorers.core.shared_memory import SharedMemory
from explorers.policies import build_policy
from explorers.policies.forms import ENOUGH, FormFiller
from explorers.policies.generated import FakerText
from explorers.policies.random import RandomPolicy
from explorers.policies.view import View
from schemas.actions import Key, Type
from schemas.records import Choice, Outcome
from tests.explorers.policies.office import CHECKS, Office
from tests.explorers.screens import node, screen

WALKS = ("frontier", "goals")


def walk(policy: RandomPolicy, office: Office, *, seed: int, steps: int = 14) -> list[Choice]:
    """The choices of an episode, each of which is done."""
    seen = office.reset()
    policy.begin(seed=seed)
    choices = []
    for _ in range(steps):
        choice = policy.choose(seen)
        if choice is None:
            break
        outcome = office.act(choice.action, choice)
        after = office.seen()
        policy.learn(seen, choice, outcome, after)
        choices.append(choice)
        seen = after
    return choices


@pytest.mark.parametrize("name", WALKS)
@pytest.mark.parametrize("seed", range(4))
def test_a_form_is_filled_validly_and_sent_and_the_record_found_again(name: str, seed: int) -> None:
    office = Office()
    walk(build_policy(name), office, seed=seed)
    assert office.kept, office
    [first, *_] = office.kept
    assert set(first) == set(CHECKS)
    assert first["Start date"] < first["End date"]
    assert first["Name"] in office.opened


@pytest.mark.parametrize("name", WALKS)
def test_the_next_time_it_is_refused_once_and_corrected(name: str) -> None:
    office, policy = Office(), build_policy(name)
    for seed in range(3):
        walk(policy, office, seed=seed, steps=24)
    assert office.refused
    wrong = office.refused[0]
    right = office.kept[-1]
    assert sum(wrong[each] != right[each] for each in CHECKS) >= 1
    assert len(office.refused) <= 2, "nothing is refused again and again"


def test_where_nothing_is_put_back_the_one_time_is_not_spent_on_a_wrong_value() -> None:
    office, policy = Office(again=False), build_policy("goals")
    kept = 0
    for seed in range(4):
        walk(policy, office, seed=seed, steps=24)
        kept += len(office.kept)
    assert kept
    assert office.refused == []


def test_what_was_accomplished_is_known_to_the_next_run(tmp_path: Path) -> None:
    """The form was kept by the run before: this one begins with what it should refuse."""
    refused = []
    for run, steps in (("one", 10), ("two", 20)):
        memory = SharedMemory(str(tmp_path), app="office.example", explorer=run)
        office = Office()
        walk(build_policy("goals", memory=memory), office, seed=1, steps=steps)
        memory.share()
        refused.append(len(office.refused))
        assert office.kept
    assert refused == [0, 1]


@pytest.mark.parametrize(("name", "most"), [("novelty", 27), ("frontier", 24), ("goals", 9)])
def test_an_element_that_changes_its_own_name_is_one_thing(name: str, most: int) -> None:
    """Once it was pressed it is no more new under its other name than under its first."""
    pressed = 0
    for seed in range(6):
        office = Office()
        walk(build_policy(name), office, seed=seed, steps=25)
        pressed += sum(each in ("Watch", "Unwatch") for each in office.pressed)
    assert pressed <= most


@pytest.mark.parametrize("name", WALKS)
def test_the_same_seed_fills_the_same_values(name: str) -> None:
    def typed() -> list[str]:
        choices = walk(build_policy(name), Office(), seed=3)
        return [each.action.text for each in choices if isinstance(each.action, Type)]

    assert typed() == typed() != []


def test_a_password_that_was_wrong_is_not_tried_again() -> None:
    fields = (
        node("form", "", id="password", method="post", y=20),
        node("textbox", "Old password", "editable", "password", y=30, depth=1, field="password", value=""),
        node("textbox", "Note", "editable", y=60, depth=1, field="text", value=""),
        node("button", "Save", y=90, depth=1, field="submit", method="post"),
    )
    filler = FormFiller(FakerText(), Random(1), lambda _: 0)
    view = View(screen(*fields))
    option = filler.begin(view, view.affordances[0], "fitting")
    sent = 0
    while option is not None:
        assert sent < 2
        sent += option.name == "Save"
        said = [node("text", "Your old password was incorrect.", depth=1, y=32)] if sent else []
        after = View(screen(*fields, *said))
        filler.learn(view, option, Outcome("ok"), after)
        view, option = after, filler.next(after)
    assert sent == 1
    assert filler.last is not None
    assert filler.last.end == "refused"


def test_what_a_field_offers_over_the_form_is_taken_and_of_a_long_form_some_fields_are_filled() -> None:
    fields = [
        node("form", "", id="settings", method="post", y=20),
        *(
            node("textbox", f"Field {n}", "editable", y=30 + 15 * n, depth=1, value="", path=f"form > p.f{n} > input")
            for n in range(12)
        ),
        node("button", "Save", y=250, depth=1, field="submit", method="post"),
    ]
    filler = FormFiller(FakerText(), Random(1), lambda _: 0)
    view = View(screen(*fields))
    option = filler.begin(view, view.affordances[0], "fitting")
    done: list[str] = []
    while option is not None and len(done) < 20:
        done.append(option.action.keys if isinstance(option.action, Key) else option.name)
        over = len(done) == 1
        after = View(screen(node("text", "Please enter more letters")) if over else screen(*fields))
        filler.learn(view, option, Outcome("ok"), after)
        view, option = after, filler.next(after)
    assert done[1] == "Enter"
    assert done.count("Save") == 1
    assert sum(name.startswith("Field") for name in done) == ENOUGH
