"""What a server's chat interface does not know, found out by its own refusals: no list of servers or models.

A request is known by what it asks; a dialect is how that is put to one server, and no part of its digest.
"""

import json
import re
from dataclasses import dataclass
from typing import Any, Literal, get_args

from schemas.errors import SchemaError
from schemas.keys import parse_json

LENGTH, OLD_LENGTH, FORM, TEMPERATURE = "max_completion_tokens", "max_tokens", "response_format", "temperature"

Form = Literal["schema", "bare", "object", "words"]
"""How the form of an answer is asked for: by its JSON schema, by that without lengths and bounds, as any JSON object,
or in words alone. The last two have the schema in the words as well."""

FORMS: tuple[Form, ...] = get_args(Form)

BOUNDS = ("minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems")
"""What a JSON schema says of sizes: servers that make a grammar of it do not know all of it."""

DIALECTS = 6
"""Ways in which one request is put at most: as it is, and with the other name, the other forms, no temperature."""

_UNKNOWN = re.compile(
    r"unsupported|not support|n't support|unknown|unrecogni[sz]ed|unexpected|extra|not permitted|not allowed|"
    r"invalid|not implemented|not available|unavailable|no such|must be|should be",
    re.I,
)
_TOO_LONG = re.compile(r"context length|too large|too long|exceed", re.I)
_MOST = re.compile(rb'^\{"max_completion_tokens":(\d{1,9})\b')
BEGIN = 100
"""Bytes of a body that are looked at for the longest answer, which stands first."""

_NAMES = (FORM, "json_schema", LENGTH, OLD_LENGTH, TEMPERATURE)
_OF_BOUNDS = re.compile(rf"\b(?:{'|'.join(BOUNDS)})\b|schema contains features", re.I)

_PICTURE = re.compile(r"\bimages?\b|image_url|\bpictures?\b|\bvision\b|multi-?modal|mmproj|\bvisual\b", re.I)
_NOT_TAKEN = re.compile(
    r"not (?:a )?(?:support|multi-?modal|accept|allow|permit|enabled|available|implemented)|"
    r"n't (?:support|accept|take)|unsupported (?!image)|only supported|text[- ]only|"
    r"(?:cannot|can't) (?:accept|take|see)|"
    r"no endpoints found|missing data required|unknown variant|non-?multimodal|non-?vision|no vision|"
    r"expected `?text`?|not a (?:vision|visual)|at most 0 image|without (?:an? )?(?:vision|image|mmproj)",
    re.I,
)
_THIS_PICTURE = re.compile(
    r"too (?:large|big|many|small|long)|exceed|resolution|\bsize|pixels|format|mime|media.?type|base64|decod|corrupt|"
    r"invalid image|download|fetch|\bgif\b|\bpng\b|\bwebp\b|\bjpe?g\b|at most [1-9]|polic|safety|moderat|filter",
    re.I,
)
_TEXT_ALONE = re.compile(
    r"content\W{0,20}(?:\w+\W+){0,4}(?:must|should|expected|has) (?:to )?be (?:a |of type )?(?:valid )?string|"
    r"cannot unmarshal array into (?:\S+ ){0,5}\S*content\S* of type string",
    re.I,
)
_WITH_PICTURE = b'"type":"image_url"'


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
            schema = form["json_schema"]["schema"]
            if self.form == "bare":
                form["json_schema"]["schema"] = _without_bounds(schema)
            else:
                asked["messages"] = _in_words(asked["messages"], schema)
                asked[FORM] = {"type": "json_object"}
            if self.form == "words":
                del asked[FORM]
        return as_sent(asked)

    def learn(self, sent: bytes, refusal: bytes) -> bool:
        """Takes in why a request was refused, as it was sent; True if it can be put otherwise now.

        Where another call under way has taught it already, it only can.
        """
        name = _named(refusal)
        if name is None:
            return False
        asked = parse_json(sent)
        if name in (FORM, "json_schema") and FORM in asked:
            self.form = max(self.form, _next_form(asked[FORM], refusal), key=FORMS.index)
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
    if places:
        return min(places)[1]
    return FORM if _OF_BOUNDS.search(text) else None


def as_sent(value: Any) -> bytes:
    """The JSON of what is sent: names stand in the order in which they were put, since models answer in that of a form.

    Raises:
        ValueError: for a number that is not finite.
    """
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8", "replace")


def shows_pictures(sent: bytes) -> bool:
    """Whether a body holds a picture: recorded texts can't pass for one, because their quotation marks are escaped."""
    return _WITH_PICTURE in sent


def takes_no_pictures(refusal: str) -> bool:
    """Whether a server says that its model takes no pictures at all, and not that this one is too large or none."""
    if _THIS_PICTURE.search(refusal):
        return False
    named = _PICTURE.search(refusal) is not None and _NOT_TAKEN.search(refusal) is not None
    return named or _TEXT_ALONE.search(refusal) is not None


def _next_form(form: dict[str, Any], refusal: bytes) -> Form:
    """How the form is asked for after one that was sent so was refused."""
    if form.get("type") != "json_schema":
        return "words"
    bounded = _without_bounds(form) != form
    return "bare" if bounded and _OF_BOUNDS.search(refusal.decode("utf-8", "replace")) else "object"


def _without_bounds(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {name: _without_bounds(part) for name, part in schema.items() if name not in BOUNDS}
    return [_without_bounds(part) for part in schema] if isinstance(schema, list) else schema


def _in_words(messages: list[dict[str, Any]], schema: Any) -> list[dict[str, Any]]:
    """The messages with the schema at the end of the first: the fixed part stays the same for all requests."""
    said = f"Answer with one JSON object that fits this JSON schema, and nothing else:\n{as_sent(schema).decode()}"
    first, *rest = messages
    content = first["content"]
    if isinstance(content, str):
        return [{**first, "content": f"{content}\n\n{said}"}, *rest]
    return [{**first, "content": [*content, {"type": "text", "text": said}]}, *rest]
