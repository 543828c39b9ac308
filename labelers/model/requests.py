"""A request to a chat model: what is asked, the digest that it is known by, and the body that is sent."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any, Literal

from labelers.model.comparing import Comparison, most_tokens_of
from labelers.model.dialects import as_sent
from labelers.model.gallery import Gallery
from labelers.model.pictures import RENDERING, Picture, most_tokens
from schemas.keys import key, parse_json

BYTES_PER_TOKEN = 2
"""Fewest bytes of UTF-8 that are reckoned to a token: English has 4 to 5, and most other scripts 2 or more."""

OVERHEAD = 32
"""Tokens reckoned for what a server puts around a turn."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One message: a text, and pictures that come after it."""

    role: Literal["system", "user", "assistant"]
    text: str
    pictures: tuple[Picture | Comparison, ...] = ()


@dataclass(frozen=True, slots=True)
class AnswerForm:
    """The JSON schema that an answer must fit, names in the order in which they are to be answered, and its name."""

    name: str
    schema: str

    @classmethod
    def of(cls, name: str, schema: Mapping[str, Any]) -> "AnswerForm":
        """The form of a JSON schema."""
        return cls(name, as_sent(schema).decode())


@dataclass(frozen=True)  # without slots: its digest is asked for often, and kept
class Request:
    """One question about one trajectory; its fixed part comes first, so that a server can keep it.

    `sample` tells apart several answers to the same question; `most_output` is in tokens.
    """

    trajectory_id: str
    model: str
    turns: tuple[Turn, ...]
    form: AnswerForm | None
    most_output: int
    temperature: float | None = None
    sample: int = 0

    @cached_property
    def digest(self) -> str:
        """What the answer depends on, as a key; the trajectory is no part of it."""
        asked = (self.model, self.turns, self.form, self.most_output, self.temperature, self.sample)
        return key("request", RENDERING, *asked)

    @cached_property
    def most_input(self) -> int:
        """An upper bound of its tokens."""
        text = sum(len(turn.text.encode()) for turn in self.turns) + (len(self.form.schema) if self.form else 0)
        pictures = sum(_most_tokens(picture) for turn in self.turns for picture in turn.pictures)
        return -(-text // BYTES_PER_TOKEN) + pictures + OVERHEAD * (len(self.turns) + 1)


def _most_tokens(picture: Picture | Comparison) -> int:
    return most_tokens(picture) if isinstance(picture, Picture) else most_tokens_of(picture)


def body_of(request: Request, gallery: Gallery) -> bytes:
    """The JSON that the chat interface takes; its names are sorted, but for those of the form of the answer.

    Raises:
        KeyError: if a screen is not there.
        SchemaError: if one is no image.
    """
    body: dict[str, Any] = {
        "max_completion_tokens": request.most_output,
        "messages": [_message(turn, gallery) for turn in request.turns],
        "model": request.model,
    }
    if request.form is not None:
        schema = {"name": request.form.name, "schema": parse_json(request.form.schema.encode()), "strict": True}
        body["response_format"] = {"json_schema": schema, "type": "json_schema"}
    if request.temperature is not None:
        body["temperature"] = request.temperature
    return as_sent(body)


def _message(turn: Turn, gallery: Gallery) -> dict[str, Any]:
    if not turn.pictures:
        return {"content": turn.text, "role": turn.role}
    parts: list[dict[str, Any]] = [{"text": turn.text, "type": "text"}]
    for caption, image in chain.from_iterable(gallery.draw(picture) for picture in turn.pictures):
        data = base64.b64encode(image).decode()
        parts += [{"text": caption, "type": "text"}] if caption else []
        parts.append({"image_url": {"url": f"data:image/png;base64,{data}"}, "type": "image_url"})
    return {"content": parts, "role": turn.role}
