"""Composed tasks: what can follow what, what their joint claim is, and that it needs both parts."""

from dataclasses import replace

import pytest

from labelers.reading import Unread, Vocabulary, read
from pipelines.prove.composing import (
    COMPOSED,
    MOST_USES,
    Part,
    compared,
    composed,
    joined,
    part_of,
    read_joined,
    sentence,
    together,
)
from pipelines.prove.lanes import prove
from pipelines.prove.proving import Claimed
from pipelines.prove.tasks import Task
from schemas.actions import Back, Click
from schemas.claims import fulfilled
from schemas.conditions import Answered, TaskCheck
from schemas.screen_conditions import At, Called, Cell, Gives, SortedBy
from tests.labelers.site import HOME, Scene, heading, plant, plants, scene, table
from tests.pipelines.prove.test_outcomes import LIST, ROYAL, SCENES, TASK, linked
from tests.pipelines.prove.test_outcomes import OPEN as TO_LIST
from tests.pipelines.prove_site import Site, press

COLUMNS = Vocabulary({"plants": ("family", "height", "id", "name")})
UP = linked(plants(by="height"), "/plants?&sort=height")
SORTED = Claimed(
    "/plants",
    (press(LIST, "height"),),
    TaskCheck((At("/plants"), SortedBy("height"))),
    TaskCheck((Called("Plants"), SortedBy("height"))),
)
SORT, OPEN = (
    'In "Plants", sort the list by "height" in ascending order.',
    'In "Plants", open the record of "Royal Fern".',
)


def task_of(claimed: Claimed, text: str, name: str, **more: object) -> Task:
    task = Task((name,), f"{name} walk", text, None, "t", "fernwood.test", claimed, False, (), COLUMNS)
    return replace(task, **more)  # type: ignore[arg-type]


def part(claimed: Claimed, text: str, name: str, **more: object) -> Part:
    task = task_of(claimed, text, name, **more)
    made = part_of(task, prove(claimed, Site(SCENES).attempt), f"{name} taught")
    assert made is not None
    return made


@pytest.fixture(scope="module")
def parts() -> tuple[Part, Part]:
    """A list that is sorted, and a record that is opened."""
    return part(SORTED, SORT, "a"), part(TASK, OPEN, "b")


def test_two_tasks_become_one_walk_with_what_both_claim(parts: tuple[Part, Part]) -> None:
    record = part(replace(TASK, start="/plants", path=TASK.path[1:]), OPEN, "b")
    task = joined(parts[0], record)
    assert task is not None
    assert task.text == f"{SORT[:-1]}, then in{OPEN[2:]}"
    assert (task.template, task.parts, task.instructions) == (COMPOSED, ("a taught", "b taught"), ("a+b",))
    assert (task.claimed.start, len(task.claimed.path)) == ("/plants", 2)
    claim = task.claimed.claim
    assert claim is not None
    assert claim.all == ROYAL.all
    assert claim.passed[0] == SORTED.claim.all  # type: ignore[union-attr]
    assert task.claimed.unread == ""
    assert task.claimed.read is not None


def test_a_composed_task_is_proven_by_the_lanes_and_each_of_its_steps_is_needed(parts: tuple[Part, Part]) -> None:
    record = replace(TASK, start="/plants", path=TASK.path[1:])
    task = joined(parts[0], part(record, OPEN, "b"))
    assert task is not None
    site = Site((*SCENES, HOME))
    proving = prove(task.claimed, site.attempt)
    assert proving.proven, {lane: result.reason for lane, result in proving.results.items()}
    assert len(proving.path) == 2
    assert part_of(task, proving, "c taught") is None


