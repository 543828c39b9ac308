"""The JSON object in what a model said: thoughts, fences and words that stand around it are no part of the answer."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from labelers.model.answers import readable
from schemas.errors import SchemaError
from schemas.keys import parse_json

MOST = 100
"""Places in a text at which an object may begin; what comes after them is not looked at."""

_TAGS = "think|thinking|thought|thoughts|reasoning|reflection|analysis|scratchpad"
_THOUGHT = re.compile(
    rf"<({_TAGS})>.*?(?:</\1>|\Z)|◁think▷.*?(?:◁/think▷|\Z)|\[THINK\].*?(?:\[/THINK\]|\Z)"
    r"|<\|channel\|>(?:analysis|commentary).*?(?:<\|channel\|>final|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_THOUGHT_BEFORE = re.compile(rf"\A.*(?:</(?:{_TAGS})>|◁/think▷|\[/THINK\])", re.DOTALL | re.IGNORECASE)
"""Of a chat whose template has opened the thought already, only its end is in the answer."""

_LENIENT = json.JSONDecoder()


def object_in(text: str, names: Sequence[str]) -> dict[str, Any]:
    """The one object with just these names.

    Raises:
        SchemaError: if there is none, or several: which of them is meant nobody knows.
    """
    problem: SchemaError | None = None
    text = readable(text)
    try:
        whole = parse_json(text.strip().encode())
    except SchemaError as error:
        whole, problem = None, error
    said = _THOUGHT_BEFORE.sub("", _THOUGHT.sub("", text))
    answers = [whole] if isinstance(whole, dict) else list(_objects(said))
    fitting = [answer for answer in answers if answer.keys() == set(names)]
    if len(fitting) == 1:
        return fitting[0]
    wanted = f"an object with {', '.join(names)}"
    if fitting:
        raise SchemaError(f"expected {wanted}, found {len(fitting)} of them")
    raise SchemaError(f"expected {wanted}, found {text.strip()[:80]!r}") from problem


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """The objects of a text that lie in no other, in order; what only looks like one is passed over."""
    place = -1
    for _ in range(MOST):
        place = text.find("{", place + 1)
        if place < 0:
            return
        try:
            _, end = _LENIENT.raw_decode(text, place)
        except (ValueError, RecursionError):
            continue
        begin, place = place, end - 1
        try:
            yield parse_json(text[begin:end].encode())
        except SchemaError:
            continue  # a name twice, or a number that is none: what lies in it is no answer either
