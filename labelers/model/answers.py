"""What a chat server answers: its text and tokens, or what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from labelers.model.prices import Usage
from schemas.errors import SchemaError
from schemas.keys import parse_json

Status = Literal["ok", "refused", "malformed", "failed"]

ANSWER_LIMIT = 1_000_000
"""Bytes of an answer; a longer one is not read."""

TOKEN_LIMIT = 10**9


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """One answer. `text` is what the model said, also where that is of no use; `error` says why it is not `ok`.

    `usage` is None where nothing came that tells it.
    """

    status: Status
    text: str | None
    error: str | None = None
    usage: Usage | None = None


def read_answer(data: bytes) -> ModelAnswer:
    """The answer in the body of a response with status 200."""
    if len(data) > ANSWER_LIMIT:
        return ModelAnswer("malformed", None, f"expected at most {ANSWER_LIMIT} bytes, found {len(data)}")
    try:
        body = parse_json(data)
        choice = body["choices"][0]
        message = choice["message"]
        content, refusal = message.get("content"), message.get("refusal")
        ending = choice.get("finish_reason")
    except (SchemaError, LookupError, TypeError, AttributeError):
        return ModelAnswer(
            "malformed", data.decode("utf-8", "replace"), "expected a chat completion, found something else"
        )
    usage = _usage(body.get("usage"))
    text = content if isinstance(content, str) else None
    if refusal or ending == "content_filter":
        said = refusal if isinstance(refusal, str) else "the server's content filter"
        return ModelAnswer("refused", text, said[:500], usage)
    if text is None:
        return ModelAnswer(
            "malformed", data.decode("utf-8", "replace"), "expected a text in the answer, found none", usage
        )
    if ending == "length":
        return ModelAnswer("malformed", text, "the answer was cut at its longest length", usage)
    return ModelAnswer("ok", text, None, usage)


def _usage(usage: object) -> Usage | None:
    if not isinstance(usage, Mapping):
        return None
    details = usage.get("prompt_tokens_details")
    cached = _tokens(details.get("cached_tokens")) if isinstance(details, Mapping) else None
    input_, output = _tokens(usage.get("prompt_tokens")), _tokens(usage.get("completion_tokens"))
    return None if input_ is None or output is None else Usage(input_, output, min(cached or 0, input_))


def _tokens(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value < TOKEN_LIMIT else None
