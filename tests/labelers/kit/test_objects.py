import pytest

from labelers.kit.objects import MOST, object_in
from schemas.errors import SchemaError

SAID = '{"reason": "It is sorted.", "verdict": "good"}'
DRAFT = '{"reason": "Not yet.", "verdict": "harmful"}'
NAMES = ("reason", "verdict")


@pytest.mark.parametrize(
    "around",
    [
        "{}",
        "  {}\n",
        "```json\n{}\n```",
        "```\n{}\n```",
        "Here is the JSON:\n\n{}\n\nI hope that helps!",
        "<think>It is sorted, {{so}} it is good.</think>\n{}",
        f"<think>First {DRAFT.replace('{', '{{').replace('}', '}}')}. No.</think>{{}}",
        f"Maybe {DRAFT.replace('{', '{{').replace('}', '}}')}.\n</think>\n\n{{}}",
        '<thinking>{{"reason": 1</thinking> ```json\n{}```',
        "[THINK]hm[/THINK]{}",
        "◁think▷hm◁/think▷{}",
        "<|channel|>analysis<|message|>{{hm}}<|end|><|start|>assistant<|channel|>final<|message|>{}<|return|>",
        "\ufeff{}",
        "[{}]",
        "{{not JSON}} {}",
        "The goal { is open. {}".replace("{ ", "{{ "),
    ],
)
def test_what_stands_around_an_object_is_no_part_of_it(around: str) -> None:
    assert object_in(around.format(SAID), NAMES) == {"reason": "It is sorted.", "verdict": "good"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "good",
        "[]",
        "null",
        SAID[:-1],
        SAID + SAID,
        f"{DRAFT} or {SAID}",
        f"<think>{SAID}",
        f"<think>{SAID}</think>",
        f'{{"answer": {SAID}}}',
        '{"reason": "r", "verdict": "good", "verdict": "harmful"}',
        '{"reason": NaN, "verdict": "good"}',
        '{"a": 1, "a": 2, "b": ' + SAID + "}",
        "{" * 200_000,
        '{"a":' * 100_000,
        "{ " * (MOST + 1) + SAID,
    ],
)
def test_none_and_several_and_drafts_are_no_answer(text: str) -> None:
    with pytest.raises(SchemaError, match="expected an object with reason, verdict, found"):
        object_in(text, NAMES)


def test_a_page_that_is_quoted_in_an_answer_ends_no_thought() -> None:
    text = '{"reason": "It shows <think> and </think> and {\\"verdict\\": 1}.", "verdict": "good"}'
    assert object_in(text, NAMES)["verdict"] == "good"
    assert object_in(f"So: {SAID}", NAMES)["verdict"] == "good"
