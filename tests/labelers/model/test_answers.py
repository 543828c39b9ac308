import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelers.model.answers import ANSWER_LIMIT, CUT, THOUGHTS, ModelAnswer, read_answer, status_in
from labelers.model.prices import Usage


def completion(message: Any, *, ending: str = "stop", usage: Any = None) -> bytes:
    return json.dumps({"choices": [{"finish_reason": ending, "message": message}], "usage": usage}).encode()


def test_a_text_with_its_tokens_is_an_answer() -> None:
    used = {"prompt_tokens": 9, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 4}}
    assert read_answer(completion({"content": "yes"}, usage=used)) == ModelAnswer("ok", "yes", None, Usage(9, 2, 4))
    assert read_answer(completion({"content": ""})) == ModelAnswer("ok", "")


def test_a_refusal_says_why() -> None:
    assert read_answer(completion({"content": None, "refusal": "No."})).error == "No."
    assert read_answer(completion({"content": "Ye"}, ending="content_filter")).status == "refused"


def test_an_answer_that_was_cut_is_of_no_use_and_is_kept() -> None:
    answer = read_answer(completion({"content": '{"a"'}, ending="length"))
    assert (answer.status, answer.text) == ("malformed", '{"a"')


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"choices":[]}',
        b'{"choices":[{}]}',
        b'{"choices":[{"message":3}]}',
        b"\xff",
        b"NaN",
    ],
)
def test_what_is_no_completion_is_malformed_and_its_bytes_are_kept(data: bytes) -> None:
    answer = read_answer(data)
    assert (answer.status, answer.text) == ("malformed", data.decode("utf-8", "replace"))


def test_an_endless_answer_is_not_read() -> None:
    assert read_answer(b" " * (ANSWER_LIMIT + 1)).text is None


@pytest.mark.parametrize("tokens", [-1, 1.5, "3", None, 10**12, True])
def test_tokens_that_are_none_are_unknown(tokens: Any) -> None:
    assert (
        read_answer(completion({"content": "x"}, usage={"prompt_tokens": tokens, "completion_tokens": 1})).usage is None
    )


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["choices", "message", "content", "usage", "refusal", "prompt_tokens"]),
                inner,
                max_size=4,
            )
        ),
    )
)
def test_nothing_that_a_server_says_is_an_error_of_ours(said: Any) -> None:
    assert read_answer(json.dumps(said).encode()).status in ("ok", "refused", "malformed")


FORM = '{"verdict":"good"}'


@pytest.mark.parametrize(
    "message",
    [
        {"content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": FORM}]},
        {"content": {"verdict": "good"}},
        {"content": None, "tool_calls": [{"type": "function", "function": {"name": "answer", "arguments": FORM}}]},
        {"content": "", "function_call": {"name": "answer", "arguments": {"verdict": "good"}}},
        {"content": None, "reasoning_content": FORM},
        {"content": "", "reasoning": f"It is good: {FORM}"},
    ],
)
def test_an_answer_is_found_wherever_a_server_puts_it(message: Any) -> None:
    answer = read_answer(completion(message))
    assert answer.status == "ok"
    assert answer.text is not None
    assert "good" in answer.text


def test_thoughts_alone_are_no_answer() -> None:
    answer = read_answer(completion({"content": "", "reasoning_content": f"Maybe {FORM}, let me see"}))
    assert (answer.status, answer.error) == ("malformed", THOUGHTS)


def test_an_object_that_had_its_end_before_the_limit_is_whole() -> None:
    assert read_answer(completion({"content": FORM + " \n" * 50}, ending="length")).status == "ok"
    draft = read_answer(completion({"content": f"<think>{FORM} or"}, ending="length"))
    assert (draft.status, draft.error) == ("malformed", CUT)


def test_half_a_character_in_whatever_bytes_is_replaced() -> None:
    for body in (
        b'{"choices":[{"message":{"content":"caf\\ud83d"}}]}',
        b'{"choices":[{"message":{"content":"caf\xe9"}}]}',
        b'{"choices":[{"message":{"content":"caf\xed\xa0\xbd"}}]}',
        b'\xef\xbb\xbf{"choices":[{"message":{"content":"caf\\u0000"}}]}',
    ):
        answer = read_answer(body)
        assert (answer.status, (answer.text or "").strip("\ufffd")) == ("ok", "caf")
        (answer.text or "").encode()


def test_an_error_that_comes_as_an_answer_is_a_failure_with_its_status() -> None:
    for error, status in (
        ({"code": 429, "message": "slow"}, 429),
        ({"code": "x", "message": "no"}, None),
        ("no", None),
    ):
        answer = read_answer(json.dumps({"error": error}).encode())
        assert answer.status == "failed"
        assert status_in(answer.text or "") == status
    broken = {"choices": [{"finish_reason": "error", "message": {"content": "The l"}, "error": {"code": 502}}]}
    assert read_answer(json.dumps(broken).encode()).status == "failed"


@pytest.mark.parametrize("deep", [900, 100_000])
def test_what_is_nested_deep_is_no_answer(deep: int) -> None:
    nested = "[" * deep + "]" * deep
    for body in (nested, '{"choices":[{"message":{"content":' + nested + "}}]}", '{"error":' + nested + "}"):
        assert read_answer(body.encode()).status in ("malformed", "failed")