def test_what_leads_from_one_part_to_the_next_may_be_left_out() -> None:
    """A click on the heading does nothing, and the words name none."""
    claim = TaskCheck(ROYAL.all, (), ((At("/plants"), SortedBy("height")),))
    path = (press(LIST, "Plants", "heading"), press(LIST, "height"), TASK.path[1])
    plain = Claimed("/plants", path, claim, claim, text='Look at "Plants" by height.')
    assert "without step 0" in prove(plain, Site(SCENES).attempt).results["shortened"].reason
    proving = prove(replace(plain, between=(0,)), Site(SCENES).attempt)
    assert proving.results["shortened"].verdict == "passed"
    assert len(proving.path) == 2


def test_neither_part_alone_does_what_both_do(parts: tuple[Part, Part]) -> None:
    record = part(replace(TASK, start="/plants", path=TASK.path[1:]), OPEN, "b")
    task = joined(parts[0], record)
    assert task is not None
    assert task.claimed.claim is not None
    assert not any(fulfilled(task.claimed.claim, each.walk.pages) for each in (parts[0], record))
    weak = replace(parts[0].task, claimed=replace(SORTED, claim=TaskCheck((At("/plants"),))))
    assert joined(replace(parts[0], task=weak), record) is None


def test_what_lies_between_is_a_link_or_nothing(parts: tuple[Part, Part]) -> None:
    """The list has a link to the start page, where the second begins."""
    task = joined(*parts)
    assert task is not None
    names = [choice.target and choice.target.name for choice in task.claimed.path]
    assert names == ["height", "Fernwood", "Plants", "Royal Fern"]
    elsewhere = replace(parts[1].task, claimed=replace(TASK, start="/nowhere"))
    assert joined(parts[0], replace(parts[1], task=elsewhere)) is None


def test_what_can_not_follow_or_is_about_the_same_is_not_joined(parts: tuple[Part, Part]) -> None:
    first, then = parts
    assert joined(replace(first, task=replace(first.task, answer="5")), then) is None
    assert joined(first, replace(then, task=replace(then.task, app="elsewhere"))) is None
    assert joined(first, replace(then, task=replace(then.task, text=SORT.replace("height", "name")))) is None
    both = (replace(each, task=replace(each.task, changes=(0,))) for each in parts)
    assert joined(*both) is None
    long = replace(then, path=then.path * 6)
    assert joined(first, long) is None


def test_what_is_not_proven_or_leaves_a_choice_is_no_part() -> None:
    proving = prove(TASK, Site(SCENES).attempt)
    assert part_of(task_of(TASK, OPEN, "a"), proving, "x") is not None
    refuted = prove(replace(TASK, read=TaskCheck((Called("Orchids"),))), Site(SCENES).attempt)
    assert part_of(task_of(TASK, OPEN, "a"), refuted, "x") is None
    choice = replace(TASK, claim=TaskCheck((), (At("/plants/12"), At("/plants/11"))))
    assert part_of(task_of(choice, OPEN, "a"), proving, "x") is None


def test_only_so_many_are_composed_and_no_part_is_used_too_often(parts: tuple[Part, Part]) -> None:
    first, then = parts
    many = [
        replace(
            first, task=replace(first.task, instructions=(f"a{number}",), text=SORT.replace("list", f"list {number}"))
        )
        for number in range(5)
    ]
    made = list(composed([then, *many], most=9))
    assert len(made) == MOST_USES
    assert list(composed([*reversed(many), then], most=9)) == made
    assert len(list(composed([then, *many], most=1))) == 1
    assert list(composed([then], most=9)) == []


@pytest.mark.parametrize("text", [f"{SORT[:-1]}, then in{OPEN[2:]}", f"First: {SORT} Then: {OPEN}"])
def test_a_joint_sentence_is_read_from_its_words_alone(text: str) -> None:
    one, other = read(SORT, COLUMNS), read(OPEN, COLUMNS)
    asked = read_joined(text, COLUMNS)
    assert asked == TaskCheck(other.all, (), (*one.passed, one.all, *other.passed))  # type: ignore[arg-type]
    assert SortedBy("height") in asked.passed[1]


