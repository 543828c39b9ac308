import json
from typing import Any

import pytest

from labelers.askers import NAMES, questionnaire
from labelers.askers.reward import RewardJudge
from labelers.kit.asker import Asker
from labelers.kit.forms import STEPS, Choice, Flag, Form, ListForm, Text, Whole, loops
from labelers.model.gallery import Gallery
from labelers.model.requests import body_of
from schemas.errors import SchemaError

FORM = Form({"reason": Text(), "score": Whole(1, 5), "success": Flag()})


def test_an_answer_has_just_its_fields() -> None:
    said = '{"reason":"r","score":3,"success":true}'
    assert FORM.parse(said) == {"reason": "r", "score": 3, "success": True}
    assert FORM.parse(f"```json\n{said}\n```") == FORM.parse(f"  {said}\n")
    for wrong in (
        "",
        "good",
        "[]",
        '{"reason":"r","score":3}',
        '{"reason":"r","score":3,"success":true,"more":1}',
        '{"reason":"r","score":true,"success":true}',
        '{"reason":"r","score":3.0,"success":true}',
        '{"reason":null,"score":3,"success":true}',
        said + said,
    ):
        with pytest.raises(SchemaError):
            FORM.parse(wrong)


def scored(score: str) -> str:
    """An answer with that JSON in the place of a number."""
    return '{"reason":"r","score":' + score + ',"success":true}'


def texts_of(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """The schemas of all texts in a schema that may be any."""
    inner = [*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])]
    mine = [schema] if schema["type"] == "string" and "enum" not in schema else []
    return [*mine, *(text for part in inner for text in texts_of(part))]


@pytest.mark.parametrize("name", NAMES)
def test_no_text_of_an_answer_is_endless_and_a_list_neither(name: str) -> None:
    form = questionnaire(name).form
    schema = form.schema
    assert all(text["maxLength"] <= 1_000 and text["minLength"] >= 0 for text in texts_of(schema))
    assert not isinstance(form, ListForm) or schema["properties"][form.name]["maxItems"] == form.most


@pytest.mark.parametrize("name", NAMES)
def test_the_reason_is_asked_for_before_what_follows_from_it(name: str) -> None:
    fields = list(questionnaire(name).form.schema["properties"])
    for reason, decided in (
        ("reason", ("score", "verdict", "winner", "kind", "success")),
        ("account", ("task", "true")),
    ):
        if name != "synthesis" and reason in fields:
            assert all(fields.index(reason) < fields.index(each) for each in decided if each in fields)


def test_a_form_is_sent_in_its_own_order() -> None:
    from tests.labelers.askers.answering import USE, task
    from tests.labelers.askers.golden import hostile

    episode = hostile()
    request = next(iter(Asker(RewardJudge(), USE).requests(episode, [task(episode, "Search.")])))
    bare = type(request)("t", "m", (request.turns[0],), request.form, 5)
    body = body_of(bare, Gallery(lambda name: pytest.fail(name)))
    schema = json.loads(body)["response_format"]["json_schema"]["schema"]
    assert (
        list(schema["properties"])
        == schema["required"]
        == ["reason", "success", "score", "process", "first_failing_step", "blame"]
    )


def test_half_a_character_and_what_no_table_holds_are_replaced() -> None:
    said = r'{"reason":"sorted \ud83d and \ud83d\ude00 and \u0000","score":3,"success":true}'
    assert FORM.parse(said)["reason"] == "sorted \ufffd and \U0001f600 and \ufffd"
    assert FORM.parse('{"reason":"\ud83d","score":3,"success":true}')["reason"] == "\ufffd"


def test_a_text_that_is_too_long_is_cut_and_says_so() -> None:
    cut = Text(5).read("a long one")
    assert (cut, len(cut)) == ("a lon…", 6)
    assert Text(5).read("short") == "short"


@pytest.mark.parametrize("unit", ["the ", "click on ", "0123456789", "\\n- the list is sorted"])
def test_the_same_again_and_again_is_no_text(unit: str) -> None:
    with pytest.raises(SchemaError, match="again and again"):
        Text().read(f"It is {unit * 20}")
    assert loops(f"It is {unit * 2}") is None


@pytest.mark.parametrize(
    "text", ["-" * 300, " " * 300, "The rows 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16."]
)
def test_lines_and_lists_are_no_loops(text: str) -> None:
    assert loops(text) is None


@pytest.mark.parametrize("number", ["1e999", "NaN", "Infinity", "3.5", '"3"', "true", "null", "[]", "9" * 5_000])
def test_a_number_that_is_none_is_refused(number: str) -> None:
    with pytest.raises(SchemaError):
        FORM.parse(scored(number))


def test_a_number_beyond_all_steps_is_as_good_as_any_other_that_is_none() -> None:
    assert FORM.parse(scored("9" * 4_000))["score"] == STEPS
    assert Whole(0, 9).read(-7) == -7


@pytest.mark.parametrize("deep", [5, 900, 100_000])
def test_a_value_that_is_deep_is_told_in_few_words(deep: int) -> None:
    with pytest.raises(SchemaError) as told:
        FORM.parse(scored("[" * deep + "]" * deep))
    assert len(str(told.value)) < 300


def test_a_choice_is_of_its_own_type() -> None:
    assert Choice(1, 2).read(2) == 2
    for wrong in (True, 1.0, "1", 3, None):
        with pytest.raises(SchemaError, match="one of 1, 2"):
            Choice(1, 2).read(wrong)
