import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelers.model.answers import ANSWER_LIMIT, ModelAnswer, read_answer
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
