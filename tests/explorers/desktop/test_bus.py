"""A connection to a bus, whose other end is played here by jeepney."""

import random
import socket
import struct
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from jeepney import DBusAddress, new_error, new_method_return, new_signal
from jeepney.low_level import HeaderFields, Message, Parser

from explorers.desktop.bus import Bus, BusGone, NoAnswer
from explorers.desktop.wire import BusError
from tests.explorers.desktop.messages import SAMPLES, TEXTS, VALUES, changed, message_of, read_as, unconnected


class FakeBus:
    """The other end of a connection: says hello, and answers each call by `answer`."""

    def __init__(self, path: str) -> None:
        self.answer: Callable[[Message], list[bytes]] = lambda call: [returned(call)]
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(path)
        self._server.listen()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        connection, _ = self._server.accept()
        with connection:
            connection.recv(1024)
            connection.sendall(b"OK 1234\r\n")
            data = connection.recv(2**16)
            parser = Parser()
            data = data.partition(b"BEGIN\r\n")[2]
            while True:
                for call in parser.feed(data):
                    member = call.header.fields[HeaderFields.member]
                    for piece in [self.hello(call)] if member == "Hello" else self.answer(call):
                        if not piece:
                            return
                        connection.sendall(piece)
                data = connection.recv(2**16)
                if not data:
                    return

    @staticmethod
    def hello(call: Message) -> bytes:
        return returned(call, "s", (":1.7",))

    def close(self) -> None:
        self._server.close()
        self._thread.join(5)


def returned(call: Message, signature: str | None = None, body: tuple[Any, ...] = ()) -> bytes:
    return bytes(new_method_return(call, signature, body).serialise(serial=77))


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[tuple[FakeBus, Bus]]:
    server = FakeBus(str(tmp_path / "bus"))
    bus = Bus(str(tmp_path / "bus"))
    yield server, bus
    bus.close()
    server.close()


def ask(bus: Bus, signature: str = "", *body: Any) -> int:
    return bus.post(":1.2", "/a/b", "org.example.Thing", "Do", signature, *body)


@pytest.mark.parametrize("signature", list(VALUES))
def test_what_is_answered_is_read_as_it_was_sent(signature: str, tmp_path: Path) -> None:
    server = FakeBus(str(tmp_path / "bus"))
    bus = Bus(str(tmp_path / "bus"))
    try:

        @given(first=VALUES[signature], second=TEXTS)
        def check(first: Any, second: str) -> None:
            server.answer = lambda call: [returned(call, f"{signature}s", (first, second))]
            found = bus.call(":1.2", "/a/b", "org.example.Thing", "Do")
            assert found == [read_as(signature, first), second]

        check()
    finally:
        bus.close()
        server.close()


def test_an_answer_of_another_signature_is_taken_as_nothing(fake: tuple[FakeBus, Bus]) -> None:
    server, bus = fake
    server.answer = lambda call: [returned(call, "s", ("text",))]
    serials = [ask(bus), ask(bus)]
    assert bus.settle(serials, until=_soon())
    taken = [bus.take_bytes(serial, kind) for serial, kind in zip(serials, "us", strict=True)]
    assert taken == [None, b"\4\0\0\0text\0"]


def test_answers_are_kept_as_they_came_and_read_when_they_are_taken(fake: tuple[FakeBus, Bus]) -> None:
    server, bus = fake
    count = 2**18
    array = struct.pack("<I", 4 * count) + b"\1y\0\7" * count
    server.answer = lambda call: [message_of("av", array, answers=call.header.serial)]
    serials = [ask(bus) for _ in range(4)]
    tracemalloc.start()
    try:
        assert bus.settle(serials, until=_soon())
        assert tracemalloc.get_traced_memory()[0] < 8 * len(array)
    finally:
        tracemalloc.stop()
    assert bus.take(serials[0]) == [[7] * count]


def test_an_answer_that_cannot_be_read_is_an_error_of_that_call_alone(fake: tuple[FakeBus, Bus]) -> None:
    server, bus = fake
    bad, good = ask(bus), ask(bus)
    server.answer = lambda call: [
        message_of("a(so)", b"\xff" * 20, answers=bad) if call.header.serial == bad else returned(call, "i", (3,))
    ]
    with pytest.raises(BusError, match="can't be read"):
        bus.answer(bad, until=_soon())
    assert bus.answer(good, until=_soon()) == [3]


@pytest.mark.parametrize("signature", list(SAMPLES))
def test_a_changed_answer_is_read_or_is_an_error_or_ends_the_connection(signature: str) -> None:
    dice = random.Random(signature)
    for _ in range(1500):
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.setblocking(False)
            bus = unconnected()
            bus._socket = ours
            serial = ask(bus)
            theirs.sendall(changed(message_of(signature, SAMPLES[signature]), dice, start=0))
            with suppress(BusError, BusGone, NoAnswer):
                bus.answer(serial, until=0.0)


def test_a_bus_whose_hello_is_none_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeBus, "hello", staticmethod(lambda _: message_of("{sv}", bytes(8) + b"\xff" * 56)))
    server = FakeBus(str(tmp_path / "bus"))
    with pytest.raises(BusGone, match="hello"):
        Bus(str(tmp_path / "bus"))
    server.close()


def test_answers_are_taken_in_any_order_and_signals_are_counted(fake: tuple[FakeBus, Bus]) -> None:
    server, bus = fake
    kept: list[Message] = []
    signal = new_signal(DBusAddress("/a", interface="org.example.Event"), "Changed", "s", ("x",)).serialise(serial=5)

    def answer(call: Message) -> list[bytes]:
        kept.append(call)
        if len(kept) < 3:
            return [signal]
        return [returned(each, "i", (index,)) for index, each in reversed(list(enumerate(kept)))]

    server.answer = answer
    serials = [ask(bus) for _ in range(3)]
    assert bus.settle(serials, until=_soon())
    assert [bus.take(serial) for serial in serials] == [[0], [1], [2]]
    assert bus.signals == 2


def test_an_error_is_raised_by_its_name_and_taken_as_nothing(fake: tuple[FakeBus, Bus]) -> None:
    server, bus = fake
    server.answer = lambda call: [new_error(call, "org.example.No").serialise(serial=3)]
    with pytest.raises(BusError, match=r"org\.example\.No"):
        bus.call(":1.2", "/a", "org.example.Thing", "Do")
    serial = ask(bus)
    bus.settle([serial], until=_soon())
    assert bus.take(serial) is None


def test_what_is_not_answered_in_time_is_given_up(fake: tuple[FakeBus, Bus]) -> None:
    server, bus = fake
    server.answer = lambda _: []
    with pytest.raises(NoAnswer):
        bus.call(":1.2", "/a", "org.example.Thing", "Do", seconds=0.02)
    serial = ask(bus)
    assert not bus.settle([serial], until=0.0)
    assert bus.take(serial) is None


@pytest.mark.parametrize(
    "garbage",
    [
        b"",  # the connection is closed
        struct.pack("<cBBBIII", b"l", 2, 0, 1, 2**31, 1, 8),
        b"B" + bytes(40),
    ],
)
def test_a_bus_that_speaks_nonsense_is_gone(garbage: bytes, fake: tuple[FakeBus, Bus]) -> None:
    server, bus = fake
    server.answer = lambda _: [garbage]
    with pytest.raises(BusGone):
        bus.call(":1.2", "/a", "org.example.Thing", "Do")


def _soon() -> float:
    return time.monotonic() + 5
