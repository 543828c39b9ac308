"""One model behind the chat interface, asked one question at a time: what a policy thinks with."""

import asyncio
import base64
import io
from collections.abc import Sequence
from functools import partial
from typing import Any

from PIL import Image as Pillow

from labelers.model.budget import Budget, Cost, Pace
from labelers.model.caller import Caller
from labelers.model.dialects import Dialect
from labelers.model.sending import Endpoint
from schemas.errors import ModelError
from schemas.keys import canonical_json, content_id
from schemas.protocols import Message

MOST_OUTPUT = 1_000
MOST_TOKENS_OF_A_RUN = 2_000_000


class Chat:
    """A `ChatModel`: asks and waits. Any thread may use it, each call has connections of its own.

    `most_tokens` end it for good, in and out, as far as the server tells them.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        model: str,
        *,
        temperature: float | None = None,
        most_output: int = MOST_OUTPUT,
        most_tokens: int = MOST_TOKENS_OF_A_RUN,
    ) -> None:
        self._endpoint, self._model, self._temperature = endpoint, model, temperature
        self._most_output, self._left = most_output, most_tokens
        self._dialect = Dialect()

    def __call__(self, messages: Sequence[Message]) -> str:
        """The model's answer.

        Raises:
            ModelError: if there is none after all tries, it is refused, or the tokens are used up.
        """
        if self._left <= 0:
            raise ModelError("the tokens for this run are used up: give it more, or go on without a model")
        return asyncio.run(self._ask(self._body(messages)))

    async def _ask(self, body: bytes) -> str:
        caller = Caller(self._endpoint, Budget(None), Pace(), dialect=self._dialect)
        try:
            called = await caller.call(content_id(body), Cost(), 0, partial(caller.sender.send, body))
        finally:
            await caller.close()
        if called.usage is not None:
            self._left -= called.usage.input + called.usage.output
        tried = called.tried
        if tried.answer.status != "ok" or tried.answer.text is None:
            raise ModelError(f"{self._model}: no answer: {tried.hopeless or tried.answer.error}")
        return tried.answer.text

    def _body(self, messages: Sequence[Message]) -> bytes:
        body: dict[str, Any] = {
            "model": self._model,
            "messages": [_message(message) for message in messages],
            "max_completion_tokens": self._most_output,
        }
        if self._temperature is not None:
            body["temperature"] = self._temperature
        return canonical_json(body)


def _message(message: Message) -> dict[str, Any]:
    if not message.images:
        return {"role": message.role, "content": message.text}
    parts: list[dict[str, Any]] = [{"type": "text", "text": message.text}]
    for image in message.images:
        url = f"data:{_kind(image)};base64,{base64.b64encode(image).decode()}"
        parts.append({"type": "image_url", "image_url": {"url": url}})
    return {"role": message.role, "content": parts}


def _kind(image: bytes) -> str:
    """The media type of an image's bytes.

    Raises:
        ModelError: if they are none that a model takes.
    """
    try:
        with Pillow.open(io.BytesIO(image), formats=("PNG", "WEBP", "JPEG")) as picture:
            return Pillow.MIME[picture.format or ""]
    except (OSError, KeyError) as error:
        raise ModelError("expected a PNG, WebP or JPEG image for the model, found something else") from error
