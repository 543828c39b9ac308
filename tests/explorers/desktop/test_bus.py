"""A connection to a bus, whose other end is played here."""

import io
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from dbus_fast import Message, MessageType, Variant
from dbus_fast._private.unmarshaller import Unmarshaller
from hypothesis import given
from hypothesis import strategies as st

from explorers.desktop.bus import Bus, BusError, BusGone, NoAnswer, parsed

TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=20)
PATHS = st.lists(st.text("abcXYZ019_", min_size=1, max_size=8), max_size=4).map(lambda parts: "/" + "/".join(parts))


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
            connection.recv(len(b"BEGIN\r\n"))
            calls = Unmarshaller(sock=connection, negotiate_unix_fd=False)
            with suppress(EOFError, OSError):
                while (call := calls.unmarshall()) is not None:
                    for piece in [returned(call, "s", (":1.7",))] if call.member == "Hello" else self.answer(call):
                        if not piece:
                            return
                        connection.sendall(piece)

    def close(self) -> None:
        self._server.close()
        self._thread.join(5)


def sent(message: Message) -> bytes:
    message.serial = 77
    return bytes(message._marshall(False))


def returned(call: Message, signature: str = "", body: Sequence[Any] = ()) -> bytes:
    return sent(Message.new_method_return(call, signature, list(body)))


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[tuple[FakeBus, Bus]]:
    server = FakeBus(str(tmp_path / "bus"))
    bus = Bus(str(tmp_path / "bus"))
    yield server, bus
    bus.close()
    server.close()


def ask(bus: Bus, signature: str = "", *body: Any) -> int:
    return bus.post(":1.2", "/a/b", "org.example.Thing", "Do", signature, *body)


@pytest.mark.parametrize(
    ("signature", "value", "found"),
    [
        ("s", "Grüße", "Grüße"),
        ("v", Variant("s", "Name"), "Name"),
        ("v", Variant("d", 0.5), 0.5),
        ("au", [2**31, 1], [2**31, 1]),
        ("(iiii)", (-(2**31), 2, 3, 4), (-(2**31), 2, 3, 4)),
        ("a(so)", [(":1.1", "/a")], [(":1.1", "/a")]),
        ("a(ua(so))", [(2, [(":1.1", "/a")])], [(2, [(":1.1", "/a")])]),
    ],
)
def test_what_is_answered_is_read_as_it_was_sent(
    signature: str, value: Any, found: Any, fake: tuple[FakeBus, Bus]
) -> None:
    server, bus = fake
    server.answer = lambda call: [returned(call, f"{signature}s", (value, "end"))]
    assert bus.call(":1.2", "/a/b", "org.example.Thing", "Do") == [found, "end"]


def test_an_answer_of_another_signature_is_taken_as_nothing(fake: tuple[FakeBus, Bus]) -> None:
    server, bus = fake
    server.answer = lambda call: [returned(call, "s", ("text",))]
    serials = [ask(bus), ask(bus)]
    assert bus.settle(serials, until=_soon())
    assert [bus.take(serial, signature=kind) for serial, kind in zip(serials, "us", strict=True)] == [None, ["text"]]


@given(path=PATHS, text=TEXTS, number=st.integers(-(2**31), 2**31 - 1))
def test_a_call_is_read_by_others_as_it_was_meant(path: str, text: str, number: int) -> None:
    bus = object.__new__(Bus)
    bus._serial, bus._out, bus._wanted = 0, bytearray(), set()
    bus.post(":1.2", path, "org.example.Thing", "Do", "si", text, number)
    bus.post(":1.2", path, "org.example.Thing", "Done")
    calls = Unmarshaller(io.BytesIO(bus._out))  # type: ignore[arg-type]
    first, second = calls.unmarshall(), calls.unmarshall()
    assert first is not None
    assert second is not None
    assert first.message_type is MessageType.METHOD_CALL
    assert (first.path, first.destination, first.interface, first.member) == (path, ":1.2", "org.example.Thing", "Do")
    assert first.body == [text, number]
    assert (second.serial, second.body) == (2, [])


def test_answers_are_taken_in_any_order_and_signals_are_counted(fake: tuple[FakeBus, Bus]) -> None:
    server, bus = fake
    kept: list[Message] = []
    signal = sent(Message.new_signal("/a", "org.example.Event", "Changed", "s", ["x"]))

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
    server.answer = lambda call: [sent(Message.new_error(call, "org.example.No", ""))]
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


@given(data=st.binary(max_size=60))
def test_a_body_that_is_none_ends_the_connection_and_nothing_else(data: bytes) -> None:
    head = b"\x05\x01u\0" + struct.pack("<I", 1) + b"\x08\x01g\0\x05a(so)\0"
    message = struct.pack("<cBBBIII", b"l", 2, 0, 1, len(data), 1, len(head)) + head
    message += b"\0" * (-len(message) % 8) + data
    try:
        parsed(message)
    except BusGone:
        return


def _soon() -> float:
    return time.monotonic() + 5
