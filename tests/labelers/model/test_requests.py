import base64
import dataclasses
import io
import json

import pytest
from PIL import Image as Pillow

from labelers.model.gallery import Gallery
from labelers.model.pictures import Picture
from labelers.model.requests import AnswerForm, Request, Turn, body_of
from schemas.records import Box, Screen
from tests.schemas.samples import png

FORM = AnswerForm.of("verdict", {"type": "object", "required": ["verdict"]})
REQUEST = Request(
    "t", "local", (Turn("system", "Judge."), Turn("user", "Before:", (Picture("s" * 64),))), FORM, 100, 0.5
)


def screen(name: str) -> Screen:
    assert name == "s" * 64
    return Screen(png(), 4, 3)


def test_a_digest_names_what_the_answer_depends_on() -> None:
    turn = REQUEST.turns[1]
    others = [
        dataclasses.replace(REQUEST, model="other"),
        dataclasses.replace(REQUEST, sample=1),
        dataclasses.replace(REQUEST, temperature=None),
        dataclasses.replace(REQUEST, form=None),
        dataclasses.replace(REQUEST, most_output=101),
        dataclasses.replace(REQUEST, turns=REQUEST.turns[1:]),
        dataclasses.replace(
            REQUEST, turns=(dataclasses.replace(turn, pictures=(Picture("s" * 64, Box(0, 0, 1, 1)),)),)
        ),
    ]
    assert len({REQUEST.digest, *(other.digest for other in others)}) == 1 + len(others)
    assert dataclasses.replace(REQUEST, trajectory_id="another").digest == REQUEST.digest
    assert REQUEST.digest == "4ddffd7b46d3cbf4ed5346607a0e9ffd"


def test_the_body_is_what_the_chat_interface_takes() -> None:
    body = json.loads(body_of(REQUEST, Gallery(screen)))
    assert body["model"] == "local"
    assert (body["max_completion_tokens"], body["temperature"]) == (100, 0.5)
    assert body["messages"][0] == {"role": "system", "content": "Judge."}
    text, image = body["messages"][1]["content"]
    assert text == {"type": "text", "text": "Before:"}
    kind, _, data = image["image_url"]["url"].partition(",")
    assert kind == "data:image/png;base64"
    assert Pillow.open(io.BytesIO(base64.b64decode(data))).size == (4, 3)
    form = body["response_format"]["json_schema"]
    assert (form["name"], form["strict"], form["schema"]["required"]) == ("verdict", True, ["verdict"])


def test_what_is_not_asked_for_is_not_in_the_body() -> None:
    plain = Request("t", "local", (Turn("user", "Hello"),), None, 5)
    assert json.loads(body_of(plain, Gallery(screen))).keys() == {"model", "messages", "max_completion_tokens"}


def test_a_screen_that_is_not_there_is_told() -> None:
    def none(name: str) -> Screen:
        raise KeyError(name)

    with pytest.raises(KeyError):
        body_of(REQUEST, Gallery(none))


def test_the_bound_of_tokens_counts_every_text_and_picture() -> None:
    assert REQUEST.most_input > 1280 * 1280 / 784
    longer = dataclasses.replace(REQUEST, turns=(*REQUEST.turns, Turn("user", "ж" * 1000)))
    assert longer.most_input >= REQUEST.most_input + 1000
