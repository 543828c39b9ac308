"""What a server's chat interface does not know, found out by its own refusals: no list of servers or models.

A request is known by what it asks; a dialect is how that is put to one server, and no part of its digest.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from schemas.errors import SchemaError
from schemas.keys import canonical_json, parse_json

LENGTH, OLD_LENGTH, FORM, TEMPERATURE = "max_completion_tokens", "max_tokens", "response_format", "temperature"

Form = Literal["schema", "object", "words"]
"""How the form of an answer is asked for: by its JSON schema, as any JSON object, or in words alone. The last two have
the schema in the words as well."""

DIALECTS = 5
"""Ways in which one request is put at most: as it is, and with each of four things put otherwise."""

_UNKNOWN = re.compile(
    r"unsupported|not support|n't support|unknown|unrecogni[sz]ed|unexpected|extra|not permitted|not allowed|"
    r"invalid|not implemented|not available|unavailable|no such|must be|should be",
    re.I,
)
_TOO_LONG = re.compile(r"context length|too large|too long|exceed", re.I)
_MOST = re.compile(rb'^\{"max_completion_tokens":(\d{1,9})\b')
BEGIN = 100
"""Bytes of a body that are looked at for the longest answer: its names are sorted, and this is the first."""

_NAMES = (FORM, "json_schema", LENGTH, OLD_LENGTH, TEMPERATURE)
_FALLBACK: Mapping[Form, Form] = {"schema": "object", "object": "words", "words": "words"}


@dataclass(slots=True)
class Dialect:
    """How one model of one server is asked; `learn` changes it. One event loop uses it at a time."""

    length: str = LENGTH
    form: Form = "schema"
    temperature: bool = True

    @property
    def plain(self) -> bool:
        """Whether nothing has to be put otherwise."""
        return self == Dialect()

    def put(self, body: bytes) -> bytes:
        """The body of a request as this server takes it."""
        if self.plain:
            return body
        asked: dict[str, Any] = parse_json(body)
        if self.length != LENGTH and LENGTH in asked:
            asked[self.length] = asked.pop(LENGTH)
        if not self.temperature:
            asked.pop(TEMPERATURE, None)
        form = asked.get(FORM)
        if self.form != "schema" and isinstance(form, dict) and form.get("type") == "json_schema":
            asked["messages"] = _in_words(asked["messages"], form["json_schema"]["schema"])
            asked[FORM] = {"type": "json_object"}
            if self.form == "words":
                del asked[FORM]
        return canonical_json(asked)

    def learn(self, sent: bytes, refusal: bytes) -> bool:
        """Takes in why a request was refused, as it was sent; True if it can be put otherwise now.

        Where another call under way has taught it already, it only can.
        """
        name = _named(refusal)
        if name is None:
            return False
        asked = parse_json(sent)
        if name in (FORM, "json_schema") and FORM in asked:
            was: Form = "schema" if asked[FORM].get("type") == "json_schema" else "object"
            self.form = _FALLBACK[was] if self.form == was else self.form
            return True
        if name in (LENGTH, OLD_LENGTH) and LENGTH in asked:
            self.length = OLD_LENGTH
            return True
        if name == TEMPERATURE and TEMPERATURE in asked:
            self.temperature = False
            return True
        return False

    def overran(self, sent: bytes, tokens: int) -> None:
        """Takes in an answer of so many tokens: a server that knows the old name alone may pass over the new one.

        It tells by an answer that is longer than was asked for.
        """
        asked = _MOST.search(sent, 0, BEGIN)
        if self.length == LENGTH and asked is not None and tokens > int(asked[1]):
            self.length = OLD_LENGTH


def _named(refusal: bytes) -> str | None:
    """The parameter that a refusal says is not known or not supported; None where it says something else."""
    try:
        body = parse_json(refusal)
    except SchemaError:
        body = None
    error = body.get("error", body) if isinstance(body, dict) else None
    param = error.get("param") if isinstance(error, dict) else None
    text = refusal.decode("utf-8", "replace")
    if _TOO_LONG.search(text) or not _UNKNOWN.search(text):
        return None
    if isinstance(param, str) and param.partition(".")[0] in _NAMES:
        return param.partition(".")[0]
    places = [(at.start(), name) for name in _NAMES if (at := re.search(rf"\b{name}\b", text)) is not None]
    return min(places)[1] if places else None


def _in_words(messages: list[dict[str, Any]], schema: Any) -> list[dict[str, Any]]:
    """The messages with the schema at the end of the first: the fixed part stays the same for all requests."""
    said = (
        f"Answer with one JSON object that fits this JSON schema, and nothing else:\n{canonical_json(schema).decode()}"
    )
    first, *rest = messages
    content = first["content"]
    if isinstance(content, str):
        return [{**first, "content": f"{content}\n\n{said}"}, *rest]
    return [{**first, "content": [*content, {"type": "text", "text": said}]}, *rest]
