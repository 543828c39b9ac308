import json
from dataclasses import replace
from typing import Any

import pytest

from labelers.askers.checker import MOST_CONDITIONS, UNREAD, TaskChecker
from labelers.backend import Opinions
from labelers.kit.asker import Asker
from schemas.claims import fulfilled
from schemas.conditions import TaskCheck, parse_check
from schemas.opinions import Instruction
from schemas.pages import Page
from tests.labelers.askers.answering import USE, answers, label, task
from tests.labelers.site import click, heading, link, scene, table, walk

HOME = scene("/", heading("Fernwood"), link("Plants", "/plants"), shade=10)
PLANTS = scene(
    "/plants",
    heading("Plants"),
    table(("name", "height"), [("Moss", "2"), ("Fern", "40")]),
    link("Secret garden"),
    shade=20,
)
EPISODE = walk(HOME, click("Plants", PLANTS))
TASK = task(EPISODE, "Open the list of plants.")
ASKER = Asker(TaskChecker(), USE)
UNGIVEN = "a value that neither the words nor the start give"
PAGE = {"when": "end", "kind": "page", "name": "", "value": "Plants"}


def said(*conditions: dict[str, Any], one: Instruction = TASK) -> Opinions:
    return ASKER.read(EPISODE, [one], answers(ASKER, EPISODE, [one], {"conditions": list(conditions)}))


def check(*conditions: dict[str, Any], one: Instruction = TASK) -> TaskCheck:
    (found,) = said(*conditions, one=one).instructions
    assert found.claim is not None
    return parse_check(json.loads(found.claim))


def holds(asked: TaskCheck) -> bool:
    moments = [EPISODE.steps[0].before, EPISODE.steps[0].after]
    walked = [
        Page(moment.tree, title=moment.seen.title, location=moment.seen.location)
        for moment in moments
        if moment is not None and moment.tree is not None
    ]
    assert len(walked) == 2
    return fulfilled(asked, walked)


def test_it_is_told_the_words_the_start_and_the_lists_and_not_the_end() -> None:
    (request,) = ASKER.requests(EPISODE, [replace(TASK, answer="40", text="How high is the fern?")])
    told = request.turns[1].text
    assert "How high is the fern?" in told
    assert "link 'Plants'" in told
    assert '{"plants": ["height", "name"]}' in told
    assert "which is not told here" in told
    for hidden in ("Secret garden", "Moss", "40", "/plants"):
        assert hidden not in told


@pytest.mark.parametrize(
    ("condition", "true"),
    [
        (PAGE, True),
        ({**PAGE, "value": "Fernwood"}, False),
        ({**PAGE, "kind": "row", "name": "name", "value": "Fern"}, True),
        ({**PAGE, "kind": "row", "name": "height", "value": "Fern"}, False),
        ({**PAGE, "kind": "row", "value": "Fern"}, True),
        ({**PAGE, "kind": "first row", "value": "Fern"}, False),
        ({**PAGE, "kind": "every row", "name": "name", "value": "Fern"}, False),
        ({**PAGE, "kind": "sorted", "name": "height", "value": "ascending"}, True),
        ({**PAGE, "kind": "sorted", "name": "height", "value": "descending"}, False),
        ({**PAGE, "kind": "rows", "value": "2"}, True),
        ({**PAGE, "kind": "rows", "value": "3"}, False),
        ({**PAGE, "kind": "text", "value": "Secret garden"}, True),
        ({**PAGE, "kind": "no text", "value": "Secret garden"}, False),
        ({**PAGE, "kind": "record", "value": "Moss"}, False),
        ({**PAGE, "kind": "on", "name": "Moss", "value": ""}, False),
        ({**PAGE, "kind": "field", "name": "Search", "value": "Moss"}, False),
    ],
)
def test_what_it_reads_can_be_held_against_a_walk(condition: dict[str, Any], true: bool) -> None:
    asked = replace(TASK, text=f"Open the list: {condition['value']}, {PAGE['value']}.")
    assert holds(check(condition, one=asked)) is true


def test_what_was_true_on_the_way_is_asked_of_the_way() -> None:
    before = {**PAGE, "when": "before", "value": "Fernwood"}
    assert holds(check(before, PAGE))
    asked = replace(TASK, text="From Mosswood open the list of plants.")
    assert not holds(check({**before, "value": "Mosswood"}, PAGE, one=asked))


def test_a_check_stands_for_its_task_and_is_no_task() -> None:
    (found,) = said(PAGE).instructions
    assert (found.kind, found.level, found.parent_id) == ("check", "low", TASK.instruction_id)
    assert (found.path, found.text) == (TASK.path, "the page is called 'Plants'")


def test_the_answer_of_a_question_is_part_of_it() -> None:
    asked = check(PAGE, one=replace(TASK, answer="40"))
    assert [type(condition).__name__ for condition in asked.all] == ["Called", "Answered"]


@pytest.mark.parametrize(
    ("conditions", "why"),
    [
        ([], "nothing is said of the end"),
        ([{**PAGE, "when": "before"}], "nothing is said of the end"),
        ([PAGE, {**PAGE, "value": " "}], "page without a value"),
        ([{**PAGE, "kind": "sorted", "name": "height", "value": "up"}], "sorted in no direction"),
        ([{**PAGE, "kind": "rows", "value": "list"}], "rows without a number"),
        ([{**PAGE, "value": "the last page is headed by the value"}], UNGIVEN),
        ([PAGE, {**PAGE, "kind": "text", "value": "Your plants were saved."}], UNGIVEN),
        ([{**PAGE, "kind": "field"}], "field without a name"),
        ([{**PAGE, "kind": "on", "value": ""}], "on without a name"),
    ],
)
def test_words_that_say_too_little_leave_a_label_with_the_reason(conditions: list[dict[str, Any]], why: str) -> None:
    found = said(*conditions)
    assert found.instructions == ()
    refusal, _ = found.labels
    assert (refusal.subject, refusal.verdict, refusal.rule, refusal.reason) == ("instruction", "abstain", UNREAD, why)
    assert dict(found.silences) == {f"{UNREAD}: {why}": 1}


def test_more_conditions_than_were_asked_for_are_no_answer() -> None:
    found = said(*[PAGE] * (MOST_CONDITIONS + 1))
    assert found.instructions == ()
    assert found.labels[0].verdict == "abstain"


def test_refused_tasks_are_not_read() -> None:
    refused = label(EPISODE, subject="instruction", verdict="harmful", instruction_id=TASK.instruction_id)
    assert list(ASKER.requests(replace(EPISODE, labels=(refused,)), [TASK])) == []
