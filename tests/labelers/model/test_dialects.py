import asyncio
import json
import urllib.request
from typing import Any

import pytest

from labelers.model.budget import Budget, Pace
from labelers.model.chat import Chat
from labelers.model.client import AnsweredRequest, Client
from labelers.model.dialects import Dialect, as_sent, takes_no_pictures
from labelers.model.requests import AnswerForm, Request, Turn
from labelers.model.sending import Endpoint
from schemas.keys import canonical_json, parse_json
from schemas.protocols import Message
from schemas.records import Screen
from tests.labelers.model.server import serving

FORM = AnswerForm.of("verdict", {"type": "object", "properties": {"verdict": {"type": "string"}}})
BODY = canonical_json(
    {
        "max_completion_tokens": 9,
        "temperature": 0.0,
        "messages": [{"role": "system", "content": "Judge."}, {"role": "user", "content": "This."}],
        "response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}},
    }
)


def stats(url: str) -> dict[str, dict[str, int]]:
    with urllib.request.urlopen(url.replace("/v1", "/stats")) as answer:
        return json.load(answer)  # type: ignore[no-any-return]


def request(number: int = 0) -> Request:
    turns = (Turn("system", "Judge."), Turn("user", f"This is step {number}."))
    return Request("t", "local", turns, FORM, 20, 0.0)


def no_screen(name: str) -> Screen:
    raise KeyError(name)


def check(text: str) -> str | None:
    try:
        return None if isinstance(json.loads(text)["verdict"], str) else "no verdict"
    except (ValueError, KeyError):
        return "expected a verdict"


def ask(url: str, count: int = 6) -> list[AnsweredRequest]:
    async def run() -> list[AnsweredRequest]:
        endpoint = Endpoint(url, flights=2, seconds=5.0)
        client = Client(endpoint, budget=Budget(None), pace=Pace(), screen=no_screen, check=check)
        try:
            return [one async for one in client.answers(map(request, range(count)))]
        finally:
            await client.close()

    return asyncio.run(run())


@pytest.mark.parametrize("naming", ["openai", "vllm", "pydantic"])
@pytest.mark.parametrize(
    "unknown",
    [
        ["max_completion_tokens"],
        ["temperature"],
        ["json_schema"],
        ["json_schema", "response_format"],
        ["max_completion_tokens", "json_schema", "response_format", "temperature"],
    ],
)
def test_what_a_server_does_not_know_is_put_otherwise_after_its_first_refusals(naming: str, unknown: list[str]) -> None:
    with serving(unknown=unknown, naming=naming) as url:
        found = ask(url)
        came = stats(url)["came"]
    assert [one.answer.status for one in found] == ["ok"] * 6
    refused = {name: count for name, count in came.items() if name.startswith("refused")}
    assert set(refused) == {f"refused: {name}" for name in unknown}
    assert max(refused.values()) <= 2  # the calls that were under way
    assert len(came) == 6 + len(refused)
    assert {one.request.digest for one in found} == {request(number).digest for number in range(6)}


def test_a_server_that_keeps_silent_about_a_name_it_does_not_know_answers_too_long() -> None:
    with serving(overrun=500) as url:
        found = ask(url)
    lengths = [one.answer.usage.output for one in found if one.answer.usage is not None]
    assert lengths.count(500) <= 2
    assert lengths.count(12) >= 4


def test_a_chat_learns_once_for_all_its_calls() -> None:
    with serving(unknown=["max_completion_tokens"]) as url:
        chat = Chat(Endpoint(url), "local")
        for number in range(3):
            assert chat([Message("user", f"Hello {number}")]) == "Said."
        assert stats(url)["came"]["refused: max_completion_tokens"] == 1


def put(dialect: Dialect, body: bytes = BODY) -> dict[str, Any]:
    return dict(parse_json(dialect.put(body)))


def test_a_body_is_put_as_the_dialect_is() -> None:
    assert Dialect().put(BODY) is BODY
    found = put(Dialect(length="max_tokens", form="object", temperature=False))
    assert found["max_tokens"] == 9
    assert found["response_format"] == {"type": "json_object"}
    assert not {"max_completion_tokens", "temperature"} & found.keys()
    system, user = found["messages"]
    assert system["content"].startswith("Judge.\n\nAnswer with one JSON object")
    assert system["content"].endswith('{"type":"object"}')
    assert user == {"role": "user", "content": "This."}
    assert "response_format" not in put(Dialect(form="words"))
    assert put(Dialect(form="words"))["messages"] == found["messages"]
    plain = canonical_json({"messages": [{"role": "user", "content": "Hello"}]})
    assert put(Dialect("max_tokens", "words", temperature=False), plain) == parse_json(plain)


