import csv
from itertools import pairwise
from pathlib import Path

import pytest

from benchmarks.episodes import explore
from explorers.core.affordances import affordances
from explorers.core.coverage import Coverage, CoverageMeter, measure, url_template, write_curve
from explorers.core.rollout import ExploreConfig
from explorers.fake import FakeEnvironment
from explorers.policies.novelty import NoveltyPolicy
from schemas.actions import Click, Point, Type
from schemas.errors import TraceError
from schemas.records import Choice, Observation
from tests.explorers.screens import HERE, node, screen


@pytest.mark.parametrize(
    ("location", "template"),
    [
        ("http://shop.example/items/17", "/items/*"),
        ("http://shop.example/items/17/edit?next=3", "/items/*/edit"),
        ("http://shop.example/o/0b3f6a1c-9d2e-4f5a-8b7c-1d2e3f4a5b6c", "/o/*"),
        ("http://shop.example/commit/9fceb02d0ae598e9", "/commit/*"),
        ("http://shop.example/facade", "/facade"),
        ("http://shop.example/#/users/3", "/#/users/*"),
        ("http://shop.example/shelf/4#/users/3", "/shelf/*#/users/*"),
        ("http://shop.example/#section", "/"),
        ("http://[broken", ""),
        (None, ""),
    ],
)
def test_a_template_is_an_address_without_ids(location: str | None, template: str) -> None:
    assert url_template(location) == template


FORM = (
    node("heading", "Search"),
    node("form", y=20),
    node("textbox", "Word", "editable", y=40, depth=1, field="text", path="form > input"),
    node("button", "Go", y=70, depth=1, field="submit", path="form > button"),
    node("link", "Home", y=100, href=HERE + "/home", path="a"),
)


def pressing(seen: Observation, name: str) -> Choice:
    [each] = [each for each in affordances(seen) if each.node.name == name]
    return Choice(Click(each.point), each.target)


def test_states_elements_forms_and_templates_are_counted_once() -> None:
    first, second = screen(*FORM), screen(node("heading", "Home"), location=HERE + "/home")
    meter = CoverageMeter()
    meter.begin(first)
    assert meter.now() == Coverage(0, 1, 3, 0, 1, 0, 1)
    meter.step(first, pressing(first, "Home"), second)
    assert meter.now() == Coverage(1, 2, 3, 1, 1, 0, 2)
    meter.step(first, pressing(first, "Home"), second)
    assert meter.now() == Coverage(2, 2, 3, 1, 1, 0, 2)
    meter.step(first, pressing(first, "Go"), first)
    assert meter.now() == Coverage(3, 2, 3, 2, 1, 1, 2)
    assert [each.states for each in meter.curve] == [2, 2, 2]


def test_a_form_sent_with_enter_counts_and_one_that_was_filled_does_not() -> None:
    seen = screen(*FORM)
    [field] = [each for each in affordances(seen) if each.kind == "fill"]
    meter = CoverageMeter()
    meter.begin(seen)
    meter.step(seen, Choice(Type("word", field.point), field.target), seen)
    assert meter.now().forms_sent == 0
    meter.step(seen, Choice(Type("word", field.point, submit=True), field.target), seen)
    assert meter.now().forms_sent == 1


def test_an_action_beside_every_element_tries_none() -> None:
    seen = screen(*FORM)
    meter = CoverageMeter()
    meter.begin(seen)
    meter.step(seen, Choice(Click(Point(399, 299))), seen)
    assert meter.now().elements_tried == 0


def test_a_counter_in_a_name_makes_no_other_element() -> None:
    meter = CoverageMeter()
    for count in range(3):
        meter.begin(screen(node("button", f"Inbox ({count})", path="button")))
    assert meter.now().elements == 1


def test_recorded_traces_are_measured_like_a_live_walk(tmp_path: Path) -> None:
    config = ExploreConfig(episodes=3, max_steps=15, run_id="ab" * 16)
    paths = [one.path for one in explore(FakeEnvironment(), NoveltyPolicy(), tmp_path, config)]
    coverage, curve = measure(paths)
    assert coverage == curve[-1]
    assert len(curve) == coverage.steps == 45
    assert 5 < coverage.states < 46
    assert 5 < coverage.elements_tried <= coverage.elements
    assert 1 <= coverage.forms_sent <= coverage.forms <= 3
    assert 3 <= coverage.templates <= 6
    for before, after in pairwise(curve):
        assert before.states <= after.states
        assert before.elements_tried <= after.elements_tried
    write_curve(tmp_path / "curve.csv", curve)
    with (tmp_path / "curve.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 45
    assert int(rows[-1]["states"]) == coverage.states
    assert set(coverage.named()) == {"distinct states", "elements tried", "forms sent", "address templates"}


def test_no_traces_are_no_coverage() -> None:
    assert measure([]) == (Coverage(0, 0, 0, 0, 0, 0, 0), [])


def test_a_damaged_trace_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.trace.zip").write_bytes(b"no zip")
    with pytest.raises(TraceError):
        measure([tmp_path / "x.trace.zip"])
