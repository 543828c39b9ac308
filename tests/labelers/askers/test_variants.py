from dataclasses import replace

from labelers.askers.variants import REFUSED, STYLES, TaskRephraser
from labelers.backend import Opinions
from labelers.kit.asker import Asker
from schemas.opinions import Instruction
from tests.labelers.askers.answering import USE, answers, label, task
from tests.labelers.site import heading, link, scene, typed, walk

HOME = scene("/", heading("Fernwood"), link("Plants", "/plants"), shade=10)
EPISODE = walk(scene("/", link("Search")), typed("blue fern", "Search", HOME), typed("fern", "Plants", HOME))
TASK = task(EPISODE, 'Search for "blue fern" and tell its height.', 0, answer="40 cm")
GOOD = {"exact": 'Find "blue fern" and say how high it is.', "casual": 'how high is "blue fern"?', "terse": "blue fern"}
ASKER = Asker(TaskRephraser(), USE)


def said(answer: object = None, one: Instruction = TASK) -> Opinions:
    return ASKER.read(EPISODE, [one], answers(ASKER, EPISODE, [one], answer or GOOD))


def test_variants_stand_for_their_task_and_keep_its_answer() -> None:
    found = said().instructions
    assert [(one.template, one.text) for one in found] == list(GOOD.items())
    for one in found:
        assert (one.kind, one.level, one.parent_id, one.answer) == ("variant", "high", TASK.instruction_id, "40 cm")
        assert (one.first_step, one.last_step, one.path) == (TASK.first_step, TASK.last_step, TASK.path)
    assert len({one.instruction_id for one in found}) == len(STYLES)


def test_what_changes_the_task_is_told_and_not_written() -> None:
    wrong = {"exact": 'Find "Blue Fern".', "casual": "", "terse": '"blue fern": 40 cm?'}
    found = said(wrong)
    assert found.instructions == ()
    refusal, _ = found.labels
    assert (refusal.subject, refusal.verdict, refusal.rule) == ("instruction", "abstain", REFUSED)
    assert refusal.instruction_id == TASK.instruction_id
    assert refusal.reason == (
        r'exact: a quoted value is lost: "Find \"Blue Fern\"."; terse: a number is changed: "\"blue fern\": 40 cm?"'
    )
    assert dict(found.silences) == {
        "variant refused: a number is changed": 1,
        "variant refused: a quoted value is lost": 1,
    }


def test_the_same_words_are_no_variant() -> None:
    found = said({"exact": TASK.text.upper().replace("BLUE FERN", "blue fern"), "casual": "", "terse": "x" * 401})
    assert found.instructions == ()
    again = said({**GOOD, "terse": GOOD["exact"]})
    assert [one.template for one in again.instructions] == ["exact", "casual"]


def test_only_tasks_that_were_not_refused_are_rephrased() -> None:
    variant = replace(TASK, instruction_id="v", kind="variant", parent_id=TASK.instruction_id)
    assert len(list(ASKER.requests(EPISODE, [TASK, variant]))) == 1
    for verdict, count in (("harmful", 0), ("good", 1), ("abstain", 1)):
        judged = label(EPISODE, subject="instruction", verdict=verdict, instruction_id=TASK.instruction_id)
        assert len(list(ASKER.requests(replace(EPISODE, labels=(judged,)), [TASK]))) == count


def test_the_answer_is_not_told_to_the_model() -> None:
    (request,) = ASKER.requests(EPISODE, [TASK])
    assert "40 cm" not in request.turns[1].text
    assert "asks for an answer" in request.turns[1].text


def test_a_question_without_answer_leaves_a_label() -> None:
    found = ASKER.read(EPISODE, [TASK], answers(ASKER, EPISODE, [TASK], None, status="failed"))
    assert [(one.subject, one.verdict) for one in found.labels] == [
        ("instruction", "abstain"),
        ("trajectory", "abstain"),
    ]
