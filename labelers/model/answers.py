"""What a chat server answers: its text and tokens, or what is wrong with it."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from labelers.model.prices import Usage
from schemas.errors import SchemaError
from schemas.keys import parse_json

Status = Literal["ok", "refused", "malformed", "failed"]

ANSWER_LIMIT = 1_000_000
"""Bytes of an answer; a longer one is not read."""

TOKEN_LIMIT = 10**9

SAID = 500
"""Characters of what a server says in the place of an answer."""

CUT = "the answer was cut at its longest length: a model that reasons needs more, by --most-output"
THOUGHTS = "expected an answer, found thoughts"
NO_COMPLETION = "expected a chat completion, found something else"
UNFINISHED = ("the answer was cut", THOUGHTS)
"""How the errors begin of answers that hold drafts at most."""

_UNREADABLE = re.compile("[\ud800-\udfff\x00]")


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
    """The answer in the body of a response with status 200.

    The text is that of the message; else the arguments of its call of a tool, else what a server took for thoughts.
    """
    if len(data) > ANSWER_LIMIT:
        return ModelAnswer("malformed", None, f"expected at most {ANSWER_LIMIT} bytes, found {len(data)}")
    raw = readable(data.decode("utf-8", "replace")).removeprefix("\ufeff")
    try:
        body = parse_json(raw.encode())
    except SchemaError:
        return ModelAnswer("malformed", raw, NO_COMPLETION)
    if isinstance(body, dict) and body.get("error") and not body.get("choices"):
        return ModelAnswer("failed", raw, f"the server says: {readable(str(body['error']))[:SAID]}")
    try:
        choice = body["choices"][0]
        message = choice.get("message") or {"content": choice["text"]}
        content, refusal = _said(message.get("content")), message.get("refusal")
        text = content or next(_beside(message), content)
        ending = choice.get("finish_reason")
    except (LookupError, TypeError, AttributeError):
        return ModelAnswer("malformed", raw, NO_COMPLETION)
    usage = _usage(body.get("usage"))
    if refusal or ending == "content_filter":
        said = refusal if isinstance(refusal, str) else "the server's content filter"
        return ModelAnswer("refused", text, readable(said[:SAID]), usage)
    if ending == "error":
        said = readable(str(choice.get("error")))
        return ModelAnswer("failed", text, f"the server broke off: {said[:SAID]}", usage)
    if text is None:
        return ModelAnswer("malformed", raw, "expected a text in the answer, found none", usage)
    # One whose object had its end before, and that went on with white space, is whole. A draft among thoughts is not.
    if (ending == "length" or text != content) and not text.rstrip("` \n\r\t").endswith("}"):
        return ModelAnswer("malformed", text, CUT if ending == "length" else THOUGHTS, usage)
    return ModelAnswer("ok", text, None, usage)


def readable(text: str) -> str:
    """The text with a sign of replacement for what no table holds: half a character of two, and NUL."""
    return _UNREADABLE.sub("\ufffd", text)


def _said(content: Any) -> str | None:
    """The text of a message: some servers give parts, some the object itself; what is none of these is no text."""
    if isinstance(content, dict):
        return json.dumps(content)
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, dict) and part.get("type") == "text"]
        return readable("".join(part for part in parts if isinstance(part, str))) or None
    return readable(content) if isinstance(content, str) else None


def _beside(message: Mapping[str, Any]) -> Iterator[str]:
    """What a message without a text holds: the arguments of a call, then thoughts."""
    calls = message.get("tool_calls")
    called = [call.get("function") for call in calls if isinstance(call, dict)] if isinstance(calls, list) else []
    for function in (*called, message.get("function_call")):
        arguments = _said(function.get("arguments")) if isinstance(function, dict) else None
        if arguments:
            yield arguments
    for name in ("reasoning_content", "reasoning"):
        if thoughts := _said(message.get(name)):
            yield thoughts


def status_in(text: str) -> int | None:
    """The HTTP status that an error names which came with the status of an answer."""
    try:
        error = parse_json(text.encode())["error"]
        code = error.get("code", error.get("status"))
    except (SchemaError, LookupError, TypeError, AttributeError):
        return None
    return code if type(code) is int and 400 <= code < 600 else None


def _usage(usage: object) -> Usage | None:
    if not isinstance(usage, Mapping):
        return None
    details = usage.get("prompt_tokens_details")
    cached = _tokens(details.get("cached_tokens")) if isinstance(details, Mapping) else None
    input_, output = _tokens(usage.get("prompt_tokens")), _tokens(usage.get("completion_tokens"))
    return None if input_ is None or output is None else Usage(input_, output, min(cached or 0, input_))


def _tokens(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value < TOKEN_LIMIT else None
