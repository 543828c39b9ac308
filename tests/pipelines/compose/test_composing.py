from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorers.tasks.files import parse_task
from pipelines.compose.composing import Part, compose, sentence, subjects_of, why_not
from schemas.conditions import Answered, FileContains, LocationContains, SetUp, TaskCheck, WriteFile

FERN = Part("1", "Order a fern.", "web", "shop", "http://shop/", "/", "/cart")
ROSE = replace(FERN, part_id="2", text="Water roses in room 3.", end="/rooms")
MOSS = replace(FERN, part_id="3", text="Delete the moss.", end="/")


def made(*parts: Part, lengths: tuple[int, int] = (2, 2), count: int = 50, seed: int = 0) -> list[dict[str, Any]]:
    return list(compose(parts, lengths=lengths, count=count, seed=seed))


def pairs(tasks: list[dict[str, Any]]) -> set[tuple[str, ...]]:
    return {tuple(task["parts"]) for task in tasks}


def test_parts_are_joined_in_every_order_and_named() -> None:
    tasks = made(FERN, ROSE)
    assert pairs(tasks) == {("1", "2"), ("2", "1")}
    one = next(task for task in tasks if task["parts"] == ["1", "2"])
    assert one == {
        "id": one["id"],
        "text": "Order a fern, then water roses in room 3.",
        "platform": "web",
        "app": "shop",
        "start": "http://shop/",
        "template": "composed",
        "source": "composed",
        "parts": ["1", "2"],
    }
    assert parse_task(one).parts == ("1", "2")


def test_other_applications_and_platforms_are_not_joined() -> None:
    assert made(FERN, replace(ROSE, app="bank")) == made(FERN, replace(ROSE, platform="desktop")) == made(FERN) == []


@pytest.mark.parametrize(
    ("part", "why"),
    [
        (ROSE, None),
        (replace(ROSE, begin="/cart"), None),
        (replace(ROSE, begin="/rooms"), "it begins elsewhere"),
        (replace(ROSE, part_id="1"), "they are about the same"),
        (replace(ROSE, text="Order a rose."), "they are about the same"),
        (replace(ROSE, text='Order a "rose" 3 times.'), "they are about the same"),
        (replace(ROSE, subjects=frozenset({"textbox amount"})), "they are about the same"),
        (replace(ROSE, setup=SetUp((WriteFile("b", ""),)), start="x"), "its set-up belongs to another start"),
        (replace(ROSE, setup=SetUp((WriteFile("a", ""),))), "their set-ups or checks are about the same"),
        (replace(ROSE, check=TaskCheck((FileContains("a", "x"),))), "their set-ups or checks are about the same"),
        (replace(ROSE, check=TaskCheck(any=(FileContains("b", "x"),))), "two checks leave a choice"),
    ],
)
def test_what_can_follow(part: Part, why: str | None) -> None:
    first = replace(FERN, subjects=frozenset({"textbox amount"}), check=TaskCheck(any=(FileContains("a", "y"),)))
    assert why_not([first], part) == why


def test_what_is_answered_or_looked_at_in_the_end_is_last() -> None:
    for last in (replace(ROSE, asks=True), replace(ROSE, check=TaskCheck((LocationContains("x"),)))):
        assert pairs(made(FERN, last)) == {("1", "2")}
        assert why_not([last], FERN) == "nothing can follow"
    both = replace(FERN, check=TaskCheck((Answered("x"),)))
    assert made(both, replace(ROSE, asks=True)) == []


def test_a_check_is_joined_where_every_part_has_one_and_a_set_up_always() -> None:
    first = replace(
        FERN, platform="desktop", setup=SetUp((WriteFile("a", ""),)), check=TaskCheck((FileContains("a", "x"),))
    )
    second = replace(ROSE, platform="desktop", setup=SetUp((WriteFile("b", ""),)))
    (bare,) = (task for task in made(first, second) if task["parts"] == ["1", "2"])
    assert "check" not in bare
    assert [step["path"] for step in bare["setup"]["steps"]] == ["a", "b"]
    (whole,) = (
        parse_task(task)
        for task in made(first, replace(second, check=TaskCheck((FileContains("b", "y"),))))
        if task["parts"] == ["1", "2"]
    )
    assert whole.check == TaskCheck((FileContains("a", "x"), FileContains("b", "y")))
    assert whole.setup == SetUp((WriteFile("a", ""), WriteFile("b", "")))


@pytest.mark.parametrize(
    ("texts", "joined"),
    [
        (["Open A.", "Close B"], "Open A, then close B."),
        (["Open A", "URL: copy it"], "First: Open A. Then: URL: copy it."),
        (["Open A", "PDF is saved."], "Open A, then PDF is saved."),
        (["Open  A.", "How tall is it?"], "First: Open A. Then: How tall is it?"),
        (["Open A. Close it.", "Open B"], "First: Open A. Close it. Then: Open B."),
        (["Open A", "close it", "Wait"], "Open A, then close it, then wait."),
    ],
)
def test_the_sentence(texts: list[str], joined: str) -> None:
    assert sentence(texts) == joined


def test_subjects_are_what_is_entered_and_not_what_is_pressed() -> None:
    def step(kind: str, name: str | None) -> Mapping[str, Any]:
        return {"action": {"kind": kind}, "target": None if name is None else {"role": "textbox", "name": name}}

    steps = [step("type", " First  Name"), step("click", "Save"), step("type", None), step("select", "Size")]
    assert subjects_of(steps) == {"textbox first name", "textbox size"}


PLACES = st.sampled_from(["/", "/a", "/b"])
PARTS = st.lists(
    st.builds(
        Part,
        part_id=st.text("abcdef", min_size=1, max_size=3),
        text=st.text("abc xyz.", min_size=1, max_size=12).filter(str.strip),
        platform=st.just("web"),
        app=st.sampled_from(["p", "q"]),
        start=st.just("http://x/"),
        begin=PLACES,
        end=PLACES | st.none(),
        subjects=st.frozensets(st.sampled_from(["s", "t"]), max_size=1),
        asks=st.booleans(),
    ),
    max_size=8,
    unique_by=lambda one: one.part_id,
)


@settings(max_examples=50)
@given(PARTS, st.integers(2, 3), st.integers(0, 1), st.integers(0, 20))
def test_no_task_contradicts_itself(parts: list[Part], least: int, more: int, seed: int) -> None:
    tasks = made(*parts, lengths=(least, least + more), count=5, seed=seed)
    assert tasks == made(*reversed(parts), lengths=(least, least + more), count=5, seed=seed)
    known = {one.part_id: one for one in parts}
    assert len(pairs(tasks)) == len({task["id"] for task in tasks}) == len(tasks) <= 5
    for task in tasks:
        chain = [known[name] for name in task["parts"]]
        assert least <= len(chain) <= least + more
        assert {one.app for one in chain} == {task["app"]}
        assert not any(one.asks for one in chain[:-1])
        for at, one in enumerate(chain[1:], 1):
            assert one.begin in (chain[0].begin, chain[at - 1].end)
            assert not any(one.subjects & other.subjects for other in chain[:at])
        parse_task(task)
