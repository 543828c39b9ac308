"""The connection against a server that answers late, out of order, wrongly, or not at all."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.sync.server import ServerConnection, serve

from explorers.web.devtools import Closed, Devtools, DevtoolsError, Gone, Hung, first_line, value_of

Answer = Callable[[ServerConnection, dict[str, Any]], None]


@contextmanager
def browser(answer: Answer) -> Iterator[Devtools]:
    """A connection to a server that has every call answered by a function."""

    def handle(socket: ServerConnection) -> None:
        for message in socket:
            answer(socket, json.loads(message))

    with serve(handle, "127.0.0.1", 0, compression=None) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        port = server.socket.getsockname()[1]
        devtools = Devtools(f"ws://127.0.0.1:{port}/devtools")
        try:
            yield devtools
        finally:
            devtools.close()
            server.shutdown()
            thread.join()


def tell(socket: ServerConnection, **message: Any) -> None:
    socket.send(json.dumps(message))


def echo(socket: ServerConnection, call: dict[str, Any]) -> None:
    tell(socket, id=call["id"], result=call["params"])


def test_nobody_there_is_gone() -> None:
    with pytest.raises(Gone, match="expected a browser at"):
        Devtools("ws://127.0.0.1:1/devtools")


def test_answers_come_in_the_order_of_the_question_whatever_theirs() -> None:
    waiting: list[dict[str, Any]] = []

    def backwards(socket: ServerConnection, call: dict[str, Any]) -> None:
        waiting.append(call)
        if len(waiting) == 3:
            for each in reversed(waiting):
                echo(socket, each)

    with browser(backwards) as devtools:
        calls = [devtools.post("Any.thing", {"n": number}) for number in range(3)]
        assert devtools.wait(*calls) == [{"n": 0}, {"n": 1}, {"n": 2}]


def test_a_refused_call_says_why_and_the_others_are_answered() -> None:
    def answer(socket: ServerConnection, call: dict[str, Any]) -> None:
        if call["method"] == "Wrong":
            tell(socket, id=call["id"], error={"code": -32000, "message": "No such frame"})
        else:
            echo(socket, call)

    with browser(answer) as devtools:
        wrong, right = devtools.post("Wrong"), devtools.post("Right", {"a": 1})
        with pytest.raises(DevtoolsError, match="No such frame"):
            devtools.wait(wrong)
        assert devtools.wait(right) == [{"a": 1}]


def test_events_are_handled_in_their_order_before_the_answer_that_follows_them() -> None:
    def answer(socket: ServerConnection, call: dict[str, Any]) -> None:
        for number in range(3):
            tell(socket, method="Page.event", params={"n": number}, sessionId="S")
        echo(socket, call)

    heard: list[Any] = []

    def handler(method: str, params: dict[str, Any], session: str | None) -> None:
        heard.append((method, params["n"], session))

    with browser(answer) as devtools:
        devtools.listen(handler)
        devtools.call("Any")
        assert heard == [("Page.event", number, "S") for number in range(3)]
        devtools.unlisten(handler)
        devtools.call("Any")
        assert len(heard) == 3


def test_a_handler_may_send_and_its_answers_are_dropped() -> None:
    seen: list[str] = []

    def answer(socket: ServerConnection, call: dict[str, Any]) -> None:
        seen.append(call["method"])
        if call["method"] == "Click":
            tell(socket, method="Page.javascriptDialogOpening", params={})
            socket_call[0] = call
        else:
            echo(socket, call)
            echo(socket, socket_call[0])

    socket_call: list[dict[str, Any]] = [{}]
    with browser(answer) as devtools:
        devtools.listen(
            lambda method, _params, _session: devtools.tell("Page.handle") if "dialog" in method.lower() else None
        )
        assert devtools.call("Click", {"x": 1}) == {"x": 1}
        assert seen == ["Click", "Page.handle"]
        assert devtools._calls == {}


def test_what_does_not_answer_in_time_hung_and_its_late_answer_is_dropped() -> None:
    late: list[tuple[ServerConnection, dict[str, Any]]] = []

    def answer(socket: ServerConnection, call: dict[str, Any]) -> None:
        if call["method"] == "Slow":
            late.append((socket, call))
        else:
            if late:
                echo(*late.pop())
            echo(socket, call)

    with browser(answer) as devtools:
        devtools.deadline = time.monotonic() + 0.05
        with pytest.raises(Hung):
            devtools.call("Slow")
        with pytest.raises(Hung):
            devtools.pump(0.01)
        devtools.deadline = None
        assert devtools.call("Fast", {"b": 2}) == {"b": 2}
        assert devtools._calls == {}


@pytest.mark.parametrize(
    "over",
    [
        {"method": "Target.detachedFromTarget", "params": {"sessionId": "S"}},
        {"method": "Inspector.targetCrashed", "params": {}, "sessionId": "S"},
    ],
)
def test_the_calls_of_a_session_that_ends_are_closed(over: dict[str, Any]) -> None:
    def answer(socket: ServerConnection, call: dict[str, Any]) -> None:
        if call.get("sessionId") == "S":
            tell(socket, **over)
        else:
            echo(socket, call)

    with browser(answer) as devtools:
        with pytest.raises(Closed):
            devtools.call("Page.look", session="S")
        with pytest.raises(Closed):
            devtools.post("Page.look", session="S")
        devtools.tell("Page.look", session="S")
        assert devtools.call("Page.look", {"c": 3}, session="T") == {"c": 3}


def test_a_browser_that_ends_is_gone() -> None:
    def answer(socket: ServerConnection, _call: dict[str, Any]) -> None:
        socket.close()

    with browser(answer) as devtools:
        with pytest.raises(Gone):
            devtools.call("Any")
        with pytest.raises(Gone):
            devtools.call("Any")
        devtools.close()


@pytest.mark.parametrize("session", ["S", "T"])
def test_a_raw_result_is_what_the_browser_wrote(session: str) -> None:
    written = '{"nodes":[1.0,2.50,"\\u00e9"]}'

    def answer(socket: ServerConnection, call: dict[str, Any]) -> None:
        tail = ',"sessionId":"S"' if session == "S" else ""
        socket.send(f'{{"id":{call["id"]},"result":{written}{tail}}}')

    with browser(answer) as devtools:
        call = devtools.post("Accessibility.getFullAXTree", session="S", raw=True)
        raw = devtools.wait_raw(call)
        assert json.loads(raw) == json.loads(written)
        if session == "S":
            assert raw == written.encode()


def test_a_dropped_call_leaves_nothing_behind() -> None:
    with browser(echo) as devtools:
        first, second = devtools.post("One"), devtools.post("Two")
        devtools.wait(second)
        devtools.drop(first)
        third = devtools.post("Three")
        devtools.drop(third)
        devtools.call("Four")
        for _ in range(3):
            devtools.post("Five")
        kept = devtools.post("Kept", {"k": 1})
        devtools.keep(kept)
        devtools.drop_all()
        devtools.call("Six")
        assert devtools.wait(kept) == [{"k": 1}]
        assert devtools._calls == {}


def test_a_failed_script_says_what_it_threw() -> None:
    failed = {"result": {}, "exceptionDetails": {"exception": {"description": "TypeError: x is null\n  at y"}}}
    with pytest.raises(DevtoolsError, match="TypeError: x is null"):
        value_of(failed)
    assert value_of({"result": {"value": 1}}) == 1
    assert value_of({"result": {}}) is None
    assert first_line(DevtoolsError("one\ntwo")) == "one"
    assert first_line(DevtoolsError("")) == "DevtoolsError"