@pytest.mark.parametrize(
    "refusal",
    [
        b"{}",
        b"not even JSON",
        b'{"error":{"message":"this picture is none"}}',
        b'{"error":{"message":"max_completion_tokens is too large: this model\'s maximum context length is 8192"}}',
        b'{"error":{"message":"Unknown parameter: \'top_k\'.","param":"top_k"}}',
        b'{"error":{"message":"max_completion_tokens: the queue is full"}}',
    ],
)
def test_a_refusal_of_something_else_teaches_nothing(refusal: bytes) -> None:
    dialect = Dialect()
    assert not dialect.learn(BODY, refusal)
    assert dialect == Dialect()


def test_what_was_learnt_by_another_call_under_way_is_not_learnt_twice() -> None:
    dialect, refusal = Dialect(), b'{"error":{"message":"response_format is not supported"}}'
    assert dialect.learn(BODY, refusal)
    assert dialect.form == "object"
    assert dialect.learn(BODY, refusal)  # sent before that
    assert dialect.form == "object"
    assert dialect.learn(dialect.put(BODY), refusal)
    assert dialect.form == "words"
    assert not dialect.learn(dialect.put(BODY), refusal)


def test_what_names_both_lengths_means_the_one_that_was_sent() -> None:
    said = b'{"error":{"message":"Unsupported parameter: max_completion_tokens. Use max_tokens instead."}}'
    dialect = Dialect()
    assert dialect.learn(BODY, said)
    assert dialect.length == "max_tokens"
    assert not dialect.learn(dialect.put(BODY), said)


BOUNDED = as_sent(
    {
        "messages": [{"role": "user", "content": "This."}],
        "response_format": {
            "json_schema": {
                "name": "x",
                "schema": {
                    "type": "object",
                    "properties": {
                        "reason": {"type": "string", "minLength": 1, "maxLength": 9},
                        "list": {"type": "array", "items": {"type": "integer", "minimum": 0}, "maxItems": 3},
                    },
                },
            },
            "type": "json_schema",
        },
    }
)


@pytest.mark.parametrize(
    "refusal",
    [
        b"{\"error\":{\"message\":\"Invalid schema for response_format 'x': In context=('properties', 'reason'), "
        b'\'maxLength\' is not permitted.","param":"response_format"}}',
        b'{"message":"The provided JSON schema contains features not supported by xgrammar."}',
        b'{"error":"json_schema: unsupported keyword minItems"}',
    ],
)
def test_a_schema_whose_lengths_a_server_does_not_know_is_put_without_them(refusal: bytes) -> None:
    dialect = Dialect()
    assert dialect.learn(BOUNDED, refusal)
    assert dialect.form == "bare"
    schema = put(dialect, BOUNDED)["response_format"]["json_schema"]["schema"]
    assert schema["properties"] == {
        "reason": {"type": "string"},
        "list": {"type": "array", "items": {"type": "integer"}},
    }
    assert list(schema["properties"]) == ["reason", "list"]
    assert dialect.learn(dialect.put(BOUNDED), b'{"message":"json_schema is not supported"}')
    assert dialect.form == "object"


def test_a_form_in_words_keeps_its_order() -> None:
    said = put(Dialect(form="words"), BOUNDED)["messages"][0]["content"]
    assert said.index('"reason"') < said.index('"list"')
    assert said.index('"minLength":1') < said.index('"maxLength":9')


@pytest.mark.parametrize(
    "refusal",
    [
        "Invalid content type. image_url is only supported by certain models.",
        "image input is not supported - hint: if this is unexpected, you may need to provide the mmproj",
        "Qwen2.5-7B-Instruct is not a multimodal model",
        "At most 0 image(s) may be provided in one prompt.",
        "Failed to deserialize: messages[1]: unknown variant `image_url`, expected `text` at line 1",
        "this model is missing data required for image input",
        "Model does not support images. Please use a model that does.",
        "No endpoints found that support image input",
        "messages[1].content must be a string",
        "[{'loc': ('body', 'messages', 1, 'content', 'str'), 'msg': 'Input should be a valid string'}]",
        "json: cannot unmarshal array into Go struct field Message.messages.content of type string",
    ],
)
def test_a_server_says_in_many_ways_that_it_takes_no_pictures(refusal: str) -> None:
    assert takes_no_pictures(refusal)


@pytest.mark.parametrize(
    "refusal",
    [
        "this picture is none",
        "image exceeds 5 MB maximum",
        "Unsupported image format: tiff is not supported",
        "Invalid image data",
        "The image was not allowed by the content policy",
        "image too large: images of more than 8000 pixels are not supported",
        "At most 4 images may be provided in one prompt; more are not supported.",
        "Could not process image",
        "the model is not available",
        "internal server error",
    ],
)
def test_what_is_wrong_with_one_picture_is_not_said_of_all(refusal: str) -> None:
    assert not takes_no_pictures(refusal)