@pytest.mark.parametrize("text", [OPEN, "Dance, then sing.", 'Search for "a, then b".'])
def test_what_is_no_joint_sentence_is_not_read(text: str) -> None:
    with pytest.raises(Unread):
        read_joined(text, COLUMNS)


def test_what_asks_something_stands_in_a_sentence_of_its_own() -> None:
    assert sentence([SORT, "Which is it?"]) == f"First: {SORT} Then: Which is it?"


DEPTHS = {"11": "70", "12": "40", "13": "25"}
FERNS = {"11": "Silver Fern", "12": "Royal Fern", "13": "Sword Fern"}
RECORDS = [linked(plant(number, values={"depth": depth}), f"/plants/{number}?") for number, depth in DEPTHS.items()]
DEPTH_SCENES = (HOME, LIST, *RECORDS, *SCENES[2:3], *SCENES[-3:])


def asking(number: str, scenes: tuple[Scene, ...] = DEPTH_SCENES) -> Part:
    """The question how deep a plant stands, which its record alone says."""
    text = f'In "Plants", look up "{FERNS[number]}" and report the "depth" that its record gives.'
    depth = DEPTHS[number]
    claim = TaskCheck(
        (At(f"/plants/{number}"), Gives((Cell(depth, "depth"),)), Answered(depth)),
        (),
        ((At("/plants"), Called("Plants")),),
    )
    claimed = Claimed(
        "/", (TO_LIST, press(LIST, FERNS[number])), claim, read(text, Vocabulary(), answer=depth), text=text
    )
    task = task_of(claimed, text, number, answer=depth, words=Vocabulary())
    proving = prove(claimed, Site(scenes).attempt)
    made = part_of(task, proving, f"{number} taught")
    assert made is not None, {lane: result.reason for lane, result in proving.results.items()}
    return made


def test_two_questions_for_the_same_value_become_the_question_which_has_more() -> None:
    first, then = asking("12"), asking("13")
    task = together(first, then)
    assert task is not None
    assert task == compared(first, then)
    assert (task.answer, " higher " in task.text) in (("Royal Fern", True), ("Sword Fern", False))
    assert (task.template, task.parts) == (COMPOSED, ("12 taught", "13 taught"))
    proving = prove(task.claimed, Site(DEPTH_SCENES).attempt)
    assert proving.proven, {lane: result.reason for lane, result in proving.results.items()}
    assert [choice.target and choice.target.name for choice in proving.path] == [
        "Plants",
        "Royal Fern",
        "Plants",
        "Sword Fern",
    ]


def test_where_no_link_leads_on_one_goes_back_to_where_the_paths_part() -> None:
    bare = [
        scene(f"/plants/{number}?", heading(FERNS[number]), table(("name", "depth"), [(FERNS[number], depth)]))
        for number, depth in DEPTHS.items()
    ]
    scenes = (HOME, LIST, *bare, *DEPTH_SCENES[-4:])
    task = compared(asking("12", scenes), asking("13", scenes))
    assert task is not None
    assert [type(choice.action) for choice in task.claimed.path] == [Click, Click, Back, Click]
    assert prove(task.claimed, Site(scenes).attempt).proven


def test_a_question_is_compared_with_no_other_value_and_no_change() -> None:
    first, then = asking("12"), asking("13")
    assert compared(first, replace(then, task=replace(then.task, answer="deep"))) is None
    assert compared(first, replace(then, task=replace(then.task, changes=(0,)))) is None
    assert compared(first, replace(then, task=replace(then.task, app="elsewhere"))) is None
    assert joined(first, then) is None


def test_half_of_what_is_composed_are_comparisons(parts: tuple[Part, Part]) -> None:
    ferns = [asking(number) for number in DEPTHS]
    made = list(composed([*parts, *ferns], most=2))
    assert [task.answer is not None for task in made] == [True, False]
    many = list(composed(ferns, most=9))
    assert len(many) == len({frozenset(task.parts) for task in many}) == 3, (
        "the same two the other way round ask the same"
    )
