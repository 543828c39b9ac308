from concurrent.futures import ThreadPoolExecutor

import pytest

from labelers.model.chat import Chat
from labelers.model.sending import Endpoint
from schemas.errors import ModelError
from schemas.protocols import ChatModel, Message
from tests.labelers.model.server import serving
from tests.labelers.model.test_client import stats
from tests.schemas.samples import png

ASKED = (Message("system", "You explore."), Message("user", "What next?", (png(),)))


def test_a_chat_answers_with_text_from_several_threads() -> None:
    with serving(answer="click 3", latency=0.02) as url:
        chat: ChatModel = Chat(Endpoint(url), "local")
        with ThreadPoolExecutor(4) as threads:
            assert list(threads.map(lambda _: chat(ASKED), range(8))) == ["click 3"] * 8


def test_what_passes_by_itself_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labelers.model.caller.pause_before", lambda *_, **__: 0.01)
    with serving(faults=0.5, kinds=["full", "error", "cut"], answer="yes") as url:
        chat = Chat(Endpoint(url), "local")
        assert [chat((Message("user", f"Question {number}"),)) for number in range(6)] == ["yes"] * 6
        assert max(stats(url)["came"].values()) > 1


def test_no_answer_is_an_error_that_says_why() -> None:
    with serving(faults=1.0, kinds=["refused"]) as url, pytest.raises(ModelError, match="I can't help"):
        Chat(Endpoint(url), "local")(ASKED)
    with pytest.raises(ModelError, match="connection broke"):
        Chat(Endpoint("http://127.0.0.1:9/v1", tries=1), "local")(ASKED)
    with pytest.raises(ModelError, match="image"):
        Chat(Endpoint("http://127.0.0.1:9/v1"), "local")((Message("user", "Look", (b"no image",)),))


def test_it_ends_when_its_tokens_are_used_up() -> None:
    with serving(answer="yes") as url:
        chat = Chat(Endpoint(url), "local", most_tokens=20)
        assert chat(ASKED) == chat(ASKED) == "yes"
        with pytest.raises(ModelError, match="used up"):
            chat(ASKED)
